"""Places and lines of a file that was read before: found again when a diagnostic asks for them.

Keeping them costs more than reading a few files twice. A file that was changed in between has no
places any more; then a fault stands where its document began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from podsync.catalog.discovery import FoundFile, read_bytes
from podsync.catalog.record import digest_of
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import Path
from podsync.model.position import Position, Span
from podsync.model.settings import Authoring

if TYPE_CHECKING:
    from podsync.catalog.authoring.context import AuthoringContext
    from podsync.catalog.authoring.expansion import Expansion
    from podsync.catalog.parsing.document import Document, ParsedFile


class LateContext:
    """What documents may draw on, made when it is first asked for."""

    def __init__(
        self, root: FilePath, folder: FilePath, settings: Authoring, defaults: Sequence[FoundFile]
    ) -> None:
        self._told = root, folder, settings, defaults

    def __call__(self) -> AuthoringContext:
        """Return it."""
        return self._made

    @cached_property
    def _made(self) -> AuthoringContext:
        from podsync.catalog.authoring.context import AuthoringContext

        return AuthoringContext(*self._told)


class RereadableFile:
    """A file that can be read again, if it is still what it was: what `digest` says, None for whatever.

    `drawn_on` returns what its documents may draw on, `tables` are the files that they have taken keys from.
    """

    def __init__(
        self,
        found: FoundFile,
        digest: str | None,
        drawn_on: Callable[[], AuthoringContext] | None = None,
        tables: Sequence[str] = (),
    ) -> None:
        self._found = found
        self._digest = digest
        self._drawn_on = drawn_on
        self._tables = tables
        self._expansions: dict[str, Expansion] = {}

    @cached_property
    def reading(self) -> ParsedFile | None:
        """The file with its places; None when it is another one by now."""
        from podsync.catalog.parsing.yaml_reader import read

        raw = read_bytes(self._found)
        if isinstance(raw, Diagnostic) or (self._digest is not None and self._digest_of(raw) != self._digest):
            return None
        return read(self._found.path, raw)

    def _digest_of(self, raw: bytes) -> str:
        if self._drawn_on is None:
            return digest_of(raw)
        around = self._drawn_on()
        return around.digest(digest_of(raw), around.needs(self._found.path, self._tables))

    def line(self, number: int) -> str:
        """Return a line of the file."""
        return self.reading.text.line(number) if self.reading is not None else ""

    def document(self, start: str, index: str = "") -> Document | None:
        """Return the document that begins at `start` (as `Kept` has it), the product `index` of several."""
        for document in self.reading.documents if self.reading is not None else ():
            if ":".join(map(str, document.start)) == start:
                return self._product(document, start, index)
        return None

    def _product(self, document: Document, start: str, index: str) -> Document | None:
        if self._drawn_on is None:
            return document
        from podsync.catalog.authoring.expansion import Expansion, is_plain

        around = self._drawn_on()
        if is_plain(document, self._found, around):
            return document
        if start not in self._expansions:
            self._expansions[start] = Expansion(document, self._found, around)
        return self._expansions[start].product(index)


class LatePlaces(Mapping[Path, Span | Position]):
    """The places inside one document, looked for when they are first asked for.

    A value that was written in another file has a position.
    """

    def __init__(self, file: RereadableFile, start: str, index: str = "") -> None:
        self._file = file
        self._start = start
        self._index = index

    @cached_property
    def _found(self) -> Mapping[Path, Span | Position]:
        document = self._file.document(self._start, self._index)
        if document is None:
            return {}
        return document.places if document.origins is None else _Elsewhere(document)

    def __getitem__(self, path: Path) -> Span | Position:
        return self._found[path]

    def __iter__(self) -> Iterator[Path]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class _Elsewhere(Mapping[Path, "Span | Position"]):
    """The places of a document that was put together from several."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def __getitem__(self, path: Path) -> Span | Position:
        found = self._document.origin(path, around=False)
        if found is None:
            raise KeyError(path)
        text, span = found.text, found.span
        # A value that is a cell, and nothing else, is changed there.
        if len(found.used) == 1 and text.written(span).strip("\"'") == found.used[0].reference:
            text, span = found.used[0].text, found.used[0].span
        return Span(*span) if text is self._document.text else Position(text.path, *span)

    def __iter__(self) -> Iterator[Path]:
        return iter(self._document.places)

    def __len__(self) -> int:
        return len(self._document.places)
