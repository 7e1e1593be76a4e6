"""The bucket's level outlives a run."""

from pathlib import Path

import pytest

from podsync.state.rate_limit_store import Levels


def test_a_level_leaks_while_nobody_runs(tmp_path: Path) -> None:
    moment = [1000.0]
    levels = Levels(tmp_path, "kakaclo default", lambda: moment[0])
    levels.write(100.0)
    moment[0] += 10

    assert levels.read(per_second=2) == 80.0


def test_a_clock_that_jumped_back_leaks_nothing(tmp_path: Path) -> None:
    moment = [1000.0]
    levels = Levels(tmp_path, "kakaclo default", lambda: moment[0])
    levels.write(100.0)
    moment[0] -= 500

    assert levels.read(per_second=2) == 100.0


def test_accounts_do_not_share_a_bucket(tmp_path: Path) -> None:
    Levels(tmp_path, "kakaclo one", lambda: 0.0).write(100.0)

    assert Levels(tmp_path, "kakaclo other", lambda: 0.0).read(per_second=2) == 0.0


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"level": "full"}', '{"level": 1e999, "at": 0}'])
def test_a_damaged_file_counts_as_absent(tmp_path: Path, damage: str) -> None:
    levels = Levels(tmp_path, "kakaclo default", lambda: 0.0)
    levels.write(100.0)
    for file in (tmp_path / "pace").iterdir():
        file.write_text(damage)

    assert levels.read(per_second=2) == 0.0
