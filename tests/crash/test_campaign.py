"""The long way: 150 products, killed fifty times at random instants; with and without random faults."""

from __future__ import annotations

import random
import time

import pytest

from podsync.sandbox import Fault
from tests.crash import catalogs
from tests.crash.scene import SETTLE, a_scene, ended

ROUNDS, PRODUCTS = 50, 150
pytestmark = [pytest.mark.campaign, pytest.mark.timeout(7200)]


def random_faults(seed):
    """One create in six ends badly, carried out or not; now and then a listing does."""
    kinds = ("fin", "rst", "half", "status:500", "status:502", "status:429", "html", "empty", "garbage")
    writes = [
        Fault("any", operation, kind, count=None, probability=0.02, seed=seed * 100 + number, commit=commit)
        for number, kind in enumerate(kinds)
        for operation in ("create", "update")
        for commit in ((False,) if kind == "status:429" else (False, True))
    ]
    reads = [
        Fault("any", "list", kind, count=None, probability=0.01, seed=seed + number)
        for number, kind in enumerate(("fin", "html", "status:500"))
    ]
    return [*writes, *reads]


@pytest.mark.parametrize("faulty", [False, True], ids=["sandbox", "random faults"])
def test_killed_at_random_instants(template, tmp_path, capsys, faulty):
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    with capsys.disabled():
        print(f"\nseed {seed}")  # noqa: T201
    figures = {"kills": 0, "doubled": 0, "lost": 0, "made": 0}
    began = time.monotonic()
    for number in range(ROUNDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        faults = random_faults(seed + number) if faulty else []
        with a_scene(template, folder, *faults) as scene:
            scene.only(catalogs.many(PRODUCTS), parallelism=4)
            process = scene.start()
            wanted = chance.randrange(2 * PRODUCTS // 3)
            scene.until(lambda: len(scene.sent()) >= wanted or process.poll() is not None)  # noqa: B023
            time.sleep(chance.random() / 20)
            process.kill()
            figures["kills"] += ended(process).code < 0
            if faulty:
                scene.apply()
                scene.shops.clear_faults()
                time.sleep(SETTLE)
            scene.recovers()
            figures["made"] += sum(map(len, scene.there.values()))
            for word in ("doubled", "lost"):
                figures[word] += scene.figures[word]
    with capsys.disabled():
        told = ", ".join(f"{value} {word}" for word, value in figures.items())
        print(f"\nseed {seed}: {told} in {time.monotonic() - began:.0f} s")  # noqa: T201

    assert figures["kills"] > ROUNDS // 2
