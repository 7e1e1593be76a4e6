"""The words: plain frozen values that every other part speaks in. No I/O.

A *spec* is what a provider is sent, in the provider's own field names. It is frozen all the way
down (:func:`freeze`), yet stays a `dict` with `str` keys, so that `json.dumps` takes it as it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from typing import Any, Literal, NamedTuple, NoReturn, Protocol, Self, TypeAlias

from podsync import jsonbytes

#: Any JSON value after :func:`freeze`: mappings are `FrozenDict`, sequences are tuples.
Json: TypeAlias = Any
Spec: TypeAlias = Mapping[str, Json]
#: Where a value stands inside a document: `("spec", "pictures", 0, "url")`.
Path: TypeAlias = tuple[str | int, ...]

DEFAULT_ACCOUNT = "default"


class FrozenDict(dict[str, Json]):
    """A `dict` that cannot be changed after it was made."""

    __slots__ = ()

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        message = "this value is frozen"
        raise TypeError(message)

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        """Hash by content, as frozen dataclasses that hold one do."""
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[FrozenDict], tuple[dict[str, Json]]]:
        """Let `copy` and `pickle` rebuild it without assigning items."""
        return FrozenDict, (dict(self),)


EMPTY: FrozenDict = FrozenDict()
_SCALARS = frozenset({str, int, float, bool, type(None)})


def freeze(value: Any) -> Json:
    """Return `value` with every mapping a `FrozenDict` and every list a tuple."""
    kind = type(value)
    # What a parser returns is just this; asking for the type is three times as fast.
    if kind is dict:
        return FrozenDict({key: freeze(item) for key, item in value.items()})
    if kind is list:
        return tuple([freeze(item) for item in value])
    if kind in _SCALARS:
        return value
    if isinstance(value, Mapping):
        return FrozenDict({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple([freeze(item) for item in value])
    return value


def thaw(value: Json) -> Any:
    """Return a plain, changeable copy: `dict` and `list` again (jsonschema refuses tuples)."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(item) for item in value]
    return value


def canonical_json(value: Any) -> str:
    """Return the one JSON text of `value`: sorted keys, no spaces, UTF-8 kept."""
    return jsonbytes.canonical(value).decode()


def digest(value: Any) -> str:
    """Return `sha256:<hex>` of the canonical JSON of `value`."""
    return "sha256:" + hashlib.sha256(jsonbytes.canonical(value)).hexdigest()


def short_digest(value: Any) -> str:
    """Return 32 hex digits that stand for `value` inside one run and in the cache; never in a file."""
    return hashlib.blake2b(jsonbytes.canonical(value), digest_size=16).hexdigest()


class Span(NamedTuple):
    """Where a value stands in its file; lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Position(NamedTuple):
    """A place in a file. `path` is relative to the folder podsync works in, with forward slashes."""

    path: str
    line: int = 1
    column: int = 1
    end_line: int | None = None
    end_column: int | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


_NOWHERE = Position("")

_ADDRESS = re.compile(r"(?P<kind>[a-z][a-z0-9_]*)\.(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)")
#: Longest `name` of a product document.
NAME_LIMIT = 100


class Address(NamedTuple):
    """`<kind>.<name>`, unique in a catalog. A tuple, because every plan compares and hashes all of them."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read `kind.name`, of whatever kind; raises ValueError for anything that is not an address."""
        match = _ADDRESS.fullmatch(text)
        if match is None or len(match["name"]) > NAME_LIMIT:
            message = f"{text!r} is not an address, KIND.NAME"
            raise ValueError(message)
        return cls(match["kind"], match["name"])


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Protections that a document asks for; kept in the state, so that deleting it lifts none."""

    prevent_replace: bool = False
    prevent_orphan: bool = False

    def to_json(self) -> dict[str, bool]:
        """Only what is set, so that an unprotected entry stays short in the state file."""
        kept = {"prevent_orphan": True} if self.prevent_orphan else {}
        return kept | {"prevent_replace": True} if self.prevent_replace else kept

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Lifecycle:
        """The inverse of :meth:`to_json`."""
        return cls(bool(data.get("prevent_replace")), bool(data.get("prevent_orphan")))


UNPROTECTED = Lifecycle()


@dataclass(frozen=True, slots=True)
class Product:
    """One wanted product: a valid document of the catalog.

    `moved` is None when the document does not say it: `()` means "surely no former name".
    `positions` maps paths inside the document to spans; it need not be complete.
    """

    address: Address
    provider: str
    account: str
    spec: Spec
    labels: Mapping[str, str] = EMPTY
    lifecycle: Lifecycle = UNPROTECTED
    moved: tuple[str, ...] | None = None
    renamed_from: str | None = None
    declared_at: Position = _NOWHERE
    positions: Mapping[Path, Span] = field(default_factory=dict, compare=False, hash=False, repr=False)
    # Not part of a product, and not copied by `replace`: a copy may want something else.
    _wish: str = field(default="", init=False, compare=False, hash=False, repr=False)

    @property
    def wish(self) -> str:
        """Digest of what is sent and what the state keeps of it."""
        return f"sha256:{self._wish}" if self._wish else wish_of(self.spec, self.labels, self.lifecycle)

    def knowing(self, wish: str) -> Self:
        """Return this product, told its `wish` (without `sha256:`) by who has worked it out before."""
        object.__setattr__(self, "_wish", wish)
        return self

    @property
    def former(self) -> str:
        """What the document says of its former self; see :func:`former_of`."""
        return former_of(self.moved, self.renamed_from)

    def at(self, path: Path) -> Position:
        """Return where the value at `path` stands, or the nearest value around it."""
        for length in range(len(path), 0, -1):
            span = self.positions.get(path[:length])
            if span is not None:
                return Position(self.declared_at.path, *span)
        return self.declared_at


def wish_of(spec: Spec | None, labels: Mapping[str, str], lifecycle: Lifecycle) -> str:
    """Digest of a product as a document wants it, or as an entry has it: equal ones are the same."""
    return digest([spec, labels, lifecycle.to_json()])


def former_of(moved: Sequence[str] | None, renamed_from: str | None) -> str:
    """Return `[moved, renamed_from]` as canonical JSON; empty where the document says neither."""
    return "" if moved is None and renamed_from is None else canonical_json([moved, renamed_from])


def seen_ids(shown: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the ids that people see, of what a state or a listing shows of a product."""
    product: Mapping[str, Json] = shown.get("product", EMPTY)
    return product


