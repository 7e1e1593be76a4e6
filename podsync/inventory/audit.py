"""One account as it was listed, each product with its owner here. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from podsync.evidence.listing import age
from podsync.evidence.state_view import Known
from podsync.inventory.lookalikes import LookAlikes, look_alikes
from podsync.inventory.products import ListedProduct, Standing
from podsync.model.address import Address
from podsync.model.frozen import EMPTY
from podsync.model.known_ids import KnownModel
from podsync.providers.contract import Listing, Remote
from podsync.providers.knowledge import Provider


@dataclass(frozen=True)
class AccountAudit:
    """What one account holds, the oldest product first.

    `whole`: it was read to its end, and nothing moved meanwhile. `models` is the provider's own list, by id;
    empty where it has none. `unseen` are what the state holds and a whole reading did not show.
    `picture_faults` are by id, where the pictures were looked at. `variants` are other contents of listed
    products: a listing that is behind shows two.
    """

    provider: Provider
    base_url: str
    account: str
    products: tuple[ListedProduct, ...]
    whole: bool = True
    models: Mapping[str, KnownModel] = EMPTY
    unseen: tuple[Address, ...] = ()
    picture_faults: Mapping[str, tuple[str, ...]] | None = None
    variants: tuple[ListedProduct, ...] = ()

    @cached_property
    def groups(self) -> tuple[LookAlikes, ...]:
        """Products that look alike."""
        return look_alikes(self.provider, self.products, self.variants)

    @cached_property
    def counts(self) -> Counter[Standing]:
        """Return the number of products for each standing."""
        return Counter(one.standing for one in self.products)

    @cached_property
    def by_model(self) -> Sequence[tuple[str, int]]:
        """Models by `model_of`, with how many products each has, most first."""
        counts = Counter(self.model_of(one) for one in self.products)
        return sorted(counts.items(), key=lambda each: (-each[1], each[0]))

    @property
    def without_values(self) -> tuple[ListedProduct, ...]:
        """Products that cannot be ordered: an option of theirs has no value."""
        return tuple(one for one in self.products if one.open_options)

    def model_of(self, one: ListedProduct) -> str:
        """Return the id of a product's model, its code where the id is not known, "" where neither is."""
        return str(one.row.fields.get(self.provider.model_field) or one.row.facts.get("code") or "")

    def has_left(self, model: str) -> bool:
        """Whether the provider has a list of models, and this one is not in it."""
        return bool(self.models) and model not in self.models


def audited(
    known: Known,
    base_url: str,
    listing: Listing,
    *,
    adopted: Mapping[str, Address] = EMPTY,
    models: Sequence[KnownModel] = (),
) -> AccountAudit:
    """Return the contents of an account.

    `adopted` maps ids to the documents that name them.
    """
    owners = {one.id: (Standing.ORPHAN, one.address) for one in known.orphans if one.id is not None}
    owners |= {identity: (Standing.MANAGED, address) for identity, address in adopted.items()}
    owners |= {one.id: (Standing.MANAGED, one.address) for one in known.entries if one.id is not None}
    strangers = known.foreign
    open_options = known.provider.open_options

    def product(row: Remote) -> ListedProduct:
        standing, address = owners.get(row.id, (None, None))
        if standing is None:
            standing = Standing.IGNORED if row.id in strangers else Standing.UNMANAGED
        return ListedProduct(row, standing, address, open_options(row.fields))

    there = {row.id for row in listing.items}
    unseen = [one.address for one in known.items if one.id in known.listed and one.id not in there]
    return AccountAudit(
        known.provider,
        base_url,
        known.account,
        tuple(product(row) for row in sorted(listing.items, key=age)),
        listing.complete,
        {model.id: model for model in models},
        tuple(sorted(unseen)) if listing.complete else (),
        variants=tuple(map(product, listing.variants)),
    )
