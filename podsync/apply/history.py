"""The memory of `.podsync/` in the engine's words: the last state, when was sent, what looks have shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from podsync.model.clock import Clock
from podsync.model.frozen import EMPTY
from podsync.state.events import Remembered
from podsync.state.local.remembered_rows import RememberedRows
from podsync.state.model import State
from podsync.state.run_history import RunHistory
from podsync.state.store import StateStore


@dataclass(frozen=True, slots=True)
class LastSend:
    """When requests were last sent to a provider, by its own clock and by ours; None: nobody can say."""

    date: float | None = None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The state is lost, or older than the last one seen here.

    `sends` names the providers that requests were sent to since: their listings may not show yet
    what those made. `whole` is False when it concerns them alone: the others have caught up since.
    """

    sends: Mapping[str, LastSend] = EMPTY
    whole: bool = True

    def concerns(self, provider: str) -> bool:
        """Whether the state may not know products that were made there."""
        return self.whole or provider in self.sends


class StateHistory:
    """Remembers beside the state that requests were sent, so that a lost state is noticed.

    `tell` is given a sentence when a file cannot be written: that costs safety only if the state is lost as
    well.
    """

    def __init__(
        self,
        memory: RunHistory,
        store: StateStore,
        clock: Clock,
        tell: Callable[[str], None],
        rows: RememberedRows,
    ) -> None:
        self._memory, self._rows = memory, rows
        self._store = store
        self._clock = clock
        self._tell = tell
        #: Providers whose part of the note is rewritten at the end.
        self._sent: set[str] = set()
        #: That of the state which was loaded; empty where the first write makes one.
        self._timeline = ""

    def lost(self, state: State) -> Lost | None:
        """Whether `state` is not the one that was last seen here, and what was sent since."""
        seen, self._timeline = self._memory.read(), state.timeline
        if seen is None:
            return Lost() if state.lost else None
        whole = seen.outdates(state)
        # A lost state stays lost until the provider's listing has shown everything that was made before.
        behind = {name: sends for name, sends in seen.providers.items() if whole or sends.behind}
        self._memory.behind = set(behind)
        if not whole and not behind:
            return None
        dates = {
            name: LastSend() if sends.sending else LastSend(sends.date, sends.at)
            for name, sends in behind.items()
        }
        return Lost(dates, whole)

    def begins(self) -> None:
        """Note, before anything is written, where the state may not know all: its serial will not tell."""
        seen = self._memory.read()
        if seen is not None and self._memory.behind:
            self._memory.saw(seen.timeline, seen.serial)

    def caught_up(self, provider: str) -> None:
        """The provider's listing showed whatever was made before this run, and the state knows it now."""
        if self._memory.behind is not None:
            self._memory.behind.discard(provider)

    def unanswered(self, provider: str) -> None:
        """A person has to say what a product is before the state can be called whole."""
        self._memory.behind = {*(self._memory.behind or ()), provider}
        if not self._memory.knows(provider):
            self._sent.add(provider)

    def sending(self, provider: str, serial: int) -> None:
        """Requests leave from now on; durable when it returns."""
        self._sent.add(provider)
        timeline = self._timeline or self._store.lineage
        note = self._memory.begin_sending(provider, timeline=timeline, serial=serial, at=self._clock.now())
        if note is not None:
            self._tell(note)

    def ended(self, state: State, sends: Mapping[str, float | None]) -> None:
        """Nothing is on its way any more; `sends` has the providers' own clocks."""
        timeline, now = state.timeline or self._store.lineage, self._clock.now()
        notes = [self._memory.saw(timeline, state.serial)]
        for name, date in sends.items():
            if name in (self._memory.behind or ()) and name not in self._sent:
                continue
            notes.append(
                self._memory.end_sending(name, timeline=timeline, serial=state.serial, at=now, date=date)
            )
        for sentence in dict.fromkeys(notes):
            if sentence is not None:
                self._tell(sentence)

    def remembered(self, state: State) -> Sequence[Remembered]:
        """Return the rows that looks without the lock have shown and that `state` does not know."""
        return self._rows.read(state)

    def recorded(self) -> None:
        """What `remembered` returned, and all that was written, is in the state, durably."""
        self._rows.forget()
        self._store.copied()
