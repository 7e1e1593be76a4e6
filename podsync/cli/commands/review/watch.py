"""Whether files were saved: a look at what `stat` says of each, whenever somebody asks.

No library watches here. watchfiles (1.3.0 of September 2026, kept) was weighed: compiled code of 1.2 MB, and
anyio, for what a look does as well. A look at 10,000 files takes 40 ms of one processor, so that a save is
seen within half a second at a tenth of it. Notices of an operating system do not come from network drives and
from folders that containers and virtual machines share, and stop at its limit of watches (8,192 here and
there): a library then looks as well, or says nothing. As an extra it would be a second way to be tested, for
no gain that a person sees.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

#: Of a file: when it was changed, its size, which file it is (editors put a new one in its place).
_Signature: TypeAlias = tuple[int, int, int]
#: Seconds between two looks: the least, and as a multiple of what one look costs.
_OFTEN, _SHARE = 0.2, 10.0


class Watch:
    """Remembers these files, and all below these folders; hidden files and editors' copies are left out."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)
        self.pause = _OFTEN
        self._seen = self._look()

    def changed(self) -> bool:
        """Whether anything came, went or was saved since the last time this was asked."""
        before, self._seen = self._seen, self._look()
        return before != self._seen

    def _look(self) -> dict[str, _Signature]:
        began = time.perf_counter()
        found = {name: signature for path in self._paths for name, signature in _files(path)}
        self.pause = max(_OFTEN, _SHARE * (time.perf_counter() - began))
        return found


def _files(path: Path) -> Iterator[tuple[str, _Signature]]:
    """Yield each file; one that goes away meanwhile, or may not be looked at, is not there."""
    try:
        status = path.stat()
    except OSError:
        return
    if not path.is_dir():
        yield str(path), _signature(status)
        return
    folders = [str(path)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.name.endswith("~"):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        yield entry.path, _signature(entry.stat())
        except OSError:
            continue


def _signature(status: os.stat_result) -> _Signature:
    return status.st_mtime_ns, status.st_size, status.st_ino
