"""Cache files: results that are kept beside the catalog, and may be lost at any time.

A cache file is a header line and sections of bytes. The header holds a key, which names everything
that the content depends on, and size and digest of each section. Whatever is wrong with a file
(missing, cut, changed, of another key, somebody else's, a link) it is as if there were none; what
cannot be written is not. Nothing here raises for the state of the disk but `DamagedCacheError`, which
says that a section is not what the header promises.

A cache lies in a folder that others may have filled: somebody else's branch, archive or disk. So the
header carries a mark that only this user's key makes (see `podsync.files.seal`), for this very place, and
every byte that is read is covered by it: the header by the mark, each section by its digest in the header. A
marked file of ours that comes back later says what was true then, and its readers compare it with what is
there now. Where there is no key nothing is kept. Nothing that is read is ever executed.

Only where folders can be held open (not on Windows): links are never followed below the folder that
podsync works in, so nothing is read or written outside of it, whatever the folder holds.
"""

import hashlib
import json
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from podsync import __version__
from podsync.files.seal import own_seal

#: Where caches are, below the folder that podsync works in.
FOLDERS = (".podsync", "cache")
_FORMAT = 3
_HEADER = 4096
#: So much of the header is its mark, and the space behind it.
_MARK = 65
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _FLAGS
_POSSIBLE = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW") and hasattr(os, "geteuid")
#: Drafts of runs that died are removed when they are this much older than a new one, nanoseconds.
_FORGOTTEN = 3600 * 10**9


class DamagedCacheError(Exception):
    """A section is not what its header promises."""


class CacheSections(NamedTuple):
    """A cache file as its header tells; sections are read when they are asked for."""

    cache: "CacheFile"
    header: bytes
    sizes: tuple[int, ...]
    digests: tuple[str, ...]

    def section(self, number: int) -> bytes:
        """Return one section; raises DamagedCacheError, also when the file is another one by now."""
        start = len(self.header) + sum(self.sizes[:number])
        try:
            with self.cache.opened() as file:
                same = os.pread(file, len(self.header), 0) == self.header
                data = _read(file, self.sizes[number], start) if same else b""
        except OSError as error:
            raise DamagedCacheError(str(error)) from None
        if _digest(data) != self.digests[number]:
            raise DamagedCacheError(self.cache.name)
        return data


class CacheDraft(NamedTuple):
    """A cache file that is being made. `stamp` is when it was begun, by the disk's own clock, in ns.

    `key` is that of the code and the settings of then: what is written was made with them.

    `dated`: the disk itself says when a file was changed last. On some (FAT, and folders that another system
    shares) whoever unpacks an archive says it, and a changed file can look like the one that was there.
    """

    key: str
    folder: int
    name: str
    file: int
    stamp: int
    dated: bool = True


class CacheFile(NamedTuple):
    """The file `name` in `folders`, each inside the one before, the first in `root`.

    `key` works the key out: that takes long, and where there is no file it is not asked for.
    """

    root: Path
    folders: tuple[str, ...]
    name: str
    key: Callable[[], str]

    def find(self) -> CacheSections | None:
        """Return the file if there is one under this key."""
        try:
            with self.opened() as file:
                header, newline, _ = os.pread(file, _HEADER, 0).partition(b"\n")
            mark, _, data = header.partition(b" ")
            seal = own_seal(self.root)
            if seal is None or not seal.fits(mark.decode("ascii"), self._purpose, data):
                return None
            stored: Any = json.loads(data)
            sizes, digests = tuple(stored["sizes"]), tuple(stored["digests"])
            sound = len(sizes) == len(digests) and all(type(size) is int and size >= 0 for size in sizes)
            known = stored["format"] == _FORMAT and sound and stored["key"] == self.key()
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return CacheSections(self, header + newline, sizes, digests) if known else None

    @contextmanager
    def opened(self) -> Iterator[int]:
        """Open the file for reading. Raises OSError, also for one that is not an own, ordinary file."""
        with _inside(self.root, self.folders) as folder:
            file = os.open(self.name, os.O_RDONLY | _FLAGS, dir_fd=folder)
        try:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
                raise PermissionError(self.name)
            yield file
        finally:
            os.close(file)

    @contextmanager
    def drafting(self) -> Iterator[CacheDraft | None]:
        """Begin a new file; None where that is not possible. What is not written leaves no trace."""
        if own_seal(self.root, make=True) is None:
            yield None
            return
        try:
            with _inside(self.root, self.folders, make=True) as folder, self._draft(folder) as draft:
                _forget_old(folder, draft, self.name)
                yield draft
        except _NotPossible:
            yield None

    def write(self, draft: CacheDraft, sections: Iterable[Iterable[bytes]]) -> None:
        """Put the draft in place of the file, whole; where that fails, nothing changes.

        A section comes in pieces, so that nobody has to hold all of it.
        """
        seal = own_seal(self.root)
        if seal is None:
            return
        with suppress(OSError):
            with os.fdopen(os.dup(draft.file), "wb") as file:
                file.write(b" " * _HEADER)
                written = [_put(file, section) for section in sections]
                header = {
                    "format": _FORMAT,
                    "key": draft.key,
                    "sizes": [size for size, _ in written],
                    "digests": [digest for _, digest in written],
                }
                padded = json.dumps(header).encode().ljust(_HEADER - _MARK - 1)
                mark = seal.mark(self._purpose, padded).encode()
                data = mark + b" " + padded + b"\n"
                file.seek(0)
                file.write(data)
            if len(data) == _HEADER:
                os.rename(draft.name, self.name, src_dir_fd=draft.folder, dst_dir_fd=draft.folder)

    @contextmanager
    def _draft(self, folder: int) -> Iterator[CacheDraft]:
        draft_name = f"{self.name}.tmp-{os.urandom(4).hex()}"
        try:
            file = os.open(draft_name, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, 0o644, dir_fd=folder)
        except OSError:
            raise _NotPossible from None
        try:
            stamp = os.fstat(file).st_mtime_ns
            yield CacheDraft(self.key(), folder, draft_name, file, stamp, _is_dated(file, stamp))
        finally:
            os.close(file)
            with suppress(OSError):
                os.unlink(draft_name, dir_fd=folder)

    @property
    def _purpose(self) -> str:
        """What the mark says beside the content: a file is believed only where it was made."""
        return "\0".join(("cache", os.path.realpath(self.root), *self.folders, self.name))

    def forget(self) -> None:
        """Remove the file: there is something wrong with it."""
        with suppress(OSError), _inside(self.root, self.folders) as folder:
            os.unlink(self.name, dir_fd=folder)


