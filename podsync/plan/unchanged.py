"""What surely needs no decision: a document and its entry that ask for the very same.

Where both sides are known by their digests alone (a catalog and a state of files that have not changed),
equal digests settle it, and neither side is ever made. What is left goes the long way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from podsync.model.address import Selection
from podsync.model.frozen import Spec
from podsync.model.product import Catalog, Product, identity_of
from podsync.state.model import LazyEntries, State

if TYPE_CHECKING:
    from podsync.providers.knowledge import Provider


class UnchangedPairs:
    """The products where nothing differs: their entries are what their documents say."""

    def __init__(self, catalog: Catalog | None = None, addresses: frozenset[str] = frozenset()) -> None:
        self.catalog = catalog
        self.addresses = addresses

    def __len__(self) -> int:
        return len(self.addresses)

    def alike(self, provider: Provider, account: str, spec: Spec) -> Iterator[Product]:
        """Yield those that a listing shows like a product of this spec, in the order of addresses."""
        if self.catalog is None or self.catalog.index is None:
            return
        wanted = identity_of(provider.name, account, provider.identity(spec))
        for product in self.catalog.index.alike(wanted):
            if str(product.address) in self.addresses:
                yield product


class Split(NamedTuple):
    """Catalog and state without what is settled, and that."""

    catalog: Catalog
    state: State
    settled: UnchangedPairs


def split(catalog: Catalog, state: State, selection: Selection, *, every: bool) -> Split:
    """Set aside what is settled; nothing is, when `every` change is to be told or a selection made."""
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
