"""`podsync init`: the first files of a catalog repository; never overwrites."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import click

from podsync.cli.framework import command
from podsync.cli.session import Session

_NEXT = """\
Next{enter}
  1. copy one of catalog/_examples/ to a folder of yours (catalog/tees/) and make it yours
  2. {validate}
  3. {try_it}
  4. set KAKACLO_ACCESS_TOKEN or GELATO_API_KEY, then {apply}
Commit all of it, podsync.state.json too; what must not be committed is in .gitignore."""

_NEXT_GITHUB = """\
Next
  1. git add -A && git commit -m "Start a catalog" && git branch -M main && git push -u origin main
  2. bash {setup}
  3. copy one of catalog/_examples/ to a folder of yours (catalog/tees/), make it yours, open a pull request
The workflows apply what is on the branch main, in the environment production. A workflow that names an
environment which does not exist creates it without rules: nobody would be asked. Step 2 sets it up with you
as its reviewer, keeps the keys there and protects the branches. You can also paste what it runs:

{lines}"""


@command(
    examples=("podsync init", "podsync init my-shop", "podsync init --ci github"),
)
@click.argument("folder", required=False, metavar="[DIR]")
@click.option(
    "--ci",
    metavar="KIND",
    help="github: also workflows: plan pull requests, apply after a review, keep the state on a branch.",
)
@click.pass_obj
def init(session: Session, folder: str | None, ci: str | None) -> int:
    """Write settings, an empty state, schemas, examples and editor settings.

    Nothing that is there already is overwritten. With --ci github the state is a branch of the
    repository, podsync-state, and the workflows are written to its .github folder: three commands
    from an empty repository to an apply that somebody has reviewed.
    """
    from podsync.errors import PodsyncError, UsageError

    if ci not in (None, "github"):
        raise UsageError(f"--ci {ci} is not available", "podsync init --ci github")
    root = Path(folder or ".")
    made = _Made(root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        _write_all(made, state_is_a_branch=ci == "github")
        setup = _write_workflows(made) if ci == "github" else None
    except OSError as error:
        where = error.filename or root
        raise PodsyncError(f"cannot write {where}: {error.strerror or error}") from None
    told = _told(made)
    if setup is None:
        told += _next(session, folder)
    else:
        lines = "\n".join(line for line in setup.read_text("utf-8").splitlines()[1:] if line[:1] != "#")
        told += _state_hint(made) + _NEXT_GITHUB.format(setup=setup.as_posix(), lines=lines.strip())
    session.console.result(told)
    return 0


@dataclass
class _Made:
    """What was made below `root`, what was added to, and what was left alone."""

    root: Path
    made: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def file(self, path: Path, text: str) -> None:
        """Write a file that is not there yet."""
        target = self.root / path
        if os.path.lexists(target):
            self.kept.append(path.as_posix())
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        self.made.append(path.as_posix())

    def ignore(self, lines: Iterable[str]) -> None:
        """Add the lines that `.gitignore` lacks, at its end."""
        target = self.root / ".gitignore"
        if not os.path.lexists(target):
            self.file(Path(".gitignore"), "# what podsync keeps beside a state\n" + "\n".join(lines) + "\n")
            return
        there = target.read_bytes()
        known = {line.strip() for line in there.decode("utf-8", "replace").splitlines()}
        missing = [line for line in lines if line not in known]
        if not missing:
            self.kept.append(".gitignore")
            return
        joint = "" if there.endswith(b"\n") or not there else "\n"
        with target.open("ab") as stream:
            stream.write((joint + "\n".join(missing) + "\n").encode())
        self.added.append(f".gitignore ({len(missing)} lines at its end)")


def _write_all(made: _Made, *, state_is_a_branch: bool) -> None:
    from podsync.cli.clock import SystemClock
    from podsync.cli.starters import IGNORED, starters
    from podsync.state.local import LocalStore

    for path, text in starters(state_is_a_branch=state_is_a_branch):
        made.file(path, text)
    state = Path("podsync.state.json")
    if state_is_a_branch:
        pass
    elif os.path.lexists(made.root / state):
        made.kept.append(state.as_posix())
    else:
        LocalStore(made.root / state, clock=SystemClock()).init()
        made.made.append(state.as_posix())
    made.ignore(IGNORED)


def _write_workflows(made: _Made) -> Path:
    """Write what belongs to the repository's root, and return the script that sets GitHub up."""
    from podsync.cli.origin import folder_in_repository
    from podsync.cli.workflows import SETUP, Parameters, workflow_files

    inside = folder_in_repository(made.root)
    up = Path(*[".."] * len(Path(inside).parts))
    for path, text in workflow_files(Parameters(folder=inside or ".")):
        made.file(up / path, text)
    return Path(os.path.normpath(made.root / up / SETUP))


def _told(made: _Made) -> str:
    lines = [f"made   {name}" for name in made.made]
    lines += [f"added  {name}" for name in made.added]
    lines += [f"kept   {name}" for name in made.kept]
    if not (made.made or made.added):
        lines.append("Everything was there already; nothing was written.")
    return "\n".join([*lines, "", ""])


def _state_hint(made: _Made) -> str:
    """Say what the settings need where they were there before: without it a runner's state dies with it."""
    from podsync.catalog import settings_file
    from podsync.errors import CatalogError

    try:
        if settings_file.load(made.root / "podsync.yaml").state.backend != "local":
            return ""
    except CatalogError:  # settings of somebody's own: what is wrong with them is validate's to say
        return ""
    return (
        "podsync.yaml was kept, and keeps the state in a file: on a runner that is lost with the runner.\n"
        "Put this into it: state: {backend: git}\n\n"
    )


def _next(session: Session, folder: str | None) -> str:
    """Name commands that work in the folder that was made, and how to get there."""
    from podsync.cli.session import program, quoted

    into = os.path.join(session.chdir or "", folder or "")  # noqa: PTH118 (kept as it was typed)
    enter = f"\n  0. {quoted('cd', into)}" if os.path.normpath(into or ".") != "." else ""
    lines = {
        "validate": quoted(program(), "validate"),
        "try_it": quoted(program(), "apply", "--sandbox"),
        "apply": quoted(program(), "apply"),
    }
    return _NEXT.format(enter=enter, **lines)
