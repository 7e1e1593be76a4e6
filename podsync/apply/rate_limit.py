"""The provider's leaky bucket, kept on our side so that no request is refused and hardly one waits."""

from __future__ import annotations

import threading

from podsync.model.clock import Clock
from podsync.model.settings import RateLimit


class Bucket:
    """A leaky bucket shared by every request to one account; implements `model.clock.Pace`.

    `level` is how full the provider's bucket is believed to be. A little of its size is left free:
    requests that leave evenly may arrive bunched together.
    """

    def __init__(self, limit: RateLimit, clock: Clock, level: float = 0.0) -> None:
        self._rate = limit.per_second
        self._size = float(limit.burst - min(2, limit.burst // 10))
        self._clock = clock
        self._lock = threading.Lock()
        self._level = min(level, float(limit.burst))
        self._since = clock.monotonic()

    def take(self) -> None:
        """Reserve a place and wait for it; places are handed out in order."""
        with self._lock:
            self._leak()
            self._level += 1
            wait = (self._level - self._size) / self._rate
        if wait > 0:
            self._clock.sleep(wait)

    def full(self, retry_after: float | None) -> None:
        """Believe the provider: full now, and closed for `retry_after` seconds."""
        with self._lock:
            self._leak()
            self._level = max(self._level, self._size + (retry_after or 0.0) * self._rate)

    def level(self) -> float:
        """How full it is now; kept between runs, because the provider's bucket outlives a process."""
        with self._lock:
            self._leak()
            return self._level

    def _leak(self) -> None:
        now = self._clock.monotonic()
        self._level = max(0.0, self._level - (now - self._since) * self._rate)
        self._since = now
