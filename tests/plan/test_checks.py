"""What is refused about several changes at once: limits, renames in disguise, names that clash."""

from __future__ import annotations

from dataclasses import replace
from graphlib import CycleError

import pytest

from podsync.model.frozen import freeze
from podsync.model.product import Product
from podsync.model.settings import Limits
from podsync.plan.checks import name_order, vacated, waits_for
from podsync.plan.model import Plan
from podsync.state.entries import Absent
from podsync.state.model import State
from tests.plan.build import (
    PROVIDERS,
    actions,
    customer,
    designed,
    fault,
    in_doubt,
    made,
    orphan,
    plan,
    rewritten,
    rules,
    state,
)


def test_what_a_look_took_is_not_made_again_for_what_nobody_knows() -> None:
    """Only its document told the fields that differ; a listing, or a person, has told the other ones."""
    wanted, unknown = designed("tee", colorValue="#000000"), ("colorValue", "materialImages")
    taken = made(designed("tee"), origin="adopted", unverified=unknown)

    told = plan([wanted], state(taken))
    renamed = designed("tee", colorValue="#000000", enName="New")

    assert (rules(told), told.errored) == (["not-seen"], False)
    assert "no listing shows colorValue" in fault(told).summary
    for sure in (
        plan([wanted], state(taken), replace=("designed_product.tee",)),
        plan([renamed], state(taken)),
        plan([wanted], state(made(designed("tee"), origin="imported", unverified=unknown))),
        plan([wanted], state(made(designed("tee"), origin="adopted", unverified=("materialImages",)))),
    ):
        assert rules(sure) == []
        assert actions(sure) == {"designed_product.tee": "replace"}


def test_an_orphan_that_a_look_took_is_asked_about_before_another_is_made() -> None:
    """Its document is back with something else that no listing shows: the orphan may be just that."""
    taken = orphan(designed("tee"), origin="adopted", unverified=("colorValue", "materialImages"))
    wanted, other = designed("tee", colorValue="#000000"), designed("tee", modelId="9")

    back = plan([wanted], state(orphans=[taken]))
    replaced = plan([wanted], state(made(other), orphans=[taken]))

    for told in (back, replaced):
        assert (rules(told), told.errored) == (["not-seen"], False)
        assert "no listing shows colorValue" in fault(told).summary
    for sure in (
        plan([wanted], state(orphans=[replace(taken, unverified=())])),
        plan([wanted], state(made(other), orphans=[taken]), replace=("designed_product.tee",)),
        plan([designed("tee", colorValue="#000000", enName="New")], state(orphans=[taken])),
    ):
        assert rules(sure) == []


def test_of_an_exchange_with_another_change_neither_is_told_to_wait_for_the_other() -> None:
    one, two = designed("one", enName="Dino"), designed("two", enName="Fox")
    swapped = designed("one", enName="Fox", colorValue="#000000"), designed("two", enName="Dino")

    told = plan(swapped, state(made(one), made(two)))

    assert rules(told) == ["indistinguishable"] * 2
    for each in told.diagnostics:
        assert "--target" not in (each.detail or "")
        assert "exchange their specs first" in (each.detail or "")
    exchanged = [designed("one", enName="Fox"), designed("two", enName="Dino")]
    assert set(actions(plan(exchanged, state(made(one), made(two)))).values()) == {"move"}


def test_a_product_that_is_gone_or_made_again_does_not_hold_its_name() -> None:
    """Apply sees to it that it is gone before another one takes the name."""
    one, other = made(customer("one", name="A")), made(customer("two", name="B"))
    again = customer("one", name="C", recreate=one.id)
    taking = customer("two", name="A", renamed_from="B")
    gone = freeze({"gelato": {one.id: Absent(1.0, gone=True)}})

    assert rules(plan([again, taking], state(one, other))) == []
    assert rules(plan([taking], state(one, other, absent=gone), targets=("customer_product.two",))) == []
    assert rules(plan([taking], state(one, other), targets=("customer_product.two",))) == ["name-taken"]
    assert vacated(plan([again, taking], state(one, other)).changes, PROVIDERS, state(one, other)) == {
        taking.address: frozenset({one.id})
    }


def _many(count: int, **more: object) -> list[Product]:
    facts = [{"enName": f"N{i}", "imageUrl": f"https://cdn.test/{i}.png"} for i in range(count)]
    return [designed(f"tee-{i}", **(fact | more)) for i, fact in enumerate(facts)]


