"""Remembers how full each provider's bucket was when the last run ended, in `.podsync/pace/`.

The provider's bucket outlives our process: a second apply right after a full burst would meet 429s.
Losing the file costs a few of those, never data, so what cannot be read or written, or does not carry this
user's mark, counts as absent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from podsync.files.notes import Note
from podsync.files.os_files import OsFiles

_LIMIT = 4096


class Levels:
    """Remembers the level of one bucket. `now` is the wall clock: a jump back leaks nothing."""

    def __init__(
        self, folder: Path, key: str, now: Callable[[], float], files: OsFiles | None = None
    ) -> None:
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        self._note = Note(folder, f"pace/{name}.json", f"pace {key}", _LIMIT, files)
        self._now = now

    def read(self, per_second: float) -> float:
        """Return how full the bucket is now, 0 when nothing is known."""
        stored, own = self._note.read()
        try:
            level, at = float(stored["level"]), float(stored["at"])
        except (KeyError, TypeError, ValueError):
            return 0.0
        if not own:
            return 0.0
        return max(0.0, level - max(0.0, self._now() - at) * per_second)

    def write(self, level: float) -> None:
        """Remember how full the bucket is now."""
        with suppress(OSError):
            self._note.write({"level": round(level, 2), "at": round(self._now(), 3)})
