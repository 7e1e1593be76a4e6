"""Reading many files, on every processor that there is.

A helper is a fork of this process: it has everything already and costs some milliseconds. It hands
back what is kept of its files; those that are not plain, and everything of a helper that fails in any
way, are read here. So helpers save time and decide nothing.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from podsync.catalog.files import Found, read_signed
from podsync.catalog.record import Kept, digest_of, quick_read
from podsync.diagnostics import Diagnostic

if TYPE_CHECKING:
    from podsync.ports import Provider

#: Fewer files are read sooner than a helper is made.
WORTH_A_HELPER = 400
_MOST_HELPERS = 7


class Plain(NamedTuple):
    """A file without a fault: what `stat` said just before, its content's digest, its products.

    `kept` is None for content that is known.
    """

    signature: str
    changed_at: int
    digest: str
    kept: list[Kept] | None


#: None: it has to be looked at closely.
Answer: TypeAlias = Plain | None


class Task(NamedTuple):
    """How to read: the providers by kind, and the digests of content that is known."""

    by_kind: Mapping[str, Provider]
    known: Container[str] = frozenset()


def read_plain(files: Sequence[Found], task: Task, processors: int | None = None) -> list[Answer]:
    """Return an answer for each file, in order. `processors`: how many may be used (default: all)."""
    wanted = min(_processors() if processors is None else processors, len(files) // (WORTH_A_HELPER // 2))
    if wanted < 2 or not _may_fork():
        return _read_each(files, task)
    wanted = min(wanted, _MOST_HELPERS + 1)
    bounds = [len(files) * number // wanted for number in range(wanted + 1)]
    shares = [files[start:end] for start, end in pairwise(bounds)]
    helpers = [_Helper(share, task) for share in shares[1:]]
    try:
        answers = _read_each(shares[0], task)
        for helper, share in zip(helpers, shares[1:], strict=True):
            answers += helper.answers() or _read_each(share, task)
    finally:
        for helper in helpers:
            helper.end()
    return answers


def _read_each(files: Sequence[Found], task: Task) -> list[Answer]:
    return [_read_one(found, task) for found in files]


def _read_one(found: Found, task: Task) -> Answer:
    read = read_signed(found)
    if isinstance(read, Diagnostic):
        return None
    digest = digest_of(read.raw)
    known = digest in task.known
    kept = None if known else quick_read(read.raw, task.by_kind)
    return Plain(read.signature, read.changed_at, digest, kept) if known or kept is not None else None


def _processors() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else 1


def _may_fork() -> bool:
    """A fork takes only this thread along: with others at work their locks would stay locked."""
    return sys.platform == "linux" and threading.active_count() == 1


class _Helper:
    """A forked process that reads a share of the files and writes the answers into a pipe."""

    def __init__(self, files: Sequence[Found], task: Task) -> None:
        self._pid, self._pipe = 0, -1
        with suppress(OSError):
            reading, writing = os.pipe()
            try:
                self._pid = os.fork()
            except OSError:
                os.close(reading)
                os.close(writing)
                raise
            if self._pid == 0:
                _help(files, task, writing)
            os.close(writing)
            self._pipe = reading

    def answers(self) -> list[Answer] | None:
        """Wait for the answers; None when this helper has failed."""
        if self._pid == 0:
            return None
        try:
            with os.fdopen(self._pipe, "rb", closefd=False) as pipe:
                data = pipe.read()
            _, status = os.waitpid(self._pid, 0)
        except OSError:
            return None
        self._pid = 0
        import pickle

        # From a copy of ourselves, through a pipe that nobody else can write to.
        return pickle.loads(data) if status == 0 else None  # noqa: S301

    def end(self) -> None:
        """Leave no process behind, whatever happened."""
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
        if self._pid:
            with suppress(OSError):
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)
            self._pid = 0


def _help(files: Sequence[Found], task: Task, pipe: int) -> None:
    """Be a helper to the end: nothing of the parent may run in it, not even its exit handlers."""
    code = 1
    try:
        import pickle

        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, signal.SIG_DFL)
        data = pickle.dumps(_read_each(files, task), protocol=pickle.HIGHEST_PROTOCOL)
        with os.fdopen(pipe, "wb") as out:
            out.write(data)
        code = 0
    finally:
        os._exit(code)
