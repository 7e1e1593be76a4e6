"""Whether the state knows all that is ours."""

from __future__ import annotations

from typing import Any

import pytest

from podsync.evidence.account import CLOCK_ALLOWANCE, Knows, judged, made_since
from podsync.evidence.state_view import Known
from podsync.model.frozen import EMPTY, freeze
from podsync.providers.contract import Remote
from podsync.providers.habits import Habits
from podsync.providers.kakaclo.provider import KakaClo
from podsync.state.events import Begun
from podsync.state.model import State
from podsync.state.reducer.reducer import replay

LAST = 1_700_000_000.0
ROW = Remote("7", EMPTY, LAST + 1)


@pytest.mark.parametrize(
    ("new", "lost", "newer", "verdict"),
    [
        (True, True, (ROW,), Knows.NEW),
        (False, True, (ROW,), Knows.LOST),
        (False, False, (ROW,), Knows.OLDER),
        (False, False, (), Knows.ALL),
    ],
)
def test_a_state_knows_all_unless_it_is_new_lost_or_older(
    new: bool, lost: bool, newer: tuple[Remote, ...], verdict: Knows
) -> None:
    assert judged(new=new, lost=lost, newer=newer) is verdict


def _since(at: float | None, last: float | None = LAST, *, offset: float | None = None) -> bool:
    told = EMPTY if offset is None else freeze({"dates": {"offset": offset, "proof": "1"}})
    return bool(made_since([Remote("7", EMPTY, at)], last, Habits(told), lambda _: True))


def test_a_product_made_after_the_last_apply_shows_an_older_state() -> None:
    assert _since(LAST + 1)


def test_a_date_that_is_not_told_may_be_any() -> None:
    assert _since(None)


def test_a_state_that_cannot_say_when_its_last_apply_was_is_older_than_anything() -> None:
    assert _since(LAST - 10**8, None)


@pytest.mark.parametrize(
    ("last", "until"),
    [
        (None, None),
        ({"at": LAST - 60}, None),
        ({"at": LAST - 60, "ended_at": LAST}, LAST),
        ({"at": LAST, "ended_at": LAST, "dates": {"kakaclo": LAST - 9}}, LAST - 9),
        ({"at": LAST, "ended_at": LAST, "dates": {"gelato": LAST}}, None),
    ],
    ids=["none", "died", "ended, older version", "ended", "ended at another provider"],
)
def test_an_apply_that_has_begun_says_nothing_of_what_the_state_knows(last: Any, until: float | None) -> None:
    state = State("8f4c", 3, last_apply=freeze(last))
    begun = replay(state, [Begun(LAST + 9, "sha256:9c", 3, EMPTY, EMPTY)])

    assert [Known(KakaClo(), each, "default").last_apply() for each in (state, begun)] == [until, until]


def test_dates_that_nobody_compared_may_be_local_time_of_any_zone() -> None:
    assert _since(LAST - CLOCK_ALLOWANCE + 60)
    assert not _since(LAST - CLOCK_ALLOWANCE - 60)


def test_dates_go_by_the_offset_that_was_observed() -> None:
    eight_hours = 8 * 3600.0

    assert _since(LAST + eight_hours + 60, offset=eight_hours)
    assert not _since(LAST + eight_hours - 600, offset=eight_hours)


def test_what_concerns_no_wanted_name_or_model_shows_nothing() -> None:
    assert made_since([ROW], LAST, Habits(), lambda _: False) == ()


def test_dates_that_are_no_time_of_any_zone_say_nothing() -> None:
    years = 3 * 365 * 86400.0

    assert _since(LAST - 2 * years, offset=-years)
