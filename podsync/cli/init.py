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
  4. set {keys}, then {apply}
Commit all of it, podsync.state.json too; what must not be committed is in .gitignore."""


@command(
    examples=(
        "podsync init",
        "podsync init my-shop",
        "podsync init --ci github",
        "podsync init --ci github --from git+https://github.com/OWNER/podsync@COMMIT",
    ),
)
@click.argument("folder", required=False, metavar="[DIR]")
@click.option(
    "--ci",
    metavar="KIND",
    help="github: also workflows: plan pull requests, apply after a review, keep the state on a branch.",
)
@click.option(
    "--from",
    "from_",
    metavar="SOURCE",
    help="What the workflows install: git+https://… with a full commit id, or podsync==… with its hashes. "
    "Default: where this podsync came from.",
)
@click.pass_obj
def init(session: Session, folder: str | None, ci: str | None, from_: str | None) -> int:
    """Write settings, an empty state, schemas, examples and editor settings.

    Nothing that is there already is overwritten. With --ci github the state is a branch of the
    repository, podsync-state, and the workflows are written to its .github folder: three commands
    from an empty repository to an apply that somebody has reviewed.
    """
    from podsync.errors import PodsyncError, UsageError

    if ci not in (None, "github"):
        raise UsageError(f"--ci {ci} is not available", "podsync init --ci github")
    if from_ is not None and ci is None:
        raise UsageError("--from is for --ci: it says what the workflows install", "podsync init --ci github")
    root = Path(folder or ".")
    made = Made(root)
    github = None
    if ci is not None:
        from podsync.cli.init_github import Github

        github = Github.of(root, from_)
    try:
        root.mkdir(parents=True, exist_ok=True)
        _write_all(made, state_branch=github.parameters.state if github else None)
        if github is not None:
            github.write(made)
    except OSError as error:
        where = error.filename or root
        raise PodsyncError(f"cannot write {where}: {error.strerror or error}") from None
    told = _told(made)
    told += _next(session, folder) if github is None else github.told(made.root)
    session.console.result(told)
    return 0


@dataclass
class Made:
    """What was made below `root`, what was added to, and what was left alone."""

    root: Path
    made: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def file(self, path: Path, text: str) -> bool:
        """Write a file that is not there yet; False where there is another one in its place."""
        target = self.root / path
        if os.path.lexists(target):
            self.kept.append(path.as_posix())
            return target.is_file() and target.read_bytes() == text.encode()
        self._stay(target.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        self.made.append(path.as_posix())
        return True

    def _stay(self, place: Path) -> None:
        """Raise PodsyncError where a link leads out of the repository: it may be anybody's who filled it."""
        from podsync.errors import PodsyncError
        from podsync.state.git.surroundings import root_of

        top = root_of(self.root) or self.root.resolve()
        if not place.resolve().is_relative_to(top):
            raise PodsyncError(
                f"{place} is a link that leads out of the repository; nothing more was written",
                f"remove it, or put a folder of its own in its place: rm {place}",
            )

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
        self._stay(target)
        joint = "" if there.endswith(b"\n") or not there else "\n"
        with target.open("ab") as stream:
            stream.write((joint + "\n".join(missing) + "\n").encode())
        self.added.append(f".gitignore ({len(missing)} lines at its end)")


def _write_all(made: Made, *, state_branch: str | None) -> None:
    from podsync.cli.clock import SystemClock
    from podsync.cli.starters import IGNORED, starters
    from podsync.state.local import LocalStore

    for path, text in starters(state_branch=state_branch):
        made.file(path, text)
    state = Path("podsync.state.json")
    if state_branch is not None:
        pass
    elif os.path.lexists(made.root / state):
        made.kept.append(state.as_posix())
    else:
        LocalStore(made.root / state, clock=SystemClock()).init()
        made.made.append(state.as_posix())
    made.ignore(IGNORED)


def _told(made: Made) -> str:
    lines = [f"made   {name}" for name in made.made]
    lines += [f"added  {name}" for name in made.added]
    lines += [f"kept   {name}" for name in made.kept]
    if not (made.made or made.added):
        lines.append("Everything was there already; nothing was written.")
    return "\n".join([*lines, "", ""])


def _next(session: Session, folder: str | None) -> str:
    """Name commands that work in the folder that was made, and how to get there."""
    from podsync.cli.session import program, quoted
    from podsync.cli.words import in_words

    into = os.path.join(session.chdir or "", folder or "")  # noqa: PTH118 (kept as it was typed)
    enter = f"\n  0. {quoted('cd', into)}" if os.path.normpath(into or ".") != "." else ""
    lines = {
        "validate": quoted(program(), "validate"),
        "try_it": quoted(program(), "apply", "--sandbox"),
        "apply": quoted(program(), "apply"),
    }
    return in_words(_NEXT).format(enter=enter, **lines)
