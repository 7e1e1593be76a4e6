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
Next
  1. copy one of catalog/_examples/ to catalog/ and make it yours
  2. {validate}
  3. {try_it}
  4. set KAKACLO_ACCESS_TOKEN or GELATO_API_KEY, then {apply}
Commit all of it, podsync.state.json too; what must not be committed is in .gitignore."""


@command(
    examples=("podsync init", "podsync init my-shop"),
)
@click.argument("folder", required=False, metavar="[DIR]")
@click.option("--ci", metavar="KIND", help="Workflows for a CI system; not available in this version.")
@click.pass_obj
def init(session: Session, folder: str | None, ci: str | None) -> int:
    """Write settings, an empty state, schemas, examples and editor settings.

    Nothing that is there already is overwritten.
    """
    from podsync.errors import PodsyncError, UsageError

    if ci is not None:
        message = f"--ci {ci} is not available in this version"
        raise UsageError(message, "podsync init without it does the rest")
    root = Path(folder or ".")
    made = _Made(root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        _write_all(made)
    except OSError as error:
        where = error.filename or root
        raise PodsyncError(f"cannot write {where}: {error.strerror or error}") from None
    session.console.result(_told(made, session, folder))
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


def _write_all(made: _Made) -> None:
    from podsync.cli.clock import SystemClock
    from podsync.cli.starters import IGNORED, starters
    from podsync.state.local import LocalStore

    for path, text in starters():
        made.file(path, text)
    state = Path("podsync.state.json")
    if os.path.lexists(made.root / state):
        made.kept.append(state.as_posix())
    else:
        LocalStore(made.root / state, clock=SystemClock()).init()
        made.made.append(state.as_posix())
    made.ignore(IGNORED)


def _told(made: _Made, session: Session, folder: str | None) -> str:
    lines = [f"made   {name}" for name in made.made]
    lines += [f"added  {name}" for name in made.added]
    lines += [f"kept   {name}" for name in made.kept]
    if not (made.made or made.added):
        lines.append("Everything was there already; nothing was written.")
    there = ["-C", folder] if folder not in {None, "."} else []

    def line(*words: str) -> str:
        return session.command_line(*there, *words) if not (there and session.chdir) else " ".join(words)

    steps = _NEXT.format(validate=line("validate"), try_it=line("apply", "--sandbox"), apply=line("apply"))
    return "\n".join([*lines, "", steps])
