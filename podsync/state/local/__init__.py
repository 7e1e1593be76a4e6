"""The store on a local disk: a file in the repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from podsync.state.store import Backend, StateStore, StoreSurroundings

__all__ = ["account_lock", "lock", "newest_note", "newest_state", "remembered_rows", "store"]


def _open(keys: Mapping[str, Any], around: StoreSurroundings) -> StateStore:
    from podsync.state.local.store import LocalStore

    return LocalStore(Path(keys["path"]), cache_root=Path(), **around.facts)


def _beside(place: str, environment: str) -> str:
    whole = PurePosixPath(place)
    return str(whole.with_name(f"{whole.stem}.{environment}{whole.suffix}"))


BACKEND = Backend(
    name="local",
    about="a file beside the catalog",
    keys={
        "path": {
            "title": "state file",
            "description": (
                "The state file, in this repository. Elsewhere only where the settings come from outside of "
                "it too (--config)."
            ),
            "type": "string",
            "pattern": "^(?=.*\\S)[^\\u0000-\\u001F\\u007F-\\u009F\\u2028\\u2029]+$",
            "default": "podsync.state.json",
            "examples": ["podsync.state.json"],
        }
    },
    where={"path": ("FILE", "the state file.")},
    beside=_beside,
    open=_open,
    files=lambda keys: (Path(keys["path"]),),
    shared=lambda keys, root: not Path(keys["path"]).resolve().is_relative_to(root),
)
