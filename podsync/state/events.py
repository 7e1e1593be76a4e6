"""The events: what the journal holds, and the only way a state changes.

Each carries all that it needs, so that a journal can be read without the code that wrote it.
All times are UTC seconds since the epoch; `date` is the provider's own clock where it sent one.
`place` is where the document was, `catalog/designed/dino.yaml:14`: for people, once it is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from podsync.model.address import Address
from podsync.model.frozen import EMPTY, Json, Spec
from podsync.model.product import UNPROTECTED, Lifecycle
from podsync.state.entries import Refusal


@dataclass(frozen=True, slots=True)
class ProductEvent:
    """Something that happened to the product of an address."""

    address: Address
    at: float


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """Something that was learned of a provider."""

    provider: str
    at: float


@dataclass(frozen=True, slots=True)
class Begun:
    """An apply began. `approved` maps addresses to what was approved for them (see plan.approval).

    `machine` is a digest of the machine; `catalog` is the catalog's folder in the repository.
    """

    at: float
    hash: str
    plan_serial: int
    hosts: Mapping[str, Json]
    approved: Mapping[str, Json]
    commit: str | None = None
    actor: str | None = None
    run_url: str | None = None
    machine: str = ""
    catalog: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """An apply ended by itself; `left` is False when nothing of the plan is left to do.

    `dates` are the providers' own clocks at that time, by provider.
    """

    at: float
    left: bool
    dates: Mapping[str, float] = EMPTY


@dataclass(frozen=True, slots=True)
class Intent:
    """One request may leave from now on, until `send_before`.

    Of a create, `steps_left` are the steps that are to follow, and `takes` are fields that the new product is
    to get from the one before it, by an exchange of names (see entries.Swap). Of an update, `step` names the
    step that it is, and `orphan` is the `created_at` of an orphan that it changes.

    `reading` is the number of the reading (see Looked) that was made before it. `beside` are ids of unowned
    products that were listed before, and could be taken for what it makes: older versions wrote them.
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
    reading: int | None = None
    step: str = ""
    steps_left: tuple[str, ...] = ()
    takes: Spec = EMPTY
    orphan: float | None = None


@dataclass(frozen=True, slots=True)
class Made(ProductEvent):
    """The provider acknowledged it. `id` is None where it was not said, and provisional until Confirmed.

    `orphan` is that of the Intent, here and in what else may follow one.
    """

    id: str | None = None
    remote: Mapping[str, Json] = EMPTY
    date: float | None = None
    orphan: float | None = None


@dataclass(frozen=True, slots=True)
class Refused(ProductEvent):
    """The provider said no."""

    date: float | None = None
    message: str = ""
    orphan: float | None = None


@dataclass(frozen=True, slots=True)
class NotSent(ProductEvent):
    """The request surely had no effect."""

    orphan: float | None = None


@dataclass(frozen=True, slots=True)
class Doubted(ProductEvent):
    """The call ended without a clear answer; the Intent stays.

    `asked`: when a person was asked, since a look that missed nothing had found no answer either.
    `acknowledged`: when the answer said that it was done or taken on; `answered`: the id that it told.
    `conflict`: the answer said that something like it exists already.
    """

    date: float | None = None
    why: str = ""
    asked: float | None = None
    orphan: float | None = None
    acknowledged: float | None = None
    answered: str | None = None
    conflict: bool | None = None


@dataclass(frozen=True, slots=True)
class Settled(ProductEvent):
    """A doubt was cleared: found (with its id), or nothing was made (`found` False).

    `provisional`: the id is likely, not certain; it waits for Confirmed or Unbound. `part`: so much of a step
    was found, and the rest was not done.
    """

    found: bool
    id: str | None = None
    remote: Mapping[str, Json] = EMPTY
    unverified: tuple[str, ...] = ()
    provisional: bool = False
    part: Spec = EMPTY
    orphan: float | None = None


@dataclass(frozen=True, slots=True)
class Bound(ProductEvent):
    """The id of a product that exists became known; `orphan` is the `created_at` of an orphan.

    `provisional`: likely, not certain; it waits for Confirmed or Unbound.
    """

    id: str
    remote: Mapping[str, Json] = EMPTY
    orphan: float | None = None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Confirmed(ProductEvent):
    """A listing showed the product whose id was provisional; `remote`, where given, is what it showed."""

    orphan: float | None = None
    remote: Mapping[str, Json] = EMPTY


@dataclass(frozen=True, slots=True)
class Unbound(ProductEvent):
    """A provisional id is taken back; the product is looked for again."""

    orphan: float | None = None


