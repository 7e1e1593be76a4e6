"""The environment of the settings that a run is in: named, known, and kept apart from the others."""

from __future__ import annotations

from pathlib import Path

from podsync.catalog import settings_file
from podsync.cli.app.framework import nearest
from podsync.cli.app.session import Session
from podsync.cli.environment.own_folder import FOLDER
from podsync.model.errors import UsageError
from podsync.model.settings import Authoring, Settings, is_environment


def sandbox_folder(environment: str) -> Path:
    """Return where the sandbox keeps what it has: each environment of the settings has its own.

    Raises UsageError for what can be no name of one: it becomes a folder's.
    """
    if environment and not is_environment(environment):
        raise UsageError(f"--env {environment}: this is no name of an environment")
    return Path(FOLDER) / "sandbox" / environment if environment else Path(FOLDER) / "sandbox"


def check_environment(settings: Settings, session: Session) -> None:
    """Refuse a run that could mean any environment, or one that there is none of."""
    chosen, known = session.env, settings.environments
    if settings.environment == chosen and (chosen or not known):
        return
    names = ", ".join(known)
    if not chosen:
        raise UsageError(
            f"podsync.yaml has environments, and this run names none of them: {names}",
            " or ".join(f"--env {name}" for name in known) + " (or PODSYNC_ENV)",
        )
    if not known:
        raise UsageError(
            f"--env {chosen}: podsync.yaml has no environments", "leave --env and PODSYNC_ENV away"
        )
    near = nearest(chosen, known)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise UsageError(f"--env {chosen}: there is no such environment", f"{hint}there are: {names}")


def authoring_anywhere(settings: Settings, file: Path | None, authoring: Authoring) -> Authoring:
    """Return what documents may draw on in any environment of the settings in `file`.

    This serves commands without a chosen environment. `authoring` is the context outside of environments.
    """
    if settings.environment or file is None:
        return authoring
    known = dict(authoring.variables)
    for name in settings.environments:
        known |= settings_file.load(file, environment=name).vars
    return authoring._replace(variables=known)
