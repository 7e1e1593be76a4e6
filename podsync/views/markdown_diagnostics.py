"""The verdict on a catalog as Markdown (`validate -o markdown`)."""

from __future__ import annotations

from collections.abc import Sequence

from podsync.diagnostics import Diagnostic
from podsync.views.diagnostics import count_line
from podsync.views.markdown import COMMENT
from podsync.views.markdown_fit import Section, fitted
from podsync.views.markdown_safe import clip, code, plain, row, size
from podsync.views.wording import counted

_HEAD = "| where | what | rule |\n|---|---|---|"


def diagnostics_markdown(
    diagnostics: Sequence[Diagnostic], *, products: int, files: int, limit: int = COMMENT, marker: str = ""
) -> str:
    """Return at most `limit` bytes, errors first. `products` and `files` are counted where all is well.

    `marker` is a hidden first line, by which a comment is found again.
    """
    bad = any(fault.severity == "error" for fault in diagnostics)
    valid = f"Valid: {counted(products, 'product')} in {counted(files, 'file')}."
    verdict = f"Not valid: {count_line(diagnostics)}" if bad else valid
    if diagnostics and not bad:
        verdict += f" {count_line(diagnostics)}"
    above = [*([marker] if marker else []), f"**{verdict}**", ""]
    found = []
    for severity in ("error", "warning"):
        faults = [fault for fault in diagnostics if fault.severity == severity]
        if faults:
            found.append(
                Section(counted(len(faults), severity), faults, _row, _brief, risky=True, head=_HEAD)
            )
    room = limit - sum(map(size, above))
    rest = "all of them are in the log of this step"
    return "\n".join([*above, *fitted(found, room, rest)]).rstrip("\n") + "\n"


def _where(fault: Diagnostic) -> str:
    if fault.at is None:
        return ""
    return code(f"{clip(fault.at.path, 100)}:{fault.at.line}:{fault.at.column}")


def _row(fault: Diagnostic) -> str:
    detail = f"<br>→ {plain(fault.detail, 600)}" if fault.detail else ""
    return row([_where(fault), plain(fault.summary, 400) + detail, code(fault.rule, 60)])


def _brief(fault: Diagnostic) -> str:
    return f"- {_where(fault)} {plain(fault.summary, 60)}"
