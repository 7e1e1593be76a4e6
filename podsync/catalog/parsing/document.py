"""The documents of a file: data, and the place of every value."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from podsync.catalog.parsing.source_text import Places, RawSpan, Text
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import Path


class Used(NamedTuple):
    """A value that was put into a text: `${colour.hex}`, and where it stands."""

    reference: str
    text: Text
    span: RawSpan


class WrittenAt(NamedTuple):
    """Where a value was written: in which text, at which span, behind which key; and what was put into it."""

    text: Text
    span: RawSpan
    key: RawSpan | None = None
    used: tuple[Used, ...] = ()


class Origins(Protocol):
    """Where the values of a document were written that was put together from several places."""

    def of(self, path: Path) -> WrittenAt | None:
        """Return where the value at `path` was written; None where it has no place of its own."""


class Document(NamedTuple):
    """One document: `places` and `keys` say where each value and each key stands.

    `faulty` are paths whose value could not be read as meant; what a schema says about them is noise.
    `suffix` tells which product of several it is: `[colour=red]`. `origins` is set where values come from
    elsewhere (see `catalog.authoring`); `places` are those of the document itself all the same.
    """

    text: Text
    data: dict[str, Any]
    start: RawSpan
    places: Places
    keys: Places
    faulty: frozenset[Path]
    suffix: str = ""
    origins: Origins | None = None

    def origin(self, path: Path, *, around: bool = True) -> WrittenAt | None:
        """Return where the value at `path` was written, or (`around`) the nearest value around it."""
        for length in range(len(path), 0 if around else max(0, len(path) - 1), -1):
            if self.origins is not None:
                found = self.origins.of(path[:length])
            else:
                span = self.places.raw.get(path[:length])
                found = WrittenAt(self.text, span, self.keys.raw.get(path[:length])) if span else None
            if found is not None:
                return found
        return None


class ParsedFile(NamedTuple):
    """What a file holds. A document that has an error in it is listed all the same."""

    text: Text
    documents: tuple[Document, ...]
    diagnostics: tuple[Diagnostic, ...]
