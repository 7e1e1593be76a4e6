"""Where in the repository a catalog is, and that settings of the tree lead nowhere else."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

from podsync.diagnostics import Diagnostic
from podsync.errors import CatalogError, StateError
from podsync.settings import Settings


def must_stay_in_tree(key: str, path: str, given: Path | None = None) -> None:
    """Raise CatalogError where a path of the settings leads out of the repository, or into what Git keeps.

    Whoever can change the settings would choose which file of this machine is written, or shown in a log.
    `given` are settings that the command line names: from outside the repository they may say any place.
    """
    here, place = Path.cwd().resolve(), Path(path).resolve()
    root = here if place.is_relative_to(here) else _root(here)
    inside = place.is_relative_to(root)
    if inside and ".git" not in (part.casefold() for part in place.relative_to(root).parts):
        return
    if given is not None and not given.resolve().is_relative_to(_root(here)):
        return
    told = f"{key}: {path} leads {'into what git keeps' if inside else 'out of the repository'}"
    remedy = (
        "keep it beside podsync.yaml; for another place put the settings outside the repository too, "
        "and name them: --config FILE"
    )
    raise CatalogError([Diagnostic("error", "outside", told, detail=remedy)])


def folder_of(catalog: str) -> str:
    """Return the catalog's folder within the repository, `.` for all of it; "" outside of any repository.

    Outside nobody can tell it from a catalog that has another place in another copy.
    """
    from podsync.state.git.surroundings import root_of

    root, place = root_of(Path.cwd()), Path(catalog).resolve()
    return "" if root is None or not place.is_relative_to(root) else place.relative_to(root).as_posix()


def must_be_its_catalog(known: str, settings: Settings, label: str) -> None:
    """Raise StateError where a state was made from the catalog in the folder `known`, and this is another.

    Each of two catalogs with one state would leave behind what the other one made.
    """
    here = folder_of(settings.catalog)
    if not here or known == here or known in {str(PurePosixPath(each)) for each in settings.moved}:
        return
    raise StateError(
        f"{label} is the state of the catalog in {known}, and this catalog is in {here}",
        "give this one a state of its own (state.branch, state.path or state.schema in podsync.yaml); "
        f"or, if it is that one and its folder was moved: moved: [{json.dumps(known)}] in podsync.yaml",
    )


def _root(here: Path) -> Path:
    from podsync.state.git.surroundings import root_of

    return root_of(here) or here
