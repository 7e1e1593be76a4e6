"""Random schedules against a small model: planner, engine, store and providers, over a real socket."""

from __future__ import annotations

import random
import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.machine.floor import a_floor
from tests.machine.steps import take

NUMBERS = st.integers(0, 999)
CATALOG = ("add", "remove", "rename", "edit", "revert", "swap", "label")
WORLD = ("weather", "time", "lose", "restore", "hand_removes", "hand_makes", "other_account")


class Podsync(RuleBasedStateMachine):
    """Every rule is a step of `steps`; its number says all that is drawn by lot in it."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.well = True

    @initialize(number=NUMBERS)
    def begin(self, number: int) -> None:
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.floor = self.stack.enter_context(a_floor(folder, random.Random(number)))
        self._take("add", number)

    @rule(name=st.sampled_from(CATALOG), number=NUMBERS)
    def catalog(self, name: str, number: int) -> None:
        self._take(name, number)

    @rule(name=st.sampled_from(WORLD), number=NUMBERS)
    def world(self, name: str, number: int) -> None:
        self._take(name, number)

    @rule(number=NUMBERS)
    def bad_apply(self, number: int) -> None:
        self._take("bad_apply", number)

    @rule(number=NUMBERS)
    def worse_apply(self, number: int) -> None:
        """The same once more: what an apply leaves behind is met by the next one's trouble."""
        self._take("bad_apply", number + 1000)

    @rule(number=NUMBERS)
    def apply(self, number: int) -> None:
        self._take("apply", number)

    @rule()
    def good_day(self) -> None:
        self._take("good_day", 0)

    def _take(self, name: str, number: int) -> None:
        self.well = False
        take(self.floor, name, number)
        self.well = True

    def teardown(self) -> None:
        """Whatever happened, a good day ends it."""
        with self.stack:
            if self.well and hasattr(self, "floor"):
                self.floor.good_day()


Podsync.TestCase.settings = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=30,
    stateful_step_count=14,
    suppress_health_check=list(HealthCheck),
)
TestPodsync = Podsync.TestCase
