"""A thread that shuts connections whose time is up, whatever they are busy with.

A socket's own timeout bounds each receive; a peer that sends a byte now and then is never late by it.
"""

from __future__ import annotations

import heapq
import socket
import threading
import time
from contextlib import suppress


class ConnectionDeadline:
    """A connection that is shut at a moment, unless that is called off before."""

    def __init__(self, line: socket.socket) -> None:
        self._line: socket.socket | None = line
        self._lock = threading.Lock()
        self._done = False

    def expire(self) -> None:
        """Shut the connection, whoever is reading from it or writing to it."""
        with self._lock:
            if self._line is not None:
                self._done = True
                with suppress(OSError):  # the peer was faster
                    self._line.shutdown(socket.SHUT_RDWR)
                self._line = None

    def cancel(self) -> bool:
        """Leave the connection alone from now on; returns whether it was shut already."""
        with self._lock:
            self._line = None
            return self._done


class Watchdog:
    """Cuts connections in time. Thread-safe; its thread starts with the first one, and is a daemon."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, ConnectionDeadline]] = []
        self._count = 0
        self._thread: threading.Thread | None = None

    def watch(self, line: socket.socket, seconds: float) -> ConnectionDeadline:
        """Shut `line` so many seconds from now. It has to stay open until the deadline is called off."""
        deadline = ConnectionDeadline(line)
        with self._changed:
            self._count += 1
            heapq.heappush(self._due, (time.monotonic() + seconds, self._count, deadline))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="podsync-watchdog", daemon=True)
                self._thread.start()
            if self._due[0][2] is deadline:
                self._changed.notify()
        return deadline

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due:
                    self._changed.wait()
                left = self._due[0][0] - time.monotonic()
                if left > 0:
                    self._changed.wait(min(left, threading.TIMEOUT_MAX))
                    continue
                deadline = heapq.heappop(self._due)[2]
            deadline.expire()


#: The program's one watchdog.
WATCHDOG = Watchdog()
