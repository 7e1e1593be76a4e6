"""What a look says of what this state sent: found, likely, nothing, or a question; and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from podsync.evidence.findings import Findings
from podsync.evidence.situation import Want
from podsync.providers.contract import Remote
from podsync.state.entries import Entry, Window
from podsync.state.events import Bound, Confirmed, Observed, Remembered, Settled, Unbound
from podsync.state.model import State
from podsync.state.reducer.reducer import replay
from tests.evidence.look import (
    NEW,
    NOW,
    OLD,
    address,
    doubt,
    entry,
    events,
    ids,
    look,
    orphan,
    rehosted,
    row,
    spec,
    state,
    want,
    window,
)

TEE, OTHER = address("tee"), address("other")


def settled(found: Findings) -> list[tuple[str, bool, str | None, bool]]:
    return [(e.address.name, e.found, e.id, e.provisional) for e in events(found, Settled)]


# -- found


@pytest.mark.parametrize("old_enough", [True, False])
def test_an_exact_find_settles_a_doubt_however_young(old_enough: bool) -> None:
    found = look(state(doubt("tee")), [row("7", "tee", at=NEW)], settled=old_enough)

    assert settled(found) == [("tee", True, "7", False)]
    assert found.found[TEE].id == "7"


HOLDERS = {
    "in doubt": doubt("tee", body=spec("tee", colorValue="#1")),
    "made": entry("tee", None, spec=spec("tee", colorValue="#1"), window=window()),
}


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("listed", [row, rehosted])
@pytest.mark.parametrize(
    ("lost", "made", "edited", "taken"),
    [
        (False, NEW, True, True),  # it is just what was sent, and made when it was
        (False, NEW + 2 * 86400.0, True, False),  # a newer state has made it
        (True, NEW, True, False),
        (False, NEW + 2 * 86400.0, False, True),  # the document says what was sent
    ],
)
def test_a_row_that_may_be_a_newer_version_is_asked_about(
    holder: str, listed: Any, lost: bool, made: float, edited: bool, taken: bool
) -> None:
    """Only the colour was edited, which no listing shows."""
    today = {TEE: spec("tee", colorValue="#2" if edited else "#1")}

    found = look(state(HOLDERS[holder]), [listed("7", "tee", at=made)], lost=lost, wanted=today)

    bound = [each.id for each in (*events(found, Settled), *events(found, Bound))]
    asked = [*found.asks.values(), *found.overdue.values()]
    assert (bound, [ids(rows) for rows in asked]) == ((["7"], []) if taken else ([], [["7"]]))


def test_what_came_back_changed_is_likely_and_no_more() -> None:
    found = look(state(doubt("tee")), [rehosted("7", "tee", at=NEW)])

    assert settled(found) == [("tee", True, "7", True)]


def test_what_is_likely_teaches_nothing_and_what_is_certain_does() -> None:
    likely = look(state(doubt("tee")), [rehosted("7", "tee", at=NEW)])
    sure = look(state(doubt("tee")), [row("7", "tee", at=NEW)])

    assert events(likely, Observed) == []
    assert sure.habits.picture(spec("tee")["imageUrl"], "imageUrl") == "kept"
    assert len(events(sure, Observed)) == 1


def test_fields_that_no_listing_tells_are_said_to_be_unverified() -> None:
    body = spec("tee", colorValue="#A72525")

    found = look(state(doubt("tee", body=body)), [row("7", "tee", at=NEW)])

    assert events(found, Settled)[0].unverified == ("colorValue",)


def test_every_exact_find_comes_before_each_likely_one_and_then_every_nothing() -> None:
    known = state(doubt("a"), doubt("b"), doubt("c", body=spec("c", modelId="6")))
    rows = [rehosted("7", "a", at=NEW), row("8", "b", at=NEW)]

    assert settled(look(known, rows)) == [
        ("b", True, "8", False), ("a", True, "7", True), ("c", False, None, False),
    ]  # fmt: skip


def test_the_product_of_a_replace_in_doubt_is_found_after_what_it_replaces() -> None:
    old = entry("tee", None, window=window(), created_at=NOW, spec=spec("was"))
    both = replace(old, pending=doubt("tee").pending)

    found = look(state(both), [row("7", "was", at=NEW), row("8", "tee", at=NEW)])

    kinds = [type(e) for e in found.events if isinstance(e, Bound | Settled)]
    assert kinds == [Bound, Settled]


def test_a_row_that_was_listed_before_the_intent_is_not_what_it_made() -> None:
    known = state(doubt("tee", reading=1), readings={"kakaclo": {1: ("7",)}})

    assert look(known, [row("7", "tee")]).found == {}


# -- nothing was made


def test_none_is_said_of_a_settled_doubt_after_a_whole_reading() -> None:
    found = look(state(doubt("tee")))

    assert settled(found) == [("tee", False, None, False)]
    assert found.none == [TEE]


@pytest.mark.parametrize("lost", [False, True])
def test_a_new_product_of_its_model_is_asked_about_by_a_state_that_knows_all_only(lost: bool) -> None:
    """A newer state has made it, it may be; and what became of the doubt there may be listed later."""
    found = look(state(doubt("tee")), [row("7", "another")], [want("dog")], lost=lost)

    assert ({each: ids(rows) for each, rows in found.asks.items()}, found.unread) == (
        ({}, [TEE]) if lost else ({TEE: ["7"]}, [])
    )
    assert (found.none, found.found) == ([], {})


def test_none_is_not_said_before_a_doubt_is_settled() -> None:
    found = look(state(doubt("tee")), settled=False)

    assert (found.none, found.waits, events(found, Settled)) == ([], [TEE], [])


@pytest.mark.parametrize(
    "part",
    [{"sound": False}, {"fresh": False}, {"of_all": False}, {"of_all": False, "of_models": frozenset({"6"})}],
    ids=["not to its end", "from a cache", "by name", "another model"],
)
def test_none_is_not_said_from_a_part_of_the_listing(part: Any) -> None:
    found = look(state(doubt("tee")), **part)

    assert (found.none, found.unread, events(found, Settled)) == ([], [TEE], [])


def test_none_is_not_said_where_a_known_product_is_missing() -> None:
    known = state(doubt("tee"), entry("second", "2"))

    found = look(known)

    assert found.missed == {"2"}
    assert (found.none, found.unread) == ([], [TEE])


def test_none_may_be_said_from_all_rows_of_its_model_by_a_state_that_knows_all() -> None:
    part = {"of_all": False, "of_models": frozenset({"5"})}

    assert look(state(doubt("tee")), **part).none == [TEE]
    assert look(state(doubt("tee")), lost=True, **part).unread == [TEE]


def test_an_empty_listing_proves_nothing() -> None:
    found = look(state(doubt("tee"), known=False), kept=False)

    assert (found.none, found.asks) == ([], {TEE: ()})
    assert "lists nothing at all" in found.why[TEE]


def test_a_second_none_is_said_by_a_person_only() -> None:
    known = state(doubt("tee"), doubt("other"), released={TEE: 1})

    found = look(known)

    assert found.none == [OTHER]
    assert found.asks == {TEE: ()}
    assert "only if you say so" in found.why[TEE]


def test_none_is_not_said_beside_a_new_row_of_that_model_whatever_it_is_called() -> None:
    known = state(doubt("tee", reading=1), readings={"kakaclo": {1: ("8",)}})

    found = look(known, [row("7", "Rex"), row("8", "Bob"), row("9", "Ann", modelId="6")])

    assert (found.none, ids(found.asks[TEE])) == ([], ["7"])


def test_a_row_whose_model_nobody_tells_may_be_of_that_model() -> None:
    known = state(doubt("tee", reading=1), readings={"kakaclo": {1: ()}})

    assert ids(look(known, [row("7", "Rex", modelId=None)]).asks[TEE]) == ["7"]


def test_dates_decide_only_where_nothing_was_read_before_the_intent() -> None:
    unread = state(doubt("tee", date=NOW))
    read = state(doubt("tee", date=NOW, reading=1), readings={"kakaclo": {1: ()}})
    rows = [row("7", "Rex", at=OLD)]

    assert look(unread, rows).none == [TEE]
    assert ids(look(read, rows).asks[TEE]) == ["7"]
    assert ids(look(unread, [row("7", "Rex", at=None)]).asks[TEE]) == ["7"]
    assert ids(look(unread, [row("7", "Rex", at=NEW)]).asks[TEE]) == ["7"]


def test_a_row_that_another_doubt_made_does_not_keep_none_from_being_said() -> None:
    found = look(state(doubt("tee"), doubt("other")), [row("7", "other", at=NEW)])

    assert (found.none, found.found[OTHER].id) == ([TEE], "7")


# -- questions


def test_two_equal_rows_are_a_question_even_while_a_doubt_is_young() -> None:
    rows = [row("7", "tee", at=NEW), row("8", "tee", at=NEW)]

    young, old = look(state(doubt("tee")), rows, settled=False), look(state(doubt("tee")), rows)

    assert (ids(young.asks[TEE]), young.young) == (["7", "8"], {TEE})
    assert (ids(old.asks[TEE]), old.young) == (["7", "8"], set())


def test_two_likely_rows_wait_until_the_doubt_is_settled_and_are_a_question_then() -> None:
    rows = [rehosted("7", "tee", at=NEW), rehosted("8", "tee", at=NEW)]

    young, old = look(state(doubt("tee")), rows, settled=False), look(state(doubt("tee")), rows)

    assert (young.asks, young.waits) == ({}, [TEE])
    assert ids(old.asks[TEE]) == ["7", "8"]


# -- what was acknowledged without an id


def unbound(name: str, **facts: Any) -> Entry:
    return entry(name, None, window=window(), created_at=NOW, **facts)


def bound(found: Findings) -> dict[str, tuple[str, bool]]:
    return {e.address.name: (e.id, e.provisional) for e in events(found, Bound)}


def test_an_acknowledged_product_is_bound_to_the_row_that_is_the_same() -> None:
    assert bound(look(state(unbound("tee")), [row("7", "tee", at=NEW)])) == {"tee": ("7", False)}


def alike(*names: str) -> State:
    """Products that nothing but their pictures tells apart."""
    return state(*(unbound(name, spec=spec(name, enName="tee")) for name in names))


def listed(*identities: str) -> list[Remote]:
    return [rehosted(each, "tee", at=NEW) for each in identities]


@pytest.mark.parametrize("rows", [listed("7"), listed("7", "8"), listed("7", "8", "9")])
@pytest.mark.parametrize("old_enough", [True, False])
def test_what_cannot_be_told_apart_is_never_bound_by_order(rows: Any, old_enough: bool) -> None:
    found = look(alike("a", "b"), rows, settled=old_enough)

    assert bound(found) == {}


def test_what_cannot_be_told_apart_is_a_question_once_it_is_settled() -> None:
    young, old = (look(alike("a", "b"), listed("7", "8"), settled=each) for each in (False, True))

    assert young.overdue == {}
    assert {key[0].name: ids(rows) for key, rows in old.overdue.items()} == {"a": ["7", "8"], "b": ["7", "8"]}


def test_pictures_that_are_kept_tell_them_apart() -> None:
    rows = [
        replace(row(i, name, at=NEW), fields={**spec(name), "enName": "tee"})
        for i, name in (("7", "b"), ("8", "a"))
    ]

    assert bound(look(alike("a", "b"), rows)) == {"a": ("8", False), "b": ("7", False)}


def test_an_orphan_is_bound_by_the_same_rule() -> None:
    known = state(orphans=(orphan("tee", None, window=window(), created_at=NOW),))

    (event,) = events(look(known, [row("7", "tee", at=NEW)]), Bound)
    assert (event.id, event.orphan) == ("7", NOW)


# -- ids that are not certain


def likely(name: str = "tee", identity: str = "7", provider: str = "kakaclo") -> Entry:
    return entry(name, identity, provider, window=window(), created_at=NOW)


def test_an_id_is_confirmed_by_a_row_that_is_the_same() -> None:
    assert [
        e.address for e in events(look(state(likely()), [row("7", "tee")], settled=False), Confirmed)
    ] == [TEE]


def test_a_changed_row_confirms_an_id_only_once_it_is_settled() -> None:
    rows = [rehosted("7", "tee")]

    assert events(look(state(likely()), rows, settled=False), Confirmed) == []
    assert [e.address for e in events(look(state(likely()), rows), Confirmed)] == [TEE]


def test_a_second_candidate_takes_an_id_back_before_it_is_settled() -> None:
    rows = [rehosted("7", "tee"), rehosted("8", "tee")]

    found = look(state(likely()), rows, settled=False)

    assert [e.address for e in events(found, Unbound)] == [TEE]
    assert [ids(each) for each in found.overdue.values()] == [["7", "8"]]


def test_an_id_under_which_another_product_is_listed_is_taken_back() -> None:
    found = look(state(likely()), [row("7", "tee", modelId="6")])

    assert [e.address for e in events(found, Unbound)] == [TEE]


def test_what_had_a_likely_id_and_was_renamed_since_is_named_in_the_question() -> None:
    known, renamed = state(likely()), rehosted("7", "Named by hand", at=NEW)
    known = replay(known, look(known, [renamed]).events)
    assert known.entries[TEE].id is None

    assert [ids(each) for each in look(known, [renamed]).overdue.values()] == [["7"]]
    found = look(known, [renamed, row("8", "tee", at=NEW)])
    assert [each.id for each in events(found, Bound)] == ["8"]


def test_what_a_look_named_is_named_again_whatever_our_clock_has_said_since() -> None:
    """Where a reading tells what was there before, our clock, which may have gone back, decides nothing."""
    renamed = rehosted("7", "Named by hand", at=NEW)
    seen = Remembered(TEE, NOW - 365 * 86400, "kakaclo", "7", renamed.fields, NEW)

    for reading, asked in ((1, ["7"]), (None, [])):
        held = entry("tee", None, window=window(reading=reading))
        known = replay(state(held, readings={"kakaclo": {1: ()}} if reading else {}), [seen])
        assert [ids(each) for each in look(known, [renamed]).overdue.values()] == [asked]


@pytest.mark.parametrize("old_enough", [True, False])
def test_an_id_that_an_answer_told_is_taken_back_where_no_listing_shows_it(old_enough: bool) -> None:
    known = state(likely(provider="gelato"), provider="gelato")

    found = look(known, provider="gelato", settled=old_enough)

    assert [e.address.name for e in events(found, Unbound)] == (["tee"] if old_enough else [])


def test_an_id_that_an_answer_told_is_confirmed_by_being_listed_as_it_was_sent() -> None:
    """Listed otherwise it is no better than what was found: until it is settled, or another one is exact."""
    answered = entry("tee", "7", "gelato", window=Window(NOW - 30, NOW, NOW, answered="7"))
    known = state(answered, provider="gelato")

    def told(*rows: Remote, settled: bool = False) -> list[str]:
        found = look(known, rows, provider="gelato", settled=settled)
        return [type(e).__name__ for e in found.events if isinstance(e, Bound | Confirmed | Unbound)]

    other = row("8", "tee", "gelato")
    assert told(row("7", "tee", "gelato")) == ["Confirmed"]
    assert told(row("7", "TEE", "gelato")) == ["Bound"]
    assert told(row("7", "TEE", "gelato"), settled=True) == ["Confirmed"]
    assert told(row("7", "TEE", "gelato"), other) == ["Unbound"]
    assert told(row("7", "TEE", "gelato"), other, settled=True) == ["Unbound"]


def identified(
    name: str, provider: str = "gelato", *, said: str | None = "7", answered: str | None = None
) -> Entry:
    """Its id was told, by the answer or by a person, and no listing has shown it."""
    when = Window(NOW - 30, NOW, NOW, answered=answered, said=said)
    return entry(name, None, provider, window=when, created_at=NOW)


BY = pytest.mark.parametrize(
    "by", [{"said": "7"}, {"said": None, "answered": "7"}], ids=["a person", "the answer"]
)


@BY
def test_an_id_that_was_told_is_bound_as_soon_as_it_is_listed(by: Any) -> None:
    """Whatever else is listed in a changed form, or cannot be told from it."""
    two = state(identified("Wolf", **by), provider="gelato")
    changed = [row("7", "WOLF", "gelato", at=NEW), row("8", "wolf", "gelato", at=NEW)]

    assert bound(look(two, changed, provider="gelato")) == {"Wolf": ("7", False)}
    assert bound(look(two, changed, provider="gelato", settled=False)) == {"Wolf": ("7", True)}
    twins = state(identified("tee", "kakaclo", **by), unbound("dog", spec=spec("tee")))
    alike = [row("7", "tee", at=NEW), row("8", "tee", at=NEW)]
    assert bound(look(twins, alike)) == {"tee": ("7", False), "dog": ("8", False)}


@BY
def test_an_id_that_was_told_binds_nothing_that_is_another_product(by: Any) -> None:
    """Listed as another one, exactly another document's, or while another row is what was sent: asked."""
    known = state(identified("Wolf", **by), provider="gelato")

    def asked(*rows: Remote, wanted: Sequence[Want] = ()) -> list[list[str]]:
        found = look(known, rows, wanted, provider="gelato")
        assert bound(found).get("Wolf") in (None, ("8", False))
        return [ids(each) for each in found.overdue.values()]

    assert asked(row("7", "Fox", "gelato")) == [["7"]]  # somebody may have renamed it
    assert asked(row("7", "Fox", "gelato", productModelId="another")) == [[]]
    assert asked(row("7", "WOLF", "gelato"), wanted=[want("WOLF", "gelato")]) == [[]]
    assert asked(row("7", "WOLF", "gelato"), row("8", "Wolf", "gelato")) == []  # as it was sent


