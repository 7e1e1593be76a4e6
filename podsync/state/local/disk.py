"""What stands on a local disk, put together: a snapshot, a journal, and the state that they add up to."""

from __future__ import annotations

from typing import NamedTuple

from podsync.model.errors import StateError
from podsync.state.formats import journal
from podsync.state.local.snapshot import Snapshot
from podsync.state.model import State


class Disk(NamedTuple):
    """What stood on disk, and the state that it adds up to."""

    snapshot: Snapshot | None
    journal: journal.JournalContents
    state: State

    @property
    def fresh(self) -> bool:
        """Whether the journal holds events that no snapshot has."""
        return bool(self.journal.events) and (
            self.snapshot is None or self.state.serial > self.snapshot.state.serial
        )


def join(found: Snapshot | None, contents: journal.JournalContents, name: str) -> State:
    """Add a journal to its snapshot; raises StateError when the two do not belong together."""
    if not contents.events:
        return State() if found is None else found.state
    from podsync.state.reducer.reducer import replay  # events are rare, and slow to import

    if found is None:
        # The snapshot was deleted. From the first event on, nothing is missing.
        start = State(lineage=contents.lineage, serial=contents.first - 1, lost=contents.first > 1)
        return replay(start, contents.events)
    state = found.state
    if contents.lineage != state.lineage:
        raise _foreign(name, "its lineage is another one")
    if contents.base == found.follows and contents.last <= state.serial:
        return state
    if contents.base != found.id:
        raise _foreign(name, f"it continues another copy of it (events {contents.first} to {contents.last})")
    if contents.first > state.serial + 1:
        raise _foreign(name, f"events {state.serial + 1} to {contents.first - 1} are missing")
    return replay(state, contents.events[state.serial + 1 - contents.first :])


def _foreign(name: str, why: str) -> StateError:
    return StateError(
        f"{name}.journal does not belong to {name}: {why}",
        f"bring back the {name} that belongs to the journal. Without it, move {name} aside and keep the"
        " journal: the next apply finds what exists in the providers' listings and creates nothing twice."
        " Both files were left as they are",
    )
