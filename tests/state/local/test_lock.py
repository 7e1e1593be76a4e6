from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from podsync.model.errors import LockedError, StateError
from podsync.state import events as ev
from podsync.state.local.store import LocalStore
from tests.state.faulty import FakeClock
from tests.state.histories import ADDRESSES

HOLD = """
import sys, time
from pathlib import Path
from podsync.state.local.store import LocalStore

class Clock:
    now, monotonic, sleep = (staticmethod(f) for f in (time.time, time.monotonic, time.sleep))

store = LocalStore(Path(sys.argv[1]), clock=Clock(), who=lambda: "ann@laptop", run_url="https://ci.example/7")
with store.lock("podsync apply", 60):
    print("held", flush=True)
    sys.stdin.read()
"""

COUNT = """
import sys, time
from pathlib import Path
from podsync.model.address import Address
from podsync.state.reducer.reducer import replay
from podsync.state.events import Adopted
from podsync.state.local.store import LocalStore

class Clock:
    now, monotonic, sleep = (staticmethod(f) for f in (time.time, time.monotonic, time.sleep))

for number in range(5):
    store = LocalStore(Path(sys.argv[1]), clock=Clock())
    with store.lock("count", 60):
        state = store.load()
        event = Adopted(
            Address("designed_product", f"p-{sys.argv[2]}-{number}"), "kakaclo", "default", 1.0, "1", {"a": 1}
        )
        store.append([event])
        if number % 2:
            store.compact(replay(state, [event]))
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s.json"


@pytest.fixture
def holder(path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def store(path, notes=None):
    return LocalStore(path, clock=FakeClock(), on_note=(notes if notes is not None else []).append)


def test_a_second_run_waits_says_for_whom_and_gives_up_naming_them(holder, path):
    notes, clock = [], FakeClock()
    second = LocalStore(path, clock=clock, on_note=notes.append)

    with pytest.raises(LockedError) as caught, second.lock("apply", 5):
        pass

    who = f"ann@laptop (process {holder.pid}, podsync apply, since "
    assert who in caught.value.message
    assert "https://ci.example/7" in caught.value.message
    assert second.holder().id in caught.value.remedy
    assert clock.time == pytest.approx(5)
    assert len(notes) == 1
    assert who in notes[0]


def test_a_short_wait_is_not_mentioned(holder, path):
    notes = []

    with pytest.raises(LockedError), store(path, notes).lock("apply", 0.3):
        pass

    assert notes == []


def test_a_dead_holder_needs_nobody(holder, path):
    holder.kill()
    holder.wait()

    with store(path).lock("apply", 0):
        pass


def test_the_lock_is_free_after_a_clean_end_and_names_nobody(holder, path):
    holder.communicate(input="")

    assert store(path).holder() is None
    with store(path).lock("apply", 0):
        assert store(path).holder().command == "apply"
    assert store(path).holder() is None
    assert path.with_name("s.json.lock").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not delete a file that is open")
@pytest.mark.parametrize("replaced", [False, True])
def test_deleting_the_lock_file_does_not_let_a_second_run_in(holder, path, replaced):
    path.with_name("s.json.lock").unlink()
    if replaced:
        path.with_name("s.json.lock").touch()

    with pytest.raises(LockedError), store(path).lock("apply", 0):
        pass

    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with store(path).lock("apply", 0):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not delete a file that is open")
def test_who_lost_every_file_of_the_lock_writes_no_more(path):
    first = store(path)
    with first.lock("apply", 0):
        first.append([adopted()])
        path.with_name("s.json.lock").unlink()
        path.with_name("s.json.journal").unlink()
        with store(path).lock("apply", 0), pytest.raises(StateError, match="somebody else"):
            first.append([adopted()])


def adopted():
    return ev.Adopted(ADDRESSES[0], "kakaclo", "default", 1.0, "1", {"a": 1})


def test_two_stores_of_one_process_exclude_each_other(path):
    with store(path).lock("apply", 0), pytest.raises(LockedError), store(path).lock("apply", 0):
        pass

    with store(path).lock("apply", 0):
        pass


@pytest.mark.parametrize(
    "content", [b"", b"\0", b"\0{", b"\0{}", b'\0{"id": 1}', b"\xff" * 99, b"\0[" * 9000]
)
def test_a_lock_file_with_anything_in_it_still_locks(path, content):
    path.with_name("s.json.lock").write_bytes(content)

    assert store(path).holder() is None
    with store(path).lock("apply", 0):
        assert store(path).holder().pid == os.getpid()


def test_no_write_of_several_processes_is_lost(path):
    processes = [subprocess.Popen([sys.executable, "-c", COUNT, str(path), str(n)]) for n in range(4)]
    for each in processes:
        assert each.wait(60) == 0

    state = store(path).load()

    assert (state.serial, len(state.entries)) == (20, 20)


@pytest.mark.parametrize("content", [b"kind: designed_product\n", b"{}"])
def test_beside_a_file_that_is_no_state_nothing_is_written(path, content):
    path.write_bytes(content)

    with pytest.raises(StateError), store(path).lock("apply", 5):
        pass

    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == content


def test_the_folder_of_the_state_is_made(tmp_path):
    with store(tmp_path / "a" / "b" / "s.json").lock("apply", 0):
        pass

    assert Path(tmp_path / "a" / "b").is_dir()
