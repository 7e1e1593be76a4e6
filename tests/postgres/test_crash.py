"""P1, P2 and P22 with a state in PostgreSQL: runs die, are cut off, and come at once."""

from __future__ import annotations

import random
import sys
import time

import pytest

from tests.crash import hurry
from tests.crash.scene import SETTLE, ended, killed
from tests.postgres.scene import SEND, go_on, some_runners, stopped

#: Moments of this store, and hits of them at which to die.
POINTS = {"postgres.unwritten": (6, 1), "postgres.committed": (3, 9), "postgres.folded": (1,)}
SHARED = {"lock.held": (1,), "compact.begun": (1,), "compact.written": (1,), "sender.unsent": (2, 5),
          "sender.answered": (2, 6), "before.Made": (3,), "after.Made": (2,)}  # fmt: skip
#: The rest is for campaigns.
SOME = {"postgres.unwritten", "postgres.committed", "postgres.folded", "sender.unsent"}
#: Moments at which the session is ended, or the server stopped, under a run that then goes on.
CUTS = ("postgres.unwritten:4", "postgres.committed:5", "sender.unsent:2", "sender.answered:3",
        "postgres.folded:1", "lock.held:1")  # fmt: skip
OFTEN = {"sender.unsent:2", "postgres.folded:1"}
PRODUCTS = 12


@pytest.fixture
def dead(monkeypatch):
    """Who follows in this process waits no longer than the requests of the dead may leave."""
    hurry.here(monkeypatch, SEND)


def each(points, normal):
    for name, numbers in points.items():
        for number in numbers:
            marks = [] if name in normal and number == numbers[0] else [pytest.mark.campaign]
            yield pytest.param(f"{name}:{number}", id=f"{name}:{number}", marks=marks)


@pytest.mark.parametrize("point", list(each(POINTS | SHARED, SOME)))
def test_killed_on_a_machine_that_is_lost_with_it(place, tmp_path, dead, point):
    with some_runners(place, tmp_path, PRODUCTS) as scene:
        assert killed(scene.start(failpoint=f"{point}:SIGKILL"))
        scene.check_intended()

        scene.recovers()


linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells that a process has stopped")


def often(points):
    return [pytest.param(point, marks=[] if point in OFTEN else [pytest.mark.campaign]) for point in points]


@linux
@pytest.mark.parametrize("point", often(CUTS))
def test_the_session_ends_under_a_run(server, place, tmp_path, dead, point):
    with some_runners(place, tmp_path, PRODUCTS) as scene:
        process = scene.start(failpoint=f"{point}:SIGSTOP")
        stopped(scene, process)
        assert server.terminate()
        go_on(process)

        run = ended(process)

        scene.check_told(run)
        assert run.code == 1
        scene.check_intended()
        scene.recovers()


@linux
@pytest.mark.parametrize("point", often(CUTS[:-2]))
def test_the_server_stops_at_once_and_comes_back(server, place, tmp_path, dead, point):
    with some_runners(place, tmp_path, PRODUCTS) as scene:
        process = scene.start(failpoint=f"{point}:SIGSTOP")
        stopped(scene, process)
        server.stop("immediate")
        server.start()
        go_on(process)

        scene.check_told(ended(process))
        scene.check_intended()
        scene.recovers()


def test_several_at_once_make_every_product_once(place, tmp_path):
    several(place, tmp_path, 3)


@pytest.mark.campaign
def test_eight_at_once_make_every_product_once(place, tmp_path):
    several(place, tmp_path, 8)


def several(place, folder, count):
    with some_runners(place, folder, PRODUCTS) as scene:
        runs = [ended(process) for process in [scene.start("--lock-timeout", "2m") for _ in range(count)]]

        assert [run.code for run in runs] == [0] * count, [run.err for run in runs]
        assert sum("No changes." in run.out for run in runs) == count - 1
        scene.recovers()


@linux
@pytest.mark.campaign
def test_a_holder_that_lives_on_without_its_session_makes_nothing_twice(server, place, tmp_path):
    """The others wait for `send_before` before they say that nothing was made."""
    with some_runners(place, tmp_path, PRODUCTS, parallelism=1) as scene:
        holder = scene.start(failpoint="sender.unsent:3:SIGSTOP")
        stopped(scene, holder)
        server.terminate()
        other = scene.start()
        scene.until(lambda: len(scene.sent()) > PRODUCTS // 2, other)
        time.sleep(1)
        go_on(holder)

        scene.check_told(ended(holder))
        assert ended(other).code == 0
        scene.recovers()


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_killed_at_random_instants_on_machines_that_are_lost(server, places, tmp_path, dead, capsys):
    seed = random.SystemRandom().randrange(10**6)
    chance, products, rounds = random.Random(seed), 60, 50
    figures = {"kills": 0, "doubled": 0, "lost": 0, "made": 0}
    began = time.monotonic()
    for number in range(rounds):
        folder = tmp_path / str(number)
        folder.mkdir()
        with some_runners(places(), folder, products, parallelism=4) as scene:
            process, wanted = scene.start(), chance.randrange(2 * products // 3)
            scene.until(lambda: len(scene.sent()) >= wanted or process.poll() is not None)  # noqa: B023
            time.sleep(chance.random() / 20)
            process.kill()
            figures["kills"] += ended(process).code < 0
            scene.check_intended()
            time.sleep(SETTLE)
            scene.recovers()
            figures["made"] += sum(map(len, scene.there.values()))
            for word in ("doubled", "lost"):
                figures[word] += scene.figures[word]
    seconds = time.monotonic() - began
    with capsys.disabled():
        print("\n| store | applies killed | products made | doubled | lost | seconds | seed |")  # noqa: T201
        print("|---|---:|---:|---:|---:|---:|---:|")  # noqa: T201
        told = (figures[word] for word in ("kills", "made", "doubled", "lost"))
        print(f"| postgres | {' | '.join(map(str, told))} | {seconds:.0f} | {seed} |")  # noqa: T201

    assert (figures["doubled"], figures["lost"]) == (0, 0)
    assert figures["kills"] > rounds // 2
