from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from podsync.cli.environment.clock import SystemClock
from podsync.state.local.store import LocalStore
from tests.contracts import StateStoreContract


class Folder:
    """A state file in a folder; see `tests.contracts.Place`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "podsync.state.json"

    def store(self, note=lambda _text: None) -> LocalStore:
        return LocalStore(self.path, clock=SystemClock(), on_note=note)

    def load(self):
        return self.store().load()

    def stored(self) -> dict[str, bytes]:
        # The lock makes an empty journal, to hold that too.
        files = ((each.name, each.read_bytes()) for each in self.path.parent.iterdir())
        return {name: data for name, data in files if not name.endswith(".lock") and data}

    def damage(self) -> None:
        self.path.write_bytes(self.path.read_bytes()[:-9])

    def add_key(self, key: str, value: Any) -> None:
        self.path.write_text(json.dumps(json.loads(self.path.read_text()) | {key: value}))

    def backups(self) -> list[str]:
        found = self.path.parent.glob(f"{self.path.name}.backup.*")
        return [
            each.read_text() for each in sorted(found, key=lambda each: int(each.suffix[1:]), reverse=True)
        ]


class TestLocalStore(StateStoreContract):
    @pytest.fixture
    def places(self, tmp_path_factory):
        return lambda: Folder(tmp_path_factory.mktemp("state"))
