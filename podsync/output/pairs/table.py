"""The pairs as rows: a table for people to fill in, and the same for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, fields

from podsync.output.csv.writer import written
from podsync.output.pairs.words import PairLine

_COLUMNS = tuple(each.name for each in fields(PairLine))


def pairs_csv(lines: Sequence[PairLine]) -> Iterator[str]:
    """Yield the lines of the file that a person fills in."""
    yield from written(_COLUMNS, (astuple(line) for line in lines))


def pairs_json(lines: Sequence[PairLine], alone: int) -> str:
    """Return the rows; `alone` documents look like nothing that is listed."""
    rows = [dict(zip(_COLUMNS, astuple(line), strict=True)) for line in lines]
    return json.dumps(
        {"format_version": "1.0", "pairs": rows, "documents_alone": alone}, indent=1, ensure_ascii=False
    )
