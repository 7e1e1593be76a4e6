"""One file's text, and the faults found in it. Every diagnostic of a file is made here."""

from __future__ import annotations

from typing import Final

from podsync.model.address import Address
from podsync.model.diagnostic import Diagnostic, Fix
from podsync.model.position import Position, Severity, Span

START: Final[Span] = (1, 1, 1, 1)
#: Levels of nesting that are read, quickly or closely; no product needs as many.
MAX_DEPTH: Final = 32
#: More faults of one file would only bury the first.
MAX_FAULTS: Final = 20


class Text:
    """The text of the file at `path` (relative, forward slashes), for spans, source lines and faults."""

    __slots__ = ("_lines", "content", "path")

    def __init__(self, path: str, content: str) -> None:
        self.path = path
        self.content = content
        self._lines: list[str] | None = None

    @property
    def lines(self) -> list[str]:
        """All lines; only LF ends one, because other line ends are refused before this is asked."""
        if self._lines is None:
            self._lines = self.content.split("\n")
        return self._lines

    def line(self, number: int) -> str:
        """Return line `number`, counted from 1, without its end; empty past the end of the file."""
        return self.lines[number - 1].removesuffix("\r") if 0 < number <= len(self.lines) else ""

    def written(self, span: Span) -> str:
        """Return the first line of a span, as the person typed it."""
        line, column, end_line, end_column = span
        return self.line(line)[column - 1 : end_column - 1 if end_line == line else None]

    def marked(self, span: Span, mark: str) -> Span:
        """Return where a part of what is at a span is, if it is written as it reads; else the span."""
        column = self.written(span).find(mark)
        return self.span_at_line(span[0], span[1] + column, len(mark)) if column >= 0 else span

    def span_at(self, offset: int, length: int = 1) -> Span:
        """Return the span of `length` characters at `offset` of the content, inside one line."""
        line = self.content.count("\n", 0, offset) + 1
        column = offset - self.content.rfind("\n", 0, offset)
        return line, column, line, column + length

    @staticmethod
    def span_at_line(line: int, column: int, length: int = 1) -> Span:
        """Return the span of `length` characters inside one line."""
        return line, column, line, column + length

    def fault(
        self,
        rule: str,
        span: Span,
        summary: str,
        detail: str = "",
        fix: Fix = (),
        *,
        severity: Severity = "error",
        address: Address | None = None,
    ) -> Diagnostic:
        """Return a diagnostic at `span`, with its source line."""
        at = Position(self.path, *span)
        return Diagnostic(severity, rule, summary, at, detail, address, self.line(span[0]), fix)
