from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podsync.model.errors import StateError
from podsync.model.frozen import freeze
from podsync.state.formats import journal, statefile
from podsync.state.local.store import LocalStore
from podsync.state.model import State
from podsync.state.reducer.reducer import replay
from tests.state.faulty import EIO, ENOSPC, Died, FakeClock, FaultyFiles
from tests.state.histories import histories, simple

EVENTS = simple(4)


@pytest.fixture
def files():
    return FaultyFiles()


@pytest.fixture
def notes():
    return []


@pytest.fixture
def make(tmp_path, files, notes):
    def make(files=files):
        return LocalStore(tmp_path / "s.json", clock=FakeClock(), files=files, on_note=notes.append)

    return make


def plain(state):
    """A state without what only the store adds to it."""
    return replace(state, lineage="", lost=False)


def everything(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir() if not each.name.endswith(".lock")}


def apply(store, events, *, compact=True):
    """What a run does: lock, load, append one by one, compact."""
    with store.lock("apply", 0):
        state = store.load()
        for event in events:
            store.append([event])
            state = replay(state, [event])
        if compact:
            store.compact(state)
    return state


def test_no_file_is_the_empty_state(make, tmp_path):
    assert make().load() == State()
    assert list(tmp_path.iterdir()) == []


def test_what_was_appended_is_loaded_with_and_without_a_snapshot(make):
    state = apply(make(), EVENTS, compact=False)
    assert plain(make().load()) == plain(state) == replay(State(), EVENTS)

    compacted = apply(make(), [])

    assert make().load() == compacted
    assert make().load().lineage == make().load().lineage != ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(histories(), st.data())
def test_snapshot_and_journal_add_up_to_the_state_in_memory(tmp_path_factory, history, data):
    path = tmp_path_factory.mktemp("s") / "s.json"
    state, rest = State(), list(history)
    while rest:
        count = data.draw(st.integers(1, len(rest)))
        now, rest = rest[:count], rest[count:]
        store = LocalStore(path, clock=FakeClock())
        state = replay(state, now)
        assert plain(apply(store, now, compact=data.draw(st.booleans()))) == state

        assert plain(LocalStore(path, clock=FakeClock()).load()) == state


def test_a_run_may_go_on_after_it_compacted(make):
    store = make()
    with store.lock("apply", 0):
        store.append(EVENTS[:2])
        store.compact(replay(State(), EVENTS[:2]))
        store.append(EVENTS[2:])

    assert plain(make().load()) == replay(State(), EVENTS)


def test_a_run_that_changes_nothing_touches_nothing(make, tmp_path):
    apply(make(), EVENTS)
    before = {each.name: each.stat().st_mtime_ns for each in tmp_path.iterdir() if each.suffix != ".lock"}

    store = make()
    with store.lock("apply", 0):
        state = store.load()
        store.append([])
        store.compact(state)

    assert {e.name: e.stat().st_mtime_ns for e in tmp_path.iterdir() if e.suffix != ".lock"} == before


def test_the_journal_is_empty_after_compaction_and_the_lock_file_stays(make, tmp_path):
    apply(make(), EVENTS)

    assert (tmp_path / "s.json.journal").read_bytes() == b""
    assert sorted(each.name for each in tmp_path.iterdir()) == ["s.json", "s.json.journal", "s.json.lock"]


def test_backups_are_numbered_upwards_and_five_stay(make, tmp_path):
    for _ in range(8):
        apply(make(), simple(1))

    backups = sorted(tmp_path.glob("s.json.backup.*"))
    assert [each.name for each in backups] == [f"s.json.backup.{number}" for number in (3, 4, 5, 6, 7)]
    assert statefile.loads(backups[-1].read_bytes()).serial == 14


def test_keys_that_nobody_knows_survive_a_run(make, tmp_path):
    apply(make(), EVENTS[:2])
    path = tmp_path / "s.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"future": [1]}))

    apply(make(), EVENTS[2:])

    assert json.loads(path.read_text())["future"] == [1]
    assert make().load().extra == freeze({"future": [1]})


def test_init_makes_an_empty_state_once(make, tmp_path):
    assert make().init() is True
    before = (tmp_path / "s.json").read_bytes()

    assert make().init() is False
    assert (tmp_path / "s.json").read_bytes() == before
    assert make().load().lineage
    assert make().load().serial == 0


def test_init_leaves_a_journal_without_its_snapshot_alone(make, tmp_path):
    apply(make(), EVENTS, compact=False)
    (tmp_path / "s.json").unlink()

    assert make().init() is False


