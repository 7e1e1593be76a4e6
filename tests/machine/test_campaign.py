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

from tests.machine.floor import a_floor
from tests.machine.steps import schedule, take

SCHEDULES = 1000
ROWS = (
    "schedules", "steps", "applies", "kills", "faults", "pauses", "second applies", "other accounts",
    "states lost", "backups restored", "made by hand", "removed by hand", "answers", "good days", "created",
    "open for ever", "doubled", "lost", "misbound", "untrue reports",
)  # fmt: skip


def play(folder: Path, name: str) -> tuple[Counter[str], str | None]:
    """Play one schedule; its figures, and what went wrong."""
    luck = random.Random(name)
    with a_floor(folder, luck) as floor:
        fault = None
        try:
            for step, number in schedule(luck):
                take(floor, step, number)
        except Exception as error:  # noqa: BLE001 (all of them are shown, at the end)
            fault = f"{name}: {type(error).__name__}: {str(error)[:300]}\n  after {', '.join(floor.log)}"
        return floor.figures + Counter(schedules=1), fault


def table(seed: str, figures: Counter[str]) -> str:
    rows = [f"| {row} | {figures[row]} |" for row in ROWS]
    return "\n".join([f"| campaign {seed} | |", "|---|---|", *rows])


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_a_thousand_schedules(tmp_path, capsys):
    drawn = str(random.SystemRandom().randrange(10**6))
    seed, _, some = os.environ.get("PODSYNC_CAMPAIGN", drawn).partition(":")
    first, _, last = (some or f"0-{SCHEDULES - 1}").partition("-")
    numbers = range(int(first), int(last or first) + 1)
    figures: Counter[str] = Counter()
    faults = []

    for number in numbers:
        found, fault = play(tmp_path / str(number), f"{seed}:{number}")
        figures += found
        faults += [fault] if fault else []

    with capsys.disabled():
        print("\n" + "\n".join([table(seed, figures), *faults]))  # noqa: T201 (they are asked for)
    assert faults == []
    assert figures["doubled"] == figures["lost"] == figures["misbound"] == figures["untrue reports"] == 0
