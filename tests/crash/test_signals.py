"""P12: SIGINT and SIGTERM at each step of a running apply."""

from __future__ import annotations

import itertools
import signal

import pytest

from podsync.cli.environment.clock import SystemClock
from podsync.sandbox import Fault
from podsync.state.local.store import LocalStore
from tests.crash import catalogs
from tests.crash.scene import a_scene, ended
from tests.crash.test_failpoints import STORM

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
CREATES = ("kakaclo.create", "gelato.create")
#: Moments at which the process signals itself; at the last ones all is done, and the apply just ends.
MOMENTS = (
    "sender.announced:1", "before.Intent:1", "after.Intent:2", "sender.unsent:2", "sender.answered:1",
    "sender.answered:5", "before.Made:1", "after.Made:3", "after.Adopted:1", "after.Orphaned:1",
    "after.Restored:1", "after.Bound:1", "apply.looked:1", "apply.worked:1", "apply.finished:1",
)  # fmt: skip
AT_THE_END = ("before.Ended:1", "compact.begun:1", "compact.written:1", "apply.compacted:1")
REPORT = ("-o", "text", "-o", "json=report.json")


def alternating(moments):
    words = itertools.cycle([signal.SIGINT, signal.SIGTERM])
    return [
        pytest.param(moment, word, id=f"{word.name}-{moment}")
        for moment, word in zip(moments, words, strict=False)
    ]


def creates(scene):
    return sum(scene.shops.counts.get(name, 0) for name in CREATES)


def check_stopped(scene, run):
    """The report is complete and true, the journal is closed."""
    report = scene.folder / "report.json"
    assert "Traceback" not in run.err
    scene.quiet()
    scene.check_report(report)
    assert scene.journal_path.read_bytes() == b""
    report.unlink()


@pytest.mark.parametrize(("moment", "word"), alternating(MOMENTS))
def test_stopped_at(scene, moment, word):
    run = ended(scene.start(*REPORT, failpoint=f"{moment}:{word.name}"))

    assert run.code == CODES[word], (run.out, run.err)
    assert "Apply incomplete: " in run.out.splitlines()[-1] or moment in {"apply.finished:1", "after.Bound:1"}
    check_stopped(scene, run)
    scene.recovers()


@pytest.mark.parametrize(("moment", "word"), alternating(AT_THE_END))
def test_stopped_when_everything_is_done(scene, moment, word):
    run = ended(scene.start(*REPORT, failpoint=f"{moment}:{word.name}"))

    assert run.code in {0, CODES[word]}, (run.out, run.err)
    check_stopped(scene, run)
    scene.recovers()


@pytest.mark.parametrize("moment", ["after.Doubted:1", "before.Settled:1", "after.Refused:1"])
def test_stopped_while_the_shops_misbehave_at(template, tmp_path, moment):
    with a_scene(template, tmp_path, *STORM) as scene:
        run = ended(scene.start(*REPORT, failpoint=f"{moment}:SIGTERM"))

        assert run.code == 143, (run.out, run.err)
        check_stopped(scene, run)
        scene.recovers()


@pytest.mark.parametrize("word", CODES, ids=lambda word: word.name)
def test_what_is_on_its_way_gets_time_and_nothing_new_is_sent(scene, word):
    scene.only(catalogs.many(12), timeout=20)
    scene.shops.add_faults(Fault("any", "create", "late", count=None, seconds=1.5))
    process = scene.start(*REPORT)
    scene.until(lambda: creates(scene) == 4, process)

    process.send_signal(word)
    run = ended(process)

    assert run.code == CODES[word], run.err
    assert "Stopping" in run.err
    assert creates(scene) == 4
    assert run.out.splitlines()[-1] == (
        "Apply incomplete: 4 created, 0 updated, 0 replaced, 0 orphaned; 0 failed, 0 in doubt, 8 not tried."
    )
    scene.shops.clear_faults()
    scene.write(catalogs.many(12))
    check_stopped(scene, run)
    scene.recovers()


def test_what_is_on_its_way_for_too_long_is_left_in_doubt(scene):
    scene.only(catalogs.many(4), timeout=60)
    scene.shops.add_faults(Fault("any", "create", "hang", count=None, seconds=60, commit=True))
    process = scene.start(*REPORT)
    scene.until(lambda: creates(scene) == 4, process)

    process.send_signal(signal.SIGTERM)
    run = ended(process)

    assert run.code == 143, run.err
    assert "0 failed, 4 in doubt, 0 not tried." in run.out.splitlines()[-1]
    scene.shops.clear_faults()
    scene.write(catalogs.many(4))
    scene.check_report(scene.folder / "report.json")
    assert len(scene.state().entries) == 4
    (scene.folder / "report.json").unlink()
    recovers_without_quiet(scene)


def recovers_without_quiet(scene):
    """The hanging requests are carried out already; the shops need not end their silence first."""
    run = scene.apply()
    assert run.code == 0, (run.out, run.err)
    scene.check_complete()
    scene.check_idle()


@pytest.mark.parametrize("word", CODES, ids=lambda word: word.name)
def test_a_second_signal_leaves_at_once(scene, word):
    scene.only(catalogs.many(8), timeout=60)
    scene.shops.add_faults(Fault("any", "create", "hang", count=None, seconds=60, commit=True))
    process = scene.start()
    scene.until(lambda: creates(scene) == 4, process)

    process.send_signal(word)
    stopping = process.stderr.readline() + process.stderr.readline()
    process.send_signal(word)
    run = ended(process)

    assert "Stopping" in stopping
    assert run.code == CODES[word]
    assert "Apply incomplete" not in run.out
    assert len(scene.sent()) == 4
    assert set(scene.sent()) <= scene.intents()
    scene.shops.clear_faults()
    scene.write(catalogs.many(8))
    recovers_without_quiet(scene)


@pytest.mark.parametrize("word", CODES, ids=lambda word: word.name)
def test_stopped_while_it_reads_the_listing(scene, word):
    scene.shops.add_faults(Fault("any", "list", "late", count=None, seconds=0.5))
    process = scene.start(*REPORT)
    scene.until(lambda: scene.shops.counts.get("gelato.list"), process)

    process.send_signal(word)
    run = ended(process)

    assert run.code == CODES[word], run.err
    assert creates(scene) == 0
    scene.shops.clear_faults()
    (scene.folder / "report.json").unlink()
    scene.recovers()


@pytest.mark.parametrize("word", CODES, ids=lambda word: word.name)
def test_stopped_while_it_waits_for_what_is_in_doubt(scene, word):
    scene.only(catalogs.many(2), timeout=60)
    scene.shops.add_faults(Fault("any", "create", "fin"))
    process = scene.start(*REPORT)
    line = process.stderr.readline()
    assert "waiting for" in line
    process.send_signal(word)
    run = ended(process)

    assert run.code == CODES[word], run.err
    assert "1 in doubt" in run.out.splitlines()[-1]
    scene.write(catalogs.many(2))
    check_stopped(scene, run)
    scene.recovers()


def test_stopped_while_it_waits_for_the_lock(scene):
    with LocalStore(scene.state_path, clock=SystemClock()).lock("apply", 0):
        waiting = scene.start("--lock-timeout", "5m")
        assert "waiting for" in waiting.stderr.readline()

        waiting.send_signal(signal.SIGINT)
        run = ended(waiting)

    assert run.code == 130, run.err
    assert "Traceback" not in run.err
    assert scene.shops.counts == {}
    scene.recovers()
