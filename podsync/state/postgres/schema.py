"""The tables, made by numbered migrations, each applied once.

    state      one row: lineage, serial, who may write, and all of the state file but its rows
    entry      a product that exists, or is in doubt
    orphan     a product that nobody wants any more
    event      what happened; rows above `state.snapshot` are not in `entry` and `orphan` yet
    backup     the state as it was before each of the last writes of a snapshot
    migration  which of these were applied

Documents are `json`, in ASCII: they keep every byte in whatever encoding the database has.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from podsync import __version__
from podsync.model.errors import StateError
from podsync.state.postgres.connection import Connection

_TABLES = """
CREATE TABLE {s}.state (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  lineage text NOT NULL DEFAULT '',
  serial bigint NOT NULL DEFAULT 0,
  snapshot bigint NOT NULL DEFAULT 0,
  entries bigint NOT NULL DEFAULT 0,
  orphans bigint NOT NULL DEFAULT 0,
  document json,
  fence text,
  holder json,
  CHECK (serial >= snapshot)
);
CREATE TABLE {s}.entry (address text COLLATE "C" PRIMARY KEY, document json NOT NULL);
CREATE TABLE {s}.orphan (key text COLLATE "C" PRIMARY KEY, document json NOT NULL);
CREATE TABLE {s}.event (
  serial bigint PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  batch text NOT NULL,
  document json NOT NULL
);
CREATE TABLE {s}.backup (
  number bigint PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  lineage text NOT NULL,
  serial bigint NOT NULL,
  document text NOT NULL
);
INSERT INTO {s}.state DEFAULT VALUES;
"""

#: From here on the state is of format 2. A podsync that knows format 1 refuses these tables before it reads
#: anything in them, and the state as that one left it is kept.
_FORMAT_2 = """
INSERT INTO {s}.backup (number, lineage, serial, document)
SELECT coalesce((SELECT max(number) FROM {s}.backup), 0) + 1, lineage, snapshot,
  '{{"entries":{{' || coalesce((SELECT string_agg(to_json(address)::text || ':' || document::text, ',')
                              FROM {s}.entry), '')
  || '}},"orphans":[' || coalesce((SELECT string_agg(document::text, ',' ORDER BY key) FROM {s}.orphan), '')
  || '],' || substr(ltrim(state.document::text), 2)
FROM {s}.state WHERE snapshot > 0;
"""

#: Each brings a schema from one version to the next; a released one is never changed.
MIGRATIONS: tuple[str, ...] = (_TABLES, _FORMAT_2)


def version(connection: Connection, schema: str, newest: int = len(MIGRATIONS)) -> int:
    """Return the version of the tables, 0 where there are none.

    Raises StateError for one beyond `newest`: a newer podsync made it.
    """
    found = connection.execute("SELECT to_regclass(format('%%I.migration', %s::text))", [schema]).fetchone()
    if found is None or found[0] is None:
        return 0
    query = sql.SQL("SELECT max(version) FROM {}.migration").format(sql.Identifier(schema))
    row = connection.execute(query).fetchone()
    number = int(row[0] or 0) if row else 0
    if number > newest:
        message = f"the tables of schema {schema} are of version {number}; podsync {__version__} knows "
        raise StateError(f"{message}{newest}", "upgrade podsync; nothing was changed")
    return number


def migrate(connection: Connection, schema: str, migrations: Sequence[str] = MIGRATIONS) -> int:
    """Make the tables, or bring them up to date, in one transaction. Only under the lock.

    Returns how many migrations were applied.
    """
    name = sql.Identifier(schema)
    done = version(connection, schema, len(migrations))
    if done >= len(migrations):
        return 0
    with connection.transaction():
        if not done:
            # CREATE SCHEMA IF NOT EXISTS wants the right to create one even where it exists.
            there = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema]).fetchone()
            if there is None:
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
            connection.execute(
                sql.SQL(
                    "CREATE TABLE {}.migration (version integer PRIMARY KEY, podsync text NOT NULL,"
                    " at timestamptz NOT NULL DEFAULT clock_timestamp())"
                ).format(name)
            )
        for number, text in enumerate(migrations[done:], done + 1):
            connection.execute(sql.SQL(text).format(s=name))
            insert = sql.SQL("INSERT INTO {}.migration (version, podsync) VALUES (%s, %s)").format(name)
            connection.execute(insert, [number, __version__])
    return len(migrations) - done
