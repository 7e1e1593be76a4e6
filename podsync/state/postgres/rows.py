"""The statements that read and write the tables, one for each purpose.

A snapshot is the state file in pieces: a row for each entry and each orphan, the rest in
`state.document`. Whole again it is read by `statefile`, so all that holds for the file holds here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from podsync.files import strict_json
from podsync.model.errors import StateError
from podsync.state.events import Event
from podsync.state.formats import statefile
from podsync.state.formats.event_json import event_from_json
from podsync.state.model import State
from podsync.state.postgres.connection import Connection
from podsync.state.reducer.reducer import replay

#: How many backups stay, and how many events beyond those that the snapshot does not have.
BACKUPS, HISTORY = 5, 10_000

#: For one transaction: the session may be a pooler's, who lends it to others next.
_HERE = "SELECT set_config('search_path', 'pg_catalog', true), set_config('statement_timeout', '0', true)"

_WHOLE = """
  '{{"entries":{{' || coalesce((SELECT string_agg(to_json(address)::text || ':' || document::text, ',')
                              FROM {s}.entry), '')
  || '}},"orphans":[' || coalesce((SELECT string_agg(document::text, ',' ORDER BY key) FROM {s}.orphan), '')
  || '],' || substr(ltrim(state.document::text), 2)
"""
_READ = f"""
SELECT lineage, serial, snapshot, entries, orphans, (SELECT count(*) FROM {{s}}.entry),
  (SELECT count(*) FROM {{s}}.orphan), {_WHOLE} FROM {{s}}.state
"""
_EVENTS = """
SELECT serial, document::text FROM {s}.event WHERE serial > %s ORDER BY serial
"""
_APPEND = """
WITH mine AS (
  UPDATE {s}.state SET serial = serial + %(count)s
  WHERE lineage = %(lineage)s AND serial = %(serial)s AND fence = %(fence)s RETURNING 1)
INSERT INTO {s}.event (serial, batch, document)
SELECT %(serial)s + number, %(batch)s, text::json
FROM mine, unnest(%(texts)s::text[]) WITH ORDINALITY AS given (text, number)
"""
_WRITTEN = """
SELECT max(serial) FROM {s}.event WHERE serial > %s AND batch = ANY(%s)
"""
_BEGIN = """
UPDATE {s}.state SET lineage = %(lineage)s, document = %(document)s::json
WHERE lineage = '' AND serial = 0 AND fence = %(fence)s
"""
_BACKUP = f"""
INSERT INTO {{s}}.backup (number, lineage, serial, document)
SELECT coalesce((SELECT max(number) FROM {{s}}.backup), 0) + 1, lineage, snapshot, {_WHOLE} FROM {{s}}.state
"""
_PRUNE = """
DELETE FROM {s}.backup WHERE number <= (SELECT max(number) FROM {s}.backup) - %s
"""
_DIGESTS = """
SELECT {key}, encode(sha256(convert_to(document::text, 'UTF8')), 'hex') FROM {s}.{table}
"""
_PUT = """
INSERT INTO {s}.{table} ({key}, document)
SELECT key, text::json FROM unnest(%s::text[], %s::text[]) AS given (key, text)
ON CONFLICT ({key}) DO UPDATE SET document = excluded.document
"""
_DROP = "DELETE FROM {s}.{table} WHERE {key} = ANY(%s)"
_FOLD = """
UPDATE {s}.state SET lineage = %(lineage)s, serial = %(serial)s, snapshot = %(serial)s,
  entries = %(entries)s, orphans = %(orphans)s, document = %(document)s::json
