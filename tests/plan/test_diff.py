"""Field changes: equality decides, deepdiff only shows."""

from __future__ import annotations

from typing import Any

import pytest

from podsync.model.frozen import EMPTY, Json, Spec, freeze
from podsync.plan.change import UNKNOWN
from podsync.plan.diff import differing_fields, field_changes
from podsync.providers.gelato.provider import Gelato
from podsync.providers.kakaclo.provider import KakaClo
from tests.plan.build import bag, customer, designed, option, tee

GELATO, KAKACLO = Gelato(), KakaClo()


def _art(*names: str, **urls: str) -> list[dict[str, str]]:
    return [{"imageName": n, "imageUrl": urls.get(n, f"https://cdn.test/{n}.png")} for n in names]


def _shown(provider: Any, before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Json, Json]]:
    old: Spec = freeze(before)
    wanted = designed("a", **after) if provider is KAKACLO else customer("a", **after)
    names = differing_fields(provider, old, wanted.spec)
    changes = field_changes(provider, old, wanted, names, frozenset())
    return [(c.path, c.before, c.after) for c in changes]


def test_equal_specs_have_no_changes() -> None:
    assert _shown(KAKACLO, tee(), {}) == []
    assert _shown(GELATO, bag(), {}) == []


SAME: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "colours compare without case": (KAKACLO, tee(colorValue="#a72525"), {}),
    "absent and empty are one": (KAKACLO, tee(materialImages=[]), {"materialImages": None}),
    "customers are a set": (GELATO, bag(customerIds=["ben", "anna"]), {}),
    "attributes are a set": (
        GELATO,
        bag(variantOptions=[option("o", "O", ("p", ["a", "b"]))]),
        {"variantOptions": [option("o", "O", ("p", ["b", "a"]))]},
    ),
    "parts of an option have no order": (
        GELATO,
        bag(variantOptions=[option("o", "O", ("p", ["a"]), ("q", ["a"]))]),
        {"variantOptions": [option("o", "O", ("q", ["a"]), ("p", ["a"]))]},
    ),
    "part quantities have no order": (
        GELATO,
        bag(partQuantities=[{"partModelId": "p", "quantity": 1}, {"partModelId": "q", "quantity": 2}]),
        {"partQuantities": [{"quantity": 2, "partModelId": "q"}, {"partModelId": "p", "quantity": 1}]},
    ),
    "1 and 1.0 are one number": (
        GELATO,
        bag(partQuantities=[{"partModelId": "p", "quantity": 1.0}]),
        {"partQuantities": [{"partModelId": "p", "quantity": 1}]},
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_what_is_the_same(case: str) -> None:
    provider, before, after = SAME[case]

    assert _shown(provider, before, after) == []


CHANGED: dict[str, tuple[Any, dict[str, Any], dict[str, Any], list[tuple[str, Json, Json]]]] = {
    "a text": (KAKACLO, tee(enName="A"), {"enName": "B"}, [("enName", "A", "B")]),
    "a text that came": (KAKACLO, tee(backImageUrl=""), {"backImageUrl": "b"}, [("backImageUrl", "", "b")]),
    "a colour, as it is written": (
        KAKACLO,
        tee(colorValue="#a72525"),
        {"colorValue": "#A72526"},
        [("colorValue", "#a72525", "#A72526")],
    ),
    "a list of plain values, whole": (
        GELATO,
        bag(customerIds=["anna"]),
        {"customerIds": ["ben", "anna"]},
        [("customerIds", ("anna",), ("ben", "anna"))],
    ),
    "one value of one artwork": (
        KAKACLO,
        tee(materialImages=_art("a", "b", "c")),
        {"materialImages": _art("a", "b", "c", b="https://cdn.test/new.png")},
        [("materialImages.b.imageUrl", "https://cdn.test/b.png", "https://cdn.test/new.png")],
    ),
    "an artwork put in front": (
        KAKACLO,
        tee(materialImages=_art("a", "b", "c")),
        {"materialImages": _art("x", "a", "b", "c")},
        [("materialImages.x", None, _art("x")[0])],
    ),
    "an artwork taken out of the middle": (
        KAKACLO,
        tee(materialImages=_art("a", "b-2", "c")),
        {"materialImages": _art("a", "c")},
        [("materialImages[b-2]", _art("b-2")[0], None)],
    ),
    "artworks of one name are told apart by position": (
        KAKACLO,
        tee(materialImages=[*_art("a"), *_art("a", a="https://cdn.test/2.png")]),
        {"materialImages": [*_art("a"), *_art("a", a="https://cdn.test/3.png")]},
        [("materialImages[1].imageUrl", "https://cdn.test/2.png", "https://cdn.test/3.png")],
    ),
    "artworks of one name on one side only": (
        KAKACLO,
        tee(materialImages=_art("a", "b")),
        {"materialImages": _art("a", "a", "b")},
        None,  # type: ignore[dict-item]
    ),
    "artworks in another order, whole": (
        KAKACLO,
        tee(materialImages=_art("a", "b")),
        {"materialImages": _art("b", "a")},
        [("materialImages", freeze(_art("a", "b")), freeze(_art("b", "a")))],
    ),
    "options in another order, whole": (
        GELATO,
        bag(variantOptions=[option("a"), option("b")]),
        {"variantOptions": [option("b"), option("a")]},
        [
            (
                "variantOptions",
                freeze([option("a"), option("b")]),
                freeze([option("b"), option("a")]),
            )
        ],
    ),
    "an artwork with an odd name": (
        KAKACLO,
        tee(materialImages=_art("it's ['a'].\"b\"")),
        {"materialImages": _art("it's ['a'].\"b\"", **{"it's ['a'].\"b\"": "new"})},
        [
            (
                "materialImages[it's ['a'].\"b\"].imageUrl",
                "https://cdn.test/it's ['a'].\"b\".png",
                "new",
            )
        ],
    ),
    "attributes deep inside": (
        GELATO,
        bag(variantOptions=[option("size", "Size", ("frame", ["w"])), option("color")]),
        {"variantOptions": [option("size", "Size", ("frame", ["w", "h"])), option("color")]},
        [("variantOptions.size.attributesMapping.frame.attributeIds", ("w",), ("w", "h"))],
    ),
    "an option that shares nothing with the old one": (
        GELATO,
        bag(variantOptions=[option("size")]),
        {"variantOptions": [option("color")]},
        [("variantOptions.color", None, option("color")), ("variantOptions.size", option("size"), None)],
    ),
    "a quantity, beside one that only looks different": (
        GELATO,
        bag(partQuantities=[{"partModelId": "p", "quantity": 1.0}, {"partModelId": "q", "quantity": 2}]),
        {"partQuantities": [{"partModelId": "p", "quantity": 1}, {"partModelId": "q", "quantity": 3}]},
        [("partQuantities.q.quantity", 2, 3)],
    ),
    "a list of mappings that came": (
        GELATO,
        bag(),
        {"partQuantities": [{"partModelId": "p", "quantity": 0}]},
        [("partQuantities", None, freeze([{"partModelId": "p", "quantity": 0}]))],
    ),
    "a list of mappings that went": (
        KAKACLO,
        tee(),
        {"materialImages": []},
        [("materialImages", freeze(tee()["materialImages"]), ())],
    ),
}


@pytest.mark.parametrize("case", CHANGED)
def test_what_changed(case: str) -> None:
    provider, before, after, expected = CHANGED[case]

    shown = _shown(provider, before, after)

    if expected is None:
        assert shown
        return
    assert [(path, freeze(old), freeze(new)) for path, old, new in shown] == [
        (path, freeze(old), freeze(new)) for path, old, new in expected
    ]


def test_few_common_keys_are_shown_one_by_one() -> None:
    """deepdiff would report one change of the whole mapping."""
    before = freeze({"variantOptions": ({"id": "a", "name": "A", "one": 1, "two": 2, "three": 3},)})
    wanted = customer("a", variantOptions=[{"id": "a", "name": "B", "four": 4, "five": 5, "six": 6}])

    changes = field_changes(GELATO, before, wanted, ("variantOptions",), frozenset())

    assert [c.path.rpartition(".")[2] for c in changes] == [
        "five",
        "four",
        "name",
        "one",
        "six",
        "three",
        "two",
    ]


def test_what_an_update_in_doubt_sent_is_unknown() -> None:
    wanted = customer("a")

    (change,) = field_changes(GELATO, wanted.spec, wanted, ("name",), {"name": UNKNOWN})

    assert (change.before, change.after, change.forces_replace) == (UNKNOWN, "Tote", False)


def test_which_fields_force_a_replace() -> None:
    wanted = customer("a", name="B", productModelId="m")

    changes = field_changes(GELATO, freeze(bag()), wanted, ("name", "productModelId"), frozenset())

    assert [(c.path, c.forces_replace) for c in changes] == [("name", False), ("productModelId", True)]


def test_each_change_stands_where_the_new_value_is() -> None:
    wanted = designed("a", materialImages=_art("b"))
    before = freeze(tee(enName="Old", materialImages=_art("b", "c"), backImageUrl=None))

    found = field_changes(KAKACLO, before, wanted, ("backImageUrl", "enName", "materialImages"), frozenset())

    assert [(c.path, str(c.at) if c.at else None) for c in found] == [
        ("backImageUrl", "catalog/a.yaml:8:3"),
        ("enName", "catalog/a.yaml:6:3"),
        ("materialImages.c", None),
    ]


def test_nothing_existed_before() -> None:
    assert differing_fields(KAKACLO, EMPTY, designed("a").spec) == tuple(sorted(tee()))
