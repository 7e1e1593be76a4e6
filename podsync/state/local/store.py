"""The store on a local disk: `podsync.state.json`, and beside it `.journal`, `.lock`, `.backup.N`.

The state is the snapshot and what the journal adds to it. Events at or below the snapshot's serial
are passed over, so a crash between writing a snapshot and emptying the journal does nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Unpack

from podsync.failpoints import hit
from podsync.files.atomic import remove_leftovers
from podsync.files.os_files import OsFiles
from podsync.model.digests import short_digest
from podsync.model.errors import LockedError, StateError
from podsync.shortcuts import may_use
from podsync.state.formats import journal, statefile
from podsync.state.local import snapshot
from podsync.state.local.snapshot import LocalContents, Snapshot, join
from podsync.state.lock import Holder
from podsync.state.model import State
from podsync.state.store import StateStore, StoreFacts, must_fit, under_lock

if TYPE_CHECKING:
    from podsync.state.events import Event
    from podsync.state.local.journal_writer import Appender

#: How often, and how long apart in seconds, damage is looked at again that a writer may explain.
_LOOKS, _PAUSE = 3, 0.05


class _LocalWriter:
    """What a holder of the lock knows, from the first event on, of what is on disk."""

    def __init__(
        self,
        appender: Appender,
        lineage: str,
        base: str | None,
        snapshot_serial: int | None,
        stamp: tuple[int, ...] | None,
    ) -> None:
        self.appender = appender
        self.lineage = lineage
        self.base = base
        self.snapshot_serial = snapshot_serial
        self.stamp = stamp

    def append(self, events: Sequence[Event]) -> None:
        """Return when all of `events` are durable."""
        self.appender.append(events)


class LocalStore(StateStore):
    """Keeps a state in a folder.

    An fsync costs a millisecond, and the operating system's lock dies with its process, and not before.
    `cache_root` is the folder that podsync works in: what is remembered of a large state is kept there.
    """

    label = ""
    _writer: _LocalWriter | None

    def __init__(
        self,
        path: Path,
        *,
        files: OsFiles | None = None,
        cache_root: Path | None = None,
        **facts: Unpack[StoreFacts],
    ) -> None:
        super().__init__(**facts)
        self.label = str(path)
        # Resolved, so that a link and its target are one state with one lock.
        self.path = path.resolve()
        self.journal_path = self.path.with_name(f"{self.path.name}.journal")
        self.lock_path = self.path.with_name(f"{self.path.name}.lock")
        self._files = files or OsFiles()
        self._loads: snapshot.Loads = statefile.loads
        if cache_root is not None and may_use("state/lazy"):
            from podsync.state.lazy import loads_beside

            self._loads = loads_beside(cache_root, f"state-{short_digest(str(self.path))}", self._again)
        self._opening = Lock()
        self._locked = False
        self._last_look: tuple[object, LocalContents] | None = None

    @contextmanager
    def lock(self, command: str, timeout: float) -> Iterator[None]:
        """Hold the state for writing; StateError where the folder cannot be written."""
        from podsync.state.local.lock import hold

        if not self.lock_path.exists():
            self._look()  # beside what is no state nothing is written
        holder = Holder.of_this_run(self._who(), self._clock, command, self._run_url)
        with hold(
            self.lock_path, self.journal_path, holder,
            timeout=timeout, clock=self._clock, on_wait=self._on_note,
        ):  # fmt: skip
            hit("lock.held")
            remove_leftovers(self._files, self.path)
            self._locked = True
            try:
                yield
            finally:
                self._locked, self._last_look = False, None
                self._close()

    @property
    def identity(self) -> str:
        """The absolute path, links resolved."""
        return str(self.path)

    def unlock(self, lock_id: str) -> None:
        """Raise LockedError: this lock ends with its process, and nobody has to break it."""
        holder = self.holder()
        named = f"{holder}, id {lock_id}" if holder is not None else f"id {lock_id}"
        raise LockedError(
            f"{self.path.name} is held by {named}",
            "the operating system holds this lock for that process: let it end, or end it; "
            "what it had in flight is settled by the next apply",
        )

    def undo(self) -> str | None:
        """Name the newest backup."""
        newest = snapshot.newest_backup(self._files, self.path)
        return f"the state as it was before is {newest}; copy it over {self.label}" if newest else None

    def holder(self) -> Holder | None:
        """Who holds the state, as far as is known (see :func:`read_holder`)."""
        from podsync.state.local.lock import read_holder

        return read_holder(self.lock_path)

    def load(self) -> State:
        """Snapshot and journal; `State.lost` where the snapshot is gone from under its journal."""
        stamps = self._stamps()
        disk = self._look()
        self._last_look = (stamps, disk) if self._locked else None
        if disk.journal.unfinished:
            self._on_note(
                f"{self.journal_path.name}: the last write was not finished and is left out;"
                " nothing of it can have been sent"
            )
        self._known = disk.state.lineage, disk.state.serial
        return disk.state

    def compact(self, state: State) -> None:
        """Write the snapshot, then empty the journal; where that fails the journal keeps all events."""
        under_lock(self._locked or None)
        if self._writer is None and not self._left_over():
            return
        writer = self._open()
        if writer.appender.serial == writer.snapshot_serial:
            return
        must_fit(state, writer.lineage, writer.appender.serial)
        writer.appender.check()
        if self._files.stamp(self.path) != writer.stamp:
            message = f"{self.path.name} was changed by somebody else while this run held it"
            raise StateError(message, "bring back the file as it was; the journal holds what was done since")
        hit("compact.begun")
        self._write(replace(state, lineage=writer.lineage, lost=False), writer)
        hit("compact.written")
        try:
            writer.appender.empty()
        except OSError as error:
            why = error.strerror or error
            self._on_note(f"{self.journal_path.name} could not be emptied ({why}); that does no harm")
        hit("compact.emptied")
        self._close()

    def replace(self, state: State) -> None:
        """Put `state`, as it is, in the place of what is there, which is kept as a backup."""
        self.compact(self.load())
        writer = self._open()
        writer.base, self._last_look = None, None
        self._write(replace(state, lost=False), writer)
        self._close()
        self._known = state.lineage, state.serial

    def init(self) -> bool:
        """Make an empty state with a lineage of its own; False if there is a state already."""
        with self.lock("init", 0):
            disk = self._look()
            if disk.snapshot is not None or disk.journal.events:
                return False
            self._write_first()
            return True

    def _look(self) -> LocalContents:
        """Read the journal, then the snapshot: in this order they cannot be a mix.

        Whatever the snapshot is newer by, the journal's events that it holds are passed over; it
        cannot be older. A writer at work can still make a journal look damaged while we read it
        (it cuts off, and writes again): damage counts when it is seen twice without a change.
        """
        seen: object = None
        for _ in range(_LOOKS if not self._locked else 1):
            try:
                return self._look_once()
            except StateError as error:
                if (error.message, error.remedy) == seen:
                    raise
                seen, last = (error.message, error.remedy), error
            if not self._locked:
                self._clock.sleep(_PAUSE)
        raise last

    def _look_once(self) -> LocalContents:
        try:
            data = self._files.read(self.journal_path, journal.LIMIT) or b""
        except OSError as error:
            raise snapshot.unreadable(self.journal_path, error) from error
        contents = journal.read(data, self.journal_path.name)
        found = snapshot.read(self._files, self.path, self._loads)
        return LocalContents(found, contents, join(found, contents, self.path.name))

    def _again(self) -> Iterator[bytes]:
        try:
            yield from self._files.blocks(self.path, statefile.LIMIT)
        except OSError as error:
            raise snapshot.unreadable(self.path, error) from error

    def _open(self) -> _LocalWriter:
        """Return the session, begun by whoever comes first: only now is anything on disk touched."""
        with self._opening:
            under_lock(self._locked or None)
            if self._writer is None:
                try:
                    self._writer = self._begin()
                except OSError as error:
                    message = f"{self.path.name} could not be written: {error.strerror or error}"
                    remedy = "make room, and the folder writable; nothing was sent"
                    raise StateError(message, remedy) from error
            return self._writer

    def _begin(self) -> _LocalWriter:
        stamps = self._stamps()
        known = self._last_look
        # Under one lock a large state is parsed once, unless somebody who has no lock touched it.
        disk = known[1] if known is not None and known[0] == stamps else self._look()
        self._last_look = None
        found_as = disk.state.lineage, disk.state.serial
        self._must_be_known(*found_as, self.path.name)
        base, size = disk.journal.base, disk.journal.size
        if not disk.fresh:
            found = disk.snapshot or self._write_first()
            base, size, found_as = found.id, 0, (found.state.lineage, found.state.serial)
        from podsync.state.local.journal_writer import Appender

        appender = Appender(
            self._files, self.journal_path, lineage=found_as[0], base=base, serial=found_as[1], size=size
        )
        written = disk.snapshot.state.serial if disk.snapshot else None if disk.fresh else 0
        stamp = stamps[0] if disk.snapshot else self._files.stamp(self.path)
        return _LocalWriter(appender, found_as[0], base, written, stamp)

    def _left_over(self) -> bool:
        """Whether a run that died left events which no snapshot has yet."""
        stamp = self._files.stamp(self.journal_path)
        return stamp is not None and stamp[2] > 0 and self._look().fresh

    def _stamps(self) -> tuple[tuple[int, ...] | None, tuple[int, ...] | None]:
        try:
            return self._files.stamp(self.path), self._files.stamp(self.journal_path)
        except OSError:
            return None, None  # reading says what is wrong

    def _write_first(self) -> Snapshot:
        empty = State(lineage=str(uuid.uuid4()))
        return snapshot.write(self._files, self.path, empty, follows=None, backup=False)

    def _write(self, state: State, writer: _LocalWriter) -> None:
        try:
            # The empty state that every journal begins with is not worth a backup.
            worth = bool(writer.snapshot_serial)
            snapshot.write(self._files, self.path, state, follows=writer.base, backup=worth)
        except OSError as error:
            why = error.strerror or error
            message = f"{self.path.name} could not be written: {why}"
            remedy = "nothing is lost, the journal holds it: make room and run the command again"
            raise StateError(message, remedy) from error

    def _close(self) -> None:
        if self._writer is not None:
            self._known = self._writer.lineage, self._writer.appender.serial
            self._writer.appender.close()
            self._writer = None
