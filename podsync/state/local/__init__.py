"""The store on a local disk: a file in the repository."""

from __future__ import annotations

from collections.abc import Mapping
from os.path import normpath
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from podsync.state.store import Backend, StateStore, StoreSurroundings

__all__ = ["account_lock", "lock", "newest_note", "newest_state", "remembered_rows", "store"]


def _open(keys: Mapping[str, Any], around: StoreSurroundings) -> StateStore:
    from podsync.state.local.store import LocalStore

    return LocalStore(Path(keys["path"]), cache_root=Path(), **around.facts)


def _beside(place: str, environment: str) -> str:
    whole = PurePosixPath(place)
    return str(whole.with_name(f"{whole.stem}.{environment}{whole.suffix}"))


#: Bytes of one name: room for an environment's name, and for what stands beside a state; and of a whole path.
_NAME, _PATH = 180, 1000
_STANDARD = "name a file beside podsync.yaml: podsync.state.json"


def _refuse(place: str) -> tuple[str, str] | None:
    whole = PurePath(normpath(place))
    longest = max((len(each.encode(errors="replace")) for each in whole.parts), default=0)
    if longest > _NAME:
        return f"a name in it has {longest} bytes, more than {_NAME}", _STANDARD
    if (size := len(place.encode(errors="replace"))) > _PATH:
        return f"it has {size} bytes, more than {_PATH}", _STANDARD
    if ".podsync" in (each.casefold() for each in whole.parts):
        return "it leads into .podsync", f"that is a cache, which anybody may delete: {_STANDARD}"
    if whole.suffix.casefold() in {".yaml", ".yml"}:
        return "that is a YAML file", f"a state is JSON, and no document: {_STANDARD}"
    return None if whole.name not in {"", ".."} else ("that is no file's name", _STANDARD)


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
    refuse=_refuse,
)
