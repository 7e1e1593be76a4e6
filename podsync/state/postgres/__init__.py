"""The store in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podsync.model.errors import CredentialsError, PodsyncError
from podsync.state.store import Backend, StateStore, StoreSurroundings

#: Says how the database is reached, with its password.
_URL = "PODSYNC_POSTGRES_URL"
#: Any of these says that libpq's own variables are meant.
_LIBPQ = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGPORT", "PGUSER")
_HOW = (
    "say where the database is: postgresql://USER:PASSWORD@HOST/DATABASE (or set PGHOST and so on)\n"
    "in CI a secret is empty when its name is misspelt, when the job names no `environment:` that has it,"
    " and in pull requests from forks"
)


def _open(keys: Mapping[str, Any], around: StoreSurroundings) -> StateStore:
    try:
        from podsync.state.postgres.store import PostgresStore
    except ImportError as error:
        message = f"state.backend postgres needs what podsync does not bring by itself ({error})"
        raise PodsyncError(message.partition("\n")[0], "pip install 'podsync[postgres]'") from None
    url = around.variables.get(_URL, "").strip()
    if not url and not any(around.variables.get(name) for name in _LIBPQ):
        empty = _URL in around.variables
        raise CredentialsError(f"{_URL} is {'empty' if empty else 'not set'}", _HOW)
    return PostgresStore(
        url,
        keys["schema"],
        commands=(f'psql "${_URL}"' if url else "psql", "podsync state unlock"),
        **around.facts,
    )


BACKEND = Backend(
    name="postgres",
    about="a database",
    keys={
        "schema": {
            "title": "schema",
            "description": (
                "backend postgres: the schema that holds podsync's tables, one for each state. Where the "
                "database is comes from the environment: PODSYNC_POSTGRES_URL, or PGHOST and so on."
            ),
            "type": "string",
            "pattern": "^[a-z_][a-z0-9_]*$",
            "maxLength": 63,
            "default": "podsync",
            "examples": ["podsync"],
        }
    },
    where={"schema": ("NAME", "the schema for the tables.")},
    beside=lambda place, environment: f"{place}_{environment.replace('-', '_')}",
    open=_open,
    secrets=("PGPASSWORD",),
    secret_urls=(_URL,),
)
