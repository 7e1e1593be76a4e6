"""Looking only at suspects finds what looking at everything finds."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from podsync.catalog.crossfile import cross_check, suspects
from podsync.catalog.traits import Row, traits_of
from podsync.model import DEFAULT_ACCOUNT, KINDS, Address, Position, Product, freeze
from podsync.providers.registry import providers
from podsync.settings import Settings

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


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(_designed | _customer, _names, _moved), max_size=8))
def test_suspects_are_all_that_a_rule_has_a_word_about(documents: list[Any]) -> None:
    products = [
        Product(
            Address(kind, name),
            KINDS[kind],
            DEFAULT_ACCOUNT,
            freeze(spec),
            moved=None if moved is None else tuple(moved),
            declared_at=Position(f"{number:02}.yaml"),
        )
        for number, ((kind, spec), name, moved) in enumerate(documents)
    ]
    traits = [traits_of(KNOWN[each.provider], each.account, each.spec) for each in products]
    addresses = [str(each.address) for each in products]
    formers = [each.former for each in products]
    rows = [Row(*each) for each in zip(range(len(products)), addresses, traits, formers, strict=True)]

    chosen = suspects(addresses, [" ".join(each) for each in traits], formers)

    everything, some = (
        cross_check(those, products.__getitem__, KNOWN, lambda _: "", lambda _: True)
        for those in (rows, [rows[number] for number in chosen])
    )
    assert some == everything


def test_products_that_share_nothing_are_no_suspects() -> None:
    assert suspects(["k.a", "k.b"], ["1 2 3 4 5", "6 7 3 8 5"], ["", ""]) == []
    assert suspects(["k.a", "k.b"], ["1    ", "2    "], ["", ""]) == []
