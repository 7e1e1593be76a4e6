"""The quick look at an entry says what the whole reading says, or nothing."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podsync.model.errors import StateError
from podsync.state.entries import Entry, Window
from podsync.state.formats import statefile
from podsync.state.lazy.entries import _form_of
from podsync.state.lazy.scan import _IS, scan, scan_closely
from podsync.state.model import State
from tests.benchmarks import corpus
from tests.state.formats.test_statefile import states


def pieces(state: State) -> list[bytes]:
    """The entries of a state file, as they stand in it."""
    data = statefile.dumps(state)
    form = _form_of(data)
    if form is None:
        return []
    found, start = [], form.start
    for length in form.lengths:
        found.append(data[start : start + length])
        start += length + len(b"\n  },\n")
    return found


def closely(piece: bytes) -> object:
    try:
        return scan_closely(piece, "state")
    except StateError:
        return None


@settings(max_examples=60, deadline=None)
@given(states())
def test_a_quick_look_says_what_the_whole_reading_says_or_nothing(state: State) -> None:
    for piece in pieces(state):
        assert scan(piece) in (None, closely(piece))


def test_an_entry_as_podsync_writes_it_is_seen_at_a_look() -> None:
    found = [scan(piece) for piece in pieces(corpus.state_of(40))]

    assert None not in found
    assert found == [closely(piece) for piece in pieces(corpus.state_of(40))]


PLAIN = pieces(corpus.state_of(2))
#: What may be put in the place of something else in an entry's text.
_EDITS = st.sampled_from([
    "null", "{}", "[]", "true", "1", "-1", "1e999", "NaN", '"x"', '""', '"created"', '"in_doubt"',
    '"2026-13-45T00:00:00Z"', '"adopted"', '"stolen"', '{"prevent_orphan": true}', '{"prevent_orphan": 1}',
    '{"a": 1}', '{"a": "b", "a": "c"}', '["a", 1]', '"\\ud800"', '"a\\": b"', "",
])  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PLAIN), st.sampled_from(sorted(_IS)), _EDITS, st.booleans())
def test_an_edited_entry_is_seen_as_the_whole_reading_sees_it_or_not_at_all(
    piece: bytes, key: str, value: str, twice: bool
) -> None:
    """Replace the value of a key that stands on one line, or add the key once more."""
    lines = piece.decode().split("\n")
    at = next((n for n, line in enumerate(lines) if line.startswith(f'   "{key}": ')), len(lines) - 1)
    line = f'   "{key}": {value}' + ("," if at + 1 < len(lines) else "")
    lines[at:] = [line, *lines[at + (not twice) :]]
    edited = "\n".join(lines).encode()

    assert scan(edited) in (None, closely(edited))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PLAIN), st.integers(0, 2000), st.integers(0, 7))
def test_a_flipped_bit_is_seen_as_the_whole_reading_sees_it_or_not_at_all(
    piece: bytes, place: int, bit: int
) -> None:
    data = bytearray(piece)
    data[place % len(data)] ^= 1 << bit

    assert scan(bytes(data)) in (None, closely(bytes(data)))


def test_what_is_seen_knows_every_field_that_a_plain_entry_has() -> None:
    """A field that is new in an Entry has to be thought of here: until then it goes the long way."""
    unusual = {"address", "window", "extra", "steps_left", "swap", "outdated_at", "lacks"}

    assert {each.name for each in fields(Entry)} - unusual == set(_IS) - {"status"}


@pytest.mark.parametrize("changed", [{"id": None}, {"spec": None}], ids=["unbound", "no spec"])
def test_an_entry_without_its_id_is_unbound_and_one_without_a_spec_is_not_seen(
    changed: dict[str, object],
) -> None:
    state = corpus.state_of(1)
    ((address, entry),) = state.entries.items()
    (piece,) = pieces(replace(state, entries={address: replace(entry, **changed)}))

    seen = scan(piece)

    assert seen is None if "spec" in changed else seen is not None and seen.unbound


def test_an_entry_whose_id_no_listing_has_shown_counts_as_one_without() -> None:
    state = corpus.state_of(1)
    ((address, entry),) = state.entries.items()
    (piece,) = pieces(replace(state, entries={address: replace(entry, window=Window(1.0, 2.0, 3.0))}))

    assert scan(piece) is None
    assert scan_closely(piece, "state").unbound
