"""The record of a valid file: text only, small, and the same whether it was read now or cached.

Every product of a catalog passes through this form, from this process, from a worker process, or from the
cache. So the three cannot differ.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from sys import intern
from typing import Any, NamedTuple

from podsync.catalog.validation.fingerprints import fingerprints_of
from podsync.model.address import DEFAULT_ACCOUNT, Address
from podsync.model.frozen import EMPTY, FrozenDict, Json, Path, Spec
from podsync.model.json_bytes import compact, parse
from podsync.model.position import Position, Span
from podsync.model.product import UNPROTECTED, History, Lifecycle, Product, spec_digest_of
from podsync.providers.knowledge import Provider


class ProductRecord(NamedTuple):
    """One product. `start` is four numbers, `traits` are those of `cross_document_rules`, `body` is JSON.

    The body keeps the order in which keys were written: it is the order in which they are sent.
    """

    address: str
    start: str
    spec_digest: str
    history: str
    traits: str
    body: str


def digest_of(raw: bytes) -> str:
    """Return the digest of a file's content in the cache: 32 hex digits."""
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def keep(product: Product, provider: "Provider") -> ProductRecord:
    """Return the record of a product."""
    _, line, column, end_line, end_column = product.declared_at
    return kept_of(
        str(product.address),
        (line, column, end_line or line, end_column or column),
        product.history,
        (product.spec, product.labels, product.lifecycle),
        provider,
    )


def kept_of(
    address: str,
    start: Span,
    history: History,
    wanted: tuple[Spec, Mapping[str, str], Lifecycle],
    provider: "Provider",
) -> ProductRecord:
    """Return the record of a product that begins at `start`; `wanted` is the body of its document."""
    spec, labels, lifecycle = wanted
    return ProductRecord(
        address,
        _start(start),
        spec_digest_of(spec, labels, lifecycle, history.asks).partition(":")[2],
        history.text,
        " ".join(fingerprints_of(provider, DEFAULT_ACCOUNT, spec)),
        compact([spec, labels, lifecycle.to_json()]).decode(),
    )


def product_of(
    kept: ProductRecord, path: str, provider: "Provider", positions: Mapping[Path, Span | Position]
) -> Product:
    """Make the product again; the inverse of :func:`keep`."""
    spec, labels, lifecycle = parse(kept.body)
    product = Product(
        Address(provider.kind, kept.address.partition(".")[2]),
        provider.name,
        DEFAULT_ACCOUNT,
        FrozenDict({key: _shared(part) if type(part) in _PARTS else part for key, part in spec.items()}),
        _shared(labels) if labels else EMPTY,
        Lifecycle.from_json(lifecycle) if lifecycle else UNPROTECTED,
        History.parse(kept.history),
        Position(path, *_numbers(kept.start)),
        positions,
    )
    return product.knowing(kept.spec_digest)


@lru_cache(maxsize=1024)
def _start(start: Span) -> str:
    """Write a `ProductRecord.start`: one text for all documents that begin at the same place."""
    return ":".join(map(str, start))


#: Texts and numbers are what they are.
_PARTS = frozenset({list, dict})


def _shared(part: Json) -> Json:
    """Freeze a part of a spec; products that are alike in it, or in an item of it, hold the same one.

    Ten thousand products take half the memory then.
    """
    if type(part) is list and dict in map(type, part):
        return tuple([_shared(item) if type(item) in _PARTS else item for item in part])
    text = compact(part).decode()  # the bytes would hold on to all of the room that they were written into
    frozen = _frozen.get(text)
    if frozen is None:
        if len(_frozen) >= _MOST_FROZEN:
            _frozen.clear()
        frozen = _frozen[text] = _with_shared_texts(part)
    return frozen


#: The parts that were frozen last, by their JSON.
_frozen: dict[str, Json] = {}
_MOST_FROZEN = 4096


def _with_shared_texts(part: Any) -> Json:
    """Do what `freeze` does; a text that other specs hold too is one for all of them."""
    kind = type(part)
    if kind is dict:
        return FrozenDict({
            key: intern(item) if type(item) is str else _with_shared_texts(item) for key, item in part.items()
        })  # fmt: skip
    if kind is list:
        return tuple([intern(item) if type(item) is str else _with_shared_texts(item) for item in part])
    return part


@lru_cache(maxsize=1024)
def _numbers(start: str) -> tuple[int, ...]:
    """Read a `ProductRecord.start`: most documents of a catalog begin at the same few."""
    return tuple(map(int, start.split(":")))
