"""The store that the settings name: who we are and where the keys are is told by the environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from podsync.cli.clock import SystemClock
from podsync.cli.origin import run_url, who
from podsync.errors import UsageError
from podsync.ports import StateStore
from podsync.settings import StateSettings


def open_store(settings: StateSettings, on_note: Callable[[str], None]) -> StateStore:
    """Return the store; nothing is read or written yet. `on_note` is told what a person should know."""
    if settings.backend == "local":
        from podsync.state.local import LocalStore

        return LocalStore(
            Path(settings.path),
            clock=SystemClock(),
            who=who(),
            run_url=run_url(os.environ),
            on_note=on_note,
        )
    raise UsageError(f"state.backend {settings.backend} is not available in this version")
