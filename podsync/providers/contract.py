"""The interfaces to the outside, as small Protocols; what an adapter promises stands here.

A `Provider` is pure knowledge, and defined in `providers.knowledge`. A `Reader` can only look: it is all that
plan is ever given, so plan and validate have no way to write. Only apply holds a `Writer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, runtime_checkable

from podsync.model.frozen import EMPTY, Json, Path, Spec
from podsync.model.known_ids import KnownModel
from podsync.network.request import Request


class Match(Enum):
    """Whether a remote product is the one that a spec describes."""

    SAME = "same"
    DIFFERENT = "different"
    MAYBE = "maybe"

    @property
    def rank(self) -> int:
        """How well it fits: the larger, the better."""
        return (Match.DIFFERENT, Match.MAYBE, Match.SAME).index(self)


class Role(Enum):
    """What a picture is for: a mock-up of the finished product, or what is printed on it."""

    FRONT = "front"
    BACK = "back"
    ARTWORK = "artwork"


@dataclass(frozen=True, slots=True)
class Depiction:
    """A picture that a spec names by its URL; `path` is inside the spec, `name` an artwork's own."""

    path: Path
    url: str
    role: Role
    name: str = ""


@dataclass(frozen=True, slots=True)
class Remote:
    """A product as a provider lists it.

    `id` is text, without a prefix that only some answers have. `fields` holds what the listing says,
    under the names that a spec uses; a field that the listing does not show is absent, and so is the
    model where it is unknown: its code is missing, stands for two ids, or stands for another id than
    when last seen (`Query.pairs`). `shown` are the ids that people see, kept in the state as
    `{"product": {...}}`. `created_at` is the provider's own time in seconds since the epoch, None when
    the listing gives none, or one that cannot be true (`podsync.network.dates`). `facts` are what else
    the listing says to people, under the words of `FACTS`; they are never compared and never kept in
    the state.
    `last_listed` is None for a row of a listing. Of a product that is remembered, and that the listing does
    not show now, it is when a look saw it first: it counts as a candidate, and is never taken.
    """

    id: str
    fields: Spec
    created_at: float | None = None
    shown: Mapping[str, Json] = EMPTY
    facts: Mapping[str, Json] = field(default=EMPTY, compare=False)
    last_listed: float | None = None


#: What `Remote.facts` may hold: the model's code, a price, how often it was ordered.
FACTS = ("code", "price", "orders")


@dataclass(frozen=True, slots=True)
class ProductStep:
    """A request after the create of a product, which adds to it; `ProviderInfo.steps` names them in order.

    `body` are whole fields of the spec, as they are once it is done.
    """

    name: str
    body: Spec


@dataclass(frozen=True, slots=True)
class Shown:
    """What a listed product shows of a step. `part` are its fields as they are there for certain.

    `sure`: what is missing from `part` is not there under another spelling either.
    """

    part: Spec
    sure: bool


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for; empty means everything.

    `models` are values of the spec's model field. `known` (id -> what was shown with it) and `name`
    make it a search, which may prove presence but never absence. `absence` asks for a reading by
    which something may be said to be absent: several pages are read until two passes agree.
    `pairs` (model -> every code that was ever seen for it, from the state) are what the provider's
    model list is compared with, and what stands while that list cannot be read.
    """

    models: frozenset[str] = frozenset()
    known: Mapping[str, Mapping[str, Json]] = EMPTY
    name: str | None = None
    absence: bool = False
    pairs: Mapping[str, tuple[str, ...]] = EMPTY

    @property
    def search(self) -> bool:
        """Whether the answer says nothing about what it does not hold."""
        return bool(self.known) or self.name is not None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a provider answered to a query.

    `complete` is True only when every product of the query was surely seen: read to an empty page,
    no id twice in one pass, `fresh`, no `excess`; a query with `absence` that took several pages was
    read twice alike. `date` is the provider's clock at the end, in seconds since the epoch, None
    when it did not say. `excess` is by how many rows the largest total of its pages exceeds what
    was read, where the reading was whole in every other respect. `fresh` is False when some answer
    had an `Age` above 0 or a `Date` before that of an earlier answer: such a listing proves
    presence only. `filtered` says that the provider itself chose by `Query.models`; False for
    models that have no known code: then everything was read. `pairs` are model -> codes as the
    provider's model list tells them now, empty where there is no such list or it is down. `earlier` are
    rows that only an earlier pass of this reading showed: they were there a moment ago. `flaw` says in
    words why it is not complete, "" where it is. `variants` are other contents that an incomplete
    reading showed under ids of its items.
    """

    items: tuple[Remote, ...]
    complete: bool
    date: float | None = None
    excess: int = 0
    fresh: bool = True
    filtered: bool = False
    pairs: Mapping[str, tuple[str, ...]] = EMPTY
    earlier: tuple[Remote, ...] = ()
    flaw: str = ""
    variants: tuple[Remote, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """An acknowledged write.

    `remote` is the product that the answer showed, None where it showed none. The
    answer to an update may show a product that does not have the fields that were sent.
    """

    remote: Remote | None
    status: int
    code: int | None = None
    date: float | None = None


class Reader(Protocol):
    """Looks at a provider; cannot write."""

    def find(self, query: Query) -> Listing:
        """Read all pages.

        Raises UnauthorizedError when the key is refused and UnreadableError for anything that is
        not a listing: an answer that is not understood is never an empty one.
        """


@runtime_checkable
class ModelLister(Protocol):
    """What a reader does besides where the provider tells its models."""

    def models(self) -> tuple[KnownModel, ...]:
        """Read the whole list of models, in the provider's order; raises what `find` raises."""

    def details(self, model: KnownModel) -> KnownModel:
        """Return the model with what only its own page tells, its sizes: one request."""


class Writer(Protocol):
    """Writes to a provider; only apply holds one. Sends exactly once, never retries."""

    def send(self, request: Request, send_before: float) -> Receipt:
        """Send a create or an update; it must not leave after `send_before` (monotonic seconds).

        Raises NotSentError, RefusedError, ConflictError, UnauthorizedError or InDoubtError, which
        sort the answer. `InDoubtError.stops` says that the provider has to be stopped besides.
        """
