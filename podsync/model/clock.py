"""Time, and the rate of requests, passed in so that tests can move them."""

from __future__ import annotations

from typing import Protocol


class Pace(Protocol):
    """The provider's rate limit, shared by all requests to one account."""

    def take(self) -> None:
        """Wait until one more request may leave."""

    def full(self, retry_after: float | None) -> None:
        """Take note of a 429: the bucket is full, whatever was believed."""


class Clock(Protocol):
    """Time, passed in so that tests can move it."""

    def now(self) -> float:
        """Wall clock, seconds since the epoch: for people only."""

    def monotonic(self) -> float:
        """Seconds that only ever grow: every wait is measured with it."""

    def sleep(self, seconds: float) -> None:
        """Wait. Raises StoppedError as soon as the run is asked to stop."""