@dataclass(frozen=True, slots=True)
class Asked(ProductEvent):
    """A person was asked where a product is whose id is not known: by now a listing would show it.

    `refused`: what the refused creates of this address may have made is asked about.
    """

    orphan: float | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Identified(ProductEvent):
    """A person has seen what was made under this id on the web page; no listing has shown that id yet."""

    id: str


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
    #: What it is to take over of the product that was at the address (`state.entries.Swap`).
    takes: Spec = EMPTY


@dataclass(frozen=True, slots=True)
class Orphaned(ProductEvent):
    """The document is gone."""


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
    """An orphan was removed by a person: the listing no longer has it. Its id becomes a tombstone."""

    address: Address
    created_at: float
    at: float


@dataclass(frozen=True, slots=True)
class EntryGone(ProductEvent):
    """The product of an entry is gone at the provider: its id becomes a tombstone, the entry stays."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The same product under another address."""

    source: Address
    address: Address
    at: float
    place: str = ""


@dataclass(frozen=True, slots=True)
class Noted(ProductEvent):
    """Labels or lifecycle changed; `spec` are fields that are known from now on, and were not sent.

    No listing has shown those of them that are `unverified`.
    """

    labels: Mapping[str, str] = EMPTY
    lifecycle: Lifecycle = UNPROTECTED
    place: str = ""
    spec: Spec = EMPTY
    unverified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forgotten(ProductEvent):
    """A person said that podsync no longer manages this product (`state rm`)."""


@dataclass(frozen=True, slots=True)
class Answered(ProductEvent):
    """What the refusals of an address may have hidden is known: a person said so, or a whole reading did."""


@dataclass(frozen=True, slots=True)
class Recalled(ProductEvent):
    """A newer state, which is lost, knew these refusals of an address, and that nothing was made so often."""

    refusals: tuple[Refusal, ...] = ()
    released: int = 0


@dataclass(frozen=True, slots=True)
class Looked(ProviderEvent):
    """A listing was read before Intents are written; `ids` of what nobody owns (`State.next_reading`)."""

    number: int
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observed:
    """What a provider does to values, as far as it is known now: it replaces what was known."""

    provider: str
    account: str
    at: float
    observed: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Landmarked(ProviderEvent):
    """Products by which the account is known again, at most three; they replace those before."""

    landmarks: tuple[Mapping[str, Json], ...] = ()


@dataclass(frozen=True, slots=True)
class ModelsSeen(ProviderEvent):
    """Which codes stand for a model: they are added to those that were seen before."""

    models: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Disowned(ProviderEvent):
    """These products are not ours."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unclaimed(ProviderEvent):
    """These products were listed while the state did not know all that is ours: one of them may be."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remembered(ProductEvent):
    """A look saw a product that may be what this address sent or wants; what it is was not known then.

    `fields`, `made` and `remote` are what was listed of it: it counts as if it were listed still. `known_as`
    is what a newer state knew it to be, which had it as the product of this address.
    """

    provider: str
    id: str
    fields: Spec = EMPTY
    made: float | None = None
    remote: Mapping[str, Json] = EMPTY
    known_as: Spec = EMPTY


@dataclass(frozen=True, slots=True)
class Contacted(ProviderEvent):
    """A person agreed that the account may hold products that nobody here manages."""


@dataclass(frozen=True, slots=True)
class Missed(ProviderEvent):
    """A whole reading did not show these products; `questioned`: when, if it showed no other one of ours.

    `gone`: a newer state, which is lost, knew them to be gone.
    """

    date: float | None = None
    ids: tuple[str, ...] = ()
    questioned: float | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class FoundAgain(ProviderEvent):
    """A reading showed these products, which were missing."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Emptied(ProviderEvent):
    """A person said: the right account, and all that the state has there was removed by hand."""


@dataclass(frozen=True, slots=True)
class Outdated(ProviderEvent):
    """This state turned out to be older than one that is lost: its products may have more than it knows."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The state was known to lack what a newer one had: what follows is another history than that one's."""

    timeline: str


@dataclass(frozen=True, slots=True)
class Proven:
    """What an older version of podsync had bound was looked at with the rules of this one."""

    at: float


Event: TypeAlias = (
    Begun | Ended | Intent | Made | Refused | NotSent | Doubted | Settled | Bound | Adopted
    | Orphaned | Restored | Gone | Moved | Noted | Forgotten
    | Confirmed | Unbound | Asked | Identified | EntryGone | Answered | Looked | Observed | Landmarked
    | ModelsSeen | Disowned | Unclaimed | Remembered | Contacted | Missed | FoundAgain | Emptied
    | Outdated | Proven | Recalled | Resumed
)  # fmt: skip
