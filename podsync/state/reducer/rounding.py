"""The times of events, as they are kept: whole milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, get_args

from podsync.model.frozen import FrozenDict
from podsync.state.events import Ended, Event

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
