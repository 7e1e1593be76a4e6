"""What a selection leaves in the plan."""

from __future__ import annotations

import pytest

from podsync.model.address import Selection
from podsync.model.errors import UsageError
from tests.plan.build import actions, customer, designed, in_doubt, made, plan, rules, state

DINO, REX = (
    designed("dino", labels={"season": "spring"}),
    designed("rex", enName="Rex", imageUrl="https://cdn.test/r.png"),
)
GONE = designed("gone", enName="Gone", imageUrl="https://cdn.test/g.png", labels={"season": "spring"})
DOUBT = customer("doubt", name="Doubt", variantOptions=[])
KNOWN = state(made(GONE), in_doubt(DOUBT))
ALL = {
    "customer_product.doubt": "settle",
    "designed_product.dino": "create",
    "designed_product.gone": "orphan",
    "designed_product.rex": "create",
}


def _left(*names: str) -> dict[str, str]:
    return {
        address: action for address, action in ALL.items() if address.partition(".")[2] in {*names, "doubt"}
    }


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        ({}, _left("dino", "rex", "gone")),
        ({"targets": ("designed_product.dino",)}, _left("dino")),
        ({"targets": ("designed_product.*",)}, _left("dino", "rex", "gone")),
        ({"targets": ("*.re?",)}, _left("rex")),
        ({"targets": ("designed_product.gone",)}, _left("gone")),
        ({"targets": ("*.dino", "*.rex")}, _left("dino", "rex")),
        ({"targets": ("*",), "excludes": ("*.dino",)}, _left("rex", "gone")),
        ({"targets": ("*",), "excludes": ("*.gone",)}, _left("dino", "rex")),
        ({"excludes": ("*.dino",)}, _left("rex")),
        ({"excludes": ("*",)}, _left()),
        ({"selectors": (("season", "spring"),)}, _left("dino")),
        ({"selectors": (("season", "spring"),), "targets": ("*.gone", "*.rex")}, _left("gone")),
        ({"targets": ("customer_product.*",)}, _left()),
    ],
    ids=str,
)
def test_a_selection_narrows_and_an_orphan_has_to_be_named(
    chosen: dict[str, object], left: dict[str, str]
) -> None:
    made_plan = plan([DINO, REX, DOUBT], KNOWN, **chosen)

    assert actions(made_plan) == left
    assert made_plan.selection == Selection(**chosen)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("chosen", "words", "hint"),
    [
        (
            {"targets": ("designed_product.dinno",)},
            "--target designed_product.dinno",
            "designed_product.dino",
        ),
        ({"excludes": ("*.nobody",)}, r"--exclude \*.nobody", ""),
        ({"replace": ("designed_product.rexx",)}, "--replace designed_product.rexx", "designed_product.rex"),
        ({"targets": ("*.dino", "zzzz")}, "--target zzzz", "podsync plan --detail full"),
        ({"selectors": (("season", "autumn"),)}, "--selector season=autumn", "season=spring"),
        ({"selectors": (("colour", "red"),)}, "--selector colour=red", "no document has the label 'colour'"),
    ],
    ids=str,
)
def test_a_pattern_that_matches_nothing_is_wrong_usage(
    chosen: dict[str, object], words: str, hint: str
) -> None:
    with pytest.raises(UsageError, match=f"{words} matches nothing") as raised:
        plan([DINO, REX, DOUBT], KNOWN, **chosen)

    assert raised.value.exit_code == 64
    assert hint in raised.value.remedy


@pytest.mark.parametrize(
    "pattern", ["designed_product.[d]ino", "designed_product.dino[color=red]", "*.[!x]ino"]
)
def test_brackets_stand_for_themselves(pattern: str) -> None:
    with pytest.raises(UsageError, match="matches nothing"):
        plan([DINO], targets=(pattern,))


def test_only_the_selected_are_counted_and_refused() -> None:
    tote, mug = customer("tote"), customer("mug", name="Mug", variantOptions=[])
    known = state(
        made(customer("tote", productModelId="x")), made(customer("mug", name="M", variantOptions=[]))
    )

    assert rules(plan([tote, mug], known)) == ["gelato-rename", "gelato-replace"]
    assert rules(plan([tote, mug], known, targets=("*.tote",))) == ["gelato-replace"]
    assert rules(plan([tote, mug], known, excludes=("*",))) == []


def test_replace_asks_for_more_and_narrows_nothing() -> None:
    known = state(made(DINO))

    assert actions(plan([DINO, REX], known, replace=("*.dino",))) == {
        "designed_product.dino": "replace",
        "designed_product.rex": "create",
    }


def test_a_selection_does_not_hide_that_a_create_looks_like_a_rename() -> None:
    black = designed("black-dino", colorValue="#000000")

    made_plan = plan([black], state(made(DINO)), targets=("*.black-dino",))

    assert (actions(made_plan), rules(made_plan)) == (
        {"designed_product.black-dino": "create"},
        ["looks-like-a-rename"],
    )
