"""`podsync init`: writes the first files of a catalog repository; overwrites nothing."""

from __future__ import annotations

import os
from pathlib import Path

import click

from podsync.cli.app.framework import command
from podsync.cli.app.session import Session, program, quoted
from podsync.cli.commands.init.github import Github
from podsync.cli.commands.init.starter_files import IGNORED, InitResult, starters
from podsync.cli.environment.clock import SystemClock
from podsync.model.errors import PodsyncError, UsageError
from podsync.output.wording import in_words
from podsync.state.local.store import LocalStore

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
    )
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
def init(session: Session, folder: str | None, ci: str | None, from_: str | None) -> int:
    """Write settings, an empty state, schemas, examples and editor settings.

    Nothing that is there already is overwritten. With --ci github the state is a branch of the
    repository, podsync-state, and the workflows are written to its .github folder: three commands
    from an empty repository to an apply that somebody has reviewed.
    """
    if ci not in (None, "github"):
        raise UsageError(f"--ci {ci} is not available", "podsync init --ci github")
    if from_ is not None and ci is None:
        raise UsageError("--from is for --ci: it says what the workflows install", "podsync init --ci github")
    root = Path(folder or ".")
    made = InitResult(root)
    github = None
    if ci is not None:
        github = Github.of(root, from_)
    try:
        root.mkdir(parents=True, exist_ok=True)
        _write_all(made, state_branch=github.parameters.state if github else None)
        if github is not None:
            github.write(made)
    except OSError as error:
        where = error.filename or root
        raise PodsyncError(f"cannot write {where}: {error.strerror or error}") from None
    text = _files_written(made)
    text += _next(session, folder) if github is None else github.next_steps(made.root)
    session.console.result(text)
    return 0


def _write_all(made: InitResult, *, state_branch: str | None) -> None:
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


def _files_written(made: InitResult) -> str:
    lines = [f"made   {name}" for name in made.made]
    lines += [f"added  {name}" for name in made.added]
    lines += [f"kept   {name}" for name in made.kept]
    if not (made.made or made.added):
        lines.append("Everything was there already; nothing was written.")
    return "\n".join([*lines, "", ""])


def _next(session: Session, folder: str | None) -> str:
    """Return the next commands, which work in the new folder, and how to get there."""
    into = os.path.join(session.chdir or "", folder or "")  # noqa: PTH118 (kept as it was typed)
    enter = f"\n  0. {quoted('cd', into)}" if os.path.normpath(into or ".") != "." else ""
    lines = {
        "validate": quoted(program(), "validate"),
        "try_it": quoted(program(), "apply", "--sandbox"),
        "apply": quoted(program(), "apply"),
    }
    return in_words(_NEXT).format(enter=enter, **lines)
