from __future__ import annotations

from threading import Event, Thread

import pytest

from podsync.model.errors import StateError
from podsync.state.events import NotSent
from podsync.state.formats import journal
from podsync.state.local.journal_writer import Appender
from tests.state.faulty import EIO, ENOSPC, FaultyFiles
from tests.state.histories import ADDRESSES

CAT = ADDRESSES[0]


def event(number):
    return NotSent(CAT, float(number))


@pytest.fixture
def files():
    return FaultyFiles()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.journal"


@pytest.fixture
def appender(files, path):
    one = Appender(files, path, lineage="l", base="b", serial=0, size=0)
    yield one
    one.close()


def serials(path):
    return [each.at for each in journal.read(path.read_bytes()).events]


def test_several_events_are_one_write_and_one_fsync(appender, files, path):
    appender.append([event(1), event(2), event(3)])

    assert serials(path) == [1, 2, 3]
    assert (files.counts["write"], files.counts["sync"], appender.serial) == (1, 1, 3)


def test_threads_share_an_fsync_and_return_only_when_durable(appender, files, path):
    first_is_syncing, go_on = Event(), Event()
    durable, returned = [], []

    def before(operation):
        if operation == "sync" and not first_is_syncing.is_set():
            first_is_syncing.set()
            go_on.wait(30)

    def after_sync(number):
        appender.append([event(number)])
        returned.append(number)
        durable.append(number in serials(path))

    files.before = before
    leader = Thread(target=after_sync, args=(0,))
    leader.start()
    first_is_syncing.wait(30)
    others = [Thread(target=after_sync, args=(number,)) for number in range(1, 8)]
    for each in others:
        each.start()
    while len(appender._group._waiting) < 7:
        pass
    assert returned == []
    go_on.set()
    for each in [leader, *others]:
        each.join(30)

    assert sorted(returned) == list(range(8))
    assert all(durable)
    assert files.counts["sync"] == 2
    assert sorted(serials(path)) == list(range(8))


def test_many_threads_lose_nothing(appender, files, path):
    def work(worker):
        for number in range(25):
            appender.append([event(worker * 100 + number)])

    threads = [Thread(target=work, args=(worker,)) for worker in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)

    found = serials(path)
    assert sorted(found) == sorted(worker * 100 + number for worker in range(8) for number in range(25))
    for worker in range(8):
        own = [at for at in found if at // 100 == worker]
        assert own == sorted(own)
    assert files.counts["sync"] <= 200


def test_a_full_disk_leaves_the_journal_as_it_was_and_room_makes_it_work_again(appender, files, path):
    appender.append([event(1)])
    before = path.read_bytes()

    files.fail["write"] = ENOSPC
    with pytest.raises(StateError, match="No space left") as caught:
        appender.append([event(2), event(3)])

    assert path.read_bytes() == before
    assert "room" in caught.value.remedy
    del files.fail["write"]
    appender.append([event(4)])
    assert serials(path) == [1, 4]
    assert appender.serial == 2


def test_after_a_failed_fsync_nothing_is_written_any_more(appender, files, path):
    appender.append([event(1)])
    files.fail["sync"] = EIO
    with pytest.raises(StateError, match="Input/output error"):
        appender.append([event(2)])
    del files.fail["sync"]
    size = path.stat().st_size

    with pytest.raises(StateError):
        appender.append([event(3)])

    assert path.stat().st_size == size


def test_after_a_write_that_cannot_be_taken_back_nothing_is_written_any_more(appender, files, path):
    appender.append([event(1)])
    files.fail = {"write": ENOSPC, "truncate": EIO}
    with pytest.raises(StateError):
        appender.append([event(2)])
    files.fail = {}

    with pytest.raises(StateError):
        appender.append([event(3)])

    assert serials(path) == [1]


def test_a_failure_reaches_everyone_who_waited_for_that_write(appender, files):
    syncing, go_on, failed = Event(), Event(), []

    def before(operation):
        if operation == "sync":
            syncing.set()
            go_on.wait(30)

    def work(number):
        try:
            appender.append([event(number)])
        except StateError:
            failed.append(number)

    files.before = before
    files.fail["sync"] = EIO
    threads = [Thread(target=work, args=(0,))]
    threads[0].start()
    syncing.wait(30)
    threads += [Thread(target=work, args=(number,)) for number in (1, 2)]
    for each in threads[1:]:
        each.start()
    go_on.set()
    for each in threads:
        each.join(30)

    assert sorted(failed) == [0, 1, 2]


def test_an_interrupted_write_is_not_trusted(appender, files):
    def interrupt(operation):
        if operation == "sync":
            raise KeyboardInterrupt

    files.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        appender.append([event(1)])
    files.before = lambda _operation: None

    with pytest.raises(StateError):
        appender.append([event(2)])


@pytest.mark.parametrize("change", ["append", "cut", "delete", "exchange"])
def test_a_journal_that_somebody_else_changed_is_not_written(appender, path, change):
    appender.append([event(1)])
    data = path.read_bytes()
    if change == "append":
        path.write_bytes(data + b"x")
    elif change == "cut":
        path.write_bytes(data[:-1])
    else:
        path.unlink()
        if change == "exchange":
            path.write_bytes(data)
    before = path.read_bytes() if path.exists() else None

    with pytest.raises(StateError, match="somebody else"):
        appender.append([event(2)])

    assert (path.read_bytes() if path.exists() else None) == before


def test_an_unfinished_tail_is_cut_off_before_the_first_record(files, path):
    data = journal.header("l", "b") + journal.record(1, 0, journal.payload(event(1)))
    path.write_bytes(data + b"2 1 30 0")

    one = Appender(files, path, lineage="l", base="b", serial=1, size=len(data))
    one.append([event(2)])
    one.close()

    assert serials(path) == [1, 2]


def test_cost_is_linear(appender, files, path):
    for number in range(300):
        appender.append([event(number)])

    assert files.counts["sync"] == 300
    assert files.counts["write"] == 300
    assert files.written == path.stat().st_size
