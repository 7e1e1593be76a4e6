"""The words themselves: what is frozen, and what a product knows of itself."""

from __future__ import annotations

from dataclasses import replace

from podsync.model import Address, FrozenDict, Product, wish_of


def test_what_a_product_was_told_of_its_wish_is_not_part_of_it_and_not_copied() -> None:
    product = Product(Address("designed_product", "tee"), "kakaclo", "default", FrozenDict(modelId="1"))

    told = replace(product).knowing("0123")

    assert told == product
    assert told.wish == "sha256:0123"
    assert replace(told, spec=FrozenDict(modelId="2")).wish == wish_of(
        FrozenDict(modelId="2"), product.labels, product.lifecycle
    )
