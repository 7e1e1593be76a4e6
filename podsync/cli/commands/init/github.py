"""`podsync init --ci github`: what it learns of the repository, writes, and prints."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from podsync.catalog import settings_file
from podsync.cli.commands.init import installed
from podsync.cli.commands.init.starter_files import InitResult
from podsync.cli.commands.init.workflows import BRANCH, FOLDER, Parameters, workflow_files
from podsync.cli.environment import origin
from podsync.model.errors import CatalogError, UsageError

_NEXT = """\
{found}Next
  1. git add -A && git commit -m "Start a catalog" && git push -u origin HEAD:{branch}
  2. bash {setup}
  3. copy one of catalog/_examples/ to a folder of yours (catalog/tees/), make it yours, open a pull request
The workflows apply what is on the branch {branch}, in {environments}. A workflow that names an
environment which does not exist creates it without rules: nobody would be asked. Step 2 sets it up with you
as its reviewer, keeps the keys there and protects the branches (--alone: nobody but you reviews). Besides
your name in CODEOWNERS it sets:

{lines}"""

#: The heading in the script above the lines that are shown.
_SETS = "\n# 2. "


@dataclass
class Github:
    """The workflows of one catalog. `other` are existing files that differ from what would be written."""

    parameters: Parameters
    up: Path
    other: list[str] = field(default_factory=list)
    #: Whether kept settings keep the state in a file.
    in_file: bool = False

    @classmethod
    def of(cls, root: Path, given: str | None) -> Github:
        """Examine the repository of `root`; `given` is what the workflows install.

        Raises UsageError before anything is written.
        """
        inside = origin.folder_in_repository(root)
        branch = origin.default_branch(os.environ, _nearest(root)) or "main"
        if not BRANCH.fullmatch(branch):
            raise UsageError(
                f"the default branch is called {branch!r}: workflows take letters, digits and ._/- only",
                f"git branch -m {branch!r} main",
            )
        if not FOLDER.fullmatch(inside):
            raise UsageError(
                f"the folder {inside!r} cannot be named in a workflow",
                "choose a name without ${{ and control codes",
            )
        install = installed.source(given, installed.noted())
        parameters = Parameters(install=install, folder=inside or ".", branch=branch)
        return cls(parameters, Path(*[".."] * len(Path(inside).parts)))

    def write(self, made: InitResult) -> None:
        """Write the files that belong to the repository's root; the settings exist by now."""
        try:
            state = settings_file.load(made.root / "podsync.yaml").state
        except CatalogError:  # validate reports the faults of kept settings
            state = None
        self.in_file = state is not None and state.backend == "local"
        if state is not None and state.backend == "git":
            self.parameters = replace(self.parameters, state_branch=state.keys["branch"])
        self.parameters = replace(self.parameters, environments=tuple(self._environments(made.root)))
        for path, text in workflow_files(self.parameters):
            if path.name == "CODEOWNERS" and self._has_owners(made.root):
                continue
            if not made.file(self.up / path, text):
                self.other.append(path.as_posix())

    def _environments(self, root: Path) -> Iterator[tuple[str, str]]:
        """Yield each environment of the settings, with the branch of its state."""
        try:
            names = settings_file.load(root / "podsync.yaml").environments
        except CatalogError:
            return
        for name in names:
            state = settings_file.load(root / "podsync.yaml", environment=name).state
            self.in_file = self.in_file or state.backend == "local"
            yield name, state.keys["branch"]

    def _has_owners(self, root: Path) -> bool:
        """Whether CODEOWNERS is where GitHub reads it only if .github has none."""
        return any((root / self.up / place / "CODEOWNERS").exists() for place in (".", "docs"))

    def next_steps(self, root: Path) -> str:
        """Return what was found, the next steps, and the lines of the setup script."""
        script = Path(os.path.normpath(root / self.up / self.parameters.setup))
        _, _, sets = (text := script.read_text("utf-8")).partition(_SETS)
        lines = "\n".join(line for line in (sets or text).splitlines()[1:] if line[:1] != "#")
        return self._state_hint() + _NEXT.format(
            found=self._found(),
            branch=self.parameters.branch,
            environments=_listed(self.parameters.places),
            setup=shlex.quote(script.as_posix()),
            lines=lines.strip(),
        )

    def _found(self) -> str:
        about = self.parameters
        found = [f"Default branch: {about.branch}. Installed in the workflows: {about.install}"]
        if about.suffix:
            found.append(
                f"This catalog is in {about.folder}: its workflows, checks and environment end "
                f"in {about.suffix[1:]}, its state is the branch {about.state}."
            )
        if self.other:
            found.append(
                "Kept, though they are not what init writes: " + ", ".join(self.other) + "\n"
                "What they lack stays lacking: compare them with those of an empty folder, or "
                "move them away and run this again."
            )
        return "\n".join(found) + "\n\n"

    def _state_hint(self) -> str:
        """Return a warning about kept settings that keep the state in a file: a runner would lose it."""
        if not self.in_file:
            return ""
        branch = f", branch: {self.parameters.state}" if self.parameters.suffix else ""
        return (
            "podsync.yaml was kept, and keeps the state in a file: on a runner that is lost with it.\n"
            f"Put this into it: state: {{backend: git{branch}}}\n\n"
        )


def _nearest(root: Path) -> Path:
    """Return the folder, or its nearest parent that exists."""
    return next((place for place in (root, *root.resolve().parents) if place.is_dir()), Path())


def _listed(places: Sequence[str]) -> str:
    """Return GitHub's environments as text, in the order in which they are applied."""
    if len(places) == 1:
        return f"the environment {places[0]}"
    return f"the environments {', then '.join(places)}, each when the one before is complete"