WHERE lineage = %(before)s AND serial = %(known)s AND fence = %(fence)s
"""


@dataclass(frozen=True, slots=True)
class StoredState:
    """What the tables hold: the state, and up to which serial the snapshot goes."""

    state: State = State()  # noqa: RUF009 (frozen)
    snapshot: int = 0


class StateRows:
    """The statements over the tables of one schema. Raises psycopg's errors."""

    def __init__(self, schema: str) -> None:
        self.schema = schema

    def sql(self, text: str, **names: str) -> sql.Composed:
        """Return a statement over this schema; `names` are further identifiers."""
        quoted = {key: sql.Identifier(name) for key, name in names.items()}
        return sql.SQL(text).format(s=sql.Identifier(self.schema), **quoted)

    # -- reading

    def read(self, connection: Connection) -> StoredState:
        """Read snapshot and events as of one moment; raises StateError for what cannot be trusted."""
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            connection.execute(_HERE)
            row = connection.execute(self.sql(_READ)).fetchone()
            if row is None:
                raise self._damaged("its row in the table state is missing")
            events = connection.execute(self.sql(_EVENTS), [row[2]]).fetchall()
        lineage, serial, snapshot, *counted, text = row
        if not lineage:
            return StoredState()
        if counted[:2] != counted[2:]:
            expected = f"{counted[0]} entries and {counted[1]} orphans were written"
            raise self._damaged(f"{expected}, {counted[2]} and {counted[3]} are there")
        try:
            state = statefile.loads((text or "").encode("utf-8", "surrogatepass"), f"schema {self.schema}")
        except statefile.DamagedStateError as error:
            raise self._damaged(error.message.partition(": ")[2]) from None
        if (state.lineage, state.serial) != (lineage, snapshot):
            raise self._damaged("lineage and serial of its parts differ")
        if [each[0] for each in events] != list(range(snapshot + 1, serial + 1)):
            raise self._damaged(f"of the events {snapshot + 1} to {serial} some are missing")
        return StoredState(replay(state, [self._event(*each) for each in events]), snapshot)

    def _event(self, serial: int, text: str) -> Event:
        try:
            return event_from_json(strict_json.loads(text.encode("utf-8", "surrogatepass")))
        except strict_json.NotStrictError as error:
            raise self._damaged(f"event {serial}: {error}") from None
        except StateError as error:
            raise StateError(f"schema {self.schema}, event {serial}: {error.message}", error.remedy) from None

    def _damaged(self, what: str) -> StateError:
        return StateError(
            f"the state in schema {self.schema} is damaged: {what}",
            "bring the tables back from a backup of the database; or set another state.schema, and push"
            f' there what stands in "{self.schema}".backup. Nothing was changed',
        )

    # -- writing; each returns whether it was ours to write

    def begin(self, connection: Connection, lineage: str, fence: str) -> bool:
        """Write the empty state that every history begins with."""
        document = _rest(statefile.to_document(State(lineage=lineage)))
        facts = {"lineage": lineage, "document": _json(document), "fence": fence}
        return connection.execute(self.sql(_BEGIN), facts).rowcount == 1

    def append(
        self,
        connection: Connection,
        texts: Sequence[str],
        *,
        lineage: str,
        serial: int,
        fence: str,
        batch: str,
    ) -> bool:
        """Add events after `serial`: one statement, one transaction, one round trip."""
        facts = {"count": len(texts), "texts": list(texts), "lineage": lineage, "serial": serial,
                 "fence": fence, "batch": batch}  # fmt: skip
        return connection.execute(self.sql(_APPEND), facts).rowcount == len(texts)

    def fold(
        self, connection: Connection, state: State, *, before: str, known: int, fence: str, backup: bool
    ) -> bool:
        """Write `state` as the snapshot, in the caller's transaction; `backup`: keep what was the snapshot.

        `before` and `known` are lineage and serial of what is there now.
        """
        document = statefile.to_document(state)
        entries = {address: _json(each) for address, each in document["entries"].items()}
        orphans = {f"{each['address']} {each.get('created_at')}": _json(each) for each in document["orphans"]}
        if backup:
            connection.execute(self.sql(_BACKUP))
            connection.execute(self.sql(_PRUNE), [BACKUPS])
        self._put(connection, "entry", "address", entries)
        self._put(connection, "orphan", "key", orphans)
        facts = {"lineage": state.lineage, "serial": state.serial, "before": before, "known": known,
                 "fence": fence, "entries": len(entries), "orphans": len(orphans),
                 "document": _json(_rest(document))}  # fmt: skip
        return connection.execute(self.sql(_FOLD), facts).rowcount == 1

    def written(self, connection: Connection, batches: Sequence[str], after: int) -> int | None:
        """Return the serial at which one of these batches ended, None if none of them was written."""
        row = connection.execute(self.sql(_WRITTEN), [after, list(batches)]).fetchone()
        return None if row is None else row[0]

    def forget_events(self, connection: Connection, until: int | None) -> None:
        """Drop events up to a serial; None: all of them."""
        statement = "DELETE FROM {s}.event WHERE serial <= coalesce(%s::bigint, serial)"
        connection.execute(self.sql(statement), [until])

    def _put(self, connection: Connection, table: str, key: str, wanted: Mapping[str, str]) -> None:
        """Write the rows that differ, drop those that are not wanted."""
        there: dict[str, str] = dict(connection.execute(self.sql(_DIGESTS, table=table, key=key)).fetchall())
        digests = {k: hashlib.sha256(text.encode("ascii")).hexdigest() for k, text in wanted.items()}
        changed = {k: text for k, text in wanted.items() if there.get(k) != digests[k]}
        if changed:
            statement = self.sql(_PUT, table=table, key=key)
            connection.execute(statement, [list(changed), list(changed.values())])
        surplus = [k for k in there if k not in wanted]
        if surplus:
            connection.execute(self.sql(_DROP, table=table, key=key), [surplus])


def _rest(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in {"entries", "orphans"}}


def _json(data: object) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
