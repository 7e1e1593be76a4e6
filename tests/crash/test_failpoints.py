"""P1 and P2: killed at every named failpoint, then applied again."""

from __future__ import annotations

import ast
import time
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

import podsync
from podsync.sandbox import Fault
from podsync.state.events import Event
from tests.crash import catalogs, strange, test_runners
from tests.crash.scene import SETTLE, STATE, TIMEOUT, a_scene, ended, killed
from tests.postgres import test_crash as postgres

#: Moments of one name; the counts are of hits at which to die.
MOMENTS: dict[str, tuple[int, ...]] = {
    "lock.held": (1,),
    "journal.unwritten": (1, 4, 9),
    "journal.written": (1, 6, 12),
    "journal.synced": (1, 8),
    "file.created": (1, 3),
    "file.written": (1, 3, 4),
    "file.synced": (2, 3, 4),
    "file.renamed": (1, 3, 4, 5),
    "apply.looked": (1,),
    "apply.worked": (1,),
    "apply.finished": (1,),
    "apply.compacted": (1,),
    "apply.remembered": (1,),
    "newest.unwritten": (1, 6, 12),
    "newest.written": (1, 6, 12),
    "compact.begun": (1,),
    "compact.written": (1,),
    "journal.truncated": (1,),
    "compact.emptied": (1,),
    "sender.announced": (1, 2),
    "sender.unsent": (1, 3, 6),
    "sender.answered": (1, 2, 4, 6),
}
#: Before or after an event is durable. Those in STORMY come only where the shops misbehave.
EVENTS: dict[str, tuple[int, ...]] = {
    "Begun": (1,), "Ended": (1,), "Intent": (2, 5), "Made": (1, 4), "Bound": (1, 3), "Adopted": (1, 2),
    "Orphaned": (1, 2), "Restored": (1, 2), "Gone": (1,), "Moved": (1, 2), "Noted": (1,),
    "Confirmed": (1,), "Landmarked": (1,), "Looked": (1,), "Missed": (1,), "ModelsSeen": (1,),
}  # fmt: skip
STORMY = {"Doubted": (1, 3), "Settled": (1, 2), "Refused": (1, 2), "NotSent": (1,)}
#: Events that no apply records: what is recalled is written with the first that it does.
NEVER = {"Emptied", "Forgotten", "Identified", "Recalled", "Resumed"}


def around(events):
    return {f"{when}.{name}": numbers for name, numbers in events.items() for when in ("before", "after")}


CALM_POINTS = MOMENTS | around(EVENTS)
STRANGE_POINTS = around(dict.fromkeys(strange.SCENES, (1,)))
STORMY_POINTS = {"sender.failed": (1, 4)} | around(STORMY)
#: What the shops do to the creates of some products, once each.
STORM = (
    Fault("kakaclo", "create", "fin", commit=True, contains="Tee new-1"),
    Fault("kakaclo", "create", "rst", contains="Tee new-2"),
    Fault("kakaclo", "create", "code:20013", contains="Tee another"),
    Fault("gelato", "create", "half", commit=True, contains="Poster new-1"),
    Fault("gelato", "create", "status:429", headers=(("Retry-After", "0.1"),), contains="Poster new-2"),
    Fault("gelato", "update", "status:500", commit=True),
    Fault("gelato", "update", "status:400"),
)


#: After the first answer, when a state is lost whose run died: what happens to be in the copy then.
GONE_POINTS = {
    "before.Made": (3, 7), "after.Made": (2, 8), "newest.unwritten": (9,), "newest.written": (8, 13),
    "journal.written": (9, 13), "before.Bound": (1,), "compact.written": (1,), "apply.compacted": (1,),
}  # fmt: skip


def each(points):
    """Each name once in every run, its other hits in campaigns."""
    return [
        pytest.param(
            f"{name}:{number}", id=f"{name}:{number}", marks=[pytest.mark.campaign][: number != numbers[0]]
        )
        for name, numbers in points.items()
        for number in numbers
    ]


def seldom(points):
    """After each in every run, before it in campaigns: the scenes take seconds."""
    marks = {"after": [], "before": [pytest.mark.campaign]}
    return [pytest.param(f"{p}:1", id=f"{p}:1", marks=marks[p.partition(".")[0]]) for p in points]


@pytest.mark.parametrize("point", each(CALM_POINTS))
def test_killed_at(scene, point):
    assert killed(scene.start(failpoint=f"{point}:SIGKILL"))

    scene.recovers()


@pytest.mark.parametrize("point", each(STORMY_POINTS))
def test_killed_while_the_shops_misbehave_at(template, tmp_path, point):
    with a_scene(template, tmp_path, *STORM) as scene:
        assert killed(scene.start(failpoint=f"{point}:SIGKILL"))

        scene.recovers()


@pytest.mark.parametrize("point", seldom(STRANGE_POINTS))
def test_killed_where_something_was_learned_at(scene, point):
    it = strange.Strange(scene)
    strange.SCENES[point.partition(":")[0].partition(".")[2]](it)

    assert killed(scene.start(*it.words, failpoint=f"{point}:SIGKILL"))

    it.recovers()


@pytest.mark.parametrize("point", each(GONE_POINTS))
def test_killed_at_and_then_the_state_is_gone_and_what_was_made_is_hidden(scene, point):
    """`.podsync` alone knows what was sent: an account that lists nothing proves nothing of that."""
    scene.only(catalogs.many(8))
    assert killed(scene.start(failpoint=f"{point}:SIGKILL"))
    scene.quiet()
    for path in scene.folder.glob(f"{STATE}*"):
        path.unlink()
    scene.shops.rules = replace(scene.shops.rules, hidden="e")  # a letter of every name

    for _ in range(3):
        assert scene.apply().code in {0, 4, 8}
        time.sleep(TIMEOUT + SETTLE)

    assert sorted(set(scene.sent())) == sorted(scene.sent())


def test_what_a_dead_run_left_half_written_in_the_cache_is_removed_by_the_next(scene):
    assert killed(scene.start(failpoint="file.written:1:SIGKILL"))
    assert list(scene.folder.glob(".podsync/*/*.tmp-*"))

    assert scene.apply().code == 0

    assert not list(scene.folder.glob(".podsync/*/*.tmp-*"))


def test_every_failpoint_of_the_program_is_tested():
    runners = {point.split(":")[0] for point in {*test_runners.POINTS, *test_runners.MORE_POINTS}}
    tested = {*CALM_POINTS, *STORMY_POINTS, *STRANGE_POINTS, *runners, *postgres.POINTS}
    words = {event.__name__ for event in get_args(Event)} - NEVER
    there = set()
    for path in Path(podsync.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "hit":
                name = ast.literal_eval(node.args[0])
                there |= {f"{name}.{word}" for word in words} if len(node.args) > 1 else {name}

    assert tested == there


def test_a_failpoint_that_is_never_reached_changes_nothing(scene):
    run = ended(scene.start(failpoint="nowhere:1:SIGKILL"))

    assert run.code == 0, run.err
    scene.recovers()
