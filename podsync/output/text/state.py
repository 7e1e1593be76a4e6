"""The state as people look at it: `podsync state list`, `show` and `orphans`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from podsync.model.address import Address
from podsync.output.escape import safe
from podsync.output.layout import GAP, INDENT, cells, facts, pad, page, shorten, wrap
from podsync.output.product import name_of, quoted, text_of, whole_product
from podsync.output.style import Style
from podsync.output.text.learned import doubt_lines, id_facts, provider_lines, refusal_lines
from podsync.output.text.plan_head import STAYS
from podsync.output.wording import by_hand, counted, day, minute, number, second, title, visible_id
from podsync.state.entries import Entry, Orphan, Pending
from podsync.state.model import State

_AFTERWARDS = (
    "Removed one? To ask the providers: podsync state orphans --check",
    "To say it without a key: podsync state orphans --done ADDRESS",
)
_UNKNOWN_ID = "id not known yet"


def _status(entry: Entry) -> str:
    return "in doubt" if entry.pending else "half made" if entry.steps_left or entry.swap else entry.origin


def _which(entry: Entry | Orphan) -> str:
    """Return the id that people see, or what is known instead."""
    if entry.id is None and entry.spec is not None:
        return _UNKNOWN_ID
    return visible_id(entry.provider, entry.remote)


def state_list(state: State, *, style: Style, width: int = 80, typed: Callable[[str], str] = str) -> str:
    """Return one line for each product: address, how it came here, visible id, name.

    `typed` returns a text with each command in it as it has to be typed.
    """
    entries = [state.entries[address] for address in sorted(state.entries)]
    if not entries:
        return page(["No products in the state.", *_orphan_count(state, typed)])
    rows = [
        (str(one.address), _status(one), _which(one) or title(one.provider), name_of(one.provider, one.sent))
        for one in entries
    ]
    columns = [max(cells(row[index]) for row in rows) for index in range(3)]
    lines = []
    for row in rows:
        left = GAP.join(pad(shorten(text, size), size) for text, size in zip(row[:3], columns, strict=True))
        painted = left.replace("in doubt", style.warn("in doubt"), 1) if row[1] == "in doubt" else left
        room = width - cells(left) - len(GAP)
        lines += (
            [painted + GAP + quoted(row[3], room)]
            if room >= 20
            else [painted, INDENT + quoted(row[3], width - 6)]
        )
    return page([*lines, "", *_totals(entries), *_orphan_count(state, typed)])


def _totals(entries: list[Entry]) -> Iterator[str]:
    doubt = sum(one.pending is not None for one in entries)
    unbound = sum(one.unbound for one in entries)
    parts = [
        counted(len(entries), "product"),
        f"{number(doubt)} in doubt" if doubt else "",
        f"{number(unbound)} whose id is not known yet (apply reads it first)" if unbound else "",
    ]
    yield " · ".join(part for part in parts if part)


def _orphan_count(state: State, typed: Callable[[str], str]) -> Iterator[str]:
    if state.to_remove:
        yield typed(f"{counted(state.to_remove, 'product')} to remove by hand (podsync state orphans)")


def state_show(state: State, address: Address, *, style: Style, width: int = 80) -> str:
    """Return everything that the state knows about an address; raises KeyError if that is nothing."""
    entry = state.entries.get(address)
    orphans = [one for one in state.orphans if one.address == address]
    if entry is None and not orphans:
        raise KeyError(str(address))
    lines = [style.bold(str(address))]
    if entry is not None:
        lines += _entry_lines(state, entry, style, width)
        lines += doubt_lines(state, entry, style, width)
    lines += refusal_lines(state, address, style, width)
    successors = _successors(state) if orphans else {}
    for orphan in orphans:
        rows = _orphan_lines(state, orphan, successors.get((orphan.address, orphan.created_at)), width)
        lines += ["", f"An orphan of this address: it {STAYS}", *rows]
        if entry is None:
            lines += doubt_lines(state, orphan, style, width)
    lines += provider_lines(state, entry if entry is not None else orphans[0], width)
    return page(lines)


def _entry_lines(state: State, entry: Entry, style: Style, width: int) -> Iterator[str]:
    which = _which(entry)
    known = [
        f"{title(entry.provider)} {which}".rstrip(),
        f"id {safe(entry.id)}" if entry.id else "",
        *id_facts(state, entry),
        f"account {safe(entry.account)}",
        f"{entry.origin} {minute(entry.created_at)}"
        if entry.spec is not None
        else "nothing is known to exist",
    ]
    yield from facts(known, width, GAP)
    labels = [f"{safe(key)}={safe(value)}" for key, value in sorted(entry.labels.items())]
    rest = [
        f"labels {', '.join(labels)}" if labels else "",
        f"protected by {', '.join(_protections(entry))}" if _protections(entry) else "",
        _half_made(entry),
        f"not verified: {', '.join(map(safe, entry.unverified))}" if entry.unverified else "",
    ]
    if any(rest):
        yield from facts(rest, width, GAP)
    if entry.spec is not None:
        yield f"{GAP}what exists"
        yield from whole_product(entry.spec)
    if entry.pending is not None:
        yield from _pending_lines(entry.pending, style, width)


def _protections(entry: Entry) -> list[str]:
    return [word for word, value in entry.lifecycle.to_json().items() if value is True]


def _half_made(entry: Entry) -> str:
    """Say what a product lacks that exists, and which name it waits for."""
    left = (
        f"half made, still to be added: {', '.join(map(safe, entry.steps_left))}" if entry.steps_left else ""
    )
    names = [quoted(str(value), 60) for value in entry.swap.takes.values()] if entry.swap is not None else []
    waits = f"to take over the name {', '.join(names)}" if names else ""
    return "; ".join(part for part in (left, waits) if part)


def _pending_lines(pending: Pending, style: Style, width: int) -> Iterator[str]:
    why = f": {safe(pending.why).rstrip('.')}" if pending.why else ""
    what = "a create" if pending.op == "create" else pending.step or "an update"
    sent = f"sent at most {counted(pending.attempts, 'time')}" if pending.attempts else "not sent"
    again = " again" if pending.attempts else ""
    text = (
        f"in doubt: {what} of {second(pending.written_at)}, {sent}{why}. "
        f"Not sent{again} before apply has looked for it."
    )
    yield from (style.warn(line) for line in wrap(text, width, GAP, GAP * 2))
    yield from whole_product(pending.body)


def state_orphans(state: State, *, style: Style, width: int = 80, typed: Callable[[str], str] = str) -> str:
    """Return what a person has to remove, since no API can delete; `typed` as of `state_list`."""
    if not state.orphans:
        return page(["Nothing to remove by hand."])
    orphans = sorted(state.orphans, key=lambda one: (one.orphaned_at, one.address))
    successors = _successors(state)
    found = state.found_by_orders
    rows = [
        _row(orphan, successors.get(key), waits=key in found)
        for orphan in orphans
        for key in [(orphan.address, orphan.created_at)]
    ]
    columns = [max(cells(row[index]) for row in rows) for index in range(5)]
    heading = f"To remove by hand ({number(len(rows))}): each {STAYS}"
    if sum(columns) + 5 * len(GAP) <= width:
        since = len(GAP) + sum(columns[:3]) + 3 * len(GAP)
        lines = [pad(heading, since - len(GAP)) + GAP + "since" if cells(heading) < since else heading]
        lines += [
            GAP + GAP.join(pad(text, size) for text, size in zip(row, columns, strict=True)) for row in rows
        ]
    else:
        lines = [heading]
        for which, name, why, since_day, address in rows:
            lines += facts([which, name], width, GAP, INDENT)
            lines += facts([f"{why} {since_day}", address], width, INDENT)
    lines[0] = style.bold(lines[0])
    return page([*lines, *(row for line in _AFTERWARDS for row in wrap(typed(line), width))])


def _row(
    orphan: Orphan, successor: Entry | Orphan | None, *, waits: bool = False
) -> tuple[str, str, str, str, str]:
    which = f"{title(orphan.provider)} {_which(orphan)}".rstrip()
    name = quoted(name_of(orphan.provider, orphan.spec), 48)
    why = "not yet: orders find it until a swap ends" if waits else _why(orphan, successor)
    return which, name, why, day(orphan.orphaned_at), str(orphan.address)


def _why(orphan: Orphan, successor: Entry | Orphan | None) -> str:
    if orphan.reason != "replaced":
        return "its document was removed"
    if successor is not None and orphan.replaced_by in (None, successor.id):
        newer = visible_id(successor.provider, successor.remote, word=False)
        return f"replaced by {newer or 'a new one'}"
    return f"replaced by {text_of(orphan.replaced_by)}" if orphan.replaced_by else "replaced by a new one"


def _successors(state: State) -> Mapping[tuple[Address, float], Entry | Orphan]:
    """Return what was made next at the address of each orphan: it may have been replaced itself since."""
    chains: dict[Address, list[Entry | Orphan]] = defaultdict(list)
    for orphan in state.orphans:
        chains[orphan.address].append(orphan)
    found: dict[tuple[Address, float], Entry | Orphan] = {}
    for address, chain in chains.items():
        entry = state.entries.get(address)
        made = sorted([*chain, *([entry] if entry is not None else [])], key=lambda each: each.created_at)
        found |= {(address, each.created_at): following for each, following in pairwise(made)}
    return found


def _orphan_lines(
    state: State, orphan: Orphan, successor: Entry | Orphan | None, width: int
) -> Iterator[str]:
    which, name, why, since, _ = _row(orphan, successor)
    place = by_hand(orphan.provider)
    known = [which, *id_facts(state, orphan), name, f"{why} {since}", f"remove it {place}"]
    yield from facts(known, width, GAP)
