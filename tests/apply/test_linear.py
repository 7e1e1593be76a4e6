"""What an apply does for one product must not grow with how many there are.

Work is counted (calls of our own functions, comparisons of addresses, requests, bytes), not timed.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import podsync
from podsync.apply.context import OutcomeBoard
from podsync.apply.ledger import Ledger
from podsync.apply.report import Outcome, Result
from podsync.model.address import Address
from podsync.model.frozen import freeze
from podsync.model.settings import Limits
from podsync.plan.action import Action
from podsync.providers.habits import Habits
from podsync.state.events import Adopted, Bound, Event, Gone, Intent, Made, NotSent, Orphaned
from podsync.state.model import State
from podsync.state.store import StateStore
from tests.apply.test_steps import size
from tests.apply.world import Heard, World, a_world
from tests.products import poster_spec, tee_spec

FEW, MANY = 30, 240
PACKAGE = str(Path(podsync.__file__).parent)


@dataclass
class Work:
    """How often a function of podsync, or a comparison of its values, was called, in any thread."""

    calls: int = 0

    def __call__(self, frame: Any, event: str, _arg: object) -> None:
        # Methods that dataclasses write have no file.
        if event == "call" and frame.f_code.co_filename.startswith((PACKAGE, "<string>")):
            self.calls += 1


def counted(do: Callable[[], object]) -> int:
    work = Work()
    threading.setprofile(work)
    sys.setprofile(work)
    try:
        do()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    return work.calls


def test_a_product_costs_the_same_however_many_there_are(tmp_path: Path) -> None:
    cost = {}
    for count in (1, FEW, MANY):
        folder = tmp_path / str(count)
        folder.mkdir()
        with a_world(folder) as world:
            world.limits = Limits(None, None, None)
            for number in range(count):
                world.tee(f"tee-{number}")
                world.poster(f"poster-{number}")
            cost[count] = counted(world.apply)
            assert {outcome.result for outcome in world.reports[-1].outcomes} == {Result.CREATED}
            assert len(world.state.entries) == 2 * count

    few = (cost[FEW] - cost[1]) / (FEW - 1)
    many = (cost[MANY] - cost[1]) / (MANY - 1)

    assert many < 1.2 * few, (few, many)


@pytest.mark.parametrize("listing", ["hidden", "empty"])
def test_asking_what_others_have_added_costs_the_same_however_many_there_are(
    tmp_path: Path, listing: str
) -> None:
    cost = {}
    for count in (1, FEW, MANY):
        folder = tmp_path / str(count)
        folder.mkdir()
        with a_world(folder) as world:
            world.server.values_as = listing
            for number in range(count):
                made = poster_spec(f"p-{number}", variantOptions=[size()])
                identity = world.server.by_hand("gelato", made, age=86400)
                world.poster(f"p-{number}", doc={"adopt": identity}, variantOptions=[size("30x40")])
            world.apply()
            cost[count] = counted(world.apply)
            assert {outcome.result for outcome in world.reports[-1].outcomes} == {Result.IN_DOUBT}

    few = (cost[FEW] - cost[1]) / (FEW - 1)
    many = (cost[MANY] - cost[1]) / (MANY - 1)

    assert many < 1.2 * few, (few, many)


@pytest.mark.parametrize("named", [True, False], ids=["adopted before", "adopted now"])
@pytest.mark.parametrize("listing", ["hidden", "empty"])
def test_what_one_look_makes_us_adopt_and_ask_is_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listing: str, named: bool
) -> None:
    """A write costs an fsync, or a commit that is pushed: their number must not grow with the products."""
    written = 0
    append = StateStore.append

    def counting(store: StateStore, events: Sequence[Event]) -> None:
        nonlocal written
        written += 1
        append(store, events)

    monkeypatch.setattr(StateStore, "append", counting)
    writes = {}
    for count in (FEW, 2 * FEW):
        folder = tmp_path / str(count)
        folder.mkdir()
        with a_world(folder) as world:
            world.limits = Limits(None, None, None)
            world.server.values_as = listing
            for number in range(count):
                made = poster_spec(f"p-{number}", variantOptions=[size()])
                identity = world.server.by_hand("gelato", made, age=86400)
                adopt = {"adopt": identity} if named else {}
                world.poster(f"p-{number}", doc=adopt, variantOptions=[size("30x40")])
            if named:
                assert [outcome.result for outcome in world.apply().outcomes] == [Result.ADOPTED] * count
            report = world.apply(first_contact=True)
            assert [outcome.result for outcome in report.outcomes] == [Result.IN_DOUBT] * count
            assert all(each.pending and each.pending.asked for each in world.state.entries.values())
            writes[count], written = written, 0

    assert writes[2 * FEW] == writes[FEW]


def _ledger(count: int, store: Any) -> Ledger:
    ledger = Ledger(store, State(lineage="one"))
    for number in range(count):
        ledger.record(_intent(f"old-{number}"), Made(_tee(f"old-{number}"), 2.0, id=str(number)))
    return ledger


def _tee(name: str) -> Address:
    return Address("designed_product", name)


def _intent(name: str) -> Intent:
    return Intent(_tee(name), "kakaclo", "default", "create", freeze(tee_spec(name)), 1.0, 31.0)


class Nowhere:
    """A store that keeps nothing."""

    def append(self, _events: object) -> None:
        pass


def test_to_look_for_a_doubt_that_is_alike_costs_the_same_beside_any_number_of_entries(world: World) -> None:
    cost = set()
    provider = _kakaclo(world)
    for count in (FEW, MANY):
        ledger = _ledger(count, Nowhere())
        ledger.record(_intent("doubted"))
        spec = freeze(tee_spec("doubted"))
        found = ledger.indistinguishable(provider, spec, _tee("new"), Habits())
        cost.add(counted(lambda: ledger.indistinguishable(provider, spec, _tee("new"), Habits())))  # noqa: B023
        assert found is not None
        assert found.address == _tee("doubted")

    assert len(cost) == 1


def _kakaclo(world: World) -> Any:
    return world._connection("kakaclo", _Immortal()).provider  # type: ignore[arg-type]


class _Immortal:
    def point(self, word: str, what: str) -> None:
        pass


def test_what_is_kept_beside_the_draft_is_what_the_draft_says(world: World) -> None:
    ledger = _ledger(3, Nowhere())
    provider = _kakaclo(world)

    assert ledger.owned("kakaclo") == {"0", "1", "2"}
    ledger.record(_intent("new"))
    assert [entry.address.name for entry in ledger.doubts("kakaclo")] == ["new"]
    assert ledger.doubts("gelato") == []
    assert ledger.indistinguishable(provider, freeze(tee_spec("new")), _tee("new"), Habits()) is None
    ledger.record(NotSent(_tee("new"), 3.0))
    assert ledger.doubts("kakaclo") == []

    ledger.record(_intent("new"), Made(_tee("new"), 4.0, id=None))
    assert ledger.doubts("kakaclo") == []
    assert ledger.owned("kakaclo") == {"0", "1", "2"}
    ledger.record(Bound(_tee("new"), 5.0, "77", freeze({})))
    assert ledger.owned("kakaclo") == {"0", "1", "2", "77"}

    ledger.record(Orphaned(_tee("old-0"), 6.0))
    assert ledger.owned("kakaclo") == {"0", "1", "2", "77"}
    ledger.record(Gone(_tee("old-0"), 2.0, 7.0))
    assert ledger.owned("kakaclo") == {"1", "2", "77"}
    adopted = Adopted(
        Address("customer_product", "p"), "gelato", "default", 8.0, "9", freeze(poster_spec("p"))
    )
    ledger.record(adopted)
    assert ledger.owned("gelato") == {"9"}


class Full:
    """A store that cannot write."""

    def append(self, _events: object) -> None:
        raise OSError("full")


def test_an_intent_that_could_not_be_written_is_in_doubt_no_more() -> None:
    ledger = _ledger(1, Nowhere())
    ledger._store = Full()  # type: ignore[assignment]

    with pytest.raises(OSError, match="full"):
        ledger.record(_intent("new"))

    assert ledger.doubts("kakaclo") == []


def test_max_failures_counts_the_last_word_on_each_address() -> None:
    board = OutcomeBoard({}, Heard(), max_failures=2)

    for name, result in (
        ("a", Result.FAILED), ("a", Result.FAILED), ("b", Result.IN_DOUBT), ("b", Result.CREATED),
    ):  # fmt: skip
        board.report(Outcome(_tee(name), Action.CREATE, result, "kakaclo", "default"))
    assert not board.too_many_failures

    board.report(Outcome(_tee("c"), Action.CREATE, Result.FAILED, "kakaclo", "default"))
    assert board.too_many_failures


def test_no_more_requests_are_on_their_way_than_parallelism_says(world: World) -> None:
    """There are more workers than places."""
    world.settings["parallelism"] = 8
    world.limits = Limits(None, None, None)
    for number in range(40):
        world.tee(f"tee-{number}")
    lock, here, most = threading.Lock(), 0, 0

    def watch(word: str, what: str) -> bool:
        nonlocal here, most
        if what.startswith("POST") and what.endswith("addProduct"):
            with lock:
                here += 1 if word == "before" else -1
                most = max(most, here)
            time.sleep(0.005)
        return False

    report = world.apply(dies=watch)

    assert {outcome.result for outcome in report.outcomes} == {Result.CREATED}
    assert 1 < most <= 8
