"""What a newer state knew that this one does not, as events for this one. Pure.

A product whose id was known becomes a row that may be its address's: hidden, it is asked about, and listed,
it is adopted like every other one. One without an id is in doubt again, with what was sent: no row can stand
for it. What the newer state has settled, and this one has not, is settled before that. The products by which
the account is known again come along where this state has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from podsync.model.address import Address
from podsync.model.digests import digest
from podsync.model.frozen import EMPTY, Spec, freeze
from podsync.state.entries import Entry, Orphan, Pending, RememberedRow, Window
from podsync.state.events import Doubted, Event, Gone, Intent, Landmarked, Looked, Remembered, Settled
from podsync.state.model import NOTHING, State
from podsync.state.reducer.reducer import Reducer

_WHY = "the provider acknowledged it, as a newer state knew that is lost"


def recalled(newest: State, state: State, accounts: Mapping[str, str]) -> list[Event]:
    """Return what `state` lacks of `newest`; `accounts` maps each provider to its host and account.

    Of a provider that has another account by now nothing is recalled.
    """
    return _Recall(newest, state, accounts).events()


@dataclass(frozen=True, slots=True)
class _Sent:
    """A create of which the newer state knows no id; `reading` is the number of the one before it, or 0."""

    intent: Intent
    doubted: Doubted | None
    reading: int


class _Recall:
    def __init__(self, newest: State, state: State, accounts: Mapping[str, str]) -> None:
        self._newest, self._state = newest, state
        self._draft, self._events = Reducer(state), list[Event]()
        hosts = {name: f"{host.base_url} {host.account}" for name, host in newest.hosts.items()}
        self._providers = [name for name, account in accounts.items() if hosts.get(name, account) == account]

    def events(self) -> list[Event]:
        for name in self._providers:
            marks = self._newest.landmarks.get(name, ())
            if marks and not self._state.landmarks.get(name):
                self._add(Landmarked(name, 0.0, marks))
            self._gone(name)
            self._doubts(name)
            self._rows(name)
        return self._events

    def _add(self, *events: Event) -> None:
        for event in events:
            self._draft.apply(event)
        self._events += events

    def _gone(self, provider: str) -> None:
        """What was an orphan, and a person has removed since, is nothing to remove any more."""
        absent = self._newest.absent.get(provider, EMPTY)
        for orphan in self._state.orphans:
            found = absent.get(orphan.id) if orphan.provider == provider and orphan.id is not None else None
            if found is not None and found.gone:
                self._add(Gone(orphan.address, orphan.created_at, found.at))

    # -- what has no id

    def _doubts(self, provider: str) -> None:
        readings: Mapping[int, tuple[str, ...]] = self._newest.readings.get(provider, NOTHING)
        numbers: dict[int, int] = {}
        for sent in sorted(self._sent(provider), key=lambda each: (each.reading, each.intent.address)):
            if self._is_known(sent.intent) or not self._is_free(sent.intent):
                continue
            if sent.reading in readings and sent.reading not in numbers:
                numbers[sent.reading] = number = self._draft.next_reading(provider)
                self._add(Looked(provider, sent.intent.written_at, number, readings[sent.reading]))
            self._add(replace(sent.intent, reading=numbers.get(sent.reading)))
            if sent.doubted is not None:
                self._add(sent.doubted)

    def _sent(self, provider: str) -> Iterator[_Sent]:
        for entry in self._newest.entries.values():
            if entry.provider == provider and entry.pending is not None and entry.pending.op == "create":
                yield _in_doubt(entry, entry.pending)
            elif entry.provider == provider and entry.unbound:
                yield _acknowledged(entry)
        for orphan in self._newest.orphans:
            if orphan.provider == provider and orphan.unbound:
                yield _acknowledged(orphan)

    def _is_known(self, intent: Intent) -> bool:
        """Whether this state has it in doubt, or without an id, at whatever address."""
        return _name_of(intent.provider, intent.body, intent.written_at) in self._known

    @cached_property
    def _known(self) -> frozenset[object]:
        return frozenset(_open(self._state))

    def _is_free(self, intent: Intent) -> bool:
        """Whether a doubt fits at its address; what is in doubt there is settled as the newer state has it.

        Where just this exists already nothing more is made.
        """
        entry = self._draft.entries.get(intent.address)
        if entry is None or entry.pending is None:
            return entry is None or entry.spec != intent.body
        pending = entry.pending
        opened = _name_of(entry.provider, pending.body, pending.written_at)
        if pending.op != "create" or opened in _open(self._newest) or self._is_another_lineage:
            return False
        held, at = self._owned(entry.provider), intent.written_at
        made = [
            Settled(entry.address, at, True, each.id, each.remote, each.unverified, each.provisional)
            for each in _items(self._newest, entry.provider)
            if each.id is not None and each.spec == pending.body and each.id not in held
        ]
        self._add(*made[:1] or [Settled(entry.address, at, found=False)])
        return True

    @property
    def _is_another_lineage(self) -> bool:
        return self._newest.lineage != self._state.lineage

    # -- what has one

    def _rows(self, provider: str) -> None:
        aside = self._owned(provider).union(self._state.foreign.get(provider, ()))
        kept = self._state.remembered.get(provider, EMPTY)
        for row in self._remembered(provider):
            before = kept.get(row.id)
            if row.id not in aside and (before is None or is_news(row, before)):
                self._add(row)

    def _owned(self, provider: str) -> frozenset[str]:
        items = (*self._draft.entries.values(), *self._draft.orphans.values())
        return frozenset(each.id for each in items if each.provider == provider and each.id is not None)

    def _remembered(self, provider: str) -> Iterator[Remembered]:
        for item in _items(self._newest, provider):
            if item.id is not None:
                fields = {k: v for k, v in (item.spec or EMPTY).items() if k not in item.unverified}
                at, remote = item.created_at, item.remote
                ours = item.spec or EMPTY if isinstance(item, Entry) else EMPTY
                yield Remembered(
                    item.address, at, provider, item.id, freeze(fields), remote=remote, known_as=ours
                )
        for identity, row in self._newest.remembered.get(provider, EMPTY).items():
            for address in map(Address.parse, row.addresses):
                ours = row.known_as.get(str(address), EMPTY)
                facts = (row.fields, row.made, row.remote)
                yield Remembered(address, row.at, provider, identity, *facts, known_as=ours)


def is_news(row: Remembered, before: RememberedRow) -> bool:
    """Whether what is remembered says less: of another address, or not what a newer state knew."""
    address = str(row.address)
    return address not in before.addresses or bool(row.known_as and address not in before.known_as)


def _items(state: State, provider: str) -> Iterator[Entry | Orphan]:
    """Yield what is made there, as far as a state knows."""
    items: tuple[Entry | Orphan, ...] = (*state.entries.values(), *state.orphans)
    yield from (each for each in items if each.provider == provider and each.spec is not None)


def _open(state: State) -> Iterator[object]:
    """Yield a name for each create of which a state knows no id."""
    for item in (*state.entries.values(), *state.orphans):
        if item.pending is not None and item.pending.op == "create":
            yield _name_of(item.provider, item.pending.body, item.pending.written_at)
        if item.unbound and item.window is not None:
            yield _name_of(item.provider, item.spec or EMPTY, item.window.since)


def _name_of(provider: str, body: Spec, written_at: float) -> object:
    return provider, digest(body), round(written_at, 3)


def _in_doubt(entry: Entry, pending: Pending) -> _Sent:
    intent = Intent(
        entry.address, entry.provider, entry.account, "create", pending.body, pending.written_at,
        pending.send_before, pending.date, pending.attempts, pending.labels, pending.lifecycle,
        place=pending.place, steps_left=pending.steps_left, takes=pending.takes,
    )  # fmt: skip
    doubted = None
    if pending.ended_at is not None:
        doubted = Doubted(
            entry.address, pending.ended_at, pending.ended_date, pending.why,
            acknowledged=pending.acknowledged, answered=pending.answered,
        )  # fmt: skip
    return _Sent(intent, doubted, pending.reading or 0)


def _acknowledged(item: Entry | Orphan) -> _Sent:
    window = item.window or Window(item.created_at, item.created_at)
    entry = item if isinstance(item, Entry) else None
    takes = entry.swap.takes if entry is not None and entry.swap is not None else EMPTY
    intent = Intent(
        item.address, item.provider, item.account, "create", item.spec or EMPTY, window.since, window.until,
        labels=item.labels, lifecycle=item.lifecycle, place=item.place, takes=takes,
        steps_left=entry.steps_left if entry is not None else (),
    )  # fmt: skip
    doubted = Doubted(
        item.address, window.until, window.date, _WHY, acknowledged=window.until, answered=window.answered
    )
    return _Sent(intent, doubted, window.reading or 0)
