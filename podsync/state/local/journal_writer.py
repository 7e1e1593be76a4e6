"""Adds events to a journal, durably; several threads share an fsync (`state.group_commit`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from podsync.failpoints import hit
from podsync.files.os_files import OsFiles
from podsync.model.errors import StateError
from podsync.state.events import Event
from podsync.state.formats import journal
from podsync.state.group_commit import GroupCommit, Ticket


class Appender:
    """The writing end of a journal, for whoever holds the state's lock. Thread-safe.

    `serial` is the last durable sequence number, `size` where the next record goes: whatever is
    behind it is an unfinished tail, and is cut off. Raises OSError when the file cannot be opened.
    """

    def __init__(
        self, files: OsFiles, path: Path, *, lineage: str, base: str, serial: int, size: int
    ) -> None:
        self._files, self._path = files, path
        self._header = journal.header(lineage, base)
        self.serial, self._size = serial, size
        self._group = GroupCommit(self._write, self._break)
        self._broken: str | None = None
        self._handle = files.append(path)
        try:
            if self._handle.size() > size:
                self._handle.truncate(size)
            files.sync_folder(path.parent)
        except BaseException:
            self._handle.close()
            raise

    def append(self, events: Sequence[Event]) -> None:
        """Return when all of `events` are durable, as `GroupCommit.append` does.

        After a failed write the journal is as it was and the next call may succeed; after a failed fsync
        nobody knows, and every later call raises.
        """
        self._group.append(events)

    def _write(self, group: Sequence[Ticket]) -> None:
        self.check()
        texts = [text for ticket in group for text in ticket.texts]
        data = b"".join([b"" if self._size else self._header, *journal.records(self.serial, texts)])
        if self._size + len(data) > journal.LIMIT:
            message = f"{self._path.name} would be larger than {journal.LIMIT >> 20} MiB"
            raise StateError(message, _AGAIN)
        hit("journal.unwritten")
        try:
            self._handle.write(data)
        except OSError as error:
            self._take_back()
            raise _unwritten(self._path, error) from error
        hit("journal.written")
        try:
            self._handle.sync()
        except OSError as error:
            raise self._break(error) from error
        hit("journal.synced")
        self._size += len(data)
        self.serial += len(texts)

    def check(self) -> None:
        """Raise StateError unless the file is just as this process left it."""
        if self._broken is not None:
            raise StateError(self._broken, _AGAIN)
        try:
            same = self._handle.size() == self._size and self._files.is_open_at(self._handle, self._path)
        except OSError as error:
            raise _unwritten(self._path, error) from error
        if not same:
            self._broken = f"{self._path.name} was changed by somebody else while this run held the state"
            raise StateError(self._broken, _AGAIN)

    def _take_back(self) -> None:
        """Cut off what a failed write left; if that fails too, nothing may be written behind it."""
        try:
            self._handle.truncate(self._size)
        except OSError as error:
            self._break(error)

    def _break(self, error: BaseException) -> StateError:
        why = getattr(error, "strerror", None) or type(error).__name__
        self._broken = f"{self._path.name} cannot be trusted to keep what is written to it ({why})"
        return StateError(self._broken, _AGAIN)

    def empty(self) -> None:
        """Take all records away, for their snapshot is durable; the journal takes no more events then.

        An OSError changes nothing for whoever reads: events that a snapshot holds are passed over.
        """
        self._broken = f"{self._path.name} was closed"
        self._handle.truncate(0)
        hit("journal.truncated")
        self._handle.sync()

    def close(self) -> None:
        """Give the file back."""
        self._broken = self._broken or f"{self._path.name} was closed"
        self._handle.close()


_AGAIN = "run the command again: it finds out what was done, and does nothing twice"


def _unwritten(path: Path, error: OSError) -> StateError:
    message = f"{path.name} could not be written: {error.strerror or error}"
    return StateError(message, "make room on the disk, and the folder writable; then run the command again")
