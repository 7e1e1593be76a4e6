"""How full each provider's bucket was when the last run ended; kept in `.podsync/pace/`.

The provider's bucket outlives our process: a second apply right after a full burst would meet 429s.
Losing the file costs a few of those, never data, so what cannot be read or written, or does not carry this
user's mark, counts as absent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from podsync.seal import is_marked, marked, own_seal
from podsync.state import strictjson
from podsync.state.files import Files, OsFiles, remove_leftovers, write_whole

_LIMIT = 4096


class Levels:
    """Remembers the level of one bucket. `now` is the wall clock: a jump back leaks nothing."""

    def __init__(self, folder: Path, key: str, now: Callable[[], float], files: Files | None = None) -> None:
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        self._path = folder / "pace" / f"{name}.json"
        self._tree = folder.parent
        self._purpose = f"pace {key}"
        self._now = now
        self._files = files or OsFiles()

    def read(self, per_second: float) -> float:
        """Return how full the bucket is now, 0 when nothing is known."""
        try:
            data = self._files.read(self._path, _LIMIT)
            told = None if data is None else strictjson.loads(data)
            if not isinstance(told, dict) or not is_marked(told, self._purpose, own_seal(self._tree)):
                return 0.0
            level, at = float(told["level"]), float(told["at"])
        except (OSError, strictjson.NotStrictError, KeyError, TypeError, ValueError):
            return 0.0
        return max(0.0, level - max(0.0, self._now() - at) * per_second)

    def write(self, level: float) -> None:
        """Remember how full the bucket is now."""
        told = {"level": round(level, 2), "at": round(self._now(), 3)}
        data = json.dumps(marked(told, self._purpose, own_seal(self._tree, make=True))).encode()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers(self._files, self._path)
            write_whole(self._files, self._path, data, temporary=self._path.name)
        except OSError:
            return
