"""Before a long reading goes on, it is told how many rows there are and how many requests they take."""

from __future__ import annotations

import pytest

from podsync.model.frozen import FrozenDict
from podsync.providers.contract import Remote
from podsync.providers.paging import LONG, Page, read_all


@pytest.mark.parametrize(("absence", "passes"), [(False, 1), (True, 2)])
def test_a_long_reading_is_told_of_once_after_its_first_page(absence: bool, passes: int) -> None:
    rows = [Remote(str(number), FrozenDict()) for number in range(10 * LONG + 5)]
    heard: list[tuple[int, int]] = []
    asked = []

    def page(number: int, offset: int, size: int) -> Page:
        asked.append((number, list(heard)))
        return Page(tuple(rows[offset : offset + size]), len(rows), None)

    read_all(page, 10, absence=absence, heard=lambda *told: heard.append(told))

    assert heard == [(len(rows), passes * (LONG + 2))]
    assert asked[0] == (1, [])
    assert asked[1] == (2, heard)


def test_a_short_reading_is_not_told_of() -> None:
    heard: list[tuple[int, int]] = []

    read_all(lambda *_: Page((), 0, None), 10, heard=lambda *told: heard.append(told))

    assert heard == []
