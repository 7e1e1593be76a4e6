"""Who applies, from which commit, in which run."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podsync.apply.engine import Origin
    from podsync.state.git.checkout import Absence
    from podsync.state.git.command import Git


def origin(environ: Mapping[str, str], folder: Path, catalog: str) -> Origin:
    """Return what is known; a missing fact is no error. `catalog` is its folder in the repository."""
    from podsync.apply.engine import Origin

    return Origin(
        commit=_commit(environ, folder),
        actor=environ.get("GITHUB_ACTOR") or _user(),
        run_url=run_url(environ),
        machine=machine(),
        catalog=catalog,
    )


def run_url(environ: Mapping[str, str]) -> str | None:
    """Return the address of this run of GitHub Actions, None outside of one."""
    server, repository = environ.get("GITHUB_SERVER_URL"), environ.get("GITHUB_REPOSITORY")
    run = environ.get("GITHUB_RUN_ID")
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None


def head_sha(environ: Mapping[str, str]) -> str:
    """Return the commit that people see: a pull request's own, not GitHub's test merge."""
    import json

    try:
        event = json.loads(Path(environ.get("GITHUB_EVENT_PATH") or os.devnull).read_bytes())
        return str(event["pull_request"]["head"]["sha"])
    except (OSError, ValueError, KeyError, TypeError):
        return environ.get("GITHUB_SHA") or ""


def folder_in_repository(folder: Path | None = None) -> str:
    """Return a folder relative to its repository's root, "" for the root."""
    from podsync.state.git.environment import root_of

    resolved = (folder or Path.cwd()).resolve()
    root = root_of(resolved) or resolved
    return "" if resolved == root else resolved.relative_to(root).as_posix()


def machine() -> str:
    """Return a digest that identifies this machine.

    A process of an earlier run on this machine is gone once its lock is free; on another one it may live.
    """
    import hashlib
    import platform
    import uuid

    known = [platform.node()]
    for name in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            known.append(Path(name).read_text(encoding="ascii").strip())
            break
        except (OSError, ValueError):
            continue
    else:
        known.append(f"{uuid.getnode():012x}")
    text = "\0".join(known)
    return hashlib.blake2b(text.encode(), digest_size=8, person=b"podsync-machine").hexdigest()


#: A GitHub repository as people and `actions/checkout` write it; a key in the address is left out.
_GITHUB = (
    r"(?:https://(?:[^@/\s]*@)?github\.com/|ssh://git@github\.com/|git@github\.com:)"
    r"([A-Za-z0-9][A-Za-z0-9-]{0,38})/(?!\.{1,2}(?:\.git)?/?$)([A-Za-z0-9._-]{1,100}?)(?:\.git)?/?"
)


def code_address(folder: Path, catalog: str) -> str:
    """Return the GitHub address below which the files of `folder` can be read, line by line.

    "" if there is none: the origin is not github.com, the commit is not pushed, or the catalog was edited
    since.
    """
    from urllib.parse import quote

    from podsync.state.git.checkout import is_as_committed
    from podsync.state.git.command import COMMIT

    git = git_of(os.environ, folder)
    commit = _commit(os.environ, folder)
    if commit is None or COMMIT.fullmatch(commit) is None:
        return ""
    found = re.fullmatch(_GITHUB, git.run("config", "--get", "remote.origin.url").text)
    if found is None:
        return ""
    pushed = git.run("for-each-ref", "--count=1", f"--contains={commit}", "refs/remotes")
    inside, place = folder_in_repository(folder), (folder / catalog).resolve()
    if not pushed.text or not place.is_relative_to(git.root):
        return ""
    if not is_as_committed(git, place.relative_to(git.root).as_posix()):
        return ""
    below = f"{quote(inside)}/" if inside else ""
    return f"https://github.com/{found[1]}/{found[2]}/blob/{commit}/{below}"


def default_branch(environ: Mapping[str, str], folder: Path) -> str:
    """Return the repository's default branch, "" if nothing tells.

    That is the remote's, as a clone notes it, else the one that is checked out.
    """
    from podsync.model.errors import StateError

    git = git_of(environ, folder)
    try:
        noted = git.run("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD").text
        return noted.removeprefix("origin/") or git.run("symbolic-ref", "--quiet", "--short", "HEAD").text
    except StateError:  # no repository, or no git
        return ""


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


def absence(
    environ: Mapping[str, str], folder: Path, needed: Sequence[Path], *, thorough: bool
) -> Absence | None:
    """Return which of the `needed` files Git has and the work tree lacks; None for none.

    Unless `thorough`, Git is asked only in a partial checkout. If it cannot tell, such a checkout counts as
    lacking files.
    """
    from podsync.state.git.environment import may_lack_files

    partial = may_lack_files(folder, needed)
    if not (partial or thorough):
        return None
    from podsync.model.errors import StateError
    from podsync.state.git import checkout

    try:
        return checkout.absence(git_of(environ, folder), folder, needed)
    except StateError as error:
        if not partial:
            return None
        why = f"whether all files of the catalog are checked out cannot be determined: {error.message}"
        return checkout.Absence(why, error.remedy)


def _commit(environ: Mapping[str, str], folder: Path) -> str | None:
    """Return the checked-out commit; None if Git does not tell.

    GITHUB_SHA is the commit of the event. It counts only outside of any repository: a job may check out
    another.
    """
    from podsync.model.errors import StateError
    from podsync.state.git import checkout
    from podsync.state.git.environment import root_of

    if root_of(folder) is None:
        return environ.get("GITHUB_SHA")
    try:
        return checkout.commit_of(git_of(environ, folder))
    except StateError:
        return None


def git_of(environ: Mapping[str, str], folder: Path) -> Git:
    """Return Git for a folder, in an environment without keys."""
    from podsync.cli.environment.credentials import without_keys
    from podsync.state.git.command import Git

    return Git(folder, without_keys(environ))
