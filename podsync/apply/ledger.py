"""The state while an apply runs: every event is durable before a request may rely on it.

One draft, one store. Several workers record at once and share an fsync, so the lock is not held
while the store writes: events of one address come from one worker, and events of different addresses
commute, so that draft and journal agree whatever the order.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

from podsync.failpoints import hit
from podsync.model.address import Address
from podsync.model.errors import StoppedError
from podsync.model.frozen import Spec
from podsync.providers.habits import Habits
from podsync.providers.knowledge import Provider
from podsync.state.entries import Entry, Orphan
from podsync.state.events import (
    Confirmed,
    Doubted,
    Event,
    Intent,
    Landmarked,
    Looked,
    Made,
    ModelsSeen,
    NotSent,
    Observed,
    Refused,
    Remembered,
)
from podsync.state.model import State
from podsync.state.reducer.reducer import Reducer
from podsync.state.store import StateStore

#: Events that leave the ids of all products as they are.
_KEEPS_IDS = (
    Intent, NotSent, Refused, Doubted, Looked, Observed, Landmarked, ModelsSeen, Confirmed, Remembered,
)  # fmt: skip


class Ledger:
    """Records events and answers queries about the current state. Thread-safe."""

    def __init__(self, store: StateStore, state: State) -> None:
        self._store = store
        self._draft = Reducer(state)
        #: Creates in doubt or on their way; few, so that a create need not look at every entry.
        self._doubts = {entry.address for entry in state.entries.values() if _in_doubt(entry)}
        #: provider -> its ids; forgotten when an event takes some away, made again when asked for.
        self._owned: dict[str, set[str]] = {}
        #: The last returned state; dropped with every event.
        self._frozen: State | None = None
        self._lock = threading.RLock()
        self._closed = False
        self._written = threading.Condition(self._lock)
        self._writing = 0
        #: Recorded before the first event: a run that changes nothing writes nothing.
        self.prelude: Event | None = None
        self.begun = False
        #: The store failed: no new request may be sent.
        self.broken = False

    def record(self, *events: Event) -> None:
        """Make `events` true, and durable as the store promises it (`state.store.StateStore.append`).

        Raises what the store raises; then they are neither.
        """
        self.begin()
        with self._lock:
            # First the draft: an event that does not fit must not reach the journal.
            for event in events:
                self._apply(event)
            self._writing += 1
        hit("before", *events)
        try:
            self._store.append(events)
        except BaseException:
            self.broken = True
            self._take_back(events)
            raise
        finally:
            with self._written:
                self._writing -= 1
                self._written.notify_all()
        hit("after", *events)

    def _take_back(self, events: Iterable[Event]) -> None:
        """Forget Intents that are not durable: their requests were not sent."""
        with self._lock:
            for event in events:
                if isinstance(event, Intent):
                    self._apply(NotSent(event.address, event.written_at, event.orphan))

    def _apply(self, event: Event) -> None:
        """Apply events to the draft and its indexes, so that no create costs more than the one before."""
        address: Any = getattr(event, "address", None)
        self._draft.apply(event)
        self._frozen = None
        if isinstance(event, Made):
            self._owns(event.address)
        elif not isinstance(event, _KEEPS_IDS):
            self._owned.clear()
        for touched in (address, getattr(event, "source", None)):
            if touched is None:
                continue
            entry = self._draft.entries.get(touched)
            if entry is not None and _in_doubt(entry):
                self._doubts.add(touched)
            else:
                self._doubts.discard(touched)

    def _owns(self, address: Address) -> None:
        """A product that was made adds an id and takes none away: a replaced one goes on as an orphan."""
        entry = self._draft.entries.get(address)
        if entry is not None and entry.id is not None and entry.provider in self._owned:
            self._owned[entry.provider].add(entry.id)

    def begin(self) -> None:
        """Record the prelude, once: from then on the state has a lineage."""
        with self._lock:
            if self._closed:
                raise StoppedError("the run has ended; this answer came too late")
            if self.prelude is not None:
                prelude, self.prelude = self.prelude, None
                hit("before", prelude)
                self._store.append([prelude])
                self._draft.apply(prelude)
                self._frozen = None
                hit("after", prelude)
                self.begun = True

    @property
    def serial(self) -> int:
        """How many events this state has seen in its life."""
        with self._lock:
            return self._draft.serial

    def end(self, event: Event) -> State:
        """Record the last event, after `close`."""
        hit("before", event)
        self._store.append([event])
        hit("after", event)
        with self._lock:
            self._draft.apply(event)
            return self._draft.freeze()

    def close(self) -> State:
        """Accept no more events, wait until all are on disk, and return the state."""
        with self._written:
            self._closed = True
            self._written.wait_for(lambda: not self._writing)
            return self._draft.freeze()

    def state(self) -> State:
        """Return the current state."""
        with self._lock:
            if self._frozen is None:
                self._frozen = self._draft.freeze()
            return self._frozen

    def entry(self, address: Address) -> Entry | None:
        """Return the entry of an address."""
        with self._lock:
            return self._draft.entries.get(address)

    def orphan(self, address: Address, created_at: float) -> Orphan | None:
        """Return one orphan."""
        with self._lock:
            return self._draft.orphans.get((address, created_at))

    def entries(self, provider: str) -> list[Entry]:
        """Return the entries of one provider, ordered."""
        with self._lock:
            return sorted(
                (e for e in self._draft.entries.values() if e.provider == provider), key=lambda e: e.address
            )

    def orphans(self, provider: str) -> list[Orphan]:
        """Return the orphans of one provider, ordered."""
        with self._lock:
            found = [o for o in self._draft.orphans.values() if o.provider == provider]
        return sorted(found, key=lambda o: (o.address, o.created_at))

    def owned(self, provider: str) -> AbstractSet[str]:
        """Ids that an entry or an orphan holds."""
        with self._lock:
            if provider not in self._owned:
                known: list[Entry | Orphan] = [*self._draft.entries.values(), *self._draft.orphans.values()]
                ids = (item.id for item in known if item.provider == provider)
                self._owned[provider] = {identity for identity in ids if identity is not None}
            return self._owned[provider]

    def doubts(self, provider: str) -> list[Entry]:
        """Entries whose create is in doubt, ordered."""
        with self._lock:
            found = (self._draft.entries[address] for address in sorted(self._doubts))
            return [entry for entry in found if entry.provider == provider]

    def others(self, provider: str, address: Address) -> list[Entry | Orphan]:
        """Return the products that exist beside that of an address."""
        entries = [e for e in self.entries(provider) if e.address != address and e.spec is not None]
        return [*entries, *self.orphans(provider)]

    def indistinguishable(
        self, provider: Provider, spec: Spec, address: Address, habits: Habits
    ) -> Entry | None:
        """Return an unsettled doubt, of any address, that the listing could not distinguish from `spec`."""
        wanted = provider.identity(spec, habits)
        for entry in self.doubts(provider.name):
            body = entry.pending.body if entry.pending is not None else None
            if entry.address != address and body is not None and provider.identity(body, habits) == wanted:
                return entry
        return None


def _in_doubt(entry: Entry) -> bool:
    return entry.pending is not None and entry.pending.op == "create"
