"""Diagnostics as text: place, rule, what is wrong, the source line with a caret, what to do."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from podsync.diagnostics import Diagnostic
from podsync.model import Position
from podsync.views.escape import safe, safe_character

#: Characters of a source line that are shown, and how many of them before the caret.
_WINDOW = 120
_BEFORE = 60


def diagnostics_text(diagnostics: Sequence[Diagnostic]) -> str:
    """Return every diagnostic, in the order given, and a last line that counts them; "" for none."""
    if not diagnostics:
        return ""
    blocks = [diagnostic_text(diagnostic) for diagnostic in diagnostics]
    return "\n".join([*blocks, count_line(diagnostics)]) + "\n"


def diagnostic_text(diagnostic: Diagnostic) -> str:
    """Return one diagnostic: one to four lines, each ended."""
    at = diagnostic.at
    place = f"{safe(str(at))}: " if at else ""
    lines = [f"{place}{diagnostic.severity}[{diagnostic.rule}]: {safe(diagnostic.summary)}"]
    gutter = ""
    if at is not None and diagnostic.snippet:
        gutter = " " * len(str(at.line))
        lines += [f"{prefix} | {text}".rstrip() for prefix, text in _source(at, diagnostic.snippet, gutter)]
    lines += _help(diagnostic.detail, gutter)
    return "\n".join(lines) + "\n"


def count_line(diagnostics: Iterable[Diagnostic]) -> str:
    """Return `2 errors, 1 warning.`."""
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    words = [
        f"{counts[severity]} {severity}{'' if counts[severity] == 1 else 's'}"
        for severity in ("error", "warning")
        if counts[severity]
    ]
    return ", ".join(words) + "." if words else "No faults."


def _help(detail: str, gutter: str) -> list[str]:
    """Return `= help: …`; further lines of a detail are indented below."""
    if not detail:
        return []
    first, *rest = detail.splitlines()
    margin = f"{gutter} = help: "
    return [margin + safe(first), *(" " * len(margin) + safe(line) for line in rest)]


def _source(at: Position, snippet: str, gutter: str) -> list[tuple[str, str]]:
    """Return the source line and the caret line below it, cut around the caret."""
    start = min(at.column - 1, len(snippet))
    end = at.end_column - 1 if at.end_line == at.line and at.end_column is not None else start + 1
    if at.end_line is not None and at.end_line > at.line:
        end = len(snippet)
    first = max(0, start - _BEFORE) if len(snippet) > _WINDOW else 0
    last = min(len(snippet), first + _WINDOW)
    head, tail = ("…" if first else ""), ("…" if last < len(snippet) else "")
    before, marked = _shown(snippet[first:start]), _shown(snippet[start : min(end, last)])
    rest = _shown(snippet[start + len(snippet[start : min(end, last)]) : last])
    indent = " " * _width(head + before)
    caret = "^" * max(1, _width(marked))
    line = (head + before + marked + rest + tail).replace("##[", "##\\x5b")
    return [(str(at.line), line), (gutter, indent + caret)]


def _shown(text: str) -> str:
    return text if text.isprintable() else "".join(map(safe_character, text))


def _width(text: str) -> int:
    """Return how many columns a terminal needs: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or character in "\u200c\u200d\ufe0e\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
