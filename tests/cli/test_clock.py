"""Time goes on while the machine sleeps, whatever clocks it has."""

from __future__ import annotations

import time

import pytest

from podsync.cli.environment.clock import Elapsed, SystemClock, steady


class Source:
    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


class Machine:
    """Two clocks; `elapsed` is made of them."""

    def __init__(self) -> None:
        self.awake, self.wall = Source(100.0), Source(1_760_000_000.0)
        self.elapsed = Elapsed(self.awake, self.wall)
        self.begin = self.elapsed()

    def works(self, seconds: float) -> None:
        self.awake.at += seconds
        self.wall.at += seconds

    def sleeps(self, seconds: float) -> None:
        self.wall.at += seconds

    @property
    def passed(self) -> float:
        return self.elapsed() - self.begin


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_awake_it_is_the_monotonic_clock(machine: Machine) -> None:
    for _ in range(3):
        machine.works(5)

        assert machine.passed % 5 == 0
    assert machine.passed == 15


def test_a_sleep_counts(machine: Machine) -> None:
    machine.works(5)
    machine.sleeps(3600)
    machine.works(1)

    assert machine.passed == pytest.approx(3606)


def test_a_wall_clock_that_is_set_back_takes_nothing_away(machine: Machine) -> None:
    machine.works(10)
    machine.elapsed()
    machine.wall.at -= 86400
    machine.works(2)

    assert machine.passed == 12


def test_a_sleep_after_the_wall_clock_was_set_back_counts(machine: Machine) -> None:
    machine.wall.at -= 86400
    machine.elapsed()
    machine.sleeps(600)

    assert machine.passed == pytest.approx(600)


def test_clocks_that_tick_unevenly_do_not_add_up(machine: Machine) -> None:
    for turn in range(1000):
        machine.awake.at += 0.01
        machine.wall.at += 0.02 if turn % 2 else 0.0
        machine.elapsed()

    assert machine.passed == pytest.approx(10)


def test_it_never_goes_back(machine: Machine) -> None:
    before = machine.elapsed()
    for step in (-50.0, 3.0, -0.5, 900.0, -1000.0):
        machine.wall.at += step
        machine.awake.at += 0.1

        assert machine.elapsed() > before
        before = machine.elapsed()


def test_the_clock_of_this_machine_runs() -> None:
    clock = steady()
    begin = clock()
    time.sleep(0.02)

    assert 0.01 < clock() - begin < 5


def test_a_wait_ends_when_its_time_has_gone_by_in_a_sleep(machine: Machine) -> None:
    """The machine is put to sleep in the middle of a wait: it is not waited again for what has passed."""
    looks = iter([0, 0, 3600])

    def monotonic() -> float:
        machine.sleeps(next(looks, 0))
        return machine.elapsed()

    begin = time.monotonic()
    SystemClock(monotonic=monotonic).sleep(3000)

    assert time.monotonic() - begin < 5
