"""What only makes podsync fast can be taken away, and podsync says the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks import corpus
from tests.house import ROOT

#: More than are read without a cache.
COUNT = 150
FOLDERS = ("catalog/cache", "state/lazy")
COMMANDS = (
    ("validate", "-o", "json"),
    ("plan", "-o", "json"),
    ("state", "list", "-o", "json"),
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog with a state, in which one product was edited, one is gone, and a new one is odd."""
    folder = tmp_path_factory.mktemp("shop")
    corpus.write_catalog(folder, COUNT)
    corpus.write_state(folder, COUNT)
    edited, gone, new = (corpus.file_of(folder, number) for number in range(3))
    edited.write_text(edited.read_text(encoding="utf-8").replace("No. 0", "No. zero"), encoding="utf-8")
    gone.unlink()
    text = new.read_text(encoding="utf-8")
    new.with_name("new.yaml").write_text(text.replace("No. 2", "No. two").replace("name: ", "name: new-", 1))
    return folder


def _told(package: Path, shop: Path, **environment: str) -> list[str]:
    """Say each command twice: the second time whatever is remembered counts."""
    told = []
    shutil.rmtree(shop / ".podsync", ignore_errors=True)
    for words in COMMANDS * 2:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "podsync", *words],
            cwd=shop, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(package), **environment},
        )  # fmt: skip
        told.append(f"{done.returncode}\n{done.stdout}\n{done.stderr}")
    return told


@pytest.fixture(scope="module")
def usual(shop: Path) -> list[str]:
    told = _told(ROOT, shop, PODSYNC_SHORTCUTS="on")
    assert (shop / ".podsync" / "cache" / "catalog").exists()
    return told


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_that_is_taken_away_is_not_missed(
    folder: str, shop: Path, usual: list[str], tmp_path: Path
) -> None:
    copied = shutil.ignore_patterns("__pycache__")
    for name in ("podsync", "schemas"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=copied)
    shutil.rmtree(tmp_path / "podsync" / folder)

    assert _told(tmp_path, shop, PODSYNC_SHORTCUTS="on") == usual


def test_with_shortcuts_switched_off_podsync_says_the_same(shop: Path, usual: list[str]) -> None:
    assert _told(ROOT, shop, PODSYNC_SHORTCUTS="off") == usual
    assert not (shop / ".podsync").exists()
