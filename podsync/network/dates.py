"""Parses the dates that providers send; what cannot be true counts as unknown.

Zero, anything before 2015 (both providers' APIs are younger; seconds where milliseconds are due end up
in 1970) and anything more than two days ahead of the provider's own clock are unknown. All times are
seconds since the epoch.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

#: 2015-01-01T00:00:00Z.
EARLIEST = 1_420_070_400.0
#: Clocks differ and time zones are left out; nothing is made later than this from now.
AHEAD = 2 * 86400.0


def of_milliseconds(value: Any, now: float | None) -> float | None:
    """Read a number of milliseconds; `now` is the provider's clock, None when nothing is known of it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return credible(value / 1000, now)
    except OverflowError:
        return None


def of_iso(value: Any, now: float | None) -> float | None:
    """Read an ISO 8601 text; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return (
            None if moment is None else credible(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp(), now)
        )
    except (ValueError, OverflowError):
        return None


def of_header(value: str | None) -> float | None:
    """Read an HTTP date."""
    if value is None:
        return None
    try:
        return credible(parsedate_to_datetime(value).timestamp(), None)
    except (ValueError, TypeError, OverflowError):
        return None


def credible(moment: float, now: float | None) -> float | None:
    """Return the moment where it can be true."""
    latest = math.inf if now is None else now + AHEAD
    return moment if EARLIEST <= moment <= latest and math.isfinite(moment) else None
