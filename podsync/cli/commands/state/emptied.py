"""`podsync state check --emptied PROVIDER`: for an account that a person has emptied."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from podsync.cli.workspace import Workspace
from podsync.model.errors import UsageError
from podsync.output.wording import counted, title
from podsync.state.operations import emptied, entries_at

if TYPE_CHECKING:
    from podsync.state.events import Event
    from podsync.state.model import State

#: How many times the number is asked for.
_QUESTIONS = 2


def number_of_entries(space: Workspace, provider: str) -> int | None:
    """Have a person type how many entries are let go; None if they did not.

    Raises UsageError, with the command to use, if nobody can answer.
    """
    if provider not in space.settings.providers:
        known = ", ".join(space.settings.providers)
        raise UsageError(f"{provider} is not a provider", f"--emptied takes one of: {known}")
    state = space.load()
    count = entries_at(state, provider)
    emptied(state, provider, count, time.time())  # raises before anybody is asked
    console = space.session.console
    command = space.command_line("state", "check", "--emptied", provider, "--yes-entries", str(count))
    if not console.can_ask:
        raise UsageError(
            f"{counted(count, 'entry', 'entries')} at {title(provider)} would be let go, and there is no"
            " terminal to ask on",
            f"if the account is the right one, and was emptied by hand: {command}",
        )
    console.say(_answer_text(state, provider, count))
    for _ in range(_QUESTIONS):
        if console.ask(f"Type {count} to go on: ") == str(count):
            return count
    console.say("Cancelled. Nothing was changed.")
    return None


def _answer_text(state: State, provider: str, count: int) -> str:
    orphans = sum(each.provider == provider and each.id is not None for each in state.orphans)
    return (
        f"{title(provider)}: is it the right account, and was everything in it removed by hand?"
        f" {counted(count, 'entry', 'entries')} and {counted(orphans, 'orphan')} are let go;"
        " the next plan makes the products of their documents anew."
    )


def let_go(state: State, provider: str, number: int) -> tuple[list[Event], str]:
    """Return the events, and what was done in words."""
    events = emptied(state, provider, number, time.time())
    kept = sum(
        entry.provider == provider and (entry.id is None or entry.pending is not None)
        for entry in state.entries.values()
    )
    rest = (
        f"; {counted(kept, 'entry', 'entries')} in doubt or without an id {'stays' if kept == 1 else 'stay'}"
        if kept
        else ""
    )
    return events, f"{title(provider)}: {counted(number - kept, 'entry', 'entries')} let go{rest}"
