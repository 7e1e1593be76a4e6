"""`fmt --fold`: whole proposals, and that every proposal makes the documents that went in."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from podsync.catalog.formatting.fold import folded
from podsync.catalog.parsing.yaml_reader import read
from podsync.model.errors import UsageError

MODELS = {"tee": ("1", "Tee"), "hoodie": ("37", "Warm Hoodie"), "mug": ("5", "Mug")}
COLOURS = {"crimson": ("#DC143C", "Crimson"), "mint": ("#98FF98", "Mint Green"), "ink": ("#000000", "Ink")}


def dino(model: str, colour: str) -> dict[str, Any]:
    (number, title), (hexed, shade) = MODELS[model], COLOURS[colour]
    place = f"https://cdn.example.com/dino/{model}-{colour}"
    return {
        "kind": "designed_product",
        "name": f"dino-{model}-{colour}",
        "labels": {"season": "spring", "model": model},
        "lifecycle": {"prevent_replace": True},
        "spec": {
            "modelId": number,
            "enName": f"Dino {title} {shade}",
            "imageUrl": f"{place}-front.png",
            "backImageUrl": f"{place}-back.png",
            "materialImages": [{"imageName": "dino", "imageUrl": "https://cdn.example.com/dino/art.png"}],
            "colorValue": hexed,
        },
    }


def fold(*documents: dict[str, Any]) -> str:
    text = yaml.safe_dump_all(documents, allow_unicode=True, sort_keys=False)
    reading = read("a.yaml", text.encode())
    assert reading.diagnostics == ()
    return folded(reading.documents)


def expanded(text: str) -> list[tuple[Any, Any]]:
    """Labels and spec of each product that a folded document makes, by hand."""
    (document,) = read("a.yaml", text.encode()).documents
    axes = {
        name: {key: {} for key in axis} if isinstance(axis, list) else axis
        for name, axis in document.data["each"].items()
    }
    gone = document.data.get("except", [])
    found = []
    for keys in product(*axes.values()):
        chosen = dict(zip(axes, keys, strict=True))
        if chosen not in gone:
            found.append(
                tuple(filled(document.data.get(part, {}), axes, chosen) for part in ("labels", "spec"))
            )
    return found


def filled(value: Any, axes: dict[str, Any], chosen: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: filled(item, axes, chosen) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, axes, chosen) for item in value]
    if not isinstance(value, str):
        return value

    def of(mark: re.Match[str]) -> Any:
        axis, _, field = mark["name"].partition(".")
        return axes[axis][chosen[axis]][field] if field else chosen[axis]

    if whole := re.fullmatch(r"\$\{(?P<name>[^}]+)\}", value):
        return of(whole)
    text = re.sub(r"(?<!\$)\$\{(?P<name>[^}]+)\}", lambda mark: str(of(mark)), value)
    return text.replace("$${", "${")


MATRIX = """\
kind: designed_product
name: dino
labels:
  season: spring
  model: ${model}
lifecycle: {prevent_replace: true}
each:
  model:
    tee: {modelId: "1", enName: Tee}
    hoodie: {modelId: "37", enName: "Warm Hoodie"}
  colour:
    crimson: {enName: Crimson, colorValue: "#DC143C"}
    mint: {enName: "Mint Green", colorValue: "#98FF98"}
    ink: {enName: Ink, colorValue: "#000000"}
spec:
  modelId: ${model.modelId}
  enName: Dino ${model.enName} ${colour.enName}
  imageUrl: https://cdn.example.com/dino/${model}-${colour}-front.png
  backImageUrl: https://cdn.example.com/dino/${model}-${colour}-back.png
  materialImages:
    - imageName: dino
      imageUrl: "https://cdn.example.com/dino/art.png"
  colorValue: ${colour.colorValue}
