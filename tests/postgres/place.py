"""A state in a schema of its own; see `tests.contracts.Place`."""

from __future__ import annotations

import itertools
import json
from typing import Any

from psycopg import sql

from podsync.cli.environment.clock import SystemClock
from podsync.state.model import State
from podsync.state.postgres.store import PostgresStore
from tests.postgres.server import Server

_NUMBERS = itertools.count(1)
_TABLES = ("state", "entry", "orphan", "event", "backup", "migration")


class Schema:
    def __init__(self, server: Server) -> None:
        self.server, self.name = server, f"s{next(_NUMBERS)}"

    def store(self, note=lambda _text: None, url: str = "") -> PostgresStore:
        return PostgresStore(
            url or self.server.url(), self.name, clock=SystemClock(), who=lambda: "me@here", on_note=note
        )

    def load(self) -> State:
        return self.store().load()

    def ask(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement as somebody who is not podsync; `{s}` is the schema."""
        with self.server.connect() as connection:
            done = connection.execute(sql.SQL(text).format(s=sql.Identifier(self.name)), values or None)
            return done.fetchall() if done.description else []

    def stored(self) -> object:
        if not self.ask("SELECT 1 FROM pg_namespace WHERE nspname = %s", self.name):
            return self._nothing()
        found = {
            table: self.ask(
                f"SELECT to_jsonb(t) - 'fence' - 'holder' FROM {{s}}.{table} AS t ORDER BY 1::text"
            )
            for table in _TABLES
        }
        # The lock makes the tables, as a local one makes its file.
        return self._nothing() if found["state"][0][0]["lineage"] == "" else found

    @staticmethod
    def _nothing() -> dict[str, Any]:
        return {}

    def damage(self) -> None:
        self.ask("DELETE FROM {s}.entry WHERE address = (SELECT min(address) FROM {s}.entry)")

    def add_key(self, key: str, value: Any) -> None:
        self.ask(
            "UPDATE {s}.state SET document = (document::jsonb || %s::jsonb)::json", json.dumps({key: value})
        )

    def backups(self) -> list[str]:
        return [row[0] for row in self.ask("SELECT document FROM {s}.backup ORDER BY number DESC")]
