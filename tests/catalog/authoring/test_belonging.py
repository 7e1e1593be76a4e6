"""`only`, and ids by environment: what of a document holds where."""

from __future__ import annotations

import pytest

from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.settings_file import defaults
from podsync.model.settings import Authoring
from podsync.providers.registry import providers
from tests.catalog import loading

TEE = """\
kind: designed_product
name: tee
{words}
spec:
  modelId: "1"
  enName: Tee
  imageUrl: https://cdn.example.com/front.png
  backImageUrl: https://cdn.example.com/back.png
  materialImages: [{{imageName: art, imageUrl: https://cdn.example.com/art.png}}]
  colorValue: "#A72525"
"""
BOTH = ("staging", "production")


@pytest.fixture
def load(tmp_path):
    def one(environment, known=BOTH, **files):
        for name, words in files.items():
            path = tmp_path / "catalog" / f"{name}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(TEE.format(words=words), encoding="utf-8")
        about = Authoring(environment=environment, environments=known)
        return loading.load(tmp_path, "catalog", providers(defaults()), remember_from=1, authoring=about)

    return one


def told(loaded):
    return [f"{d.at.line}:{d.at.column} {d.rule}: {d.summary}; {d.detail}" for d in loaded.diagnostics]


def test_a_document_counts_in_its_environments_only(load, tmp_path):
    (tmp_path / ".podsync" / "cache").mkdir(parents=True)
    for _ in range(2):  # the second time from the cache
        assert [len(load(name, tee="only: [staging]").catalog) for name in BOTH] == [1, 0]
        assert told(load("production")) == []


def test_one_address_may_stand_once_for_each_environment(load):
    files = {"one": "only: [staging]", "two": "only: [production]"}

    assert [told(load(name, **files)) for name in BOTH] == [[], []]
    assert (
        "declared-twice" in told(load("staging", one="only: [staging]", two="only: [staging, production]"))[0]
    )


@pytest.mark.parametrize("word", ["adopt", "recreate"])
def test_an_id_is_that_of_its_environment(load, word):
    words = f'{word}: {{staging: "5012", production: "77"}}'

    found = [next(iter(load(name, tee=words).catalog)) for name in BOTH]
    (neither,) = load("staging", tee=f'{word}: {{production: "77"}}').catalog

    assert [getattr(product.history, word) for product in found] == ["5012", "77"]
    assert getattr(neither.history, word) is None


@pytest.mark.parametrize(
    ("known", "words", "fault"),
    [
        (
            BOTH,
            "only: [stagng]",
            "3:8 environment-name: there is no environment 'stagng'; did you mean staging?",
        ),
        (
            (),
            "only: [staging]",
            "3:8 environment-name: there is no environment 'staging'; podsync.yaml has no env",
        ),
        (BOTH, "only: staging", "3:7 environment-name: only has the names of environments; write a list"),
        (BOTH, "only: []", "3:7 environment-name: only has the names of environments; write a list"),
        (
            BOTH,
            "adopt: {prod: '5'}",
            "3:9 environment-name: there is no environment 'prod'; there are: staging, p",
        ),
    ],
)
def test_a_name_that_there_is_none_of_is_told_at_its_place(load, known, words, fault):
    (found,) = told(load("staging" if known else "", known, tee=words))

    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("environment", "variable", "place"),
    [("one", "cdn", (5, 17)), ("two", "cdn", (2, 13)), ("three", "cdn", (9, 17)), ("", "own", (9, 25))],
)
def test_a_variable_is_told_where_the_chosen_environment_says_it_though_others_say_the_same(
    tmp_path, environment, variable, place
):
    (tmp_path / "podsync.yaml").write_text(
        "version: 1\nvars: {cdn: x}\nenvironments:\n"
        "  one:\n    vars: {cdn: x}\n  two:\n    vars: {}\n  three:\n    vars: {cdn: x, own: y}\n",
        encoding="utf-8",
    )
    told = Authoring({"cdn": "x", "own": "y"}, environment=environment, environments=("one", "two", "three"))

    text, span = AuthoringContext(tmp_path, tmp_path / "catalog", told).place_of(variable)

    assert (text.path, span[:2]) == ("podsync.yaml", place)
