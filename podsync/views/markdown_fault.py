"""An error that ended a command, as Markdown for a step's summary."""

from __future__ import annotations

from podsync.views.markdown_safe import code, plain


def fault_markdown(message: str, remedy: str) -> str:
    """Return what is wrong and what to do about it; each line of `remedy` is a step or a command."""
    steps = [f"- {code(line.strip(), 400)}" for line in remedy.splitlines() if line.strip()]
    return "\n".join([f"**⚠ {plain(message, 600)}**", "", *steps]) + "\n"
