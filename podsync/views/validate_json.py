"""What `validate -o json` prints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from podsync.diagnostics import Diagnostic, errors
from podsync.model import Position

FORMAT_VERSION = "1.0"


def validate_json(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the JSON document, ASCII only: nothing in it can drive a terminal."""
    count = len(errors(diagnostics))
    document = {
        "format_version": FORMAT_VERSION,
        "valid": count == 0,
        "error_count": count,
        "warning_count": len(diagnostics) - count,
        "diagnostics": [diagnostic_json(diagnostic) for diagnostic in diagnostics],
    }
    return json.dumps(document, indent=2) + "\n"


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return one diagnostic as plain data; plan files hold the same form."""
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
