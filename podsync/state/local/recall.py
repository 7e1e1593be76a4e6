"""What a newer state knew that this one does not, as events for this one. Pure.

A product whose id was known becomes a row that may be its address's: hidden, it is asked about, and listed,
it is adopted like every other one. One without a sure id is in doubt again, with what was sent: no row can
stand for it. What the newer state has settled, and this one has not, is settled before that; a doubt that has
no room at its address is one of an address that no document has.

What else the newer state has learned comes along: what is gone, what is not ours, what was refused and how
often nothing was made, what the provider does to values, the codes of models, and the products by which the
account is known again where this state has none. Where it knew more of a product than this one, this one is
outdated. `tests/state/local/test_recall.py` says of each field of a state what becomes of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from podsync.model.address import Address
from podsync.model.digests import digest
from podsync.model.frozen import EMPTY, Spec, freeze
from podsync.providers.habits import Habits
from podsync.providers.registry import kinds, plugins
from podsync.state.entries import LANDMARKS, Entry, Orphan, Pending, Refusal, RememberedRow, Window
from podsync.state.events import (
    Bound,
    Confirmed,
    Disowned,
    Doubted,
    Event,
    Gone,
    Intent,
    Landmarked,
    Looked,
    Missed,
    ModelsSeen,
    NotSent,
    Observed,
    Outdated,
    Recalled,
    Remembered,
    Settled,
    Unbound,
    Unclaimed,
)
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
            self._numbers, self._gave_up = dict[int, int](), False
            self._learned(name)
            self._bindings(name)
            self._absent(name)
            self._refused(name)
            self._doubts(name)
            self._rows(name)
            self._outdated(name)
        return self._events

    def _add(self, *events: Event) -> None:
        for event in events:
            self._draft.apply(event)
        self._events += events

    # -- what was learned of a provider

    def _learned(self, provider: str) -> None:
        newest, state = self._newest, self._state
        marks, own = newest.landmarks.get(provider, ()), state.landmarks.get(provider, ())
        joined = (*marks, *(each for each in own if each not in marks))[:LANDMARKS]
        if marks and joined != own:
            self._add(Landmarked(provider, 0.0, joined))
        for account, observed in newest.observed.get(provider, EMPTY).items():
            known = state.observed.get(provider, EMPTY).get(account, EMPTY)
            both = Habits(known).joined(observed).observed
            if both != known:
                self._add(Observed(provider, account, 0.0, both))
        models = state.models.get(provider, EMPTY)
        codes = newest.models.get(provider, EMPTY).items()
        unseen = {model: each for model, each in codes if not {*each} <= {*models.get(model, ())}}
        if unseen:
            self._add(ModelsSeen(provider, 0.0, freeze(unseen)))
        aside = self._owned(provider).union(state.foreign.get(provider, ()))
        strange = tuple(each for each in newest.foreign.get(provider, ()) if each not in aside)
        if strange:
            self._add(Disowned(provider, 0.0, strange))
        aside = aside.union(strange, state.unclaimed.get(provider, ()))
        unclaimed = tuple(each for each in newest.unclaimed.get(provider, ()) if each not in aside)
        if unclaimed:
            self._add(Unclaimed(provider, 0.0, unclaimed))

    def _absent(self, provider: str) -> None:
        """Carry tombstones over. What was only missed is read again, and may be listed by then."""
        known = self._state.absent.get(provider, EMPTY)
        holders = {each.id: each for each in _all(self._state) if each.provider == provider}
        for identity, absent in self._newest.absent.get(provider, EMPTY).items():
            holder = holders.get(identity)
            if not absent.gone or (identity in known and known[identity].gone):
                continue
            if isinstance(holder, Orphan):
                # A person has removed it: it is nothing to remove any more.
                self._add(Gone(holder.address, holder.created_at, absent.at))
            elif holder is None or not self._is_newer(holder):
                missed = Missed(provider, absent.at, absent.date, (identity,), absent.questioned, gone=True)
                self._add(missed)

    def _is_newer(self, entry: Entry) -> bool:
        """Whether this state has taken the product later: the newer one never knew of that."""
        known = [each for each in _all(self._newest) if each.id == entry.id]
        return any(each.created_at < entry.created_at for each in known)

    def _bindings(self, provider: str) -> None:
        """Carry over which ids a listing has shown: changed since, nobody would know the product again."""
        newest = _items(self._newest, provider)
        sure = {each.id for each in newest if each.window is None}
        for item, found in _paired(_items(self._state, provider), newest):
            if not item.unlisted or item.pending is not None:
                continue
            orphan = item.created_at if isinstance(item, Orphan) else None
            one = found if found is not None and found.id in sure else None
            at = _last(one or item)
            if one is not None and one.id == item.id:
                self._add(Confirmed(item.address, at, orphan, one.remote))
            elif one is not None and one.id not in self._owned(provider):
                self._add(Bound(item.address, at, one.id or "", one.remote, orphan))
            elif one is None and item.id in sure:
                self._add(Unbound(item.address, at, orphan))

    def _refused(self, provider: str) -> None:
        newest, state = self._newest, self._state
        for address in sorted({*newest.refusals, *newest.released}):
            known = newest.refusals.get(address, ())
            own = {_refusal_of(each) for each in state.refusals.get(address, ())}
            own |= {
                (each.provider, digest(each.spec))
                for each in _items(state, provider)
                if each.address == address
            }
            left = [each for each in known if each.provider == provider and _refusal_of(each) not in own]
            released = newest.released.get(address, 0)
            entry = state.entries.get(address)
            if provider != kinds().get(address.kind) or (entry is not None and entry.spec is not None):
                released = 0
            for each in left:
                reading = self._number(provider, each.reading, each.at)
                self._add(Recalled(address, 0.0, (replace(each, reading=reading),)))
            if released > state.released.get(address, 0):
                self._add(Recalled(address, 0.0, released=released))

    def _number(self, provider: str, reading: int | None, at: float) -> int | None:
        """Return the number that a reading of the newer state has here: what it listed comes along."""
        listed = self._newest.readings.get(provider, NOTHING).get(reading)
        if reading is None or listed is None:
            return None
        if reading not in self._numbers:
            self._numbers[reading] = number = self._draft.next_reading(provider)
            self._add(Looked(provider, at, number, listed))
        return self._numbers[reading]

    # -- what has no id

    def _doubts(self, provider: str) -> None:
        for sent in sorted(self._sent(provider), key=lambda each: (each.reading, each.intent.address)):
            if self._is_known(sent.intent):
                continue
            address = self._room_for(sent.intent)
            if address is None:
                continue
            number = self._number(provider, sent.reading, sent.intent.written_at)
            self._add(replace(sent.intent, address=address, reading=number))
            if sent.doubted is not None:
                self._add(replace(sent.doubted, address=address))

    def _sent(self, provider: str) -> Iterator[_Sent]:
        for item in _all(self._newest):
            if item.provider != provider:
                continue
            if isinstance(item, Entry) and item.pending is not None and item.pending.op == "create":
                yield _in_doubt(item, item.pending)
            if item.unlisted:
                yield _acknowledged(item)

    def _is_known(self, intent: Intent) -> bool:
        """Whether this state has it in doubt, or without an id, at whatever address."""
        return _name_of(intent.provider, intent.body, intent.written_at) in self._known

    @cached_property
    def _known(self) -> frozenset[object]:
        return frozenset(_open(self._state))

    def _room_for(self, intent: Intent) -> Address | None:
        """Return where a doubt fits; what is in doubt there is settled as the newer state has it.

        None: where just this exists already nothing more is made.
        """
        address = intent.address
        while (entry := self._draft.entries.get(address)) is not None and entry.pending is not None:
            if entry.pending.op == "create":
                return address if self._settles(entry, entry.pending) else self._elsewhere(address)
            # It is written again where the document still wants it; of a step nobody knows.
            self._gave_up |= bool(entry.pending.step)
            self._add(NotSent(address, intent.written_at))
        return address if entry is None or entry.spec != intent.body else None

    def _elsewhere(self, address: Address) -> Address:
        """Return an address that nothing has: what was made there once becomes that of its document again."""
        taken = {*self._draft.entries, *(each for each, _ in self._draft.orphans)}
        names = (f"{address.name}-recalled-{number}" for number in range(1, len(taken) + 2))
        return next(each for name in names if (each := Address(address.kind, name)) not in taken)

    def _settles(self, entry: Entry, pending: Pending) -> bool:
        """Whether the newer state knows what became of this doubt; then it is settled."""
        opened = _name_of(entry.provider, pending.body, pending.written_at)
        there = _open(self._newest, made=False)
        if opened in there or self._newest.lineage != self._state.lineage:
            return False
        held, at = self._owned(entry.provider), pending.written_at
        made = [
            Settled(entry.address, at, True, each.id, each.remote, each.unverified, each.provisional)
            for each in _items(self._newest, entry.provider)
            if each.spec == pending.body and (each.id is None or each.id not in held)
        ]
        self._add(*made[:1] or [Settled(entry.address, at, found=False)])
        return True

    # -- what has one

    def _rows(self, provider: str) -> None:
        aside = self._owned(provider).union(self._draft_foreign(provider))
        kept = self._state.remembered.get(provider, EMPTY)
        items = self._draft_items(provider)
        named = {each.window.named for each in items if each.window is not None}
        named |= {each.pending.answered for each in items if each.pending is not None}
        for row in self._remembered(provider):
            before = kept.get(row.id)
            if row.id not in aside and row.id not in named and (before is None or is_news(row, before)):
                self._add(row)

    def _draft_items(self, provider: str) -> list[Entry | Orphan]:
        items: tuple[Entry | Orphan, ...] = (*self._draft.entries.values(), *self._draft.orphans.values())
        return [each for each in items if each.provider == provider]

    def _draft_foreign(self, provider: str) -> frozenset[str]:
        gone = (i for (name, i), each in self._draft.absent.items() if name == provider and each.gone)
        return frozenset([*(i for name, i in self._draft.foreign if name == provider), *gone])

    def _owned(self, provider: str) -> frozenset[str]:
        return frozenset(each.id for each in self._draft_items(provider) if each.id is not None)

    def _remembered(self, provider: str) -> Iterator[Remembered]:
        for item in _items(self._newest, provider):
            at, remote = item.created_at, item.remote
            known_id = item.id or (item.window.named if item.window is not None else None)
            if known_id is not None:
                fields = {k: v for k, v in (item.spec or EMPTY).items() if k not in item.unverified}
                ours = item.spec or EMPTY if isinstance(item, Entry) else EMPTY
                yield Remembered(
                    item.address, at, provider, known_id, freeze(fields), remote=remote, known_as=ours
                )
        for identity, row in self._newest.remembered.get(provider, EMPTY).items():
            for address in map(Address.parse, row.addresses):
                ours = row.known_as.get(str(address), EMPTY)
                for seen in (*row.earlier, row.fields):
                    facts = (seen, row.made, row.remote)
                    yield Remembered(address, row.at, provider, identity, *facts, known_as=ours)

    def _outdated(self, provider: str) -> None:
        """Note that its products may have more than this state says: the newer one knew of other steps."""
        info = plugins().get(provider)
        if info is None or not info.steps:
            return
        known = {each.id: each for each in _items(self._newest, provider) if each.id is not None}
        own = [each for each in self._draft_items(provider) if each.id in known and each.outdated_at is None]
        if self._gave_up or any(_more(known[each.id or ""]) != _more(each) for each in own):
            items = (*_all(self._newest), *self._draft_items(provider))
            self._add(Outdated(provider, max(map(_last, items))))


def is_news(row: Remembered, before: RememberedRow) -> bool:
    """Whether what is remembered says less: of another address, or not what a newer state knew."""
    address = str(row.address)
    return address not in before.addresses or bool(row.known_as and address not in before.known_as)


def _all(state: State) -> tuple[Entry | Orphan, ...]:
    return (*state.entries.values(), *state.orphans)


def _items(state: State, provider: str) -> list[Entry | Orphan]:
    """Return what is made there, as far as a state knows."""
    return [each for each in _all(state) if each.provider == provider and each.spec is not None]


def _paired(
    items: list[Entry | Orphan], newest: list[Entry | Orphan]
) -> Iterator[tuple[Entry | Orphan, Entry | Orphan | None]]:
    """Yield products with what a newer state has of them: what names them for ever is when they were made.

    Of several that were made at one moment one is known by its id at its address, or is the only one left.
    """
    both = {_called(each) for each in items if each.id} & {_called(each) for each in newest}
    named = {_called(each): each for each in newest}
    left, found = _by_creation(items, both), _by_creation(newest, both)
    yield from ((each, named[_called(each)]) for each in items if _called(each) in both)
    for created_at, alone in left.items():
        others = found.get(created_at, [])
        if len(alone) == 1 and len(others) <= 1:
            yield alone[0], others[0] if others else None


def _called(item: Entry | Orphan) -> object:
    return item.created_at, item.id, item.address


def _by_creation(
    items: list[Entry | Orphan], aside: Collection[object]
) -> Mapping[float, list[Entry | Orphan]]:
    found: dict[float, list[Entry | Orphan]] = {}
    for each in items:
        if _called(each) not in aside:
            found.setdefault(each.created_at, []).append(each)
    return found


def _more(item: Entry | Orphan) -> object:
    """Return what requests after its create have changed, or may have."""
    steps = (item.steps_left, item.lacks) if isinstance(item, Entry) else ((), EMPTY)
    pending = item.pending if item.pending is not None and item.pending.op == "update" else None
    return item.spec, steps, pending, item.outdated_at is not None


def _last(item: Entry | Orphan) -> float:
    """When something happened to it last."""
    written = item.pending.written_at if item.pending is not None else 0.0
    return max(item.created_at, written, item.updated_at if isinstance(item, Entry) else item.orphaned_at)


def _open(state: State, *, made: bool = True) -> Iterator[object]:
    """Yield a name for each create of which a state knows no id; `made`: also where it was acknowledged."""
    for item in _all(state):
        if item.pending is not None and item.pending.op == "create":
            yield _name_of(item.provider, item.pending.body, item.pending.written_at)
        if made and item.unlisted and item.window is not None:
            yield _name_of(item.provider, item.spec or EMPTY, item.window.since)


def _name_of(provider: str, body: Spec, written_at: float) -> object:
    return provider, digest(body), round(written_at, 3)


def _refusal_of(refusal: Refusal) -> object:
    body = digest(refusal.body) if refusal.body else refusal.digests
    return refusal.provider, body


def _in_doubt(entry: Entry, pending: Pending) -> _Sent:
    intent = Intent(
        entry.address, entry.provider, entry.account, "create", pending.body, pending.written_at,
        pending.send_before, pending.date, pending.attempts, pending.labels, pending.lifecycle,
        pending.beside, pending.place, steps_left=pending.steps_left, takes=pending.takes,
    )  # fmt: skip
    doubted = None
    if pending.ended_at is not None:
        doubted = Doubted(
            entry.address, pending.ended_at, pending.ended_date, pending.why,
            acknowledged=pending.acknowledged, answered=pending.answered, conflict=pending.conflict,
        )  # fmt: skip
    return _Sent(intent, doubted, pending.reading or 0)


def _acknowledged(item: Entry | Orphan) -> _Sent:
    window = item.window or Window(item.created_at, item.created_at)
    entry = item if isinstance(item, Entry) else None
    takes = entry.swap.takes if entry is not None and entry.swap is not None else EMPTY
    intent = Intent(
        item.address, item.provider, item.account, "create", item.spec or EMPTY, window.since, window.until,
        labels=item.labels, lifecycle=item.lifecycle, beside=window.beside, place=item.place, takes=takes,
        steps_left=entry.steps_left if entry is not None else (),
    )  # fmt: skip
    doubted = Doubted(
        item.address, window.until, window.date, _WHY, acknowledged=window.until, answered=window.answered
    )
    return _Sent(intent, doubted, window.reading or 0)
