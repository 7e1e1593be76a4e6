"""The writing end of a state in PostgreSQL: group commit, and what follows when a session breaks.

A session that breaks takes the lock along. From then on no Intent is written, so nothing is sent; what
the requests on their way bring is written over a new connection for as long as nobody else has signed
the state (see `PostgresWriter._rescue`). Whether a commit took place during which the connection broke is
read back; an Intent in it counts as not written either way.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from threading import Lock

import psycopg

from podsync.failpoints import hit
from podsync.model.clock import Clock
from podsync.model.errors import StateError
from podsync.state.events import Event, Intent
from podsync.state.group_commit import GroupCommit, Ticket
from podsync.state.model import State
from podsync.state.postgres.connection import Connection, Database, close, gone
from podsync.state.postgres.rows import HISTORY, StateRows, StoredState

#: How long, and how often, a new connection is tried for to write results down; seconds.
_RESCUE, _PAUSE = 10.0, 0.25
_AGAIN = "run the command again: it finds out what was done, and does nothing twice"
_KEPT = "nothing is lost, the events hold it: run the command again when the database is well"


class PostgresWriter:
    """Adds events and folds them into rows. Thread-safe.

    `fence` is the lock's id; `lineage` is empty until the first event, `serial` the last that is durable,
    `snapshot` up to which the rows know. `lost` is why the session ended.
    """

    def __init__(
        self,
        database: Database,
        rows: StateRows,
        connection: Connection,
        *,
        label: str,
        fence: str,
        lineage: str,
        serial: int,
        clock: Clock,
    ) -> None:
        self._database, self._rows, self._connection = database, rows, connection
        self._label, self._fence, self._clock = label, fence, clock
        self.lineage, self.serial, self.snapshot = lineage, serial, 0
        self.lost: StateError | None = None
        self._broken: StateError | None = None
        self._second: Connection | None = None
        #: Names of writes whose end is not known.
        self._unsure: list[str] = []
        self._group = GroupCommit(self._write, self._break)
        #: A transaction of several statements has the connection to itself.
        self._turn = Lock()

    def append(self, events: Sequence[Event]) -> None:
        """Return when all of `events` are committed. Raises StateError when they are not."""
        self._group.append(events)

    def read(self) -> StoredState:
        """Read everything over this session; raises psycopg's errors, and StateError if it is not ours."""
        with self._turn:
            found = self._rows.read(self._connection)
            if (found.state.lineage, found.state.serial) != (self.lineage, self.serial):
                raise self._shut_out()
            self.snapshot = found.snapshot
            return found

    def check(self) -> None:
        """Raise StateError where nothing can be written any more."""
        if self._broken is not None:
            raise self._broken

    def fold(self, state: State, *, anew: bool = False) -> None:
        """Make `state` the snapshot, in one transaction; what was the snapshot is kept as a backup.

        `anew`: it does not continue what is there, whose events go. Raises StateError where it could not
        be written; then all is as it was, or all is done.
        """
        self.check()
        if self.lost is not None:
            raise StateError(self.lost.message, _KEPT)
        worth = bool(self.lineage) and (anew or self.snapshot > 0)
        hit("compact.begun")
        try:
            with self._turn, self._connection.transaction():
                if not self._rows.fold(
                    self._connection, state, before=self.lineage, known=self.serial, fence=self._fence,
                    backup=worth,
                ):  # fmt: skip
                    raise self._shut_out()
                self._rows.forget_events(self._connection, None if anew else state.serial - HISTORY)
                hit("postgres.folded")
        except psycopg.Error as error:
            fault = self._database.fault(error)
            if gone(self._connection):
                self.lost = fault
            raise StateError(fault.message, _KEPT) from None
        hit("compact.written")
        self.lineage, self.serial, self.snapshot = state.lineage, state.serial, state.serial

    def close(self) -> None:
        """Take no more events; the session is its owner's to end."""
        self._broken = self._broken or StateError(f"{self._label} was let go of", _AGAIN)
        if self._second is not None:
            close(self._second)

    # -- committing

    def _write(self, group: Sequence[Ticket]) -> None:
        self.check()
        hit("postgres.unwritten")
        if self.lost is None:
            try:
                with self._turn:
                    self._commit(self._connection, group)
            except psycopg.Error as error:
                fault = self._database.fault(error)
                if not gone(self._connection):
                    self._unsure.clear()
                    raise fault from None
                self.lost = StateError(f"the lock on {self._label} is lost: {fault.message}", _AGAIN)
        if self.lost is not None:
            self._rescue(self.lost, group)
        hit("postgres.committed")

    def _commit(self, connection: Connection, group: Sequence[Ticket]) -> None:
        """Write events, if what is there is what we left; raises psycopg's errors."""
        if not self.lineage:
            lineage = str(uuid.uuid4())
            if not self._rows.begin(connection, lineage, self._fence):
                raise self._shut_out()
            self.lineage = lineage
        texts = [text.decode("ascii") for ticket in group for text in ticket.texts]
        self._unsure.append(uuid.uuid4().hex)
        if not self._rows.append(
            connection, texts, lineage=self.lineage, serial=self.serial, fence=self._fence,
            batch=self._unsure[-1],
        ):  # fmt: skip
            raise self._shut_out()
        self.serial += len(texts)
        self._unsure.clear()

    def _rescue(self, lost: StateError, group: Sequence[Ticket]) -> None:
        """Write results down without the lock, for as long as nobody else has signed; Intents never.

        What was begun over an earlier connection may have been committed, or be so even now: it is looked
        for by its name, and of two writes that compare one serial only one succeeds.
        """
        results = [t for t in group if not any(isinstance(event, Intent) for event in t.events)]
        for ticket in group:
            ticket.failure = None if ticket in results else lost
        until = self._clock.monotonic() + _RESCUE
        while results:
            try:
                if self._second is None or gone(self._second):
                    self._second = self._database.hold()
                if not self._was_written(self._second):
                    self._commit(self._second, results)
                return
            except psycopg.Error as error:
                fault = self._database.fault(error)
            except StateError as error:
                fault = error
            if self._broken is not None or self._clock.monotonic() >= until:
                self._broken = self._broken or StateError(f"{lost.message}; {fault.message}", _AGAIN)
                raise self._broken
            self._clock.sleep(_PAUSE)

    def _was_written(self, connection: Connection) -> bool:
        """Whether one of the writes of this group was committed after all."""
        serial = self._rows.written(connection, self._unsure, self.serial) if self._unsure else None
        if serial is None:
            return False
        self.serial = serial
        self._unsure.clear()
        return True

    def _break(self, error: BaseException) -> StateError:
        """A signal in the middle of a commit: whether it took place is for the next run to see."""
        self._broken = StateError(f"a write to {self._label} was broken off ({type(error).__name__})", _AGAIN)
        return self._broken

    def _shut_out(self) -> StateError:
        """What is there now was not written by us: from here on this run writes nothing."""
        self._broken = StateError(
            f"{self._label} was changed by somebody else while this run held it", _AGAIN
        )
        return self._broken
