"""The words themselves: what is frozen, and what a product knows of itself."""

from __future__ import annotations

from dataclasses import replace

from podsync.model.address import Address
from podsync.model.frozen import FrozenDict
from podsync.model.product import Product, spec_digest_of


def test_what_a_product_was_told_of_its_wish_is_not_part_of_it_and_not_copied() -> None:
    product = Product(Address("designed_product", "tee"), "kakaclo", "default", FrozenDict(modelId="1"))

    told = replace(product).knowing("0123")

    assert told == product
    assert told.spec_digest == "sha256:0123"
    assert replace(told, spec=FrozenDict(modelId="2")).spec_digest == spec_digest_of(
        FrozenDict(modelId="2"), product.labels, product.lifecycle
    )
