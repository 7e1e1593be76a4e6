"""The store that the settings name: who we are and where the keys are is told by the environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from podsync.cli.environment.clock import SystemClock
from podsync.cli.environment.credentials import POSTGRES_URL
from podsync.cli.environment.origin import run_url, who
from podsync.cli.environment.programs import without_keys
from podsync.model.errors import CredentialsError, PodsyncError, UsageError
from podsync.model.settings import StateSettings

if TYPE_CHECKING:
    from podsync.state.store import StateStore


def open_store(settings: StateSettings, on_note: Callable[[str], None]) -> StateStore:
    """Return the store; nothing is read or written yet. `on_note` is told what a person should know."""
    if settings.backend == "local":
        from podsync.state.local.store import LocalStore

        return LocalStore(
            Path(settings.path),
            clock=SystemClock(),
            who=who,
            run_url=run_url(os.environ),
            on_note=on_note,
            cache_root=Path(),
        )
    if settings.backend == "postgres":
        return _postgres(settings.schema, on_note)
    if settings.backend == "git":
        from podsync.state.git.store import GitStore
        from podsync.state.git.writer import Batching

        return GitStore(
            Path.cwd(),
            clock=SystemClock(),
            remote=settings.remote,
            branch=settings.branch,
            environment=without_keys(os.environ),
            who=who,
            run_url=run_url(os.environ),
            batching=Batching(lease=settings.lease_seconds),
            on_note=on_note,
        )
    raise UsageError(f"state.backend {settings.backend} is not available in this version")


def _postgres(schema: str, on_note: Callable[[str], None]) -> StateStore:
    try:
        from podsync.state.postgres.store import PostgresStore
    except ImportError as error:
        message = f"state.backend postgres needs what podsync does not bring by itself ({error})"
        raise PodsyncError(message.partition("\n")[0], "pip install 'podsync[postgres]'") from None
    url = os.environ.get(POSTGRES_URL, "").strip()
    if not url and not any(os.environ.get(name) for name in _LIBPQ):
        empty = POSTGRES_URL in os.environ
        raise CredentialsError(f"{POSTGRES_URL} is {'empty' if empty else 'not set'}", _HOW)
    return PostgresStore(
        url,
        schema,
        clock=SystemClock(),
        who=who,
        run_url=run_url(os.environ),
        on_note=on_note,
        commands=(f'psql "${POSTGRES_URL}"' if url else "psql", "podsync state unlock"),
    )


#: Any of these says that libpq's own variables are meant.
_LIBPQ = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGPORT", "PGUSER")
_HOW = (
    "say where the database is: postgresql://USER:PASSWORD@HOST/DATABASE (or set PGHOST and so on)\n"
    "in CI a secret is empty when its name is misspelt, when the job names no `environment:` that has it,"
    " and in pull requests from forks"
)
