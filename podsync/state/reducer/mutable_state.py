"""A mutable copy of a state, and the look-ups that handlers of events need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import chain
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

from podsync.model.address import Address
from podsync.state.entries import Entry, Orphan, Refusal
from podsync.state.model import State, number_after

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


#: The fields of a state, beside orphans, by what a draft has of each: the value, a mapping of the same keys,
#: one by provider and something else, a set of such keys.
_VALUES = ("serial", "last_apply", "catalog", "unproven", "timelines")
_MAPPINGS = ("entries", "refusals", "released", "hosts", "landmarks", "contacts")
_NESTED = ("observed", "models", "remembered", "absent", "readings")
_IDS = ("foreign", "unclaimed")


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
        self.released, self.hosts = dict(state.released), dict(state.hosts)
        self.landmarks, self.contacts = dict(state.landmarks), dict(state.contacts)
        self.observed, self.models = _flat(state.observed), _flat(state.models)
        self.remembered, self.absent = _flat(state.remembered), _flat(state.absent)
        self.readings = _flat(state.readings)
        self.foreign = {(provider, each) for provider, ids in state.foreign.items() for each in ids}
        self.unclaimed = {(provider, each) for provider, ids in state.unclaimed.items() for each in ids}
        self.last_apply, self.catalog, self.unproven = state.last_apply, state.catalog, state.unproven
        self.timelines = state.timelines

    def freeze(self) -> State:
        """Return the state as it is now, ordered."""
        found: dict[str, Any] = {name: getattr(self, name) for name in _VALUES}
        found |= {name: MappingProxyType(dict(sorted(getattr(self, name).items()))) for name in _MAPPINGS}
        found |= {name: _nested(getattr(self, name)) for name in _NESTED}
        for name in _IDS:
            by_provider = _nested(dict.fromkeys(getattr(self, name)))
            found[name] = MappingProxyType({provider: tuple(ids) for provider, ids in by_provider.items()})
        return replace(self._base, orphans=tuple(self.orphans[key] for key in sorted(self.orphans)), **found)

    def next_reading(self, provider: str) -> int:
        """Return the number of the next reading of a provider (see `State.next_reading`)."""
        return number_after(number for whose, number in self.readings if whose == provider)

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

    def item(self, address: Address, orphan: float | None) -> Entry | Orphan:
        """Return the orphan that was made then at `address`, or (None) the entry there."""
        return self.entry(address) if orphan is None else self.orphan(address, orphan)


def _flat(known: Mapping[str, Mapping[_K, _V]]) -> dict[tuple[str, _K], _V]:
    return {(provider, key): value for provider, each in known.items() for key, value in each.items()}


def _nested(known: Mapping[tuple[str, Any], _V]) -> Mapping[str, Mapping[Any, _V]]:
    found: dict[str, dict[Any, _V]] = {}
    for provider, key in sorted(known):
        found.setdefault(provider, {})[key] = known[provider, key]
    return MappingProxyType({provider: MappingProxyType(each) for provider, each in found.items()})
