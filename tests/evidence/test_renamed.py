"""A document's earlier name (`renamed_from`) is a name of it wherever a row may be its product."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from podsync.evidence.account import Knows
from podsync.evidence.declared import Declarations
from podsync.evidence.situation import Want
from podsync.evidence.state_view import Known
from podsync.providers.contract import Remote
from podsync.state.events import Disowned, Remembered
from podsync.state.model import State
from podsync.state.reducer.reducer import replay
from tests.evidence.look import NEW, NOW, PROVIDERS, address, events, ids, look, row, spec, state, want
from tests.plan.build import customer, designed, rewritten

LYNX, DOG = address("Lynx", "gelato"), address("Dog", "gelato")
OPTIONS: dict[str, Any] = {"provider": "gelato"}


def renamed(name: str, old: str, **facts: Any) -> Want:
    return want(name, "gelato", former=spec(old, "gelato"), **facts)


def seen(*rows: Remote, known: State | None = None, wants: Any = None, **options: Any) -> Any:
    return look(
        state(provider="gelato") if known is None else known,
        rows,
        [renamed("Lynx", "Cat")] if wants is None else wants,
        **OPTIONS,
        **options,
    )


@pytest.mark.parametrize(
    ("knows", "at", "options"),
    [
        (Knows.ALL, None, {}),
        (Knows.LOST, None, {"lost": True}),
        (Knows.OLDER, NEW, {}),
        (Knows.NEW, None, {"known": state(known=False), "kept": False}),
    ],
)
@pytest.mark.parametrize("fields", [{}, {"customerIds": ["bert"]}, {"variantOptions": [{"id": "size"}]}])
def test_a_product_of_the_earlier_name_is_asked_about(
    knows: Knows, at: float | None, options: Any, fields: Any
) -> None:
    """Whatever else was changed: it is never taken, and nothing is made beside it."""
    listed = row("7", "Cat", "gelato", **({} if at is None else {"at": at}), **fields)

    found = seen(listed, **options)

    assert (found.knows, ids(found.questions[LYNX].rows)) == (knows, ["7"])
    assert (found.adopted, found.namesakes, found.taken, events(found, Disowned)) == ({}, {}, {}, [])
    assert [(each.address, each.id) for each in events(found, Remembered)] == [(LYNX, "7")]


def test_one_that_is_not_listed_now_is_asked_about_as_well() -> None:
    first = seen(row("7", "Cat", "gelato"))

    second = seen(known=replay(state(provider="gelato"), events(first, Remembered)))

    assert ids(second.questions[LYNX].rows) == ["7"]


def test_a_document_outside_of_the_selection_is_not_asked_about_and_remembers_it() -> None:
    found = seen(row("7", "Cat", "gelato"), wants=[renamed("Lynx", "Cat", selected=False)], lost=True)

    assert found.questions == {}
    assert [(each.address, each.id) for each in events(found, Remembered)] == [(LYNX, "7")]


def test_another_document_does_not_take_a_product_that_may_be_a_renamed_ones() -> None:
    """One document gives the name up and another one takes it: the product may be either's."""
    found = seen(row("7", "Cat", "gelato"), wants=[renamed("Lynx", "Cat"), want("Cat", "gelato")], lost=True)

    assert found.adopted == {}
    assert {a.name: ids(q.rows) for a, q in found.questions.items()} == {"Lynx": ["7"], "Cat": ["7"]}


def test_two_documents_that_exchange_names_do_not_take_each_others_product() -> None:
    rows = row("7", "Cat", "gelato"), row("8", "Dog", "gelato")

    found = seen(*rows, wants=[renamed("Dog", "Cat"), renamed("Cat", "Dog")], lost=True)

    assert found.adopted == {}
    assert sorted(ids(found.questions[DOG].rows)) == ["7", "8"]


def test_a_rename_that_was_applied_long_ago_holds_up_nobody() -> None:
    rows = row("7", "Lynx", "gelato"), row("8", "Cat", "gelato")

    found = seen(*rows, wants=[renamed("Lynx", "Cat"), want("Cat", "gelato")], lost=True)

    assert {a.name: r.id for a, r in found.adopted.items()} == {"Lynx": "7", "Cat": "8"}
    assert found.questions == {}


@pytest.mark.parametrize("facts", [{"before": spec("Cat", "gelato")}, {"before": spec("Fox", "gelato")}])
def test_a_product_that_exists_needs_none(facts: Any) -> None:
    found = seen(row("7", "Cat", "gelato"), wants=[want("Lynx", "gelato", **facts)])

    assert found.questions == {}


def test_a_name_that_nobody_had_is_asked_about_no_more() -> None:
    known = replace(state(provider="gelato"), foreign={"gelato": ("7",)})

    assert seen(row("7", "Cat", "gelato"), known=known, lost=True).questions == {}


