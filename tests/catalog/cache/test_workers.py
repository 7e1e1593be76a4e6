"""However many processes read, and whatever becomes of them: the answers are those of one process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.cache import worker_process, workers
from podsync.catalog.cache.workers import Answer, Task, WorkerPool
from podsync.catalog.discovery import FoundFile
from podsync.model.settings import Settings
from podsync.providers.registry import providers
from tests.benchmarks import corpus

COUNT = 610
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="helpers are forks")


@pytest.fixture(autouse=True)
def forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let helpers be made whatever threads the tests before these have left behind."""
    monkeypatch.setattr(workers, "may_fork", lambda: True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("crew")
    corpus.write_catalog(root, COUNT)
    for number in (3, COUNT - 1):  # one that has to be looked at closely, in the first lot and in the last
        corpus.file_of(root, number).write_text("kind: [")
    return root


@pytest.fixture(scope="module")
def files(folder: Path) -> list[FoundFile]:
    return [FoundFile(str(path), path.name) for path in sorted((folder / "catalog").rglob("*.yaml"))]


AROUND = AuthoringContext(Path(), Path())
TASK = Task({provider.kind: provider for provider in providers(Settings()).values()}, AROUND)


def read(files: Sequence[FoundFile], processors: int, task: Task = TASK) -> list[Answer]:
    with WorkerPool(files, task, processors) as each:
        return each.answers()


@pytest.fixture(scope="module")
def alone(files: list[FoundFile]) -> list[Answer]:
    return read(files, 1)


def children() -> set[int]:
    told = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return {int(pid) for pid in told.split()}


@pytest.mark.parametrize("processors", [2, 3, 8])
def test_helpers_answer_as_one_process_does(
    files: list[FoundFile], alone: list[Answer], processors: int
) -> None:
    before = children()

    assert read(files, processors) == alone
    assert alone.count(None) == 2
    assert children() == before


def test_known_content_is_not_read_by_helpers_either(files: list[FoundFile], alone: list[Answer]) -> None:
    known = frozenset(answer.digest for answer in alone if answer is not None)

    answers = read(files, 2, TASK._replace(known=known))

    assert [answer and answer._replace(kept=None) for answer in alone] == answers


def test_helpers_work_while_this_process_does_something_else(
    files: list[FoundFile], alone: list[Answer]
) -> None:
    with WorkerPool(files, TASK, 2) as each:
        assert each._queue is not None
        deadline = time.monotonic() + 60
        while _waiting(each._queue) and time.monotonic() < deadline:
            time.sleep(0.01)

        assert _waiting(each._queue) == 0  # nothing is left to this process
        assert each.answers() == alone


def _waiting(pipe: int) -> int:
    """Bytes that nobody has taken out of a pipe."""
    import array
    import fcntl
    import termios

    size = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, size)
    return size[0]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "killed when stopped"])
def test_what_a_dead_helper_had_taken_is_read_again(
    files: list[FoundFile], alone: list[Answer], how: signal.Signals
) -> None:
    before = children()
    with WorkerPool(files, TASK, 2) as each:
        (helper,) = children() - before
        os.kill(helper, how)
        if how is signal.SIGSTOP:
            os.kill(helper, signal.SIGKILL)

        assert each.answers() == alone


def test_no_helper_is_left_behind_when_reading_breaks_off(files: list[FoundFile]) -> None:
    before = children()

    with contextlib.suppress(KeyboardInterrupt), WorkerPool(files, TASK, 3):
        assert len(children() - before) == 2
        raise KeyboardInterrupt

    assert children() == before


def test_where_threads_are_at_work_nothing_is_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their locks would stay locked in the fork for ever."""
    import threading

    monkeypatch.undo()
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert not worker_process.may_fork()
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("missing", ["fork", "pipe"])
def test_where_there_can_be_no_helper_everything_is_read_here(
    files: list[FoundFile], alone: list[Answer], missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(workers.os, missing, refuse)

    assert read(files, 2) == alone


def test_more_files_than_numbers_fit_into_a_pipe_are_handed_out_in_larger_batches(
    files: list[FoundFile], alone: list[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_MOST_BATCHES", 4)

    assert read(files, 2) == alone


_HOLDER = """
import fcntl, os, sys, time
from pathlib import Path
from podsync.catalog.cache.workers import WorkerPool
from tests.catalog.cache.test_workers import TASK
from podsync.catalog.discovery import FoundFile
files = [FoundFile(str(path), path.name) for path in sorted(Path(sys.argv[1], "catalog").rglob("*.yaml"))]
lock = os.open(sys.argv[2], os.O_RDWR | os.O_CREAT)
fcntl.flock(lock, fcntl.LOCK_EX)
with WorkerPool(files * 40, TASK, 2) as crew:
    told = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    print(told, flush=True)
    time.sleep(60)
"""


def test_a_killed_process_leaves_neither_its_lock_nor_its_helper(folder: Path, tmp_path: Path) -> None:
    """A helper inherits what is open; a lock that it kept would block everybody until it ends."""
    import fcntl

    lock = tmp_path / "lock"
    command = [sys.executable, "-c", _HOLDER, str(folder), str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        helper = int(process.stdout.readline())
        while Path(f"/proc/{helper}/status").exists() and len([*Path(f"/proc/{helper}/fd").iterdir()]) > 5:
            time.sleep(0.001)  # until it has let go of what it does not need
        os.kill(helper, signal.SIGSTOP)
        process.kill()
        process.wait()
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.kill(helper, signal.SIGCONT)

    deadline = time.monotonic() + 60
    while _alive(helper) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _alive(helper)


def _alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_helper_holds_none_of_the_streams_of_who_made_it() -> None:
    def streams() -> list[bytes]:
        return [os.fsencode(Path(f"/proc/self/fd/{stream}").readlink()) + b"\n" for stream in (0, 1, 2)]

    helper = worker_process.WorkerProcess(streams)
    with helper.output() as pipe:
        told = pipe.read().decode().split()
    helper.end()

    assert told == [os.devnull] * 3


def test_a_signal_while_a_helper_is_made_leaves_none_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    before, real = children.read_text(), os.fork

    def forked() -> int:
        made = real()
        if made:
            # To this thread: those of the test runner do not hold signals back.
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        return made

    monkeypatch.setattr(os, "fork", forked)

    with pytest.raises(KeyboardInterrupt):
        worker_process.WorkerProcess(lambda: time.sleep(60) or [])
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ()) & {signal.SIGINT, signal.SIGTERM}
    assert children.read_text() == before
