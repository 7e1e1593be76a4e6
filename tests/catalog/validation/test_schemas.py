"""The schemas themselves, and the quick check beside the validator."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from podsync.catalog.cache.fast_schema import compiled_check
from podsync.catalog.parsing.yaml_reader import read
from podsync.catalog.validation.schemas import schema, schema_names, schema_text
from podsync.catalog.validation.validator import _compile
from tests.catalog.authoring.conftest import Folder

REPOSITORY = Path(__file__).parents[3]
KINDS = ("customer_product", "designed_product")
FILES = sorted((REPOSITORY / "catalog").rglob("*.yaml"))


def test_the_schemas_that_there_are():
    assert schema_names() == (
        "catalog", "customer_product", "defaults", "designed_product", "plan", "podsync", "state",
    )  # fmt: skip
    with pytest.raises(KeyError):
        schema_text("../pyproject")


@pytest.mark.parametrize("name", schema_names())
def test_each_is_draft_07_and_refers_to_nothing_outside(name):
    Draft7Validator.check_schema(schema(name))

    assert schema(name)["$schema"] == "http://json-schema.org/draft-07/schema#"
    references = [line for line in schema_text(name).splitlines() if '"$ref"' in line]
    assert all('"#/definitions/' in line for line in references)


@pytest.mark.parametrize("name", schema_names())
def test_this_repository_is_a_catalog_with_the_schemas_that_init_writes(name):
    assert (REPOSITORY / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8") == schema_text(name)


@pytest.mark.parametrize("kind", KINDS)
def test_the_combined_schema_holds_the_single_ones(kind):
    single = {key: value for key, value in schema(kind).items() if key != "$schema"}

    assert schema("catalog")["definitions"][kind] == single


def leaves(node, path=()):
    """Every schema of a field."""
    for name, inner in node.get("properties", {}).items():
        yield (*path, name), inner
        yield from leaves(inner, (*path, name))
    if isinstance(node.get("items"), dict):
        yield (*path, 0), node["items"]
        yield from leaves(node["items"], (*path, 0))


@pytest.mark.parametrize("name", [*KINDS, "podsync"])
def test_editors_find_a_title_and_a_description_everywhere(name):
    bare = [path for path, inner in leaves(schema(name)) if not {"title", "description"} <= inner.keys()]

    assert bare == []


@pytest.mark.parametrize("name", [*KINDS, "podsync"])
def test_the_examples_are_valid(name):
    for path, inner in leaves(schema(name)):
        for example in inner.get("examples", ()):
            assert list(_compile(inner)(example)) == [], path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_catalog_of_this_repository_is_valid_for_editors_too(path):
    (document,) = read(path.name, path.read_bytes()).documents

    assert Draft7Validator(schema("catalog")).is_valid(document.data)
    assert compiled_check(schema(document.data["kind"]))(document.data)
    modeline = path.read_text().splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (
        path.parent / modeline
    ).resolve() == REPOSITORY / "schemas" / f"{document.data['kind']}.schema.json"


#: Files of a catalog in which documents draw on each other, all valid.
AUTHORED = {
    "_defaults.yaml": """\
designed_product:
  labels: {season: spring}
  lifecycle: {prevent_orphan: true}
  print: {art: {width_mm: 200, height_mm: 300}}
  spec:
    modelId: "1"
    enName: Dino ${var.season}
    imageUrl: https://cdn.test/front.png
    backImageUrl: https://cdn.test/back.png
    materialImages: [{imageName: art, imageUrl: "https://cdn.test/art.png"}]
    colorValue: "#000000"
customer_product:
  spec:
    productModelId: m
    variantOptions: [{id: s, name: S, attributesMapping: [{partModelId: p, attributeIds: [x]}]}]
""",
    "all-inherited.yaml": "kind: designed_product\nname: all-inherited\n",
    "some.yaml": "kind: designed_product\nname: some\nprint: {art: {min_dpi: 200}}\nspec: {enName: Some}\n",
    "without.yaml": """\
