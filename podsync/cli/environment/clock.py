"""The real time, and the signals that ask a run to stop."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, Self

from podsync.model.errors import StoppedError

_SIGNALS = {
    getattr(signal, name): number
    for name, number in (("SIGINT", 2), ("SIGTERM", 15), ("SIGBREAK", 2))
    if hasattr(signal, name)
}
#: Waits are cut into pieces of this many seconds: no lock is needed to wake them from a signal.
_PIECE = 0.1
#: The two clocks are not read at the same moment, and tick unevenly: a smaller jump is not a sleep.
_JUMP = 1.0


class Signals:
    """Whether the run was asked to stop; listens between `with` and its end.

    The first signal is remembered in `signal`, the second leaves at once: what is on its way is in
    the journal, and the next run settles it. Handlers run in the main thread only; elsewhere this
    listens to nothing.
    """

    def __init__(self, message: str = "") -> None:
        self._message = message
        self._signal = 0
        self._before: dict[int, Any] = {}

    @property
    def signal(self) -> int:
        """2 or 15 once it was asked to stop, 0 before."""
        return self._signal

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        return self

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        stop_signal = _SIGNALS.get(number, number)
        if self._signal:
            _leave(128 + stop_signal)
        self._signal = stop_signal
        # Not through sys.stderr: the signal may have come in the middle of a write to it.
        with suppress(OSError):
            os.write(2, self._message.encode())


def _leave(code: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, RuntimeError):
            stream.flush()
    with suppress(OSError):
        if os.isatty(2):
            os.write(2, b"\x1b[?25h\n")  # a progress bar hides the cursor
    os._exit(code)


class Elapsed:
    """Seconds that grow for ever, also while the machine sleeps, from clocks of which few do both.

    `awake` never goes back and may stand still in a sleep, `wall` goes on and may be set by anybody: a jump
    of it ahead of the other one is taken for a sleep. That may be too much time, and what must not leave
    after a moment then leaves not at all. Thread-safe.
    """

    def __init__(
        self, awake: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self._awake, self._wall = awake, wall
        self._lock = threading.Lock()
        self._last = awake(), wall()
        self._sum = self._last[0]

    def __call__(self) -> float:
        """Return the seconds since some moment that stays the same."""
        with self._lock:
            now = self._awake(), self._wall()
            grown, wall = now[0] - self._last[0], now[1] - self._last[1]
            self._last = now
            self._sum += wall if wall > grown + _JUMP else grown
            return self._sum


def steady() -> Callable[[], float]:
    """Return the clock that goes on while the machine sleeps: the system's own where it has one."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    if boot is None:
        return Elapsed()
    try:
        time.clock_gettime(boot)
    except OSError:  # some sandboxes know it by name only
        return Elapsed()
    return lambda: time.clock_gettime(boot)


class SystemClock:
    """`model.clock.Clock` over the real time. `stop_signal` returns the signal to stop, 0 for none."""

    def __init__(
        self, stop_signal: Callable[[], int] = lambda: 0, monotonic: Callable[[], float] | None = None
    ) -> None:
        self._stop_signal = stop_signal
        self._monotonic = monotonic or steady()

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that only grow, also while the machine sleeps."""
        return self._monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; raises StoppedError as soon as the run is asked to stop."""
        end = self._monotonic() + seconds
        while True:
            signal_number = self._stop_signal()
            if signal_number:
                raise stopped(signal_number)
            left = end - self._monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _PIECE))


def stopped(signal_number: int) -> StoppedError:
    """Return the error of a run that the signal `signal_number` ended."""
    error = StoppedError("Stopped.")
    error.exit_code = 128 + signal_number
    return error
