"""Faults of the catalog and the settings, as values: all of them at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from podsync.model import Address, Position, Severity


class Diagnostic(NamedTuple):
    """One fault.

    `rule` is stable, `summary` is one line, `detail` says what to do. `snippet` is the source line
    that `at` points into, so that a view can show it without reading files.
    """

    severity: Severity
    rule: str
    summary: str
    at: Position | None = None
    detail: str = ""
    address: Address | None = None
    snippet: str | None = None


def errors(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Only those that make a catalog or a plan unusable."""
    return tuple(d for d in diagnostics if d.severity == "error")


def in_file_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort by place, then rule and text: the same input gives the same bytes."""

    def key(d: Diagnostic) -> tuple[str, int, int, str, str]:
        at = d.at or Position("", 0, 0)
        return at.path, at.line, at.column, d.rule, d.summary

    return tuple(sorted(diagnostics, key=key))


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return one diagnostic as plain data: the form of `validate -o json` and of plan files."""
    return {
        "severity": diagnostic.severity,
        "rule": diagnostic.rule,
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
        "address": str(diagnostic.address) if diagnostic.address else None,
        "range": _range(diagnostic.at) if diagnostic.at else None,
    }


def _range(at: Position) -> dict[str, Any]:
    start = {"line": at.line, "column": at.column}
    end_line = at.line if at.end_line is None else at.end_line
    end_column = at.column if at.end_column is None else at.end_column
    return {"filename": at.path, "start": start, "end": {"line": end_line, "column": end_column}}
