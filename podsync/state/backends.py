"""The table of stores, by their names in `podsync.yaml`. A new store is a folder, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from podsync.model.settings import StateSettings
from podsync.state import git, local, postgres
from podsync.state.store import Backend

BACKENDS: Final[Mapping[str, Backend]] = {
    each.name: each for each in (local.BACKEND, git.BACKEND, postgres.BACKEND)
}


def state_settings(block: Mapping[str, Any]) -> StateSettings:
    """Return the settings of a valid block `state`, every key that is left out with its default."""
    keys = {key: schema["default"] for each in BACKENDS.values() for key, schema in each.keys.items()}
    keys |= block
    return StateSettings(keys.pop("backend", "local"), keys)


def state_files(settings: StateSettings) -> tuple[Path, ...]:
    """Return where the state is a file; nothing where it is none."""
    return BACKENDS[settings.backend].files(settings.keys)
