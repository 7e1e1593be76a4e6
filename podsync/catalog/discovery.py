"""The catalog's files: found in an order that no locale changes, and read without ever leaving it.

A link that leaves the folder is refused; a device, pipe or socket is never opened; a file over the
limit is refused by its size.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterable, Sequence
from operator import attrgetter
from pathlib import Path, PurePath
from typing import NamedTuple

from podsync.catalog.parsing.source_text import START, Text
from podsync.files.os_files import is_link
from podsync.model.diagnostic import Diagnostic
from podsync.model.position import Severity

MAX_BYTES = 4 * 1024 * 1024

_NAME_OF = attrgetter("name")
_SUFFIXES = (".yaml", ".yml")
#: Files that are ignored without a warning: notes, tables, pictures.
_SILENT = frozenset({
    ".md", ".csv", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".tif", ".tiff", ".bmp",
    ".avif", ".heic", ".psd", ".ai", ".eps", ".pdf",
})  # fmt: skip
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)


class FoundFile(NamedTuple):
    """A file to read: where it is, and what people call it (relative, forward slashes)."""

    location: str
    path: str


#: The file with values that all documents of a folder and its subfolders share.
DEFAULTS = "_defaults.yaml"
#: Frequent misspellings of it.
_NEARLY_DEFAULTS = frozenset({"_default.yaml", "_defaults.yml", "_default.yml", "_Defaults.yaml"})


class FoundFiles(NamedTuple):
    """Product files, every `_defaults.yaml`, and a diagnostic for all else that matters."""

    files: list[FoundFile]
    defaults: list[FoundFile]
    faults: list[Diagnostic]


def shown(path: str | PurePath, root: Path) -> str:
    """Return `path` for people: relative to `root` if it is below it, forward slashes, valid text."""
    absolute = os.path.abspath(path)  # noqa: PTH100 (a link must not be followed for its name)
    base = os.path.abspath(root)  # noqa: PTH100
    text = os.path.relpath(absolute, base) if within(absolute, base) else absolute
    return _valid(text.replace(os.sep, "/"))


def _valid(text: str) -> str:
    """Return `text` with bytes that are not UTF-8 made visible."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def walk(folders: Iterable[Path], root: Path) -> FoundFiles:
    """Search folders and those in them; links may lead as far as the folder that was named."""
    found = FoundFiles([], [], [])
    for folder in folders:
        _FolderWalk(found, os.path.realpath(folder)).through(str(folder), shown(folder, root))
    return found


class _FolderWalk:
    """One walk through folders; links may lead as far as `limits`."""

    def __init__(self, found: FoundFiles, limits: str) -> None:
        self._files, self._known_defaults, self._faults = found
        self._limits = limits

    def through(self, folder: str, called: str) -> None:
        """Find everything in `folder`, whose name for people is `called`."""
        try:
            with os.scandir(folder) as entries:
                ordered = sorted(entries, key=_NAME_OF)
        except OSError as error:
            summary = f"the folder cannot be read: {_reason(error)}"
            self._faults.append(_fault("unreadable", called, summary, _ACCESS))
            return
        prefix = "" if called == "." else called.rstrip("/") + "/"
        self._alike([entry.name for entry in ordered], prefix)
        for entry in ordered:
            name = entry.name
            if name.startswith((".", "_")):
                if name.startswith(("_def", "_Def")):
                    self._defaults(entry, prefix)
                continue
            path = prefix + (name if name.isascii() else _valid(name))
            try:
                if name.endswith(_SUFFIXES) and entry.is_file(follow_symlinks=False):
                    self._files.append(FoundFile(entry.path, path))
                else:
                    self._entry(entry, path)
            except OSError as error:
                self._faults.append(_fault("unreadable", path, f"cannot be read: {_reason(error)}", _ACCESS))

    def _defaults(self, entry: os.DirEntry[str], prefix: str) -> None:
        path = prefix + _valid(entry.name)
        if entry.name == DEFAULTS:
            if within(os.path.realpath(entry.path), self._limits):
                self._known_defaults.append(FoundFile(entry.path, path))
            else:
                self._faults.append(_leaves(path))
        elif entry.name in _NEARLY_DEFAULTS:
            self._faults.append(_not_read(path, "this file is not read", f"did you mean {DEFAULTS}?"))

    def _alike(self, names: list[str], prefix: str) -> None:
        """Warn of names that differ only in case: a disk that ignores case keeps one of the files."""
        plain = "".join(names).isascii()
        if len(set(map(str.casefold if plain else _folded, names))) == len(names):
            return
        first: dict[str, str] = {}
        for name in names:
            other = first.setdefault(_folded(name), name)
            read = not name.startswith((".", "_")) and PurePath(name).suffix.lower() not in _SILENT
            if other is not name and read:
                summary = f"this name differs from {_valid(other)} in nothing but case"
                path = prefix + _valid(name)
                self._faults.append(_fault("case-only", path, summary, _ONE_NAME, "warning"))

    def _entry(self, entry: os.DirEntry[str], path: str) -> None:
        suffix = PurePath(entry.name).suffix.lower()
        if is_link(entry):
            if suffix in _SILENT:
                return
            if not within(os.path.realpath(entry.path), self._limits):
                self._faults.append(_leaves(path))
                return
            if entry.is_dir():
                detail = "what it points to is read where it is"
                self._faults.append(_not_read(path, "a linked folder is not read", detail))
                return
        if entry.is_dir():
            self.through(entry.path, path)
        elif suffix in _SUFFIXES:
            self._files.append(FoundFile(entry.path, path))
        elif suffix not in _SILENT:
            detail = "name product files *.yaml; begin the name of anything else with _ or ."
            self._faults.append(_not_read(path, "this file is not read", detail))


