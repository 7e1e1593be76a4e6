"""Opens the store that the settings name."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from podsync.cli.environment.clock import SystemClock
from podsync.cli.environment.credentials import without_keys
from podsync.cli.environment.origin import run_url, who
from podsync.cli.environment.own_folder import FOLDER
from podsync.model.settings import ProviderSettings, StateSettings
from podsync.state.backends import BACKENDS
from podsync.state.local.newest_note import NewestEnd, NewestNote
from podsync.state.model import State
from podsync.state.store import StateStore, StoreFacts, StoreSurroundings

if TYPE_CHECKING:
    from podsync.state.events import Event
    from podsync.state.local.newest_state import NewestState
    from podsync.state.rate_limit_store import Levels


class _NewestCopy:
    """The copy of the newest state; a run that writes nothing, and lacks nothing of it, imports no more."""

    owed: Sequence[Event] = ()

    def __init__(self, folder: Path, identity: str, tell: Callable[[str], None]) -> None:
        self._facts = folder, identity, tell
        self._note = NewestNote(folder, identity)
        self._loaded: State | None = None
        self._told = False

    @cached_property
    def _whole(self) -> NewestState:
        from podsync.state.local.newest_state import NewestState

        return NewestState(*self._facts)

    def end(self) -> NewestEnd | None:
        end, size = self._note.read()
        return self._whole.end() if end is None and size else end

    def recall(self, state: State, end: NewestEnd | None, accounts: Mapping[str, str]) -> State:
        self._loaded, self.owed = state, ()
        if end is not None and end.is_beyond(state):
            recalled = self._whole.recall(state, end, accounts)
            self.owed = self._whole.owed
            self._tell_newer(state, end)
            return recalled
        return state

    def _tell_newer(self, state: State, end: NewestEnd) -> None:
        """Say once that this state lacks something, unless nobody may go on with it."""
        from podsync.state.migration import moved_to

        if not self.owed or self._told or moved_to(state) is not None:
            return
        self._told = True
        own = f"this one has {state.serial}" if state.serial else "this one is empty"
        known = f"this folder has known a newer state (serial {end.serial}; {own})"
        self._facts[2](f"{known}: what this one lacks is taken over with the next change")

    def append(self, lineage: str, events: Sequence[Event], write: Callable[[Sequence[Event]], None]) -> None:
        if self._loaded is not None:
            self._whole.follow(self._loaded)
        self._whole.append(lineage, events, write)

    def close(self) -> None:
        if self._loaded is not None:
            self._whole.close()
        self._loaded = None


def levels_of(name: str, settings: ProviderSettings, now: Callable[[], float]) -> Levels:
    """Return the memory of how full the bucket of a provider's account is."""
    from podsync.state.rate_limit_store import Levels

    return Levels(Path(FOLDER), f"{name} {settings.account} {settings.base_url}", now)


def open_store(settings: StateSettings, on_note: Callable[[str], None], place: str = FOLDER) -> StateStore:
    """Return the store; nothing is read or written yet. `on_note` gets notes for people.

    `place` is where what was known of it is kept.
    """

    def note_newer(newer: State) -> None:
        from podsync.state.local.newest_state import NewestState
        from podsync.state.run_history import RunHistory

        warning = RunHistory(Path(FOLDER), store.identity).knew_newer(newer)
        if warning is not None:
            on_note(warning)
        NewestState(Path(place), store.identity, on_note).learn(newer)

    facts: StoreFacts = {
        "clock": SystemClock(), "who": who, "run_url": run_url(os.environ), "on_note": on_note,
        "on_older": note_newer,
    }  # fmt: skip
    around = StoreSurroundings(facts, os.environ, without_keys(os.environ))
    store: StateStore = BACKENDS[settings.backend].open(settings.keys, around)
    store.copy = _NewestCopy(Path(place), store.identity, on_note)
    return store
