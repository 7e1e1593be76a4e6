"""The lock of a state in PostgreSQL: a session's advisory lock, which dies with its session, and a fence.

The server gives the lock up as soon as it knows that the session is gone; a machine that vanished
without a word is found out within a minute (see `connection`). Whoever gets the lock writes its
id into `state.fence`, and each write asks for it: so a holder that lives on without its session, or
whose pooler handed the session to somebody else, writes nothing. Its requests may still leave until
their `send_before`, which is why the store is `shared`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import psycopg

from podsync.files import strict_json
from podsync.model.clock import Clock
from podsync.model.errors import LockedError, StateError
from podsync.state.formats.dataclass_json import Unfit
from podsync.state.lock import PATIENCE, Holder, wait_for_lock
from podsync.state.postgres.connection import Connection, Database
from podsync.state.postgres.rows import StateRows

#: The server needs a moment to see that a dead holder's session has ended; seconds.
_GRACE = 0.5
#: How long a session that was ended by `unlock` may take to go, and how often it is looked for; seconds.
_END, _PAUSE = 10.0, 0.05

_HELD = """
pg_locks.locktype = 'advisory' AND pg_locks.granted AND pg_locks.objsubid = 1
  AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (pg_locks.classid::bigint << 32) | pg_locks.objid::bigint = %(key)s
"""
_PIDS = f"SELECT pid FROM pg_locks WHERE {_HELD}"
_TERMINATE = f"""
SELECT pg_terminate_backend(pg_locks.pid) FROM pg_locks, {{s}}.state WHERE state.fence = %(fence)s AND {_HELD}
"""


def key_of(schema: str) -> int:
    """Return the number of the lock; locks with numbers are the database's own, not the schema's."""
    return int.from_bytes(hashlib.sha256(f"podsync {schema}".encode()).digest()[:8], "big", signed=True)


def take(
    connection: Connection,
    rows: StateRows,
    label: str,
    *,
    timeout: float,
    clock: Clock,
    on_wait: Callable[[str], None],
    unlock: str,
) -> None:
    """Get the lock; waits as `wait_for_lock` does. `unlock` begins the command that ends a holder."""

    def attempt() -> bool:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [key_of(rows.schema)]).fetchone()
        return row is not None and bool(row[0])

    def remedy(holder: Holder | None) -> str:
        ended = f"; if it is surely dead: {unlock} {holder.id}" if holder is not None else ""
        wait = (
            "wait for it (apply does, for --lock-timeout); if it dies, the database lets go within a minute"
        )
        return wait + ended

    wait_for_lock(
        attempt, lambda: read_holder(connection, rows), label, timeout=max(timeout, _GRACE),
        patience=max(PATIENCE, _GRACE), clock=clock, on_wait=on_wait, remedy=remedy,
    )  # fmt: skip


def refuse_pooled_transactions(connection: Connection, database: Database) -> None:
    """Raise StateError where a pooler lends our session to others between two transactions.

    A pooler is known by a process number of its own; that it lends by the transaction, by a second
    connection that lands in the session which the first one still believes to have.
    """
    mine = _pid(connection)
    if mine == connection.info.backend_pid:
        return
    with database.session() as other:
        if _pid(other) == mine:
            raise StateError(
                f"the database {database.name} is behind a pooler that lends sessions by the transaction:"
                " nobody can hold a lock there",
                "connect to the server itself, or to the pooler's session mode; nothing was sent",
            )


def _pid(connection: Connection) -> int:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return int(row[0]) if row else 0


def sign(connection: Connection, rows: StateRows, holder: Holder) -> tuple[str, int]:
    """Write down that `holder` may write from now on; returns lineage and serial of what is there."""
    text = json.dumps(holder.to_json(), sort_keys=True)
    statement = "UPDATE {s}.state SET fence = %s, holder = %s::json RETURNING lineage, serial"
    row = connection.execute(rows.sql(statement), [holder.id, text]).fetchone()
    if row is None:
        raise StateError(
            f"the state in schema {rows.schema} is damaged: its row in the table state is missing",
            "bring the tables back from a backup of the database; nothing was changed",
        )
    return row[0], row[1]


def let_go(connection: Connection, rows: StateRows, lock_id: str) -> None:
    """Take our name away, then give the lock back."""
    statement = "UPDATE {s}.state SET fence = NULL, holder = NULL WHERE fence = %s"
    connection.execute(rows.sql(statement), [lock_id])
    connection.execute("SELECT pg_advisory_unlock(%s)", [key_of(rows.schema)])


def read_holder(connection: Connection, rows: StateRows) -> Holder | None:
    """Return who signed and did not let go; None when nobody can be named."""
    try:
        row = connection.execute(rows.sql("SELECT holder::text FROM {s}.state")).fetchone()
        if row is None or row[0] is None:
            return None
        return Holder.from_json(strict_json.loads(row[0].encode()))
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return None  # nobody has made the tables yet
    except (Unfit, strict_json.NotStrictError):
        return None


def end(connection: Connection, rows: StateRows, lock_id: str, label: str, clock: Clock) -> None:
    """End the session of the holder `lock_id`, if it still has one, and take its name away.

    Its fence stays: what its requests brought can still be written down, by it alone, until somebody
    else signs. Raises LockedError for another id, and where the server does not let us.
    """
    holder = read_holder(connection, rows)
    if holder is None or holder.id != lock_id:
        raise LockedError(
            f"{label} is not held under the id {lock_id}: it is {'free' if holder is None else holder}",
            "" if holder is None else f"the id of that lock is {holder.id}",
        )
    facts = {"key": key_of(rows.schema), "fence": lock_id}
    try:
        connection.execute(rows.sql(_TERMINATE), facts)
    except psycopg.errors.InsufficientPrivilege:
        raise LockedError(
            f"{label} is held by {holder}, as another role of the database",
            "run this as that role, or ask for the right to pg_signal_backend",
        ) from None
    until = clock.monotonic() + _END
    while connection.execute(_PIDS, facts).fetchone() is not None:
        if clock.monotonic() >= until:
            raise LockedError(f"{label} is still held by {holder}", "try again in a minute")
        clock.sleep(_PAUSE)
    statement = "UPDATE {s}.state SET holder = NULL WHERE fence = %s"
    connection.execute(rows.sql(statement), [lock_id])
