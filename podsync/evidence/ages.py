"""How long ago something was.

Within a run only the run's own clock counts: a `Date` never shortens a wait. Between runs the smaller of the
differences by the provider's `Date` and by our wall clock is believed. If one of them is missing, neither is,
and the run waits by its own clock.
"""

from __future__ import annotations

from dataclasses import dataclass

#: A request must leave within this time after its Intent was written.
SEND_SECONDS = 30.0
#: A `Date` header has whole seconds, at both ends.
DATE_GRAIN = 2.0


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment by two clocks: `wall` is ours, `date` the provider's (None: not reported)."""

    wall: float | None
    date: float | None


def elapsed(then: Moment, now: Moment) -> float:
    """Return how many seconds have certainly passed between two runs; 0 if that cannot be measured."""
    if then.wall is None or now.wall is None or then.date is None or now.date is None:
        return 0.0
    return max(0.0, min(now.wall - then.wall, now.date - then.date - DATE_GRAIN))


def is_unmeasurable(then: Moment, now: Moment) -> bool:
    """Whether the time since then cannot be measured: a clock is missing or was set back."""
    if then.wall is None or now.wall is None or then.date is None or now.date is None:
        return True
    return now.wall < then.wall or now.date < then.date - DATE_GRAIN


@dataclass(frozen=True, slots=True)
class Age:
    """How old something is for certain: by this run's own clock, or by what went by between runs.

    `own_seconds` are seconds of this run's clock since a moment at which it was over for certain.
    """

    own_seconds: float
    between: float = 0.0

    def at_least(self, seconds: float) -> bool:
        """Whether that many seconds have gone by."""
        return max(self.own_seconds, self.between) >= seconds
