"""The state: what exists, what is in doubt, what nobody wants any more. Immutable values.

A state changes by events only (`state.events`, carried out by `state.reducer.reducer`). All times are UTC
seconds since the epoch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from podsync.model.address import Address
from podsync.model.frozen import EMPTY, Json

if TYPE_CHECKING:
    from podsync.state.entries import Absent, Entry, Orphan, Refusal, RememberedRow, Swap

#: Not a `MappingProxyType`: Python 3.11 cannot hash one, and refuses it as a default.
NOTHING: Mapping[Any, Any] = EMPTY


class Outline(NamedTuple):
    """What can be known of entries without making them.

    `spec_digests` are `spec_digest_of` each, without `sha256:`, by address as text; empty for an entry
    that is in doubt or has no spec. `unbound` counts those whose id is not known, by provider.
    """

    spec_digests: Mapping[str, str]
    providers: frozenset[str]
    unbound: Mapping[str, int]


class LazyEntries(Mapping[Address, "Entry"]):
    """Entries in the order of their addresses, each made when it is asked for.

    `one` makes one (many are asked for like this), `some` several, in order. Both raise StateError where they
    are not there any more.
    """

    def __init__(
        self, outline: Outline, one: Callable[[str], Entry], some: Callable[[Container[str]], Iterator[Entry]]
    ) -> None:
        self.outline, self._one, self._some = outline, one, some

    def __getitem__(self, address: Address) -> Entry:
        if str(address) not in self.outline.spec_digests:
            raise KeyError(address)
        return self._one(str(address))

    def some(self, addresses: Container[str]) -> Mapping[Address, Entry]:
        """Make these entries at once, in order, without keeping ready what the others are made of."""
        return {entry.address: entry for entry in self._some(addresses)}

    def __contains__(self, address: object) -> bool:
        return str(address) in self.outline.spec_digests

    def __iter__(self) -> Iterator[Address]:
        return (Address(*address.split(".", 1)) for address in self.outline.spec_digests)

    def __len__(self) -> int:
        return len(self.outline.spec_digests)


@dataclass(frozen=True, slots=True)
class Host:
    """Which host and account the state speaks of, per provider."""

    base_url: str
    account: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened to a state after it was set back: it began behind the event `since`."""

    id: str
    since: int