def key_of(parts: Iterable[str], modules: Iterable[str]) -> str:
    """Return a key that changes with podsync's version, with `parts`, and with the code of `modules`.

    Of a package all modules count, those of its packages too, whether this run has imported them or not.
    """
    facts = [__version__, sys.implementation.cache_tag or "", *parts, *map(_code, sorted(set(modules)))]
    return _digest("\0".join(facts).encode())


@cache
def _code(module: str) -> str:
    """Return a digest of a module's code; several caches ask for the same."""
    file = getattr(sys.modules.get(module), "__file__", None) or module
    folder, name = os.path.split(file)
    files = [file]
    if name == "__init__.py":
        found = []
        for where, _, names in os.walk(folder):
            found += [os.path.join(where, name) for name in names if name.endswith(".py")]  # noqa: PTH118
        files = sorted(found) or files
    return _digest(b"\0".join(map(_source, files)))


def _source(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 (one of many)
            return stream.read()
    except OSError:
        return file.encode("utf-8", "surrogateescape")


class _NotPossible(Exception):  # noqa: N818 (never leaves this module)
    """Nothing can be kept here."""


@contextmanager
def _inside(root: Path, folders: Sequence[str], *, make: bool = False) -> Iterator[int]:
    """Open the last of `folders`, each an own one and no link. Raises OSError, or _NotPossible to make."""
    handles: list[int] = []
    try:
        try:
            if not _POSSIBLE:
                raise PermissionError("no folder handles on this system")
            handles.append(os.open(root, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)))
            for name in folders:
                handles.append(_enter(handles[-1], name, make=make))
            if make:
                _ignore(handles[-1])
        except OSError:
            if make:
                raise _NotPossible from None
            raise
        yield handles[-1]
    finally:
        for handle in handles:
            os.close(handle)


def _enter(parent: int, name: str, *, make: bool) -> int:
    if make:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=parent)
    handle = os.open(name, _FOLDER, dir_fd=parent)
    if os.fstat(handle).st_uid != os.geteuid():
        os.close(handle)
        raise PermissionError(name)
    return handle


def _ignore(folder: int) -> None:
    with suppress(FileExistsError):
        file = os.open(".gitignore", os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o644, dir_fd=folder)
        os.write(file, b"*\n")
        os.close(file)


def _is_dated(file: int, stamp: int) -> bool:
    """Whether the time of the last change stays what it is when somebody sets a file's time back."""
    try:
        os.utime(file, ns=(0, 0))
    except (OSError, NotImplementedError):
        return False
    return os.fstat(file).st_ctime_ns >= stamp


def _forget_old(folder: int, draft: CacheDraft, name: str) -> None:
    with suppress(OSError):
        for each in os.listdir(folder):
            if each.startswith(f"{name}.tmp-") and each != draft.name:
                made = os.stat(each, dir_fd=folder, follow_symlinks=False).st_mtime_ns
                if made < draft.stamp - _FORGOTTEN:
                    os.unlink(each, dir_fd=folder)


def _put(file: BinaryIO, pieces: Iterable[bytes]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    for piece in pieces:
        size += file.write(piece)
        digest.update(piece)
    return size, digest.hexdigest()


def _read(file: int, size: int, start: int) -> bytes:
    """Read so many bytes, fewer at the end of the file; one call reads no more than 2 GiB."""
    if size > os.fstat(file).st_size:
        return b""
    os.lseek(file, start, os.SEEK_SET)
    with os.fdopen(os.dup(file), "rb") as reader:
        return reader.read(size)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
