"""Diagnostics as text: place, rule, what is wrong, the source line with a caret, what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from podsync.model.diagnostic import Diagnostic
from podsync.model.position import Position
from podsync.output.escape import safe, safe_character
from podsync.output.layout import cells, wrap
from podsync.output.style import PLAIN, Style

#: Columns of a source line that are shown.
_WINDOW = 120
#: A terminal that is narrower shows a line of source cut by itself.
_LEAST = 20


def diagnostics_text(
    diagnostics: Sequence[Diagnostic],
    style: Style = PLAIN,
    width: int | None = None,
    *,
    most: int | None = None,
) -> str:
    """Return every diagnostic, in the order given, and a last line that counts them; "" for none.

    `most` are shown, where it is given. `width` is a terminal's; without one nothing is wrapped, so that
    other programs find a fault in a line.
    """
    if not diagnostics:
        return ""
    blocks = [diagnostic_text(diagnostic, style, width) for diagnostic in diagnostics[:most]]
    if len(blocks) < len(diagnostics):
        blocks.append(f"… and {len(diagnostics) - len(blocks):,} more\n")
    return "\n".join([*blocks, style.bold(count_line(diagnostics))]) + "\n"


def diagnostic_text(diagnostic: Diagnostic, style: Style = PLAIN, width: int | None = None) -> str:
    """Return one diagnostic: one to four lines where nothing is wrapped, each ended."""
    at = diagnostic.at
    place = f"{style.dim(safe(str(at)))}: " if at else ""
    paint = style.bad if diagnostic.severity == "error" else style.warn
    first = (
        f"{place}{paint(f'{diagnostic.severity}[{diagnostic.rule}]')}: {style.bold(safe(diagnostic.summary))}"
    )
    lines = [first] if width is None else wrap(first, width, "", "  ")
    gutter = ""
    if at is not None and diagnostic.snippet:
        gutter = " " * len(str(at.line))
        window = _WINDOW if width is None else max(_LEAST, min(_WINDOW, width - len(gutter) - 3))
        source, caret = _source(at, diagnostic.snippet, window)
        lines += [f"{at.line} | {source}".rstrip(), f"{gutter} | {paint(caret)}"]
    lines += _help(diagnostic.detail, gutter, style, width)
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


def _help(detail: str, gutter: str, style: Style, width: int | None) -> list[str]:
    """Return `= help: …`; further lines of a detail are indented below, and keep their own indentation."""
    if not detail:
        return []
    plain = f"{gutter} = help: "
    margin = f"{gutter} = {style.good('help')}: "
    lines: list[str] = []
    for number, line in enumerate(detail.splitlines()):
        text = safe(line)
        indent = " " * (len(plain) + len(text) - len(text.lstrip(" ")))
        first = indent if number else margin
        if width is None:
            lines.append(first + text.lstrip(" "))
        else:
            lines += wrap(text.lstrip(" "), width, first, indent)
    return lines


def _source(at: Position, snippet: str, window: int) -> tuple[str, str]:
    """Return the source line and the caret line below it, cut around the caret."""
    start = min(at.column - 1, len(snippet))
    end = at.end_column - 1 if at.end_line == at.line and at.end_column is not None else start + 1
    if at.end_line is not None and at.end_line > at.line:
        end = len(snippet)
    whole = cells(_shown(snippet))
    cut = whole > window
    first = max(0, start - window // 2) if cut else 0
    head = "…" if first else ""
    last, room = first, window - len(head) - 1 if cut else whole
    while last < len(snippet) and room >= (columns := cells(_shown(snippet[last]))):
        last, room = last + 1, room - columns
    tail = "…" if last < len(snippet) else ""
    before, marked = _shown(snippet[first:start]), _shown(snippet[start : min(end, last)])
    rest = _shown(snippet[start + len(snippet[start : min(end, last)]) : last])
    line = (head + before + marked + rest + tail).replace("##[", "##\\x5b")
    return line, " " * cells(head + before) + "^" * max(1, cells(marked))


def _shown(text: str) -> str:
    return text if text.isprintable() else "".join(map(safe_character, text))
