"""The real clock, and the signals that stop a run."""

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
#: Waits are cut into pieces of this many seconds, so that a signal needs no lock to end them.
_PIECE = 0.1
#: Seconds. The clocks are not read at the same moment and tick unevenly: less is no sleep.
_JUMP = 1.0


class Signals:
    """Records the signals that ask a run to stop, inside its block.

    The first one is kept in `signal`, the second one exits at once: requests under way are in the journal,
    and the next run settles them. Only the main thread gets signals; elsewhere nothing is recorded.
    """

    def __init__(self, message: str = "") -> None:
        self._message = message
        self._signal = 0
        self._before: dict[int, Any] = {}

    @property
    def signal(self) -> int:
        """2 or 15 once a stop was asked for, 0 before."""
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
        # Not through sys.stderr: the signal may interrupt a write to it.
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
    """Monotonic seconds that include sleep, from two clocks of which neither does both.

    `awake` never goes back but may stop during sleep; `wall` goes on but may be set. If `wall` runs ahead,
    that is taken for sleep. The sum may be too large, which is safe: a request with a deadline is not sent
    then. Thread-safe.
    """

    def __init__(
        self, awake: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self._awake, self._wall = awake, wall
        self._lock = threading.Lock()
        self._last = awake(), wall()
        self._sum = self._last[0]

    def __call__(self) -> float:
        """Return the seconds since a fixed moment."""
        with self._lock:
            now = self._awake(), self._wall()
            grown, wall = now[0] - self._last[0], now[1] - self._last[1]
            self._last = now
            self._sum += wall if wall > grown + _JUMP else grown
            return self._sum


def steady() -> Callable[[], float]:
    """Return a monotonic clock that includes sleep: the system's own if it has one."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    if boot is None:
        return Elapsed()
    try:
        time.clock_gettime(boot)
    except OSError:  # some sandboxes define only the name
        return Elapsed()
    return lambda: time.clock_gettime(boot)


class SystemClock:
    """`model.clock.Clock` in real time. `stop_signal` returns the signal to stop, 0 for none."""

    def __init__(
        self, stop_signal: Callable[[], int] = lambda: 0, monotonic: Callable[[], float] | None = None
    ) -> None:
        self._stop_signal = stop_signal
        self._monotonic = monotonic or steady()

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Monotonic seconds that include sleep."""
        return self._monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; raises StoppedError as soon as a stop is asked for."""
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
    """Return the error of a run that this signal ended."""
    error = StoppedError("Stopped.")
    error.exit_code = 128 + signal_number
    return error
