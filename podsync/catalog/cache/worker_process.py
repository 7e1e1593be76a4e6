"""A second process for a while: a fork, which has everything already and costs some milliseconds.

It gives back bytes, or nothing when it fails in any way: whoever made it then does the work itself. So
helpers save time and decide nothing.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import BinaryIO, NoReturn

_ENDING = (signal.SIGINT, signal.SIGTERM)
#: What a helper does; each piece is given back as it is, after the last one.
Work = Callable[[], Iterable[bytes]]


def processors() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else 1


def may_fork() -> bool:
    """A fork takes only this thread along: with others at work their locks would stay locked."""
    return sys.platform == "linux" and threading.active_count() == 1


class WorkerProcess:
    """A forked process that does `work`, for which it needs these descriptors. Raises OSError for none."""

    def __init__(self, work: Work, *needed: int) -> None:
        reading, writing = os.pipe()
        parent = os.getpid()
        # A signal that met a helper before it has handlers of its own would end it as the parent ends.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        self._pipe, self._pid = reading, 0
        try:
            try:
                self._pid = os.fork()
                if self._pid == 0:
                    _help(work, parent, writing, needed)
            finally:
                os.close(writing)
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        except BaseException:  # a signal may have come meanwhile: nobody else knows of this helper yet
            self.end()
            raise

    def told(self) -> BinaryIO:
        """Return what it gives back, to be read once; less, or nothing, when it has failed."""
        return open(self._pipe, "rb", closefd=False)

    def end(self) -> None:
        """Leave no process behind, whatever happened."""
        os.close(self._pipe)
        if self._pid:
            with suppress(OSError):
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)


def _help(work: Work, parent: int, pipe: int, needed: Iterable[int]) -> NoReturn:
    """Be a helper to the end: nothing of the parent may run in it, not even its exit handlers."""
    code = 1
    try:
        import gc

        for number in _ENDING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        _let_go(pipe, *needed)
        _hear_nothing(pipe, *needed)
        gc.disable()  # what is read has no cycles, and a collection would copy the parent's pages
        found = []
        for each in work():
            found.append(each)
            if os.getppid() != parent:
                os._exit(code)
        with open(pipe, "wb") as out:
            out.writelines(found)
        code = 0
    finally:
        os._exit(code)


def _hear_nothing(*needed: int) -> None:
    """Let go of the parent's streams, too: who reads them must not wait for a helper when it is dead."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in {0, 1, 2}.difference(needed):  # a pipe may stand where the parent had none
        os.dup2(nowhere, stream)
    if nowhere > 2:
        os.close(nowhere)


def _let_go(*needed: int) -> None:
    """Close whatever else is open: a lock of the parent's must not outlive it here."""
    first = 3
    for kept in sorted(needed):
        os.closerange(first, kept)
        first = kept + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))
