"""What one apply knows and shares while it works at one provider.

The phases (`looking`, `making`, `settling`, `binding`) are functions over this value, in PROTOCOL's
words; `tell` reports what they did.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from podsync.apply.context import Connection, Context, shown
from podsync.apply.ledger import Ledger
from podsync.apply.recover import DATE_GRAIN
from podsync.apply.sender import Sender
from podsync.model import Address, FrozenDict, Spec
from podsync.plan.change import Change
from podsync.plan.plan import Action
from podsync.plan.remote import Index, View
from podsync.ports import Listing, Provider, Query, Remote
from podsync.settings import ProviderSettings
from podsync.state.entries import Entry, Orphan

_MAKING = (Action.CREATE, Action.REPLACE, Action.SETTLE, Action.ADOPT)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A create in doubt. `known_by`: the monotonic moment when its sender was known to be done."""

    address: Address
    known_by: float
    why: str


@dataclass(frozen=True, slots=True)
class Late:
    """A change that has to wait: at the monotonic moment `quiet_at`, `do` may do it.

    An update of the same product may still arrive until then, or one that releases the wanted name.
    """

    change: Change
    do: Callable[[ProviderRun, Change], None]
    quiet_at: float


@dataclass
class ProviderRun:
    """One provider's part of an apply. What stops it stops this provider alone.

    `waits` says which change needs another one's released name. `adoptable`, `namesakes`, `present`
    and `earlier` (ids that were listed before anything was sent) are what `looking` found; `complete`
    is whether `present` is all there is. `looked` is the monotonic moment at which the last look began:
    what a listing cannot miss is judged as of then, not of when its last page had arrived (minus infinity
    before the first look).
    `late` are changes that wait for updates which may still arrive, in the order of the plan.
    `postponed` creates wait for a doubt that the listing could not tell from them. `unsure` says why
    nothing may be created although it is not listed. `settled` are the specs of what this run found made:
    no plan could set anything against them. `caught_up`: the listing shows whatever was made before a state
    was lost.
    """

    connection: Connection
    changes: Sequence[Change]
    waits: Mapping[Address, frozenset[Address]]
    ledger: Ledger
    context: Context
    doubts: dict[Address, Doubt] = field(default_factory=dict)
    late: dict[Address, Late] = field(default_factory=dict)
    postponed: dict[Address, Change] = field(default_factory=dict)
    sends: dict[Address, int] = field(default_factory=dict)
    settled: dict[Address, Spec] = field(default_factory=dict)
    adoptable: dict[Address, Remote] = field(default_factory=dict)
    namesakes: dict[Address, tuple[Remote, ...]] = field(default_factory=dict)
    present: frozenset[str] = frozenset()
    complete: bool = False
    looked: float = -math.inf
    earlier: frozenset[str] = frozenset()
    first_contact: tuple[Remote, ...] = ()
    unsure: str | None = None
    caught_up: bool = False
    stopped: str | None = None
    credentials_refused: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.sender = Sender(self.connection, self.ledger, self.context, lambda: self.going)
        self.by_address = {change.address: change for change in self.changes}
        name = self.provider.name
        self.was_empty = not self.ledger.entries(name) and not self.ledger.orphans(name)
        self.worked = False
        self._loaded = self.ledger.owned(name)
        self._quiet_since = self.context.memory.quiet_since(name, self.ledger.state())

    @property
    def provider(self) -> Provider:
        """What the provider is."""
        return self.connection.provider

    @property
    def settings(self) -> ProviderSettings:
        """How it is spoken to."""
        return self.connection.settings

    @property
    def until_settled(self) -> float:
        """Seconds from the end of a sender until its doubt may be called settled."""
        return self.settings.timeout_seconds + self.settings.settle_seconds

    @property
    def lost(self) -> bool:
        """Whether the state may not know products that were made here."""
        lost = self.context.lost
        return lost is not None and (lost.whole or self.provider.name in lost.sends)

    @property
    def unsettled_state(self) -> bool:
        """Whether the state is lost, or new: a "maybe" may be what nobody here remembers."""
        return self.lost or self.was_empty

    @property
    def shows_all_before(self) -> bool:
        """Whether the last look shows whatever was made before this run.

        Our wall clock is not asked: it may have been moved.
        """
        settle, then = self.settings.settle_seconds, self.sender.time.at(self.looked)
        if self.looked >= self.context.began + settle:
            return True
        quiet = self._quiet_since
        return quiet is not None and then is not None and then >= quiet + settle + DATE_GRAIN

    @property
    def going(self) -> bool:
        """Whether anything new may be begun here."""
        return self.stopped is None and not self.context.halted

    def makes(self, change: Change) -> bool:
        """Whether this change may have to create something."""
        return change.after is not None and change.action in _MAKING

    def look(self) -> float:
        """Take note that a look begins now."""
        self.looked = self.context.clock.monotonic()
        return self.looked

    def find(self, query: Query) -> Listing:
        """Read a listing; what it tells of the provider's clock is kept."""
        listing = self.connection.reader.find(query)
        self.sender.time.saw(listing.date)
        return listing

    def view(self, listing: Listing) -> View:
        """Set a listing against what is owned and known now."""
        owned = self.ledger.owned(self.provider.name)
        index = Index(self.provider, listing.items)
        # A person who says --first-contact has looked at the account.
        known = {} if self.context.options.first_contact else self.known_ids()
        return View(self.provider, listing, owned, known, self.earlier, index)

    def renewed(self, view: View) -> View:
        """The same look, set against what is owned now."""
        return replace(view, owned=self.ledger.owned(self.provider.name))

    def known_ids(self) -> Mapping[str, Mapping[str, object]]:
        """Ids that were known for longer than `settle_seconds`, with what people see of them."""
        name, now = self.provider.name, self.context.clock.now()
        oldest = now - self.settings.settle_seconds
        items: list[Entry | Orphan] = [*self.ledger.entries(name), *self.ledger.orphans(name)]
        return {
            item.id: FrozenDict(shown(item.remote))
            for item in items
            if item.id is not None
            # An id that was loaded and comes from the future: the clock was moved back.
            and (item.created_at <= oldest or (item.created_at > now and item.id in self._loaded))
        }

    def stop(self, why: str, *, credentials: bool = False) -> None:
        """Begin nothing more at this provider."""
        with self.lock:
            self.stopped = self.stopped or why
            self.credentials_refused = self.credentials_refused or credentials

    def stop_wrong_account(self) -> None:
        """None of the known ids is visible: another account, or an empty answer."""
        self.stop(
            f"none of the products that the state knows is visible at {self.settings.base_url} "
            f"(account {self.settings.account}): is it another account's key? Nothing was created. "
            "If a person removed them all, --first-contact goes on"
        )


def names(run: ProviderRun, changes: Collection[Change]) -> set[str]:
    """Return the names that these changes want."""
    return {str((change.after or {}).get(run.provider.name_field)) for change in changes}
