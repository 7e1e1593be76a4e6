"""An axis from a CSV: a row is a key, a column is a field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from podsync.catalog.authoring.axes.axis import Axis, as_key, is_key, key_help
from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.discovery import FoundFile
from podsync.catalog.parsing.csv_reader import Cell, CsvGrid, NotCsvError, grid
from podsync.catalog.parsing.source_text import START, Text
from podsync.catalog.validation.nearest import slug, suggestion
from podsync.model.address import Address
from podsync.model.characters import exactly
from podsync.model.diagnostic import Diagnostic
from podsync.model.errors import CatalogError
from podsync.model.position import Span

#: The column with the former name of each key.
WAS = "was"


class TableReader:
    """Reads one CSV as the axis `name`."""

    def __init__(self, context: AuthoringContext, found: FoundFile, name: str) -> None:
        self._context = context
        self._found = found
        self._name = name
        self._faults: list[Diagnostic] = []

    def axis(self, key: Any) -> Axis:
        """Return the axis; `key` is the column of the keys, None for the first. Raises CatalogError."""
        table = self._grid()
        names = [cell.value for cell in table.header]
        counts = Counter(names)
        self._text = Text(self._found.path, "\n".join(table.lines))
        column = self._key_column(table, names, key)
        records = self._by_key(table, column)
        if self._faults:
            raise CatalogError(self._faults)
        fields = [name for name in names if name and counts[name] == 1]
        width = len(names)
        rows = {
            each: dict(zip(names, [cell.value for cell in record[:width]], strict=False))
            for each, record in records.items()
        }
        for row in rows.values() if len(fields) < width else ():
            for twice in [name for name in row if counts[name] > 1 or not name]:
                del row[twice]
        marked = self._unmarked(rows)
        places = {name: number for number, name in enumerate(names)}

        def place(each: str, field: str) -> tuple[Text, Span]:
            return self._text, self._span(records[each][places[field] if field else column])

        was = {each: (row[WAS],) for each, row in rows.items() if row.get(WAS)} if WAS in fields else {}
        both = [name for name, count in counts.items() if name and count > 1]
        return Axis(self._name, rows, place, fields, was, table=True, twice=both, exact=marked)

    def _unmarked(self, rows: Mapping[str, dict[str, str]]) -> set[tuple[str, str]]:
        """Take the marks off texts that podsync wrote exactly; return their keys and fields."""
        found: set[tuple[str, str]] = set()
        if "'" in self._text.content:
            for key, row in rows.items():
                for field, cell in row.items():
                    if (text := exactly(cell)) is not None:
                        row[field] = text
                        found.add((key, field))
        return found

    def _grid(self) -> CsvGrid:
        signed = self._context.signed(self._found)
        if isinstance(signed, Diagnostic):
            raise CatalogError([signed])
        try:
            table = grid(self._found.path, signed.raw)
        except NotCsvError as error:
            text = Text(self._found.path, signed.raw.decode("utf-8", "replace"))
            raise CatalogError([error.fault(text, "table")]) from None
        if table.faults:
            raise CatalogError(table.faults)
        if not table.header:
            summary = "the file is empty"
            detail = "its first line has the names of the columns"
            raise CatalogError([Text(self._found.path, "").fault("table", START, summary, detail)])
        return table

    def _key_column(self, table: CsvGrid, names: list[str], key: Any) -> int:
        if key is None:
            return 0
        if names.count(key) == 1:
            return names.index(key)
        known = [name for name in names if name]
        summary = f"the header has {'two columns' if key in names else 'no column'} {key}"
        detail = suggestion(key, () if key in names else known, f"columns: {', '.join(known)}")
        raise CatalogError([self._fault(table.header[0], summary, detail)])

    def _by_key(self, table: CsvGrid, column: int) -> Mapping[str, tuple[Cell, ...]]:
        """Return each record by its key, sorted; records are as long as the header."""
        found: dict[str, tuple[Cell, ...]] = {}
        nearest: Counter[str] = Counter()
        width = len(table.header)
        for record in table.records:
            cells = record
            if len(record) != width:
                if any(cell.value for cell in record[width:]):
                    summary = f"{len(record)} cells, and the header has {width}"
                    self._faults.append(self._fault(record[0], summary, "is a comma unquoted?"))
                    continue
                # Spreadsheets leave out empty cells at the end of a line.
                last = record[-1]
                ended = Cell("", last.line, last.column + len(last.value))
                cells = (*record, *[ended] * (width - len(record)))
            cell = cells[column]
            key = cell.value if is_key(cell.value) else _of_address(cell.value)
            if not key:
                summary = f"{cell.value!r} is no key" if cell.value else "there is no key in this row"
                nearest = nearest or Counter(
                    as_key(each[column].value) for each in table.records if each[column:]
                )
                self._faults.append(self._fault(cell, summary, key_help(cell.value, nearest)))
            elif key in found:
                summary = f"the key {key} stands in line {found[key][column].line} already"
                self._faults.append(self._fault(cell, summary, "keep one of the two, or give it another key"))
            else:
                found[key] = cells
        if not found and not self._faults:
            summary = "there is no row below the header"
            self._faults.append(self._fault(table.header[0], summary, "write a row for each key"))
        return {key: found[key] for key in sorted(found)}

    def _span(self, cell: Cell) -> Span:
        length = max(1, len(cell.value))
        return cell.line, cell.column, cell.line, cell.column + length

    def _fault(self, cell: Cell, summary: str, detail: str) -> Diagnostic:
        return self._text.fault("table", self._span(cell), summary, detail)


def _of_address(text: str) -> str:
    """Return the key of an address as `plan -o csv` writes it, "" for anything else."""
    try:
        return slug(Address.parse(text).name)
    except ValueError:
        return ""
