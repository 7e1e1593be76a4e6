"""A digest of many rows is that of the whole."""

from __future__ import annotations

import pytest

from podsync.model.digests import digest, digest_of_rows


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_rows_are_digested_a_few_at_a_time_to_the_same_digest(count: int) -> None:
    rows = [[f"row {number}", None, {"b": "\u00e9", "a": number}] for number in range(count)]
    head = ["lineage", None, {"b": 1, "a": "\ud800"}]

    assert digest_of_rows(head, iter(rows)) == digest([*head, rows])
