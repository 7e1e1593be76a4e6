"""The store in PostgreSQL: a row per entry, a table of events, one schema per state.

Durable means committed: `append` returns when the server has acknowledged the commit of its events, with
`synchronous_commit` on whatever the server's default is. Each write compares lineage, serial and the
lock's id in the transaction that writes, so a lost race writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import RLock
from typing import Unpack

import psycopg

from podsync.failpoints import hit
from podsync.model.errors import StateError
from podsync.state.lock import Holder
from podsync.state.model import State
from podsync.state.postgres import lock
from podsync.state.postgres import schema as postgres_schema
from podsync.state.postgres.connection import Connection, Database, gone, is_replica
from podsync.state.postgres.rows import StateRows, StoredState
from podsync.state.postgres.writer import PostgresWriter
from podsync.state.store import StateStore, StoreFacts, must_fit, under_lock

_PRIMARY = (
    "name the server that it follows, or all of them with target_session_attrs=read-write; nothing was sent"
)


class PostgresStore(StateStore):
    """Keeps a state in a schema of a database; a commit costs a few milliseconds.

    `url` is a connection string, or empty where libpq's own variables tell it. `commands` begin the lines
    that messages tell: of psql on this database, and of `state unlock`.
    """

    shared = True
    _writer: PostgresWriter | None

    def __init__(
        self,
        url: str,
        schema: str,
        *,
        commands: tuple[str, str] = ("psql", "podsync state unlock"),
        **facts: Unpack[StoreFacts],
    ) -> None:
        super().__init__(**facts)
        self._database, self._rows = Database(url), StateRows(schema)
        self._psql, self._unlock = commands
        self._opening = RLock()
        self._opened = False

    @property
    def label(self) -> str:
        """`postgres host/database/schema`: no user, no password."""
        return f"postgres {self._database.name}/{self._rows.schema}"

    @property
    def identity(self) -> str:
        """Host, database and schema."""
        return self.label

    @contextmanager
    def lock(self, command: str, timeout: float) -> Iterator[None]:
        """Hold the state for writing; makes the tables, or brings them up to date."""
        with self._database.session() as connection:
            if is_replica(connection):
                raise StateError(f"the database {self._database.name} is a read replica", _PRIMARY)
            lock.refuse_pooled_transactions(connection, self._database)
            self._database.settle(connection)
            lock.take(
                connection, self._rows, self.label, timeout=timeout, clock=self._clock,
                on_wait=self._on_note, unlock=self._unlock,
            )  # fmt: skip
            postgres_schema.migrate(connection, self._rows.schema)
            holder = Holder.of_this_run(self._who(), self._clock, command, self._run_url)
            lineage, serial = lock.sign(connection, self._rows, holder)
            writer = PostgresWriter(
                self._database, self._rows, connection, label=self.label, fence=holder.id,
                lineage=lineage, serial=serial, clock=self._clock,
            )  # fmt: skip
            self._warn(connection)
            hit("lock.held")
            self._writer, self._opened = writer, False
            try:
                yield
            finally:
                self._writer = None
                self._release(writer, connection, holder.id)

    def unlock(self, lock_id: str) -> None:
        """End the holder's session. Raises LockedError for another id, and where we have no right to."""
        with self._database.session() as connection:
            lock.end(connection, self._rows, lock_id, self.label, self._clock)

    def undo(self) -> str | None:
        """Name the newest backup, and how to get it."""
        with suppress(StateError), self._database.session() as connection:
            if postgres_schema.version(connection, self._rows.schema):
                statement = "SELECT number, serial FROM {s}.backup ORDER BY number DESC LIMIT 1"
                row = connection.execute(self._rows.sql(statement)).fetchone()
                if row is not None:
                    select = f'SELECT document FROM "{self._rows.schema}".backup WHERE number = {row[0]}'
                    return (
                        f"the state as it was before (serial {row[1]}) is backup {row[0]} in the database:"
                        f" {self._psql} -Atc '{select}' | podsync state push --force -"
                    )
        return None

    def holder(self) -> Holder | None:
        """Who holds the state, or held it last and died."""
        with self._database.session() as connection:
            return lock.read_holder(connection, self._rows)

    def load(self) -> State:
        """Snapshot and events as of one moment."""
        writer = self._writer
        try:
            if writer is None or writer.lost is not None:
                found = self._read_alone()
            else:
                found, self._opened = writer.read(), True
        except psycopg.Error as error:
            raise self._database.fault(error) from None
        self._known = found.state.lineage, found.state.serial
        return found.state

    def compact(self, state: State) -> None:
        """Fold the events into the rows, in one transaction; where that fails the events are all kept."""
        writer = self._open()
        if writer.serial == writer.snapshot:
            return
        must_fit(state, writer.lineage, writer.serial)
        writer.fold(replace(state, lineage=writer.lineage, lost=False))

    def replace(self, state: State) -> None:
        """Put `state` in the place of what is there, which is kept as a backup; only under the lock."""
        self.compact(self.load())
        self._open().fold(replace(state, lost=False), anew=True)

    def _open(self) -> PostgresWriter:
        """Return the writing end, once what is there was read and is what was loaded before."""
        with self._opening:
            writer = under_lock(self._writer)
            writer.check()
            if not self._opened:
                self._must_be_known(writer.lineage, writer.serial, self.label)
                self.load()
            return writer

    def _read_alone(self) -> StoredState:
        with self._database.session() as connection:
            if is_replica(connection):
                risk = "is a read replica: the state may be newer than what it shows"
                self._on_note(f"the database {self._database.name} {risk}")
            if not postgres_schema.version(connection, self._rows.schema):
                return StoredState()
            return self._rows.read(connection)

    def _release(self, writer: PostgresWriter, connection: Connection, lock_id: str) -> None:
        """Let go; a lock whose session is gone is free already."""
        if self._opened:
            self._known = writer.lineage, writer.serial
        writer.close()
        with suppress(psycopg.Error):
            if not gone(connection):
                lock.let_go(connection, self._rows, lock_id)

    def _warn(self, connection: Connection) -> None:
        row = connection.execute("SELECT current_setting('fsync')").fetchone()
        if row is not None and row[0] == "off":
            risk = "runs with fsync off: what it acknowledges is lost when its machine stops"
            self._on_note(f"the database {self._database.name} {risk}")