# -- what a person says of it


@pytest.mark.parametrize(("called", "known_as"), [("Cat", "Cat"), ("CAT ", "Cat"), ("Lynx", "Lynx")])
def test_a_product_that_a_person_takes_has_its_earlier_name_still(called: str, known_as: str) -> None:
    """Then the next plan shows the rename, which the document allows."""
    document = rewritten(customer("Lynx"), spec=spec("Lynx", "gelato"), renamed_from="Cat")
    known = Known(PROVIDERS["gelato"], state(provider="gelato"), "default")
    listed = row("7", called, "gelato")

    (taken,) = Declarations(known, {"7": listed}, NOW, {LYNX: document}).ours(LYNX, "7")

    assert taken.spec["name"] == known_as


# -- what a newer state had


def had(identity: str, provider: str, sent: Any, *, where: Any = None, listed: Any = None) -> State:
    """A state that lacks what a newer one had at this address."""
    at = address("tee", provider) if where is None else where
    told = Remembered(at, NOW, provider, identity, listed or sent, NEW, known_as=sent)
    return replay(state(provider=provider), [told])


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize(
    ("provider", "today"),
    [
        ("kakaclo", spec("other")),
        ("kakaclo", spec("other", modelId="6")),
        ("gelato", spec("other", "gelato")),
        ("gelato", spec("other", "gelato", productModelId="6")),
    ],
)
def test_what_a_newer_state_had_at_an_address_is_asked_about_whatever_it_is_like(
    provider: str, today: Any, listed: bool
) -> None:
    known, rows = had("7", provider, spec("tee", provider)), [row("7", "tee", provider)] * listed
    tee = address("tee", provider)

    found = look(known, rows, [want("tee", provider, spec=today)], provider=provider)

    assert ids(found.questions[tee].rows) == ["7"]
    assert (found.adopted, found.namesakes, found.taken, events(found, Disowned)) == ({}, {}, {}, [])


def test_what_is_just_as_the_document_says_is_not_taken_where_a_newer_state_had_another() -> None:
    known = had("7", "kakaclo", spec("other"))

    found = look(known, [row("8", "tee")], [want("tee")])

    assert (found.adopted, sorted(ids(found.questions[address("tee")].rows))) == ({}, ["7", "8"])


def test_what_a_newer_state_had_at_one_address_is_not_taken_for_another_that_wants_it_too() -> None:
    known = had("7", "kakaclo", spec("tee"))

    both = look(known, [row("7", "tee")], [want("tee", spec=spec("other")), want("cat", spec=spec("tee"))])
    alone = look(known, [row("7", "tee")], [want("cat", spec=spec("tee"))])

    assert (both.adopted, {a.name for a in both.questions}) == ({}, {"tee", "cat"})
    assert {a.name: r.id for a, r in alone.adopted.items()} == {"cat": "7"}


@pytest.mark.parametrize("provider", ["kakaclo", "gelato"])
def test_a_person_takes_what_a_newer_state_had_as_it_was_there(provider: str) -> None:
    """The next plan shows what was edited since: a replace at KakaClo, a rename at Gelato."""
    tee, sent = address("tee", provider), spec("tee", provider)
    make = designed if provider == "kakaclo" else customer
    today = rewritten(make("tee"), spec=spec("other", provider))
    known = Known(PROVIDERS[provider], had("7", provider, sent), "default")
    word = Declarations(known, known.remembered, NOW, {tee: today})

    taken = replay(known.state, word.ours(tee, "7")).entries[tee]

    assert (taken.id, taken.spec, taken.pending) == ("7", sent, None)


def test_an_edit_of_what_no_listing_shows_is_not_lost_where_a_newer_state_knew_what_was_sent() -> None:
    known = had("7", "kakaclo", spec("tee", colorValue="#1"), listed=spec("tee"))
    today = [want("tee", spec=spec("tee", colorValue="#2"))]

    found = look(known, [row("7", "tee")], today)
    same = look(known, [row("7", "tee")], [want("tee", spec=spec("tee", colorValue="#1"))])

    assert (found.adopted, ids(found.questions[address("tee")].rows)) == ({}, ["7"])
    assert same.adopted[address("tee")].id == "7"


def test_what_a_newer_state_had_at_an_earlier_address_is_asked_about_as_well() -> None:
    known = had("7", "kakaclo", spec("tee"))
    other = spec("other")

    moved = look(known, [row("7", "tee")], [want("dog", spec=other, moved=(address("tee"),))])
    apart = look(known, [row("7", "tee")], [want("dog", spec=other)])

    assert (ids(moved.questions[address("dog")].rows), apart.questions) == (["7"], {})
