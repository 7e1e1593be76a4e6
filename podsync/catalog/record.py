"""What is kept of a valid file: text only, small, and the same whether it was read now or long ago.

Every product of a catalog passes through this form, from this process, from another one that helps
to read, or from the cache. So the three cannot differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from podsync.catalog.cache.clash_candidates import fingerprints_of
from podsync.catalog.parsing.source_text import RawSpan
from podsync.catalog.rules import document_faults
from podsync.catalog.validation.validator import accepts
from podsync.model.address import DEFAULT_ACCOUNT, Address
from podsync.model.frozen import EMPTY, Path, Spec, freeze
from podsync.model.json_bytes import compact, parse
from podsync.model.position import Position, Span
from podsync.model.product import UNPROTECTED, History, Lifecycle, Product, spec_digest_of

if TYPE_CHECKING:
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
    """Return what stands for a file's content in the cache: 32 hex digits."""
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def keep(product: Product, start: RawSpan, provider: Provider) -> ProductRecord:
    """Return what is kept of a product that begins at `start`."""
    return _kept(
        str(product.address),
        start,
        product.history,
        (product.spec, product.labels, product.lifecycle),
        provider,
    )


def _kept(
    address: str,
    start: RawSpan,
    history: History,
    wanted: tuple[Spec, Mapping[str, str], Lifecycle],
    provider: Provider,
) -> ProductRecord:
    spec, labels, lifecycle = wanted
    return ProductRecord(
        address,
        ":".join(map(str, start)),
        spec_digest_of(spec, labels, lifecycle, history.asks).partition(":")[2],
        history.text,
        " ".join(fingerprints_of(provider, DEFAULT_ACCOUNT, spec)),
        compact([spec, labels, lifecycle.to_json()]).decode(),
    )


def product_of(kept: ProductRecord, path: str, provider: Provider, positions: Mapping[Path, Span]) -> Product:
    """Make the product again; the inverse of :func:`keep`."""
    spec, labels, lifecycle = parse(kept.body)
    kind, _, name = kept.address.partition(".")
    product = Product(
        Address(kind, name),
        provider.name,
        DEFAULT_ACCOUNT,
        freeze(spec),
        freeze(labels) if labels else EMPTY,
        Lifecycle.from_json(lifecycle) if lifecycle else UNPROTECTED,
        History.parse(kept.history),
        Position(path, *_numbers(kept.start)),
        positions,
    )
    return product.knowing(kept.spec_digest)


@lru_cache(maxsize=1024)
def _numbers(start: str) -> tuple[int, ...]:
    """Read a `ProductRecord.start`: most documents of a catalog begin at the same few."""
    return tuple(map(int, start.split(":")))


def quick_read(raw: bytes, by_kind: Mapping[str, Provider]) -> list[ProductRecord] | None:
    """Return what a file without any fault or warning holds; None: `source` has to read it."""
    from podsync.catalog.cache import fast_yaml

    documents = fast_yaml.read(raw)
    if documents is None:
        return None
    kept = []
    for data, start in documents:
        kind = data.get("kind")
        provider = by_kind.get(kind) if isinstance(kind, str) else None
        if provider is None or not accepts(provider.kind, data):
            return None
        address = f"{kind}.{data['name']}"
        try:
            Address.parse(address)
        except ValueError:
            return None
        spec = freeze(data["spec"])
        if any(document_faults(data, spec, provider)):
            return None
        lifecycle = Lifecycle.from_json(data["lifecycle"]) if data.get("lifecycle") else UNPROTECTED
        history = History.of(data, provider.info.bare_id)
        kept.append(_kept(address, start, history, (spec, data.get("labels", EMPTY), lifecycle), provider))
    return kept
