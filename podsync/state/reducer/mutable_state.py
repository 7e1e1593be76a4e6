"""A mutable copy of a state, and the look-ups that handlers of events need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import chain
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from podsync.model.address import Address
from podsync.model.frozen import Json
from podsync.state.entries import Absent, Entry, Orphan, Pending, Refusal, RememberedRow
from podsync.state.model import NOTHING, Host, State, number_after

_K = TypeVar("_K")
_V = TypeVar("_V")
#: A provider, and the number of one of its readings.
Reference: TypeAlias = tuple[str, int]


class References:
    """Counts which readings are still referred to: one that decides nothing any more is dropped.

    `loose` are those that went to zero since it was cleared last.
    """

    def __init__(self) -> None:
        self._counts: Counter[Reference] = Counter()
        self.loose: set[Reference] = set()

    def __contains__(self, reference: Reference) -> bool:
        return self._counts[reference] > 0

    def add(self, references: Iterable[Reference]) -> None:
        """Count these."""
        self._counts.update(references)

    def drop(self, references: Iterable[Reference]) -> None:
        """Count these no longer."""
        for each in references:
            self._counts[each] -= 1
            if not self._counts[each]:
                self.loose.add(each)


class Referring(dict[_K, _V]):
    """A dict whose values refer to readings; they are counted as items are set and deleted."""

    def __init__(
        self, values: Mapping[_K, _V], references: References, of: Callable[[_V], Iterable[Reference]]
    ) -> None:
        super().__init__(values)
        self._references, self._of = references, of
        references.add(chain.from_iterable(map(of, self.values())))

    def __setitem__(self, key: _K, value: _V) -> None:
        self._references.add(self._of(value))
        if key in self:
            self._references.drop(self._of(self[key]))
        super().__setitem__(key, value)

    def __delitem__(self, key: _K) -> None:
        self._references.drop(self._of(self[key]))
        super().__delitem__(key)


def _of_product(item: Entry | Orphan) -> list[Reference]:
    return [
        (item.provider, each.reading)
        for each in (item.pending, item.window)
        if each is not None and each.reading is not None
    ]


def _of_refusals(refusals: tuple[Refusal, ...]) -> list[Reference]:
    return [(each.provider, each.reading) for each in refusals if each.reading is not None]


class Unfitting(Exception):  # noqa: N818 (never leaves this package)
    """The event cannot have happened to this draft."""


#: Fields of a state that a draft replaces as a whole.
_WHOLE = (
    "hosts", "last_apply", "observed", "landmarks", "models", "foreign", "unclaimed", "absent", "readings",
    "contacts", "catalog", "unproven",
)  # fmt: skip


class MutableState:
    """The parts of a state as dicts. Not thread-safe: its owner holds a lock."""

    def __init__(self, state: State) -> None:
        self._base = state
        self.serial = state.serial
        self.references = References()
        self.entries: dict[Address, Entry] = Referring(state.entries, self.references, _of_product)
        self.orphans: dict[tuple[Address, float], Orphan] = Referring(
            {(o.address, o.created_at): o for o in state.orphans}, self.references, _of_product
        )
        self.refusals: dict[Address, tuple[Refusal, ...]] = Referring(
            state.refusals, self.references, _of_refusals
        )
        self.released: dict[Address, int] = dict(state.released)
        #: By provider and id.
        self.remembered: dict[tuple[str, str], RememberedRow] = {
            (provider, each): row for provider, rows in state.remembered.items() for each, row in rows.items()
        }
        self.hosts: Mapping[str, Host] = state.hosts
        self.last_apply = state.last_apply
        # What is below is replaced as a whole: it changes seldom.
        self.observed: Mapping[str, Mapping[str, Json]] = state.observed
        self.landmarks: Mapping[str, tuple[Mapping[str, Json], ...]] = state.landmarks
        self.models: Mapping[str, Mapping[str, tuple[str, ...]]] = state.models
        self.foreign: Mapping[str, tuple[str, ...]] = state.foreign
        self.unclaimed: Mapping[str, tuple[str, ...]] = state.unclaimed
        self.absent: Mapping[str, Mapping[str, Absent]] = state.absent
        self.readings: Mapping[str, Mapping[int, tuple[str, ...]]] = state.readings
        self.contacts: Mapping[str, float] = state.contacts
        self.catalog, self.unproven = state.catalog, state.unproven

    def freeze(self) -> State:
        """Return the state as it is now, ordered."""
        return replace(
            self._base,
            serial=self.serial,
            entries=MappingProxyType(dict(sorted(self.entries.items()))),
            orphans=tuple(self.orphans[key] for key in sorted(self.orphans)),
            refusals=MappingProxyType(dict(sorted(self.refusals.items()))),
            released=MappingProxyType(dict(sorted(self.released.items()))),
            remembered=self._remembered(),
            **{name: getattr(self, name) for name in _WHOLE},
        )

    def _remembered(self) -> Mapping[str, Mapping[str, RememberedRow]]:
        found: dict[str, dict[str, RememberedRow]] = {}
        for provider, each in sorted(self.remembered):
            found.setdefault(provider, {})[each] = self.remembered[provider, each]
        return MappingProxyType({provider: MappingProxyType(rows) for provider, rows in found.items()})

    def next_reading(self, provider: str) -> int:
        """Return the number of the next reading of a provider (see `State.next_reading`)."""
        return number_after(self.readings.get(provider, NOTHING))

    def entry(self, address: Address) -> Entry:
        """Return the entry at `address`."""
        try:
            return self.entries[address]
        except KeyError:
            raise Unfitting(f"{address} is not known") from None

    def orphan(self, address: Address, created_at: float) -> Orphan:
        """Return the orphan that was made at `created_at`."""
        try:
            return self.orphans[address, created_at]
        except KeyError:
            raise Unfitting(f"{address} is not an orphan") from None

    def certain(self, address: Address) -> Entry | None:
        """Return the entry at `address`, if any; a create in doubt there must never be dropped."""
        entry = self.entries.get(address)
        if entry is not None and entry.pending is not None and entry.pending.op == "create":
            raise Unfitting(f"{address} is in doubt")
        return entry

    def pending(self, address: Address) -> tuple[Entry, Pending]:
        """Return the entry at `address` and what is in doubt about it."""
        entry = self.entry(address)
        if entry.pending is None:
            raise Unfitting(f"{address} has no intent")
        return entry, entry.pending
