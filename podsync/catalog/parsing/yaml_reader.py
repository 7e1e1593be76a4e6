"""YAML text -> documents: data, and the place of every value. The only home of `yaml`.

The parser's events are walked once; there are no node trees, and depth, size and number of values are capped
before anything recurses. YAML is read strictly: features that a reviewer would have to know by heart
(anchors, tags, merge keys, the last of two equal keys) are refused.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamStartEvent,
)

from podsync.catalog.parsing import strictness
from podsync.catalog.parsing.document import Document, ParsedFile
from podsync.catalog.parsing.encoding import decode
from podsync.catalog.parsing.scalars import SUSPECTS, joined, resolve
from podsync.catalog.parsing.source_text import MAX_DEPTH, MAX_FAULTS, Text
from podsync.catalog.parsing.strictness import HEADS, StrictnessFault
from podsync.catalog.parsing.syntax_errors import Complaint, explain
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import Path
from podsync.model.position import Span

#: A product has some thirty values; a list of 5,000 customers fits.
MAX_VALUES = 20_000
#: 4 MiB of ordinary products.
MAX_VALUES_IN_FILE = 300_000
#: A document without values costs about as much time as this many values.
DOCUMENT_COST = 8

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: How libyaml calls an escape that is half of a character.
_HALVES = "invalid Unicode character escape"
_COMMENT = re.compile(r"\S[ \t]+#")
_NEXT_DOCUMENT = r"^---(?=\s|$)"


def read(path: str, raw: bytes) -> ParsedFile:
    """Read the file `path` from its bytes. Never raises for anything that a file may hold."""
    text, faults = decode(path, raw)
    if faults:
        return ParsedFile(text, (), faults)
    walk = _EventWalk(text)
    walk.file()
    return ParsedFile(text, tuple(walk.documents), tuple(walk.diagnostics))


class _StopReading(Exception):  # noqa: N818 (never leaves this module)
    """Reading this file ends here; the diagnostic was made."""


class _EventWalk:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.documents: list[Document] = []
        self.diagnostics: list[Diagnostic] = []
        self._loader = _LOADER
        self._comments = _COMMENT.search(text.content) is not None
        self._aliases: list[Span] = []
        self._left_in_file = MAX_VALUES_IN_FILE
        self._first_line = 1
        self._fresh()

    def _fresh(self) -> None:
        self._places: dict[Path, Span] = {}
        self._keys: dict[Path, Span] = {}
        self._faulty: set[Path] = set()
        self._end = (1, 1)

    # -- files and documents

    def file(self) -> None:
        """Read every document; after a syntax error go on at the next line `---`."""
        offset: int | None = 0
        try:
            while offset is not None:
                offset = self._stretch(offset)
        except _StopReading:
            pass
        if self._aliases:
            self.diagnostics.append(self.text.fault(*strictness.aliases(self.text, self._aliases)))

    def _stretch(self, offset: int) -> int | None:
        """Read from `offset` on; return where to continue after a syntax error, None at the end."""
        content = self.text.content
        self._first_line = content.count("\n", 0, offset) + 1
        loader = self._loader(content[offset:])
        self._event = loader.get_event
        before = len(self.documents), len(self.diagnostics), len(self._aliases)
        try:
            self._stream()
        except yaml.MarkedYAMLError as error:
            if self._loader is not yaml.SafeLoader and _HALVES in str(error.problem):
                # libyaml takes no pair of halves, which is how JSON writes a character such as an emoji.
                self._loader = yaml.SafeLoader
                self._back_to(before)
                return offset
            stopped = offset + self._report_syntax(error)
            self._fresh()
            following = re.compile(_NEXT_DOCUMENT, re.MULTILINE).search(content, max(stopped, offset + 1))
            return following.start() if following else None
        except (yaml.YAMLError, ValueError):
            # The characters were checked before, so this is a gap in that check: still no traceback.
            self._refuse(strictness.NOT_YAML)
        finally:
            loader.dispose()
        return None

    def _back_to(self, before: tuple[int, int, int]) -> None:
        """Drop what was found since the lists had these lengths."""
        documents, diagnostics, aliases = before
        del self.documents[documents:], self.diagnostics[diagnostics:], self._aliases[aliases:]
        self._fresh()

    def _stream(self) -> None:
        while (event := self._event()) is not None:
            if type(event) is DocumentStartEvent:
                if event.version or event.tags:
                    self._refuse(strictness.directive(self.text, self._span(event)))
                self._left = MAX_VALUES
                self._document(self._event())
                self._left_in_file -= MAX_VALUES - self._left + DOCUMENT_COST
                if self._left_in_file < 0:
                    self._too_many(event, f"more than {MAX_VALUES_IN_FILE:,} values in one file", "files")
            elif type(event) not in {StreamStartEvent, DocumentEndEvent}:
                return

    def _document(self, event: Any) -> None:
        span = self._span(event)
        empty = type(event) is ScalarEvent and not (event.value or event.style or event.tag or event.anchor)
        value = self._value(event, (), 1)
        if type(event) is MappingStartEvent:
            self._finish(value, self._begun or span)
        elif not empty:
            self._refuse(strictness.not_a_mapping(value, span))
        self._fresh()

    def _finish(self, data: dict[str, Any], start: Span) -> None:
        faulty = frozenset(self._faulty)
        self.documents.append(Document(self.text, data, start, self._places, self._keys, faulty))
        self._fresh()

    # -- values

    def _value(self, event: Any, path: Path, depth: int) -> Any:
        """Build the value that begins with `event` and note where it stands."""
        self._left -= 1
        if self._left < 0:
            self._too_many(event, f"more than {MAX_VALUES:,} values in one document", "documents")
        kind = type(event)
        if kind is ScalarEvent:
            return self._scalar(event, path)
        span = self._span(event)
        if kind is AliasEvent:
            self._aliases.append(span)
            self._places[path] = span
            self._faulty.add(path)
            return None
        if depth > MAX_DEPTH:
            self._refuse(strictness.TOO_DEEP._replace(span=span))
            raise _StopReading
        if event.anchor is not None or event.tag is not None:
            self._property(event, path, span)
        self._end = span[2:]
        read_items = self._mapping if kind is MappingStartEvent else self._sequence
        value, end = read_items(path, depth)
        # A block has no end of its own: the parser notices it at the next line's first word.
        self._end = self._span(end)[2:] if event.flow_style else self._end
        self._places[path] = (span[0], span[1], *self._end)
        return value

    def _sequence(self, path: Path, depth: int) -> tuple[list[Any], Any]:
        items: list[Any] = []
        while type(event := self._event()) is not SequenceEndEvent:
            items.append(self._value(event, (*path, len(items)), depth + 1))
        return items, event

    def _mapping(self, path: Path, depth: int) -> tuple[dict[str, Any], Any]:
        data: dict[str, Any] = {}
        while type(event := self._event()) is not MappingEndEvent:
            key = self._key(event, path, depth)
            if key is not None and key in data:
                data, taken = self._repeated(key, event, path, data)
                key = key if taken else None
            if key is None:
                self._skip(path, depth)
                continue
            inner = (*path, key)
            self._keys[inner] = self._span(event)
            data[key] = self._value(self._event(), inner, depth + 1)
        return data, event

    def _repeated(
        self, key: str, event: Any, path: Path, data: dict[str, Any]
    ) -> tuple[dict[str, Any], bool]:
        """Refuse a duplicate key; when it surely begins a new document, end this one and start that."""
        span = self._span(event)
        lost = not path and data.keys() >= HEADS and next(iter(data)) == key
        self._refuse(strictness.repeated_key(self.text, key, self._keys[*path, key], span, lost=lost))
        if not lost:
            return data, False
        self._finish(data, self._begun or span)
        return {}, True

    @property
    def _begun(self) -> Span | None:
        """Where the first key of the document stands; None in `{}`."""
        return next(iter(self._keys.values()), None)

    def _skip(self, path: Path, depth: int) -> None:
        """Read a value without a key of its own, for its faults only."""
        kept = self._places, self._keys
        self._places, self._keys = {}, {}
        self._value(self._event(), (*path, "?"), depth + 1)
        self._places, self._keys = kept

    def _key(self, event: Any, path: Path, depth: int) -> str | None:
        """Return the key, or None after reporting why it is none."""
        span = self._span(event)
        if type(event) is not ScalarEvent:
            self._value(event, (*path, "?"), depth + 1)
            self._refuse(strictness.MAPPING_AS_KEY._replace(span=span))
            return None
        self._left -= 1
        text: str = event.value
        if event.anchor is not None or event.tag is not None:
            self._property(event, (*path, text), span)
        if event.style:
            text = joined(text)
            return None if self._refuse(strictness.unwanted_character(text, span)) else text
        if text == "<<":
            self._refuse(strictness.MERGE_KEY._replace(span=span))
            self._faulty.add(path)
            return None
        if (not text or text[0] in SUSPECTS) and not isinstance(resolve(text), str):
            self._refuse(strictness.not_a_key(text, span))
            return None
        return text

    def _scalar(self, event: Any, path: Path) -> Any:
        self._places[path] = span = self._span(event)
        self._end = span[2:]
        if event.anchor is not None or event.tag is not None:
            self._property(event, path, span)
        text: str = event.value
        if event.style:
            text = joined(text)
            if not text.isprintable() and self._refuse(strictness.unwanted_character(text, span)):
                self._faulty.add(path)
            several_lines = span[0] != span[2] and event.style in "'\""
            if several_lines and self._refuse(strictness.swallowed(self.text, span)):
                self._faulty.update((path, path[:-1]))  # what it took in is not missing
            return text
        value = resolve(text) if not text or text[0] in SUSPECTS else text
        if type(value) is float and not math.isfinite(value):
            self._refuse(strictness.not_finite(text, span, path))
            self._faulty.add(path)
        elif self._comments and path and path[0] == "spec" and (value is None or type(value) is str):
            refused = self._refuse(strictness.comment_in_text(self.text, value, span, path))
            if refused and value is None:
                self._faulty.add(path)
        return value

    # -- faults

    def _span(self, event: Any) -> Span:
        start, end, line = event.start_mark, event.end_mark, self._first_line
        return start.line + line, start.column + 1, end.line + line, end.column + 1

    def _refuse(self, refusal: StrictnessFault | None) -> bool:
        """Report a fault, if there is one; return whether there is. Raises _StopReading after too many."""
        if refusal is None:
            return False
        self.diagnostics.append(self.text.fault(*refusal))
        if len(self.diagnostics) == MAX_FAULTS:
            self.diagnostics.append(self.text.fault(*strictness.too_many(refusal.span, MAX_FAULTS)))
            raise _StopReading
        return True

    def _property(self, event: Any, path: Path, span: Span) -> None:
        """Refuse an anchor or a tag that stands before a value."""
        if event.anchor is not None:
            self._aliases.append(span)
        if event.tag is not None:
            self._refuse(strictness.tag(self.text, span, path))
            self._faulty.add(path)

    def _report_syntax(self, error: yaml.MarkedYAMLError) -> int:
        """Report the parser's error unless it is known; return how many characters were read."""
        mark = error.problem_mark or error.context_mark
        if mark is None:
            self._refuse(strictness.NOT_YAML)
            return 0
        opened, line = error.context_mark or mark, self._first_line
        complaint = Complaint(
            str(error.problem),
            str(error.context),
            (mark.line + line, mark.column + 1),
            (opened.line + line, opened.column + 1),
        )
        refusal = explain(complaint, self.text)
        if refusal.span[:2] not in {d.at and (d.at.line, d.at.column) for d in self.diagnostics}:
            self._refuse(refusal)
        return mark.index

    def _too_many(self, event: Any, summary: str, parts: str) -> None:
        self._refuse(
            StrictnessFault("too-large", self._span(event), summary, f"split it into several {parts}")
        )
        raise _StopReading
