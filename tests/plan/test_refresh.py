"""A plan set against what the providers list: adopts, namesakes, what nobody manages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from podsync.apply.lookup.preview import wants_of
from podsync.evidence.ages import Moment
from podsync.evidence.judge import judge
from podsync.evidence.listing import Reading
from podsync.evidence.situation import Situation, Times
from podsync.evidence.state_view import Known
from podsync.model.frozen import freeze
from podsync.model.product import Product
from podsync.plan.answers import what_became_of
from podsync.plan.model import Plan
from podsync.plan.planfile import dump, load
from podsync.plan.refresh import refreshed
from podsync.providers.contract import Remote
from podsync.state.model import State
from tests.evidence import look as lookout
from tests.plan.build import (
    MADE_AT,
    PROVIDERS,
    actions,
    bag,
    customer,
    designed,
    in_doubt,
    made,
    only,
    plan,
    rewritten,
    rules,
    state,
)


def _row(product: Product, number: str, **fields: Any) -> Remote:
    return Remote(number, freeze({**product.spec, **fields}), 5.0, freeze({"product": {"spu": f"Q{number}"}}))


def _look(wanted: list[Product], known: State, rows: Mapping[str, list[Remote]]) -> Plan:
    """The plan after a whole reading of these rows, long after all that the state knows."""
    offline = plan(wanted, known)
    looks = {}
    for name, items in rows.items():
        provider, knows = PROVIDERS[name], Known(PROVIDERS[name], known, "default")
        wants = wants_of(provider, [c for c in offline.changes if c.provider == name], knows, {})
        listed = {item.id: item for item in items}
        reading = Reading(listed, 1e6, frozenset(listed), of_all=True, sound=True, twice=True)
        looks[name] = judge(Situation(knows, Times(1e6, 0.0, Moment(1e9, 1e9)), wants), reading)
    return refreshed(offline, PROVIDERS, looks)


def _applied(known: State) -> State:
    """The state after an apply that knew all that is ours."""
    return replace(known, last_apply=freeze({"dates": {"kakaclo": 1e9, "gelato": 1e9}}))


DINO, TOTE = designed("dino"), customer("tote")


def test_what_exists_and_nobody_owns_is_adopted_under_the_same_hash() -> None:
    offline = plan([DINO])

    seen = _look([DINO], state(), {"kakaclo": [_row(DINO, "7")]})

    change = only(seen)
    assert (change.action.value, change.importing, change.shown) == ("adopt", "7", {"spu": "Q7"})
    assert (seen.refreshed, offline.refreshed, seen.hash) == (True, False, offline.hash)
    assert seen.unmanaged == {"kakaclo": 0}


def test_what_was_to_replace_it_and_exists_already_is_adopted_under_the_same_hash() -> None:
    known, wanted = state(made(DINO, id="7")), designed("dino", enName="Another", colorValue="#000000")
    offline = plan([wanted], known)
    assert actions(offline) == {"designed_product.dino": "replace"}

    seen = _look([wanted], known, {"kakaclo": [_row(DINO, "7"), _row(wanted, "8")]})

    change = only(seen)
    assert (change.action.value, change.importing, change.shown) == ("adopt", "8", {"spu": "Q8"})
    assert change.risks == ("the product before it stays on sale until a person removes it",)
    assert seen.hash == offline.hash == load(dump(seen)).hash


def test_what_an_entry_owns_is_not_adopted_and_what_nobody_owns_is_counted() -> None:
    known = state(made(DINO, id="7"))
    twin = designed("twin", moved=())

    seen = _look([DINO, twin], known, {"kakaclo": [_row(DINO, "7"), _row(designed("x", modelId="9"), "8")]})

    assert (actions(seen), seen.unmanaged) == ({"designed_product.twin": "create"}, {"kakaclo": 1})


def test_a_product_that_two_documents_could_mean_is_adopted_by_neither() -> None:
    seen = _look([DINO, designed("twin")], state(), {"kakaclo": [_row(DINO, "7")]})

    assert sorted(actions(seen).values()) == ["create", "create"]
    assert rules(seen) == ["first-contact", "may-be-ours", "may-be-ours"]


def test_a_provider_that_was_not_asked_changes_nothing() -> None:
    assert actions(_look([TOTE], state(), {"kakaclo": []})) == {"customer_product.tote": "create"}


def test_a_doubt_that_the_listing_clears_is_still_settled_by_apply() -> None:
    change = only(_look([DINO], state(in_doubt(DINO)), {"kakaclo": [_row(DINO, "7")]}))

    assert change.action.value == "settle"
    assert "the listing shows it now (7)" in change.reason


def test_what_looks_alike_is_a_namesake_for_a_state_that_knows_all_and_else_a_question() -> None:
    other = designed("other", modelId="9")
    knows = _applied(state(made(other, id="5")))
    own = replace(_row(other, "5"), created_at=MADE_AT)
    rows = {"kakaclo": [own, _row(DINO, "1", imageUrl="other")]}

    near = _look([DINO, other], knows, rows)
    asked = _look([DINO, other], state(made(other, id="5")), rows)

    assert (rules(near), near.applyable) == (["namesake"], True)
    assert (rules(asked), asked.applyable) == (["may-be-ours"], True)


@pytest.mark.parametrize("foreign", [{}, {"gelato": ("1",)}], ids=["anybody's", "said to be not ours"])
def test_a_name_that_orders_find_is_not_taken_twice(foreign) -> None:
    bag_ = customer("bag", **{**bag(), "name": "Another bag"})
    knows = replace(_applied(state(made(bag_, id="5"))), foreign=foreign)

    taken = _look([TOTE, bag_], knows, {"gelato": [_row(bag_, "5"), _row(TOTE, "1", productModelId="other")]})

    assert rules(taken) == ["name-taken"]


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
    after = rewritten(before, spec=freeze({**before.spec, **changes}), renamed_from=before.spec["name"])

    seen = _look(
        [after], _applied(state(made(before, id="1"))),
        {"gelato": [_row(before, "1"), _row(before, "2", **theirs)]},
    )  # fmt: skip

    assert ("name-taken" in rules(seen)) is refused


def test_a_question_about_a_doubt_says_what_was_refused_besides() -> None:
    """No listing tells the two versions apart; who looks at the web page has to know of both."""
    today = lookout.spec("tee", colorValue="#000002")
    refused = lookout.refusal("tee", body=lookout.spec("tee", colorValue="#000001"))
    doubted = lookout.doubt("tee", body=today)
    known = lookout.state(doubted, refusals={doubted.address: (refused,)})
    rows = [lookout.row("7", "tee"), lookout.row("8", "tee")]

    found = lookout.look(known, rows, wanted={doubted.address: today})

    assert [each.id for each in found.asks[doubted.address]] == ["7", "8"]
    asked = what_became_of(found, doubted, found.asks[doubted.address])
    assert "A create was refused besides, and may have made one of these. It was sent" in asked.why
    assert 'colorValue "#000001" (its document says "#000002" today)' in asked.why
    assert "--as" not in " ".join(asked.answers)


def test_what_no_listing_shows_and_has_two_versions_can_be_said_of_the_one_that_was_sent() -> None:
    sent, today = lookout.spec("tee"), lookout.spec("tee", colorValue="#000002")
    doubted = lookout.doubt("tee", body=sent)
    found = lookout.look(lookout.state(doubted), wanted={doubted.address: today})

    told = [
        answer.partition(", shows it ")[2] or answer for answer in what_became_of(found, doubted, ()).answers
    ]

    assert told == [
        f"as it was sent: podsync state settle {doubted.address.word} --adopt ID --as sent",
        "b) that page shows it as its document says today: it can be taken once it is listed",
        f"c) it does not: podsync state settle {doubted.address.word} --not-created",
    ]
