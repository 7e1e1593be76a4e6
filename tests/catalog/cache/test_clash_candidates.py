"""The rules find the same in the candidates for a clash as in all products."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podsync.catalog.cache.clash_candidates import Columns, clash_candidates, shares_nothing
from podsync.catalog.validation.cross_document_rules import cross_check
from podsync.catalog.validation.fingerprints import FingerprintRow, fingerprints_of
from podsync.model.address import DEFAULT_ACCOUNT, Address
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import freeze
from podsync.model.position import Position
from podsync.model.product import History, Product
from podsync.model.settings import Settings
from podsync.providers.registry import kinds, providers

KNOWN = providers(Settings())
_few = st.sampled_from(["a", "b", "c"])
_names = st.sampled_from([f"n{number}" for number in range(12)])
_designed = st.fixed_dictionaries(
    {"modelId": st.just("1"), "enName": _few, "imageUrl": _few, "colorValue": st.sampled_from(["#1", "#2"])},
    optional={"materialImages": st.lists(st.fixed_dictionaries({"imageUrl": _few}), max_size=1)},
).map(lambda spec: ("designed_product", spec))
_customer = st.fixed_dictionaries(
    {"name": _few, "customerIds": st.lists(st.sampled_from(["x", "y", "*"]), min_size=1, unique=True)}
).map(lambda spec: ("customer_product", spec))
_moved = st.none() | st.lists(_names, max_size=2)


_documents = st.lists(st.tuples(_designed | _customer, _names, _moved), max_size=8)


class Shop:
    """Products of these documents, and what the rules see of them."""

    def __init__(self, documents: list[Any]) -> None:
        self.products = [
            Product(
                Address(kind, name),
                kinds()[kind],
                DEFAULT_ACCOUNT,
                freeze(spec),
                history=History(moved=None if moved is None else tuple(moved)),
                declared_at=Position(f"{number:02}.yaml"),
            )
            for number, ((kind, spec), name, moved) in enumerate(documents)
        ]
        traits = [fingerprints_of(KNOWN[each.provider], each.account, each.spec) for each in self.products]
        addresses = [str(each.address) for each in self.products]
        histories = [each.history.text for each in self.products]
        self.columns = Columns(addresses, [" ".join(each) for each in traits], histories)
        self.rows = [
            FingerprintRow(*each)
            for each in zip(range(len(addresses)), addresses, traits, histories, strict=True)
        ]

    def faults(self, numbers: Iterable[int]) -> list[Diagnostic]:
        rows = [self.rows[number] for number in numbers]
        return cross_check(rows, self.products.__getitem__, KNOWN, lambda _: "", lambda _: True)


@settings(max_examples=300, deadline=None)
@given(_documents)
def test_suspects_are_all_that_a_rule_has_a_word_about(documents: list[Any]) -> None:
    shop = Shop(documents)

    assert shop.faults(clash_candidates(shop.columns)) == shop.faults(range(len(documents)))


@settings(max_examples=1000, deadline=None)
@given(_documents, st.data())
def test_what_was_faultless_stays_so_with_products_that_share_nothing(
    documents: list[Any], data: st.DataObject
) -> None:
    shop = Shop(documents)
    numbers = range(len(documents))
    news = sorted(data.draw(st.sets(st.sampled_from(numbers), max_size=3))) if numbers else []
    old = [number for number in numbers if number not in news]

    if not shop.faults(old) and shares_nothing(shop.columns, news):
        assert not shop.faults(numbers)


@settings(max_examples=500, deadline=None)
@given(_documents, st.data())
def test_fewer_products_have_no_new_faults(documents: list[Any], data: st.DataObject) -> None:
    """What `shares_nothing` relies on where a product was changed or removed."""
    numbers = range(len(documents))
    fewer = sorted(data.draw(st.sets(st.sampled_from(numbers)))) if numbers else []
    shop = Shop(documents)

    if not shop.faults(numbers):
        assert not shop.faults(fewer)


def test_products_that_share_nothing_are_no_candidates() -> None:
    for traits in (["1 2 3 4 5", "6 7 3 8 5"], ["1    ", "2    "]):
        columns = Columns(["k.a", "k.b"], traits, ["", ""])
        assert clash_candidates(columns) == []
        assert shares_nothing(columns, [1])


@pytest.mark.parametrize(
    "columns",
    [
        Columns(["k.a", "k.a"], ["1 2 3 4 5", "6 7 3 8 5"], ["", ""]),
        Columns(["k.a", "k.b"], ["1 2 3 4 5", "1 7 3 8 5"], ["", ""]),
        Columns(["k.a", "k.b"], ["1 2 3 4 5", "6 2 3 8 5"], ["", ""]),
        Columns(["k.a", "k.b"], ["1 2 3 4 5", "6 7 3 4 5"], ["", ""]),
        Columns(["k.a", "k.b"], ["1 2 3 4 5", "6 7 3 8 5"], ["[[],null]", ""]),
    ],
    ids=["address", "identity", "picture", "design", "former"],
)
def test_whatever_is_shared_is_looked_at(columns: Columns) -> None:
    assert not shares_nothing(columns, [1])
