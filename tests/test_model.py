"""The words themselves: what is frozen, and what a product knows of itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from podsync.model import Address, FrozenDict, Product, freeze, frozen_object, wish_of

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)
_objects = st.dictionaries(st.text(max_size=4), _values, max_size=4)


@given(_objects)
def test_what_is_frozen_while_parsing_is_as_if_frozen_afterwards(value: dict[str, Any]) -> None:
    parsed = json.loads(json.dumps(value), object_pairs_hook=frozen_object)

    assert parsed == freeze(value)
    assert _kinds(parsed) == _kinds(freeze(value))


def _kinds(value: Any) -> Any:
    if isinstance(value, dict):
        return type(value), [_kinds(item) for item in value.values()]
    return type(value), [_kinds(item) for item in value] if isinstance(value, list | tuple) else None


def test_what_a_product_was_told_of_its_wish_is_not_part_of_it_and_not_copied() -> None:
    product = Product(Address("designed_product", "tee"), "kakaclo", "default", FrozenDict(modelId="1"))

    told = replace(product).knowing("0123")

    assert told == product
    assert told.wish == "sha256:0123"
    assert replace(told, spec=FrozenDict(modelId="2")).wish == wish_of(
        FrozenDict(modelId="2"), product.labels, product.lifecycle
    )
