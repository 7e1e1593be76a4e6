"""JSON for programs that also passes through terminals and CI logs."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

#: Controls, bidi and other format characters, line separators, surrogates. JSON has an escape for each, so
#: that nothing is altered by it. `[` is escaped behind `##` only: GitHub's runner acts on `##[`.
_UNSAFE = re.compile(
    "[\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U0001d173-\U0001d17a\U000e0000-\U000e007f]|(?<=##)\\["
)


def json_text(value: Any) -> str:
    """Return indented JSON with a newline at the end; keys stay in the order they were given."""
    return printable(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)) + "\n"


def printable(text: str) -> str:
    """Return JSON text that reads the same and drives neither a terminal nor a CI runner."""
    if text.isascii() and "\x7f" not in text and "##[" not in text:  # as most catalogs are
        return text
    return "\n".join(
        line if line.isprintable() and "##[" not in line else _UNSAFE.sub(_escaped, line)
        for line in text.split("\n")
    )


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1] if match[0] != "[" else "\\u005b"


def iso(at: float | None) -> str | None:
    """Return epoch seconds as `2026-01-02T03:04:05Z`; None for "never" and for what is no time."""
    try:
        return None if not at else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return None