def identity_of(provider: str, account: str, identity: Json) -> str:
    """Return what products have in common that a provider's listing cannot tell apart."""
    return short_digest([provider, account, identity])


class Index(Protocol):
    """What is known of a catalog's products without making them."""

    @property
    def wishes(self) -> Mapping[str, str]:
        """The `Product.wish` of each address as text, without its `sha256:`; in no order."""

    @property
    def digest(self) -> str:
        """The catalog's digest."""

    @property
    def providers(self) -> frozenset[str]:
        """Which providers its products are for."""

    def product(self, address: str) -> Product:
        """Make one product; raises KeyError for an address that there is none of."""

    def alike(self, identity: str) -> Sequence[Product]:
        """Make the products of one identity, as `identity_of` has it, in the order of addresses."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every wanted product, ordered by address; `digest` covers what is sent and what is kept.

    `products` may be made as they are asked for, each time anew; `index` is set then.
    """

    products: Sequence[Product]
    files: int = 0
    index: Index | None = field(default=None, compare=False)

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

    @property
    def digest(self) -> str:
        """Digest over the meaning of all documents, not over their bytes."""
        if self.index is not None:
            return self.index.digest
        return catalog_digest((str(p.address), p.wish, p.former) for p in self.products)


def catalog_digest(products: Iterable[tuple[str, str, str]]) -> str:
    """Digest over address, `wish` and `former` of each product, in the order of the addresses."""
    lines = (f"{address} {wish.removeprefix('sha256:')} {former}\n" for address, wish, former in products)
    return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


class Selection(NamedTuple):
    """Which addresses a plan is about. Only `*` and `?` are special in the patterns."""

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    selectors: tuple[tuple[str, str], ...] = ()
    replace: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether it leaves anything out (`replace` asks for more, it does not narrow)."""
        return bool(self.targets or self.excludes or self.selectors)

    def takes(self, address: Address, labels: Mapping[str, str]) -> bool:
        """Whether a create, update or replace of this address is asked for."""
        if self.targets and not self.targeted(address):
            return False
        if any(_glob(pattern, str(address)) for pattern in self.excludes):
            return False
        return all(labels.get(key) == value for key, value in self.selectors)

    def targeted(self, address: Address) -> bool:
        """Whether a `--target` names this address."""
        return any(_glob(pattern, str(address)) for pattern in self.targets)

    def to_json(self) -> dict[str, Any] | None:
        """The form of plan files; None when nothing was selected."""
        data = {
            "targets": list(self.targets),
            "excludes": list(self.excludes),
            "selectors": [f"{key}={value}" for key, value in self.selectors],
            "replace": list(self.replace),
        }
        return {key: value for key, value in data.items() if value} or None

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Selection:
        """The inverse of :meth:`to_json`."""
        if data is None:
            return cls()
        selectors = (text.partition("=") for text in data.get("selectors", ()))
        return cls(
            tuple(data.get("targets", ())),
            tuple(data.get("excludes", ())),
            tuple((key, value) for key, _, value in selectors),
            tuple(data.get("replace", ())),
        )


def _glob(pattern: str, text: str) -> bool:
    """Match with `*` and `?` only: brackets stand for themselves (they are part of future addresses)."""
    return re.fullmatch(translate(pattern.replace("[", "[[]")), text) is not None


Severity: TypeAlias = Literal["error", "warning"]
