"""Where in the repository a catalog is, and where its state may be."""

from __future__ import annotations

from pathlib import Path

from podsync.diagnostics import Diagnostic
from podsync.errors import CatalogError
from podsync.state.git.surroundings import root_of


def must_stay_in_tree(state: str, given: Path | None = None) -> None:
    """Raise CatalogError for a state file outside the repository, or in what Git keeps there.

    Whoever can change the settings would choose which file of this machine is written. `given` are settings
    that the command line names: from outside the repository they may say any place.
    """
    root = root_of(Path.cwd()) or Path.cwd().resolve()
    place = Path(state).resolve()
    inside = place.is_relative_to(root)
    if inside and ".git" not in (part.casefold() for part in place.relative_to(root).parts):
        return
    if given is not None and not given.resolve().is_relative_to(root):
        return
    raise CatalogError(
        [
            Diagnostic(
                "error",
                "state-outside",
                f"state.path: {state} leads {'into what git keeps' if inside else 'out of the repository'}",
                detail="keep it beside podsync.yaml; for another place put the settings outside the "
                "repository too, and name them: --config FILE",
            )
        ]
    )
