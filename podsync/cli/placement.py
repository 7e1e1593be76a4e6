"""Where in the repository a catalog is, and that settings of the tree lead nowhere else."""

from __future__ import annotations

from pathlib import Path

from podsync.diagnostics import Diagnostic
from podsync.errors import CatalogError


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


def _root(here: Path) -> Path:
    from podsync.state.git.surroundings import root_of

    return root_of(here) or here
