"""Faults of the catalog and the settings as values, each with its place, and the rules that they break."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, TypeAlias

from podsync.model.address import Address
from podsync.model.frozen import Path
from podsync.model.position import Position, Severity


class Rule(NamedTuple):
    """One rule; `catalog.rules` knows all of them.

    `id` is stable: people filter by it. `severity` is the worst that it is raised with. `title` names the
    fault in a few words without a full stop. `help` says in a sentence or two why it matters and what to do,
    for somebody who has not read the message.
    """

    id: str
    severity: Literal["error", "warning", "notice"]
    title: str
    help: str


class SpecFault(NamedTuple):
    """A fault that an offline rule found in a spec or a document; `path` is relative to it.

    `instead` is the replacement text, if that is certain. `in_key`: the key itself is at fault.
    """

    rule: str
    path: Path
    summary: str
    detail: str
    severity: Severity = "error"
    instead: str | None = None
    in_key: bool = False


class Edit(NamedTuple):
    """Replace a span by `text`; lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


#: Edits of one file that belong together; their spans do not overlap.
Fix: TypeAlias = tuple[Edit, ...]


class Diagnostic(NamedTuple):
    """One fault.

    `rule` is the id of a `Rule`, `summary` is one line, `detail` says what to do. `snippet` is the source
    line that `at` points into, so that a view can show it without reading files. `fix` is what `detail`
    says as edits of the file, where it says what to write.
    """

    severity: Severity
    rule: str
    summary: str
    at: Position | None = None
    detail: str = ""
    address: Address | None = None
    snippet: str | None = None
    fix: Fix = ()

    @property
    def path(self) -> str:
        """The file that it is in, empty for none."""
        return self.at.path if self.at is not None else ""


def mended(content: str, fix: Fix) -> str:
    """Return the text of a file after the edits of one fix."""
    starts = [0]
    for line in content.split("\n"):
        starts.append(starts[-1] + len(line) + 1)

    def offset(line: int, column: int) -> int:
        return min(starts[min(line, len(starts)) - 1] + column - 1, len(content))

    for edit in sorted(fix, reverse=True):
        start, end = offset(edit.line, edit.column), offset(edit.end_line, edit.end_column)
        content = content[:start] + edit.text + content[end:]
    return content


def errors_among(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return only the errors: faults that make a catalog or a plan unusable."""
    return tuple(d for d in diagnostics if d.severity == "error")


def in_file_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort by place, then rule and text: the same input gives the same bytes."""

    def key(d: Diagnostic) -> tuple[str, int, int, str, str]:
        at = d.at or Position("", 0, 0)
        return at.path, at.line, at.column, d.rule, d.summary

    return tuple(sorted(diagnostics, key=key))


def fix_json(diagnostic: Diagnostic) -> list[dict[str, Any]]:
    """Return the edits that mend a fault, for an editor to apply."""
    path = diagnostic.at.path if diagnostic.at else ""
    return [{"range": _range(Position(path, *edit[:4])), "text": edit.text} for edit in diagnostic.fix]


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
