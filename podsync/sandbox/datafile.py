"""Keeps the shops on disk: a line of JSON per change, so that each costs the same however many.

The folder holds `products.jsonl` (the lines), `lock.sqlite` (see `DataFile`) and `served.json`
(where the process that has the folder serves it).
"""

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

JsonObject = dict[str, Any]


class SandboxDataError(Exception):
    """The data file holds something that this sandbox did not write."""


class SandboxBusyError(Exception):
    """Another process serves this folder; `url` is where, if it said so."""

    def __init__(self, folder: Path, url: str | None) -> None:
        where = f" at {url}" if url else ""
        super().__init__(f"the sandbox data in {folder} is being served by another process{where}")
        self.url = url


class DataFile:
    """Append-only lines in a folder, one process at a time.

    Two processes with the same lines in memory would give the same ids twice. The lock is SQLite's,
    because the standard library has no other that works everywhere and dies with its process.
    Raises SandboxBusyError, and SandboxDataError for a lock that is none. Not thread-safe: the store calls
    it under its own lock.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "products.jsonl"
        self._served = folder / "served.json"
        self._lock = self._locked(folder / "lock.sqlite")
        self._file = self._path.open("ab", buffering=0)

    def _locked(self, path: Path) -> sqlite3.Connection:
        lock = None
        try:
            lock = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if lock is not None:
                lock.close()
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise SandboxBusyError(path.parent, self._served_url()) from error
            raise SandboxDataError(f"{path}: {error}") from error
        return lock

    def load(self) -> Iterator[JsonObject]:
        """The lines, oldest first. An unfinished last line, which a crash leaves, is cut off."""
        data = self._path.read_bytes()
        end = data.rfind(b"\n") + 1
        if end < len(data):
            self._file.truncate(end)
        for number, line in enumerate(data[:end].splitlines(), start=1):
            try:
                value = json.loads(line)
            except ValueError as error:
                raise SandboxDataError(f"{self._path}:{number}: not JSON") from error
            if not isinstance(value, dict):
                raise SandboxDataError(f"{self._path}:{number}: not an object")
            yield value

    def append(self, line: JsonObject) -> None:
        """Write one line; it is the operating system's when this returns."""
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        before = self._path.stat().st_size
        try:
            written = self._file.write(data)
        except OSError:
            self._file.truncate(before)
            raise
        if written != len(data):
            # A full disk: half a line must not become the beginning of the next one.
            self._file.truncate(before)
            raise OSError(f"only {written} of {len(data)} bytes written to {self._path}")

    def tell_url(self, url: str) -> None:
        """Let whoever finds the folder busy know where it is served."""
        self._served.write_text(json.dumps({"url": url}), encoding="utf-8")

    def close(self) -> None:
        """Let go of the folder."""
        self._file.close()
        self._served.unlink(missing_ok=True)
        self._lock.close()

    def _served_url(self) -> str | None:
        try:
            url = json.loads(self._served.read_text(encoding="utf-8"))["url"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        # The folder may have come from anywhere; the sandbox serves on this machine only.
        return url if isinstance(url, str) and re.fullmatch(r"http://127\.0\.0\.1:[0-9]{1,5}", url) else None
