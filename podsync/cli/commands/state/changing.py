"""Manual changes of the state: under its lock, all or nothing, with a backup and an undo command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from podsync.cli.environment.connect import rows_seen
from podsync.cli.workspace import Workspace
from podsync.model.errors import PodsyncError
from podsync.state.events import Event
from podsync.state.model import State
from podsync.state.reducer.reducer import replay


def checked(space: Workspace, check: Callable[[State], object], load: Callable[[], State]) -> object:
    """Return or raise what `check` says of the newest state.

    While somebody holds the lock, a fault may still go away, and the result is None.
    """
    space.store.refresh()
    try:
        return check(load())
    except PodsyncError:
        if space.store.holder() is None:
            raise
    return None


class StateChange(NamedTuple):
    """The events, what was done in words, and the undo command without `podsync` ("": the backup)."""

    events: Sequence[Event]
    done: str
    undo: str = ""


def change_state(
    space: Workspace, command: str, change: Callable[[State], StateChange], check: Callable[[State], object]
) -> int:
    """Check and change the state, and print what was done; return 0.

    `check` raises what `change` would raise, as far as the state alone shows it. Then no lock is taken:
    others would see it, and a branch keeps it in its history.
    """
    checked(space, check, lambda: space.load(tell=False))
    done = write_change(space, command, change)
    space.session.console.result(f"{done.done}\n")
    say_undo(space, done)
    return 0


def write_change(space: Workspace, command: str, change: Callable[[State], StateChange]) -> StateChange:
    """Load, change, write and compact under the lock; return the change.

    Rows that looks without the lock have shown are recorded first: a person may answer for one of them.
    """
    with space.store.lock(command, 0):
        state, rows = space.load(), rows_seen(space)
        seen = rows.read(state)
        done = change(replay(state, seen))
        if done.events:
            events = [*seen, *done.events]
            after = replay(state, events)
            space.store.append(events)
            space.store.compact(after)
            rows.forget()
            space.store.copied()
    return done


def say_undo(space: Workspace, done: StateChange) -> None:
    """Print how to undo a change, if it has events."""
    back = space.command_line(*done.undo.split()) if done.undo else space.store.undo()
    if back is not None and done.events:
        space.session.console.say(f"undo: {space.session.as_typed(back)}")
