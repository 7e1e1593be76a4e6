"""The summary of a step of GitHub Actions, which people read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from podsync.cli.app.session import Session

#: Bytes above which GitHub drops the whole summary of a step.
LIMIT = 1024 * 1024
#: Bytes that one command may take: several may share a step.
_SHARE = 300_000
#: Bytes that every view can fit into.
_LEAST = 20_000


def append(view: Callable[[int], str], session: Session) -> None:
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
        data = (("\n" if used else "") + view(room)).encode("utf-8", "backslashreplace")
        with path.open("ab") as file:
            file.write(data)
    except OSError as error:
        session.console.say(f"note: the summary of this step cannot be written: {error.strerror or error}")
