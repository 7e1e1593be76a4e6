"""The state while an apply runs: every event is durable before anyone may rely on it.

One draft, one store. Several workers record at once and share an fsync, so the lock is not held
while the store writes: events of one address come from one worker, and events of different addresses
commute, so that draft and journal agree whatever the order.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from podsync.errors import StoppedError
from podsync.failpoints import hit
from podsync.model import Address, Spec
from podsync.ports import Provider, StateStore
from podsync.state.draft import Draft
from podsync.state.events import Event, Intent, NotSent
from podsync.state.state import Entry, Orphan, Refusal, State


class Ledger:
    """Records events and answers questions about what is known now. Thread-safe."""

    def __init__(self, store: StateStore, state: State) -> None:
        self._store = store
        self._draft = Draft(state)
        self._lock = threading.RLock()
        self._closed = False
        #: Recorded before the first event: a run that changes nothing writes nothing.
        self.prelude: Event | None = None
        self.begun = False

    def record(self, *events: Event) -> None:
        """Make `events` true and durable. Raises what the store raises; then they are neither."""
        self.begin()
        with self._lock:
            # First the draft: an event that does not fit must not reach the journal.
            for event in events:
                self._draft.apply(event)
        hit("before", *events)
        try:
            self._store.append(events)
        except BaseException:
            self._take_back(events)
            raise
        hit("after", *events)

    def _take_back(self, events: Iterable[Event]) -> None:
        """Forget Intents that are not durable: their requests were not sent."""
        with self._lock:
            for event in events:
                if isinstance(event, Intent):
                    self._draft.apply(NotSent(event.address, event.written_at))

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
        """Take no more events; return the state as it is."""
        with self._lock:
            self._closed = True
            return self._draft.freeze()

    def refusal(self, address: Address) -> Refusal | None:
        """Return the last refusal of an address."""
        with self._lock:
            return self._draft.refusals.get(address)

    def state(self) -> State:
        """Return the state as it is now."""
        with self._lock:
            return self._draft.freeze()

    def entry(self, address: Address) -> Entry | None:
        """Return what is known about an address."""
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

    def owned(self, provider: str) -> set[str]:
        """Ids that an entry or an orphan holds."""
        known: Iterable[Entry | Orphan] = [*self.entries(provider), *self.orphans(provider)]
        return {item.id for item in known if item.id is not None}

    def doubts(self, provider: str) -> list[Entry]:
        """Entries whose create is in doubt."""
        return [e for e in self.entries(provider) if e.pending is not None and e.pending.op == "create"]

    def indistinguishable(self, provider: Provider, spec: Spec, address: Address) -> Entry | None:
        """Return an unsettled doubt that the listing could not tell from `spec`, of whatever address."""
        wanted = provider.identity(spec)
        for entry in self.doubts(provider.name):
            body = entry.pending.body if entry.pending is not None else None
            if entry.address != address and body is not None and provider.identity(body) == wanted:
                return entry
        return None
