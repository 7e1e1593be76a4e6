"""Recovers the events of a run that lost its lock or its network before they reached the branch.

Results are put on the newer head where they still fit: their entry is in doubt by that very Intent. An
Intent never is; one that turns out to have become durable was not sent, and that is written down. While
somebody else holds the state nothing is written: that run would lose its lock by it, and it finds out
what became of the doubts from the listing anyway.
"""

from __future__ import annotations

from collections.abc import Sequence

from podsync.model.clock import Clock
from podsync.model.errors import StateError
from podsync.state.entries import Entry, Orphan
from podsync.state.events import Doubted, Event, Intent, Made, NotSent, Refused
from podsync.state.formats import journal
from podsync.state.git import layout
from podsync.state.git.branch import Branch, OvertakenError, RefusedPushError
from podsync.state.git.layout import BranchFiles
from podsync.state.git.writer import BranchWriter, UndeliveredEvent, message
from podsync.state.model import State
from podsync.state.reducer.reducer import Reducer

#: How long, in seconds, it is tried; how long each push is.
_PATIENCE, _PUSH = 30.0, 5.0
_PAUSE = 1.0


def fitting(state: State, undelivered: Sequence[UndeliveredEvent], now: float) -> list[Event]:
    """Return what of these events is still news to `state`, in order."""
    draft = Reducer(state)
    found: list[Event] = []
    answered = {
        (each.event.address, each.written_at) for each in undelivered if isinstance(each.event, _RESULTS)
    }
    for each in undelivered:
        event = each.event
        if isinstance(event, Intent):
            if (event.address, event.written_at) in answered:
                continue
            event = NotSent(event.address, now, event.orphan)
        if not isinstance(event, _RESULTS) or each.written_at is None:
            continue
        item: Entry | Orphan | None = draft.entries.get(event.address)
        if event.orphan is not None:
            item = draft.orphans.get((event.address, event.orphan))
        pending = item.pending if item is not None else None
        if pending is not None and round(pending.written_at, 3) == round(each.written_at, 3):
            draft.apply(event)
            found.append(event)
    return found


_RESULTS = (Made, Refused, NotSent, Doubted)


def salvage(writer: BranchWriter, branch: Branch, clock: Clock) -> str:
    """Try for half a minute; return a sentence that says what became of the events, "" if there were none."""
    until = clock.monotonic() + _PATIENCE
    why = "somebody else holds the state"
    while True:
        try:
            outcome = _once(writer, branch, clock.now())
        except OvertakenError:
            outcome = None
        except RefusedPushError as error:
            outcome, why, until = None, error.message, 0.0
        except StateError as error:
            outcome, why = None, error.message
        if outcome is not None:
            return outcome
        if clock.monotonic() + _PAUSE > until:
            results = sum(isinstance(each.event, _RESULTS) for each in writer.undelivered)
            return f"{results} results could not be written ({why}); the next apply finds them out"
        clock.sleep(_PAUSE)


def _once(writer: BranchWriter, branch: Branch, now: float) -> str | None:
    """Return what was done; None: not now."""
    head = branch.fetch()
    if head is None:
        return "the branch is gone"
    commit = branch.commit(head)
    lock = layout.read_lock(branch, commit)
    ours = lock is not None and lock.holder.id == writer.holder.id
    contents = layout.read(branch, commit)
    same = contents.state.lineage == writer.lineage
    events = fitting(contents.state, writer.undelivered, now) if same else []
    if not events and not ours:
        return ""
    if lock is not None and not ours:
        return None
    files = BranchFiles.of(commit)
    files.lock = None
    if events:
        serial = contents.state.serial
        texts = [journal.payload(event) for event in events]
        data = b"".join([journal.header(writer.lineage, contents.base), *journal.records(serial, texts)])
        files.add(branch.write(data), serial + 1, serial + len(events))
    made = branch.make(files.root(branch, {}), head, message(writer.holder, f"{len(events)} late results"))
    branch.publish(made, head, patience=_PUSH)
    branch.follow(made)
    return f"{len(events)} late results were added to the newer state" if events else ""
