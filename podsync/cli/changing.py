"""A change of the state by hand: under its lock, all or nothing, with a backup and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from podsync.cli.workspace import Workspace
    from podsync.state.events import Event
    from podsync.state.state import State


class Change(NamedTuple):
    """The events, what was done in words, and the words of the command that undoes it: "" for the backup."""

    events: Sequence[Event]
    done: str
    undo: str = ""


def change_state(space: Workspace, command: str, change: Callable[[State], Change]) -> int:
    """Load, change, write and compact under the lock, and say what was done; return 0."""
    done = write_change(space, command, change)
    space.session.console.result(f"{done.done}\n")
    say_undo(space, done)
    return 0


def write_change(space: Workspace, command: str, change: Callable[[State], Change]) -> Change:
    """Load, change, write and compact under the lock; return what was done."""
    from podsync.state.draft import replay

    with space.store.lock(command, 0):
        state = space.load()
        done = change(state)
        if done.events:
            after = replay(state, done.events)
            space.store.append(done.events)
            space.store.compact(after)
    return done


def say_undo(space: Workspace, done: Change) -> None:
    """Say how a change is taken back, if there was one."""
    back = space.command_line(*done.undo.split()) if done.undo else space.store.undo()
    if back is not None and done.events:
        space.session.console.say(f"undo: {back}")
