"""The lock of an account on this machine: two clones with a state each never write to it at once.

The store's lock is about a state. This one is about an account: provider, host and a digest of the key. It
is kept in the user's own cache folder and dies with its process. Two machines cannot be kept apart like this:
one account, one state.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from podsync.model.errors import LockedError


def account_digest(provider: str, base_url: str, key: str) -> str:
    """Return what names an account on this machine; the key cannot be derived from it."""
    text = "\0".join((provider, base_url.rstrip("/"), key))
    return hashlib.blake2b(text.encode(), digest_size=16, person=b"podsync-account").hexdigest()


def locks_folder(variables: Mapping[str, str]) -> Path | None:
    """Return the folder of the locks in this user's cache; None where the user has none."""
    if sys.platform == "win32":
        base = variables.get("LOCALAPPDATA", "")
    else:
        base = variables.get("XDG_CACHE_HOME", "") or (
            f"{variables['HOME']}/.cache" if variables.get("HOME") else ""
        )
    return Path(base) / "podsync" / "accounts" if base and os.path.isabs(base) else None  # noqa: PTH117


@contextmanager
def sole_writer(folder: Path | None, accounts: Mapping[str, str]) -> Iterator[None]:
    """Hold the locks of these accounts (title -> digest) while the block runs.

    Raises LockedError where another process writes to one of them. Where there is no folder to lock in, or it
    cannot be written, nothing is held: it costs safety only beside a second clone.
    """
    from filelock import FileLock, Timeout

    with ExitStack() as held:
        for title, digest in sorted(accounts.items()):
            if folder is None:
                break
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                path = folder / f"{digest}.lock"
                lock = FileLock(path, thread_local=False, preserve_lock_file=True, fallback_to_soft=False)
                lock.acquire(blocking=False)
                held.callback(lock.release)
            except Timeout:
                raise LockedError(
                    f"another podsync on this machine writes to this {title} account, from another folder",
                    "wait for it; an account has one state: use one clone, or a shared state",
                ) from None
            except (OSError, NotImplementedError):
                break
        yield
