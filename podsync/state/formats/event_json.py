"""Events as JSON: `{"type": "intent", "address": "kind.dino", "op": "create", …}`.

Times are seconds since the epoch, to the millisecond. What is empty is left out. An event is never
half understood: a type or a field that this version does not know is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, get_args

from podsync import __version__
from podsync.model.errors import StateError
from podsync.state.events import Event
from podsync.state.formats.dataclass_json import JsonPlace, Unfit, from_json, to_json

#: `not_sent` -> `NotSent`, and back.
_TYPES: Mapping[str, Any] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower(): cls for cls in get_args(Event)
}
_NAMES: Mapping[type, str] = {cls: name for name, cls in _TYPES.items()}


def event_to_json(event: Event) -> dict[str, Any]:
    """Return the JSON form of an event: plain `dict`, `list`, `str`, numbers and booleans."""
    return {"type": _NAMES[type(event)], **to_json(event, lambda time: round(time, 3))}


def event_from_json(data: Any) -> Event:
    """The inverse of :func:`event_to_json`; raises StateError for what is not wholly understood."""
    if not isinstance(data, dict) or not isinstance(data.get("type"), str):
        raise StateError("an event has no type", _NEWER)
    name = data["type"]
    cls = _TYPES.get(name)
    if cls is None:
        message = f"podsync {__version__} does not know events of type {name!r:.60}"
        raise StateError(message, _NEWER)
    place = JsonPlace(name, _seconds)
    try:
        event: Event = from_json(cls, {key: value for key, value in data.items() if key != "type"}, place)
    except Unfit as error:
        message = f"podsync {__version__} does not understand an event: {error}"
        raise StateError(message, _NEWER) from None
    if place.unknown:
        field = f"the field {min(place.unknown)!r:.60} ({name})"
        message = f"podsync {__version__} does not know {field} of an event"
        raise StateError(message, _NEWER)
    return event


_NEWER = "use the version of podsync that wrote it, or a newer one; nothing was changed"


def _seconds(value: Any) -> float:
    if type(value) is int and abs(value) < 2**53:
        return float(value)
    if type(value) is not float or not math.isfinite(value):
        message = f"{value!r:.60} is not a time in seconds"
        raise ValueError(message)
    return value
