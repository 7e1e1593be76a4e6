"""The state as people look at it: `podsync state list`, `show` and `orphans`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from podsync.model.address import Address
from podsync.model.digests import canonical_json
from podsync.model.frozen import Json
from podsync.output.escape import safe
from podsync.output.layout import GAP, INDENT, cells, facts, pad, page, shorten, wrap
from podsync.output.product import name_of, quoted, text_of, whole_product
from podsync.output.style import Style
from podsync.output.text.plan_head import STAYS
from podsync.output.wording import by_hand, counted, day, minute, number, second, title, visible_id
from podsync.providers.registry import roles_of
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
        if room >= 20:
            lines.append(painted + GAP + quoted(row[3], room))
        else:
            lines += [painted, INDENT + quoted(row[3], width - 6)]
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
    if address not in state.known_addresses():
        raise KeyError(str(address))
    lines = [style.bold(str(address))]
    if entry is not None:
        lines += _entry_lines(state, entry, style, width)
    elif not orphans:
        lines += wrap("nothing is known to exist", width, GAP)
    lines += _remembered_lines(state, address, style, width)
    if entry is not None:
        lines += _lost_lines(entry, width)
    lines += _refusal_lines(state, address, style, width)
    successors = _successors(state) if orphans else {}
    for orphan in orphans:
        rows = _orphan_lines(state, orphan, successors.get((orphan.address, orphan.created_at)), width)
        lines += ["", f"An orphan of this address: it {STAYS}", *rows]
        if entry is None:
            lines += _lost_lines(orphan, width)
    if entry is not None or orphans:
        lines += _provider_lines(state, entry if entry is not None else orphans[0], width)
    return page(lines)


def _entry_lines(state: State, entry: Entry, style: Style, width: int) -> Iterator[str]:
    which = _which(entry)
    exists = entry.spec is not None
    made = f"{entry.origin} {minute(entry.created_at)}" if exists else "nothing is known to exist"
    known = [
        f"{title(entry.provider)} {which}".rstrip(),
        f"id {safe(entry.id)}" if entry.id else "",
        *_id_facts(state, entry),
        f"account {safe(entry.account)}",
        made,
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
    """Return what was made next at the address of each orphan: it may itself be replaced by now."""
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
    known = [which, *_id_facts(state, orphan), name, f"{why} {since}", f"remove it {place}"]
    yield from facts(known, width, GAP)


#: So many refusals are shown.
_SHOWN = 3


def _id_facts(state: State, item: Entry | Orphan) -> Iterator[str]:
    """Yield whether an id is certain, and whether its product is missing."""
    if item.id is None:
        if item.identified and item.window is not None:
            yield f"seen on the web page as {safe(item.window.said or '')}: no listing has shown it yet"
        return
    if item.provisional:
        yield "likely: no listing has shown it for certain yet"
    absent = state.absent.get(item.provider, {}).get(item.id)
    if absent is not None:
        since = second(absent.at)
        yield f"gone at {title(item.provider)} since {since}" if absent.gone else f"not listed since {since}"


def _remembered_lines(state: State, address: Address, style: Style, width: int) -> Iterator[str]:
    """Yield listed products that may be this one: a create asks about them until a person answers."""
    settled = {p: {*state.foreign.get(p, ()), *state.owned(p)} for p in state.remembered}
    mine = sorted(
        (row.at, each, provider, row)
        for provider, rows in state.remembered.items()
        for each, row in rows.items()
        if str(address) in row.addresses and each not in settled[provider] and row.removed_at is None
    )
    for at, each, provider, row in mine[:_SHOWN]:
        name = quoted(name_of(provider, row.fields), 48)
        text = (
            f"may be this: {safe(each)} {name}, listed first {second(at)}. "
            "A create at this address asks about it until a person has said what it is."
        )
        yield from (style.warn(line) for line in wrap(text, width, GAP, GAP * 2))
    if len(mine) > _SHOWN:
        yield f"{GAP}and {counted(len(mine) - _SHOWN, 'more product')} that may be this"


def _lost_lines(item: Entry | Orphan, width: int) -> Iterator[str]:
    """Yield what a newer state may have known of this product, and what is known not to be there."""
    if item.outdated_at is not None:
        text = (
            f"a newer state was lost {second(item.outdated_at)}: steps may have added more than is known here"
        )
        yield from wrap(text, width, GAP, GAP * 2)
    lacks = item.lacks if isinstance(item, Entry) else {}
    if lacks:
        yield from wrap(f"known not to be there: {', '.join(map(safe, sorted(lacks)))}", width, GAP, GAP * 2)


def _refusal_lines(state: State, address: Address, style: Style, width: int) -> Iterator[str]:
    """Yield the refused creates of an address, and how often nothing was made there."""
    refusals = state.refusals.get(address, ())
    for refusal in refusals[:_SHOWN]:
        name = f" of {quoted(name_of(refusal.provider, refusal.body), 48)}" if refusal.body else ""
        why = f": {safe(refusal.message)}" if refusal.message else ""
        text = f"refused {second(refusal.at)}: a create{name}{why}"
        yield from (style.warn(line) for line in wrap(text, width, GAP, GAP * 2))
    if len(refusals) > _SHOWN:
        yield f"{GAP}and {counted(len(refusals) - _SHOWN, 'refusal')} before"
    released = state.released.get(address, 0)
    if released:
        yield from wrap(f'"nothing was made" was said here {counted(released, "time")}', width, GAP)


def _provider_lines(state: State, item: Entry | Orphan, width: int) -> Iterator[str]:
    """Yield what the provider does to this product's values, and what identifies its account."""
    spec = item.sent
    seen = state.observed.get(item.provider, {}).get(item.account, {})
    names = seen.get("names")
    parts = [*_pictures(seen.get("pictures"), spec), f"names: {_in_words(names)}" if names else ""]
    model = str(spec.get(roles_of(item.provider).model, ""))
    codes = state.models.get(item.provider, {}).get(model, ())
    if len(codes) > 1:
        parts.append(f"model {safe(model)} has {len(codes)} codes: {', '.join(map(safe, codes))}")
    marks = [text_of(mark["id"]) for mark in state.landmarks.get(item.provider, ()) if "id" in mark]
    parts.append(f"account known by {', '.join(marks)}" if marks else "")
    foreign = len(state.foreign.get(item.provider, ()))
    if foreign:
        parts.append(f"{counted(foreign, 'product')} there {'is' if foreign == 1 else 'are'} not ours")
    unclaimed = len(state.unclaimed.get(item.provider, ()))
    if unclaimed:
        parts.append(f"{counted(unclaimed, 'product')} there may be nobody's here")
    if any(parts):
        yield f"{GAP}known of {title(item.provider)}"
        yield from facts(parts, width, GAP * 2)


def _pictures(seen: Json, spec: Mapping[str, Json]) -> Iterator[str]:
    """Say what becomes of pictures on the hosts that this product uses."""
    text = canonical_json(spec)
    for host, fields in sorted(seen.items()) if isinstance(seen, Mapping) else ():
        if f"//{host}/" in text:
            yield f"pictures of {safe(host)}: {_in_words(fields)}"


def _in_words(value: Json) -> str:
    """Return an observation in words, without its proof."""
    if not isinstance(value, Mapping):
        return text_of(value)
    pairs = ((safe(str(key)), each) for key, each in sorted(value.items()) if key != "proof" and each != {})
    return ", ".join(key if each is True else f"{key} {_in_words(each)}" for key, each in pairs)