def _creates(count: int, **more: object) -> Plan:
    return plan(_many(count), **more)


def _replaces(count: int, **more: object) -> Plan:
    return plan(_many(count, colorValue="#000000"), state(*map(made, _many(count))), **more)


def _orphans(count: int, **more: object) -> Plan:
    """So many of four times as many: a small share."""
    return _vanished(count, 4 * count, **more)


def _vanished(count: int, managed: int, **more: object) -> Plan:
    return plan(_many(managed)[count:], state(*map(made, _many(managed))), **more)


LIMITED = {"creates": (_creates, 50), "replaces": (_replaces, 5), "orphans": (_orphans, 5)}


@pytest.mark.parametrize("word", LIMITED)
def test_each_limit_is_refused_above_and_not_at_it(word: str) -> None:
    make, limit = LIMITED[word]

    at, above = make(limit, limits=Limits()), make(limit + 1, limits=Limits())

    assert (rules(at), at.applyable) == ([], True)
    assert (rules(above), above.errored, above.applyable) == ([f"max-{word}"], True, False)
    assert fault(above).detail == (
        f"--allow {word}={limit + 1} for once, or limits.max_{word} in podsync.yaml for good"
    )


@pytest.mark.parametrize("word", LIMITED)
def test_a_limit_is_lifted_for_once(word: str) -> None:
    make, limit = LIMITED[word]

    assert rules(make(limit + 1, limits=Limits(), allow={word: limit + 1})) == []
    assert rules(make(limit + 2, limits=Limits(), allow={word: limit + 1})) == [f"max-{word}"]
    assert rules(make(limit, limits=Limits(), allow={word: 0})) == []


def test_a_limit_lifts_no_other_one() -> None:
    assert rules(_replaces(6, limits=Limits(), allow={"creates": 100, "orphans": 100})) == ["max-replaces"]


def test_null_is_no_limit_and_nought_allows_nothing() -> None:
    assert rules(_creates(60, limits=Limits(max_creates=None))) == []
    assert rules(_creates(60, limits=Limits(max_creates=None), allow={"creates": 1})) == []
    (one,) = _creates(1, limits=Limits(max_creates=0)).diagnostics
    assert (one.rule, one.summary) == ("max-creates", "1 create is more than the limit of 0")


def test_only_creates_replaces_and_orphans_count() -> None:
    none = Limits(0, 0, 0)
    tote = customer("tote")
    settling = plan([tote], state(in_doubt(tote)), limits=none)
    updating = plan([customer("tote", customerIds=["*"])], state(made(tote)), limits=none)
    moving = plan([replace(tote, address=customer("bag").address)], state(made(tote)), limits=none)
    restoring = plan([tote], state(orphans=[orphan(tote)]), limits=none)

    assert [rules(p) for p in (settling, updating, moving, restoring)] == [[], [], [], []]


DINO, TOTE = designed("dino"), customer("tote")
LOOK_ALIKES = {
    "model and name": (designed("rex", imageUrl="https://cdn.test/r.png"), DINO, True),
    "model and front picture": (designed("rex", enName="Rex"), DINO, True),
    "another model": (designed("rex", modelId="2"), DINO, False),
    "another name and picture": (designed("rex", enName="R", imageUrl="https://cdn.test/r.png"), DINO, False),
    "name at Gelato": (customer("bag", productModelId="m", customerIds=["x"]), TOTE, True),
    "model and options at Gelato": (customer("bag", name="Bag"), TOTE, True),
    "nothing at Gelato": (customer("bag", name="Bag", productModelId="m"), TOTE, False),
}


@pytest.mark.parametrize("case", LOOK_ALIKES)
def test_a_create_that_looks_like_what_leaves(case: str) -> None:
    new, old, alike = LOOK_ALIKES[case]

    found = rules(plan([new], state(made(old))))

    assert ("looks-like-a-rename" in found) == alike


@pytest.mark.parametrize(
    "case", [name for name, (_, _, alike) in LOOK_ALIKES.items() if alike and "Gelato" not in name]
)
def test_both_are_meant(case: str) -> None:
    new, old, _ = LOOK_ALIKES[case]

    assert rules(plan([rewritten(new, moved=())], state(made(old)))) == []


