"""A plan set against what the providers list: adopts, namesakes, what nobody manages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from podsync.model import Product, freeze
from podsync.plan.plan import Plan
from podsync.plan.refresh import refreshed
from podsync.ports import Listing, Remote
from podsync.state.state import State
from tests.plan.build import (
    PROVIDERS,
    actions,
    bag,
    customer,
    designed,
    in_doubt,
    made,
    only,
    plan,
    rules,
    state,
)


def _row(product: Product, number: str, **fields: Any) -> Remote:
    return Remote(number, freeze({**product.spec, **fields}), 5.0, freeze({"product": {"spu": f"Q{number}"}}))


def _look(wanted: list[Product], known: State, rows: Mapping[str, list[Remote]]) -> Plan:
    listings = {name: Listing(tuple(items), complete=True) for name, items in rows.items()}
    return refreshed(plan(wanted, known), known, PROVIDERS, listings)


DINO, TOTE = designed("dino"), customer("tote")


def test_what_exists_and_nobody_owns_is_adopted_under_the_same_hash() -> None:
    offline = plan([DINO])

    seen = _look([DINO], state(), {"kakaclo": [_row(DINO, "7")]})

    change = only(seen)
    assert (change.action.value, change.importing, change.shown) == ("adopt", "7", {"spu": "Q7"})
    assert (seen.refreshed, offline.refreshed, seen.hash) == (True, False, offline.hash)
    assert seen.unmanaged == {"kakaclo": 0}


def test_what_an_entry_owns_is_not_adopted_and_what_nobody_owns_is_counted() -> None:
    known = state(made(DINO, id="7"))
    twin = designed("twin", moved=())

    seen = _look([DINO, twin], known, {"kakaclo": [_row(DINO, "7"), _row(designed("x", modelId="9"), "8")]})

    assert (actions(seen), seen.unmanaged) == ({"designed_product.twin": "create"}, {"kakaclo": 1})


def test_one_product_is_adopted_once() -> None:
    seen = _look([DINO, designed("twin")], state(), {"kakaclo": [_row(DINO, "7")]})

    assert sorted(actions(seen).values()) == ["adopt", "create"]


def test_a_provider_that_was_not_asked_changes_nothing() -> None:
    assert actions(_look([TOTE], state(), {"kakaclo": []})) == {"customer_product.tote": "create"}


def test_a_doubt_that_the_listing_clears_is_still_settled_by_apply() -> None:
    change = only(_look([DINO], state(in_doubt(DINO)), {"kakaclo": [_row(DINO, "7")]}))

    assert change.action.value == "settle"
    assert "the listing shows it now (7)" in change.reason


def test_a_name_that_orders_find_is_refused_and_a_namesake_is_warned_of() -> None:
    taken = _look([TOTE], state(), {"gelato": [_row(TOTE, "1", productModelId="other")]})
    near = _look([DINO], state(), {"kakaclo": [_row(DINO, "1", imageUrl="other")]})

    assert (rules(taken), taken.applyable) == (["name-taken"], False)
    assert (rules(near), near.applyable) == (["namesake"], True)


@pytest.mark.parametrize(
    ("changes", "theirs", "refused"),
    [
        ({"name": "New"}, {"name": "New"}, True),
        ({"customerIds": ("anna", "ben")}, {"customerIds": ["ben"]}, True),
        ({"customerIds": ("anna", "ben")}, {"customerIds": ["carl"]}, False),
        ({"customerIds": ("anna", "ben")}, {"customerIds": ["anna"]}, False),
    ],
    ids=["a name", "a customer", "a stranger's", "shared before"],
)
def test_an_update_that_takes_a_name_is_refused_where_somebody_has_it(changes, theirs, refused) -> None:
    before = customer("bag", **bag(customerIds=["anna"]))
    after = replace(before, spec=freeze({**before.spec, **changes}), renamed_from=before.spec["name"])

    seen = _look([after], state(made(before, id="1")), {"gelato": [_row(before, "2", **theirs)]})

    assert ("name-taken" in rules(seen)) is refused
