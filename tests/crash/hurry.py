"""Machines that are lost: who follows waits as long as their requests may leave, here for seconds only."""

from __future__ import annotations

import sys

import pytest

#: Every module that knows for how long a request may leave; the one that the others have it from is the last.
_KNOWN_TO = (
    "podsync.apply.engine", "podsync.apply.lookup.by_id", "podsync.apply.lookup.preview",
    "podsync.apply.actions.sender", "podsync.apply.outcomes", "podsync.apply.actions.update",
    "podsync.evidence.situation", "podsync.evidence.ages",
)  # fmt: skip


def program(seconds: float) -> list[str]:
    """The command that is podsync, but for how long a request may leave."""
    begin = f"import podsync.evidence.ages as time; time.SEND_SECONDS = {seconds}"
    return [sys.executable, "-c", f"{begin}; from podsync.cli.main import run; run()"]


def here(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """The same for what is called in this process."""
    for module in _KNOWN_TO:
        monkeypatch.setattr(f"{module}.SEND_SECONDS", seconds)
