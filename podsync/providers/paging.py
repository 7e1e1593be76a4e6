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
#: So many pages in a row without a new row: the server does not turn the page.
STALE = 3


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows, the total if it was told, and the provider's clock."""

    items: tuple[Remote, ...]
    total: int | None
    date: float | None


@dataclass(slots=True)
class _Pass:
    """One reading from the start. `sound` is False when it surely missed something."""

    ids: dict[str, Remote]
    total: int | None = None
    date: float | None = None
    sound: bool = False


def read_all(page: Callable[[int, int], Page]) -> Listing:
    """Read every page; `page(number, offset)` counts pages from 1 and rows from 0."""
    seen: dict[str, Remote] = {}
    #: What was seen since the total last changed: a row may have gone when it did.
    still: dict[str, Remote] = {}
    before: _Pass | None = None
    now = _Pass({})
    for _ in range(PASSES):
        now = _one_pass(page)
        seen |= now.ids
        still = now.ids | (still if before is not None and before.total == now.total else {})
        if now.sound and now.total is not None and now.total in (len(now.ids), len(still)):
            whole = now.ids if len(now.ids) == now.total else still
            return Listing(tuple(whole.values()), complete=True, date=now.date)
        agree = before is not None and before.sound and before.ids.keys() == now.ids.keys()
        if now.sound and now.total is None and agree:
            return Listing(tuple(seen.values()), complete=True, date=now.date)
        before = now
    return Listing(tuple(seen.values()), complete=False, date=now.date)


def _one_pass(page: Callable[[int, int], Page]) -> _Pass:
    """Read once from the start.

    A total that shrinks on the way means that rows moved up, and one of them may have been skipped;
    pages that bring nothing new have no end.
    """
    done, offset, stale = _Pass({}), 0, 0
    shrunk = False
    for number in range(1, PAGES):
        answer = page(number, offset)
        shrunk |= None not in (answer.total, done.total) and (answer.total or 0) < (done.total or 0)
        done.total = answer.total if answer.total is not None else done.total
        done.date = answer.date
        offset += len(answer.items)
        known = len(done.ids)
        done.ids |= {item.id: item for item in answer.items}
        if not answer.items or (done.total is not None and len(done.ids) >= done.total):
            done.sound = not shrunk
            break
        stale = stale + 1 if len(done.ids) == known else 0
        if stale == STALE:
            break
    return done
