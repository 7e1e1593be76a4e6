"""A table as programs and diffs like it: commas, LF, UTF-8 without a BOM. Every cell says what it said."""

from __future__ import annotations

import csv
import io
import re

from podsync.catalog.formatting.form import Formatted
from podsync.catalog.parsing import csv_reader
from podsync.catalog.parsing.source_text import START, Text
from podsync.model.diagnostic import Diagnostic

_BLANKS = " \u00a0"


def formatted(path: str, raw: bytes) -> Formatted:
    """Return a CSV in plain form. Never raises for any content."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return Formatted(raw, (_fault(path, line, "not UTF-8", "save it as CSV UTF-8"),))
    if "\x00" in text:
        summary = "it holds NUL characters"
        return Formatted(raw, (_fault(path, 1, summary, "save it as CSV UTF-8, not as a workbook"),))
    if not text.strip():
        return Formatted(raw)
    if broken := [fault for fault in csv_reader.read(path, raw, ()).faults if fault.rule == "quotes"]:
        return Formatted(raw, tuple(broken))
    told = re.match(r"sep=(.)(?:\r\n|\r|\n)", text)
    body = text[told.end() :] if told else text
    header = re.split(r"[\r\n]", body, maxsplit=1)[0]
    delimiter = told[1] if told else max(csv_reader.DELIMITERS, key=header.count)
    rows = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, skipinitialspace=True)
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    for row in rows:
        cells = [cell.strip(_BLANKS) for cell in row]
        if any(map(csv_reader.meant, cells)):
            writer.writerow(cells)
    return Formatted(made.getvalue().encode())


def _fault(path: str, line: int, summary: str, detail: str) -> Diagnostic:
    return Text(path, "").fault("encoding", (line, 1, line, 2) if line > 1 else START, summary, detail)
