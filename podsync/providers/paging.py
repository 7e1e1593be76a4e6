"""Reading a listing to its end, though rows repeat, shift and are dropped between pages.

What ends a listing is an empty page: not a total, which may be capped or count the page, and not a page
shorter than asked for, which a server may have clamped. Offsets go by the rows that came. A total can
only make a listing incomplete, where it is larger than what was read.

To say that something is absent (`Query.absence`), a listing of several pages is read until two passes in
a row are alike. Each pass asks for pages of another size: what a server drops where one page ends and the
next one begins is dropped elsewhere then, and the passes differ.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from podsync.model.errors import UnreadableError
from podsync.providers.contract import Listing, Remote

#: A reading of more pages is announced before it goes on.
LONG = 20
#: Passes over a listing that keeps changing before it is called incomplete.
PASSES = 4
#: No account has this many pages; a server that always answers a full page is not read for ever.
PAGES = 5000
#: So many pages in a row without a new row: the server does not turn the page.
STALE = 3


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows, the total if the page has one, the provider's clock, and whether it is of now."""

    items: tuple[Remote, ...]
    total: int | None
    date: float | None
    fresh: bool = True


#: Fetches one page: its number counts from 1, the offset is in rows, then how many rows are wanted.
Pages = Callable[[int, int, int], Page]


@dataclass(slots=True)
class _Pass:
    """One reading from the start. `whole`: to an empty page, and no id came twice."""

    ids: dict[str, Remote] = field(default_factory=dict)
    total: int = 0
    date: float | None = None
    fresh: bool = True
    whole: bool = False
    #: Every id that was looked up is there.
    found: bool = False
    #: The longest page: what the server gives where it gives less than is asked for.
    longest: int = 0
    pages: int = 0

    @property
    def excess(self) -> int:
        """By how many rows the largest total exceeds what was read."""
        return max(0, self.total - len(self.ids))

    def alone(self, size: int) -> bool:
        """Whether all of it was on one page, which no server has cut short at a size of its own."""
        return self.pages <= 1 and self.longest < size and (self.longest < 10 or self.longest % 10 != 0)

    def like(self, other: _Pass) -> bool:
        """Whether two readings saw the same."""
        return (
            self.whole and other.whole and self.ids.keys() == other.ids.keys() and self.excess == other.excess
        )


def unheard(_rows: int, _requests: int) -> None:
    """Take no note of a long reading, nor of its pages."""


def read_all(
    page: Pages,
    size: int,
    *,
    absence: bool = False,
    wanted: Collection[str] = (),
    heard: Callable[[int, int], None] = unheard,
    paged: Callable[[int, int], None] = unheard,
) -> Listing:
    """Read every page, `size` rows each; with `absence` so often that what is not there is surely absent.

    It ends as soon as all of `wanted`, a set of ids, was read. `heard` is called once, when the first page of
    a long reading has come, with the number of its rows and of the requests that it is likely to take;
    `paged` after every page, with how many rows of this pass have come and the total, 0 if none is given.

    Raises UnreadableError, with the rows of the pages before it, where a page does not come.
    """
    came: dict[str, Remote] = {}

    def kept(number: int, offset: int, rows: int) -> Page:
        answer = page(number, offset, rows)
        came.update((item.id, item) for item in answer.items)
        return answer

    try:
        return _read(_announced(kept, size, 2 if absence else 1, heard, paged), size, absence, wanted)
    except UnreadableError as error:
        error.rows = (*error.rows, *came.values())
        raise


def _read(page: Pages, size: int, absence: bool, wanted: Collection[str]) -> Listing:
    seen: dict[str, Remote] = {}
    before: _Pass | None = None
    for _ in range(PASSES):
        now = _one_pass(page, size, frozenset(wanted))
        seen |= now.ids
        if now.found and now.fresh:
            return Listing(tuple(now.ids.values()), complete=True, date=now.date)
        alike = now.alone(size) or (before is not None and now.like(before))
        if now.whole and now.fresh and (alike or not absence):
            rows = tuple(now.ids.values())
            earlier = tuple(row for row in seen.values() if row.id not in now.ids)
            complete = now.excess == 0
            return Listing(rows, complete, date=now.date, excess=now.excess, earlier=earlier)
        if not absence or not now.fresh:
            break  # one answer out of a cache, and the whole of it proves presence only
        before = now
        size = max(1, min(size, now.longest) * 9 // 10)
    return Listing(tuple(seen.values()), complete=False, date=now.date, fresh=now.fresh)


def _announced(
    page: Pages, size: int, passes: int, heard: Callable[[int, int], None], paged: Callable[[int, int], None]
) -> Pages:
    announced = False

    def fetch(number: int, offset: int, rows: int) -> Page:
        nonlocal announced
        answer = page(number, offset, rows)
        total = answer.total or 0
        pages = -(-total // size) + 1
        if not announced and pages > LONG:
            heard(total, passes * pages)
        announced = True
        paged(offset + len(answer.items), total)
        return answer

    return fetch


def _one_pass(page: Pages, size: int, wanted: frozenset[str]) -> _Pass:
    """Read once from the start, until a page is empty or the server turns the pages no more."""
    done, offset, stale, twice = _Pass(), 0, 0, False
    previous: tuple[str, ...] = ()
    for number in range(1, PAGES):
        answer = page(number, offset, size)
        done.total = max(done.total, answer.total or 0)
        done.date = answer.date
        done.fresh = done.fresh and answer.fresh
        if not answer.items:
            done.whole = not twice
            break
        ids = tuple(item.id for item in answer.items)
        known = len(done.ids)
        done.ids |= {item.id: item for item in answer.items}
        done.longest = max(done.longest, len(ids))
        done.pages += 1
        offset += len(ids)
        twice |= len(done.ids) < known + len(ids)
        done.found = bool(wanted) and wanted <= done.ids.keys()
        stale = stale + 1 if len(done.ids) == known else 0
        if done.found or ids == previous or stale == STALE:
            break
        previous = ids
    return done


def joined(parts: list[Listing]) -> Listing:
    """Return one listing of several queries that together ask for one thing."""
    if len(parts) == 1:
        return parts[0]
    items = {item.id: item for part in parts for item in part.items}
    return Listing(
        tuple(items.values()),
        complete=all(part.complete for part in parts),
        date=parts[-1].date,
        excess=sum(part.excess for part in parts),
        fresh=all(part.fresh for part in parts),
        earlier=tuple(item for part in parts for item in part.earlier if item.id not in items),
    )
