"""Checks before a branch is used for the state: it holds no code, and is known here if it exists."""

from __future__ import annotations

from fnmatch import fnmatchcase

from podsync.model.errors import StateError
from podsync.state.git.branch import Branch, Commit
from podsync.state.git.command import Git
from podsync.state.git.layout import OWN


def must_hold_state(git: Git, branch: Branch, commit: Commit | None) -> None:
    """Raise StateError where the branch holds code: a state would be read from it, or pushed over it.

    Code is what is checked out, what the remote has as its default, whatever has a history in common with
    what is checked out, and files without a state among them.
    """
    heads = {"HEAD": f"refs/heads/{branch.name}"}
    heads[f"refs/remotes/{branch.remote}/HEAD"] = f"refs/remotes/{branch.remote}/{branch.name}"
    code = any(git.run("symbolic-ref", "--quiet", name).text == ref for name, ref in heads.items())
    if commit is not None and not code:
        names = set(commit.root)
        code = bool(names) and names.isdisjoint(OWN)
        code = code or git.run("merge-base", "HEAD", commit.id).code == 0
    if code:
        raise StateError(
            f"branch {branch.name} holds code, and the state needs a branch that holds nothing else",
            "name another in podsync.yaml: state: {backend: git, branch: podsync-state}; nothing was changed",
        )


def must_not_exist(git: Git, branch: Branch) -> None:
    """Raise StateError unless the remote has no such branch, which this clone knows nothing of.

    The remote is asked, for a clone says nothing of what it does not fetch (`--single-branch`, the
    checkout of a CI). Where it cannot be reached, a whole clone that fetches every branch is believed.
    """
    remote, name = branch.remote, branch.name
    if not git.run("remote").text:
        return
    branch.check()
    fetch = f"git fetch {remote} +refs/heads/{name}:refs/remotes/{remote}/{name}"
    in_ci = "in CI fetch every branch (actions/checkout: fetch-depth: 0)"
    try:
        head = branch.head()
    except StateError as error:
        if _fetches_all(git, branch):
            return
        raise StateError(
            f"whether {remote} has a branch {name} with the state cannot be determined: {error.message}",
            f"{fetch}; {in_ci}. Nothing was planned: every product would look new",
        ) from error
    if head is not None:
        raise StateError(
            f"{remote} has a branch {name} with the state, and this clone does not know it",
            f"{fetch}; {in_ci}. Nothing was planned: every product would look new",
        )


def _fetches_all(git: Git, branch: Branch) -> bool:
    """Whether the last fetch of this clone would have brought the branch, had it been there."""
    if git.is_shallow():
        return False
    specs = git.run("config", "--get-all", f"remote.{branch.remote}.fetch").text.splitlines()
    sources = (spec.lstrip("+").partition(":")[0] for spec in specs)
    covered = any(fnmatchcase(f"refs/heads/{branch.name}", source) for source in sources)
    return covered and bool(git.run("for-each-ref", "--count=1", f"refs/remotes/{branch.remote}/").text)
