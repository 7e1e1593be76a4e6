"""A forked worker process. A fork takes some milliseconds and has everything in memory already.

It returns bytes, or nothing if it fails in any way; then its parent does the work itself. So a worker saves
time and decides nothing.
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
#: The work of a worker. It returns the pieces, unchanged, after the last one.
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
        # A signal before the worker has handlers of its own would run the parent's.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        self._pipe, self._pid = reading, 0
        try:
            try:
                self._pid = os.fork()
                if self._pid == 0:
                    _work(work, parent, writing, needed)
            finally:
                os.close(writing)
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        except BaseException:  # after a signal nothing else would end this worker
            self.end()
            raise

    def output(self) -> BinaryIO:
        """Return what it gives back, to be read once; less, or nothing, when it has failed."""
        return open(self._pipe, "rb", closefd=False)

    def end(self) -> None:
        """Leave no process behind, whatever happened."""
        os.close(self._pipe)
        if self._pid:
            with suppress(OSError):
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)


def _work(work: Work, parent: int, pipe: int, needed: Iterable[int]) -> NoReturn:
    """Do the work and exit. Nothing of the parent may run here, not even its exit handlers."""
    code = 1
    try:
        import gc

        for number in _ENDING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        _let_go(pipe, *needed)
        _detach_streams(pipe, *needed)
        gc.disable()  # the data has no cycles, and a collection would copy the parent's pages
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


def _detach_streams(*needed: int) -> None:
    """Replace the standard streams with the null device, so that nothing waits for an orphaned worker."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in {0, 1, 2}.difference(needed):  # a pipe may have the number of a closed stream
        os.dup2(nowhere, stream)
    if nowhere > 2:
        os.close(nowhere)


def _let_go(*needed: int) -> None:
    """Close all other open files: a lock of the parent must not outlive it here."""
    first = 3
    for kept in sorted(needed):
        os.closerange(first, kept)
        first = kept + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))
