"""A table as programs and diffs like it: commas, LF, UTF-8 without a BOM. Every cell says what it said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from podsync.catalog.formatting.form import Formatted
from podsync.catalog.parsing.csv_reader import NotCsvError, grid, meant, written
from podsync.catalog.parsing.source_text import START, Text
from podsync.model.diagnostic import Diagnostic

#: What cannot stand outside of quotes. What stands between cells is told by the header: no cell of it may
#: look like that.
_IN_RECORD, _IN_HEADER = r'[",\r\n]', r'[",;\t\r\n]|^sep='


def formatted(path: str, raw: bytes) -> Formatted:
    """Return a CSV in plain form, taken apart as documents read it. Never raises for any content."""
    try:
        table = grid(path, raw, written)
    except NotCsvError as error:
        return Formatted(raw, (error.fault(Text(path, ""), "encoding"),))
    if table.faults:
        return Formatted(raw, table.faults)
    if not table.header:
        return Formatted(raw)
    header = [cell.value for cell in table.header]
    lines = [_line(header, _IN_HEADER)]
    for record in table.records:
        cells = [cell.value for cell in record]
        if any(map(meant, cells)):
            lines.append(_line(cells, _IN_RECORD))
    content = "".join(lines).encode()
    return Formatted(content) if _said(content) == _said(raw) else Formatted(raw, (_left(path),))


def _line(cells: Sequence[str], quoted: str) -> str:
    """Return a record; cells with a character of `quoted` are put in quotes."""
    pattern = re.compile(quoted)
    return ",".join('"' + c.replace('"', '""') + '"' if pattern.search(c) else c for c in cells) + "\n"


def _said(raw: bytes) -> list[list[str]]:
    table = grid("", raw)
    return [[cell.value for cell in record] for record in (table.header, *table.records)]


def _left(path: str) -> Diagnostic:
    summary = "this is written in a form that fmt does not move; the file is left as it is"
    return Text(path, "").fault("layout", START, summary, "save it as CSV UTF-8 anew", severity="warning")
