"""CSV as spreadsheets write it, each cell with its place.

Read are UTF-8 with or without a BOM, `,` `;` or tab between cells, a `sep=` line before the header, any
line ends. The `'` that stands before a cell which a spreadsheet would take for a formula is taken off.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from podsync.catalog.parsing.source_text import START, Text
from podsync.model.characters import unprotected
from podsync.model.diagnostic import Diagnostic
from podsync.model.errors import UsageError
from podsync.model.position import Position

#: Bytes and lines of the largest file that is read.
LIMIT, MOST_LINES = 32 << 20, 200_000
#: What may stand between cells.
DELIMITERS = ",;\t"
#: May stand around a cell and its quotes.
_BLANKS = " \u00a0"


#: What is taken of a cell, from the text between the delimiters and the quotes around it.
Taking: TypeAlias = Callable[[str], str]


class Cell(NamedTuple):
    """A value as it is meant: trimmed, without a protecting apostrophe; line and column count from 1."""

    value: str
    line: int
    column: int


class CsvTable(NamedTuple):
    """The rows below the header, each by the names of the columns that were asked for.

    `faults` are what is wrong with the file; the rows that they are about are left out. `lines` are its
    source lines.
    """

    path: str
    rows: tuple[Mapping[str, Cell], ...]
    faults: tuple[Diagnostic, ...]
    lines: tuple[str, ...]

    def fault(self, cell: Cell, rule: str, summary: str, detail: str = "") -> Diagnostic:
        """Return what is wrong with a cell, with its place and its source line."""
        return _fault(self.path, self.lines, cell, rule, summary, detail)


class CsvGrid(NamedTuple):
    """A header and the records below it, all cells; records may be of other lengths than the header."""

    header: tuple[Cell, ...]
    records: tuple[tuple[Cell, ...], ...]
    faults: tuple[Diagnostic, ...]
    lines: tuple[str, ...]


class NotCsvError(Exception):
    """The file is none at all; `line` is 0 where it is about the whole file."""

    def __init__(self, line: int, summary: str, remedy: str) -> None:
        super().__init__(summary)
        self.line, self.summary, self.remedy = line, summary, remedy

    def fault(self, text: Text, rule: str) -> Diagnostic:
        """Return it as a fault of the file with this text."""
        span = (self.line, 1, self.line, 2) if self.line else START
        return text.fault(rule, span, self.summary, self.remedy)


class _BrokenCsv(Exception):  # noqa: N818 (never leaves this module)
    """Quotes are not closed, or something follows them: the rest cannot be split into cells."""

    def __init__(self, cell: Cell, summary: str) -> None:
        super().__init__(summary)
        self.cell, self.summary = cell, summary


def meant(text: str) -> str:
    """Return what a cell says: trimmed, without what protected it when it was written."""
    plain = written(text)
    bare = unprotected(plain)
    return bare if bare is not plain else plain.strip()


def written(text: str) -> str:
    """Return what a cell is written as: trimmed, with what protects it."""
    return text.strip(_BLANKS)


def read(path: str, data: bytes, columns: Sequence[str]) -> CsvTable:
    """Read a file whose header has at least `columns`; other columns are free.

    Raises UsageError for what is no such file at all: too large, not UTF-8, without the columns.
    """
    try:
        if len(data) <= LIMIT and (lines := max(data.count(b"\n"), data.count(b"\r"))) > MOST_LINES:
            raise NotCsvError(0, f"the file has {lines:,} lines; {MOST_LINES:,} are read", "split it")
        found = grid(path, data)
    except NotCsvError as error:
        place = f"{path}:{error.line}" if error.line else path
        raise UsageError(f"{place}: {error.summary}", error.remedy) from None
    if not found.header:
        if not found.faults:
            raise UsageError(f"{path} is empty", f"its first line has the columns: {', '.join(columns)}")
        return CsvTable(path, (), found.faults, found.lines)
    return _table(path, found, columns)


def grid(path: str, data: bytes, taking: Taking = meant) -> CsvGrid:
    """Read a file as it is; an empty one has no header. Raises NotCsvError."""
    if len(data) > LIMIT:
        raise NotCsvError(0, f"the file has more than {LIMIT >> 20} MiB", "split it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotCsvError(data[: error.start].count(b"\n") + 1, "not UTF-8", "save it as CSV UTF-8") from None
    if "\x00" in text:
        raise NotCsvError(0, "it holds NUL characters", "save it as CSV UTF-8, not as a workbook")
    lines = tuple(re.split(r"\r\n|\r|\n", text))
    skipped = re.match(r"sep=(.)(?:\r\n|\r|\n)", text)
    delimiter = _delimiter(text, skipped)
    begun = 1 if skipped else 0
    if '"' in text:
        records = _records(text[skipped.end() :] if skipped else text, begun + 1, delimiter, taking)
    else:
        records = _plain_records(lines[begun:], begun + 1, delimiter, taking)
    kept: list[tuple[Cell, ...]] = []
    faults: tuple[Diagnostic, ...] = ()
    try:
        kept += (tuple(record) for record in records if any(cell.value for cell in record))
    except _BrokenCsv as broken:
        faults = (_fault(path, lines, broken.cell, "quotes", broken.summary, "double a quote inside quotes"),)
    return CsvGrid(kept[0] if kept else (), tuple(kept[1:]), faults, lines)


def _plain_records(lines: Sequence[str], first: int, delimiter: str, taking: Taking) -> Iterator[list[Cell]]:
    """Split lines without quotes: the same as `_records`, in a tenth of the time."""
    for number, line in enumerate(lines, first):
        record, column = [], 1
        for raw in line.split(delimiter):
            record.append(Cell(taking(raw), number, column))
            column += len(raw) + 1
        yield record


def _delimiter(text: str, skipped: re.Match[str] | None) -> str:
    """Return the delimiter that a `sep=` line names, else the most frequent one in the header."""
    if skipped:
        return skipped[1]
    begun = re.match(r"(?:[ \u00a0]*[\r\n])*", text)
    header = re.compile(r'(?:"[^"]*"|[^"\r\n]+)*').match(text, begun.end() if begun else 0)
    between = re.sub(r'"[^"]*"', "", header[0] if header else "")
    return max(DELIMITERS, key=between.count)


def _table(path: str, found: CsvGrid, columns: Sequence[str]) -> CsvTable:
    rows: list[Mapping[str, Cell]] = []
    faults: list[Diagnostic] = []
    names = _header(path, found.header, columns)
    for record in found.records:
        if len(record) != len(names):
            words = f"{len(record)} cells, and the header has {len(names)}"
            faults.append(_fault(path, found.lines, record[0], "cells", words, "is a comma unquoted?"))
        else:
            rows.append({name: cell for name, cell in zip(names, record, strict=True) if name in columns})
    return CsvTable(path, tuple(rows), (*faults, *found.faults), found.lines)


def _header(path: str, record: Sequence[Cell], columns: Sequence[str]) -> list[str]:
    names = [cell.value for cell in record]
    missing = [name for name in columns if name not in names]
    twice = [name for name in columns if names.count(name) > 1]
    if missing or twice:
        words = f"has no column {missing[0]}" if missing else f"has two columns {twice[0]}"
        raise UsageError(f"{path}:{record[0].line}: the header {words}", f"it needs: {', '.join(columns)}")
    return names


def _fault(path: str, lines: Sequence[str], cell: Cell, rule: str, summary: str, detail: str) -> Diagnostic:
    snippet = lines[cell.line - 1] if cell.line <= len(lines) else None
    return Diagnostic("error", rule, summary, Position(path, cell.line, cell.column), detail, snippet=snippet)


#: A quoted cell, or one without quotes; then what ends it. `{0}` is the delimiter.
_CELL = (
    r'[ \u00a0]*"(?P<quoted>(?:[^"]|"")*)"[ \u00a0]*(?P<after>{0}|\r\n|\r|\n|\Z)'
    r"|(?P<plain>[^{0}\r\n]*)(?P<end>{0}|\r\n|\r|\n|\Z)"
)


def _records(text: str, line: int, delimiter: str, taking: Taking) -> Iterator[list[Cell]]:
    """Split the text into records; raises _BrokenCsv for quotes that do not fit."""
    pattern = re.compile(_CELL.replace("{0}", re.escape(delimiter)))
    record: list[Cell] = []
    at = begun = 0
    while at < len(text) or record:
        found = pattern.match(text, at)
        assert found is not None  # noqa: S101 (a cell may be empty)
        raw = found["quoted"] if found["quoted"] is not None else found["plain"]
        plain = raw.replace('""', '"') if found["quoted"] is not None else raw
        cell = Cell(taking(plain), line, at - begun + 1)
        if found["quoted"] is None and raw.lstrip(_BLANKS).startswith('"'):
            raise _BrokenCsv(cell, "a quote is not closed, or something stands behind the closing one")
        record.append(cell)
        inner = re.split(r"\r\n|\r|\n", found["quoted"] or "")
        if len(inner) > 1:
            line += len(inner) - 1
            begun = found.start("quoted") + len(found["quoted"]) - len(inner[-1])
        at = found.end()
        if (found["after"] if found["quoted"] is not None else found["end"]) != delimiter:
            yield record
            record, line, begun = [], line + 1, at
