r"""The mark by which podsync knows its own files again: made with a key that only this user has.

Whatever is in a catalog's folder may have come with somebody else's branch, archive or disk. So what
podsync keeps there for itself carries a mark, a keyed digest, and is believed only under that mark. The key
is made once for each user and lies outside of every catalog:

    $XDG_STATE_HOME/podsync/key, or ~/.local/state/podsync/key; on Windows %LOCALAPPDATA%\podsync\key

It protects nothing but these marks. Losing it costs what losing the marked files costs: time. Nothing here
raises for what is wrong with a disk or a home folder: then there is no key, and nothing is believed.
"""

# Paths are text here: this is read in every run.
# ruff: noqa: PTH103, PTH105, PTH108, PTH111, PTH117, PTH118, PTH120

from __future__ import annotations

import hmac
import json
import os
import stat
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BYTES = 32
_NAME = "key"
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
#: What lets somebody else write into a folder, and read or write a file.
_FOREIGN_WRITE, _FOREIGN = 0o022, 0o077


class Seal(NamedTuple):
    """Makes and checks marks with one user's key."""

    key: bytes

    def mark(self, purpose: str, data: bytes) -> str:
        """Return the mark of `data`; one that was made for another purpose does not fit."""
        prefix = purpose.encode("utf-8", "surrogateescape")
        return blake2b(
            len(prefix).to_bytes(8, "big") + prefix + data, key=self.key, digest_size=32
        ).hexdigest()

    def fits(self, mark: object, purpose: str, data: bytes) -> bool:
        """Whether this user made `mark` for these very bytes and this purpose."""
        return isinstance(mark, str) and hmac.compare_digest(mark.encode(), self.mark(purpose, data).encode())


def marked(data: Mapping[str, Any], purpose: str, seal: Seal | None) -> dict[str, Any]:
    """Return plain data with its mark as one more key; an empty mark where there is no key."""
    return {**data, "mark": "" if seal is None else seal.mark(purpose, _plain(data))}


def is_marked(data: Mapping[str, Any], purpose: str, seal: Seal | None) -> bool:
    """Whether this user has marked plain data that came back."""
    rest = {key: value for key, value in data.items() if key != "mark"}
    return seal is not None and seal.fits(data.get("mark"), purpose, _plain(rest))


def _plain(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def own_seal(tree: str | os.PathLike[str], *, make: bool = False) -> Seal | None:
    """Return this user's seal, with `make` also a new one; None where there is no key that can be trusted.

    No key is trusted that somebody else owns, can read or can replace, or that lies in the repository that
    holds `tree`: it would come with the files that it is to vouch for.
    """
    folder = key_folder()
    if folder is None or _is_in_repository_of(folder, os.fspath(tree)):
        return None
    key = _read(folder)
    if key is None and make:
        _make(folder)
        key = _read(folder)
    return None if key is None else Seal(key)


def key_folder() -> str | None:
    """Return the folder of this user's key; None where nobody can say where this user keeps anything."""
    if os.name == "nt":
        home = os.environ.get("LOCALAPPDATA", "")
    else:
        home = os.environ.get("XDG_STATE_HOME", "")
        if not os.path.isabs(home):  # as the XDG specification says: then it does not count
            home = os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(home, "podsync") if os.path.isabs(home) else None


def _is_in_repository_of(folder: str, tree: str) -> bool:
    """Whether `folder` lies in `tree`, or in the repository around it."""
    here = os.path.realpath(tree)
    top = above = here
    while True:
        if os.path.lexists(os.path.join(above, ".git")):
            top = above
            break
        parent = os.path.dirname(above)
        if parent == above:
            break
        above = parent
    real = os.path.realpath(folder)
    return real == top or real.startswith(top.rstrip(os.sep) + os.sep)


def _read(folder: str) -> bytes | None:
    try:
        if not _is_own(os.lstat(folder), stat.S_ISDIR, _FOREIGN_WRITE):
            return None
        file = os.open(os.path.join(folder, _NAME), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _FLAGS)
    except OSError:
        return None
    try:
        key = os.read(file, _BYTES + 1) if _is_own(os.fstat(file), stat.S_ISREG, _FOREIGN) else b""
    except OSError:
        return None
    finally:
        os.close(file)
    return key if len(key) == _BYTES else None


def _is_own(status: os.stat_result, of_kind: Callable[[int], bool], foreign: int) -> bool:
    if not of_kind(status.st_mode):
        return False
    if os.name == "nt":  # the folder of a user's profile has rights of its own there
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & foreign


def _make(folder: str) -> None:
    """Make a key; one that cannot be trusted, or that a run has half written, is replaced."""
    draft = os.path.join(folder, f"{_NAME}.tmp-{os.urandom(4).hex()}")
    with suppress(OSError):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if not _is_own(os.lstat(folder), stat.S_ISDIR, _FOREIGN_WRITE):
            return
        try:
            file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)
            try:
                os.write(file, os.urandom(_BYTES))
            finally:
                os.close(file)
            if _read(folder) is None:  # another run may have made one meanwhile: two would undo each other
                os.replace(draft, os.path.join(folder, _NAME))
            else:
                os.unlink(draft)
        except BaseException:
            with suppress(OSError):
                os.unlink(draft)
            raise