def test_a_journal_from_the_first_event_on_needs_no_snapshot(make, tmp_path):
    apply(make(), EVENTS, compact=False)
    lineage = make().load().lineage
    (tmp_path / "s.json").unlink()

    state = make().load()

    assert state == replay(State(lineage=lineage), EVENTS)
    assert not state.lost
    assert plain(apply(make(), [])) == plain(state)
    assert make().load().lineage == lineage


def test_a_journal_whose_snapshot_was_deleted_tells_what_it_knows(make, tmp_path):
    apply(make(), EVENTS[:3])
    lineage = make().load().lineage
    apply(make(), EVENTS[3:], compact=False)
    (tmp_path / "s.json").unlink()

    state = make().load()

    assert (state.lost, state.lineage, state.serial) == (True, lineage, len(EVENTS))
    apply(make(), EVENTS[:2])
    after = make().load()
    assert (after.lost, after.lineage, after.serial) == (False, lineage, len(EVENTS) + 2)


def test_a_snapshot_deleted_after_a_clean_run_is_a_new_state(make, tmp_path):
    apply(make(), EVENTS)
    lineage = make().load().lineage
    (tmp_path / "s.json").unlink()

    assert make().load() == State()
    apply(make(), EVENTS[:2])
    assert make().load().lineage not in {"", lineage}


def damaged(make, tmp_path):
    apply(make(), EVENTS[:2])
    apply(make(), EVENTS[2:4])
    apply(make(), EVENTS[4:6], compact=False)
    return (tmp_path / "s.json").read_bytes()


@pytest.mark.parametrize("how", ["empty", "cut", "zeros", "text", "newer"])
def test_a_damaged_snapshot_is_refused_and_nothing_is_touched(make, tmp_path, how):
    whole = damaged(make, tmp_path)
    newer = json.dumps(json.loads(whole) | {"version": 3}).encode()
    data = {"empty": b"", "cut": whole[:-5], "zeros": b"\0" * 99, "text": b"oh", "newer": newer}[how]
    (tmp_path / "s.json").write_bytes(data)
    before = everything(tmp_path)

    with pytest.raises(StateError) as caught:
        make().load()
    store = make()
    with store.lock("apply", 0), pytest.raises(StateError):
        store.append(EVENTS[6:])

    assert everything(tmp_path) == before
    assert ("s.json.backup.1 (serial 2)" in caught.value.remedy) == (how != "newer")


def test_the_newest_backup_that_can_be_read_is_named(make, tmp_path):
    for _ in range(4):
        apply(make(), EVENTS[:2])
    (tmp_path / "s.json").write_bytes(b"")
    (tmp_path / "s.json.backup.3").write_bytes(b"{")

    with pytest.raises(StateError) as caught:
        make().load()

    assert "s.json.backup.2 (serial 4)" in caught.value.remedy


def test_without_a_backup_the_remedy_says_so(make, tmp_path):
    (tmp_path / "s.json").write_bytes(b"")

    with pytest.raises(StateError) as caught:
        make().load()

    assert "move it aside" in caught.value.remedy


@pytest.mark.parametrize("damage", ["lineage", "older", "fork"])
def test_a_journal_that_belongs_to_another_snapshot_is_refused(make, tmp_path, damage):
    damaged(make, tmp_path)
    path = tmp_path / "s.json"
    if damage == "older":
        path.write_bytes((tmp_path / "s.json.backup.1").read_bytes())
    elif damage == "lineage":
        path.write_text(json.dumps(json.loads(path.read_bytes()) | {"lineage": "another"}))
    else:
        # The same lineage went on elsewhere, further than this journal did.
        data = json.loads(path.read_bytes()) | {"serial": 9, "checkpoint": {"id": "x", "follows": "y"}}
        path.write_text(json.dumps(data))
    before = everything(tmp_path)

    with pytest.raises(StateError, match="does not belong"):
        make().load()

    assert everything(tmp_path) == before


def test_an_unfinished_tail_is_told_and_cut_off_by_the_next_event(make, tmp_path, notes):
    apply(make(), EVENTS[:2], compact=False)
    path = tmp_path / "s.json.journal"
    path.write_bytes(path.read_bytes()[:-4])

    state = make().load()

    assert plain(state) == replay(State(), EVENTS[:1])
    assert "not finished" in notes[0]
    apply(make(), EVENTS[1:3], compact=False)
    assert plain(make().load()) == replay(State(), EVENTS[:3])


def test_a_damaged_journal_is_refused_and_left_alone(make, tmp_path):
    apply(make(), EVENTS, compact=False)
    path = tmp_path / "s.json.journal"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    before = everything(tmp_path)

    with pytest.raises(StateError, match="damaged") as caught:
        make().load()

    assert everything(tmp_path) == before
    assert caught.value.remedy


