"""The file operations that the state needs. Every one raises OSError and nothing else."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")
_BINARY = getattr(os, "O_BINARY", 0)
#: How often, and how long apart in seconds, Windows is asked again for a file that a reader has open.
_SHARING_TRIES, _SHARING_PAUSE = 40, 0.025


#: So many bytes are read at once where a file need not be in memory whole.
_BLOCK = 1 << 16


def is_link(place: Path | os.DirEntry[str]) -> bool:
    """Whether it is a symbolic link, or a junction of Windows (known to Python from 3.12 on)."""
    junction = getattr(place, "is_junction", None)
    return place.is_symlink() or (junction is not None and bool(junction()))


class OsHandle:
    """A file open for appending."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def write(self, data: bytes) -> None:
        """Add all of `data` at the end; after an OSError a part of it may be there."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self.descriptor, rest) :]

    def sync(self) -> None:
        """Return when what was written survives a loss of power."""
        full_sync(self.descriptor)

    def truncate(self, size: int) -> None:
        """Cut the file to `size` bytes."""
        os.ftruncate(self.descriptor, size)

    def size(self) -> int:
        """How long the file is now, whoever wrote it."""
        return os.fstat(self.descriptor).st_size

    def close(self) -> None:
        """Give the file back; a second call does nothing."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def full_sync(descriptor: int) -> None:
    """`fsync`, down to the platters: macOS's own fsync stops at the drive's cache."""
    if sys.platform == "darwin":
        import fcntl

        with suppress(OSError):  # network file systems do not know it
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


class OsFiles:
    """What podsync asks of a file system; a test lets each operation fail."""

    def read(self, path: Path, limit: int) -> bytes | None:
        """The whole file; None when there is none. Over `limit` bytes, or no regular file: OSError."""
        opened = _opened(path, limit)
        if opened is None:
            return None
        descriptor, size = opened
        return b"".join(_blocks(descriptor, path, limit, at_once=size + _BLOCK))

    def blocks(self, path: Path, limit: int) -> Iterator[bytes]:
        """The whole file, piece by piece; nothing when there is none. Raises OSError as `read` does."""
        opened = _opened(path, limit)
        if opened is not None:
            yield from _blocks(opened[0], path, limit, at_once=_BLOCK)

    def append(self, path: Path) -> OsHandle:
        """Open for appending; made if it is missing."""
        return OsHandle(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _BINARY, 0o666))

    def create(self, path: Path, like: Path | None = None) -> OsHandle:
        """Make a new file, with the permissions of `like` if that exists; one that exists is an OSError."""
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
        if like is not None:
            with suppress(OSError):  # a file of somebody else's, or none: the umask decides
                path.chmod(stat.S_IMODE(like.stat().st_mode))
        return OsHandle(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Rename, atomically, over whatever is there."""
        _patiently(lambda: source.replace(target))

    def remove(self, path: Path) -> None:
        """Remove a file; one that is missing is fine."""
        path.unlink(missing_ok=True)

    def names(self, folder: Path) -> list[str]:
        """The names in a folder, sorted."""
        return sorted(item.name for item in folder.iterdir())

    def sync_folder(self, folder: Path) -> None:
        """Make renames and new files in `folder` survive a loss of power.

        Windows has no such call: there a rename is journalled by NTFS.
        """
        if sys.platform == "win32":
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            full_sync(descriptor)
        except OSError as error:
            if error.errno != errno.EINVAL:  # a file system that cannot sync folders says EINVAL
                raise
        finally:
            os.close(descriptor)

    def stamp(self, path: Path) -> tuple[int, ...] | None:
        """What differs when the file was exchanged or changed: device, inode, size, time. None: no file."""
        try:
            found = path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    def is_open_at(self, handle: OsHandle, path: Path) -> bool:
        """Whether `path` still names the file behind `handle`."""
        try:
            return os.path.samestat(os.fstat(handle.descriptor), path.stat())
        except FileNotFoundError:
            return False


def _patiently(call: Callable[[], _T]) -> _T:
    """Ask again on Windows, where a file that somebody reads or scans cannot be opened or replaced."""
    for _ in range(_SHARING_TRIES if sys.platform == "win32" else 0):
        try:
            return call()
        except PermissionError:
            time.sleep(_SHARING_PAUSE)
    return call()


def _opened(path: Path, limit: int) -> tuple[int, int] | None:
    """Open a regular file: its descriptor and size. A FIFO or a device cannot hang it."""
    flags = os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = _patiently(lambda: os.open(path, flags))
    except FileNotFoundError:
        return None
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_size <= limit:
        return descriptor, found.st_size
    os.close(descriptor)
    if stat.S_ISREG(found.st_mode):
        raise _too_large(path, limit)
    raise OSError(errno.EINVAL, "not a regular file", str(path))


def _blocks(descriptor: int, path: Path, limit: int, *, at_once: int) -> Iterator[bytes]:
    """Read to the end, however far that is by now; closes the descriptor."""
    try:
        read = 0
        while block := os.read(descriptor, at_once):
            read += len(block)
            if read > limit:
                raise _too_large(path, limit)
            yield block
    finally:
        os.close(descriptor)


def _too_large(path: Path, limit: int) -> OSError:
    return OSError(errno.EFBIG, f"larger than {limit >> 20} MiB", str(path))
