"""`podsync state orphans`: lists what a person has to remove, and drops what is gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import click

from podsync.apply.absence import look_for
from podsync.apply.context import ProviderConnection
from podsync.cli.app.framework import command
from podsync.cli.app.options import ShellWords, output_option, sandbox_state_option
from podsync.cli.app.outputs import Outputs
from podsync.cli.app.session import Session
from podsync.cli.commands.state.changing import StateChange, say_undo, write_change
from podsync.cli.commands.state.inspect import tell
from podsync.cli.environment.clock import Signals, SystemClock
from podsync.cli.environment.connect import connected
from podsync.cli.workspace import Workspace
from podsync.model.clock import Clock
from podsync.model.errors import UsageError
from podsync.output.escape import safe
from podsync.output.wording import counted, second, visible_id
from podsync.state.entries import Orphan
from podsync.state.events import EntryGone, Event, FoundAgain, Gone, Missed, Remembered
from podsync.state.model import State
from podsync.state.operations import removed

#: What a look at orphans writes down.
_ABOUT = (Missed, FoundAgain, Gone, EntryGone, Remembered)


@command(
    "orphans",
    examples=(
        "podsync state orphans",
        "podsync state orphans --check     ask the providers which of them are gone",
        "podsync state orphans --done {kind}.dino",
    ),
)
@click.option("--check", is_flag=True, help="Ask the providers, and let go of those that are gone.")
@click.option("--no-wait", is_flag=True, help="With --check: look once, and leave the rest to a later look.")
@click.option(
    "--done", metavar="ADDRESS", multiple=True, type=ShellWords(),
    help="I removed it by hand: its address, or its id where an address has several. Repeatable.",
)  # fmt: skip
@output_option("state orphans")
@sandbox_state_option
def list_orphans(
    session: Session, check: bool, no_wait: bool, done: tuple[str, ...], output: tuple[str, ...]
) -> int:
    """List the products that nobody here wants any more.

    They stay on sale until a person removes them at the provider: neither API can delete. Listings may
    lag, so --check calls one gone when two whole readings do not show it, `settle_seconds` apart.
    """
    if no_wait and not check:
        raise UsageError("--no-wait belongs to --check")
    if check and done:
        raise UsageError("--check asks the providers, --done says it by hand: one of the two")
    outputs = Outputs.parse(output)
    space = Workspace.open_for(outputs, session)
    if done:
        _tick_off(space, done)
    if check:
        _check(space, wait=not no_wait)
    return tell(space, outputs, "orphans")


def _tick_off(space: Workspace, done: Sequence[str]) -> None:
    def change(state: State) -> StateChange:
        events, names = removed(state, done, time.time(), space.waits), ", ".join(done)
        return StateChange(events, f"{names}: removed by hand, and no longer in the list")

    _write(space, change)


def _write(space: Workspace, change: Callable[[State], StateChange]) -> None:
    """Write a change; what was done goes to stderr, because stdout is for the list."""
    done = write_change(space, "state orphans", change)
    if done.done:
        space.session.console.say(done.done)
    if any(isinstance(event, Gone) for event in done.events):
        say_undo(space, done)


def _check(space: Workspace, *, wait: bool) -> None:
    """Ask about the orphans once, or as long as another look can tell more. Between two no lock is held."""
    names = {orphan.provider for orphan in _listed(space.load())}
    if not names:
        return
    with Signals() as signals:
        clock = SystemClock(lambda: signals.signal)
        with connected(space, names, clock) as connections:
            missed: dict[str, dict[str, float]] = {name: {} for name in connections}
            due = _look(space, connections, clock, missed)
            while wait and due is not None:
                clock.sleep(due - clock.monotonic())
                due = _look(space, connections, clock, missed)


def _listed(state: State) -> list[Orphan]:
    """Return the orphans that a listing has shown: only those can go missing."""
    return [orphan for orphan in state.orphans if not orphan.unlisted]


def _look(
    space: Workspace,
    connections: Mapping[str, ProviderConnection],
    clock: Clock,
    missed: Mapping[str, dict[str, float]],
) -> float | None:
    """Write down and print what is gone; return from when on another look can tell more, None for never.

    Times are monotonic. `missed` is when each id was missed first, by provider, and grows.
    """
    due: list[float] = []

    def looked(state: State) -> StateChange:
        events, lines = list[Event](), list[str]()
        for name, connection in connections.items():
            ids = {orphan.id: orphan for orphan in _listed(state) if orphan.provider == name and orphan.id}
            if not ids:
                continue
            title = connection.provider.title
            found = look_for(connection, connection.known(state), ids, missed[name], clock)
            events += [event for event in found.events if isinstance(event, _ABOUT)]
            lines += [_gone(ids[identity], title) for identity in sorted(ids.keys() & found.gone)]
            there = ids.keys() & found.reading.rows.keys()
            waiting = (ids.keys() - there - found.gone) & found.missed
            unsure = len(ids.keys() - there - found.gone - waiting)
            if there:
                lines.append(f"{title}: {counted(len(there), 'orphan')} still listed")
            if waiting:
                first = max(missed[name].setdefault(each, found.reading.looked) for each in waiting)
                due.append(first + connection.settings.settle_seconds)
                when = second(clock.now() + due[-1] - clock.monotonic())
                lines.append(
                    f"{title}: {counted(len(waiting), 'orphan')} not listed any more. A listing may lag: "
                    f"what a second look from {when} on does not show either leaves the list"
                )
            if unsure:
                done = space.session.as_typed("podsync state orphans --done ADDRESS")
                lines.append(
                    f"{title}: {counted(unsure, 'orphan')} not seen in a listing that could not be read"
                    f" whole ({safe(found.reading.flaw)}), which says nothing; look again later, or at its "
                    f"web page: one that it does not show was removed: {done}"
                )
        return StateChange(events, "\n".join(lines))

    _write(space, looked)
    return max(due, default=None)


def _gone(orphan: Orphan, title: str) -> str:
    which = visible_id(orphan.provider, orphan.remote) or safe(orphan.id or "")
    return f"{orphan.address}: {title} {which} is gone, and leaves the list"
