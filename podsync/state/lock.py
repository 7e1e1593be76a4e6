"""Who holds a state's lock, as every store writes it down, and how a run waits for it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from podsync.model.errors import LockedError
from podsync.state.formats.dataclass_json import JsonPlace, from_json
from podsync.state.formats.times import time_from_text, time_to_text

if TYPE_CHECKING:
    from podsync.model.clock import Clock

#: Waiting is mentioned only when it takes longer than this, in seconds.
PATIENCE = 0.4
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock. `id` names this very holding, `since` is seconds since the epoch."""

    id: str
    who: str
    pid: int
    since: float
    command: str
    run_url: str | None = None

    def __str__(self) -> str:
        run = f", {self.run_url}" if self.run_url else ""
        return f"{self.who} (process {self.pid}, {self.command}, since {time_to_text(self.since)}{run})"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data; `from_json` reads it back."""
        return asdict(self) | {"since": time_to_text(self.since)}

    @classmethod
    def of_this_run(cls, who: str, clock: Clock, command: str, run_url: str | None) -> Holder:
        """Return who holds a lock from now on."""
        return cls(uuid.uuid4().hex, who, os.getpid(), clock.now(), command, run_url)

    @classmethod
    def from_json(cls, data: Any) -> Holder:
        """Read a record of a lock; raises Unfit."""
        return from_json(cls, data, JsonPlace("", time_from_text))


def name_of(holder: Holder | None) -> str:
    """Return a holder as messages call it; None: one that cannot be named."""
    return "another run of podsync" if holder is None else str(holder)


def wait_for_lock(
    take: Callable[[], bool],
    holder: Callable[[], Holder | None],
    label: str,
    *,
    timeout: float,
    patience: float = PATIENCE,
    clock: Clock,
    on_wait: Callable[[str], None],
    remedy: Callable[[Holder | None], str],
) -> None:
    """Call `take` until it returns True; after `patience` seconds `on_wait` hears once for whom.

    `label` is what is locked. Raises LockedError, which names the holder, after `timeout` seconds.
    """
    begun, pause, mentioned = clock.monotonic(), _FIRST_PAUSE, False
    while not take():
        waited = clock.monotonic() - begun
        if waited >= timeout:
            found = holder()
            raise LockedError(f"{label} is held by {name_of(found)}", remedy(found))
        if waited >= patience and not mentioned:
            mentioned = True
            on_wait(f"waiting for {name_of(holder())} to let go of {label}")
        clock.sleep(min(pause, timeout - waited))
        pause = min(2 * pause, _LONGEST_PAUSE)
