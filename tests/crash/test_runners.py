"""P1, P2, P7 and P22 with the state on a branch: runners die and lose their disks, or come all at once."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.crash import catalogs
from tests.crash.runners import runners
from tests.crash.scene import ended

#: Where a runner is lost; `True`: in an apply that waited for a lost one's lock, and finds nothing to do.
POINTS = {
    "git.locked:1": False,
    "git.unpushed:1": False,
    "git.pushed:1": False,
    "git.uncompacted:1": False,
    "git.unreleased:1": True,
}
MORE_POINTS = {
    "git.unlocked:1": False,
    "git.compacted:1": False,
    "git.released:1": True,
    "git.pushed:2": False,
    "sender.unsent:3": False,
    "sender.answered:2": False,
    "apply.worked:1": False,
    "after.Intent:2": False,
    "before.Ended:1": False,
    "apply.compacted:1": False,
}


def lost_at(folder, point, idle, products):
    with runners(folder, catalogs.many(products)) as scene:
        if idle:
            assert scene.apply().code == 0
            rm = ("state", "rm", "customer_product.p0")
            assert scene.run(*rm, failpoint="git.locked:1:SIGKILL").code == -9
        assert scene.apply("--lock-timeout", "60s", failpoint=f"{point}:SIGKILL").code == -9
        return scene.recovers()


def lost_everywhere(tmp_path, points, products):
    with ThreadPoolExecutor(len(points)) as pool:
        ways = {
            point: pool.submit(lost_at, tmp_path / point.replace(":", "-"), point, idle, products)
            for point, idle in points.items()
        }
        return {point: way.result() for point, way in ways.items()}


def test_a_runner_lost_at_each_step_of_the_store(tmp_path):
    found = lost_everywhere(tmp_path, POINTS, 6)

    assert {point: figures["made"] for point, figures in found.items()} == dict.fromkeys(POINTS, 6)


@pytest.mark.campaign
def test_a_runner_lost_at_other_steps(tmp_path):
    # More than one push takes: only then does a second one come before the snapshot.
    found = lost_everywhere(tmp_path, MORE_POINTS, 12)

    assert {point: figures["made"] for point, figures in found.items()} == dict.fromkeys(MORE_POINTS, 12)


def lost_at_random(folder, products, seed):
    chance = random.Random(seed)
    with runners(folder, catalogs.many(products)) as scene:
        wanted = chance.randrange(products)
        dead = scene.killed_apply(
            lambda: len([r for r in scene.shops.requests if r.operation == "create"]) >= wanted,
            chance.random() / 4,
        )
        return {**scene.recovers(), "kills": int(dead)}


@pytest.mark.parametrize(
    ("rounds", "products"),
    [(2, 12), pytest.param(50, 60, marks=[pytest.mark.campaign, pytest.mark.timeout(7200)])],
)
def test_runners_lost_at_random_instants(tmp_path, capsys, rounds, products):
    seed = 7 if rounds == 2 else random.SystemRandom().randrange(10**6)
    begun = time.monotonic()
    with ThreadPoolExecutor(5) as pool:
        found = list(
            pool.map(lambda n: lost_at_random(tmp_path / str(n), products, seed * 1000 + n), range(rounds))
        )
    total = {word: sum(each[word] for each in found) for word in found[0]}
    if rounds > 2:
        with capsys.disabled():
            told = ", ".join(f"{value} {word}" for word, value in total.items())
            print(f"\nseed {seed}: {rounds} rounds, {told} in {time.monotonic() - begun:.0f} s")  # noqa: T201

    assert total["made"] == rounds * products
    assert total["kills"] > 0 if rounds == 2 else total["kills"] > rounds // 2


@pytest.mark.parametrize("count", [3, pytest.param(8, marks=pytest.mark.campaign)])
def test_applies_that_come_at_once(tmp_path, count):
    with runners(tmp_path, catalogs.many(10)) as scene:
        folders = [scene.runner() for _ in range(count)]
        words = ("apply", "--auto-approve", "--lock-timeout", "3m")
        processes = [scene.start(folder, *words) for folder in folders]
        runs = [ended(process) for process in processes]

        assert [run.code for run in runs] == [0] * count, [run.err for run in runs]
        assert sum("No changes." in run.out for run in runs) == count - 1
        assert scene.figures() == {"made": 10, "doubled": 0, "lost": 0, "missing": 0}
