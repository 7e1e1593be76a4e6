"""The copy of the newest state: what it keeps through deaths, and whom it believes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podsync.model.address import Address
from podsync.model.frozen import freeze
from podsync.state import events as ev
from podsync.state.local.newest_note import NewestEnd
from podsync.state.local.newest_state import NewestState
from podsync.state.local.store import LocalStore
from podsync.state.model import Host, State
from podsync.state.reducer.reducer import replay
from tests.state.faulty import EROFS, Died, FakeClock, FaultyFiles
from tests.state.histories import histories, simple

ACCOUNTS = {"kakaclo": "https://developer.kakaclo.com/openapi default"}


def kept(state):
    """What products depend on, without readings that nothing refers to and what no copy has."""
    items = [*state.entries.values(), *state.orphans]
    left = [replace(each, window=None, pending=None) for each in items]
    bodies = [(each.pending.op, each.pending.body) for each in items if each.pending is not None]
    refused = {
        a: [replace(each, reading=None) for each in refusals] for a, refusals in state.refusals.items()
    }
    learned = (
        state.remembered, state.landmarks, state.absent, state.foreign, state.unclaimed, state.models,
        state.observed, state.released,
    )  # fmt: skip
    return left, bodies, refused, learned


class Place:
    """A state and its copy, as runs find them one after the other; `told` are the sentences."""

    def __init__(self, folder):
        self.folder, self.told = folder / ".podsync", []
        self.path = folder / "podsync.state.json"
        folder.mkdir(parents=True)

    def store(self, files=None):
        store = LocalStore(self.path, clock=FakeClock())
        store.copy = self.copy(files)
        return store

    def copy(self, files=None):
        return NewestState(self.folder, str(self.path.resolve()), self.told.append, files)

    def run(self, *events, ends=True, files=None):
        """One run: it writes events, one by one, and compacts unless it dies before."""
        store = self.store(files)
        with store.lock("apply", 0.0):
            state = store.recalled(ACCOUNTS)
            for event in events:
                store.append([event])
            if ends:
                store.compact(replay(state, events))
                store.copied()
        return state

    @property
    def file(self):
        (found,) = (self.folder / "newest").glob("*.log")
        return found


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "shop")


@settings(max_examples=40)
@given(history=histories(), data=st.data())
def test_it_is_the_state_whatever_the_runs_were(tmp_path_factory, history, data):
    place = Place(tmp_path_factory.mktemp("any") / "shop")
    rest = list(history)
    while rest:
        number = data.draw(st.integers(1, len(rest)))
        place.run(*rest[:number], ends=data.draw(st.booleans()))
        rest = rest[number:]

    state = place.store().load()
    copy = place.copy()

    assert kept(copy.read() or State()) == kept(state)
    assert place.told == []
    place.run(ev.Contacted("gelato", 1.0))
    assert place.copy().end() == NewestEnd(place.store().load().lineage, len(history) + 1)


def test_a_run_goes_on_behind_a_whole_copy_and_makes_another_one_of_any_other_state(place):
    one, other, *more = simple(2)
    place.run(one)
    size, inode = place.file.stat().st_size, place.file.stat().st_ino
    place.run(other)
    assert (place.file.stat().st_ino, place.file.stat().st_size > size) == (inode, True)
    place.run(more[0], ends=False)
    assert place.file.stat().st_ino == inode

    place.run(more[1])

    assert place.file.stat().st_ino != inode
    assert place.copy().read().serial == 4


def test_what_a_dead_run_left_unfinished_ends_it_at_every_byte(place):
    place.run(*simple(2), ends=False)
    data = place.file.read_bytes()
    first = data.index(b"\n") + 1
    serials = []
    for size in range(len(data) + 1):
        place.file.write_bytes(data[:size])
        newest = place.copy().read()
        serials.append(newest.serial if newest is not None else None)

    assert serials == sorted(serials, key=lambda each: -1 if each is None else each)
    assert (serials[0], serials[first], serials[-1]) == (None, 0, 4)


@pytest.mark.parametrize("harm", ["another user", "a byte", "another state's", "nonsense", "another version"])
def test_what_is_not_ones_own_is_told_and_not_believed(place, harm, monkeypatch, tmp_path):
    place.run(*simple(3))
    state = place.store().load()
    data = place.file.read_bytes()
    if harm == "another user":
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "theirs"))
    elif harm == "a byte":
        place.file.write_bytes(data.replace(b"Dino", b"Dina"))
    elif harm == "another state's":
        there = Place(tmp_path / "there")
        there.run(*simple(1))
        place.file.write_bytes(there.file.read_bytes())
    elif harm == "nonsense":
        place.file.write_bytes(b"\xff\x00 \n{}\n")
    else:
        monkeypatch.setattr("podsync.state.local.newest_state._VERSION", 0)
    place.path.unlink()

    lost = place.run()

    assert lost == State()
    assert place.told
    assert place.run(*simple(3)).serial == 0
    assert kept(place.copy().read()) == kept(state)


@pytest.mark.parametrize("operation", ["create", "replace", "open", "write", "sync"])
def test_a_disk_that_fails_is_told_once_and_stops_nothing(place, operation):
    files = FaultyFiles()
    files.fail[operation] = EROFS

    place.run(*simple(3), files=files)

    assert place.store().load().serial == 6
    assert len(place.told) == 1
    assert "if the state is lost or set back, what providers hide then may be made twice" in place.told[0]
    place.run(ev.Contacted("gelato", 1.0))
    assert place.copy().end().serial == 7


def test_without_a_key_of_ones_own_nothing_is_kept(place, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/none")

    place.run(*simple(3))

    assert (place.store().load().serial, (place.folder / "newest").exists()) == (6, False)


def test_the_state_that_comes_back_gets_what_it_lacks_with_the_next_events_once(place):
    place.run(*simple(3))
    whole = place.store().load()
    place.path.unlink()

    (seen,) = {place.run().serial, place.run().serial}
    assert not place.path.exists()
    place.run(ev.Contacted("gelato", 1.0))

    state = place.store().load()
    assert (seen > 0, state.serial) == (True, seen + 1)
    assert set(whole.owned("kakaclo")) == told(state)
    assert place.run().serial == state.serial


def told(state):
    """The ids that a state knows: for certain, of a newer state, or from an answer."""
    answered = {each.pending.answered for each in state.entries.values() if each.pending is not None}
    return {*state.owned("kakaclo"), *state.remembered.get("kakaclo", {}), *answered} - {None}


@pytest.mark.parametrize("back", ["lost", "set back"])
def test_it_is_not_forgotten_when_a_run_dies_and_the_same_happens_again(tmp_path, back):
    """What the copy has of a newer state is written into the state with the first event only."""
    events = simple(3)
    for number in range(1, 18):
        place = Place(tmp_path / str(number))
        place.run(events[0])
        older = place.path.read_bytes() if back == "set back" else None
        place.run(*events[1:])
        whole = place.store().load()
        files = FaultyFiles()
        files.die_at = number
        with suppress(Died):
            set_back(place, older)
            place.run(ev.Contacted("gelato", 1.0), files=files)
        set_back(place, older)

        state = place.run()

        assert told(state) == set(whole.owned("kakaclo")), number


def set_back(place, older):
    for path in place.path.parent.glob("podsync.state.json*"):
        path.unlink()
    if older is not None:
        place.path.write_bytes(older)


def test_a_state_that_another_machine_wrote_is_learned_of(place):
    place.run(simple(1)[0])
    before = place.store().load()
    newer = replay(before, simple(3)[1:])

    place.copy().learn(newer)

    assert kept(place.copy().read()) == kept(newer)
    assert place.copy().end() == NewestEnd(before.lineage, 6)
    place.copy().learn(before)
    assert place.copy().end() == NewestEnd(before.lineage, 6)


def test_what_neither_of_two_histories_includes_is_learned_of_as_well(place):
    tote = simple(3)[4:]
    place.run(*tote, ev.Confirmed(tote[0].address, tote[1].at))
    newer = replace(replay(State(), simple(2)), lineage="theirs")
    newer = replace(newer, hosts={"kakaclo": Host(*ACCOUNTS["kakaclo"].split())})

    place.copy().learn(newer)

    known = place.copy().read()
    assert known.entries.keys() >= newer.entries.keys()
    assert "2" in told(known)
    assert place.copy().end().is_beyond(newer)
    assert place.copy().end().is_beyond(place.store().load())


def test_a_backup_of_a_history_that_was_left_is_older_however_far_it_goes(place):
    first, *more = simple(5)
    place.run(first)
    backup = place.path.read_bytes()
    place.run(*more)
    left = place.path.read_bytes()
    place.path.write_bytes(backup)
    late = Address("designed_product", "late")
    doubt = replace(simple(1)[0], address=late, written_at=simple(9)[-1].at)
    place.run(doubt)
    new = place.path.read_bytes()

    place.path.write_bytes(left)
    again = place.store().recalled(ACCOUNTS)

    assert again.entries[doubt.address].pending.body == doubt.body
    place.run(ev.Contacted("gelato", 1.0))
    mine = place.store().load()
    assert mine.entries[doubt.address].pending.body == doubt.body
    for older in (backup, left, new):
        place.path.write_bytes(older)
        assert place.copy().end().is_beyond(place.store().load())


def test_what_no_utf_8_can_spell_comes_back(place):
    odd = freeze({"enName": "half \ud83d"})
    address = simple(1)[0].address
    place.run(ev.Remembered(address, 1.0, "kakaclo", "7", odd), ends=False)
    place.run(ev.Remembered(address, 1.0, "kakaclo", "8", odd))

    assert [row.fields for row in place.copy().read().remembered["kakaclo"].values()] == [odd] * 2
