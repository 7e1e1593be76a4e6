from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podsync.model.errors import StateError
from podsync.model.frozen import FrozenDict
from podsync.state.events import Noted
from podsync.state.formats import journal
from podsync.state.reducer.reducer import in_milliseconds
from tests.state.histories import ADDRESSES, any_event, simple

GOLDEN = Path(__file__).parents[2] / "golden" / "state" / "version-1.journal"
LINEAGE, BASE = "0b5f2a9e-51e3-4a53-9c44-3d1a7c7b8a10", "5d41402abc4b2a76b9719d911017c592"


def written(groups, *, first=1):
    """The bytes after each group of events was one write, and where each record ends."""
    data = journal.header(LINEAGE, BASE)
    ends, serial = [], first - 1
    for group in groups:
        durable = serial
        for event in group:
            serial += 1
            data += journal.record(serial, durable, journal.payload(event))
            ends.append(len(data))
    return data, ends


EVENTS = simple(3)
GROUPS = [EVENTS[:1], EVENTS[1:3], EVENTS[3:]]
DATA, ENDS = written(GROUPS)
HEADER = len(journal.header(LINEAGE, BASE))


@given(st.lists(any_event, max_size=6), st.integers(1, 10**12))
def test_what_was_written_is_read(events, first):
    data, _ = written([events], first=first)

    found = journal.read(data)

    assert (found.lineage, found.base, found.events) == (LINEAGE, BASE, tuple(map(in_milliseconds, events)))
    assert (found.first, found.last) == ((first, first + len(events) - 1) if events else (0, 0))
    assert (found.size, found.unfinished) == (len(data), False)


def test_version_1_is_read_and_written_for_ever():
    # Written by podsync 0.1.0. Never rewrite it: a run that died may have left one like it.
    assert GOLDEN.read_bytes() == DATA
    assert journal.read(DATA).events == tuple(EVENTS)


def test_cut_at_any_byte_it_holds_exactly_what_was_whole():
    for size in range(len(DATA)):
        found = journal.read(DATA[:size])

        assert found.events == tuple(EVENTS[: sum(end <= size for end in ENDS)])
        assert found.size == max(end for end in (0, HEADER, *ENDS) if end <= size)
        assert found.unfinished == (found.size < size)


def test_zeros_from_any_byte_of_the_last_write_on_are_an_unfinished_tail():
    for size in range(ENDS[2], len(DATA)):
        for more in (0, 1, 4096):
            found = journal.read(DATA[:size] + b"\0" * (len(DATA) - size + more))

            assert found.events == tuple(EVENTS[: sum(end <= size for end in ENDS)])
            assert found.unfinished


def test_zeros_behind_the_last_record_are_an_unfinished_tail():
    found = journal.read(DATA + b"\0" * 700)

    assert found.events == tuple(EVENTS)
    assert found.unfinished
    assert found.size == len(DATA)


def test_any_flipped_bit_is_refused():
    for place in range(len(DATA)):
        for bit in range(8):
            flipped = bytearray(DATA)
            flipped[place] ^= 1 << bit

            with pytest.raises(StateError) as caught:
                journal.read(bytes(flipped))
            assert caught.value.remedy


def test_a_cut_does_not_hide_damage_before_it():
    for place in range(HEADER, ENDS[-2]):
        flipped = bytearray(DATA[:-3])
        flipped[place] ^= 1

        with pytest.raises(StateError):
            journal.read(bytes(flipped))


def sector_sized(groups):
    """Events so large that a write covers several sectors."""
    return written(
        [[Noted(ADDRESSES[0], 1.0, FrozenDict({"a": "x" * 700})) for _ in range(n)] for n in groups]
    )


def test_sectors_that_the_disk_did_not_write_are_an_unfinished_tail():
    data, ends = sector_sized([1, 3])
    durable = ends[0]

    for sector in range(durable // 512 + 1, len(data) // 512):
        lost = data[: sector * 512] + b"\0" * 512 + data[(sector + 1) * 512 :]
        found = journal.read(lost)

        whole = sum(end <= sector * 512 for end in ends)
        assert len(found.events) == whole
        assert found.unfinished


def test_the_first_sector_of_a_write_may_be_the_lost_one():
    data, ends = sector_sized([1, 3])
    durable, edge = ends[0], (ends[0] // 512 + 1) * 512

    found = journal.read(data[:durable] + b"\0" * (edge - durable) + data[edge:])

    assert len(found.events) == 1
    assert found.size == durable


def test_the_header_may_be_lost_with_the_first_write():
    data, _ = sector_sized([3])

    found = journal.read(b"\0" * 512 + data[512:])

    assert found == journal.JournalContents(unfinished=True)


def test_a_lost_sector_of_an_older_write_is_damage():
    data, ends = sector_sized([1, 3, 1])
    sector = ends[1] // 512

    with pytest.raises(StateError):
        journal.read(data[: sector * 512] + b"\0" * 512 + data[(sector + 1) * 512 :])


@pytest.mark.parametrize(
    "tail",
    [
        b"hello",
        b"8 6 300 00000000 {",
        b"7 6 3 00000000 {....",
        b"7 6 9 00000000 \x01",
        b"7 6 9 0000000g",
        b"\n",
        b"{}\n",
    ],
)
def test_what_no_crash_leaves_is_refused(tail):
    with pytest.raises(StateError):
        journal.read(DATA + tail)


def test_a_gap_is_refused():
    one, two = journal.payload(EVENTS[0]), journal.payload(EVENTS[1])
    data = journal.header(LINEAGE, BASE) + journal.record(4, 3, one) + journal.record(6, 4, two)

    with pytest.raises(StateError, match="event 4 is followed by 6"):
        journal.read(data)


@pytest.mark.parametrize(
    "data", [b"hello", b"hello\n", b'{"version": 1}\n', b"podsync-journal 0 00000000 {}\n"]
)
def test_what_is_no_journal_is_refused(data):
    with pytest.raises(StateError, match="first line"):
        journal.read(data)


def test_a_newer_journal_is_refused():
    with pytest.raises(StateError, match="format 2") as caught:
        journal.read(DATA.replace(b"podsync-journal 1", b"podsync-journal 2", 1))

    assert "upgrade" in caught.value.remedy


def test_an_event_of_a_newer_version_is_refused_with_its_number():
    data = journal.header(LINEAGE, BASE) + journal.record(3, 2, b'{"type":"vanished"}')

    with pytest.raises(StateError, match=r"event 3: podsync .* does not know"):
        journal.read(data)


@given(st.binary(max_size=200))
def test_random_bytes_never_end_in_a_traceback(data):
    for start in (b"", journal.header(LINEAGE, BASE)):
        with suppress(StateError):
            journal.read(start + data)
