"""What a listing shows of what is there. Order, pages and totals are documented by no vendor."""

from collections.abc import Callable, Mapping, Sequence
from zlib import crc32

from podsync.sandbox.datafile import JsonObject
from podsync.sandbox.rules import Rules
from podsync.sandbox.store import Shop
from podsync.sandbox.wire import RefusalError

# What `total` says, of all rows, of this page's, and of the number behind the colon; None: nothing.
TOTALS: Mapping[str, Callable[[int, int, int], int | None]] = {
    "true": lambda rows, _page, _number: rows,
    "capped": lambda rows, _page, number: min(rows, number),
    "page": lambda _rows, page, _number: page,
    "hidden": lambda rows, _page, number: rows + number,
    "none": lambda _rows, _page, _number: None,
}


def seen_until(shop: Shop, rules: Rules, lag: float, now: float) -> float | None:
    """The moment that a listing shows the shop as of; None for the present."""
    behind = max(lag, 0.0) + rules.replica
    return now - behind if behind > 0 or shop.latest > now else None


def found(rows: list[JsonObject], rules: Rules, name: str, text: str, *exact: str) -> list[JsonObject]:
    """The rows that a search for `text` in `name`, or for all of an `exact` field, finds; all for no text."""
    low, missed = text.lower(), rules.search_misses
    if not text:
        return rows
    return [
        row
        for row in rows
        if (low in row[name].lower() or text in [row.get(field) for field in exact])
        and not (missed and missed in row[name])
    ]


def ordered(
    rows: list[JsonObject], rules: Rules, name: str, key: Callable[[JsonObject], object]
) -> list[JsonObject]:
    """`rows`, given oldest first, in the order of the rules, without those that moderation hides."""
    if rules.hidden:
        rows = [row for row in rows if rules.hidden not in row[name] and str(row["id"]) != rules.hidden]
    if rules.order == "newest":
        return rows[::-1]
    if rules.order == "shuffle":
        return sorted(rows, key=lambda row: crc32(f"{rules.order_seed}:{key(row)}".encode()))
    return rows


def page_size(wanted: int, most: int, rules: Rules) -> int:
    """How many rows a page has: never more than the shop gives, whatever was asked for."""
    return min(wanted, most, rules.page_size or most)


def page(rows: Sequence[JsonObject], rules: Rules, offset: int, size: int) -> Sequence[JsonObject]:
    """The rows of one page. Raises RefusalError where the rules refuse a page past the last one.

    `repeat` is what a client sees when one product is added in front between each two pages, `skip`
    when one is removed.
    """
    if offset and offset >= len(rows) and rules.past_end == "error":
        raise RefusalError("page out of range")
    if rows and offset >= len(rows) and rules.past_end == "last":
        offset = (len(rows) - 1) // size * size
    moved = offset // size if size > 1 else 0
    start = offset + {"steady": 0, "repeat": -moved, "skip": moved}[rules.pages]
    return rows[max(0, start) : max(0, start) + size]


def total(rows: Sequence[JsonObject], shown: Sequence[JsonObject], rules: Rules) -> int | None:
    """What the listing says that there is; None: it says nothing."""
    word, _, number = rules.total.partition(":")
    return TOTALS[word](len(rows), len(shown), int(number or 0))
