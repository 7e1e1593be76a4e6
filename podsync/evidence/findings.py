"""All findings of one look at one provider. `plan --refresh` and apply use this same code.

A `Situation` and a `Reading` go in, `Findings` come out: events, and a verdict for each wanted product. A
plan shows them; an apply, which holds the lock, records the events and acts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from podsync.evidence.account import Knows
from podsync.evidence.listing import Reading, Versions
from podsync.evidence.state_view import Key, Known
from podsync.model.address import Address
from podsync.model.errors import PodsyncError
from podsync.model.frozen import Spec
from podsync.model.product import TOLD, Product
from podsync.providers.contract import Remote
from podsync.providers.habits import Habits
from podsync.state.entries import Entry
from podsync.state.events import Event


@dataclass
class Verdicts:
    """What one reading says about all claims. What is not named here has to wait.

    `found` maps a claim to its row and whether it is exact (else provisional); `asks` to the rows that a
    person has to choose from; `none` are doubts of which nothing was made, as far as candidates go.
    `revoked` are provisional ids that are taken back; `shown` are those that an answer told and the listing
    shows otherwise than they were sent; `near` are rows that may be taken for a wanted one, `offered` those
    that may be what was sent, where it is too early to ask.
    """

    found: dict[Key, tuple[Remote, bool]] = field(default_factory=dict)
    confirmed: dict[Key, Remote] = field(default_factory=dict)
    revoked: set[Key] = field(default_factory=set)
    shown: dict[Key, Remote] = field(default_factory=dict)
    asks: dict[Key, tuple[Remote, ...]] = field(default_factory=dict)
    none: list[Key] = field(default_factory=list)
    near: dict[Key, tuple[Remote, ...]] = field(default_factory=dict)
    offered: dict[Key, tuple[Remote, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """Why no product is made for a document; a person has to say what these rows are.

    `after` is the address that may have sent one of these rows: its question is asked first.
    """

    why: str
    rows: tuple[Remote, ...] = ()
    after: Address | None = None


@dataclass(frozen=True, slots=True)
class StepQuestion:
    """A step that may have been done; a person has to say. `additions` say what it adds.

    `sent`: this state has sent it. `recorded`: the state has the question, so that it can be answered.
    """

    step: str
    additions: tuple[str, ...]
    sent: bool
    recorded: bool


@dataclass
class Findings:
    """What one look says. `events` are in the order in which they are to be recorded.

    `known` is what the state knew before it.
    `waits` are doubts that are not settled yet, `unread` those for which the reading was not whole, `asks`
    those that a person has to answer, with `why` where there is nothing to choose from; of those that are
    `young` nobody can say yet that nothing was made. `adopted` maps a wanted product to the row that is it,
    `taken` to rows that have its name for a shared customer, `questions` to why nothing may be made of it,
    `namesakes` to rows that are not ours and look like it. `named` maps `documents` to the rows that they
    name by their ids, `misnamed` to why such a row is not taken; `managed` are all
    ids that a document names. `unwanted` maps addresses to rows that a refused
    create may have made all the same, which no document wants by now; of those in `unsearched` the reading
    says too little (`why` says what is missing), of those in `early` no reading says enough yet.
    `wanted` maps addresses to what their documents say. `overdue` is what was acknowledged,
    should be listed by now and is not known, with the rows that may be it. `steps` are those of products
    that exist of which the listing does not tell whether they were done, where all was compared; `unseen` are
    ids that are not listed, each with what an acknowledged update of it sets.
    `unproven_account`: nothing shows that this is the account that was sent to before; True where only a
    person can say, False where a later look may show it; `perhaps_emptied`: it lists none of
    them, and should by now. `noticed` are rows that may be what these addresses
    sent or want, beside those in questions: they are remembered. `unlisted` are those that are remembered
    and not in the reading, `vanished` those of them that it would have shown. `later` are those rows of the
    questions about what was sent that were certainly made after it, with its address.
    """

    reading: Reading
    known: Known
    knows: Knows = Knows.ALL
    account: bool | None = None
    habits: Habits = Habits()  # noqa: RUF009 (frozen)
    events: list[Event] = field(default_factory=list)
    found: dict[Address, Remote] = field(default_factory=dict)
    none: list[Address] = field(default_factory=list)
    asks: dict[Address, tuple[Remote, ...]] = field(default_factory=dict)
    why: dict[Address, str] = field(default_factory=dict)
    young: set[Address] = field(default_factory=set)
    overdue: dict[Key, tuple[Remote, ...]] = field(default_factory=dict)
    steps: dict[Address, StepQuestion] = field(default_factory=dict)
    unseen: dict[Address, tuple[str, Spec]] = field(default_factory=dict)
    waits: list[Address] = field(default_factory=list)
    unread: list[Address] = field(default_factory=list)
    adopted: dict[Address, Remote] = field(default_factory=dict)
    taken: dict[Address, tuple[Remote, ...]] = field(default_factory=dict)
    questions: dict[Address, Question] = field(default_factory=dict)
    namesakes: dict[Address, tuple[Remote, ...]] = field(default_factory=dict)
    named: dict[Address, Remote] = field(default_factory=dict)
    documents: Mapping[Address, Product] = field(default_factory=dict)
    misnamed: dict[Address, PodsyncError] = field(default_factory=dict)
    managed: frozenset[str] = frozenset()
    wanted: Mapping[Address, Spec] = field(default_factory=dict)
    unwanted: dict[Address, Question] = field(default_factory=dict)
    unsearched: dict[Address, str] = field(default_factory=dict)
    early: set[Address] = field(default_factory=set)
    unowned: tuple[Remote, ...] = ()
    unlisted: tuple[Remote, ...] = ()
    first_contact: tuple[Remote, ...] = ()
    unproven: tuple[Address, ...] = ()
    unproven_account: bool | None = None
    perhaps_emptied: bool = False
    noticed: list[tuple[Address, tuple[Remote, ...]]] = field(default_factory=list)
    missed: frozenset[str] = frozenset()
    vanished: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    later: set[tuple[Address, str]] = field(default_factory=set)

    def facts(self, entry: Entry, rows: Iterable[Remote]) -> Mapping[str, str]:
        """Return what is known of rows beside what is listed: whose id the answer told, what came later."""
        sent = entry.pending if entry.pending is not None and entry.pending.op == "create" else entry.window
        told = sent.answered if sent is not None else None
        later = {row.id: "after it was sent" for row in rows if (entry.address, row.id) in self.later}
        return later | ({told: TOLD} if told is not None else {})

    def versions(self, about: Entry | Address, rows: Iterable[Remote] = ()) -> Versions | None:
        """Return what was sent for an address beside what its document says; None where that is the same.

        Of an entry it is what is in doubt, or was made; of an address what was refused, and one of the `rows`
        may be.
        """
        known = self.known
        if isinstance(about, Address):
            versions = known.versions_of_address(about, self.wanted.get(about))
            return versions.about(rows) if versions is not None else None
        return known.versions_of(about, self.wanted.get(about.address))
