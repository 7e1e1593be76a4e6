"""How an event changes a state.

`Reducer` is a working copy: an event costs the same whatever the state's size, which keeps an apply
of 10,000 products linear. `replay` is the pure form: state and events in, new state out.

An event that does not fit (a `Bound` for an unknown address) raises StateError: the journal is not
of this snapshot. On a state that is marked `lost` (the snapshot under the journal was deleted) such
an event is passed over, and what can still be known is kept.
"""

from __future__ import annotations

from collections.abc import Iterable

from podsync.model.errors import StateError
from podsync.state.events import Event
from podsync.state.model import State
from podsync.state.reducer.learned_events import drop_loose_readings
from podsync.state.reducer.mutable_state import MutableState, Unfitting
from podsync.state.reducer.product_events import HANDLERS
from podsync.state.reducer.rounding import in_milliseconds


def replay(state: State, events: Iterable[Event]) -> State:
    """Return the state after `events`."""
    draft = Reducer(state)
    for event in events:
        draft.apply(event)
    return draft.freeze()


class Reducer(MutableState):
    """A changeable copy of a state that takes in events."""

    def apply(self, event: Event) -> None:
        """Take in one event; raises StateError when it cannot have happened here."""
        try:
            HANDLERS[type(event)](self, in_milliseconds(event))
        except Unfitting as error:
            if not self._base.lost:
                raise StateError(
                    f"event {self.serial + 1} of the journal does not fit the state: {error}",
                    "restore the backup that belongs to this journal",
                ) from None
        self.serial += 1
        if self.references.loose:
            drop_loose_readings(self)