def test_what_a_person_has_seen_on_the_web_page_is_waited_for() -> None:
    """Nothing is asked and nothing else is taken for it; a row that may be it is a question."""

    def asked(item: Entry, *rows: Remote) -> list[list[str]]:
        found = look(state(item, provider="gelato"), rows, provider="gelato")
        assert bound(found) == {}
        return [ids(each) for each in found.overdue.values()]

    exact, changed = row("8", "Wolf", "gelato", at=NEW), row("8", "WOLF", "gelato", at=NEW)
    assert asked(identified("Wolf")) == []
    assert asked(identified("Wolf"), exact) == asked(identified("Wolf"), changed) == [["8"]]
    both = identified("Wolf", answered="7")
    assert (asked(both, exact), asked(both, changed)) == ([["8"]], [])
    assert asked(identified("Wolf", said=None, answered="7")) == [[]]
    assert asked(identified("Wolf", said="1")) == [[]]  # another one's by now


def test_what_was_made_before_is_no_want_of_its_row() -> None:
    """A document that wants what another address made and lost sight of gets nothing by it."""
    found = look(state(unbound("tee")), [row("7", "tee", at=NEW)], [want("rival", spec=spec("tee"))])

    assert bound(found) == {"tee": ("7", False)}
    assert found.adopted == {}


