"""Who applies, from which commit, in which run."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podsync.apply.engine import Origin

_COMMIT = r"[0-9a-f]{40}|[0-9a-f]{64}"
#: A history is walked in less; nothing that is asked here is worth a longer wait.
_GIT_SECONDS = 10


def origin(environ: Mapping[str, str], folder: Path) -> Origin:
    """Return what is known; nothing here is worth failing for."""
    from podsync.apply.engine import Origin

    return Origin(
        # GITHUB_SHA is the commit of the event: a job may have checked out another one.
        commit=_commit(folder) or environ.get("GITHUB_SHA"),
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
    import json

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


#: The address of a repository on GitHub, as people and `actions/checkout` write it; a key in it is left out.
_GITHUB = (
    r"(?:https://(?:[^@/\s]*@)?github\.com/|ssh://git@github\.com/|git@github\.com:)"
    r"([A-Za-z0-9][A-Za-z0-9-]{0,38})/(?!\.{1,2}(?:\.git)?/?$)([A-Za-z0-9._-]{1,100}?)(?:\.git)?/?"
)


def code_address(folder: Path, catalog: str) -> str:
    """Return the address below which the files of `folder` can be looked at on GitHub, line by line.

    "" where they cannot: no repository of github.com is the origin, the commit was pushed nowhere, or the
    catalog was edited since, so that its lines are others.
    """
    from urllib.parse import quote

    commit = _commit(folder)
    if commit is None or re.fullmatch(_COMMIT, commit) is None:
        return ""
    _, remote = _git(folder, "config", "--get", "remote.origin.url")
    found = re.fullmatch(_GITHUB, remote.strip())
    if found is None:
        return ""
    pushed = _git(folder, "for-each-ref", "--count=1", f"--contains={commit}", "refs/remotes")
    edited = _git(folder, "status", "--porcelain", "--", catalog)
    if not pushed[1].strip() or edited != (0, ""):
        return ""
    inside = folder_in_repository(folder)
    place = f"{quote(inside)}/" if inside else ""
    return f"https://github.com/{found[1]}/{found[2]}/blob/{commit}/{place}"


def who() -> str:
    """Return `user@machine`, for those who wait for this run."""
    import platform

    return f"{_user() or 'somebody'}@{platform.node() or 'this machine'}"


def _user() -> str | None:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container whose user has no name
        return None


def is_older(folder: Path, commit: str | None) -> bool | None:
    """Whether the checked out commit is a real ancestor of `commit`; None where this cannot be told.

    A clone that does not hold `commit` (a shallow one, or one that was not brought up to date) cannot tell.
    """
    here = _commit(folder)
    if here is None or commit is None or re.fullmatch(_COMMIT, commit) is None:
        return None
    if here == commit:
        return False
    code, _ = _git(folder, "merge-base", "--is-ancestor", here, commit)
    return {0: True, 1: False}.get(code)


def _commit(folder: Path) -> str | None:
    if not any((place / ".git").exists() for place in (folder, *folder.parents)):
        return None
    code, text = _git(folder, "rev-parse", "HEAD")
    return (text.strip() or None) if code == 0 else None


def _git(folder: Path, *words: str) -> tuple[int, str]:
    """Ask git; -1 where there is none, or no answer in time."""
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 (words of ours, and a commit that is nothing but hex)
            ["git", *words],  # noqa: S607 (git is found as everywhere, on the PATH)
            cwd=folder, capture_output=True, timeout=_GIT_SECONDS, check=False, text=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return -1, ""
    return done.returncode, done.stdout