def test_a_crash_between_the_rename_and_emptying_the_journal_does_nothing(make, tmp_path):
    apply(make(), EVENTS, compact=False)
    full = (tmp_path / "s.json.journal").read_bytes()
    apply(make(), [])
    (tmp_path / "s.json.journal").write_bytes(full)

    assert plain(make().load()) == replay(State(), EVENTS)
    apply(make(), simple(1), compact=False)
    assert plain(make().load()) == replay(State(), EVENTS + simple(1))
    assert journal.read((tmp_path / "s.json.journal").read_bytes()).first == len(EVENTS) + 1


def crash_everywhere(tmp_path_factory, run, prepare=lambda _store: None):
    """Run once for each file operation, dying there; give what each left to the caller."""
    for die_at in range(1, 400):
        path = tmp_path_factory.mktemp("s") / "s.json"
        prepare(LocalStore(path, clock=FakeClock()))
        files = FaultyFiles()
        files.die_at = die_at
        acknowledged = []
        try:
            run(LocalStore(path, clock=FakeClock(), files=files), acknowledged)
        except Died:
            yield path, acknowledged
            continue
        return
    pytest.fail("it never came to an end")


@pytest.mark.parametrize("begun", [0, 2])
def test_a_crash_at_any_file_operation_loses_nothing_that_was_acknowledged(tmp_path_factory, begun):
    def run(store, acknowledged):
        with store.lock("apply", 0):
            state = store.load()
            for at in range(begun, len(EVENTS), 2):
                store.append(EVENTS[at : at + 2])
                acknowledged.append(at + 2)
                state = replay(state, EVENTS[at : at + 2])
            store.compact(state)

    crashes = 0
    for path, acknowledged in crash_everywhere(
        tmp_path_factory, run, lambda store: apply(store, EVENTS[:begun])
    ):
        crashes += 1
        store = LocalStore(path, clock=FakeClock())
        state = store.load()
        assert max(acknowledged, default=begun) <= state.serial <= len(EVENTS)
        assert plain(state) == replay(State(), EVENTS[: state.serial])
        apply(store, EVENTS[state.serial :])
        assert plain(LocalStore(path, clock=FakeClock()).load()) == replay(State(), EVENTS)
        assert not list(path.parent.glob("*.tmp-*"))
    assert crashes > 15


@pytest.mark.parametrize("code", [EIO, ENOSPC])
@pytest.mark.parametrize("operation", ["create", "write", "sync", "replace", "sync_folder"])
def test_a_snapshot_that_cannot_be_written_loses_nothing(make, tmp_path, files, operation, code):
    apply(make(), EVENTS[:2])
    before = (tmp_path / "s.json").read_bytes()
    store = make()
    with store.lock("apply", 0):
        state = replay(store.load(), EVENTS[2:])
        store.append(EVENTS[2:])
        files.fail = {operation: code}
        with pytest.raises(StateError, match="could not be written"):
            store.compact(state)
        files.fail = {}

    if operation != "sync_folder":
        assert (tmp_path / "s.json").read_bytes() == before
    assert make().load() == state
    assert apply(make(), []) == state
    assert make().load() == state
    assert not list(tmp_path.glob("*.tmp-*"))


@pytest.mark.parametrize("operation", ["truncate", "sync"])
def test_a_journal_that_cannot_be_emptied_does_no_harm(make, tmp_path, files, notes, operation):
    store = make()
    with store.lock("apply", 0):
        store.append(EVENTS)
        seen = []

        def fail_after_the_rename(name):
            seen.append(name)
            if seen[-2:] == ["replace", "sync_folder"]:
                files.fail[operation] = EIO

        files.before = fail_after_the_rename
        store.compact(replay(State(), EVENTS))
        files.fail, files.before = {}, lambda _name: None

    assert any("could not be emptied" in note for note in notes)
    assert plain(make().load()) == replay(State(), EVENTS)
    apply(make(), simple(1))
    assert plain(make().load()) == replay(State(), EVENTS + simple(1))


@pytest.mark.parametrize("operation", ["create", "write", "sync", "replace", "sync_folder", "open"])
def test_a_first_event_that_cannot_be_written_is_one_clear_error(make, files, operation):
    store = make()
    with store.lock("apply", 0):
        files.fail = {operation: ENOSPC}
        with pytest.raises(StateError) as caught:
            store.append(EVENTS[:1])
        files.fail = {}

    assert "No space left" in caught.value.message
    assert caught.value.remedy
    apply(make(), EVENTS)
    assert make().load().entries == replay(State(), EVENTS).entries


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_refused_before_anything_is_sent(make, tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StateError, match="Permission denied"), make().lock("apply", 0):
            pass
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_that_cannot_be_made_is_refused_before_anything_is_sent(tmp_path):
    (tmp_path / "file").write_text("")
    store = LocalStore(tmp_path / "file" / "s.json", clock=FakeClock())

    with pytest.raises(StateError), store.lock("apply", 0):
        pass


