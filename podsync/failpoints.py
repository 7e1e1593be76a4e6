"""Named moments at which a test lets the process die; without `PODSYNC_FAILPOINT` they do nothing.

`PODSYNC_FAILPOINT=NAME:N:SIGKILL`, read once when the program starts, sends the process that signal at
the N-th hit of NAME. After SIGKILL, which flushes and unwinds nothing, nothing may be made twice or
forgotten; after SIGINT and SIGTERM the run ends in order, and says what it did.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from itertools import count


def _nothing(_moment: str, *_what: object) -> None:
    """Do nothing: no test listens."""


def _listening(instruction: str) -> Callable[..., None]:
    """Return a `hit` that sends the signal once, at the hit that `instruction` names."""
    wanted, times, word = instruction.split(":")
    seen, number = count(1), signal.Signals[word]

    def hit(moment: str, *what: object) -> None:
        names = [f"{moment}.{type(each).__name__}" for each in what] or [moment]
        for _ in range(names.count(wanted)):
            if next(seen) == int(times):
                os.kill(os.getpid(), number)

    return hit


_INSTRUCTION = os.environ.get("PODSYNC_FAILPOINT")

#: `hit(moment)`, or `hit(moment, *events)`, which counts as `moment.Intent` and the like for each.
hit = _listening(_INSTRUCTION) if _INSTRUCTION else _nothing
