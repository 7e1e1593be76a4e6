"""Reading a listing to its end, though rows repeat, shift and are dropped between pages.

What ends a listing is an empty page: not a total, which may be capped or count the page, and not a page
shorter than asked for, which a server may have clamped. Offsets go by the rows that came. A total can
only make a listing incomplete, where it is larger than what was read.

To say that something is absent (`Query.absence`), a listing of several pages is read until two passes in
a row are alike. Each pass asks for pages of another size: what a server drops where one page ends and the
next one begins is dropped elsewhere then, and the passes differ.

Some servers have no empty page. Past their last page they show rows once more that came before, in their
order (`End.REPEATED`), or refuse (`End.REFUSED`). A cursor that is stuck does the same while more rows exist.
So this is an end only where two passes in a row, each of pages of the size that it asked for, saw the same
rows, none twice before the end, and no total exceeds them; and where one of them shows a last page that is
shorter than the others (or is alone), or both have a total that several pages together reach. A limit of
pages or of rows behind which more exists would have to fall together with all of that: pages of another size
end elsewhere, a capped total is passed or not reached by one of them, and what a server with pages of a size
of its own repeats is never believed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import Enum

from podsync.model.errors import UnreachableError, UnreadableError
from podsync.providers.contract import Listing, Remote
from podsync.providers.normalise import present

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


class End(Enum):
    """What came after the last page with a new row."""

    EMPTY = "an empty page"
    REPEATED = "what came before, again"
    REFUSED = "an error"


@dataclass(slots=True)
class _Pass:
    """One reading from the start, by pages of `size` rows. `end` is None where none was met."""

    size: int
    ids: dict[str, Remote] = field(default_factory=dict)
    total: int = 0
    date: float | None = None
    fresh: bool = True
    end: End | None = None
    #: An id came twice before the end.
    twice: bool = False
    #: Every id that was looked up is there.
    found: bool = False
    #: The longest page: what the server gives where it gives less than is asked for.
    longest: int = 0
    #: The last page with a new row, and how many of them there were.
    last: int = 0
    pages: int = 0
    #: Other contents of these ids: an index that is behind may have two versions of one row.
    variants: list[Remote] = field(default_factory=list)
    error: UnreadableError | None = None

    @property
    def excess(self) -> int:
        """By how many rows the largest total exceeds what was read."""
        return max(0, self.total - len(self.ids))

    @property
    def whole(self) -> bool:
        """To an empty page, and no id came twice."""
        return self.end is End.EMPTY and not self.twice

    @property
    def alone(self) -> bool:
        """Whether all of it was on one page, which no server has cut short at a size of its own."""
        one = self.pages <= 1 and self.longest < self.size
        return one and (self.longest < 10 or self.longest % 10 != 0)

    @property
    def tapers(self) -> bool:
        """Whether its last page is one that nothing but the end has cut short."""
        return self.last < self.longest or self.alone

    @property
    def counted(self) -> bool:
        """Whether several pages together have as many rows as the total says."""
        return self.pages > 1 and self.total == len(self.ids)

    @property
    def closed(self) -> bool:
        """Whether this is an end if another reading, by pages of another size, meets it as well."""
        return self.end is not None and not self.twice and self.excess == 0 and self.longest <= self.size

    def like(self, other: _Pass) -> bool:
        """Whether two readings saw the same, to the end."""
        if self.ids.keys() != other.ids.keys():
            return False
        if self.whole and other.whole:
            return self.excess == other.excess
        shown = self.tapers or other.tapers or (self.counted and other.counted)
        return self.closed and other.closed and shown and self.size != other.size

    def flaw(self) -> str:
        """Say why this is not the whole listing."""
        if not self.fresh:
            return "an answer of it came from a cache"
        if self.end is End.REFUSED and self.error is not None:
            return (
                f"nothing tells that page {self.pages} is its last one, and the next one is an error "
                f"({self.error.message})"
            )
        if self.end is not None and not self.twice and self.excess:
            return f"it shows {len(self.ids)}, and its total says {self.total}"
        if self.end is End.REPEATED and not self.twice:
            return "it shows the same page again and again, and nothing tells that this is the end"
        return "the same product comes on two pages" if self.twice else "it changes while it is read"


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

    Raises UnreadableError, with the rows of the pages before it, where a page does not come; where the server
    refuses one after the first (`End.REFUSED`), that is told as the flaw of what came.
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
    variants: list[Remote] = []
    before: _Pass | None = None
    for _ in range(PASSES):
        now = _one_pass(page, size, frozenset(wanted))
        seen |= now.ids
        variants += now.variants
        if now.found and now.fresh:
            return Listing(tuple(now.ids.values()), complete=True, date=now.date)
        alike = (now.whole and now.alone) or (before is not None and now.like(before))
        if now.fresh and (alike or (now.whole and not absence)):
            rows = tuple(now.ids.values())
            earlier = tuple(row for row in seen.values() if row.id not in now.ids)
            complete, flaw = now.excess == 0, now.flaw() if now.excess else ""
            return Listing(rows, complete, date=now.date, excess=now.excess, earlier=earlier, flaw=flaw)
        if not now.fresh or not absence:
            break  # one answer out of a cache, and the whole of it proves presence only
        before = now
        size = max(1, min(size, now.longest) * 9 // 10)
    rows, others = tuple(seen.values()), tuple(variants)
    return Listing(rows, False, now.date, fresh=now.fresh, flaw=now.flaw(), variants=others)


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
    done, offset, stale, known = _Pass(size), 0, 0, 0
    came: list[str] = []
    for number in range(1, PAGES):
        try:
            answer = page(number, offset, size)
        except UnreadableError as error:
            if number == 1 or not _is_refusal(error):
                raise
            done.end, done.error = End.REFUSED, error
            break
        done.total = max(done.total, answer.total or 0)
        done.date = answer.date
        done.fresh = done.fresh and answer.fresh
        ids, variants = tuple(item.id for item in answer.items), list[Remote]()
        for item in answer.items:
            before = done.ids.setdefault(item.id, item)
            if before is not item and present(before.fields) != present(item.fields):
                variants.append(item)
        offset += len(ids)
        new, known = len(done.ids) - known, len(done.ids)
        done.found = bool(wanted) and wanted <= done.ids.keys()
        if not ids:
            done.end = End.EMPTY
            break
        if new == 0 and _is_run_of(ids, came):
            stale += 1
            if stale == STALE or ids == tuple(came[-done.last :]):
                done.end = End.REPEATED
                break
            continue
        done.variants += variants
        done.twice |= new < len(ids) or stale > 0
        stale = stale + 1 if new == 0 else 0
        came += ids
        done.longest, done.last = max(done.longest, len(ids)), len(ids)
        done.pages += 1
        if done.found or stale == STALE:
            break
    done.twice |= stale > 0 and done.end is End.EMPTY
    return done


def _is_refusal(error: UnreadableError) -> bool:
    """Whether this is an answer to a page that there is not, and no trouble of another kind."""
    status = error.status
    trouble = status is None or status >= 500 or status in (401, 403, 408, 429)
    return not trouble and not isinstance(error, UnreachableError)


def _is_run_of(ids: tuple[str, ...], came: list[str]) -> bool:
    """Whether these came before, one after the other."""
    if ids[0] not in came:
        return False
    start = came.index(ids[0])
    return ids == tuple(came[start : start + len(ids)])


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
        flaw=next((part.flaw for part in parts if part.flaw), ""),
        variants=tuple(item for part in parts for item in part.variants),
        earlier=tuple(item for part in parts for item in part.earlier if item.id not in items),
    )
