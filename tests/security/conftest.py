from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.benchmarks import corpus
from tests.cli.conftest import catalog, folder, play, podsync, process, shops, terminal

__all__ = ["catalog", "folder", "play", "podsync", "process", "shops", "terminal"]

#: Enough files for podsync to keep a cache of them.
COUNT = 100


@pytest.fixture
def shop(folder: Path) -> Path:
    """A catalog in which nothing is left to do, with its state."""
    corpus.write_catalog(folder, COUNT)
    corpus.write_state(folder, COUNT)
    return folder


@contextmanager
def _home(path: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(path))
        yield


@pytest.fixture
def somebody_else(tmp_path: Path) -> Callable[[], object]:
    """Be another user, as far as keys go."""
    return lambda: _home(tmp_path / "their-home")


@pytest.fixture
def git(folder: Path) -> Callable[..., str]:
    """Call Git in the folder, as somebody without any settings."""

    def call(*words: str) -> str:
        nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        me = ("-c", "user.name=x", "-c", "user.email=x@example.com")
        done = subprocess.run(
            ["git", *me, *words],
            cwd=folder,
            env=os.environ | nobody,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    return call
