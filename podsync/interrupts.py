"""The signals that end a run: remembered when they come, whatever becomes of the exception that they raise.

A signal unwinds the run, so that what was begun (a half-written file) is removed. It may come where Python
turns an exception into another one (while a class is made), or drops it (in a callback of the import
system). What is remembered decides how the process ends; an exception that was dropped is raised again.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, Self

#: Seconds until a dropped exception is raised again.
_AGAIN = 0.005


class Terminated(SystemExit):
    """SIGTERM came: the run unwinds, and ends with 143."""


class Interrupted(KeyboardInterrupt):
    """SIGINT came: the run unwinds, and ends with 130.

    Python remembers of a KeyboardInterrupt that went through an executed text (a dataclass is made so) that
    nobody caught it, and ends the process by the signal; of this one it does not.
    """


class Interrupts:
    """Listens to SIGINT and SIGTERM between `with` and the end of the process.

    The end of the `with` raises SystemExit with `code` if one came. After it a signal leaves at once: nothing
    is left to remove, and no exception can be seen any more. Handlers run in the main thread only; elsewhere
    this listens to nothing.
    """

    def __init__(self) -> None:
        self._code = 0

    @property
    def code(self) -> int:
        """130 or 143 once a signal came, 0 before."""
        return self._code

    def __enter__(self) -> Self:
        # Who was started in the background ignores SIGINT, and goes on doing so.
        self._listen(self._raise, signal.getsignal(signal.SIGINT) is signal.default_int_handler)
        sys.unraisablehook = self._dropped
        return self

    def __exit__(self, *_exception: object) -> None:
        listens = getattr(signal.getsignal(signal.SIGINT), "__self__", None) is self
        self._listen(lambda number, _frame: os._exit(128 + number), listens)
        if self._code:
            raise SystemExit(self._code) from None

    @staticmethod
    def _listen(handler: Callable[[int, FrameType | None], None], interrupts: bool) -> None:
        with suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGTERM, handler)
            if interrupts:
                signal.signal(signal.SIGINT, handler)

    def _raise(self, number: int, _frame: FrameType | None) -> None:
        self._code = 128 + number
        raise Interrupted if number == signal.SIGINT else Terminated(self._code)

    def _again(self, _number: int, frame: FrameType | None) -> None:
        self._raise(self._code - 128, frame)

    def _dropped(self, dropped: Any) -> None:
        """Raise once more what nobody saw; anything else is told as ever."""
        if not (self._code and isinstance(dropped.exc_value, Interrupted | Terminated)):
            sys.__unraisablehook__(dropped)
        elif hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, self._again)
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)
