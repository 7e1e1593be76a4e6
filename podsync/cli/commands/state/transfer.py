"""`podsync state pull`, `push`, `migrate`: reads, replaces and moves the whole state."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from podsync.catalog import settings_file
from podsync.cli.app.framework import command
from podsync.cli.app.options import output_option, sandbox_state_option
from podsync.cli.app.outputs import Outputs
from podsync.cli.app.session import Session
from podsync.cli.commands.state.changing import checked
from podsync.cli.commands.state.inspect import as_kept
from podsync.cli.environment.placement import must_stay_in_tree
from podsync.cli.environment.stores import open_store
from podsync.cli.workspace import Workspace
from podsync.model.errors import StateError, UsageError
from podsync.model.settings import StateSettings
from podsync.output.wording import counted
from podsync.state import migration
from podsync.state.backends import BACKENDS
from podsync.state.formats import statefile
from podsync.state.migration import settings_line
from podsync.state.model import State
from podsync.state.store import StateStore


def _where_options(function: Any) -> Any:
    """Add an option for each setting that says where a backend keeps the state."""
    for backend in reversed([*BACKENDS.values()]):
        for key, (metavar, description) in reversed([*backend.where.items()]):
            function = click.option(f"--{key}", metavar=metavar, help=f"{backend.name}: {description}")(
                function
            )
    return function


@command("pull", examples=("podsync state pull > state.json", "podsync state pull -o json=state.json"))
@output_option("state pull")
@sandbox_state_option
def pull_state(session: Session, output: tuple[str, ...]) -> int:
    """Print the state as JSON, read afresh from where it is kept.

    The way podsync.state.json looks; it holds no keys.
    """
    outputs = Outputs.parse(output)
    space = Workspace.open(session)
    space.tell_environment()
    outputs.refuse(space.own_files)
    with outputs:
        space.store.refresh()
        state = as_kept(space)
        if not state.lineage:
            raise StateError(f"{space.state_label}: there is no state yet", "the first apply makes one")
        text = statefile.dumps(state).decode()
        brief = f"{space.state_label}: serial {state.serial}, {_size(state)}\n"
        shown = {"text": lambda: brief if outputs.files else text, "json": lambda: text}
        session.console.result(outputs.write(shown), exact=outputs.exact or not outputs.files)
    return 0


@command("push", examples=("podsync state push state.json", "podsync state push --force before.json"))
@click.argument("file")
@click.option("--force", is_flag=True, help="Even if it is older, another state, or forgets a doubt.")
@sandbox_state_option
def push_state(session: Session, file: str, force: bool) -> int:
    """Put the state in FILE (- is stdin) in the place of the one that is kept.

    Refused if its serial is lower or its lineage another. What was there stays as a backup.
    """
    space = Workspace.open(session)
    space.tell_environment()
    pushed = migration.from_file(_read(file), file)
    copy = space.store.copy
    known = copy.end() if copy is not None else None

    def fits(state: State) -> bool:
        return force or migration.check_push(state, pushed, space.state_label, known)

    very = f"{space.state_label} is that very state; nothing was written.\n"
    if checked(space, fits, space.store.load) is False:
        session.console.result(very)
        return 0
    with space.store.lock("state push", 0):
        current = space.store.load()
        if not fits(current):
            session.console.result(very)
            return 0
        space.store.replace(pushed)
    before = f"; it was {current.serial}" if current.lineage else ""
    session.console.result(f"{space.state_label} has serial {pushed.serial} now{before}. {_size(pushed)}\n")
    back = space.store.undo() if current.lineage else None
    if back is not None:
        session.console.say(f"undo: {session.as_typed(back)}")
    return 0


def _read(file: str) -> bytes:
    try:
        if file == "-":
            return sys.stdin.buffer.read(statefile.LIMIT + 1)
        with Path(file).open("rb") as stream:
            return stream.read(statefile.LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from None


def _size(state: State) -> str:
    return f"{counted(len(state.entries), 'product')}, {counted(len(state.orphans), 'orphan')}."


@command(
    "migrate",
    examples=(
        "podsync state migrate --to postgres",
        "podsync state migrate --to git --branch podsync-state-2",
        "podsync state migrate --to local --path podsync.state.json",
    ),
)
@click.option("--to", type=click.Choice(list(BACKENDS)), help="The new backend.")
@_where_options
def migrate_state(session: Session, /, to: str | None, **where: str | None) -> int:
    """Move the state to another place, lineage and serial kept.

    The new place must be empty. It is written, read back, and the old one marked: podsync refuses to
    go on with that. Then podsync.yaml has to name the new place.
    """
    if to is None:
        either = " or ".join(", ".join(BACKENDS).rsplit(", ", 1))
        raise UsageError(f"migrate takes --to {either}", "podsync state migrate --to postgres")
    space = Workspace.open(session)
    space.tell_environment()
    if space.sandbox:
        raise UsageError("the sandbox's state stays where it is", "remove `sandbox: true` from podsync.yaml")
    settings = _settings(space.settings.state, to, where, space.given)
    source = space.store
    target = open_store(settings, lambda note: session.console.say(f"note: {note}"))
    if (to, source.identity) == (space.settings.state.backend, target.identity):
        raise UsageError(f"the state is in {source.label} already", "give the new place another name")
    state = _carried(space, source, target, settings)
    session.console.result(
        f"{target.label} holds the state now: serial {state.serial}, {_size(state)}\n"
        f"{source.label} says where it went, and takes no more part. Set in podsync.yaml"
        f"{f', in environments.{space.environment}' if space.environment else ''}:\n  {_line(settings)}\n"
    )
    old = _place(space.settings.state)
    words = ["state", "migrate", "--to", old.pop("backend")]
    words += [word for key, value in old.items() for word in (f"--{key}", value)]
    session.console.say(f"undo, with the new settings: {space.command_line(*words)}")
    return 0


def _carried(space: Workspace, source: StateStore, target: StateStore, settings: StateSettings) -> State:
    with source.lock("state migrate", 0):
        state = space.load()
        if not state.lineage:
            raise UsageError(
                f"{source.label}: there is no state to move", f"just set {_line(settings)} in podsync.yaml"
            )
        migration.must_be_quiet(state)
        with target.lock("state migrate", 0):
            there = target.load()
            if migration.can_take(there, state):
                target.replace(state)
            elif there != state:
                raise StateError(
                    f"{target.label} holds a state already (serial {there.serial}, lineage {there.lineage})",
                    "choose an empty place: --path, --branch or --schema; nothing was changed",
                )
            if target.load() != state:
                raise StateError(
                    f"{target.label} was not read back as it was written", f"{source.label} is as it was"
                )
        source.replace(migration.gone_to(state, _place(settings)))
    return state


def _settings(
    now: StateSettings, backend: str, where: dict[str, str | None], config: Path | None
) -> StateSettings:
    """Return the settings of the new place, checked like podsync.yaml."""
    given = {key: value for key, value in where.items() if value is not None}
    own_keys = BACKENDS[backend].where
    foreign = [key for key in given if key not in own_keys]
    if foreign:
        own = ", ".join(f"--{key}" for key in own_keys)
        raise UsageError(f"--{foreign[0]} is not for {backend}", f"it takes {own}")
    text = json.dumps({"version": 1, "state": given})
    _, faults = settings_file.parse(f"--to {backend}", text.encode())
    if faults:
        raise UsageError(faults[0].summary, faults[0].detail)
    if "path" in given:
        must_stay_in_tree("state.path", given["path"], config)
    return StateSettings(backend, {**now.keys, **given})


def _place(settings: StateSettings) -> dict[str, str]:
    where = BACKENDS[settings.backend].where
    return {"backend": settings.backend} | {key: str(settings.keys[key]) for key in where}


def _line(settings: StateSettings) -> str:
    return settings_line(_place(settings))