def _folded(name: str) -> str:
    """Return a form that is equal for names which a disk may take for one."""
    return unicodedata.normalize("NFC", name).casefold()


def within(target: str, folder: str) -> bool:
    """Whether the absolute path `target` is `folder`, or below it."""
    return target == folder or target.startswith(folder.rstrip(os.sep) + os.sep)


class Signed(NamedTuple):
    """A file's content, and its `stat` from just before the read; `changed_at` is in nanoseconds."""

    raw: bytes
    signature: str
    changed_at: int


def signature_of(status: os.stat_result) -> str:
    """Return a signature that changes with the file, as far as `stat` shows: it has the time of the change.

    Every write sets that time, and no program can set it back. Windows has the time of creation there.
    """
    return f"{status.st_size}.{status.st_mtime_ns}.{status.st_ctime_ns}.{status.st_ino}"


def signatures(files: Sequence[FoundFile]) -> list[str]:
    """Return the current signature of each file; empty where `stat` is no proof or fails."""
    if os.name != "posix":
        return [""] * len(files)  # Windows does not report the time of the last change
    try:
        return [signature_of(os.stat(file.location)) for file in files]  # noqa: PTH116 (called once per file)
    except OSError:  # somebody has just removed one
        return [_signature(file.location) for file in files]


def _signature(location: str) -> str:
    try:
        return signature_of(os.stat(location))  # noqa: PTH116 (called once per file)
    except OSError:
        return ""


def read_bytes(found: FoundFile) -> bytes | Diagnostic:
    """Return a file's content, or why it is not read."""
    read = read_signed(found)
    return read if isinstance(read, Diagnostic) else read.raw


def read_signed(found: FoundFile) -> Signed | Diagnostic:
    """Return a file's content with its signature, or why it is not read."""
    try:
        # The type is checked before opening (opening a pipe would block) and again on the open file.
        if not stat.S_ISREG(os.stat(found.location).st_mode):  # noqa: PTH116 (called once per file)
            return _special(found.path)
        descriptor = os.open(found.location, _FLAGS)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return _special(found.path)
            if status.st_size > MAX_BYTES:
                return too_large(found.path, status.st_size)
            raw = _content(descriptor, status.st_size)
            changed_at = max(status.st_mtime_ns, status.st_ctime_ns)
            return Signed(raw, signature_of(status), changed_at)
        finally:
            os.close(descriptor)
    except OSError as error:
        return _fault("unreadable", found.path, f"the file cannot be read: {_reason(error)}", _ACCESS)


def _content(descriptor: int, size: int) -> bytes:
    """Read to the end, one byte over the limit at most; a file may grow while it is read."""
    parts = [os.read(descriptor, size + 1)]
    if len(parts[0]) == size:
        return parts[0]
    while parts[-1] and sum(map(len, parts)) <= MAX_BYTES:
        parts.append(os.read(descriptor, MAX_BYTES))
    return b"".join(parts)[: MAX_BYTES + 1]


_ONE_NAME = "on macOS and Windows one takes the other's place: give it a name of its own"
_ACCESS = "check that it exists and that you may read it"


def _special(path: str) -> Diagnostic:
    return _fault("not-a-file", path, "this is not an ordinary file; it was not opened", "remove it")


def too_large(path: str, size: int) -> Diagnostic:
    """Return the fault of a file over the limit; its content need not have been read."""
    summary = f"the file has {size:,} bytes; a catalog file may have {MAX_BYTES:,}"
    return _fault("too-large", path, summary, "split it into several files")


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _leaves(path: str) -> Diagnostic:
    return _fault("link", path, "this link leaves the catalog", "put the file itself here")


def _not_read(path: str, summary: str, detail: str) -> Diagnostic:
    return _fault("not-read", path, summary, detail, "warning")


def _fault(rule: str, path: str, summary: str, detail: str, severity: Severity = "error") -> Diagnostic:
    return Text(path, "").fault(rule, START, summary, detail, severity=severity)
