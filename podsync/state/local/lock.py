"""One writer at a time: an operating system's lock, which dies with its process.

The lock is on `<state>.lock`, which is never deleted: two processes that open the same name must
get the same file. Who holds it stands in that file too, from its second byte on: Windows locks the
first byte only, so the rest can be read there as well, and no further file is needed. The text is
for people; whether the lock is held is answered by the operating system alone, so what a dead
holder left there blocks nobody.

Should somebody delete the lock file while it is held, a second process could lock its successor.
On POSIX, where that is possible, the holder therefore also locks the journal, and finds it changed
if that was deleted too. Windows refuses to delete a file that is open.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from podsync.files import strict_json
from podsync.model.errors import LockedError, StateError
from podsync.state.formats.dataclass_json import JsonPlace, Unfit, from_json
from podsync.state.formats.times import time_from_text, time_to_text

if TYPE_CHECKING:
    from podsync.model.clock import Clock

#: Waiting is mentioned only when it takes longer than this, in seconds.
PATIENCE = 0.4
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_INFO_LIMIT = 8192
_BINARY = getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock. `id` names this very holding, `since` is seconds since the epoch."""

    id: str
    who: str
    pid: int
    since: float
    command: str
    run_url: str | None = None

    def __str__(self) -> str:
        run = f", {self.run_url}" if self.run_url else ""
        return f"{self.who} (process {self.pid}, {self.command}, since {time_to_text(self.since)}{run})"


def read_holder(path: Path) -> Holder | None:
    """Return who last locked `path` and did not let go of it; None when nobody can be named.

    A name does not mean that the lock is held: the holder may have died.
    """
    with suppress(OSError, Unfit, strict_json.NotStrictError):
        with path.open("rb", buffering=0) as file:
            file.seek(1)
            data = file.read(_INFO_LIMIT)
        return from_json(Holder, strict_json.loads(data), JsonPlace("", time_from_text))
    return None


def runs(holder: Holder) -> bool:
    """Whether the process that named itself still runs, as far as this machine can tell."""
    if os.name == "nt" or holder.pid <= 0:
        return True
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's
        return True
    return True


@contextmanager
def hold(
    path: Path,
    journal: Path,
    holder: Holder,
    *,
    timeout: float,
    clock: Clock,
    on_wait: Callable[[str], None],
) -> Iterator[None]:
    """Hold the lock at `path` (and the journal's) while the block runs.

    Waits up to `timeout` seconds; after 0.4 s `on_wait` is told for whom. Raises LockedError when
    the time is over, StateError where the folder cannot be written or cannot lock.
    """
    begun, pause, told = clock.monotonic(), _FIRST_PAUSE, False
    with ExitStack() as held:
        while not _try(path, journal, held):
            waited = clock.monotonic() - begun
            if waited >= timeout:
                raise _locked(path)
            if waited >= PATIENCE and not told:
                told = True
                on_wait(f"waiting for {_name(path)} to let go of {path.name.removesuffix('.lock')}")
            clock.sleep(min(pause, timeout - waited))
            pause = min(2 * pause, _LONGEST_PAUSE)
        _write_info(path, _to_text(holder))
        held.callback(_write_info, path, "")
        yield


def _name(path: Path) -> str:
    holder = read_holder(path)
    return "another run of podsync" if holder is None else str(holder)


def _locked(path: Path) -> LockedError:
    holder = read_holder(path)
    state = path.name.removesuffix(".lock")
    known = "" if holder is None else f" (lock {holder.id})"
    return LockedError(
        f"{state} is held by {_name(path)}",
        f"wait for it (apply does, for --lock-timeout); if it dies, the lock is free at once{known}",
    )


def _try(path: Path, journal: Path, held: ExitStack) -> bool:
    """Take both locks now, to be given back by `held`; False when somebody else has one."""
    # Imported here: it costs 80 ms, and only commands that write need it.
    from filelock import FileLock, Timeout

    # A soft lock would outlive its process, and a lock file must never be deleted.
    lock = FileLock(path, thread_local=False, preserve_lock_file=True, fallback_to_soft=False)
    with ExitStack() as taken:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(blocking=False)
            taken.callback(lock.release)
            if not _guard(journal, taken):
                return False
        except Timeout:
            return False
        except OSError as error:
            message = f"{path.parent} cannot hold a state: {error.strerror or error} ({path.name})"
            remedy = "make the folder writable and put it on a disk that knows locks; nothing was sent"
            raise StateError(message, remedy) from error
        held.push(taken.pop_all())
    return True


if sys.platform == "win32":

    def _guard(_journal: Path, _taken: ExitStack) -> bool:
        return True

else:
    import fcntl

    def _guard(journal: Path, taken: ExitStack) -> bool:
        """Lock the journal too; False when a process has it whose lock file was deleted."""
        descriptor = os.open(journal, os.O_RDWR | os.O_CREAT, 0o666)
        taken.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return os.path.samestat(os.fstat(descriptor), journal.stat())
        except (BlockingIOError, FileNotFoundError):
            return False


def _to_text(holder: Holder) -> str:
    return json.dumps(asdict(holder) | {"since": time_to_text(holder.since)}, sort_keys=True)


def _write_info(path: Path, text: str) -> None:
    """Replace what stands from the second byte on; whoever waits can do without it."""
    data = f"{text}\n".encode("utf-8", "replace")[:_INFO_LIMIT]
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | _BINARY)
        try:
            os.lseek(descriptor, 1, os.SEEK_SET)
            os.write(descriptor, data)
            os.ftruncate(descriptor, 1 + len(data))
        finally:
            os.close(descriptor)
