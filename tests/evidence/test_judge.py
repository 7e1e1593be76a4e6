"""The order in which a look is judged, what it says of ids that should be there, and what is remembered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from podsync.evidence.account import Knows
from podsync.evidence.findings import Findings
from podsync.model.frozen import EMPTY, freeze
from podsync.providers.habits import Habits
from podsync.state.entries import Absent
from podsync.state.events import (
    EntryGone,
    FoundAgain,
    Gone,
    Identified,
    Landmarked,
    Missed,
    ModelsSeen,
    Observed,
    Remembered,
)
from podsync.state.reducer.reducer import replay
from tests.evidence.look import (
    KEPT,
    NOW,
    SETTLE,
    address,
    doubt,
    entry,
    events,
    look,
    orphan,
    rehosted,
    row,
    spec,
    state,
    want,
    window,
)

TEE = address("tee")

# -- the account comes first


def test_of_another_account_nothing_is_judged() -> None:
    found = look(state(doubt("tee")), [row("7", "tee")], [want("other")], kept=False)

    assert found.account is False
    assert (found.found, found.none, found.adopted, found.unowned) == ({}, [], {}, ())
    assert [type(each) for each in found.events] == [Missed]
    assert found.events[0].ids == (KEPT,)


@pytest.mark.parametrize("provider", ["kakaclo", "gelato"])
@pytest.mark.parametrize(
    ("name", "model", "origin", "ours"),
    [
        ("another", "7", "created", False),
        ("another", "7", "imported", True),
        ("another", None, "created", True),
        ("another", "5", "created", True),
        ("KEPT", "7", "created", True),
    ],
)
def test_an_id_that_two_accounts_count_alike_is_told_by_its_model_and_name(
    provider: str, name: str, model: str | None, origin: str, ours: bool
) -> None:
    """Nobody changes a model, people change names, and a provider may number its models anew."""
    field = {"kakaclo": "modelId", "gelato": "productModelId"}[provider]
    known = state(entry("kept", KEPT, provider, origin=origin), provider=provider)

    found = look(known, [row(KEPT, name, provider, **{field: model})], provider=provider, kept=False)

    assert found.account is ours


@pytest.mark.parametrize("turned", [False, True])
def test_an_id_that_is_listed_with_two_contents_may_be_what_either_is_like(turned: bool) -> None:
    """An index that is behind: it is not taken unasked, and nothing is made beside it."""
    contents = [row("7", "tee"), row("7", "something else")]
    one, other = contents[::-1] if turned else contents

    found = look(state(known=False), [one], [want("tee")], first_contact=True, variants=(other,), kept=False)

    assert (found.adopted, found.namesakes) == ({}, {})
    assert [each.fields["enName"] for each in found.questions[TEE].rows] == ["tee"]


def test_what_is_missed_already_is_kept_as_it_is_while_the_account_is_in_question() -> None:
    known = state(entry("second", "2"), absent={"kakaclo": {"2": Absent(1.0)}})

    assert [each.ids for each in events(look(known, kept=False), Missed)] == [(KEPT,)]


def test_what_was_missed_while_the_account_was_in_question_is_missed_anew() -> None:
    """It was another account: one reading of ours without it does not make it gone."""
    other = look(state(entry("second", "2")), kept=False)
    known = replay(state(entry("second", "2")), other.events)

    found = look(known)

    assert [each.ids for each in events(found, FoundAgain)] == [(KEPT, "2")]
    assert [each.ids for each in events(found, Missed)] == [("2",)]
    assert (events(found, EntryGone), found.gone) == ([], frozenset())
    assert replay(known, found.events).absent["kakaclo"]["2"].questioned is None


# -- what should be there


def absent(at: float, *, gone: bool = False) -> Any:
    return {"kakaclo": {"2": Absent(at, at, gone)}}


def test_an_id_that_a_whole_reading_misses_is_missed_once() -> None:
    found = look(state(entry("second", "2")))

    assert [each.ids for each in events(found, Missed)] == [("2",)]
    assert (found.missed, found.gone) == ({"2"}, frozenset())


@pytest.mark.parametrize(("ago", "gone"), [(SETTLE + 5, ["second"]), (SETTLE - 60, [])])
def test_it_is_gone_in_a_second_whole_reading_after_settle_seconds(ago: float, gone: list[str]) -> None:
    known = state(entry("second", "2"), absent=absent(NOW + SETTLE + 40 - ago))

    assert [each.address.name for each in events(look(known), EntryGone)] == gone


@pytest.mark.parametrize("before", [Absent(NOW - SETTLE), Absent(NOW + 9 * SETTLE, NOW + 9 * SETTLE)])
def test_a_miss_from_which_nobody_can_measure_is_missed_anew(before: Absent) -> None:
    """The provider told no time then, or our clock was set back since: it would never be gone."""
    known = state(entry("second", "2"), absent={"kakaclo": {"2": before}})

    found = look(known)

    assert [each.ids for each in (*events(found, FoundAgain), *events(found, Missed))] == [("2",), ("2",)]
    (missed,) = events(found, Missed)
    kept = replay(known, found.events).absent["kakaclo"]["2"]
    assert kept == Absent(missed.at, missed.date) != before


def test_an_orphan_is_gone_by_the_same_rule() -> None:
    known = state(orphans=(orphan("second", "2"),), absent=absent(NOW - 60))

    (event,) = events(look(known), Gone)
    assert event.address.name == "second"


def test_within_a_run_the_runs_own_clock_says_how_long_it_was_missed() -> None:
    known = state(entry("second", "2"), absent={"kakaclo": {"2": Absent(NOW, None)}})

    assert events(look(known, missed={"2": 1000.0 - SETTLE + 1}), EntryGone) == []
    assert len(events(look(known, missed={"2": 1000.0 - SETTLE}), EntryGone)) == 1


@pytest.mark.parametrize("part", [{"of_all": False}, {"sound": False}, {"twice": False}, {"fresh": False}])
def test_a_part_of_the_listing_misses_nothing(part: Any) -> None:
    known = state(entry("second", "2"), absent=absent(NOW - 60))

    found = look(known, **part)

    assert (events(found, EntryGone), found.missed) == ([], frozenset())


def test_what_is_listed_again_is_not_missed_any_more() -> None:
    known = state(entry("second", "2"), absent=absent(NOW - 60))

    assert [each.ids for each in events(look(known, [row("2", "second")]), FoundAgain)] == [("2",)]


def test_a_tombstone_is_neither_found_again_nor_adopted() -> None:
    known = state(absent=absent(NOW - 60, gone=True))

    found = look(known, [row("2", "tee")], [want("tee")])

    assert (events(found, FoundAgain), found.adopted, found.unowned) == ([], {}, ())


# -- what the state knows


@pytest.mark.parametrize("said", ["imported", "adopted", "foreign"])
def test_what_a_person_has_said_of_some_products_makes_no_state_know_the_others(said: str) -> None:
    """No apply has ended with it, and nothing was sent: it is as new as an empty one."""
    known = state(entry("kept", KEPT, origin=said), known=False)
    if said == "foreign":
        known = state(known=False, foreign={"kakaclo": (KEPT,)})
    applied = replace(known, last_apply=freeze({"at": NOW, "dates": {"kakaclo": NOW}}))

    assert look(known, [], [want("tee")]).knows is Knows.NEW
    assert look(applied, [], [want("tee")]).knows is Knows.ALL


def test_the_four_verdicts() -> None:
    newer = [rehosted("7", "tee", at=NOW + 60)]
    wants = [want("tee")]

    assert look(state(), [], wants).knows is Knows.ALL
    assert look(state(known=False), [], wants, kept=False).knows is Knows.NEW
    assert look(state(), [], wants, lost=True).knows is Knows.LOST
    assert look(state(), newer, wants).knows is Knows.OLDER


def test_newer_products_say_nothing_where_nothing_is_to_be_made() -> None:
    assert look(state(), [rehosted("7", "tee", at=NOW + 60)]).knows is Knows.ALL


def test_what_this_state_sent_explains_a_newer_product() -> None:
    rows = [rehosted("7", "tee", at=NOW + 60)]

    assert look(state(doubt("tee")), rows, [want("other")]).knows is Knows.ALL
    assert look(state(doubt("sent")), rows, [want("other")]).knows is Knows.OLDER


# -- what is remembered


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "in part"])
def test_landmarks_are_taken_from_a_reading_that_shows_a_known_product(whole: bool) -> None:
    """A provider whose listing can never be read whole has landmarks, too."""
    shown = look(state(), [row("7", "Rex")], of_all=whole)
    alone = look(state(known=False), [row("7", "Rex")], of_all=whole)

    assert _marks(shown) == [[KEPT, "7"]]
    assert _marks(alone) == ([[KEPT, "7"]] if whole else [])


def test_landmarks_of_a_reading_in_part_replace_only_those_that_it_shows_none_of() -> None:
    (event,) = events(look(state(), [row("7", "Rex"), row("8", "Max")]), Landmarked)
    marked = state(entry("tee", "9"), landmarks={"kakaclo": event.landmarks})
    rows = [row("9", "tee"), row("10", "Leo")]

    assert _marks(look(marked, [*rows, row("8", "Max")], of_all=False, kept=False)) == []
    assert _marks(look(marked, rows, of_all=False, kept=False)) == [["9", "10", KEPT]]


def _marks(found: Findings) -> list[list[str]]:
    return [[mark["id"] for mark in each.landmarks] for each in events(found, Landmarked)]


def test_an_account_that_nothing_proves_gives_no_landmarks() -> None:
    """What was sent is not listed, and the rows may be those of the shop of another key."""
    sent = state(entry("tee", None, window=window()), known=False)

    found = look(sent, [row("7", "Rex"), row("8", "Max")], [want("other")], kept=False, sent_before=True)

    assert events(found, Landmarked) == []
    assert found.unproven_account is not None


@pytest.mark.parametrize("settled", [True, False])
def test_where_none_of_what_was_sent_is_listed_any_more_a_person_is_asked(settled: bool) -> None:
    """Other rows are listed, and nothing tells where that ends: no later look takes the id back."""
    sent = state(entry("tee", "8", window=window()), known=False)
    rows = {"kept": False, "sent_before": True, "settled": settled, "sound": False}

    found = look(sent, [row("7", "Rex")], [want("other")], **rows)

    assert (found.unproven_account, found.perhaps_emptied) == (False, settled)
    assert not look(sent, [row("7", "Rex"), rehosted("8", "tee")], [want("other")], **rows).perhaps_emptied


@pytest.mark.parametrize("newer", [True, False], ids=["a newer state's", "somebody's"])
def test_what_a_newer_state_had_as_a_product_proves_the_account(newer: bool) -> None:
    """All that an older state knows was removed since; what a broken reading showed may be of any account."""
    told = Remembered(
        address("tee"), NOW, "kakaclo", "7", spec("tee"), known_as=spec("tee") if newer else EMPTY
    )

    found = look(replay(state(), [told]), [row("7", "tee")], [want("tee")], kept=False)

    assert found.account is newer
    assert look(replay(state(), [told]), [], [want("tee")], kept=False).account is False


def test_what_a_person_has_seen_on_the_web_page_proves_the_account() -> None:
    """All that a listing has shown was removed since."""
    seen = state(entry("tee", None, window=window()))
    said = replay(seen, [Identified(address("tee"), NOW, "7")])
    renamed = [row("7", "Named by hand")]

    assert look(said, renamed, kept=False).account is True
    assert look(seen, renamed, kept=False).account is False


def test_an_id_that_the_answer_to_a_create_told_proves_the_account() -> None:
    """All that a listing has shown was removed since; the answer was lost on the way to the state."""
    listed, other = row("7", "tee"), row("7", "somebody else's", modelId="7")

    assert look(state(doubt("tee", answered="7")), [listed], kept=False).account is True
    assert look(state(doubt("tee")), [listed], kept=False).account is False
    assert look(state(doubt("tee", answered="7")), [other], kept=False).account is False


def test_landmarks_that_did_not_change_are_not_written_again() -> None:
    (event,) = events(look(state()), Landmarked)

    assert events(look(state(landmarks={"kakaclo": event.landmarks})), Landmarked) == []


def test_a_total_that_is_too_large_is_observed_of_a_whole_reading_that_misses_nothing() -> None:
    seen = look(state(), sound=False, excess=3)
    missing = look(state(entry("second", "2")), sound=False, excess=3)

    assert events(seen, Observed)[0].observed["hidden_rows"]["count"] == 3
    assert events(missing, Observed) == []
    assert events(look(state(), sound=False, excess=3, fresh=False), Observed) == []


def test_the_same_excess_twice_is_hidden_rows() -> None:
    once = Habits().with_hidden(3, at=NOW, apart=SETTLE).observed
    known = state(observed={"kakaclo": {"default": once}})

    found = look(known, sound=False, excess=3)

    assert found.habits.hidden_rows == 3


def test_codes_are_kept_of_models_that_concern_us_and_only_new_ones_are_written() -> None:
    pairs = freeze({"5": ("A",), "9": ("B",)})

    assert [each.models for each in events(look(state(), pairs=pairs), ModelsSeen)] == [{"5": ("A",)}]
    assert events(look(state(models={"kakaclo": {"5": ("A",)}}), pairs=pairs), ModelsSeen) == []


# -- after an upgrade


def test_ids_of_a_group_that_only_pictures_tell_apart_are_unproven_where_they_differ() -> None:
    twins = [
        entry(name, i, spec=freeze({**spec(name), "enName": "tee"})) for name, i in (("a", "7"), ("b", "8"))
    ]
    rows = [rehosted("7", "tee"), rehosted("8", "tee")]

    assert [each.name for each in look(state(*twins, unproven=True), rows).unproven] == ["a", "b"]
    assert look(state(*twins), rows).unproven == ()
    assert look(state(twins[0], unproven=True), rows).unproven == ()
