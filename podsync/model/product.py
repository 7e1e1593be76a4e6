"""Products as documents want them, and the catalog that holds them all. No I/O."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple, Protocol, Self

from podsync.model.address import Address
from podsync.model.digests import canonical_json, digest, short_digest
from podsync.model.frozen import EMPTY, FrozenDict, Json, Path, Spec, freeze
from podsync.model.json_bytes import parse
from podsync.model.position import NOWHERE, Position, Span


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Protections that a document asks for; kept in the state, so that deleting it lifts none.

    `replace` is how a new product takes over the name of the one before it: `swap`, `staged` (all but the
    exchange of the names), or empty for not at all.
    """

    prevent_replace: bool = False
    prevent_orphan: bool = False
    replace: str = ""

    def to_json(self) -> dict[str, bool | str]:
        """Only what is set, so that an unprotected entry stays short in the state file."""
        kept: dict[str, bool | str] = {"prevent_orphan": True} if self.prevent_orphan else {}
        kept |= {"prevent_replace": True} if self.prevent_replace else {}
        return kept | {"replace": self.replace} if self.replace else kept

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Lifecycle":
        """The inverse of :meth:`to_json`."""
        return cls(
            bool(data.get("prevent_replace")),
            bool(data.get("prevent_orphan")),
            str(data.get("replace") or ""),
        )


UNPROTECTED = Lifecycle()


def _sorted_keys(name: str) -> str:
    try:
        return Address.parse(f"any.{name}").name
    except ValueError:
        return name


class History(NamedTuple):
    """What a document says of the past of its product, each word as the document has it.

    `moved` are former names; None where the document does not say it: `()` means "surely no former name".
    `renamed_from` allows one rename. `adopt` is the id of the product that it describes, `recreate` the id of
    one that is gone and is to be made again. `changed_there` maps fields to the values which the provider's
    own ones have taken the place of.
    """

    moved: tuple[str, ...] | None = None
    renamed_from: str | None = None
    adopt: str | None = None
    recreate: str | None = None
    changed_there: Spec = EMPTY

    @classmethod
    def of(cls, data: Mapping[str, Any], bare_id: Callable[[str], str]) -> "History":
        """Return the history in a valid document, with ids as listings have them; `data` may hold more."""
        if HISTORY_WORDS.isdisjoint(data):
            return NO_HISTORY
        values = {word: freeze(data[word]) for word in HISTORY_WORDS & data.keys()}
        if any("[" in name for name in values.get("moved", ())):
            values["moved"] = tuple(map(_sorted_keys, values["moved"]))
        return cls(
            **values | {word: bare_id(values[word]) for word in ("adopt", "recreate") if word in values}
        )

    @classmethod
    def parse(cls, text: str) -> "History":
        """The inverse of `text`."""
        return cls(**freeze(parse(text))) if text else NO_HISTORY

    @property
    def text(self) -> str:
        """The history as canonical JSON of one object; empty if there is none."""
        if self is NO_HISTORY:
            return ""
        values = {
            word: value for word in HISTORY_WORDS if (value := getattr(self, word)) not in (None, EMPTY)
        }
        return canonical_json(values) if values else ""

    @property
    def asks(self) -> Mapping[str, Json]:
        """The requests about an existing product: `recreate` and `changed_there`."""
        if self is NO_HISTORY:
            return EMPTY
        decisions: dict[str, Json] = {} if self.recreate is None else {"recreate": self.recreate}
        return FrozenDict(
            decisions | {"changed_there": self.changed_there} if self.changed_there else decisions
        )


#: The keys of a document that make its `History`.
HISTORY_WORDS = frozenset(History._fields)
NO_HISTORY = History()