kind: designed_product
name: without
labels: null
lifecycle: {prevent_orphan: null}
print: null
spec: {enName: Without, imageUrl: "https://cdn.test/w.png", backImageUrl: null, materialImages: null}
""",
    "many.yaml": """\
kind: designed_product
name: many
each: {colour: {red: {hex: "#A72525"}, mint: {hex: "#9FE2BF"}}, model: [tee, hoodie]}
except: [{colour: [red], model: hoodie}]
overrides: [{when: {model: tee}, spec: {backImageUrl: null}, labels: {cut: wide}}]
renamed: {colour: {green: mint}}
moved: {"colour=red,model=tee": old}
adopt: {"colour=red,model=tee": "5012"}
spec:
  enName: ${colour} ${model}
  imageUrl: https://cdn.test/${colour}-${model}.png
  colorValue: ${colour.hex}
""",
    "poster.yaml": """\
kind: customer_product
name: poster
each: {row: {a: {quantity: 2, who: [customer-1]}}}
spec:
  name: Poster ${row}
  customerIds: ${row.who}
  partQuantities: [{partModelId: p, quantity: "${row.quantity}"}]
""",
}


def test_what_is_valid_is_valid_for_editors_too(tmp_path):
    """They see one file: what it inherits, they cannot know."""
    folder = Folder(tmp_path)
    folder.vars = {"season": "spring"}
    for name, text in AUTHORED.items():
        folder.write(name, text)
    loaded = folder.load()
    assert ([str(each) for each in loaded.errors], len(loaded.catalog)) == ([], 7)
    for name, text in AUTHORED.items():
        (document,) = read(name, text.encode()).documents
        for schemas in ("defaults",) if name.startswith("_") else ("catalog", document.data["kind"]):
            told = Draft7Validator(json.loads(schema_text(schemas))).iter_errors(document.data)
            assert [(name, schemas, each.message) for each in told] == []


@pytest.mark.parametrize("name", [*KINDS, "catalog"])
def test_editors_are_told_of_what_no_defaults_can_mend(name):
    check = Draft7Validator(json.loads(schema_text(name)))
    for path in FILES:
        (document,) = read(path.name, path.read_bytes()).documents
        if name not in ("catalog", document.data["kind"]):
            continue
        for wrong in (
            {"spec": {"x": 1}},
            {"name": None},
            {"lable": {}},
            {"spec": {"materialImages": [{}], "variantOptions": [{}]}},
        ):
            assert not check.is_valid(document.data | wrong), wrong


DOCUMENTS = [read(path.name, path.read_bytes()).documents[0].data for path in FILES]
odd = st.sampled_from([
    None, True, 0, -1, 1.0, 2.5, "", " ", "a", "a\n", "*", "#A72525", "#A7252", "a\x1b", "١",
    "https://x.test", "https://u@x", "http://x", [], ["*"], ["*", "a"], ["a", "a"], [1, 1], {}, {"a": 1},
])  # fmt: skip


def slots(node):
    """Every place of a document where another value may be put."""
    keys = node.keys() if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield node, key
        yield from slots(node[key])


@given(st.sampled_from(DOCUMENTS), st.data())
@settings(max_examples=200, deadline=None)
def test_the_quick_check_and_the_validator_agree(document, data):
    changed = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 2))):
        node, key = data.draw(st.sampled_from(list(slots(changed))))
        match data.draw(st.sampled_from(["set", "delete", "add"])):
            case "set":
                node[key] = copy.deepcopy(data.draw(odd))
            case "delete":
                del node[key]
            case "add" if isinstance(node, dict):
                key = data.draw(st.sampled_from(["labels", "moved", "adopt", "x", "backImageUrl"]))
                node[key] = copy.deepcopy(data.draw(odd))
        if not changed:
            break
    rules = schema(document["kind"])

    assert compiled_check(rules)(changed) == (list(_compile(rules)(changed)) == []), json.dumps(changed)


@pytest.mark.parametrize("keyword", ["oneOf", "not", "$ref", "dependencies", "anyOf"])
def test_the_quick_check_accepts_nothing_by_a_keyword_it_does_not_know(keyword):
    assert not compiled_check({keyword: {}})("x")
