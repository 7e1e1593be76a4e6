"""A real file system of which each operation can be made to fail, or to be the last one."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from podsync.files.os_files import OsFiles, OsHandle


class Died(BaseException):
    """The process was killed; nothing that it would have done afterwards is done."""


class FaultyHandle(OsHandle):
    def __init__(self, descriptor: int, files: FaultyFiles) -> None:
        super().__init__(descriptor)
        self.files = files

    def write(self, data: bytes) -> None:
        try:
            self.files.hit("write")
        except BaseException:
            super().write(data[: len(data) // 2])
            raise
        self.files.written += len(data)
        super().write(data)

    def sync(self) -> None:
        self.files.hit("sync")

    def truncate(self, size: int) -> None:
        self.files.hit("truncate")
        super().truncate(size)


class FaultyFiles(OsFiles):
    """`fail["sync"] = EIO` makes every fsync fail; `die_at = 3` kills at the third operation."""

    def __init__(self) -> None:
        self.fail: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.written = 0
        self.die_at: int | None = None
        self.before: Callable[[str], None] = lambda _operation: None

    def hit(self, operation: str) -> None:
        self.before(operation)
        self.counts[operation] += 1
        if self.die_at is not None and self.counts.total() >= self.die_at:
            raise Died
        if operation in self.fail:
            raise OSError(self.fail[operation], os.strerror(self.fail[operation]))

    def append(self, path: Path) -> FaultyHandle:
        self.hit("open")
        return FaultyHandle(self._take(super().append(path)), self)

    def create(self, path: Path, like: Path | None = None) -> FaultyHandle:
        self.hit("create")
        return FaultyHandle(self._take(super().create(path, like)), self)

    def replace(self, source: Path, target: Path) -> None:
        self.hit("replace")
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self.hit("remove")
        super().remove(path)

    def sync_folder(self, folder: Path) -> None:
        self.hit("sync_folder")
        super().sync_folder(folder)

    def _take(self, handle: OsHandle) -> int:
        return handle.descriptor


EIO, ENOSPC, EROFS = errno.EIO, errno.ENOSPC, errno.EROFS


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return 1_767_323_045.0 + self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
