"""Waits for the lock on a branch, and judges by this machine's own clock whether its holder lives."""

from __future__ import annotations

from collections.abc import Callable

from podsync.model.clock import Clock
from podsync.model.errors import LockedError
from podsync.state.formats.times import time_to_text
from podsync.state.git.branch import Branch, Commit
from podsync.state.git.layout import Lock
from podsync.state.lock import PATIENCE

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


class LockWait:
    """One wait for the lock, of `timeout` seconds; `on_wait` hears once for whom."""

    def __init__(self, branch: Branch, clock: Clock, timeout: float, on_wait: Callable[[str], None]) -> None:
        self._branch, self._clock, self._on_wait = branch, clock, on_wait
        self._begun = clock.monotonic()
        self._timeout, self._pause = timeout, _FIRST_PAUSE
        self._seen, self._since, self._mentioned = "", 0.0, False

    def is_dead(self, commit: Commit, lock: Lock) -> bool:
        """Whether the branch has stood still for a whole lease while this run was looking."""
        now = self._clock.monotonic()
        if commit.id != self._seen:
            self._seen, self._since = commit.id, now
        return now >= self._since + lock.lease

    def wait(self, commit: Commit, lock: Lock) -> None:
        """Wait a little. Raises LockedError when the time is over."""
        now, dead = self._clock.monotonic(), self._since + lock.lease
        ends = self._begun + self._timeout
        # Clocks of two machines may disagree: what they say is a reason to watch, and no more.
        quiet = self._clock.now() - commit.at > lock.lease
        if quiet:
            ends = max(ends, dead)
        if now >= ends:
            last = time_to_text(commit.at)
            raise LockedError(
                f"branch {self._branch.name} is held by {lock.holder}",
                "wait for it with --lock-timeout 10m. If it is dead, whoever waits gets the lock"
                f" {lock.lease:.0f} s after its last sign of life ({last}), or at once:"
                f" podsync state unlock {lock.holder.id}",
            )
        if not self._mentioned and (quiet or now - self._begun >= PATIENCE):
            self._mentioned = True
            last, left = time_to_text(commit.at), dead - now
            rest = f". It shows no sign of life since {last}; it is given {left:.0f} s more" if quiet else ""
            self._on_wait(f"waiting for {lock.holder} to let go of branch {self._branch.name}{rest}")
        self._clock.sleep(max(0.0, min(self._pause, ends - now, dead - now)))
        self._pause = min(2 * self._pause, _LONGEST_PAUSE, lock.lease / 20)
