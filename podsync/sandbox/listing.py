"""Order and pages of a listing, which no vendor documents."""

from collections.abc import Callable, Sequence
from zlib import crc32

from podsync.sandbox.datafile import JsonObject
from podsync.sandbox.rules import Rules


def ordered(rows: list[JsonObject], rules: Rules, key: Callable[[JsonObject], object]) -> list[JsonObject]:
    """`rows`, given oldest first, in the order of the rules."""
    if rules.order == "newest":
        return rows[::-1]
    if rules.order == "shuffle":
        return sorted(rows, key=lambda row: crc32(f"{rules.order_seed}:{key(row)}".encode()))
    return rows


def page(rows: Sequence[JsonObject], rules: Rules, offset: int, size: int) -> Sequence[JsonObject]:
    """The rows of one page.

    `repeat` is what a client sees when one product is added in front between each two pages, `skip`
    when one is removed.
    """
    moved = offset // size if size > 1 else 0
    start = offset + {"steady": 0, "repeat": -moved, "skip": moved}[rules.pages]
    return rows[max(0, start) : max(0, start) + size]
