"""Writes CSV that spreadsheets read, and in which none of them finds a formula.

Commas, LF, UTF-8 without a BOM. `podsync.catalog.parsing.csv_reader` gives back what was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from podsync.model.characters import protected


def written(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, the header first; `rows` are read one at a time."""
    for row in chain([header], rows):
        yield ",".join(_quoted(protected(cell)) for cell in row) + "\n"


def records(header: Sequence[str], rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """Yield the lines of a table whose rows name their columns; a column that one lacks is empty."""
    yield from written(header, ([row.get(name, "") for name in header] for row in rows))


def of_provider(provider: str, identity: str) -> str:
    """Return an id as files have it, `PROVIDER:ID`: a spreadsheet makes no number or date of it."""
    return f"{provider}:{identity}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",;\t\r\n]|^\s|\s$', text) else text
