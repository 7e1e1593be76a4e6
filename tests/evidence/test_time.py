"""How long ago something was: what no clock can say for certain has not gone by."""

from __future__ import annotations

import pytest

from podsync.evidence.ages import DATE_GRAIN, Age, Moment, elapsed


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (Moment(None, 1000.0), Moment(9000.0, 9000.0)),
        (Moment(1000.0, None), Moment(9000.0, 9000.0)),
        (Moment(1000.0, 1000.0), Moment(None, 9000.0)),
        (Moment(1000.0, 1000.0), Moment(9000.0, None)),
    ],
    ids=["our clock then", "its clock then", "our clock now", "its clock now"],
)
def test_without_either_clock_nothing_has_gone_by_between_runs(then: Moment, now: Moment) -> None:
    assert elapsed(then, now) == 0.0


@pytest.mark.parametrize(
    ("wall", "date", "believed"),
    [(600.0, 90.0, 90.0 - DATE_GRAIN), (90.0, 600.0, 90.0), (-600.0, 600.0, 0.0), (600.0, -600.0, 0.0)],
    ids=["its clock says less", "ours says less", "ours was moved back", "its clock was moved back"],
)
def test_between_runs_the_smaller_of_two_clocks_is_believed(
    wall: float, date: float, believed: float
) -> None:
    assert elapsed(Moment(1000.0, 5000.0), Moment(1000.0 + wall, 5000.0 + date)) == believed


def test_within_a_run_its_own_clock_is_enough() -> None:
    assert Age(own_seconds=60.0).at_least(60.0)
    assert not Age(own_seconds=59.9).at_least(60.0)


def test_what_went_by_between_runs_is_enough() -> None:
    assert Age(own_seconds=0.0, between=60.0).at_least(60.0)
