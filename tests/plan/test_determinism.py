"""Same input, same bytes; and work that grows with the catalog, not with its square."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from podsync.model.frozen import FrozenDict
from podsync.model.product import Catalog, Product
from podsync.model.settings import Limits
from podsync.plan import planfile
from podsync.plan.planner import make_plan
from podsync.providers.gelato.provider import Gelato
from podsync.providers.kakaclo.provider import KakaClo
from podsync.state.entries import Entry
from podsync.state.model import State
from tests.plan.build import HOSTS, PROVIDERS, UNLIMITED, customer, designed, made, option, orphan, state
from tests.plan.samples import every_action

ROOT = Path(__file__).parent.parent.parent


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    program = (
        "import sys; from podsync.plan import planfile; from tests.plan.samples import every_action as made; "
        "sys.stdout.buffer.write(planfile.dump(made(), noops=True).encode())"
    )
    here = planfile.dump(every_action(), noops=True).encode()

    for seed in ("0", "1", "4242"):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | {
            "PYTHONHASHSEED": seed
        }
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, check=True
        )
        assert done.stdout == here


def _bag(number: int, **more: Any) -> Product:
    fields = {"name": f"B{number}", "productModelId": f"m{number}"} | more
    return customer(f"b-{number}", **fields)


def _world(count: int) -> tuple[list[Product], list[Entry], list[Any]]:
    """Everything at once: unchanged, moved, replaced, new and gone products, and orphans."""
    products, entries, orphans = [], [], []
    for n in range(count):
        own = {"enName": f"N{n}", "imageUrl": f"https://cdn.test/{n}.png"}
        tee = designed(f"t-{n}", **own)
        bag = _bag(n)
        match n % 6:
            case 0:
                products += [tee, bag]
                entries += [made(tee), made(bag)]
            case 1:
                products += [tee, bag]
            case 2:
                products += [designed(f"t-{n}", **own | {"colorValue": "#000000"})]
                products += [_bag(n, customerIds=["*"])]
                entries += [made(tee), made(bag)]
            case 3:
                products += [designed(f"moved-{n}", **own)]
                entries += [made(tee)]
            case 4:
                entries += [made(tee)]
            case 5:
                products += [tee]
                orphans += [orphan(tee)]
    return products, entries, orphans


def _bytes(products: list[Product], entries: list[Entry], orphans: list[Any]) -> str:
    known = State("8f4c", 3, FrozenDict({e.address: e for e in entries}), tuple(orphans))
    catalog = Catalog(tuple(sorted(products, key=lambda p: p.address)))
    return planfile.dump(make_plan(catalog, known, PROVIDERS, hosts=HOSTS, limits=UNLIMITED))


@pytest.mark.parametrize("seed", range(5))
def test_the_same_bytes_whatever_the_order_of_the_state(seed: int) -> None:
    products, entries, orphans = _world(60)
    reference = _bytes(products, entries, orphans)

    chance = random.Random(seed)
    for each in (products, entries, orphans):
        chance.shuffle(each)

    assert _bytes(products, entries, orphans) == reference


class _Counting:
    """A provider that counts how often each of its rules is asked."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._provider, name)
        if not callable(found):
            return found

        def counted(*args: Any) -> Any:
            self.calls[name] += 1
            return found(*args)

        return counted


def _calls(count: int) -> Counter[str]:
    products, entries, orphans = _world(count)
    counting = {"gelato": _Counting(Gelato()), "kakaclo": _Counting(KakaClo())}
    known = state(*entries, orphans=orphans)
    catalog = Catalog(tuple(sorted(products, key=lambda p: p.address)))
    make_plan(catalog, known, counting, hosts=HOSTS, limits=Limits())  # type: ignore[arg-type]
    return counting["gelato"].calls + counting["kakaclo"].calls


def test_ten_thousand_products_are_linear_work() -> None:
    small, large = _calls(600), _calls(6000)

    assert {name: large[name] / small[name] for name in small if large[name] > small[name] * 10.1} == {}
    assert max(large.values()) < 10 * 12_000


def test_a_catalog_where_nothing_differs_is_compared_without_normalising() -> None:
    products = [designed(f"t-{n}", enName=f"N{n}") for n in range(500)]
    counting: Mapping[str, Any] = {"kakaclo": _Counting(KakaClo())}
    catalog = Catalog(tuple(sorted(products, key=lambda p: p.address)))

    make_plan(catalog, state(*map(made, products)), counting, hosts=HOSTS)

    assert counting["kakaclo"].calls["canonical"] == 0


def test_one_edited_option_is_shown_alone_among_many() -> None:
    options = [option(f"o-{n}") for n in range(40)]
    wanted = customer("tote", variantOptions=[option("o-0", "Other"), *options[1:]])
    known = made(customer("tote", variantOptions=options))

    (change,) = make_plan(Catalog((wanted,)), state(known), PROVIDERS, hosts=HOSTS).work

    assert [(f.path, f.before, f.after) for f in change.fields] == [
        ("variantOptions[o-0].name", "O-0", "Other")
    ]
