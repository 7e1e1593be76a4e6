"""Who applies, from which commit, in which run."""

from __future__ import annotations

import getpass
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podsync.apply.engine import Origin


def origin(environ: Mapping[str, str], folder: Path) -> Origin:
    """Return what is known; nothing here is worth failing for."""
    from podsync.apply.engine import Origin

    return Origin(
        commit=environ.get("GITHUB_SHA") or _commit(folder),
        actor=environ.get("GITHUB_ACTOR") or _user(),
        run_url=run_url(environ),
    )


def run_url(environ: Mapping[str, str]) -> str | None:
    """Return where the run of GitHub Actions can be looked at that this is a part of."""
    server, repository = environ.get("GITHUB_SERVER_URL"), environ.get("GITHUB_REPOSITORY")
    run = environ.get("GITHUB_RUN_ID")
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None


def head_sha(environ: Mapping[str, str]) -> str:
    """Return the commit that people see: of a pull request its own, not the merge that GitHub tests."""
    try:
        event = json.loads(Path(environ.get("GITHUB_EVENT_PATH") or os.devnull).read_bytes())
        return str(event["pull_request"]["head"]["sha"])
    except (OSError, ValueError, KeyError, TypeError):
        return environ.get("GITHUB_SHA") or ""


def folder_in_repository(folder: Path | None = None) -> str:
    """Return the way from the repository's root to a folder, "" where there is none to go."""
    here = (folder or Path.cwd()).resolve()
    root = next((place for place in (here, *here.parents) if (place / ".git").exists()), here)
    return "" if here == root else here.relative_to(root).as_posix()


def who() -> str:
    """Return `user@machine`, for those who wait for this run."""
    return f"{_user() or 'somebody'}@{platform.node() or 'this machine'}"


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container whose user has no name
        return None


def _commit(folder: Path) -> str | None:
    if not any((place / ".git").exists() for place in (folder, *folder.parents)):
        return None
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 (git is found as everywhere, on the PATH)
            cwd=folder, capture_output=True, timeout=2, check=True, text=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
