"""The knowledge before a look: the state, the wanted products, the clocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from podsync.evidence.ages import SEND_SECONDS, Age, Moment, elapsed, is_unmeasurable
from podsync.evidence.state_view import Known, presumed, when
from podsync.model.address import Address
from podsync.model.frozen import EMPTY, Json, Spec, freeze
from podsync.model.product import Product
from podsync.providers.knowledge import Provider
from podsync.providers.normalise import text
from podsync.state.entries import Entry, Orphan, Refusal


@dataclass(frozen=True, slots=True)
class Want:
    """A product that a document wants, and that the state does not have (as this document wants it).

    `adopts` is False where it was asked to be made anew. `selected` is False for what the selection leaves
    out: it counts as a claim all the same. `before` is what an update finds there now. `becomes` is the spec
    once it has taken over the name of the product that is at its address. `former` is the spec under the name
    that the document had (`renamed_from`): its product may be listed so still. `moved` are the addresses that
    it had.
    """

    address: Address
    spec: Spec
    adopts: bool = True
    selected: bool = True
    before: Spec | None = None
    becomes: Spec | None = None
    former: Spec | None = None
    moved: tuple[Address, ...] = ()


class Past(NamedTuple):
    """What a document tells of before: `former` and `moved` of a `Want`."""

    former: Spec | None = None
    moved: tuple[Address, ...] = ()


NO_PAST = Past()


def past_of(provider: Provider, product: Product) -> Past:
    """Return what a document tells of before."""
    moved = tuple(Address(product.address.kind, name) for name in product.history.moved or ())
    return Past(former_of(provider, product), moved)


def former_of(provider: Provider, product: Product | None) -> Spec | None:
    """Return what a document describes under the name that it had before; None where it tells of none."""
    old = product.history.renamed_from if product is not None else None
    if product is None or old is None or old == product.spec.get(provider.name_field):
        return None
    former: Spec = freeze({**product.spec, provider.name_field: old})
    return former


@dataclass(frozen=True, slots=True)
class Times:
    """Moments of a look. `looked` and `began` are monotonic, `now` is the moment of `looked` by other clocks.

    `began` is the moment since which no request of an earlier run can leave any more. `failed`, `refused`,
    `made` and `missed` are monotonic moments of this run: when the sender of a doubt was done, when a body
    was refused, when a product was acknowledged, when an id was first missed.
    """

    looked: float
    began: float
    now: Moment
    failed: Mapping[Address, float] = field(default_factory=dict)
    refused: Mapping[Address, float] = field(default_factory=dict)
    made: Mapping[Address, float] = field(default_factory=dict)
    missed: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Situation:
    """The knowledge before a look."""

    known: Known
    times: Times
    wants: Sequence[Want] = ()
    documents: frozenset[str] = frozenset()
    lost: bool = False
    first_contact: bool = False
    #: Ids that are asked for: orphans that are wanted again.
    looked_for: frozenset[str] = frozenset()
    #: Known ids whose current values are needed.
    checked: frozenset[str] = frozenset()
    #: Ids of existing products that a document names: no other document may take them.
    managed: frozenset[str] = frozenset()
    #: Documents whose named product the plan takes, with its id.
    named: Mapping[Address, tuple[str, Product]] = field(default_factory=dict)
    #: What documents say today, by address, whether anything was sent for them or not.
    wanted: Mapping[Address, Spec] = field(default_factory=dict)
    #: Whether all known products are compared with the listing.
    compares: bool = False
    #: Whether something was sent here before this run.
    sent_before: bool = False
    #: Whether what this look finds is written into the state; else all of it has to be remembered.
    recorded: bool = True
    settle_seconds: float = 600.0
    timeout_seconds: float = 30.0

    def had(self, want: Want) -> Mapping[str, Spec]:
        """Return what a newer state, which is not there any more, had for this document, by id."""
        found: dict[str, Spec] = {}
        for address in (want.address, *want.moved):
            found |= self.known.known_as(address)
        return found

    def age_of_doubt(self, entry: Entry) -> Age:
        """How long ago the sender of a create in doubt was done for certain."""
        times, pending = self.times, entry.pending
        assert pending is not None  # noqa: S101 (only doubts are asked about)
        own_seconds = times.looked - times.failed.get(entry.address, times.began)
        over = when(pending)
        if over is not None:
            return Age(own_seconds, elapsed(over, times.now))
        return Age(own_seconds, elapsed(Moment(pending.written_at, pending.date), times.now) - SEND_SECONDS)

    def doubt_is_settled(self, entry: Entry) -> bool:
        """Whether a listing that lags would show by now what this request made."""
        return self.age_of_doubt(entry).at_least(self.timeout_seconds + self.settle_seconds)

    def item_is_settled(self, item: Entry | Orphan) -> bool:
        """Whether a listing that lags would show by now what was acknowledged, or what else was in doubt."""
        times, window = self.times, item.window
        if window is not None and window.asked is not None:
            return True
        own_seconds = times.looked - times.made.get(item.address, times.began)
        between = 0.0 if window is None else elapsed(Moment(window.until, window.date), times.now)
        wait = self.settle_seconds + (self.timeout_seconds if presumed(item) else 0.0)
        return Age(own_seconds, between).at_least(wait)

    @property
    def is_unproven(self) -> bool:
        """Whether something was sent here before, and nothing shows that this is the account it went to."""
        return self.sent_before and not (self.known.listed or self.known.landmarks)

    @property
    def has_to_be_asked(self) -> bool:
        """Whether a listing would show by now all that was sent here, so that only a person can tell."""
        without_id = all(item.id is None and not item.identified for item in self.known.items)
        return without_id and self.all_is_settled

    @property
    def all_is_settled(self) -> bool:
        """Whether a listing would show by now all that was sent here."""
        return all(map(self.item_is_settled, self.known.items)) and all(
            map(self.doubt_is_settled, self.known.doubts)
        )

    def untimed(self) -> int:
        """Return how many unsure ids only the clock of this run can settle."""
        known, times = self.known, self.times
        items = [i for i in (*known.unbound, *known.presumed) if i.address not in times.made]
        windows = [i.window for i in items if i.window is not None and i.window.asked is None]
        return sum(is_unmeasurable(Moment(window.until, window.date), times.now) for window in windows)

    def refusal_is_settled(self, address: Address, refusal: Refusal) -> bool:
        """Whether a listing would show by now what that request made, if the answer was wrong."""
        times = self.times
        if refusal.asked is not None:
            return True
        own_seconds = times.looked - times.refused.get(address, times.began)
        return Age(own_seconds, elapsed(Moment(refusal.at, refusal.date), times.now)).at_least(
            self.settle_seconds
        )

    def refusals(self) -> Iterator[tuple[Want, Address, Refusal]]:
        """Yield each refusal that nobody has answered, with the want that it holds up.

        It holds up its own address, and every other one that wants what could not be told from the body.
        """
        for address, refusal, held in self._held_up:
            for want in held:
                yield want, address, refusal

    def unwanted(self) -> Iterator[tuple[Address, Refusal]]:
        """Yield each refusal that holds up nothing: nobody wants it any more, and it may have been made."""
        doubted = {entry.address for entry in self.known.doubts}
        for address, refusal, held in self._held_up:
            if not held and refusal.body and address not in doubted:
                yield address, refusal

    @cached_property
    def _held_up(self) -> Sequence[tuple[Address, Refusal, Sequence[Want]]]:
        identity, habits = self.known.provider.identity, self.known.habits
        by_address = {want.address: want for want in self.wants}
        alike: dict[Json, list[Want]] = defaultdict(list)
        refusals = list(self.known.refusals())
        for want in self.wants if refusals else ():
            alike[identity(want.spec, habits)].append(want)
        found = []
        for (address, _), refusal in refusals:
            held = {want.address: want for want in alike[identity(refusal.body, habits)] if refusal.body}
            if address in by_address:
                held[address] = by_address[address]
            found.append((address, refusal, tuple(held.values())))
        return found

    def open_refusals(self) -> Mapping[Address, tuple[Address, Refusal]]:
        """Return wanted addresses that a refusal holds up which is too young to be believed."""
        return {
            want.address: (address, refusal)
            for want, address, refusal in self.refusals()
            if want.selected and want.before is None and not self.refusal_is_settled(address, refusal)
        }


def documents_of(known: Known, specs: Sequence[Spec]) -> frozenset[str]:
    """Return the exact names in these documents and in the state."""
    field_ = known.provider.name_field
    held = [item.spec or EMPTY for item in known.items]
    return frozenset(text(spec.get(field_)) for spec in (*specs, *held))
