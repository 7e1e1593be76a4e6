"""How far the copy of the newest state goes (see `newest_state`), in a few bytes: every load asks that."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from podsync.files.notes import Note
from podsync.files.os_files import OsFiles
from podsync.state.model import State

_LIMIT = 1 << 12
_VERSION = 2


class NewestEnd(NamedTuple):
    """The state that a copy has: its timeline and serial; `whole` is False where a run did not end it."""

    timeline: str
    serial: int
    whole: bool = True

    def is_beyond(self, state: State) -> bool:
        """Whether the state is lost, older, or another one."""
        return state.lost or not state.includes(self.timeline, self.serial)


class NewestNote:
    """The note beside the copy of one state; `path` is the copy. `folder` is `.podsync`, or the sandbox's.

    The note holds for a copy of just the size that it names: what was added later is read there.
    """

    def __init__(self, folder: Path, identity: str, files: OsFiles | None = None) -> None:
        name = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self.path, self.purpose = folder / "newest" / f"{name}.log", f"newest {identity}"
        self._note = Note(folder, f"newest/{name}.json", self.purpose, _LIMIT, files)
        self._files = files or OsFiles()

    def read(self) -> tuple[NewestEnd | None, int]:
        """Return how far the copy goes, None where that has to be read in it, and its size in bytes."""
        size = self._size()
        if not size:
            return None, 0
        stored, own = self._note.read()
        if not own or (stored.get("version"), stored.get("size")) != (_VERSION, size):
            return None, size
        return NewestEnd(stored["timeline"], stored["serial"]), size

    def write(self, timeline: str, serial: int) -> None:
        """Note that the copy is whole as it is now; raises OSError."""
        content = {"version": _VERSION, "timeline": timeline, "serial": serial, "size": self._size()}
        self._note.write(content)

    def _size(self) -> int:
        try:
            stamp = self._files.stamp(self.path)
        except OSError:
            return 0
        return 0 if stamp is None else stamp[2]
