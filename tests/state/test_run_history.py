from __future__ import annotations

import pytest

from podsync.model.address import Address
from podsync.model.frozen import freeze
from podsync.state.entries import Entry
from podsync.state.model import State
from podsync.state.run_history import LastSeenState, RunHistory, Sends
from tests.state.faulty import EROFS, FaultyFiles

AT = 1_767_323_045.125


@pytest.fixture
def memory(tmp_path):
    return RunHistory(tmp_path / ".podsync", str(tmp_path / "s.json"))


def test_nothing_is_known_at_first(memory, tmp_path):
    assert memory.read() is None
    assert list(tmp_path.iterdir()) == []


def test_sends_that_began_and_did_not_end_are_remembered(memory):
    assert memory.begin_sending("kakaclo", timeline="l", serial=3, at=AT) is None

    assert memory.read() == LastSeenState("l", 3, freeze({"kakaclo": Sends(sending=True, at=AT)}))


def test_the_end_of_sends_is_remembered_for_each_provider(memory):
    memory.begin_sending("kakaclo", timeline="l", serial=3, at=AT)
    memory.begin_sending("gelato", timeline="l", serial=4, at=AT)
    memory.end_sending("kakaclo", timeline="l", serial=9, at=AT + 5, date=AT + 6.0004)

    assert memory.read() == LastSeenState(
        "l",
        9,
        freeze(
            {
                "gelato": Sends(sending=True, at=AT),
                "kakaclo": Sends(sending=False, at=AT + 5, date=AT + 6),
            }
        ),
    )


def test_a_command_that_sent_nothing_keeps_what_is_known_of_sends(memory):
    memory.end_sending("kakaclo", timeline="l", serial=3, at=AT)
    memory.saw("l", 4)

    assert memory.read() == LastSeenState("l", 4, freeze({"kakaclo": Sends(sending=False, at=AT)}))


@pytest.mark.parametrize(
    ("state", "outdated"),
    [
        (State("l", 3), False),
        (State("l", 4), False),
        (State("l", 2), True),
        (State("m", 9), True),
        (State(), True),
        (State("l", 9, lost=True), True),
    ],
)
def test_a_lost_or_older_state_is_noticed(state, outdated):
    assert LastSeenState("l", 3).outdates(state) is outdated


def test_a_newer_state_that_was_known_is_remembered_with_sends_of_which_nobody_knows_the_end(memory):
    memory.end_sending("gelato", timeline="l", serial=2, at=AT)
    tee = Address("designed_product", "tee")
    newer = State("l", 5, {tee: Entry(tee, "kakaclo", "default", spec={})})

    assert memory.knew_newer(newer) is None

    seen = memory.read()
    assert (seen.timeline, seen.serial) == ("l", 5)
    assert seen.providers == {"gelato": Sends(sending=True), "kakaclo": Sends(sending=True)}
    memory.saw("l", 6)
    memory.knew_newer(newer)
    assert memory.read().serial == 6


def test_each_state_has_a_memory_of_its_own(tmp_path):
    one, other = (RunHistory(tmp_path, str(tmp_path / name)) for name in ("a.json", "b.json"))
    one.saw("l", 1)

    assert other.read() is None


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"version": 3}', b'{"version": 1, "lineage": 3}', b"\xff"]
)
def test_a_damaged_memory_counts_as_none_and_is_written_anew(memory, data):
    memory.saw("l", 1)
    memory.path.write_bytes(data)

    assert memory.read() is None
    assert memory.saw("l", 2) is None
    assert memory.read().serial == 2


def test_cut_at_any_byte_it_counts_as_none(memory):
    memory.end_sending("kakaclo", timeline="l", serial=3, at=AT)
    data = memory.path.read_bytes()

    for size in range(len(data) - 1):
        memory.path.write_bytes(data[:size])
        assert memory.read() is None


@pytest.mark.parametrize("operation", ["create", "write", "sync", "replace", "sync_folder"])
def test_a_memory_that_cannot_be_written_is_told_not_raised(tmp_path, operation):
    files = FaultyFiles()
    files.fail = {operation: EROFS}

    note = RunHistory(tmp_path, str(tmp_path / "s.json"), files=files).saw("l", 1)

    assert "Read-only file system" in note


def test_a_memory_in_a_file_s_place_is_told_not_raised(tmp_path):
    (tmp_path / ".podsync").write_text("")

    memory = RunHistory(tmp_path / ".podsync", str(tmp_path / "s.json"))

    assert memory.read() is None
    assert "cannot be written" in memory.saw("l", 1)
