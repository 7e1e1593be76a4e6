"""The verdict on a catalog as Markdown (`validate -o markdown`)."""

from __future__ import annotations

from collections.abc import Sequence

from podsync.model.diagnostic import Diagnostic
from podsync.output.markdown.escape import clip, code, plain, row, size
from podsync.output.markdown.fit import Section, fitted
from podsync.output.markdown.plan import COMMENT
from podsync.output.text.diagnostics import count_line
from podsync.output.wording import counted

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


def fault_markdown(message: str, remedy: str) -> str:
    """Return what is wrong and what to do about it; each line of `remedy` is a step or a command."""
    steps = [f"- {code(line.strip(), 400)}" for line in remedy.splitlines() if line.strip()]
    return "\n".join([f"**⚠ {plain(message, 600)}**", "", *steps]) + "\n"
