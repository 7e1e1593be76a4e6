"""Outputs and summary of a step of GitHub Actions. Outputs are counts and hashes, which inject nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from podsync.cli.app.console import Text, whole
from podsync.cli.app.session import Session

if TYPE_CHECKING:
    from podsync.apply.report import Report
    from podsync.plan.model import Plan

#: The form of every value: nothing in it can end its line.
_VALUE = r"[0-9a-f]+"


def of_plan(plan: Plan) -> dict[str, str]:
    """Return `hash`, `changes` and `to_<action>` for each action."""
    from podsync.plan.action import Action

    counts = {f"to_{a.value}": str(count) for a, count in plan.summary.items() if a is not Action.NOOP}
    return {"hash": hex_of(plan.hash), "changes": str(len(plan.work)), **counts}


def of_report(report: Report) -> dict[str, str]:
    """Return `hash`, `left`, and a count for each result: `created`, `failed`, `in_doubt` and so on."""
    counts = {result.value: str(count) for result, count in report.counts.items()}
    return {"hash": hex_of(report.plan.hash), "left": str(report.left), **counts}


def tell(values: Callable[[], Mapping[str, str]], session: Session) -> None:
    """Append values to `$GITHUB_OUTPUT`, if it is set.

    If that fails, the run fails at its end: a later job would go on without a hash.
    """
    name = os.environ.get("GITHUB_OUTPUT")
    if not name:
        return
    lines = [f"{key}={value}\n" for key, value in values().items() if re.fullmatch(_VALUE, value)]
    try:
        with Path(name).open("a", encoding="ascii", newline="\n") as file:
            file.writelines(lines)
    except OSError as error:
        session.outputs_lost = True
        session.console.say(f"error: the outputs of this step cannot be written: {error.strerror or error}")


def hex_of(text: str) -> str:
    """Return a hash without the name of its algorithm."""
    return text.removeprefix("sha256:")


#: Bytes above which GitHub drops the whole summary of a step.
LIMIT = 1024 * 1024
#: Bytes that one command may take: several may share a step.
_SHARE = 300_000
#: Bytes that every view can fit into.
_LEAST = 20_000


def append(view: Callable[[int], Text], session: Session) -> None:
    """Append Markdown to `$GITHUB_STEP_SUMMARY`, if it is set; `view` makes at most so many bytes.

    A summary that cannot be written is only noted.
    """
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    path = Path(name)
    try:
        used = path.stat().st_size if path.exists() else 0
        room = min(_SHARE, LIMIT - used - 1)
        if room < _LEAST:
            session.console.say("note: the summary of this step is full; nothing was added to it")
            return
        data = (("\n" if used else "") + whole(view(room))).encode("utf-8", "backslashreplace")
        with path.open("ab") as file:
            file.write(data)
    except OSError as error:
        session.console.say(f"note: the summary of this step cannot be written: {error.strerror or error}")