def test_a_product_without_a_window_waits_like_any_other() -> None:
    """Older versions wrote none."""
    known = state(entry("tee", None, created_at=NOW))

    assert bound(look(known, [row("7", "tee", at=NEW)])) == {"tee": ("7", False)}


# -- what an answer told, or a look has named, stays in the question


def of_gelato(identity: str, name: str, at: float = NEW, **changes: Any) -> Remote:
    return row(identity, name, "gelato", at=at, **changes)


DAY = 86400.0
POSTER = address("Poster", "gelato")
SENT_HERE = {
    "in doubt": doubt("Poster", "gelato", answered="7"),
    "acknowledged": entry("Poster", None, "gelato", window=replace(window(), answered="7")),
}


def named_by_an_answer(of: str) -> State:
    told = Remembered(POSTER, NOW, "gelato", "7", spec("Poster", "gelato"), NEW)
    return replay(state(SENT_HERE[of], provider="gelato"), [told])


def asked_of(found: Findings) -> list[str]:
    return ids([*found.asks.get(POSTER, ()), *(r for rows in found.overdue.values() for r in rows)])


@pytest.mark.parametrize("of", SENT_HERE)
@pytest.mark.parametrize("other", ["POSTER", "Poster"], ids=["a changed form", "just as it was sent"])
def test_the_id_that_an_answer_told_stays_in_the_question_and_comes_first(of: str, other: str) -> None:
    """Somebody has renamed it, and somebody has made another one under its name hours later."""
    renamed, later = of_gelato("7", "Named By Hand"), of_gelato("8", other, at=NOW + 2 * DAY)

    found = look(named_by_an_answer(of), [later, renamed], provider="gelato")

    assert asked_of(found) == ["7", "8"]
    assert (found.later, found.found, found.none) == ({(POSTER, "8")}, {}, [])


@pytest.mark.parametrize("of", SENT_HERE)
@pytest.mark.parametrize(
    ("told", "asked"),
    [
        (of_gelato("7", "Named By Hand", productModelId="6"), []),
        (None, ["7", "8"]),
    ],
    ids=["another model", "not listed"],
)
def test_what_an_answer_told_is_left_out_only_where_it_is_another_product(
    of: str, told: Remote | None, asked: list[str]
) -> None:
    rows = [of_gelato("8", "POSTER", at=NOW + 2 * DAY), *([told] if told else [])]

    assert asked_of(look(named_by_an_answer(of), rows, provider="gelato")) == asked


def test_what_a_look_has_named_stays_a_candidate_under_any_name() -> None:
    known = state(doubt("tee"))
    asked = look(known, [rehosted("7", "tee"), rehosted("8", "tee")])
    renamed = row("7", "Named By Hand", at=NEW, imageUrl="https://img.example/7", backImageUrl=None)

    again = look(replay(known, asked.events), [renamed, rehosted("9", "tee")])

    assert ids(again.asks[address("tee")]) == ["8", "9", "7"]
