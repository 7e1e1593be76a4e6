"""Which document belongs to which entry: moves, orphans, doubts."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podsync.model.address import Address
from podsync.model.product import Catalog, Lifecycle
from podsync.plan.action import Action
from podsync.plan.matching import pair_up
from podsync.state.entries import Window
from podsync.state.model import State
from tests.plan.build import (
    MADE_AT,
    PROVIDERS,
    actions,
    customer,
    designed,
    in_doubt,
    made,
    only,
    orphan,
    plan,
    renamed,
    rewritten,
    rules,
    state,
    tee,
)

DINO = designed("dino")
ORPHAN, CREATE = "orphan", "create"


def test_a_new_document_takes_what_a_replace_gives_up() -> None:
    """One plan: the product moves, and the other document makes its new one."""
    old, new = designed("old", enName="A"), designed("old", enName="B", imageUrl="https://cdn.test/b.png")
    arrival = replace(designed("arrival"), spec=old.spec)
    both = {"designed_product.arrival": "move", "designed_product.old": "create"}

    for targets in ((), ("designed_product.old",)):
        told = plan([new, arrival], state(made(old)), targets=targets)
        assert (actions(told), rules(told)) == (both, [])
        assert told.changes[0].previous_address == old.address


@pytest.mark.parametrize(
    ("entry", "document"),
    [
        ({}, {"enName": "A", "colorValue": "#000000"}),
        ({"window": Window(1.0, 2.0)}, {}),
        ({"id": None, "window": Window(1.0, 2.0)}, {}),
        ({}, {"recreate": "id-old"}),
        ({"origin": "adopted", "unverified": ("enName", "imageUrl")}, {}),
    ],
    ids=["nothing that a listing shows", "likely", "unbound", "made again", "not seen"],
)
def test_what_is_not_known_for_certain_is_not_handed_on(entry: Any, document: Any) -> None:
    old = designed("old", enName="A")
    new = designed("old", **{"enName": "B", "imageUrl": "https://cdn.test/b.png", **document})
    new = new if "colorValue" not in document else designed("old", **document)

    told = plan([new, replace(designed("arrival"), spec=old.spec)], state(made(old, **entry)))

    assert actions(told)["designed_product.arrival"] == "create"


def test_a_selection_takes_all_of_an_exchange() -> None:
    """What one document takes another one has to have given up: half of it fits no state."""
    slugs = ("a", "b", "c")
    before = [designed(each, enName=each, imageUrl=f"https://cdn.test/{each}.png") for each in slugs]
    others = [designed("d"), designed("e", moved=("f",)), made(designed("f"))]
    after = [
        replace(one, spec=other.spec) for one, other in zip(before, before[1:] + before[:1], strict=True)
    ]

    told = plan([*after, *others[:2]], state(*map(made, before), others[2]), targets=("designed_product.b",))

    assert actions(told) == {f"designed_product.{each}": "move" for each in slugs}


def _change(name: str, made_plan: object) -> object:
    return next(c for c in made_plan.changes if c.address.name == name)  # type: ignore[attr-defined]


def test_equal_specs_are_a_move_with_the_old_address() -> None:
    change = only(plan([renamed(DINO, "rex", labels={"a": "b"})], state(made(DINO))))

    assert (change.action, change.previous_address) == (Action.MOVE, Address("designed_product", "dino"))


def test_specs_that_mean_the_same_are_a_move_too() -> None:
    assert only(plan([designed("rex", colorValue="#a72525")], state(made(DINO)))).action is Action.MOVE


def test_moved_pairs_specs_that_differ() -> None:
    made_plan = plan([designed("rex", moved=("dino",), enName="Rex")], state(made(DINO)))

    change = only(made_plan)

    assert (change.action, str(change.previous_address)) == (Action.REPLACE, "designed_product.dino")


def test_moved_allows_an_update_at_gelato() -> None:
    tote = customer("tote")

    change = only(plan([customer("bag", moved=("tote",), customerIds=["*"])], state(made(tote))))

    assert (change.action, str(change.previous_address)) == (Action.UPDATE, "customer_product.tote")


def test_moved_names_the_same_kind_only() -> None:
    made_plan = plan([designed("rex", moved=("tote",))], state(made(customer("tote"))))

    assert actions(made_plan) == {"customer_product.tote": ORPHAN, "designed_product.rex": CREATE}


def test_the_first_former_name_that_left_is_taken() -> None:
    old, older = made(designed("old", enName="Old")), made(designed("older", enName="Older"))

    made_plan = plan([designed("rex", moved=("oldest", "old", "older"), enName="Old")], state(old, older))

    assert _change("rex", made_plan).previous_address == Address("designed_product", "old")  # type: ignore[attr-defined]
    assert actions(made_plan)["designed_product.older"] == ORPHAN


def test_a_former_name_that_is_still_declared_is_not_taken() -> None:
    wanted = [DINO, designed("rex", moved=("dino",), enName="Rex", imageUrl="https://cdn.test/r.png")]

    assert actions(plan(wanted, state(made(DINO)))) == {"designed_product.rex": CREATE}


def test_what_a_moved_document_wants_is_taken_back_where_an_orphan_is_just_that() -> None:
    """The renamed document says again what another one was: a replace would make that a second time."""
    bee, dog = designed("bee", enName="Bee"), designed("dog")
    known = state(made(dog, id="5003"), orphans=[replace(orphan(bee), id="5001")])

    made_plan = plan([rewritten(bee, moved=("dog",))], known)

    assert {str(each.address): each.action for each in made_plan.work} == {
        "designed_product.bee": Action.RESTORE,
        "designed_product.dog": Action.ORPHAN,
    }


def test_moved_is_ignored_once_the_entry_is_there() -> None:
    rex = renamed(DINO, "rex", moved=("dino",))

    assert actions(plan([rex], state(made(rex)))) == {}


def test_an_empty_moved_means_a_new_product() -> None:
    made_plan = plan([renamed(DINO, "rex", moved=())], state(made(DINO)))

    assert actions(made_plan) == {"designed_product.dino": ORPHAN, "designed_product.rex": CREATE}
    assert rules(made_plan) == []


def test_an_empty_moved_takes_no_orphan_of_another_address_but_its_own() -> None:
    rex = renamed(DINO, "rex", moved=())

    assert actions(plan([rex], state(orphans=[orphan(DINO)]))) == {"designed_product.rex": CREATE}
    assert actions(plan([rex], state(orphans=[orphan(rex)]))) == {"designed_product.rex": "restore"}


def test_a_former_name_of_long_ago_does_not_hide_a_second_move() -> None:
    """`moved` may stay in a document for ever: only the empty list says that it is a new product."""
    middle = renamed(DINO, "middle")

    change = only(plan([renamed(DINO, "new", moved=("dino",))], state(made(middle))))

    assert (change.action, change.previous_address) == (Action.MOVE, middle.address)


def test_a_former_name_of_long_ago_does_not_allow_a_rename_in_disguise() -> None:
    made_plan = plan([designed("new", moved=("ancient",), colorValue="#000000")], state(made(DINO)))

    assert rules(made_plan) == ["looks-like-a-rename"]


def test_a_former_name_of_long_ago_does_not_hide_an_orphan() -> None:
    made_plan = plan([renamed(DINO, "new", moved=("ancient",))], state(orphans=[orphan(DINO)]))

    assert actions(made_plan) == {"designed_product.new": "move"}


def test_each_entry_and_each_orphan_is_taken_once() -> None:
    twins = [renamed(DINO, "rex"), renamed(DINO, "tex")]

    assert actions(plan(twins, state(made(DINO)))) == {
        "designed_product.rex": "move",
        "designed_product.tex": CREATE,
    }
    assert actions(plan(twins, state(orphans=[orphan(DINO)]))) == {
        "designed_product.rex": "move",
        "designed_product.tex": CREATE,
    }


def test_its_own_orphan_comes_before_another_addresses() -> None:
    rex = renamed(DINO, "rex")
    known = state(orphans=[orphan(DINO, created_at=1.0), orphan(rex, created_at=2.0)])

    change = only(plan([rex], known))

    assert (change.action, change.orphan_created_at) == (Action.RESTORE, 2.0)


def test_the_youngest_of_equal_orphans_is_taken() -> None:
    known = state(orphans=[orphan(DINO, created_at=at, orphaned_at=at + 10) for at in (1.0, 3.0, 2.0)])

    assert only(plan([DINO], known)).orphan_created_at == 3.0


def test_an_entry_that_leaves_comes_before_an_orphan() -> None:
    rex = renamed(DINO, "rex")
    known = state(made(DINO), orphans=[orphan(designed("lost"))])

    change = only(plan([rex], known))

    assert (change.action, change.previous_address) == (Action.MOVE, DINO.address)
    assert change.orphan_created_at is None


def test_an_orphan_with_another_spec_is_left_alone() -> None:
    known = state(orphans=[orphan(designed("dino", enName="Old"))])

    assert actions(plan([DINO], known)) == {"designed_product.dino": CREATE}


def test_a_rename_while_in_doubt_is_settled_under_the_new_address() -> None:
    change = only(plan([renamed(DINO, "rex")], state(in_doubt(DINO))))

    assert (change.action, str(change.address), str(change.previous_address)) == (
        Action.SETTLE,
        "designed_product.rex",
        "designed_product.dino",
    )


def test_a_document_renamed_and_edited_while_in_doubt_waits_for_the_doubt() -> None:
    made_plan = plan(
        [designed("rex", enName="Rex", imageUrl="https://cdn.test/r.png")], state(in_doubt(DINO))
    )

    assert actions(made_plan) == {"designed_product.dino": "settle", "designed_product.rex": CREATE}


def test_a_replace_in_doubt_is_paired_by_what_was_sent() -> None:
    doubt = in_doubt(DINO, spec=tee(), body=tee(enName="New"))

    assert only(plan([designed("rex", enName="New")], state(doubt))).previous_address == DINO.address


def test_a_document_with_a_product_takes_another_addresss_orphan_that_equals_it() -> None:
    """The second half of a chain: `b` has become something new, and `a` is what `b` was."""
    was, now = designed("b", enName="Fox"), designed("b", enName="Cat")
    wanted, known = (
        [designed("a", enName="Fox"), now],
        state(made(designed("a")), made(now), orphans=[orphan(was)]),
    )

    change = only(plan(wanted, known))

    assert (change.action, change.previous_address, change.orphan_created_at) == (
        Action.RESTORE,
        was.address,
        MADE_AT,
    )
    assert only(plan([rewritten(wanted[0], adopt="id-a"), now], known)).action is Action.RESTORE
    assert actions(plan([rewritten(wanted[0], moved=()), now], known)) == {"designed_product.a": "replace"}


def test_whose_orphan_it_is_takes_it_before_one_that_has_a_product_and_so_does_one_that_has_none() -> None:
    fox = designed("b", enName="Fox")
    held = [made(designed("a")), made(designed("b", enName="Cat"))]
    own = plan([renamed(fox, "a"), fox], state(*held, orphans=[orphan(fox)]))
    bare = plan([renamed(fox, "a"), renamed(fox, "z")], state(held[0], orphans=[orphan(fox)]))

    assert actions(own)["designed_product.b"] == "restore"
    assert actions(bare)["designed_product.z"] == "move"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_the_inputs_means_nothing(order: tuple[int, ...]) -> None:
    entries = [made(renamed(DINO, name), created_at=MADE_AT + i) for i, name in enumerate("abc")]
    orphans = [orphan(designed(n, enName="O"), orphaned_at=MADE_AT) for n in ("p", "q", "r")]
    products = [renamed(DINO, "x"), renamed(DINO, "y"), designed("z", enName="O")]
    reference = list(pair_up(Catalog(tuple(products)), state(*entries, orphans=orphans), PROVIDERS))

    shuffled = State(
        "8f4c",
        3,
        {entries[i].address: entries[i] for i in order},
        tuple(orphans[i] for i in order),
    )
    pairs = list(pair_up(Catalog(tuple(products[i] for i in order)), shuffled, PROVIDERS))

    assert pairs == reference


def test_labels_and_lifecycle_travel_with_a_move() -> None:
    kept = Lifecycle(prevent_orphan=True)
    rex = renamed(DINO, "rex", labels={"a": "b"}, lifecycle=kept)

    made_plan = plan([rex], state(made(DINO, lifecycle=kept)))

    assert (only(made_plan).lifecycle, only(made_plan).labels, rules(made_plan)) == (kept, {"a": "b"}, [])


def _leads_back(start: int, wants: dict[int, int]) -> bool:
    at = wants.get(start)
    for _ in wants:
        if at == start:
            return True
        at = wants.get(at) if at is not None else None
    return False


@given(wants=st.dictionaries(st.integers(0, 5), st.integers(0, 7), max_size=6))
def test_documents_in_a_circle_keep_the_products_that_they_speak_of(wants: dict[int, int]) -> None:
    """Each document wants what another one has; what only leads to a circle, or out of one, is no part."""
    wants = {number: other for number, other in wants.items() if number != other}
    entries = [made(designed(f"d{number}", enName=f"Tee {number}")) for number in range(6)]
    documents = [designed(f"d{n}", enName=f"Tee {wants.get(n, n)}") for n in range(6)]

    pairs = pair_up(Catalog(tuple(documents)), state(*entries), PROVIDERS)

    moved = {pair.address.name: pair.previous.name for pair in pairs if pair.previous is not None}
    assert moved == {f"d{n}": f"d{other}" for n, other in wants.items() if _leads_back(n, wants)}
