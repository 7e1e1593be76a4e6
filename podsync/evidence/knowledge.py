"""Whether the state knows all that is ours at a provider.

It does not when it is new, lost, or older than anything that was seen of it: a note on this machine, or
products of wanted names or models that were made after its last apply. Then what looks alike is a question.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from enum import Enum

from podsync.ports import Remote
from podsync.providers.habits import DATES_AGREE, Habits

#: Dates of products that nobody has compared with the provider's clock may be local time, of any zone.
CLOCK_ALLOWANCE = 24 * 3600.0


class Knows(Enum):
    """What the state knows of what is ours."""

    ALL = "up to date"
    NEW = "new"
    LOST = "lost, or older than the last one that was seen here"
    OLDER = "older than products that are listed"


def made_since(
    rows: Iterable[Remote], last_apply: float | None, habits: Habits, concerns: Callable[[Remote], bool]
) -> tuple[Remote, ...]:
    """Return the rows that may have been made after the last apply that this state knows of.

    `rows` are those that nobody owns and of which nobody has said that they are not ours; `concerns` says
    whether a row has a wanted name or model. A date that is not told may be any.
    """
    off = habits.offset
    since = None if last_apply is None else last_apply + (
        -CLOCK_ALLOWANCE if off is None else off - 2 * DATES_AGREE
    )  # fmt: skip
    return tuple(
        row
        for row in rows
        if concerns(row) and (since is None or row.created_at is None or row.created_at > since)
    )


def judged(*, new: bool, lost: bool, newer: Collection[Remote]) -> Knows:
    """Return what the state knows, from what was found out."""
    if new:
        return Knows.NEW
    if lost:
        return Knows.LOST
    return Knows.OLDER if newer else Knows.ALL
