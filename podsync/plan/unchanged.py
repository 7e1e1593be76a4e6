"""Pairs that surely need no decision: a document and its entry with equal digests.

If a catalog and a state are unchanged files, only their digests are read: equal digests need no change, and
neither the product nor the entry is created as an object. All other pairs are decided one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from podsync.model.address import Selection
from podsync.model.frozen import Spec
from podsync.model.product import Catalog, Product, identity_of
from podsync.providers.knowledge import Provider
from podsync.state.model import LazyEntries, State


class UnchangedPairs:
    """The products where nothing differs: their entries are what their documents say."""

    def __init__(self, catalog: Catalog | None = None, addresses: frozenset[str] = frozenset()) -> None:
        self.catalog = catalog
        self.addresses = addresses

    def __len__(self) -> int:
        return len(self.addresses)

    def alike(self, provider: Provider, account: str, spec: Spec) -> Iterator[Product]:
        """Yield the products that a listing shows like one of this spec, in the order of addresses."""
        if self.catalog is None or self.catalog.index is None:
            return
        wanted = identity_of(provider.name, account, provider.identity(spec))
        for product in self.catalog.index.alike(wanted):
            if str(product.address) in self.addresses:
                yield product


class Split(NamedTuple):
    """Catalog and state without the unchanged pairs, and those pairs."""

    catalog: Catalog
    state: State
    settled: UnchangedPairs


def split(catalog: Catalog, state: State, selection: Selection, *, every: bool) -> Split:
    """Set the unchanged pairs aside; none if `every` change is shown or there is a selection."""
    index, entries = catalog.index, state.entries
    selected = selection.to_json() is not None
    if every or selected or index is None or not isinstance(entries, LazyEntries):
        return Split(catalog, state, UnchangedPairs())
    outline = entries.outline
    same = frozenset(
        address
        for address, spec_digest in outline.spec_digests.items()
        if spec_digest and index.spec_digests.get(address) == spec_digest
    )
    products = [index.product(address) for address in sorted(index.spec_digests.keys() - same)]
    left = outline.spec_digests.keys() - same
    made = MappingProxyType(entries.some(left) if left else {})
    lets_go = frozenset(catalog.removed) if left else frozenset()
    return Split(
        Catalog(products, catalog.files, lets_go=lets_go),
        replace(state, entries=made),
        UnchangedPairs(catalog, same),
    )
