"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from podsync.failpoints import hit
from podsync.files.os_files import OsFiles


def write_whole(files: OsFiles, path: Path, data: bytes, *, temporary: str) -> None:
    """Put `data` at `path`, all or nothing: temporary file, fsync, rename, fsync of the folder.

    `temporary` begins the name of the temporary file, beside `path`. An OSError means that `path`
    is what it was, or wholly new; never anything between.
    """
    draft = path.with_name(f"{temporary}.tmp-{os.urandom(4).hex()}")
    try:
        handle = files.create(draft, like=path)
        try:
            hit("file.created")
            handle.write(data)
            hit("file.written")
            handle.sync()
        finally:
            handle.close()
        hit("file.synced")
        files.replace(draft, path)
        hit("file.renamed")
    except BaseException:
        with suppress(OSError):
            files.remove(draft)
        raise
    files.sync_folder(path.parent)


def remove_leftovers(files: OsFiles, path: Path) -> None:
    """Remove the temporary files of runs that died; only under the lock."""
    with suppress(OSError):
        for name in files.names(path.parent):
            if re.fullmatch(re.escape(path.name) + r"\.tmp-[0-9a-f]{8}", name):
                files.remove(path.with_name(name))
