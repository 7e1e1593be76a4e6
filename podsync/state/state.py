"""The state: what exists, what is in doubt, what nobody wants any more. Immutable values.

A state changes by events only (`state.events`, carried out by `state.draft`). All times are UTC
seconds since the epoch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from podsync.model import EMPTY, UNPROTECTED, Address, Json, Lifecycle, Spec, digest

#: How podsync came to know a product.
Origin: TypeAlias = Literal["created", "adopted", "imported"]
#: Not a `MappingProxyType`: Python 3.11 cannot hash one, and refuses it as a default.
NOTHING: Mapping[Any, Any] = EMPTY


@dataclass(frozen=True, slots=True)
class Window:
    """When the request of a create was on its way, UTC seconds since the epoch by our clock.

    `date` is the provider's own clock at `until`, None when it never told one. `beside` are products
    that existed before it (see Intent).
    """

    since: float
    until: float
    date: float | None = None
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """What is in doubt about an address: an Intent without a result.

    `body` is the whole spec of a create, or the fields of an update. `ended_at` is when the sender
    was known to be done (the call failed), None when it died. `date` and `ended_date` are the
    provider's own clock at those two moments. `earlier` are the fields of updates before this one
    whose outcome is not known either. `beside` are products that existed before it (see Intent).
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


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known about one address.

    `spec` is what exists at the provider, None while nothing is known to exist (a first create in
    doubt). `id` is None while a KakaClo product has not been seen in the listing yet; `window` is
    kept until then. `created_at` identifies this very product, `id` may come later. `place` is where its
    document stood when this was last written, `catalog/designed/dino.yaml:14`: nothing is decided by it.
    """

    address: Address
    provider: str
    account: str
    spec: Spec | None
    id: str | None = None
    origin: Origin = "created"
    unverified: tuple[str, ...] = ()
    labels: Mapping[str, str] = EMPTY
    lifecycle: Lifecycle = UNPROTECTED
    remote: Mapping[str, Json] = EMPTY
    pending: Pending | None = None
    window: Window | None = None
    created_at: float = 0.0
    updated_at: float = 0.0
    place: str = ""
    extra: Mapping[str, Json] = EMPTY

    @property
    def status(self) -> str:
        """`created` or `in_doubt`, as the state file says it."""
        return "in_doubt" if self.pending else "created"

    @property
    def unbound(self) -> bool:
        """Acknowledged by the provider, but its id is not known yet."""
        return self.spec is not None and self.id is None

    @property
    def digest(self) -> str:
        """Digest of what a plan relied on; learning an id does not make a plan stale."""
        pending = None if self.pending is None else [self.pending.op, self.pending.body]
        parts = [self.provider, self.account, self.spec, self.labels, self.lifecycle.to_json(), pending]
        return digest([*parts, round(self.created_at, 3)])


@dataclass(frozen=True, slots=True)
class Outline:
    """What can be known of entries without making them.

    `wishes` are `model.wish_of` each, by address as text and without `sha256:`; empty for an entry that
    is in doubt or has no spec. `unbound` counts those whose id is not known, by provider.
    """

    wishes: Mapping[str, str]
    providers: frozenset[str]
    unbound: Mapping[str, int]


class LateEntries(Mapping[Address, Entry]):
    """Entries in the order of their addresses, each made when it is asked for."""

    def __init__(self, outline: Outline, make: Callable[[str], Entry]) -> None:
        self.outline = outline
        self._make = make

    def __getitem__(self, address: Address) -> Entry:
        if str(address) not in self.outline.wishes:
            raise KeyError(address)
        return self._make(str(address))

    def __contains__(self, address: object) -> bool:
        return str(address) in self.outline.wishes

    def __iter__(self) -> Iterator[Address]:
        return (Address(*address.split(".", 1)) for address in self.outline.wishes)

    def __len__(self) -> int:
        return len(self.outline.wishes)


@dataclass(frozen=True, slots=True)
class Orphan:
    """A product that nobody here wants any more. It stays on sale until a person removes it.

    `pending` is an update that was in doubt when it became one: taken back, it is in doubt again.
    """

    address: Address
    provider: str
    account: str
    spec: Spec
    id: str | None = None
    remote: Mapping[str, Json] = EMPTY
    labels: Mapping[str, str] = EMPTY
    lifecycle: Lifecycle = UNPROTECTED
    window: Window | None = None
    pending: Pending | None = None
    created_at: float = 0.0
    orphaned_at: float = 0.0
    reason: Literal["replaced", "removed"] = "removed"
    replaced_by: str | None = None
    place: str = ""
    extra: Mapping[str, Json] = EMPTY


#: So many refused bodies are remembered of one address.
REFUSED = 20


@dataclass(frozen=True, slots=True)
class Refusal:
    """The last refusal of an address: the same body is not sent again before it has settled.

    `others` are bodies that were refused at this address before it, and not made since.
    """

    body: str
    at: float
    date: float | None
    message: str
    others: tuple[str, ...] = ()

    @property
    def bodies(self) -> tuple[str, ...]:
        """Digests of all that was refused here, the last one first."""
        return (self.body, *self.others)

    def after(self, earlier: Refusal) -> Refusal:
        """Return this one, remembering what was refused before it: as long ago as this one."""
        return replace(self, others=earlier.bodies[: REFUSED - 1])

    def without(self, body: str) -> Refusal | None:
        """Return what is left of it when this body exists; None: nothing."""
        left = tuple(each for each in self.bodies if each != body)
        return replace(self, body=left[0], others=left[1:]) if left else None


@dataclass(frozen=True, slots=True)
class Host:
    """Which host and account the state speaks of, per provider."""

    base_url: str
    account: str


@dataclass(frozen=True, slots=True)
class State:
    """Everything that podsync remembers. `lineage` is empty until the first write made one."""

    lineage: str = ""
    serial: int = 0
    entries: Mapping[Address, Entry] = NOTHING
    orphans: tuple[Orphan, ...] = ()
    hosts: Mapping[str, Host] = NOTHING
    refusals: Mapping[Address, Refusal] = NOTHING
    last_apply: Mapping[str, Json] | None = None
    extra: Mapping[str, Json] = NOTHING
    lost: bool = False

    @property
    def outline(self) -> Outline | None:
        """What is known of the entries already; None when they are all made."""
        return self.entries.outline if isinstance(self.entries, LateEntries) else None

    @property
    def providers(self) -> frozenset[str]:
        """Which providers an entry or an orphan is at."""
        orphaned = frozenset(orphan.provider for orphan in self.orphans)
        if self.outline is not None:
            return orphaned | self.outline.providers
        return orphaned | {entry.provider for entry in self.entries.values()}

    @property
    def unbound(self) -> Mapping[str, int]:
        """How many entries of each provider have an id that is not known yet."""
        if self.outline is not None:
            return self.outline.unbound
        return Counter(entry.provider for entry in self.entries.values() if entry.unbound)

    def owned(self, provider: str) -> dict[str, Address]:
        """Ids that an entry or an orphan of this provider holds, with the address."""
        held = {o.id: o.address for o in self.orphans if o.provider == provider and o.id is not None}
        for entry in self.entries.values():
            if entry.provider == provider and entry.id is not None:
                held[entry.id] = entry.address
        return held
