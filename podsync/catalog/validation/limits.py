"""How many faults are reported: enough to work on, and the number of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from podsync.catalog.parsing.source_text import MAX_FAULTS
from podsync.model.diagnostic import Diagnostic
from podsync.model.position import Position, Severity

MOST_IN_ALL = 1_000
RULE = "too-many"
_FIRST = "fix the ones above first"


def documents_left_out(at: Position, count: int) -> Diagnostic:
    """Return the one fault that stands for all faults of further documents of a file, at its last fault."""
    more = "1 more document of this file is" if count == 1 else f"{count:,} more documents of this file are"
    return _left_out("error", f"{more} not valid", at)


def capped(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the first faults of each file and in all, errors and warnings apart; the others are counted.

    `diagnostics` are in file order. An error is never left out for a warning.
    """
    kept: list[Diagnostic] = []
    of_file: Counter[tuple[str, str]] = Counter()
    in_all: Counter[str] = Counter()
    over: Counter[tuple[Severity, str]] = Counter()
    for each in diagnostics:
        path = each.path
        if each.rule == RULE:
            kept.append(each)
        elif in_all[each.severity] >= MOST_IN_ALL:
            over[each.severity, ""] += 1
        elif path and of_file[path, each.severity] >= MAX_FAULTS:
            over[each.severity, path] += 1
        else:
            of_file[path, each.severity] += 1
            in_all[each.severity] += 1
            kept.append(each)
    for (severity, path), count in over.items():
        noun = severity if count == 1 else f"{severity}s"
        where = f" in {path}" if path else ""
        summary = f"{count:,} more {noun}{where} {'is' if count == 1 else 'are'} not shown"
        kept.append(_left_out(severity, summary, None))
    return tuple(kept)


def among(index: str, count: int) -> str:
    """Say which products have a fault: `, in [colour=red] and 7 more`."""
    more = f" and {count - 1:,} more" if count > 1 else ""
    return f", in {index}{more}" if index else ""


def _left_out(severity: Severity, summary: str, at: Position | None) -> Diagnostic:
    return Diagnostic(severity, RULE, summary, at, _FIRST)
