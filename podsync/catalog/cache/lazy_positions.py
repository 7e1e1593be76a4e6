"""Places and lines of a file that was read before: found again when a diagnostic asks for them.

Keeping them costs more than reading a few files twice. A file that was changed in between has no
places any more; then a fault stands where its document began.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from podsync.catalog.discovery import FoundFile, read_bytes
from podsync.catalog.record import digest_of
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import Path
from podsync.model.position import Span

if TYPE_CHECKING:
    from podsync.catalog.parsing.document import ParsedFile


class RereadableFile:
    """A file that can be read again, if it is still what it was."""

    def __init__(self, found: FoundFile, digest: str) -> None:
        self._found = found
        self._digest = digest

    @cached_property
    def reading(self) -> ParsedFile | None:
        """The file with its places; None when it is another one by now."""
        from podsync.catalog.parsing.yaml_reader import read

        raw = read_bytes(self._found)
        if isinstance(raw, Diagnostic) or digest_of(raw) != self._digest:
            return None
        return read(self._found.path, raw)

    def line(self, number: int) -> str:
        """Return a line of the file."""
        return self.reading.text.line(number) if self.reading is not None else ""

    def places(self, start: str) -> Mapping[Path, Span]:
        """Return the places inside the document that begins at `start` (as `Kept` has it)."""
        for document in self.reading.documents if self.reading is not None else ():
            if ":".join(map(str, document.start)) == start:
                return document.places
        return {}


class LatePlaces(Mapping[Path, Span]):
    """The places inside one document, looked for when they are first asked for."""

    def __init__(self, file: RereadableFile, start: str) -> None:
        self._file = file
        self._start = start

    @cached_property
    def _found(self) -> Mapping[Path, Span]:
        return self._file.places(self._start)

    def __getitem__(self, path: Path) -> Span:
        return self._found[path]

    def __iter__(self) -> Iterator[Path]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)