def test_another_account_is_no_look_alike() -> None:
    assert rules(plan([replace(designed("rex", enName="R"), account="b")], state(made(DINO)))) == []


def _bag(name: str, title: str, *customers: str, **more: object) -> Product:
    return customer(
        name, **{"name": title, "customerIds": list(customers), "productModelId": f"m-{name}"} | more
    )


TAKEN: dict[str, tuple[list[Product], State]] = {
    "by an orphan": ([_bag("a", "N", "anna")], state(orphans=[orphan(_bag("b", "N", "anna"))])),
    "by an orphan for everybody": ([_bag("a", "N", "anna")], state(orphans=[orphan(_bag("b", "N", "*"))])),
    "by what leaves": ([_bag("a", "N", "anna", moved=())], state(made(_bag("b", "N", "anna")))),
    "for a rename": (
        [_bag("a", "N", "anna", renamed_from="Old")],
        state(made(_bag("a", "Old", "anna")), orphans=[orphan(_bag("b", "N", "anna"))]),
    ),
    "for another customer": (
        [_bag("a", "N", "anna", "ben")],
        state(made(_bag("a", "N", "anna")), orphans=[orphan(_bag("b", "N", "ben"))]),
    ),
    "in another form of Unicode": (
        [_bag("a", "Ta\u0308sche", "anna")],
        state(orphans=[orphan(_bag("b", "T\u00e4sche", "anna"))]),
    ),
}


@pytest.mark.parametrize("case", TAKEN)
def test_a_name_that_is_taken(case: str) -> None:
    wanted, known = TAKEN[case]

    assert rules(plan(wanted, known)) == ["name-taken"]


def test_a_name_whose_release_was_not_selected_is_taken() -> None:
    wanted = [_bag("a", "New", "anna", renamed_from="N"), _bag("b", "N", "anna")]
    known = state(made(_bag("a", "N", "anna")))

    assert rules(plan(wanted, known, targets=("*.b",))) == ["name-taken"]
    assert rules(plan(wanted, known)) == []


FREE: dict[str, tuple[list[Product], State]] = {
    "no shared customer": ([_bag("a", "N", "anna")], state(orphans=[orphan(_bag("b", "N", "ben"))])),
    "released by a rename": (
        [_bag("a", "M", "anna", renamed_from="N"), _bag("b", "N", "anna")],
        state(made(_bag("a", "N", "anna"))),
    ),
    "released by a rename of a document that moved": (
        [
            _bag("z", "M", "anna", renamed_from="N", moved=("a",), productModelId="m-a"),
            _bag("b", "N", "anna"),
        ],
        state(made(_bag("a", "N", "anna"))),
    ),
    "released for the customer": (
        [_bag("a", "N", "anna"), _bag("b", "N", "ben")],
        state(made(_bag("a", "N", "anna", "ben"))),
    ),
    "its own": ([_bag("a", "N", "anna", "ben")], state(made(_bag("a", "N", "anna")))),
    "its own, moved": (
        [_bag("b", "N", "anna", "ben", moved=("a",), productModelId="m-a")],
        state(made(_bag("a", "N", "anna"))),
    ),
    "KakaClo": ([designed("rex", imageUrl="x")], state(orphans=[orphan(designed("dino"))])),
    "another account": (
        [replace(_bag("a", "N", "anna"), account="second")],
        state(orphans=[orphan(_bag("b", "N", "anna"))]),
    ),
}


@pytest.mark.parametrize("case", FREE)
def test_a_name_that_is_free(case: str) -> None:
    wanted, known = FREE[case]

    assert rules(plan(wanted, known)) == []


def _order(made_plan: Plan, known: State) -> list[str]:
    return [change.address.name for change in name_order(made_plan.work, PROVIDERS, known)]


def test_a_name_is_released_before_it_is_taken() -> None:
    wanted = [
        _bag("a", "Two", "anna", renamed_from="One"),
        _bag("b", "Three", "anna", renamed_from="Two"),
        _bag("c", "Four", "anna", renamed_from="Three"),
        _bag("d", "One", "anna"),
    ]
    known = state(*(made(_bag(n, t, "anna")) for n, t in [("a", "One"), ("b", "Two"), ("c", "Three")]))

    made_plan = plan(wanted, known)

    assert (rules(made_plan), _order(made_plan, known)) == ([], ["c", "b", "a", "d"])


