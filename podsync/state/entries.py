"""What a state holds of each address: what exists, what is in doubt, what nobody wants, what was refused.

Immutable values; all times are UTC seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from podsync.model import EMPTY, UNPROTECTED, Address, Json, Lifecycle, Spec, digest

#: How podsync came to know a product.
Origin: TypeAlias = Literal["created", "adopted", "imported"]


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
