"""The documents of a file: data, and the place of every value."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from podsync.catalog.parsing.source_text import Text
from podsync.model.address import Address
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import Path
from podsync.model.position import Position, Span


class Used(NamedTuple):
    """A value that was inserted into a text (`${colour.hex}`), and its place."""

    reference: str
    text: Text
    span: Span

    def __str__(self) -> str:
        return f"{self.reference} is {self.text.path}:{self.span[0]}:{self.span[1]}"


class WrittenAt(NamedTuple):
    """The origin of a value: its text, its span, its key, and the values inserted into it."""

    text: Text
    span: Span
    key: Span | None = None
    used: tuple[Used, ...] = ()


class Origins(Protocol):
    """Where the values of a document were written that was put together from several places."""

    def of(self, path: Path) -> WrittenAt | None:
        """Return where the value at `path` was written; None where it has no place of its own."""


class Document(NamedTuple):
    """One document: `places` and `keys` have the place of each value and each key.

    `faulty` are paths with an unreadable value; schema faults there are noise. `suffix` names one of several
    products: `[colour=red]`. `origins` is set if values come from elsewhere (see `catalog.authoring`);
    `places` are those of the document itself even then.
    """

    text: Text
    data: dict[str, Any]
    start: Span
    places: Mapping[Path, Span]
    keys: Mapping[Path, Span]
    faulty: frozenset[Path]
    suffix: str = ""
    origins: Origins | None = None

    def address(self) -> Address | None:
        """Return the address that it declares, None for what is no address."""
        kind, name = self.data.get("kind"), self.data.get("name")
        try:
            return Address.parse(f"{kind}.{name}{self.suffix}") if isinstance(name, str) else None
        except ValueError:
            return None

    def origin(self, path: Path, *, around: bool = True) -> WrittenAt | None:
        """Return where the value at `path` was written, or (`around`) the nearest value around it."""
        for length in range(len(path), 0 if around else max(0, len(path) - 1), -1):
            if self.origins is not None:
                found = self.origins.of(path[:length])
            else:
                span = self.places.get(path[:length])
                found = WrittenAt(self.text, span, self.keys.get(path[:length])) if span else None
            if found is not None:
                return found
        return None

    def located(self, path: Path, *, on_key: bool = False) -> tuple[Text, Span]:
        """Return where the value at `path` was written: its key if it is empty, or the nearest around."""
        found = self.origin(path)
        if found is None:
            return self.text, self.start
        empty = found.span[:2] == found.span[2:]
        return found.text, found.key if found.key is not None and (on_key or empty) else found.span

    def positions(self) -> Mapping[Path, Span | Position]:
        """Return the places of its values, in whichever file they were written."""
        return self.places if self.origins is None else OriginPlaces(self)

    def fault(
        self, rule: str, path: Path, summary: str, detail: str = "", *, key: bool = False
    ) -> Diagnostic:
        """Return a fault of what the document says at `path` (`key`: of the key), or nearest around it."""
        text, span = self.located(path, on_key=key)
        return text.fault(rule, span, summary, detail)


class OriginPlaces(Mapping[Path, Span | Position]):
    """The places of a document that was put together from several; in another file they are positions."""

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
        return span if text is self._document.text else Position(text.path, *span)

    def __iter__(self) -> Iterator[Path]:
        return iter(self._document.places)

    def __len__(self) -> int:
        return len(self._document.places)


class ParsedFile(NamedTuple):
    """The content of a file. A document with an error is included."""

    text: Text
    documents: tuple[Document, ...]
    diagnostics: tuple[Diagnostic, ...]
