"""Checks that catalog and state are in the repository, and that they belong together."""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from podsync.cli.environment.own_folder import FOLDER
from podsync.model.diagnostic import Diagnostic
from podsync.model.errors import CatalogError, StateError
from podsync.model.settings import Settings
from podsync.state.backends import BACKENDS

if TYPE_CHECKING:
    from podsync.state.git.checkout import UnknownAge

#: The settings that say where a state is, as text.
_PLACES = " or ".join(", ".join(sorted(f"state.{each.place}" for each in BACKENDS.values())).rsplit(", ", 1))
#: Separates the catalog's folder from the first commit of its repository.
_IN = " in "


def must_stay_in_tree(key: str, path: str, given: Path | None = None) -> None:
    """Raise CatalogError for a path that leads out of the tree, into `.git`, or by a link into `.podsync`.

    Else whoever changes the settings could choose which file of this machine is written, or shown in a log.
    `given` are settings that the command line names: outside of the repository they may name any place.
    """
    working_folder, place = Path.cwd().resolve(), Path(path).resolve()
    root = working_folder if place.is_relative_to(working_folder) else _root(working_folder)
    inside = place.is_relative_to(root)
    parts = [part.casefold() for part in place.relative_to(root).parts] if inside else []
    if cache := FOLDER in parts and FOLDER not in Path(path).parts:
        where = f"into {FOLDER}, a cache that anybody may delete"
    elif inside and ".git" not in parts:
        return
    else:
        where = "into what git keeps" if inside else "out of the repository"
    if not cache and given is not None and not given.resolve().is_relative_to(_root(working_folder)):
        return
    summary = f"{key}: {path} leads {where}"
    remedy = (
        "keep it beside podsync.yaml; for another place put the settings outside the repository too, "
        "and name them: --config FILE"
    )
    raise CatalogError([Diagnostic("error", "outside", summary, detail=remedy)])


def folder_of(catalog: str) -> str:
    """Return the catalog's folder in the repository, `.` for its root; "" outside of any repository."""
    from podsync.state.git.environment import root_of

    root, place = root_of(Path.cwd()), Path(catalog).resolve()
    return "" if root is None or not place.is_relative_to(root) else place.relative_to(root).as_posix()


def catalog_of(settings: Settings, known: str) -> str:
    """Return what a state is to know this catalog by; `known` is what it has recorded.

    That is its folder and, if other repositories can reach the state, the first commit of this one:
    `shop/catalog in 5f3a…`. "" means that the record stays as it is.
    """
    folder, first = folder_of(settings.catalog), known.partition(_IN)[2]
    shared = BACKENDS[settings.state.backend].shared
    if not folder or not shared(settings.state.keys, _root(Path.cwd().resolve())):
        return folder
    found = _first_commits()
    if not isinstance(found, list) or not found:
        return "" if first else folder
    return f"{folder}{_IN}{first if first in found else found[-1]}"


def must_be_its_catalog(known: str, settings: Settings, label: str) -> None:
    """Raise StateError if a state was made from another catalog than this one.

    Of two catalogs with one state, each would leave behind the products of the other.
    """
    own_folder, former = folder_of(settings.catalog), {str(PurePosixPath(each)) for each in settings.moved}
    if not own_folder or known in former:
        return
    folder, _, first = known.partition(_IN)
    found = _first_commits() if first else []
    if not isinstance(found, list):
        raise StateError(
            f"{label} is the state of the catalog in {known}, and whether that is this repository cannot be "
            f"determined: {found.why}",
            f"{found.remedy}; nothing was done",
        )
    if (not first or first in found) and (folder == own_folder or folder in former):
        return
    place = f"{own_folder}{_IN}{found[-1]}" if first and found else own_folder
    raise StateError(
        f"{label} is the state of the catalog in {known}, and this catalog is in {place}",
        f"give this one a state of its own ({_PLACES} in podsync.yaml); "
        f"or, if it is that one and its folder was moved: moved: [{json.dumps(known)}] in podsync.yaml",
    )


def _first_commits() -> list[str] | UnknownAge:
    from podsync.cli.environment.origin import git_of
    from podsync.state.git import checkout

    return checkout.first_commits(git_of(os.environ, Path.cwd()))


def _root(folder: Path) -> Path:
    from podsync.state.git.environment import root_of

    return root_of(folder) or folder