@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_what_is_no_regular_file_is_refused(make, tmp_path, kind):
    if kind == "folder":
        (tmp_path / "s.json").mkdir()
    elif hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "s.json")
    else:
        pytest.skip("there are no FIFOs here")

    with pytest.raises(StateError, match="cannot be read"):
        make().load()


def test_a_file_of_a_gibibyte_is_refused_without_being_read(make, tmp_path):
    with (tmp_path / "s.json").open("wb") as file:
        file.truncate(1 << 30)

    with pytest.raises(StateError, match="larger than 256 MiB"):
        make().load()


def test_a_state_that_another_run_changed_after_it_was_read_is_not_written(make, tmp_path):
    store = make()
    store.load()
    apply(make(), EVENTS[:2])
    before = everything(tmp_path)

    with store.lock("apply", 0), pytest.raises(StateError, match="changed by another run"):
        store.append(EVENTS[2:])

    assert everything(tmp_path) == before


def test_a_snapshot_exchanged_during_a_run_is_not_overwritten(make, tmp_path):
    apply(make(), EVENTS[:2])
    store = make()
    with store.lock("apply", 0):
        state = replay(store.load(), EVENTS[2:])
        store.append(EVENTS[2:])
        (tmp_path / "s.json").write_text("mine")
        before = everything(tmp_path)
        with pytest.raises(StateError, match="changed by somebody else"):
            store.compact(state)

    assert everything(tmp_path) == before


def test_a_state_that_is_not_what_was_appended_is_not_written(make, tmp_path):
    store = make()
    with store.lock("apply", 0):
        store.append(EVENTS)
        before = everything(tmp_path)
        with pytest.raises(StateError, match="does not fit"):
            store.compact(replay(State(), EVENTS[:2]))

    assert everything(tmp_path) == before


def test_nothing_is_written_without_the_lock(make):
    with pytest.raises(RuntimeError):
        make().append(EVENTS)


def test_who_reads_without_the_lock_never_sees_a_mix(tmp_path):
    path = tmp_path / "s.json"
    history = simple(60)
    states = {serial: replay(State(), history[:serial]) for serial in range(len(history) + 1)}
    failures, done = [], []

    def read():
        store = LocalStore(path, clock=FakeClock())
        last = 0
        while not done:
            state = store.load()
            if plain(state) != states[state.serial] or state.serial < last:
                failures.append(state.serial)
            last = state.serial

    readers = [Thread(target=read) for _ in range(2)]
    for each in readers:
        each.start()
    try:
        for at in range(0, len(history), 4):
            apply(LocalStore(path, clock=FakeClock()), history[at : at + 4], compact=at % 8 == 0)
    finally:
        done.append(True)
        for each in readers:
            each.join(30)

    assert failures == []
    assert plain(LocalStore(path, clock=FakeClock()).load()) == states[len(history)]


def test_a_link_and_its_target_are_one_state(tmp_path):
    if sys.platform == "win32":
        pytest.skip("links need a privilege on Windows")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    apply(LocalStore(tmp_path / "link" / "s.json", clock=FakeClock()), EVENTS)

    state = LocalStore(tmp_path / "real" / "s.json", clock=FakeClock()).load()
    assert plain(state) == replay(State(), EVENTS)


def test_permissions_of_the_state_file_are_kept(make, tmp_path):
    apply(make(), EVENTS[:2])
    (tmp_path / "s.json").chmod(0o600)

    apply(make(), EVENTS[2:])

    assert (tmp_path / "s.json").stat().st_mode & 0o777 == (0o666 if sys.platform == "win32" else 0o600)


def test_a_run_costs_the_same_per_event_whatever_the_state_holds(make, files):
    history = simple(200)
    apply(make(), history[:200])
    files.counts.clear()
    files.written = 0
    store = make()
    with store.lock("apply", 0):
        state = store.load()
        store.append(history[200:202])
        files.counts.clear()
        files.written = 0
        for each in history[202:]:
            store.append([each])
        lines = files.written
        store.compact(replay(state, history[200:]))

    assert files.counts["sync"] <= len(history[202:]) + 3
    assert lines < 400 * len(history[202:])
