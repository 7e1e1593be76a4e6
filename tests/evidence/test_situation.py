"""What is known before a look: how old a doubt, an item and a refusal are, and what a refusal holds up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from podsync.evidence.ages import DATE_GRAIN, SEND_SECONDS, Moment
from podsync.evidence.situation import Situation, Times, Want
from podsync.evidence.state_view import Known
from podsync.model.address import Address
from podsync.state.entries import Window
from podsync.state.model import State
from tests.evidence.look import (
    NOW,
    PROVIDERS,
    SETTLE,
    TIMEOUT,
    address,
    doubt,
    entry,
    refusal,
    spec,
    state,
    want,
)

TEE = address("tee")
#: A doubt is settled so long after its sender was done.
LONG = TIMEOUT + SETTLE


def situation(
    known: State,
    *wants: Want,
    here: float = 0.0,
    wall: float = 0.0,
    date: float | None = 0.0,
    **moments: Mapping[Address, float],
) -> Situation:
    """`here` seconds of this run, and so many since NOW by our clock and the provider's."""
    now = Moment(NOW + wall, None if date is None else NOW + date)
    times = Times(5000.0, 5000.0 - here, now, **moments)  # type: ignore[arg-type]
    part = Known(PROVIDERS["kakaclo"], known, "default")
    return Situation(part, times, wants, settle_seconds=SETTLE, timeout_seconds=TIMEOUT)


def settled(body: Any, **clocks: Any) -> bool:
    return situation(state(body), **clocks).doubt_is_settled(body)


# -- a doubt: its window ends when its sender is known to be done, or with `send_before`; plus the timeout


def test_the_window_of_a_call_that_failed_ends_with_it() -> None:
    known = doubt("tee")

    assert settled(known, wall=LONG, date=LONG + DATE_GRAIN)
    assert not settled(known, wall=LONG - 1, date=LONG + DATE_GRAIN)
    assert not settled(known, wall=LONG, date=LONG + DATE_GRAIN - 1)


def test_the_window_of_a_sender_that_died_ends_with_the_last_moment_at_which_it_may_send() -> None:
    """It was written, by either clock, as long before as it might be sent."""
    known = doubt("tee", date=NOW - SEND_SECONDS, ended_at=None, ended_date=None)

    assert settled(known, wall=LONG, date=LONG + DATE_GRAIN)
    assert not settled(known, wall=LONG - 1, date=LONG + DATE_GRAIN)
    assert not settled(known, wall=LONG, date=LONG + DATE_GRAIN - 1)


@pytest.mark.parametrize("clocks", [{"wall": 10.0**8}, {"date": 10.0**8}, {"wall": 10.0**8, "date": None}])
def test_one_clock_alone_settles_nothing_between_runs(clocks: Any) -> None:
    assert not settled(doubt("tee"), **clocks)


def test_this_runs_own_clock_settles_it_without_any_other() -> None:
    known = doubt("tee", ended_at=None, ended_date=None)

    assert settled(known, here=LONG, date=None)
    assert not settled(known, here=LONG - 1, date=None)


def test_of_a_doubt_of_this_run_the_clock_begins_when_the_call_failed() -> None:
    known = doubt("tee", ended_at=None, ended_date=None)

    assert not settled(known, here=10.0**6, date=None, failed={TEE: 5000.0 - LONG + 1})
    assert settled(known, here=10.0**6, date=None, failed={TEE: 5000.0 - LONG})


# -- what was acknowledged, what was refused


def test_what_was_acknowledged_is_settled_without_a_timeout() -> None:
    item = entry("tee", None, window=Window(NOW, NOW, NOW))

    def is_settled(**clocks: Any) -> bool:
        return situation(state(item), **clocks).item_is_settled(item)

    assert is_settled(wall=SETTLE, date=SETTLE + DATE_GRAIN)
    assert not is_settled(wall=SETTLE - 1, date=SETTLE + DATE_GRAIN)
    assert is_settled(here=SETTLE, date=None)
    assert not is_settled(here=10.0**6, date=None, made={TEE: 5000.0 - SETTLE + 1})


def test_what_was_refused_is_settled_by_the_same_clocks() -> None:
    told = refusal("tee")

    def is_settled(**clocks: Any) -> bool:
        return situation(state(), **clocks).refusal_is_settled(TEE, told)

    assert is_settled(wall=SETTLE, date=SETTLE + DATE_GRAIN)
    assert not is_settled(wall=SETTLE, date=SETTLE)
    assert not is_settled(here=10.0**6, date=None, refused={TEE: 5000.0 - SETTLE + 1})


# -- what a refusal holds up


def refused(**facts: Any) -> State:
    return state(refusals={TEE: (refusal("tee", **facts),)})


def held(known: State, *wants: Want) -> set[str]:
    return {each.address.name for each, _, _ in situation(known, *wants).refusals()}


def test_a_refusal_holds_up_its_own_address_whatever_that_wants_by_now() -> None:
    assert held(refused(), want("tee", spec=spec("edited")), want("other")) == {"tee"}


def test_and_every_address_that_wants_what_could_not_be_told_from_it() -> None:
    alike = spec("tee", imageUrl="https://other.example/f.png")

    assert held(refused(), want("a", spec=spec("tee")), want("b", spec=alike), want("c")) == {"a", "b"}


def test_a_refusal_of_an_older_version_holds_up_its_address_only() -> None:
    """It kept digests, and no body to compare with."""
    told = state(refusals={TEE: (refusal("tee", body={}, digests=("1",)),)})

    assert held(told, want("tee"), want("a", spec=spec("tee"))) == {"tee"}


def test_what_nobody_wants_any_more_holds_up_nothing() -> None:
    assert [each.name for each, _ in situation(refused(), want("other")).unwanted()] == ["tee"]
    assert list(situation(refused(), want("tee")).unwanted()) == []


def test_a_young_refusal_keeps_its_body_from_being_sent_again() -> None:
    young, old = situation(refused(), want("tee")), situation(refused(), want("tee"), here=SETTLE)

    assert set(young.open_refusals()) == {TEE}
    assert old.open_refusals() == {}


def test_it_holds_up_no_update_and_nothing_that_the_selection_leaves_out() -> None:
    wants = want("tee", before=spec("was")), want("a", spec=spec("tee"), selected=False)

    assert situation(refused(), *wants).open_refusals() == {}
