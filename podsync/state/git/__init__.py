"""The store on a branch of the repository: `command` runs git, `store` implements `StateStore`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from podsync.state.store import Backend, StateStore, StoreSurroundings

__all__ = ["checkout", "command", "environment"]

_REMOTE = "origin"


def _open(keys: Mapping[str, Any], around: StoreSurroundings) -> StateStore:
    from podsync.state.git.store import GitStore
    from podsync.state.git.writer import Batching

    return GitStore(
        Path.cwd(),
        remote=keys["remote"],
        branch=keys["branch"],
        environment=around.without_keys,
        batching=Batching(lease=keys["lease_seconds"]),
        **around.facts,
    )


#: What `git check-ref-format` refuses of what the schema lets pass, and what is no branch among all refs.
_NO_BRANCH = r"HEAD|refs/.*|.*(\.\.|//|/\.|\.lock/).*|.*([./]|\.lock)"


def _refuse(branch: str) -> tuple[str, str] | None:
    if not re.fullmatch(_NO_BRANCH, branch):
        return None
    return f"{branch!r} is no name of a branch", "name one that git takes, without refs/heads/: podsync-state"


BACKEND = Backend(
    name="git",
    about="a branch of the same repository, pushed to its remote by each apply",
    keys={
        "remote": {
            "title": "remote",
            "description": (
                "backend git: the name of the configured remote that holds the branch (git remote), never a "
                "path or an address."
            ),
            "type": "string",
            "pattern": "^[A-Za-z0-9_][A-Za-z0-9._-]*$",
            "maxLength": 200,
            "default": "origin",
            "examples": ["origin"],
        },
        "branch": {
            "title": "branch",
            "description": "backend git: the branch that holds nothing but the state.",
            "type": "string",
            "pattern": "^[A-Za-z0-9_][A-Za-z0-9._/-]*$",
            "maxLength": 200,
            "default": "podsync-state",
            "examples": ["podsync-state"],
        },
        "lease_seconds": {
            "title": "lease",
            "description": (
                "backend git: how long a run that shows no sign of life (three to a lease) keeps others out."
            ),
            "type": "number",
            "minimum": 1,
            "maximum": 3600,
            "default": 120,
        },
    },
    where={"remote": ("NAME", "the remote that holds the branch."), "branch": ("NAME", "the branch.")},
    beside=lambda place, environment: f"{place}-{environment}",
    open=_open,
    shared=lambda keys, _root: keys["remote"] != _REMOTE,
    refuse=_refuse,
)
