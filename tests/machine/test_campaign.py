"""A thousand schedules drawn by lot: `pytest -m campaign tests/machine -s`.

`PODSYNC_CAMPAIGN=SEED` draws others; `PODSYNC_CAMPAIGN=SEED:NUMBER` plays one of them again, and
`PODSYNC_CAMPAIGN=SEED:0-499` these alone, so that several processes can share them.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.machine.climate import climate, of_shops, of_values
from tests.machine.existing_floor import ExistingFloor
from tests.machine.existing_steps import EXISTING_STEPS, existing_schedule
from tests.machine.floor import Floor, a_floor
from tests.machine.hands import ALL_STEPS, hands_schedule
from tests.machine.steps import STEPS, VALUE_STEPS, Step, schedule, take, value_schedule

SCHEDULES = 1000
ROWS = (
    "schedules", "steps", "applies", "kills", "faults", "pauses", "second applies", "other accounts",
    "states lost", "backups restored", "made by hand", "removed by hand", "renamed by hand", "hands at work",
    "answers", "good days", "created", "taken by name", "open for ever", "doubled", "values twice", "lost",
    "misbound", "untrue reports",
)  # fmt: skip


class Theme(NamedTuple):
    """What schedules are about: how they are drawn, of which steps, and where they happen."""

    draw: Callable[[random.Random], list[tuple[str, int]]]
    steps: Mapping[str, Step]
    rules: Callable[[random.Random], Any] = climate
    floor: Callable[..., Floor] = Floor


ALL = Theme(hands_schedule, ALL_STEPS, rules=of_shops)
#: Without what the staff of a shop do: of this, schedules have been kept by their numbers.
UNDISTURBED = Theme(schedule, STEPS)
VALUES = Theme(value_schedule, VALUE_STEPS, rules=of_values)
EXISTING = Theme(existing_schedule, EXISTING_STEPS, floor=ExistingFloor)


def play(folder: Path, name: str, theme: Theme) -> tuple[Counter[str], str | None]:
    """Play one schedule; its figures, and what went wrong."""
    luck = random.Random(name)
    with a_floor(folder, luck, theme.rules, theme.floor) as floor:
        fault = None
        try:
            for step, number in theme.draw(luck):
                take(floor, step, number, theme.steps)
        except Exception as error:  # noqa: BLE001 (all of them are shown, at the end)
            fault = f"{name}: {type(error).__name__}: {str(error)[:300]}\n  after {', '.join(floor.log)}"
        return floor.figures + Counter(schedules=1), fault


def table(seed: str, figures: Counter[str]) -> str:
    rows = [f"| {row} | {figures[row]} |" for row in ROWS]
    return "\n".join([f"| campaign {seed} | |", "|---|---|", *rows])


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("theme", [ALL, VALUES, EXISTING], ids=["all", "values", "existing"])
def test_a_thousand_schedules(tmp_path, capsys, theme):
    drawn = str(random.SystemRandom().randrange(10**6))
    seed, _, some = os.environ.get("PODSYNC_CAMPAIGN", drawn).partition(":")
    first, _, last = (some or f"0-{SCHEDULES - 1}").partition("-")
    numbers = range(int(first), int(last or first) + 1)
    figures: Counter[str] = Counter()
    faults = []

    for number in numbers:
        found, fault = play(tmp_path / str(number), f"{seed}:{number}", theme)
        figures += found
        faults += [fault] if fault else []

    with capsys.disabled():
        print("\n" + "\n".join([table(seed, figures), *faults]))  # noqa: T201 (they are asked for)
    assert faults == []
    wrong = ("doubled", "values twice", "lost", "misbound", "untrue reports")
    assert [figures[each] for each in wrong] == [0] * len(wrong)


def test_fifteen_schedules_with_the_staff_at_work(tmp_path):
    faults = [play(tmp_path / str(n), f"staff:{n}", ALL)[1] for n in range(15)]

    assert [fault for fault in faults if fault] == []


def test_twenty_schedules_about_values(tmp_path):
    faults = [play(tmp_path / str(n), f"values:{n}", VALUES)[1] for n in range(20)]

    assert [fault for fault in faults if fault] == []


def test_fifteen_schedules_about_existing_products(tmp_path):
    faults = [play(tmp_path / str(n), f"existing:{n}", EXISTING)[1] for n in range(15)]

    assert [fault for fault in faults if fault] == []
