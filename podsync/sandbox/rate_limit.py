"""The vendors' rate limit: a bucket that leaks."""


class LeakyBucket:
    """Each request puts one marble in; marbles leak away steadily; a full bucket takes none.

    Not thread-safe by itself. The limits are told with every call, for rules can change meanwhile.
    """

    def __init__(self) -> None:
        self._level = 0.0
        self._at: float | None = None

    def take(self, now: float, size: float, leak_per_second: float) -> bool:
        """Whether there was room; `now` in seconds, and a clock that goes back leaks nothing."""
        if self._at is not None:
            self._level = max(0.0, self._level - max(0.0, now - self._at) * leak_per_second)
        self._at = now
        if self._level + 1 > size:
            return False
        self._level += 1
        return True