def test_a_customer_is_released_before_he_is_taken() -> None:
    wanted = [_bag("a", "N", "ben"), _bag("b", "N", "anna")]

    known = state(made(_bag("b", "N", "anna", "ben")))

    made_plan = plan(wanted, known)

    assert (rules(made_plan), _order(made_plan, known)) == ([], ["b", "a"])


def test_a_create_waits_for_everybody_who_holds_the_name() -> None:
    """Two products may have one name, each for its own customer."""
    wanted = [
        _bag("a", "N", "anna", "ben"),
        _bag("b", "B", "anna", renamed_from="N"),
        _bag("c", "C", "ben", renamed_from="N"),
        _bag("d", "D", "carl", renamed_from="N"),
    ]
    holders = [("b", "anna"), ("c", "ben"), ("d", "carl")]
    known = state(*(made(_bag(name, "N", who)) for name, who in holders))
    made_plan = plan(wanted, known)

    waits = waits_for(made_plan.work, PROVIDERS, known)

    assert {str(a): {b.name for b in bs} for a, bs in waits.items()} == {"customer_product.a": {"b", "c"}}
    assert _order(made_plan, known)[-1] == "a"


def test_renames_that_wait_for_each_other() -> None:
    wanted = [_bag("a", "Two", "anna", renamed_from="One"), _bag("b", "One", "anna", renamed_from="Two")]

    known = state(made(_bag("a", "One", "anna")), made(_bag("b", "Two", "anna")))

    made_plan = plan(wanted, known)

    assert rules(made_plan) == ["rename-cycle"]
    assert "customer_product.a" in fault(made_plan).summary
    assert "customer_product.b" in fault(made_plan).summary
    with pytest.raises(CycleError):
        name_order(made_plan.work, PROVIDERS, known)


def test_a_rename_in_doubt_may_hold_the_name_that_the_other_one_waits_for() -> None:
    """One may be called Two already, and takes the name that the one has which is to be called Two."""
    wanted = [_bag("a", "Three", "anna", renamed_from="One"), _bag("b", "Two", "anna", renamed_from="Three")]
    one = _bag("a", "One", "anna")
    doubt = in_doubt(one, spec=one.spec, op="update", body={"name": "Two"})

    made_plan = plan(wanted, state(doubt, made(_bag("b", "Three", "anna"))))

    assert rules(made_plan) == ["rename-cycle"]


def test_a_swap_of_names_between_strangers_is_no_cycle() -> None:
    wanted = [_bag("a", "Two", "anna", renamed_from="One"), _bag("b", "One", "ben", renamed_from="Two")]

    made_plan = plan(wanted, state(made(_bag("a", "One", "anna")), made(_bag("b", "Two", "ben"))))

    assert (rules(made_plan), len(actions(made_plan))) == ([], 2)


def test_without_a_release_the_order_is_that_of_the_plan() -> None:
    made_plan = plan([_bag("b", "N", "anna"), _bag("a", "M", "anna")])

    assert name_order(made_plan.work, PROVIDERS, state()) == made_plan.work
    assert waits_for(made_plan.work, PROVIDERS, state()) == {}


# -- the limit on orphans is relative too


@pytest.mark.parametrize(
    ("count", "managed", "refused"),
    [(4, 4, False), (5, 10, True), (5, 16, True), (5, 17, False), (6, 20, False), (7, 20, True)],
)
def test_a_third_of_what_is_managed_does_not_vanish_by_accident(count, managed, refused):
    assert _vanished(count, managed).errored is refused


def test_the_share_says_how_it_is_meant():
    found = [each for each in _vanished(5, 10).diagnostics if each.severity == "error"]

    assert [(each.rule, each.summary) for each in found] == [
        (
            "max-orphans",
            "5 orphans are 50 % of the 10 products that are managed; 30 % at once are taken for a mistake",
        )
    ]
    assert found[0].detail == "look whether all documents are there; if it is meant: --allow orphans=5"
    assert not _vanished(5, 10, allow={"orphans": 5}).errored
    assert _vanished(5, 10, allow={"orphans": 4}).errored


def test_one_limit_is_told_once():
    told = _vanished(10, 10, limits=Limits()).diagnostics

    assert [each.summary for each in told] == ["10 orphans are more than the limit of 5"]
