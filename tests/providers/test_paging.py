"""Reading a listing to its end: totals that lie, rows that repeat, shift and are dropped, pages that stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podsync.model.errors import UnreadableError
from podsync.model.frozen import FrozenDict
from podsync.providers.contract import Listing, Remote
from podsync.providers.normalise import as_text, present, text
from podsync.providers.paging import PAGES, PASSES, STALE, Page, joined, read_all

SIZE = 25


def _rows(*ids: object) -> tuple[Remote, ...]:
    return tuple(Remote(str(each), FrozenDict()) for each in ids)


class Server:
    """Gives pages by offset, at most `clamp` rows each, from a list that may change before each page."""

    def __init__(
        self, rows: Sequence[object], clamp: int = 100, total: Callable[[int], int | None] = lambda n: n
    ) -> None:
        self.rows, self.clamp, self.total = list(rows), clamp, total
        self.asked = 0
        self.sizes: list[int] = []

    def change(self) -> None:
        """Nothing changes here."""

    def some(self, offset: int, size: int) -> Sequence[object]:
        return self.rows[offset : offset + size]

    def page(self, _number: int, offset: int, size: int) -> Page:
        self.asked += 1
        self.sizes.append(size)
        self.change()
        some = self.some(offset, min(size, self.clamp))
        return Page(_rows(*some), self.total(len(self.rows)), float(self.asked))

    def read(self, *, absence: bool = True) -> tuple[list[str], bool]:
        listing = read_all(self.page, SIZE, absence=absence)
        return sorted(item.id for item in listing.items), listing.complete


def _ids(count: int) -> list[str]:
    return sorted(str(n) for n in range(count))


# -- the end


@pytest.mark.parametrize("absence", [True, False])
def test_what_came_before_a_page_that_did_not_is_told_with_the_error(absence: bool) -> None:
    class Breaks(Server):
        def change(self) -> None:
            if self.asked == 3:
                raise UnreadableError("no third page")

    with pytest.raises(UnreadableError) as told:
        Breaks(range(60)).read(absence=absence)

    assert [row.id for row in told.value.rows] == [str(n) for n in range(50)]


@pytest.mark.parametrize(
    "total", [lambda n: n, lambda _: None, lambda _: 0, lambda n: min(n, 3), lambda n: n // 2]
)
@pytest.mark.parametrize("count", [0, 1, 3, 24, 25, 26, 60, 101])
@pytest.mark.parametrize("absence", [True, False])
def test_an_empty_page_is_the_end_whatever_the_total_says(
    count: int, total: Callable[[int], int | None], absence: bool
) -> None:
    assert Server(range(count), total=total).read(absence=absence) == (_ids(count), True)


@pytest.mark.parametrize("clamp", [1, 7, 10, 20, 24, 25])
@pytest.mark.parametrize("absence", [True, False])
def test_a_server_may_give_less_than_is_asked_for(clamp: int, absence: bool) -> None:
    assert Server(range(57), clamp).read(absence=absence) == (_ids(57), True)


@pytest.mark.parametrize(
    ("count", "absence", "requests"),
    [(0, True, 1), (3, True, 2), (3, False, 2), (60, False, 4), (60, True, 8), (25, True, 5), (20, True, 5)],
)
def test_what_it_costs(count: int, absence: bool, requests: int) -> None:
    server = Server(range(count))

    server.read(absence=absence)

    assert server.asked == requests


@pytest.mark.parametrize(
    ("wanted", "requests"), [(["0", "2"], 1), (["0", "30"], 2), (["0", "none"], 4), ([], 4)]
)
def test_a_lookup_ends_when_everything_was_found(wanted: list[str], requests: int) -> None:
    server = Server(range(60))

    listing = read_all(server.page, SIZE, wanted=wanted)

    assert (server.asked, listing.complete) == (requests, True)
    assert {item.id for item in listing.items} >= set(wanted) - {"none"}


# -- no empty page: what came before once more, or an error


class PastTheEnd(Server):
    """Has no empty page. `limit` is its last page, `own` its page size whatever is asked for."""

    past = "last"
    limit: int | None = None
    own: int | None = None

    def page(self, number: int, _offset: int, size: int) -> Page:
        self.asked += 1
        size = self.own or min(size, self.clamp)
        pages = min(-(-len(self.rows) // size), self.limit or PAGES)
        offset = (number - 1) * size
        if number > pages:
            if self.past == "error":
                raise UnreadableError("page out of range", status=200)
            offset = {"last": (pages - 1) * size, "first": 0, "tail": len(self.rows) - size}[self.past]
            offset = max(0, offset)
        return Page(_rows(*self.rows[offset : offset + size]), self.total(len(self.rows)), None)


def past_the_end(past: str, count: int, clamp: int = 100, **facts: object) -> PastTheEnd:
    server = PastTheEnd(range(count), clamp)
    server.past = past
    for name, fact in facts.items():
        setattr(server, name, fact)
    return server


pasts = pytest.mark.parametrize("past", ["last", "first", "tail", "error"])


@pasts
@pytest.mark.parametrize("count", [1, 3, 20, 24, 25, 50, 60, 101])
@pytest.mark.parametrize("clamp", [10, 20, 100])
@pytest.mark.parametrize("total", [lambda n: n, lambda _: None])
def test_a_server_without_an_empty_page_is_read_whole_in_passes_of_other_sizes(
    past: str, count: int, clamp: int, total: Callable[[int], int | None]
) -> None:
    server = past_the_end(past, count, clamp, total=total)

    assert server.read() == (_ids(count), True)
    assert server.asked <= PASSES * (count // (min(clamp, SIZE) // 2) + STALE + 1)


@pasts
def test_one_pass_without_an_empty_page_proves_presence_only(past: str) -> None:
    listing = read_all(past_the_end(past, 60).page, SIZE)

    assert (sorted(row.id for row in listing.items), listing.complete) == (_ids(60), False)


@pasts
@pytest.mark.parametrize("absence", [True, False])
def test_a_total_that_is_larger_than_what_came_is_no_end(past: str, absence: bool) -> None:
    server = past_the_end(past, 60, total=lambda n: n + 3)

    assert server.read(absence=absence) == (_ids(60), False)


@given(
    past=st.sampled_from(["last", "first", "error"]),
    count=st.integers(2, 130),
    clamp=st.integers(2, 30),
    limit=st.integers(1, 6),
    own=st.sampled_from([None, None, 2, 7, 10]),
    total=st.sampled_from(
        [lambda n: n, lambda _: None, lambda n: min(n, 10), lambda n: min(n, 50), lambda _: 3]
    ),
)
def test_a_cursor_that_is_stuck_is_not_taken_for_the_end(
    past: str, count: int, clamp: int, limit: int, own: int | None, total: Callable[[int], int | None]
) -> None:
    server = past_the_end(past, count, clamp, limit=limit, own=own, total=total)

    listing = read_all(server.page, SIZE, absence=True)

    assert not listing.complete or len(listing.items) == count


@given(count=st.integers(2, 130), window=st.integers(1, 60), clamp=st.integers(2, 30))
def test_a_window_whose_last_page_comes_again_is_no_end_where_a_total_says_more(
    count: int, window: int, clamp: int
) -> None:
    server = past_the_end("last", min(count, window), clamp, total=lambda _: count)

    assert not read_all(server.page, SIZE, absence=True).complete or count <= window


def test_trouble_past_the_last_page_is_no_end() -> None:
    class Down(PastTheEnd):
        def page(self, number: int, offset: int, size: int) -> Page:
            try:
                return super().page(number, offset, size)
            except UnreadableError as error:
                raise UnreadableError("out of order", status=503) from error

    server = Down(range(60))
    server.past = "error"

    with pytest.raises(UnreadableError, match=r"^out of order$"):
        server.read()


def test_an_id_with_two_contents_is_told_by_both() -> None:
    def page(_number: int, offset: int, _size: int) -> Page:
        names = () if offset else ("new", "old", "new", None)
        rows = tuple(
            Remote("1", FrozenDict({"name": name, "back": ""} if name else {"name": "new"})) for name in names
        )
        return Page(rows, None, None)

    listing = read_all(page, SIZE)

    assert [row.fields["name"] for row in (*listing.items, *listing.variants)] == ["new", "old"]


@pytest.mark.parametrize(
    ("server", "flaw"),
    [
        (
            past_the_end("error", 4, 4, total=lambda _: None, own=4),
            "nothing tells that page 1 is its last one, and the next one is an error (page out of range)",
        ),
        (
            past_the_end("last", 4, 4, total=lambda _: None, own=4),
            "it shows the same page again and again, and nothing tells that this is the end",
        ),
        (Server(range(4), total=lambda n: n + 1), "it shows 4, and its total says 5"),
        (Server([*range(30), 3]), "the same product comes on two pages"),
        (Server(range(4)), ""),
    ],
)
def test_why_it_is_not_whole_is_said(server: Server, flaw: str) -> None:
    listing = read_all(server.page, SIZE, absence=True)

    assert (listing.complete, listing.flaw) == (not flaw, flaw)


class Endless(Server):
    """Knows no pages: some rows of the same few, in an order of its own."""

    def some(self, *_: int) -> Sequence[object]:
        turn = self.asked % len(self.rows)
        return self.rows[turn:] + self.rows[:turn]


def test_a_server_that_knows_no_pages_is_not_read_for_ever_and_not_believed() -> None:
    server = Endless("abc")

    assert server.read() == (list("abc"), False)
    assert server.asked == PASSES * (STALE + 1)


def test_a_server_that_never_ends_is_not_complete() -> None:
    class Bottomless(Server):
        def some(self, offset: int, _size: int) -> Sequence[object]:
            return [offset]

    server = Bottomless("")

    assert server.read(absence=False)[1] is False
    assert server.asked < PAGES


# -- totals


@pytest.mark.parametrize("count", [3, 60])
@pytest.mark.parametrize("absence", [True, False])
def test_a_total_that_is_larger_says_by_how_many(count: int, absence: bool) -> None:
    listing = read_all(Server(range(count), total=lambda n: n + 2).page, SIZE, absence=absence)

    assert (len(listing.items), listing.excess, listing.complete) == (count, 2, False)


def test_the_largest_total_of_a_pass_counts() -> None:
    totals = iter([5, 4])

    listing = read_all(Server("abcd", total=lambda _: next(totals)).page, SIZE)

    assert (listing.excess, listing.complete) == (1, False)


def test_an_excess_is_told_of_whole_readings_only() -> None:
    listing = read_all(Server("aab", total=lambda _: 9).page, SIZE, absence=True)

    assert (listing.excess, listing.complete) == (0, False)


def test_what_was_seen_before_the_total_shrank_does_not_count_with_what_is_seen_after() -> None:
    """Both passes miss the same row, and another one is gone in between: three were seen, of three."""
    script = iter([("abc", 4), ("", 4), *[("ab", 3), ("", 3)] * PASSES])

    def page(_number: int, _offset: int, _size: int) -> Page:
        rows, total = next(script)
        return Page(_rows(*rows), total, None)

    assert read_all(page, 3, absence=True).complete is False


# -- rows that move


class Growing(Server):
    def change(self) -> None:
        if self.asked == 2:
            self.rows.insert(0, "new")


def test_a_row_inserted_between_two_pages_is_found_in_the_next_pass() -> None:
    rows = [str(n) for n in range(60)]

    assert Growing(rows).read() == (sorted([*rows, "new"]), True)
    assert Growing(rows).read(absence=False)[1] is False


class Shrinking(Server):
    def change(self) -> None:
        if self.asked == 2:
            self.rows.remove("0")


@pytest.mark.parametrize("total", [lambda n: n, lambda _: None])
def test_a_row_skipped_because_another_was_removed_is_found_in_the_next_pass(
    total: Callable[[int], int | None],
) -> None:
    rows = [str(n) for n in range(60)]

    assert Shrinking(rows, total=total).read() == (sorted(rows[1:]), True)


def test_a_row_that_only_an_earlier_pass_showed_is_told_beside_those_of_the_last_one() -> None:
    """It may be hidden by now, and was there: what it is can be asked, and nothing is made beside it."""
    server = Shrinking([str(n) for n in range(60)])
    listing = read_all(server.page, SIZE, absence=True)

    assert [row.id for row in listing.earlier] == ["0"]
    assert [row.id for row in joined([listing, listing]).earlier] == ["0", "0"]
    assert listing.complete is True


class Dropping(Server):
    """Loses a row wherever a page ends."""

    def some(self, offset: int, size: int) -> Sequence[object]:
        return super().some(offset + offset // size, size)


@pytest.mark.parametrize("clamp", [20, 25, 100])
def test_rows_that_are_dropped_at_the_borders_of_pages_for_ever_are_noticed(clamp: int) -> None:
    """No total tells of them; pages of another size end elsewhere."""
    server = Dropping(range(90), clamp, total=lambda _: None)

    found, complete = server.read()

    assert complete is False
    assert found == _ids(90), "what one pass drops another one shows"


def test_a_clamp_that_looks_like_one_page_is_read_twice() -> None:
    server = Dropping(range(21), 20, total=lambda _: None)

    assert server.read()[1] is False


class Repeating(Server):
    """Shows the last row of a page again on the next one."""

    def some(self, offset: int, size: int) -> Sequence[object]:
        start = max(0, offset - offset // size)
        return super().some(start, size)


def test_rows_that_are_repeated_at_the_borders_of_pages_for_ever_are_noticed() -> None:
    found, complete = Repeating(range(90)).read()

    assert (found, complete) == (_ids(90), False)


@pytest.mark.parametrize("absence", [True, False])
def test_an_id_that_comes_twice_is_never_complete(absence: bool) -> None:
    assert Server("abcabcdd", total=lambda _: 4).read(absence=absence) == (list("abcd"), False)


def test_a_listing_that_changes_all_the_time_is_not_complete() -> None:
    class Restless(Server):
        def change(self) -> None:
            self.rows = [f"{self.asked}-{n}" for n in range(SIZE)] if self.asked % 2 else []

    server = Restless("")

    assert server.read()[1] is False
    assert server.asked == 2 * PASSES


def test_offset_counts_the_rows_that_came() -> None:
    offsets: list[int] = []

    def page(_number: int, offset: int, size: int) -> Page:
        offsets.append(offset)
        return Page(_rows(*range(offset, min(offset + 4, 10))), 10, None)

    assert read_all(page, SIZE).complete
    assert offsets == [0, 4, 8, 10]


# -- how fresh, and when


def test_the_clock_is_that_of_the_last_page() -> None:
    assert read_all(Server(range(60)).page, SIZE).date == 4.0


@pytest.mark.parametrize("stale", [1, 2])
@pytest.mark.parametrize("absence", [True, False])
def test_one_answer_from_a_cache_makes_it_prove_presence_only(stale: int, absence: bool) -> None:
    server = Server("abc")

    def page(number: int, offset: int, size: int) -> Page:
        found = server.page(number, offset, size)
        return Page(found.items, found.total, found.date, fresh=number != stale)

    listing = read_all(page, SIZE, absence=absence)

    assert (len(listing.items), listing.complete, listing.fresh, listing.excess) == (3, False, False, 0)


def test_what_is_not_fresh_is_not_read_again() -> None:
    server = Server(range(60))

    def page(number: int, offset: int, size: int) -> Page:
        found = server.page(number, offset, size)
        return Page(found.items, found.total, found.date, fresh=server.asked != 6)

    listing = read_all(page, SIZE, absence=True)

    assert (listing.complete, listing.fresh, len(listing.items)) == (False, False, 60)
    assert server.asked == 8


# -- several queries as one


def test_joined_is_as_good_as_its_worst_part() -> None:
    good = Listing(_rows("a", "b"), complete=True, date=1.0)
    stale = Listing(_rows("b", "c"), complete=False, date=2.0, fresh=False)
    excess = Listing((), complete=False, date=None, excess=2)

    assert joined([good]) is good
    found = joined([good, stale, excess])
    assert [item.id for item in found.items] == ["a", "b", "c"]
    assert (found.complete, found.date, found.excess, found.fresh) == (False, None, 2, False)
    assert joined([good, good]).complete


# -- comparing


@pytest.mark.parametrize(
    ("value", "same"),
    [(None, ""), ("", ""), ("  a ", "a"), ("a\u0308", "\u00e4"), (5, "5"), (0, "0"), ("a\u00a0", "a")],
)
def test_text(value: object, same: str) -> None:
    assert text(value) == same


@pytest.mark.parametrize(
    ("value", "same"),
    [("a", "a"), (5, "5"), (0, "0"), ("", None), (None, None), (True, None), ([1], None), (1.5, None)],
)
def test_ids_are_text(value: object, same: str | None) -> None:
    assert as_text(value) == same


@given(
    st.dictionaries(
        st.text(max_size=3), st.none() | st.text(max_size=2) | st.just(()) | st.integers() | st.booleans()
    )
)
def test_present_keeps_what_says_something(spec: dict[str, object]) -> None:
    assert present(spec) == {k: v for k, v in spec.items() if v is not None and v not in ("", ())}
    assert present(present(spec)) == present(spec)
