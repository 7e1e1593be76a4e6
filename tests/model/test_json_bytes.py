"""What is written quickly is what the standard library writes, and the one text of a value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podsync.model.frozen import freeze, thaw
from podsync.model.json_bytes import canonical, compact, parse

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=20,
)


def _as_the_library(value: Any, *, sort_keys: bool) -> bytes:
    text = json.dumps(value, sort_keys=sort_keys, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")


@given(values)
def test_the_bytes_are_those_of_the_standard_library(value: Any) -> None:
    assert canonical(freeze(value)) == _as_the_library(value, sort_keys=True)
    assert compact(freeze(value)) == _as_the_library(value, sort_keys=False)


@given(values, st.randoms())
def test_the_order_of_keys_changes_nothing(value: Any, random: Any) -> None:
    def shuffled(each: Any) -> Any:
        if isinstance(each, dict):
            keys = list(each)
            random.shuffle(keys)
            return {key: shuffled(each[key]) for key in keys}
        return [shuffled(item) for item in each] if isinstance(each, list) else each

    assert canonical(shuffled(value)) == canonical(value)


@given(st.floats(min_value=-1e15, max_value=1e15).filter(lambda number: number == 0 or abs(number) > 1e-4))
def test_numbers_as_people_write_them_are_spelled_alike(number: float) -> None:
    assert canonical(number) == _as_the_library(number, sort_keys=True)


@pytest.mark.parametrize("value", [{1: 2}.keys(), object()])
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical(value)


def test_what_is_no_number_is_written_as_nothing() -> None:
    """None of our readers lets one in: YAML, state and plan files refuse it."""
    assert canonical([float("nan"), float("inf")]) == b"[null,null]"


@given(values)
def test_what_was_written_comes_back(value: Any) -> None:
    if "\\ud" not in json.dumps(value):  # halves of characters are written as escapes, one way only
        assert thaw(parse(canonical(value))) == value or not _small(value)


def _small(value: Any) -> bool:
    """Whether all whole numbers fit into 64 bits: larger ones come back as floats."""
    if isinstance(value, int):
        return -(2**63) <= value < 2**64
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(map(_small, inner))
