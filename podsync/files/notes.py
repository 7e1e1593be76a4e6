"""Notes in `.podsync/`: small files of JSON that may be lost, damaged or somebody else's at any time.

Each carries this user's mark (see `podsync.files.seal`): it says who wrote the note, and for which place and
purpose. Losing a note costs time, never data, so reading one never fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from podsync.files import strict_json
from podsync.files.atomic import remove_leftovers, write_whole
from podsync.files.os_files import OsFiles
from podsync.files.seal import is_marked, marked, own_seal
from podsync.model.json_bytes import canonical


class Note:
    """The file `name` in `folder` (`.podsync`, made when needed), of no more than `limit` bytes."""

    def __init__(
        self, folder: Path, name: str, purpose: str, limit: int, files: OsFiles | None = None
    ) -> None:
        self.path = folder / name
        self._tree, self._purpose, self._limit = folder.parent, purpose, limit
        self._files = files or OsFiles()

    def read(self) -> tuple[dict[str, Any], bool]:
        """Return what was written with its mark, and whether this user did; empty without a sound file."""
        try:
            data = self._files.read(self.path, self._limit)
            stored = None if data is None else strict_json.loads(data)
        except (OSError, strict_json.NotStrictError):
            stored = None
        if not isinstance(stored, dict):
            return {}, False
        return stored, is_marked(stored, self._purpose, own_seal(self._tree))

    def write(self, content: Mapping[str, Any]) -> None:
        """Put this in its place, whole and under the mark; raises OSError."""
        data = canonical(marked(content, self._purpose, own_seal(self._tree, make=True)))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(self._files, self.path)
        write_whole(self._files, self.path, data + b"\n", temporary=self.path.name)
