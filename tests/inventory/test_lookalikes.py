"""Which products people, or orders, cannot tell apart."""

from __future__ import annotations

import random
from typing import Any

from podsync.inventory.lookalikes import Resemblance, look_alikes
from podsync.inventory.products import ListedProduct, Standing
from podsync.model.frozen import freeze
from podsync.providers.contract import Remote
from podsync.providers.gelato.provider import Gelato
from podsync.providers.kakaclo.provider import KakaClo
from podsync.providers.knowledge import Provider


def listed(rows: list[dict[str, Any]]) -> list[ListedProduct]:
    return [ListedProduct(Remote(str(n), freeze(row)), Standing.UNMANAGED) for n, row in enumerate(rows)]


def found(provider: Provider, *rows: dict[str, Any]) -> list[tuple[Resemblance, list[str]]]:
    groups = look_alikes(provider, listed(list(rows)))
    return [(group.resemblance, [one.row.id for one in group.products]) for group in groups]


def tee(**change: Any) -> dict[str, Any]:
    return {"modelId": "1", "enName": "Dino", "imageUrl": "https://c.example/f.png", **change}


def bag(name: str, *customers: str) -> dict[str, Any]:
    return {"name": name, "customerIds": customers, "productModelId": "m", "variantOptions": ()}


def test_doubles_come_first_then_names_then_pictures() -> None:
    rows = [
        tee(enName="A", imageUrl="https://c.example/a"), tee(enName="B", imageUrl="https://c.example/a"),
        tee(enName="C", imageUrl="https://c.example/c"), tee(enName=" c ", imageUrl="https://c.example/d"),
        tee(enName="E", imageUrl="https://c.example/e"), tee(enName="E", imageUrl="https://c.example/e"),
    ]  # fmt: skip

    assert found(KakaClo(), *rows) == [
        (Resemblance.DOUBLE, ["4", "5"]),
        (Resemblance.NAME, ["2", "3"]),
        (Resemblance.PICTURE, ["0", "1"]),
    ]


def test_what_differs_in_model_is_no_look_alike() -> None:
    assert found(KakaClo(), tee(), tee(modelId="2"), tee(enName="Кит"), tee(enName="猫", imageUrl=None)) == [
        (Resemblance.PICTURE, ["0", "2"])
    ]


def test_names_and_pictures_that_are_missing_say_nothing() -> None:
    assert found(KakaClo(), *[{"modelId": "1", "enName": " ", "imageUrl": ""}] * 3) == []


def test_where_orders_go_by_name_only_who_shares_a_customer_counts() -> None:
    rows = [
        bag("Bag", "a", "b"),
        bag("Bag", "c"),
        bag("bag", "b", "d"),
        bag("Bag", "d"),
        bag("Bag", "c", "e"),
    ]

    assert found(Gelato(), *rows) == [(Resemblance.NAME, ["0", "2", "3"]), (Resemblance.NAME, ["1", "4"])]
    assert found(Gelato(), *rows, bag("Bag", "*")) == [(Resemblance.NAME, ["0", "1", "2", "3", "4", "5"])]


def test_a_product_of_two_contents_is_like_what_any_of_them_is_like_and_nothings_double() -> None:
    """A listing that is behind shows an older content beside the one of today."""
    one, other, renamed = listed([tee(), tee(), tee(enName="Renamed")])
    older = ListedProduct(Remote(renamed.row.id, one.row.fields), Standing.UNMANAGED)

    def groups(*variants: ListedProduct) -> list[tuple[Resemblance, list[str]]]:
        found = look_alikes(KakaClo(), [one, other, renamed], variants)
        return [(each.resemblance, [p.row.id for p in each.products]) for each in found]

    ids = [each.row.id for each in (one, other, renamed)]
    assert groups()[0] == (Resemblance.DOUBLE, ids[:2])
    assert groups(older)[0] == (Resemblance.NAME, ids)
    again = ListedProduct(
        Remote(one.row.id, tee(enName="Alone", imageUrl="https://x.example/1")), Standing.UNMANAGED
    )
    assert [each for each in groups(again) if each[1] == ids[:1]] == []


def test_groups_of_one_kind_never_overlap() -> None:
    rng = random.Random(5)
    for _ in range(200):
        provider: Provider = KakaClo()
        rows = [
            tee(
                enName=rng.choice("ab"),
                imageUrl=f"https://c.example/{rng.choice('xyz')}",
                modelId=rng.choice("12"),
            )
            for _ in range(8)
        ]
        if rng.random() < 0.5:
            provider, rows = Gelato(), [bag(rng.choice("ab"), *rng.sample("pqrst", 2)) for _ in range(8)]

        groups = look_alikes(provider, listed(rows))

        named = [one.row.id for g in groups if g.resemblance is not Resemblance.PICTURE for one in g.products]
        assert len(named) == len(set(named))
        assert all(len(group.products) > 1 for group in groups)