@dataclass(frozen=True, slots=True)
class State:
    """Everything that podsync remembers. `lineage` is empty until the first write made one.

    `serial` counts the events. A state that is set back counts the same numbers again, for other events: so
    what is done to it, where that is known, begins a timeline. `timelines` are those begun so, the last last.

    By provider: `observed` (and by account) what it does to values; `landmarks` products by which the account
    is known again, at most three; `models` the codes ever seen for each model, sorted; `foreign` ids
    that are not ours, sorted; `unclaimed` ids that were listed while this state did not know all that is
    ours, sorted; `remembered` what looks saw, by id, that may be ours and of which nobody has said what it
    is; `absent` ids that a whole reading did not show; `readings` what was listed, unowned, before Intents
    were written, by number; `contacts` when a person agreed that the account may hold products that
    nobody here manages. What `observed` and `landmarks` hold is opaque here.

    By address: `refusals`, the newest first; `released` how often "nothing was made" was said of a doubt
    since something was made there.

    `catalog` is the catalog's folder in its repository, empty while it is not known; where other repositories
    can reach the state, ` in ` and the first commit of its own follow. `unproven`: an older version of
    podsync bound products by rules that are not believed any more (see Proven). `lost`: the snapshot is gone
    from under the journal.
    """

    lineage: str = ""
    serial: int = 0
    entries: Mapping[Address, Entry] = NOTHING
    orphans: tuple[Orphan, ...] = ()
    hosts: Mapping[str, Host] = NOTHING
    refusals: Mapping[Address, tuple[Refusal, ...]] = NOTHING
    last_apply: Mapping[str, Json] | None = None
    extra: Mapping[str, Json] = NOTHING
    lost: bool = False
    observed: Mapping[str, Mapping[str, Json]] = NOTHING
    landmarks: Mapping[str, tuple[Mapping[str, Json], ...]] = NOTHING
    models: Mapping[str, Mapping[str, tuple[str, ...]]] = NOTHING
    foreign: Mapping[str, tuple[str, ...]] = NOTHING
    unclaimed: Mapping[str, tuple[str, ...]] = NOTHING
    remembered: Mapping[str, Mapping[str, RememberedRow]] = NOTHING
    absent: Mapping[str, Mapping[str, Absent]] = NOTHING
    readings: Mapping[str, Mapping[int, tuple[str, ...]]] = NOTHING
    released: Mapping[Address, int] = NOTHING
    contacts: Mapping[str, float] = NOTHING
    catalog: str = ""
    unproven: bool = False
    timelines: tuple[Timeline, ...] = ()

    @property
    def timeline(self) -> str:
        """The last timeline; the first one is called by the lineage."""
        return self.timelines[-1].id if self.timelines else self.lineage

    def includes(self, timeline: str, serial: int) -> bool:
        """Whether what happened in a timeline up to this serial is part of this state."""
        ends = {"": 0} | {self.lineage: self.serial}
        for each in self.timelines:
            ends[next(reversed(ends))] = each.since
            ends[each.id] = self.serial
        return serial <= ends.get(timeline, -1)

    @property
    def outline(self) -> Outline | None:
        """What is known of the entries already; None when they are all made."""
        return self.entries.outline if isinstance(self.entries, LazyEntries) else None

    @property
    def providers(self) -> frozenset[str]:
        """Which providers an entry or an orphan is at."""
        orphaned = frozenset(orphan.provider for orphan in self.orphans)
        if self.outline is not None:
            return orphaned | self.outline.providers
        return orphaned | {entry.provider for entry in self.entries.values()}

    @property
    def unbound(self) -> Mapping[str, int]:
        """How many products of each provider a listing still has to show: their ids are open or not sure."""
        waiting = Counter(orphan.provider for orphan in self.orphans if orphan.unlisted)
        if self.outline is not None:
            return waiting + Counter(self.outline.unbound)
        return waiting + Counter(entry.provider for entry in self.entries.values() if entry.unlisted)

    @property
    def found_by_orders(self) -> frozenset[tuple[Address, float]]:
        """Orphans whose names another product is to take over, and that orders find until then."""
        if not self.orphans:
            return frozenset()
        entries = self.entries
        if isinstance(entries, LazyEntries):
            # What is half made has no digest: the others need not be made.
            digests = entries.outline.spec_digests
            entries = entries.some({address for address, digest in digests.items() if not digest})
        swaps = (entry.swap for entry in entries.values() if entry.swap is not None)
        return frozenset((swap.source, swap.made_at) for swap in swaps)

    @property
    def to_remove(self) -> int:
        """How many products are left for a person to remove."""
        return len(self.orphans) - len(self.found_by_orders)

    def given_up(self, swap: Swap) -> bool:
        """Whether the product before a new one has begun to give up its names, or is gone."""
        key = (swap.source, swap.made_at)
        orphan = next((one for one in self.orphans if (one.address, one.created_at) == key), None)
        if orphan is None or orphan.pending is not None:
            return True
        return any(orphan.spec.get(name) != value for name, value in swap.takes.items())

    def next_reading(self, provider: str) -> int:
        """Return the number that the next reading of a provider gets, larger than that of each kept one."""
        return number_after(self.readings.get(provider, NOTHING))

    def known_addresses(self) -> frozenset[Address]:
        """Addresses with a product, an orphan, a refused create, or a listed product that may be theirs."""
        rows = (row for each in self.remembered.values() for row in each.values())
        asked = {Address.parse(address) for row in rows for address in row.addresses}
        return frozenset(asked.union(self.entries, self.refusals, (each.address for each in self.orphans)))

    def owned(self, provider: str) -> dict[str, Address]:
        """Ids that an entry or an orphan of this provider holds, with the address."""
        held = {o.id: o.address for o in self.orphans if o.provider == provider and o.id is not None}
        for entry in self.entries.values():
            if entry.provider == provider and entry.id is not None:
                held[entry.id] = entry.address
        return held


def number_after(readings: Iterable[int]) -> int:
    """Return the number after the largest of these, 1 where there are none."""
    return max(readings, default=0) + 1
