"""The shared state of one apply at one provider.

The phases (`look`, `workers`, `create`, `update`, `settle`) are functions over this value, in PROTOCOL's
words; `outcomes` reports their results.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from podsync.apply.actions.sender import Sender
from podsync.apply.context import Context, ProviderConnection
from podsync.apply.ledger import Ledger
from podsync.apply.lookup.looker import Looker
from podsync.apply.report import Result
from podsync.evidence.ages import Moment
from podsync.evidence.findings import Findings, Question
from podsync.evidence.situation import NO_PAST, Past, Situation, Times, Want, documents_of, past_of
from podsync.evidence.state_view import Key, Known, when
from podsync.model.address import Address
from podsync.model.errors import UnreadableError
from podsync.model.frozen import EMPTY, Spec
from podsync.model.product import NO_HISTORY, Product
from podsync.model.settings import ProviderSettings
from podsync.plan.action import SET_BACK, Action
from podsync.plan.change import Change
from podsync.plan.drift.compare import ListedField
from podsync.providers.contract import Remote
from podsync.providers.habits import Habits
from podsync.providers.knowledge import Provider
from podsync.state.entries import Entry, Orphan
from podsync.state.events import Doubted, Event, Looked
from podsync.state.model import State


@dataclass(frozen=True, slots=True)
class Doubt:
    """A create in doubt. `known_by`: the monotonic moment when its sender was known to be done.

    `unread`: the last look was to say whether nothing was made, and what was listed does not tell.
    """

    address: Address
    known_by: float
    why: str
    unread: bool = False


@dataclass(frozen=True, slots=True)
class DeferredChange:
    """A change that has to wait: `do` may carry it out from the monotonic moment `quiet_at`.

    Until then an update of the same product may still arrive, or one that releases the wanted name. `for_id`:
    its id is not sure; the wait ends as soon as it is.
    """

    change: Change
    do: Callable[[ProviderRun, Change], None]
    quiet_at: float
    for_id: bool = False


@dataclass(frozen=True, slots=True)
class Unshown:
    """An update whose answer did not show what was sent: it is read back until the monotonic `until`.

    Of a step (`step` names it) every unclear end is read back, `acknowledged` or not; `then` goes on. `shown`
    tells of a listed row whether it was done, where that is not all of `body` as it was sent.
    """

    change: Change
    id: str
    body: Spec
    until: float
    then: Callable[[ProviderRun, Change], None]
    step: str = ""
    acknowledged: bool = True
    shown: Callable[[Remote], bool] | None = None


@dataclass(frozen=True, slots=True)
class Others:
    """The catalog apart from the changes: products without an entry, and the specs of all, by address.

    `managed` are the ids of existing products that a document names: no other document may take them.
    `pasts` are what documents tell of before, of those that do.
    """

    wants: tuple[Want, ...] = ()
    specs: Mapping[Address, Spec] = field(default_factory=dict)
    managed: frozenset[str] = frozenset()
    pasts: Mapping[Address, Past] = field(default_factory=dict)

    @property
    def formers(self) -> list[Spec]:
        """What documents were under the names that they had."""
        return [past.former for past in self.pasts.values() if past.former is not None]


def others_of(
    products: Iterable[Product],
    state: State,
    providers: Mapping[str, ProviderConnection],
    selected: Collection[Address],
) -> Mapping[str, Others]:
    """Return the catalog apart from the changes of a plan, by provider."""
    wants: dict[str, list[Want]] = {name: [] for name in providers}
    specs: dict[str, dict[Address, Spec]] = {name: {} for name in wants}
    pasts: dict[str, dict[Address, Past]] = {name: {} for name in wants}
    managed: dict[str, set[str]] = {name: set() for name in wants}
    for product in products:
        if product.provider not in wants:
            continue
        specs[product.provider][product.address] = product.spec
        past = NO_PAST
        if product.history is not NO_HISTORY:
            past = past_of(providers[product.provider].provider, product)
            pasts[product.provider][product.address] = past
        if product.history.adopt is not None:
            managed[product.provider].add(product.history.adopt)
        elif product.address not in state.entries and product.address not in selected:
            want = Want(product.address, product.spec, selected=False, **past._asdict())
            wants[product.provider].append(want)
    return {
        name: Others(tuple(wants[name]), specs[name], frozenset(managed[name]), pasts[name]) for name in wants
    }


def _compares(change: Change) -> bool:
    """Whether it is for what somebody, or a newer state, may have changed at the provider in the meantime."""
    return change.action is Action.UPDATE or change.accepts or bool(change.temporary)


def wanted_by(changes: Iterable[Change]) -> dict[Address, Spec]:
    """Return what the documents of these changes say."""
    return {change.address: change.after for change in changes if change.after is not None}


def named_by(changes: Iterable[Change]) -> Mapping[Address, tuple[str, Product]]:
    """Return the documents whose product is to be adopted by its id, with that."""
    return {change.address: (change.named, change.document) for change in changes if change.named is not None}


def want_of(provider: Provider, change: Change, past: Past = NO_PAST, *, makes: bool) -> Want | None:
    """Return what a change wants that is not there: a product, or (an update) a name; None where neither.

    `past` is what its document tells of before.
    """
    if change.after is None:
        return None
    if makes:
        made, swaps = change.made or EMPTY, bool(change.temporary)
        # The mark in the name of a new product that is to be swapped in tells that it is ours.
        adopts = swaps or change.action_reason != "replace_by_request"
        becomes = change.after if swaps else None
        return Want(change.address, made, adopts=adopts, becomes=becomes, **past._asdict())
    if change.action is Action.UPDATE and provider.takes(change.before or EMPTY, change.after):
        return Want(change.address, change.after, before=change.before or EMPTY)
    if change.action_reason == SET_BACK:
        return Want(change.address, change.after, before=EMPTY)  # another one may have its name by now
    return None


@dataclass
class ProviderRun:
    """One provider's part of an apply. What stops it stops this provider alone.

    `waits` has the changes that need another one's released name, `vacates` the ids of products that have to
    be gone before a change takes their name. `findings` are those of the last look, and
    `read_back` the rows that were read since, to see what an update or a step has done.
    `deferred` are changes that wait for updates which may still arrive, in the order of the plan. `growing`
    are products that were made and lack steps, `swapping` those that are to take over a name. `attempts` are
    those of updates that were read back. `postponed` creates wait for a doubt that the listing could not tell
    from them, `held` for what becomes of pictures. `unsure` says why nothing may be created although it is
    not listed, `unsure_next` what a person may answer to that.
    `settled` are the specs of products that this run found made: no plan could compare them.
    `otherwise` are adopted products that are listed with other values than their documents have, `untold`
    counts those of which no listing tells whether they have what a step adds. `unwritten` is what is to be
    recorded of steps that others may have done: no request relies on it (`record_doubts`). `caught_up`:
    the listing shows everything that was made before a state was lost. `young`: it adopts a product that was
    made a moment ago. `unwanted`, `unsearched` (with what is to be said) and `early` are as the last look has
    found them. `unread`: nothing is made, since the state does not know all that is ours and the
    listing is not whole; a person may compare.
    """

    connection: ProviderConnection
    changes: Sequence[Change]
    waits: Mapping[Address, frozenset[Address]]
    vacates: Mapping[Address, frozenset[str]]
    ledger: Ledger
    context: Context
    others: Others = Others()
    doubts: dict[Address, Doubt] = field(default_factory=dict)
    deferred: dict[Address, DeferredChange] = field(default_factory=dict)
    unshown: dict[Address, Unshown] = field(default_factory=dict)
    growing: dict[Address, Change] = field(default_factory=dict)
    swapping: dict[Address, DeferredChange] = field(default_factory=dict)
    attempts: dict[Address, int] = field(default_factory=dict)
    step_sends: Counter[tuple[Address, str]] = field(default_factory=Counter)
    postponed: dict[Address, Change] = field(default_factory=dict)
    sends: dict[Address, int] = field(default_factory=dict)
    settled: dict[Address, Spec] = field(default_factory=dict)
    refused: dict[Address, float] = field(default_factory=dict)
    look_again: Callable[[], object] = lambda: None
    made: dict[Address, float] = field(default_factory=dict)
    missed: dict[str, float] = field(default_factory=dict)
    findings: Findings | None = None
    read_back: dict[str, Remote] = field(default_factory=dict)
    first_contact: tuple[Remote, ...] = ()
    too_young: Mapping[Address, str] = field(default_factory=dict)
    gone_orphans: set[Address] = field(default_factory=set)
    overdue: Mapping[Key, tuple[Remote, ...]] = field(default_factory=dict)
    otherwise: dict[Address, tuple[ListedField, ...]] = field(default_factory=dict)
    untold: Counter[str] = field(default_factory=Counter)
    unwritten: list[Event] = field(default_factory=list)
    unwanted: Mapping[Address, Question] = field(default_factory=dict)
    unsearched: Mapping[Address, str] = field(default_factory=dict)
    early: Collection[Address] = ()
    looked: float = -math.inf
    unsure: str | None = None
    unsure_next: tuple[str, ...] = ()
    caught_up: bool = False
    young: bool = False
    unread: bool = False
    stopped: str | None = None
    credentials_refused: bool = False
    another_account: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.sender = Sender(self.connection, self.ledger, self.context, lambda: self.going)
        self.by_address = {change.address: change for change in self.changes}
        clock, known = self.context.clock, self.known
        self._habits = known.habits
        self.was_new = known.is_new
        self.known_before = known.last_apply()
        self.had_sent = known.sent_any
        self.worked = False
        self.looker = Looker(self.connection.reader, clock, self.sender.time.at, self.sender.time.saw)
        self._read_before: int | None = None

    @property
    def provider(self) -> Provider:
        """Knowledge about the provider."""
        return self.connection.provider

    @property
    def settings(self) -> ProviderSettings:
        """How it is spoken to."""
        return self.connection.settings

    @property
    def known(self) -> Known:
        """The current knowledge of the state about this provider."""
        return self.connection.known(self.ledger.state())

    @property
    def until_settled(self) -> float:
        """Seconds from the end of a sender until its doubt may be called settled."""
        return self.settings.timeout_seconds + self.settings.settle_seconds

    def listed_by(self, item: Entry | Orphan) -> float:
        """Return the monotonic moment at which it is to be listed, whichever run has made it.

        A clock that was set back since makes nobody wait longer than for what this run has made.
        """
        clock = self.context.clock
        made = clock.monotonic() - max(0.0, clock.now() - item.created_at)
        return min(self.sender.last_made, made) + self.settings.settle_seconds

    @property
    def lost(self) -> bool:
        """Whether the state may not know products that were made here."""
        lost = self.context.lost
        return lost is not None and lost.concerns(self.provider.name)

    @property
    def going(self) -> bool:
        """Whether anything new may be begun here."""
        return self.stopped is None and not self.context.halted

    def open_wants(self) -> tuple[Want, ...]:
        """Return what is wanted and not there: open changes, and what the selection leaves out."""
        found: dict[Address, Want] = {want.address: want for want in self.others.wants}
        for change in self.changes:
            ended = self.context.board.ended(change.address, *Result)
            if change.after is None or ended or change.address in self.doubts:
                found.pop(change.address, None)
                continue
            makes = change.makes or change.orphan_created_at is not None
            want = want_of(self.provider, change, self.others.pasts.get(change.address, NO_PAST), makes=makes)
            if want is not None:
                found[change.address] = want
        return tuple(found[address] for address in sorted(found))

    def situation(self) -> Situation:
        """Return the knowledge before a look; the look sets its moment."""
        known, context = self.known, self.context
        failed = {address: doubt.known_by for address, doubt in self.doubts.items()}
        times = Times(
            -math.inf, context.began, Moment(None, None), failed, self.refused, self.made, self.missed
        )
        orphans = (
            self.ledger.orphan(c.previous_address or c.address, c.orphan_created_at)
            for c in self.changes
            if c.orphan_created_at is not None
        )
        specs = [change.after for change in self.changes if change.after is not None]
        again = {change.recreates for change in self.changes if change.recreates is not None}
        written = (change.previous_address or change.address for change in self.changes if _compares(change))
        return Situation(
            known,
            times,
            self.open_wants(),
            documents_of(known, [*specs, *self.others.specs.values(), *self.others.formers]),
            managed=self.others.managed,
            named=named_by(self.changes),
            wanted={**self.others.specs, **wanted_by(self.changes)},
            checked=frozenset(known.ids_of(written)),
            lost=self.lost and not self.caught_up,
            first_contact=context.options.first_contact,
            looked_for=frozenset(o.id for o in orphans if o is not None and o.id is not None) | again,
            sent_before=self.had_sent,
            settle_seconds=self.settings.settle_seconds,
            timeout_seconds=self.settings.timeout_seconds,
        )

    @property
    def has_unwanted(self) -> bool:
        """Whether a refused create may have made what no document wants any more."""
        return any(self.known.refusals()) and any(self.situation().unwanted())

    def look(self, *, presence: bool = False) -> Findings:
        """Look once, and keep what was found; recorded is only what a listing showed that broke off."""
        try:
            found = self.looker.look(self.situation(), presence=presence)
        except UnreadableError as error:
            if remembered := self.looker.broken_off(self.situation(), error):
                self.ledger.record(*remembered)
            raise
        if self.findings is None or not presence:
            self.findings = found
            self.read_back.clear()
        for identity in found.missed | found.vanished:
            self.missed.setdefault(identity, found.reading.looked)
        return found

    @property
    def rows(self) -> Mapping[str, Remote]:
        """What the last look has listed, by id."""
        return self.findings.reading.rows if self.findings is not None else {}

    def row(self, identity: str | None) -> Remote | None:
        """Return the product as it was listed last, by a look or read back since."""
        return self.read_back.get(identity or "") or self.rows.get(identity or "")

    def adopted(self, address: Address) -> Remote | None:
        """Return the product that exists already and is what this address wants."""
        return self.findings.adopted.get(address) if self.findings is not None else None

    def was_sent(self, address: Address, spec: Spec) -> bool:
        """Whether a create of this address left before, and nothing of it was found."""
        state = self.ledger.state()
        refused = any(each.body == spec for each in state.refusals.get(address, ()))
        return refused or self.sends.get(address, 0) > 1 or bool(state.released.get(address))

    def unlisted_specs(self) -> list[tuple[Address, Spec]]:
        """What was sent and is not known by a confirmed id: a listing may show it at any time."""
        known = self.known
        sent = [(e.address, e.pending.body) for e in known.doubts if e.pending is not None]
        return sent + [(item.address, item.spec or EMPTY) for item in (*known.unbound, *known.provisional)]

    def learned(self, findings: Findings) -> None:
        """Keep the habits that a look has learned."""
        self._habits = findings.habits

    @property
    def habits(self) -> Habits:
        """The known habits of this account."""
        return self._habits

    def record_doubts(self) -> None:
        """Record all steps that others may have done in one write."""
        with self.lock:
            events, self.unwritten = self.unwritten, []
        if events:
            self.ledger.record(*events)

    def record_asked(self, entries: Iterable[Entry]) -> None:
        """Record in one write that a person is asked, before the questions are reported.

        The answers are believed whatever our wall clock shows by then.
        """
        now, events = self.context.clock.now(), []
        for entry in entries:
            pending = entry.pending
            if pending is not None and pending.asked is None:
                over = when(pending) or self.looker.moment(self.context.began)
                events.append(Doubted(entry.address, over.wall or 0.0, over.date, pending.why, asked=now))
        if events:
            self.ledger.record(*events)

    def reading_before(self) -> int | None:
        """Return the number of the reading before this run's Intents; it is recorded when first needed."""
        with self.lock:
            if self._read_before is None and self.findings is not None:
                owned, name = self.known.owned, self.provider.name
                # What a look has seen before was there before, be it hidden or removed by now.
                seen = {*self.findings.reading.rows, *self.known.remembered}
                ids = tuple(sorted(seen - owned))
                number = self.ledger.state().next_reading(name)
                self.ledger.record(Looked(name, self.context.clock.now(), number, ids))
                self._read_before = number
            return self._read_before

    def stop(self, why: str, *, credentials: bool = False) -> None:
        """Begin nothing more at this provider."""
        with self.lock:
            self.stopped = self.stopped or why
            self.credentials_refused = self.credentials_refused or credentials

    def stop_wrong_account(self, events: Sequence[Event]) -> None:
        """None of the known products is visible: another account, or an empty answer."""
        self.another_account = True
        if events:
            self.ledger.record(*events)
        self.stop(
            f"none of the products that the state knows is visible at {self.settings.base_url} "
            f"(account {self.settings.account}): is it another account's key? Nothing was created"
        )
