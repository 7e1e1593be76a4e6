"""A thousand schedules drawn by lot: `pytest -m campaign tests/machine -s`.

`PODSYNC_CAMPAIGN=SEED` draws others; `PODSYNC_CAMPAIGN=SEED:NUMBER` plays one of them again, and
`PODSYNC_CAMPAIGN=SEED:0-499` these alone, so that several processes can share them.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.machine.climate import climate, of_values
from tests.machine.floor import a_floor
from tests.machine.steps import schedule, take, value_schedule

SCHEDULES = 1000
ROWS = (
    "schedules", "steps", "applies", "kills", "faults", "pauses", "second applies", "other accounts",
    "states lost", "backups restored", "made by hand", "removed by hand", "answers", "good days", "created",
    "open for ever", "doubled", "values twice", "lost", "misbound", "untrue reports",
)  # fmt: skip


def play(folder: Path, name: str, *, values: bool = False) -> tuple[Counter[str], str | None]:
    """Play one schedule; its figures, and what went wrong."""
    luck = random.Random(name)
    with a_floor(folder, luck, of_values if values else climate) as floor:
        fault = None
        try:
            for step, number in (value_schedule if values else schedule)(luck):
                take(floor, step, number)
        except Exception as error:  # noqa: BLE001 (all of them are shown, at the end)
            fault = f"{name}: {type(error).__name__}: {str(error)[:300]}\n  after {', '.join(floor.log)}"
        return floor.figures + Counter(schedules=1), fault


def table(seed: str, figures: Counter[str]) -> str:
    rows = [f"| {row} | {figures[row]} |" for row in ROWS]
    return "\n".join([f"| campaign {seed} | |", "|---|---|", *rows])


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("values", [False, True], ids=["all", "values"])
def test_a_thousand_schedules(tmp_path, capsys, values):
    drawn = str(random.SystemRandom().randrange(10**6))
    seed, _, some = os.environ.get("PODSYNC_CAMPAIGN", drawn).partition(":")
    first, _, last = (some or f"0-{SCHEDULES - 1}").partition("-")
    numbers = range(int(first), int(last or first) + 1)
    figures: Counter[str] = Counter()
    faults = []

    for number in numbers:
        found, fault = play(tmp_path / str(number), f"{seed}:{number}", values=values)
        figures += found
        faults += [fault] if fault else []

    with capsys.disabled():
        print("\n" + "\n".join([table(seed, figures), *faults]))  # noqa: T201 (they are asked for)
    assert faults == []
    wrong = ("doubled", "values twice", "lost", "misbound", "untrue reports")
    assert [figures[each] for each in wrong] == [0] * len(wrong)


def test_twenty_schedules_about_values(tmp_path):
    faults = [play(tmp_path / str(n), f"values:{n}", values=True)[1] for n in range(20)]

    assert [fault for fault in faults if fault] == []
