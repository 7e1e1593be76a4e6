"""The events: what the journal holds, and the only way a state changes.

Each carries all that it needs, so that a journal can be read without the code that wrote it.
All times are UTC seconds since the epoch; `date` is the provider's own clock where it told it.
`place` is where the document stood, `catalog/designed/dino.yaml:14`: for people, once it is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeAlias, get_args

from podsync.model import EMPTY, UNPROTECTED, Address, Json, Lifecycle, Spec


@dataclass(frozen=True, slots=True)
class Begun:
    """An apply began. `approved` maps addresses to what was approved for them (see plan.approval)."""

    at: float
    hash: str
    plan_serial: int
    hosts: Mapping[str, Json]
    approved: Mapping[str, Json]
    commit: str | None = None
    actor: str | None = None
    run_url: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """An apply ended by itself; `left` is False when nothing of the plan is left to do."""

    at: float
    left: bool


@dataclass(frozen=True, slots=True)
class Intent:
    """One request may leave from now on, until `send_before`.

    `beside` are ids of unowned products that were listed before, and could be taken for what it makes.
    """

    address: Address
    provider: str
    account: str
    op: Literal["create", "update"]
    body: Spec
    written_at: float
    send_before: float
    date: float | None = None
    attempts: int = 1
    labels: Mapping[str, str] = EMPTY
    lifecycle: Lifecycle = UNPROTECTED
    beside: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """The provider acknowledged it. `id` None: made, id not told."""

    address: Address
    at: float
    id: str | None = None
    remote: Mapping[str, Json] = EMPTY
    date: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider said no."""

    address: Address
    at: float
    date: float | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request surely had no effect."""

    address: Address
    at: float


@dataclass(frozen=True, slots=True)
class Doubted:
    """The call ended without a clear answer; the Intent stays."""

    address: Address
    at: float
    date: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """A doubt was cleared: found (with its id), or nothing was made (`found` False)."""

    address: Address
    at: float
    found: bool
    id: str | None = None
    remote: Mapping[str, Json] = EMPTY
    unverified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """The id of a product that exists became known; `orphan` is the `created_at` of an orphan."""

    address: Address
    at: float
    id: str
    remote: Mapping[str, Json] = EMPTY
    orphan: float | None = None


@dataclass(frozen=True, slots=True)
class Adopted:
    """An existing, unowned product was taken."""

    address: Address
    provider: str
    account: str
    at: float
    id: str
    spec: Spec
    remote: Mapping[str, Json] = EMPTY
    unverified: tuple[str, ...] = ()
    labels: Mapping[str, str] = EMPTY
    lifecycle: Lifecycle = UNPROTECTED
    origin: Literal["adopted", "imported"] = "adopted"
    place: str = ""


@dataclass(frozen=True, slots=True)
class Orphaned:
    """The document is gone."""

    address: Address
    at: float


@dataclass(frozen=True, slots=True)
class Restored:
    """The orphan made at `created_at` under `source` is wanted again, at `address`."""

    address: Address
    source: Address
    created_at: float
    at: float
    labels: Mapping[str, str] = EMPTY
    lifecycle: Lifecycle = UNPROTECTED
    place: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """An orphan was removed by a person: the listing no longer has it."""

    address: Address
    created_at: float
    at: float


@dataclass(frozen=True, slots=True)
class Moved:
    """The same product under another address."""

    source: Address
    address: Address
    at: float
    place: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """Labels or lifecycle changed."""

    address: Address
    at: float
    labels: Mapping[str, str] = EMPTY
    lifecycle: Lifecycle = UNPROTECTED
    place: str = ""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A person said that podsync no longer manages this product (`state rm`)."""

    address: Address
    at: float


Event: TypeAlias = (
    Begun | Ended | Intent | Made | Refused | NotSent | Doubted | Settled | Bound | Adopted
    | Orphaned | Restored | Gone | Moved | Noted | Forgotten
)  # fmt: skip


_TIMES: Mapping[type, tuple[str, ...]] = {
    cls: tuple(each.name for each in fields(cls) if str(each.type).startswith("float"))
    for cls in get_args(Event)
}


def in_milliseconds(event: Event) -> Event:
    """Return the event with its times as the journal and the state file keep them.

    So what a run holds in memory equals what the next one reads, to the last bit: `created_at` names
    a product, and a name must not change by being written down.
    """
    times = {name: getattr(event, name) for name in _TIMES[type(event)]}
    rounded = {name: round(time, 3) for name, time in times.items() if time is not None}
    changed: dict[str, Any] = {name: time for name, time in rounded.items() if time != times[name]}
    return replace(event, **changed) if changed else event
