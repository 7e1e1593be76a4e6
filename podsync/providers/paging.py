"""Reading a listing to its end, though rows repeat and shift between pages.

A listing is complete when as many distinct ids were seen as the provider's total, or, where it
tells none, when two passes agree. A page shorter than asked for proves nothing: the pages end
where one is empty, or where the total is reached.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from podsync.ports import Listing, Remote

#: Passes over a listing that keeps changing before it is called incomplete.
PASSES = 4
#: No account has this many pages; a server that always answers a full page is not read for ever.
PAGES = 5000


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows, the total if it was told, and the provider's clock."""

    items: tuple[Remote, ...]
    total: int | None
    date: float | None


def read_all(page: Callable[[int, int], Page]) -> Listing:
    """Read every page; `page(number, offset)` counts pages from 1 and rows from 0."""
    seen: dict[str, Remote] = {}
    before: set[str] | None = None
    date: float | None = None
    for _ in range(PASSES):
        ids, total, date = _one_pass(page, seen)
        if total is not None and len(seen) == total:
            return Listing(tuple(seen.values()), complete=True, date=date)
        if total is None and before == ids:
            return Listing(tuple(seen.values()), complete=True, date=date)
        before = ids
    return Listing(tuple(seen.values()), complete=False, date=date)


def _one_pass(
    page: Callable[[int, int], Page], seen: dict[str, Remote]
) -> tuple[set[str], int | None, float | None]:
    """Read once from the start; adds to `seen`, and returns this pass's ids, total and date."""
    ids: set[str] = set()
    total: int | None = None
    offset = 0
    answer = Page((), None, None)
    for number in range(1, PAGES):
        answer = page(number, offset)
        total = answer.total if answer.total is not None else total
        offset += len(answer.items)
        for item in answer.items:
            ids.add(item.id)
            seen[item.id] = item
        if not answer.items or (total is not None and len(ids) >= total):
            break
    return ids, total, answer.date