"""


def test_a_matrix_is_one_document_with_two_axes():
    assert fold(*(dino(*each) for each in product(["tee", "hoodie"], COLOURS))) == MATRIX


def test_a_combination_that_is_missing_is_excepted():
    text = fold(*(dino(*each) for each in product(MODELS, COLOURS) if each != ("mug", "mint")))

    assert "except:\n  - {model: mug, colour: mint}\n" in text


def test_what_a_text_names_is_named_by_the_one_document_too():
    documents = [dino(*each) for each in product(["tee", "hoodie"], COLOURS)]
    for each in documents:
        spec = each["spec"]
        spec["imageUrl"] = spec["imageUrl"].replace("https://cdn.example.com", "${var.cdn}")
        spec["enName"] += " ${x} $${var.cdn}"
        spec["backImageUrl"] = "${var.cdn}/back.png"

    text = fold(*documents)

    assert "  enName: Dino ${model.enName} ${colour.enName} $${x} $${var.cdn}\n" in text
    assert "  imageUrl: ${var.cdn}/dino/${model}-${colour}-front.png\n" in text
    assert '  backImageUrl: "${var.cdn}/back.png"\n' in text


def test_texts_that_name_different_values_are_not_folded():
    tee, hoodie = dino("tee", "ink"), dino("hoodie", "ink")
    tee["spec"]["imageUrl"], hoodie["spec"]["imageUrl"] = "${var.old}/x.png", "${var.new}/x.png"

    with pytest.raises(UsageError) as caught:
        fold(tee, hoodie)

    assert "name other values in spec.imageUrl" in caught.value.message


def test_without_a_matrix_each_document_is_a_row():
    text = fold(dino("tee", "crimson"), dino("hoodie", "mint"), dino("mug", "ink"))

    assert (
        '\n  product:\n    tee-crimson: {model: tee, modelId: "1", enName: "Dino Tee Crimson",'
        in text.replace("labels.model", "model")
    )


@pytest.mark.parametrize(
    ("documents", "told"),
    [
        ([], "no document to fold"),
        ([dino("tee", "ink")], "one document alone"),
        ([dino("tee", "ink"), {"removed": ["designed_product.hat"]}], "a.yaml:18: this is no product"),
        ([dino("tee", "ink"), dino("tee", "ink")], "nothing but their names"),
        (
            [dino("tee", "ink"), {**dino("mug", "ink"), "lifecycle": {}}],
            "a.yaml:18: lifecycle is not as in a.yaml:1",
        ),
        ([dino("tee", "ink"), {**dino("mug", "ink"), "adopt": "5"}], "adopt"),
        ([dino("tee", "ink"), {**dino("mug", "ink"), "labels": {}}], "labels"),
    ],
)
def test_what_cannot_be_folded_is_told_with_its_place(documents, told):
    with pytest.raises(UsageError) as caught:
        fold(*documents)

    assert told in caught.value.message


_WORD = st.sampled_from(
    ["a", "B b", "x-1", "it's", "#3", "a: b", "ü", "${x}", "7", "true", "a b c", " ", "-"]
)


_FORMS = ["{0}", "{1}", "n {0} {1}", "{1}/{0}!", "same", "{0}{1}"]


@st.composite
def catalogs(draw: Any) -> list[dict[str, Any]]:
    """Documents whose values are joined of words of two axes and of none, in any way."""
    first, second = (draw(st.lists(_WORD, min_size=2, max_size=3, unique=True)) for _ in range(2))
    forms = draw(st.lists(st.sampled_from(_FORMS), min_size=2, max_size=4))
    pairs = draw(st.lists(st.sampled_from(list(product(first, second))), min_size=2, max_size=9, unique=True))
    found = []
    for number, pair in enumerate(pairs):
        spec = {f"f{at}": form.format(*pair) for at, form in enumerate(forms)}
        spec["count"] = pair[0] == first[0]
        found.append({"kind": "designed_product", "name": f"p{number}", "spec": spec})
    return found


@given(catalogs())
def test_a_proposal_makes_the_documents_that_went_in(documents):
    try:
        text = fold(*documents)
    except UsageError:
        return

    wanted = [({}, document["spec"]) for document in documents]
    assert sorted(map(repr, expanded(text))) == sorted(map(repr, wanted))
