"""Connects to the database, and puts its errors into words that cannot show a password.

How to reach it is said by a connection string, or where that is empty by libpq's own variables
(`PGHOST`, `PGSERVICE` and so on). Whatever the server, the role or the database set as defaults, a
session that writes commits durably, finds its tables by full names, and lets go of its lock when this
machine is gone.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any, TypeAlias

import psycopg
from psycopg import conninfo, pq

from podsync.model.errors import StateError

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

#: Client and server find out within a minute that the other one is gone.
_CLIENT = {"connect_timeout": 15, "keepalives_idle": 20, "keepalives_interval": 10, "keepalives_count": 3,
           "tcp_user_timeout": 45000}  # fmt: skip
_SERVER = {"search_path": "pg_catalog", "default_transaction_isolation": "read committed",
           "statement_timeout": "0", "lock_timeout": "30s", "idle_in_transaction_session_timeout": "60s",
           "tcp_keepalives_idle": "20", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3",
           "tcp_user_timeout": "45000"}  # fmt: skip
#: Settings that came with a version of the server.
_LATER = {140000: {"idle_session_timeout": "0"}, 170000: {"transaction_timeout": "0"}}
#: Weaker kinds of commit lose what was acknowledged when the server dies; stronger ones stay.
_DURABLE = (
    "set_config('synchronous_commit', CASE current_setting('synchronous_commit')"
    " WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)"
)
_REACH = "look at PODSYNC_POSTGRES_URL, or libpq's own PGHOST, PGDATABASE and so on; nothing was sent"

# What psycopg wants to say goes into our errors, never to stderr by itself.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


class Database:
    """A database, as a connection string names it. Nothing is opened before `connect`."""

    def __init__(self, url: str) -> None:
        self._url = url

    @cached_property
    def _facts(self) -> dict[str, str]:
        """What the connection string says, over what the environment and libpq's defaults say."""
        found = {
            each.keyword.decode(): each.val.decode("utf-8", "replace")
            for each in pq.Conninfo.get_defaults()
            if each.val
        }
        try:
            given = conninfo.conninfo_to_dict(self._url)
            if not _is_meant(self._url, given):
                raise psycopg.ProgrammingError
        except psycopg.ProgrammingError:
            # Its text repeats the string.
            message = "PODSYNC_POSTGRES_URL is not a connection string"
            remedy = (
                "write postgresql://USER:PASSWORD@HOST/DATABASE, or leave it out and set PGHOST and so on"
            )
            raise StateError(
                message, f"{remedy} and so on. In a password / is %2F, @ is %40, : is %3A, % is %25"
            ) from None
        return found | {key: str(value) for key, value in given.items() if value is not None}

    @property
    def name(self) -> str:
        """`host/database` for people; the port where it is not the usual one; never a user."""
        host = self._facts.get("host") or self._facts.get("hostaddr") or "local socket"
        port = self._facts.get("port", "5432")
        database = self._facts.get("dbname") or "the user's database"
        return f"{host}{'' if port == '5432' else f':{port}'}/{database}"

    def connect(self) -> Connection:
        """Open a session; every statement is a transaction of its own. Raises StateError."""
        defaults: dict[str, Any] = {key: value for key, value in _CLIENT.items() if key not in self._facts}
        try:
            connection: Connection = psycopg.connect(
                self._url, autocommit=True, prepare_threshold=None, client_encoding="UTF8",
                application_name="podsync", **defaults,
            )  # fmt: skip
        except (psycopg.Error, UnicodeError, ValueError) as error:
            raise self.fault(error, "cannot be reached", _REACH) from None
        return connection

    def hold(self) -> Connection:
        """Open a session that writes: see `settle`. Raises StateError."""
        connection = self.connect()
        try:
            self.settle(connection)
        except psycopg.Error as error:
            connection.close()
            raise self.fault(error, "cannot be used") from None
        return connection

    @staticmethod
    def settle(connection: Connection) -> None:
        """Set what holds for a session that writes. A session that a pooler lends to others is left alone."""
        settings = dict(_SERVER)
        for version, later in _LATER.items():
            if connection.info.server_version >= version:
                settings |= later
        calls = ", ".join(["set_config(%s, %s, false)"] * len(settings))
        values = [word for pair in settings.items() for word in pair]
        connection.execute(f"SELECT {_DURABLE}, {calls}", values)

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A session for as long as the block runs; what goes wrong in it is a StateError."""
        connection = self.connect()
        try:
            yield connection
        except psycopg.Error as error:
            raise self.fault(error) from None
        finally:
            close(connection)

    def fault(self, error: Exception, what: str = "", remedy: str = "") -> StateError:
        """Put an error of the database into words. Where they hold the password, they are left out."""
        text = " ".join(str(error).split()) or type(error).__name__
        password = self._facts.get("password")
        if (password and password in text) or (self._url and self._url in text):
            text = type(error).__name__
        code = f" (SQLSTATE {error.sqlstate})" if isinstance(error, psycopg.Error) and error.sqlstate else ""
        words = what or "did not do what was asked"
        return StateError(f"the database {self.name} {words}: {text}{code}", remedy or _REMEDY)


def _is_meant(url: str, parts: Mapping[str, Any]) -> bool:
    """Whether a URL was not taken apart at a character of its password that should have been escaped."""
    port = str(parts.get("port", ""))
    odd = [key for key in ("host", "dbname") if "@" in str(parts.get(key, ""))]
    return "://" not in url or (not odd and re.fullmatch(r"[0-9,]*", port) is not None)


_REMEDY = "the state is as it was; run the command again when the database is well"


def is_replica(connection: Connection) -> bool:
    """Whether this server only follows another one, which may be ahead of it; servers before 14 do not tell.

    One that follows refuses every statement where the default for transactions is the strictest.
    """
    if connection.info.parameter_status("in_hot_standby") != "on":
        return False
    connection.execute("SET default_transaction_isolation TO 'repeatable read'")
    return True


def gone(connection: Connection) -> bool:
    """Whether this session has ended, and its lock with it."""
    return connection.closed or connection.broken


def close(connection: Connection) -> None:
    """End a session; one that is broken is fine."""
    with suppress(psycopg.Error):
        connection.close()
