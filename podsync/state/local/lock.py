"""The lock of a state on a disk: an operating system's lock, which dies with its process.

The lock is on `<state>.lock`, which is never deleted: two processes that open the same name must
get the same file. Who holds it is written in that file too, from its second byte on: Windows locks the
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
from pathlib import Path

from podsync.files import strict_json
from podsync.model.clock import Clock
from podsync.model.errors import StateError
from podsync.state.formats.dataclass_json import Unfit
from podsync.state.lock import Holder, wait_for_lock

_INFO_LIMIT = 8192
_BINARY = getattr(os, "O_BINARY", 0)


def read_holder(path: Path) -> Holder | None:
    """Return who last locked `path` and did not let go of it; None when nobody can be named.

    A name does not mean that the lock is held: the holder may have died.
    """
    with suppress(OSError, Unfit, strict_json.NotStrictError):
        with path.open("rb", buffering=0) as file:
            file.seek(1)
            data = file.read(_INFO_LIMIT)
        return Holder.from_json(strict_json.loads(data))
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
    path: Path, journal: Path, holder: Holder, *, timeout: float, clock: Clock, on_wait: Callable[[str], None]
) -> Iterator[None]:
    """Hold the lock at `path` (and the journal's) while the block runs.

    Waits as `wait_for_lock` does. Raises StateError where the folder cannot be written or cannot lock.
    """
    with ExitStack() as held:
        wait_for_lock(
            lambda: _try(path, journal, held), lambda: read_holder(path), path.name.removesuffix(".lock"),
            timeout=timeout, clock=clock, on_wait=on_wait, remedy=_remedy,
        )  # fmt: skip
        _write_info(path, json.dumps(holder.to_json(), sort_keys=True))
        held.callback(_write_info, path, "")
        yield


def _remedy(holder: Holder | None) -> str:
    known = "" if holder is None else f" (lock {holder.id})"
    return f"wait for it (apply does, for --lock-timeout); if it dies, the lock is free at once{known}"


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


def _write_info(path: Path, text: str) -> None:
    """Replace the text from the second byte on; whoever waits can do without it."""
    data = f"{text}\n".encode("utf-8", "replace")[:_INFO_LIMIT]
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | _BINARY)
        try:
            os.lseek(descriptor, 1, os.SEEK_SET)
            os.write(descriptor, data)
            os.ftruncate(descriptor, 1 + len(data))
        finally:
            os.close(descriptor)
