"""Times as the state file has them: `2026-01-02T03:04:05Z`, with milliseconds where there are any."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -62135596800000, 253402300799999  # the years 1 and 9999
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")


def time_to_text(time: float) -> str:
    """Seconds since the epoch as `2026-01-02T03:04:05Z`, to the millisecond."""
    moment = min(max(round(time * 1000), _FIRST), _LAST)
    at = _EPOCH.replace(tzinfo=None) + timedelta(milliseconds=moment)
    return at.isoformat(timespec="milliseconds" if moment % 1000 else "seconds") + "Z"


def time_from_text(text: Any) -> float:
    """The inverse; raises ValueError."""
    if isinstance(text, str) and _TIME.fullmatch(text):
        return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1) / 1000
    message = f"{text!r:.60} is not a time such as 2026-01-02T03:04:05Z"
    raise ValueError(message)
