"""Reading a listing to its end: totals that lie, rows that repeat, shift and are skipped."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podsync.model import FrozenDict
from podsync.ports import Remote
from podsync.providers.compare import cut_alike, present, text
from podsync.providers.paging import PAGES, PASSES, STALE, Page, read_all


def _rows(*ids: object) -> tuple[Remote, ...]:
    return tuple(Remote(str(each), FrozenDict()) for each in ids)


class Server:
    """Gives pages from a list that may change before each page."""

    def __init__(
        self, rows: Sequence[object], size: int = 3, total: Callable[[int], int | None] = lambda n: n
    ) -> None:
        self.rows, self.size, self.total = list(rows), size, total
        self.asked = 0

    def change(self) -> None:
        """Nothing changes here."""

    def page(self, number: int, offset: int) -> Page:
        self.asked += 1
        self.change()
        assert offset >= 0
        first = (number - 1) * self.size
        return Page(
            _rows(*self.rows[first : first + self.size]), self.total(len(self.rows)), float(self.asked)
        )


def _ids(server: Server) -> tuple[list[str], bool]:
    listing = read_all(server.page)
    return sorted(item.id for item in listing.items), listing.complete


@pytest.mark.parametrize("count", [0, 1, 3, 4, 9])
def test_a_total_needs_one_pass(count: int) -> None:
    server = Server(range(count))

    assert _ids(server) == ([str(n) for n in range(count)], True)
    assert server.asked == max(1, -(-count // 3))


@pytest.mark.parametrize("count", [0, 1, 3, 4, 9])
def test_without_a_total_two_passes_have_to_agree(count: int) -> None:
    server = Server(range(count), total=lambda _: None)

    assert _ids(server) == ([str(n) for n in range(count)], True)
    assert server.asked == 2 * (-(-count // 3) + 1)


def test_a_total_that_says_too_much_is_never_complete() -> None:
    server = Server(range(4), total=lambda n: n + 1)

    assert _ids(server) == (["0", "1", "2", "3"], False)
    assert server.asked == PASSES * 3


def test_a_total_that_says_too_little_on_one_page_is_never_complete() -> None:
    assert _ids(Server(range(3), total=lambda n: n - 1)) == (["0", "1", "2"], False)


def test_a_row_inserted_between_two_pages_is_found_in_the_next_pass() -> None:
    class Growing(Server):
        def change(self) -> None:
            if self.asked == 2:
                self.rows.insert(0, "new")

    assert _ids(Growing("abcdef")) == (["a", "b", "c", "d", "e", "f", "new"], True)


def test_a_row_skipped_because_another_was_removed_is_found_in_the_next_pass() -> None:
    class Shrinking(Server):
        def change(self) -> None:
            if self.asked == 2:
                self.rows.remove("a")

    assert _ids(Shrinking("abcdef")) == (list("bcdef"), True)


def test_what_was_seen_before_the_total_shrank_does_not_count_with_what_is_seen_after() -> None:
    """Both passes miss the same row, and another one is gone in between: three were seen, of three."""

    script = iter([("abc", 4), ("", 4), *[("ab", 3), ("", 3)] * PASSES])

    def page(number: int, offset: int) -> Page:
        rows, total = next(script)
        return Page(_rows(*rows), total, None)

    assert read_all(page).complete is False


def test_rows_that_repeat_count_once() -> None:
    server = Server("abcabcdd", total=lambda _: 4)

    assert _ids(server) == (list("abcd"), True)


def test_a_listing_that_changes_all_the_time_is_not_complete() -> None:
    class Restless(Server):
        def change(self) -> None:
            self.rows = [f"{self.asked}-{n}" for n in range(2)] if self.asked % 2 else []

    server = Restless("", total=lambda _: None)

    assert _ids(server)[1] is False
    assert server.asked == 2 * PASSES


class Endless(Server):
    """Answers every page with the same rows, whatever page is asked for."""

    def page(self, number: int, offset: int) -> Page:
        return super().page(min(number, 1), offset)


def test_a_server_that_knows_no_pages_is_not_read_for_ever_and_not_believed() -> None:
    """It may have more than it shows: nothing may be said to be absent."""
    server = Endless("abc", total=lambda _: None)

    assert _ids(server) == (list("abc"), False)
    assert server.asked == PASSES * (STALE + 1)


def test_a_server_that_never_ends_is_not_complete() -> None:
    class Bottomless(Server):
        def page(self, number: int, offset: int) -> Page:
            self.asked += 1
            return Page(_rows(f"{number} {offset}"), None, None)

    server = Bottomless("")

    assert _ids(server)[1] is False
    assert server.asked < PASSES * PAGES


def test_the_clock_is_that_of_the_last_page() -> None:
    assert read_all(Server(range(7)).page).date == 3.0


def test_offset_counts_rows() -> None:
    offsets: list[int] = []

    def page(number: int, offset: int) -> Page:
        offsets.append(offset)
        return Page(_rows(*range(offset, min(offset + 4, 10))), 10, None)

    assert read_all(page).complete
    assert offsets == [0, 4, 8]


# -- comparing


@pytest.mark.parametrize(
    ("value", "same"),
    [(None, ""), ("", ""), ("  a ", "a"), ("a\u0308", "\u00e4"), (5, "5"), (0, "0"), ("a\u00a0", "a")],
)
def test_text(value: object, same: str) -> None:
    assert text(value) == same


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("abc", "abc", True),
        ("abc", "ab", True),
        ("ab ", "abc", True),
        ("abc", "", False),
        ("", "", False),
        ("abc", "bc", False),
        ("T\u00e4sche", "Ta\u0308", True),
    ],
)
def test_cut_alike(one: str, other: str, alike: bool) -> None:
    assert cut_alike(one, other) is cut_alike(other, one) is alike


@given(
    st.dictionaries(
        st.text(max_size=3), st.none() | st.text(max_size=2) | st.just(()) | st.integers() | st.booleans()
    )
)
def test_present_keeps_what_says_something(spec: dict[str, object]) -> None:
    assert present(spec) == {k: v for k, v in spec.items() if v is not None and v not in ("", ())}
    assert present(present(spec)) == present(spec)
