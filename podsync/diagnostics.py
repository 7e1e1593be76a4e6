"""Faults of the catalog and the settings, as values: all of them at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from podsync.model import Address, Position, Severity


@dataclass(frozen=True, slots=True)
class Diagnostic:
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
