"""How an event changes a state.

`Reducer` is a working copy: an event costs the same whatever the state's size, which keeps an apply
of 10,000 products linear. `replay` is the pure form: state and events in, new state out.

An event that does not fit (a `Bound` for an unknown address) raises StateError: the journal is not
of this snapshot. On a state that is marked `lost` (the snapshot under the journal was deleted) such
an event is passed over, and what can still be known is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, get_args

from podsync.model.errors import StateError
from podsync.model.frozen import FrozenDict
from podsync.state.events import Ended, Event
from podsync.state.model import State
from podsync.state.reducer.learned_events import drop_loose_readings
from podsync.state.reducer.mutable_state import MutableState, Unfitting
from podsync.state.reducer.product_events import HANDLERS


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


_TIMES: Mapping[type, tuple[str, ...]] = {
    cls: tuple(each.name for each in fields(cls) if str(each.type).startswith("float"))
    for cls in get_args(Event)
}


def in_milliseconds(event: Event) -> Event:
    """Return the event with its times as the journal and the state file keep them.

    So what a run holds in memory equals what the next one reads, to the last bit: `created_at` names
    a product, and a name must not change by being written down.
    """
    if type(event) is Ended and event.dates:
        event = replace(event, dates=FrozenDict({k: round(date, 3) for k, date in event.dates.items()}))
    times = {name: getattr(event, name) for name in _TIMES[type(event)]}
    rounded = {name: round(time, 3) for name, time in times.items() if time is not None}
    changed: dict[str, Any] = {name: time for name, time in rounded.items() if time != times[name]}
    return replace(event, **changed) if changed else event
