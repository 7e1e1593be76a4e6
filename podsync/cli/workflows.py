"""The files of `init --ci github`: templates beside this module, and what is put into them.

This repository's own workflows are the same templates with other values; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from podsync import __version__

_TEMPLATES = Path(__file__).parent / "github"
#: Template -> where it goes, from the root of the repository.
_PLACES = {
    "plan.yml": Path(".github", "workflows", "plan.yml"),
    "apply.yml": Path(".github", "workflows", "apply.yml"),
    "podsync-repair.yml": Path(".github", "workflows", "podsync-repair.yml"),
    "action.yml": Path(".github", "actions", "podsync", "action.yml"),
    "CODEOWNERS": Path(".github", "CODEOWNERS"),
    "podsync-setup.sh": Path(".github", "podsync-setup.sh"),
}
SETUP = _PLACES["podsync-setup.sh"]


@dataclass(frozen=True)
class Parameters:
    """What differs from repository to repository.

    `version` is the release to install, or `.` for a checkout of podsync itself. `folder` is where
    `podsync.yaml` is, from the repository's root. `sandbox` is an expression of GitHub Actions.
    """

    version: str = __version__
    folder: str = "."
    sandbox: str = '"false"'


#: podsync's own repository: a demonstration, until somebody sets the variable.
OWN = Parameters(version=".", sandbox="${{ !vars.PODSYNC_APPLY }}")


def workflow_files(parameters: Parameters) -> Iterator[tuple[Path, str]]:
    """Yield each file, its place counted from the repository's root."""
    schemas = "/schemas/" if parameters.folder == "." else f"/{parameters.folder}/schemas/"
    values = {
        "@@VERSION@@": parameters.version,
        "@@FOLDER@@": parameters.folder,
        "@@SANDBOX@@": parameters.sandbox,
        "@@SCHEMAS@@": schemas,
    }
    for name, place in _PLACES.items():
        text = (_TEMPLATES / name).read_text(encoding="utf-8")
        for mark, value in values.items():
            text = text.replace(mark, value)
        yield place, text
