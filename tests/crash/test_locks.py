"""P7: several applies at once; a holder that dies; a lock file that somebody deletes."""

from __future__ import annotations

import pytest

from podsync.sandbox import Fault
from tests.crash import catalogs
from tests.crash.scene import ended


def holding(scene, seconds=3.0):
    """An apply that has the lock, with a create on its way for some seconds; its successors are quick."""
    scene.write(catalogs.WANTED, timeout=20)
    scene.shops.add_faults(Fault("gelato", "create", "late", seconds=seconds))
    process = scene.start()
    scene.until(lambda: scene.shops.counts.get("gelato.create"), process)
    scene.write(catalogs.WANTED, timeout=seconds + 1)
    return process


@pytest.mark.parametrize("count", [2, 8, pytest.param(16, marks=pytest.mark.campaign)])
def test_several_at_once_that_wait(scene, count):
    processes = [scene.start("--lock-timeout", "2m") for _ in range(count)]
    runs = [ended(process) for process in processes]

    assert [run.code for run in runs] == [0] * count, [run.err for run in runs]
    assert sum("No changes." in run.out for run in runs) == count - 1
    scene.recovers()


def test_several_at_once_that_do_not_wait(scene):
    processes = [scene.start() for _ in range(3)]
    runs = [ended(process) for process in processes]

    assert {run.code for run in runs} <= {0, 6}
    assert 0 in [run.code for run in runs]
    scene.recovers()


def test_one_that_does_not_wait_names_the_holder(scene):
    holder = holding(scene)

    run = scene.apply()

    assert run.code == 6
    assert f"process {holder.pid}, apply" in run.err
    assert ended(holder).code == 0
    scene.recovers()


def test_a_dead_holder_frees_the_lock(scene):
    holder = holding(scene, seconds=0.5)
    holder.kill()
    ended(holder)

    assert scene.apply().code == 0

    scene.recovers()


@pytest.mark.parametrize("what", ["lock_path", "journal_path"])
def test_a_deleted_file_lets_nobody_in(scene, what):
    holder = holding(scene)
    getattr(scene, what).unlink()

    run = scene.apply()

    assert run.code == 6, (run.out, run.err)
    ended(holder)
    scene.recovers()


def test_lock_and_journal_deleted_the_holder_stops_and_nothing_is_doubled(scene):
    """The second one knows from `.podsync` that requests are on their way, and waits for them."""
    holder = holding(scene)
    scene.lock_path.unlink()
    scene.journal_path.unlink()

    scene.apply()
    first = ended(holder)

    assert first.code == 1
    assert "was changed by somebody else" in first.err
    scene.recovers()


@pytest.mark.parametrize("provider", ["kakaclo", "gelato"])
def test_killed_while_a_create_is_on_its_way_and_started_again_at_once(scene, provider):
    """The shop carries it out when the next run is looking for it already."""
    scene.write(catalogs.WANTED, timeout=2)
    scene.shops.add_faults(Fault(provider, "create", "late", count=2, seconds=0.8))
    process = scene.start()
    scene.until(lambda: scene.shops.counts.get(f"{provider}.create"), process)
    process.kill()
    ended(process)

    assert scene.apply().code == 0

    scene.recovers()
