"""Opens the store that the settings name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from podsync.cli.environment.clock import SystemClock
from podsync.cli.environment.credentials import without_keys
from podsync.cli.environment.origin import run_url, who
from podsync.cli.environment.own_folder import FOLDER
from podsync.state.backends import BACKENDS
from podsync.state.store import StoreSurroundings

if TYPE_CHECKING:
    from podsync.model.settings import StateSettings
    from podsync.state.model import State
    from podsync.state.store import StateStore, StoreFacts


def open_store(settings: StateSettings, on_note: Callable[[str], None]) -> StateStore:
    """Return the store; nothing is read or written yet. `on_note` gets notes for people."""

    def note_newer(newer: State) -> None:
        from podsync.state.run_history import RunHistory

        warning = RunHistory(Path(FOLDER), store.identity).knew_newer(newer)
        if warning is not None:
            on_note(warning)

    facts: StoreFacts = {
        "clock": SystemClock(), "who": who, "run_url": run_url(os.environ), "on_note": on_note,
        "on_older": note_newer,
    }  # fmt: skip
    around = StoreSurroundings(facts, os.environ, without_keys(os.environ))
    store: StateStore = BACKENDS[settings.backend].open(settings.keys, around)
    return store