@dataclass(frozen=True, slots=True)
class Product:
    """One wanted product: a valid document of the catalog.

    `positions` maps paths inside the document to spans; it need not be complete.
    """

    address: Address
    provider: str
    account: str
    spec: Spec
    labels: Mapping[str, str] = EMPTY
    lifecycle: Lifecycle = UNPROTECTED
    history: History = NO_HISTORY
    declared_at: Position = NOWHERE
    positions: Mapping[Path, Span | Position] = field(
        default_factory=dict, compare=False, hash=False, repr=False
    )
    # Not part of a product, and not copied by `replace`: a copy may want something else.
    _spec_digest: str = field(default="", init=False, compare=False, hash=False, repr=False)

    @property
    def spec_digest(self) -> str:
        """Digest of what is sent and what the state keeps of it."""
        return f"sha256:{self.spec_hash}"

    @property
    def spec_hash(self) -> str:
        """`spec_digest` without its `sha256:`, as those hold it that keep many."""
        if self._spec_digest:
            return self._spec_digest
        found = spec_digest_of(self.spec, self.labels, self.lifecycle, self.history.asks)
        return found.partition(":")[2]

    def knowing(self, spec_digest: str) -> Self:
        """Return this product with its `spec_digest` (without `sha256:`), computed by the caller."""
        object.__setattr__(self, "_spec_digest", spec_digest)
        return self

    def at(self, path: Path) -> Position:
        """Return the place of the value at `path`, or of the nearest value around it."""
        for length in range(len(path), 0, -1):
            span = self.positions.get(path[:length])
            if span is not None:
                return span if isinstance(span, Position) else Position(self.declared_at.path, *span)
        return self.declared_at


def spec_digest_of(
    spec: Spec | None, labels: Mapping[str, str], lifecycle: Lifecycle, asks: Mapping[str, Json] = EMPTY
) -> str:
    """Return the digest of a wanted or an existing product; equal digests mean the same product.

    The requests of a document (`asks`) are part of the digest: they are approved with the product, and an
    equal entry does not settle them unseen.
    """
    wish: list[Json] = [spec, labels, lifecycle.to_json()]
    return digest([*wish, asks] if asks else wish)


#: What is known of a product whose id came with the answer to its create.
TOLD = "the answer named it"


def seen_ids(shown: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the ids that people see, from the recorded fields of a product."""
    product: Mapping[str, Json] = shown.get("product", EMPTY)
    return product


def identity_of(provider: str, account: str, identity: Json) -> str:
    """Return a digest of what products share if a provider's listing cannot tell them apart."""
    return short_digest([provider, account, identity])


class Index(Protocol):
    """Knowledge about a catalog's products without creating them."""

    @property
    def spec_digests(self) -> Mapping[str, str]:
        """The `Product.spec_digest` of each address as text, without its `sha256:`; in no order."""

    @property
    def digest(self) -> str:
        """The catalog's digest."""

    @property
    def providers(self) -> frozenset[str]:
        """Which providers its products are for."""

    @property
    def removed(self) -> Mapping[str, Position]:
        """Addresses that the catalog lets go on purpose, as text, and where it says so."""

    def product(self, address: str) -> Product:
        """Make one product; raises KeyError for an address that there is none of."""

    def alike(self, identity: str) -> Sequence[Product]:
        """Make the products of one identity, as `identity_of` has it, in the order of addresses."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every wanted product, ordered by address; `digest` covers what is sent and what is kept.

    `products` may be made as they are asked for, each time anew; `index` is set then. `lets_go` are addresses
    that a document names under `removed:`, where there is no index that tells them.
    """

    products: Sequence[Product]
    files: int = 0
    index: Index | None = field(default=None, compare=False)
    lets_go: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[Product]:
        return iter(self.products)

    def __len__(self) -> int:
        return len(self.products)

    @property
    def providers(self) -> frozenset[str]:
        """Which providers its products are for."""
        if self.index is None:
            return frozenset(product.provider for product in self.products)
        return self.index.providers

    def at(self, address: Address) -> Product | None:
        """Return the wanted product of an address."""
        if self.index is None:
            return next((product for product in self.products if product.address == address), None)
        try:
            return self.index.product(str(address))
        except KeyError:
            return None

    @property
    def removed(self) -> Collection[str]:
        """Addresses that the catalog lets go on purpose, as text."""
        return self.lets_go if self.index is None else self.index.removed

    @property
    def digest(self) -> str:
        """Digest over the meaning of all documents, not over their bytes."""
        if self.index is not None:
            return self.index.digest
        rows = ((str(p.address), p.spec_digest, p.history.text) for p in self.products)
        return catalog_digest(rows, sorted(self.lets_go))


def catalog_digest(products: Iterable[tuple[str, str, str]], removed: Iterable[str] = ()) -> str:
    """Digest over address, `spec_digest` and `History.text` of each product, and `removed`; in order."""
    lines: Iterable[str] = (
        f"{address} {spec_digest.removeprefix('sha256:')} {history}\n"
        for address, spec_digest, history in products
    )
    lines = chain(lines, (f"removed {address}\n" for address in removed))
    return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()
