"""Values that a state holds for an address: entries, orphans, doubts and refusals.

Immutable values; all times are UTC seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeAlias

from podsync.model.address import Address
from podsync.model.digests import digest
from podsync.model.frozen import EMPTY, Json, Spec
from podsync.model.product import UNPROTECTED, Lifecycle

#: How podsync came to know a product.
Origin: TypeAlias = Literal["created", "adopted", "imported"]


@dataclass(frozen=True, slots=True)
class Window:
    """When the request of a create was on its way, UTC seconds since the epoch by our clock.

    `date` is the provider's own clock at `until`, None when it never sent one. `reading` and `beside` say
    what existed before it (see Intent). `answered` is the id in the answer, `shown` when a listing
    showed it otherwise than it was sent. `said` is the id under which a person has seen it on the web page.
    `asked`: when a person was asked where the product is, by the clock of a run that would have seen it.
    """

    since: float
    until: float
    date: float | None = None
    beside: tuple[str, ...] = ()
    reading: int | None = None
    answered: str | None = None
    shown: float | None = None
    asked: float | None = None
    said: str | None = None

    @property
    def named(self) -> str | None:
        """The id that a person, or else the answer, has told."""
        return self.answered if self.said is None else self.said


@dataclass(frozen=True, slots=True)
class Pending:
    """What is in doubt about an address: an Intent without a result.

    `body` is the whole spec of a create, or the fields of an update. `ended_at` is when the sender
    was known to be done (the call failed), None when it died. `date` and `ended_date` are the
    provider's own clock at those two moments. `earlier` are the fields of updates before this one
    whose outcome is not known either. `reading` and `beside` tell what existed before it (see Intent).
    `asked`: when a person was asked, after the doubt was settled by the clock of the run that asked.
    `step` names the step that an update is, `steps_left` and `takes` are those of a create (see Intent).
    `acknowledged`: when the provider said that it was done or taken on, and not what was made. `answered` is
    the id that its answer told. `conflict`: it said that something like it exists already.
    """

    op: Literal["create", "update"]
    body: Spec
    written_at: float
    send_before: float
    date: float | None = None
    attempts: int = 1
    labels: Mapping[str, str] = EMPTY
    lifecycle: Lifecycle = UNPROTECTED
    ended_at: float | None = None
    ended_date: float | None = None
    why: str = ""
    earlier: Spec = EMPTY
    beside: tuple[str, ...] = ()
    place: str = ""
    reading: int | None = None
    asked: float | None = None
    step: str = ""
    steps_left: tuple[str, ...] = ()
    takes: Spec = EMPTY
    acknowledged: float | None = None
    answered: str | None = None
    conflict: bool | None = None


@dataclass(frozen=True, slots=True)
class Swap:
    """A product that is to take over what another one is called: that one is an orphan by now.

    `source` and `made_at` name the orphan, `takes` are the fields that pass from it to the new product. Until
    the orphan has given them up it is the one that orders find.
    """

    source: Address
    made_at: float
    takes: Spec


@dataclass(frozen=True, slots=True)
class KnownProduct:
    """What is known of a product, wanted or not. `created_at` identifies it: `id` may come later.

    `id` is None while it has not been seen in a listing, `window` is kept until one has shown it for certain.
    `place` is where its document was when this was last written, `catalog/designed/dino.yaml:14`: nothing
    is decided by it. `outdated_at`: a newer state was lost then, which may have known of more that steps had
    added. `extra` are keys of the state file that nobody here knows.
    """

    address: Address
    provider: str
    account: str
    spec: Spec | None
    id: str | None = None
    remote: Mapping[str, Json] = EMPTY
    labels: Mapping[str, str] = EMPTY
    lifecycle: Lifecycle = UNPROTECTED
    window: Window | None = None
    pending: Pending | None = None
    created_at: float = 0.0
    place: str = ""
    origin: Origin = "created"
    unverified: tuple[str, ...] = ()
    outdated_at: float | None = None
    extra: Mapping[str, Json] = EMPTY

    @property
    def provisional(self) -> bool:
        """Its id is known, and no listing has confirmed it yet."""
        return self.id is not None and self.window is not None

    @property
    def unbound(self) -> bool:
        """Acknowledged by the provider, but its id is not known yet."""
        return self.spec is not None and self.id is None

    @property
    def sought(self) -> bool:
        """It is one product that was sent, made or in doubt, and no listing has shown its id."""
        if self.pending is None:
            return self.unlisted
        return self.pending.op == "create" and self.window is None

    @property
    def identified(self) -> bool:
        """A person has seen it on the web page, and no listing has shown it yet."""
        return self.id is None and self.window is not None and self.window.said is not None

    @property
    def guessed(self) -> bool:
        """Its id is likely at best, since no answer told it: a person may know better."""
        unanswered = self.window is not None and self.window.answered is None
        return self.id is not None and unanswered and self.pending is None

    @property
    def unlisted(self) -> bool:
        """It is made, and a listing still has to show its id: an apply has to look, whatever else it does."""
        return self.unbound or self.provisional

    def is_unseen(self, names: Collection[str]) -> bool:
        """Whether a look took it as it is listed, and only its document has told what these fields are."""
        return self.origin == "adopted" and bool(names) and set(names) <= set(self.unverified)

    @property
    def sent(self) -> Spec:
        """What exists, or what was sent while nothing is known to exist."""
        if self.spec is not None:
            return self.spec
        return self.pending.body if self.pending is not None else EMPTY

    def facts(self) -> dict[str, Any]:
        """Return these fields by their names: an entry becomes an orphan with them, and the other way."""
        return {each.name: getattr(self, each.name) for each in fields(KnownProduct)}


@dataclass(frozen=True, slots=True)
class Entry(KnownProduct):
    """What is known about one address.

    `spec` is what exists at the provider, None while nothing is known to exist (a first create in doubt).
    `steps_left` are the steps after its create that were to follow and are not done; `swap` is set until it
    has taken the names that it was made for. `lacks` are the fields of a step: what `spec` does not have of
    them is not there, a person said or a listing showed.
    """

    updated_at: float = 0.0
    steps_left: tuple[str, ...] = ()
    swap: Swap | None = None
    lacks: Spec = EMPTY

    @property
    def may_have_more(self) -> bool:
        """Whether steps may have added to it of which this state knows nothing."""
        return self.spec is not None and (self.origin != "created" or self.outdated_at is not None)

    @property
    def status(self) -> str:
        """`created` or `in_doubt`, as the state file says it."""
        return "in_doubt" if self.pending else "created"

    @property
    def digest(self) -> str:
        """Digest of what a plan relied on; learning an id does not make a plan stale."""
        pending = None if self.pending is None else [self.pending.op, self.pending.body]
        parts = [self.provider, self.account, self.spec, self.labels, self.lifecycle.to_json(), pending]
        return digest([*parts, round(self.created_at, 3)])


@dataclass(frozen=True, slots=True)
class Orphan(KnownProduct):
    """A product that nobody here wants any more. It stays on sale until a person removes it.

    `pending` is an update that was in doubt when it became one: taken back, it is in doubt again.
    """

    spec: Spec
    orphaned_at: float = 0.0
    reason: Literal["replaced", "removed"] = "removed"
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """A product that a whole reading did not show, or (`gone`) that is known to be gone.

    `at` is when that was first so by our clock, `date` by the provider's. `questioned`: when that was, if
    nothing of ours was listed: it may have been another account, and is no evidence of anything being gone.
    """

    at: float
    date: float | None = None
    gone: bool = False
    questioned: float | None = None
    extra: Mapping[str, Json] = EMPTY


@dataclass(frozen=True, slots=True)
class RememberedRow:
    """A listed product that may be what was sent, or is wanted, at `addresses`: nobody has said what it is.

    `at` is when a look saw it first, by our clock. `fields`, `made` and `remote` are what was listed last,
    `earlier` what was listed before, where it was something else: staff may have given it another name.
    `known_as` is what it was in a newer state, by the addresses of which it was the product there.
    `removed_at`: since a person said that all that was known there was removed, it counts only where it is
    listed.
    """

    at: float
    addresses: tuple[str, ...] = ()
    fields: Spec = EMPTY
    made: float | None = None
    remote: Mapping[str, Json] = EMPTY
    known_as: Mapping[str, Json] = EMPTY
    earlier: tuple[Spec, ...] = ()
    removed_at: float | None = None
    extra: Mapping[str, Json] = EMPTY


#: So many products tell an account from another.
LANDMARKS = 3
#: So many earlier contents of a remembered row are kept, the first ones.
EARLIER = 4
#: So many refusals are remembered of one address.
REFUSED = 20


@dataclass(frozen=True, slots=True)
class Refusal:
    """A create that was refused: the answer may have been wrong, and the product there after all.

    `body` is the whole spec that was sent, `reading` the number of the reading from before (see Looked).
    `digests` are those of bodies that an older version refused: it did not keep the bodies themselves.
    `asked` is when a run asked a person whether it was made, once a listing would have shown it by now.
    """

    provider: str
    account: str
    body: Spec
    at: float
    date: float | None = None
    message: str = ""
    reading: int | None = None
    digests: tuple[str, ...] = ()
    asked: float | None = None
    extra: Mapping[str, Json] = EMPTY

    def without(self, body: str) -> Refusal | None:
        """Return what is left of it once the body of this digest exists; None: nothing."""
        if self.body and digest(self.body) == body:
            return None
        left = tuple(each for each in self.digests if each != body)
        if left == self.digests:
            return self
        return replace(self, digests=left) if left or self.body else None

    def joined(self, earlier: Refusal) -> Refusal | None:
        """Return both as one, None where they speak of different things.

        Of one body that was refused again, the first reading counts: what it did not show may have been made
        by either.
        """
        same = (self.provider, self.account, self.body, self.digests)
        if same != (earlier.provider, earlier.account, earlier.body, earlier.digests):
            return None
        if self.reading is None or earlier.reading is None:
            return self if self.reading == earlier.reading else None
        return replace(self, reading=min(self.reading, earlier.reading))
