"""Handlers for events of products, a function for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from podsync.model.address import Address
from podsync.model.frozen import EMPTY, Spec, freeze
from podsync.state import events as ev
from podsync.state.entries import Entry, Orphan, Pending, Swap, Window
from podsync.state.reducer.learned_events import (  # fmt: skip
    LEARNING,
    asked_of_refusals,
    exists_now,
    is_gone,
    is_none_of,
    is_ours,
    refuse,
)
from podsync.state.reducer.mutable_state import MutableState, Unfitting


def _shared(event: Any, made: type[Entry | Pending]) -> dict[str, Any]:
    """Return the fields that an event has in common with what is made of it."""
    return {each.name: getattr(event, each.name) for each in fields(made) if hasattr(event, each.name)}


def _intent(draft: MutableState, event: ev.Intent) -> None:
    known: Entry | Orphan | None = draft.entries.get(event.address)
    if event.orphan is not None:
        known = draft.orphan(event.address, event.orphan)
        if event.op == "create":
            raise Unfitting(f"the orphan {event.address} exists already")
    doubted = known.pending if known is not None else None
    if doubted is not None and not _sets_values(doubted.op, doubted.step, event.op, event.step):
        raise Unfitting(f"{event.address} is in doubt already")
    if event.op == "update" and (known is None or known.spec is None):
        raise Unfitting(f"{event.address} does not exist, so it cannot be updated")
    facts = _shared(event, Pending)
    facts["earlier"] = EMPTY if doubted is None else freeze(dict(doubted.earlier) | dict(doubted.body))
    if (event.provider, event.reading) not in draft.readings:
        facts["reading"] = None  # a number that nobody has may name another reading some day
    pending = Pending(**facts)
    base = known or Entry(event.address, event.provider, event.account, spec=None)
    _put(draft, replace(base, pending=pending), event.written_at)


def _sets_values(*of_both: str) -> bool:
    """Whether two requests set values, so that one may follow the other in doubt; a step adds to what is."""
    return of_both == ("update", "", "update", "")


def _doubt(
    draft: MutableState, event: ev.Made | ev.Refused | ev.NotSent | ev.Doubted | ev.Settled
) -> tuple[Entry | Orphan, Pending]:
    """Return the entry, or the orphan, of which an Intent ended, and what is in doubt about it."""
    item = draft.item(event.address, event.orphan)
    if item.pending is None:
        raise Unfitting(f"{event.address} has no intent")
    return item, item.pending


def _made(draft: MutableState, event: ev.Made) -> None:
    entry, pending = _doubt(draft, event)
    if pending.op == "update" or isinstance(entry, Orphan):
        _be_updated(draft, entry, pending, event)
        return
    window = Window(pending.written_at, event.at, event.date, pending.beside, pending.reading, event.id)
    _come_into_being(draft, entry, pending, at=event.at, id=event.id, remote=event.remote, window=window)


def _be_updated(
    draft: MutableState, item: Entry | Orphan, pending: Pending, event: ev.Made | ev.Settled
) -> None:
    """The fields of an update hold from now on; it stays the same product."""
    part = event.part if isinstance(event, ev.Settled) else EMPTY
    left = {name: value for name, value in pending.earlier.items() if name not in pending.body}
    item = replace(
        item,
        spec=freeze(dict(item.spec or EMPTY) | dict(part or pending.body)),
        pending=replace(pending, body=freeze(left), earlier=EMPTY) if left else None,
        remote=event.remote or item.remote,
    )
    if isinstance(item, Entry):
        item = replace(
            item,
            labels=pending.labels,
            lifecycle=pending.lifecycle,
            place=pending.place or item.place,
            steps_left=item.steps_left if part else tuple(s for s in item.steps_left if s != pending.step),
            lacks=pending.body if part else EMPTY,
            swap=None if item.swap is None or _has_taken(item, item.swap) else item.swap,
        )
    _put(draft, item, event.at)


def _has_taken(entry: Entry, swap: Swap) -> bool:
    """Whether the product has what it was to take over: then the exchange is done."""
    return all((entry.spec or EMPTY).get(name) == value for name, value in swap.takes.items())


def _come_into_being(draft: MutableState, entry: Entry, pending: Pending, **facts: Any) -> None:
    """Turn a create in doubt into what exists; what was at the address before becomes an orphan."""
    if entry.spec is not None:
        _to_orphans(draft, entry, facts["at"], "replaced", facts["id"])
    at = facts.pop("at")
    _exists(draft, entry.address, entry.provider, facts["id"])
    exists_now(draft, entry.address, pending.body)
    draft.entries[entry.address] = Entry(
        entry.address,
        entry.provider,
        entry.account,
        spec=pending.body,
        labels=pending.labels,
        lifecycle=pending.lifecycle,
        place=pending.place,
        created_at=_unused_instant(draft, entry.address, at),
        updated_at=at,
        steps_left=pending.steps_left,
        swap=_swap(entry, pending.takes),
        outdated_at=_known_to_another(entry, pending),
        extra=entry.extra,
        **facts,
    )


def _swap(before: Entry | None, takes: Spec) -> Swap | None:
    """Return what a new product takes over from the one that was at its address; None where nothing.

    While an exchange is open, orders find the product that it began with. What is gone by now has nothing to
    give up.
    """
    if before is None or not takes:
        return None
    if before.swap is not None:
        return replace(before.swap, takes=takes)
    return Swap(before.address, before.created_at, takes)


def _known_to_another(entry: Entry, pending: Pending) -> float | None:
    """When a newer state was lost, if that may have known of what this request made."""
    lost = entry.outdated_at
    return lost if lost is not None and pending.written_at <= lost else None


def _exists(draft: MutableState, address: Address, provider: str, known_as: str | None) -> None:
    """Something was made at the address, or taken: what was said before of nothing is over."""
    draft.released.pop(address, None)
    is_ours(draft, provider, known_as)


def _unused_instant(draft: MutableState, address: Address, at: float) -> float:
    """`created_at` names a product for ever: two of one address never share it, whatever the clock does."""
    while (address, at) in draft.orphans:
        at = round(at + 0.001, 3)
    return at


def _to_orphans(draft: MutableState, entry: Entry, at: float, reason: Any, replaced_by: str | None) -> None:
    assert entry.spec is not None  # noqa: S101 (only what exists becomes an orphan)
    known = draft.absent.get((entry.provider, entry.id or ""))
    if known is not None and known.gone:
        return  # nobody has to remove it
    pending = entry.pending if entry.pending is not None and entry.pending.op == "update" else None
    draft.orphans[entry.address, entry.created_at] = Orphan(
        **entry.facts() | {"pending": pending}, orphaned_at=at, reason=reason, replaced_by=replaced_by
    )


def _give_up_intent(draft: MutableState, entry: Entry | Orphan, pending: Pending, at: float) -> None:
    """This request had no effect; what an earlier one may have changed stays in doubt."""
    if entry.spec is None:
        del draft.entries[entry.address]
        return
    still = replace(pending, body=pending.earlier, earlier=EMPTY) if pending.earlier else None
    _put(draft, replace(entry, pending=still), at)


def _refused(draft: MutableState, event: ev.Refused) -> None:
    entry, pending = _doubt(draft, event)
    if isinstance(entry, Entry):
        refuse(draft, entry, pending, event)
    _give_up_intent(draft, entry, pending, event.at)


def _not_sent(draft: MutableState, event: ev.NotSent) -> None:
    entry, pending = _doubt(draft, event)
    _give_up_intent(draft, entry, pending, event.at)


def _doubted(draft: MutableState, event: ev.Doubted) -> None:
    entry, pending = _doubt(draft, event)
    doubt = replace(
        pending, ended_at=event.at, ended_date=event.date, why=event.why, asked=event.asked,
        acknowledged=pending.acknowledged or event.acknowledged,
        answered=pending.answered or event.answered, conflict=pending.conflict or event.conflict,
    )  # fmt: skip
    _put(draft, replace(entry, pending=doubt), event.at)


def _settled(draft: MutableState, event: ev.Settled) -> None:
    entry, pending = _doubt(draft, event)
    if not event.found:
        if pending.op == "create":
            draft.released[event.address] = draft.released.get(event.address, 0) + 1
            is_none_of(draft, event.address)
        if pending.step and isinstance(entry, Entry):
            entry = replace(entry, lacks=pending.body)
        _give_up_intent(draft, entry, pending, event.at)
        return
    if pending.op == "update" or isinstance(entry, Orphan):
        _be_updated(draft, entry, pending, event)
        return
    window = None
    if event.id is None or event.provisional:
        until = pending.send_before if pending.ended_at is None else pending.ended_at
        window = Window(pending.written_at, until, pending.ended_date, pending.beside, pending.reading)
    facts: dict[str, Any] = {"id": event.id, "remote": event.remote, "unverified": event.unverified}
    _come_into_being(draft, entry, pending, at=event.at, window=window, **facts)


def _bound(draft: MutableState, event: ev.Bound) -> None:
    item = draft.item(event.address, event.orphan)
    is_ours(draft, item.provider, event.id)
    window = item.window if event.provisional else None
    if window is not None and window.answered == event.id:
        window = replace(window, shown=event.at)
    elif window is not None:
        window = replace(window, answered=None, shown=None, said=None)
    _put(draft, replace(item, id=event.id, remote=event.remote, window=window), event.at)


def _confirmed(draft: MutableState, event: ev.Confirmed) -> None:
    item = draft.item(event.address, event.orphan)
    if item.id is None:
        raise Unfitting(f"the id of {event.address} is not known")
    is_ours(draft, item.provider, item.id)
    _put(draft, replace(item, remote=event.remote or item.remote, window=None), event.at)


def _unbound(draft: MutableState, event: ev.Unbound) -> None:
    item = draft.item(event.address, event.orphan)
    if not item.provisional:
        raise Unfitting(f"the id of {event.address} is not provisional")
    # What an answer has told counts again as soon as a listing shows it.
    window = None if item.window is None else replace(item.window, shown=None)
    _put(draft, replace(item, id=None, remote=EMPTY, window=window), event.at)


def _asked(draft: MutableState, event: ev.Asked) -> None:
    if event.refused:
        asked_of_refusals(draft, event)
        return
    item = draft.item(event.address, event.orphan)
    if item.window is None:
        raise Unfitting(f"a listing has shown {event.address}")
    _put(draft, replace(item, window=replace(item.window, asked=event.at)), event.at)


def _identified(draft: MutableState, event: ev.Identified) -> None:
    entry = draft.entry(event.address)
    if not entry.unlisted:
        raise Unfitting(f"a listing has shown {event.address}")
    window = entry.window or Window(entry.created_at, entry.created_at)
    window = replace(window, shown=None, said=event.id)
    is_none_of(draft, event.address)  # what it is has been said
    _put(draft, replace(entry, id=None, remote=EMPTY, window=window), event.at)


def _put(draft: MutableState, item: Entry | Orphan, at: float) -> None:
    if isinstance(item, Entry):
        draft.entries[item.address] = replace(item, updated_at=at)
    else:
        draft.orphans[item.address, item.created_at] = item


def _make_room(draft: MutableState, address: Address, at: float, replaced_by: str | None) -> None:
    """What is at the address, if anything, is replaced: it becomes an orphan."""
    known = draft.certain(address)
    if known is not None and known.spec is not None:
        _to_orphans(draft, known, at, "replaced", replaced_by)


def _adopted(draft: MutableState, event: ev.Adopted) -> None:
    before = draft.entries.get(event.address)
    _make_room(draft, event.address, event.at, event.id)
    _exists(draft, event.address, event.provider, event.id)
    exists_now(draft, event.address, event.spec)
    draft.entries[event.address] = Entry(
        **_shared(event, Entry),
        created_at=_unused_instant(draft, event.address, event.at),
        updated_at=event.at,
        swap=_swap(before, event.takes),
    )


def _orphaned(draft: MutableState, event: ev.Orphaned) -> None:
    entry = draft.certain(event.address) or draft.entry(event.address)
    _to_orphans(draft, entry, event.at, "removed", None)
    del draft.entries[event.address]


def _restored(draft: MutableState, event: ev.Restored) -> None:
    draft.certain(event.address)  # before anything is changed
    orphan = draft.orphan(event.source, event.created_at)
    del draft.orphans[event.source, event.created_at]
    _make_room(draft, event.address, event.at, orphan.id)
    created_at = _unused_instant(draft, event.address, orphan.created_at)
    facts = orphan.facts() | _shared(event, Entry) | {"created_at": created_at}
    draft.entries[event.address] = Entry(**facts, updated_at=event.at)


def _gone(draft: MutableState, event: ev.Gone) -> None:
    orphan = draft.orphan(event.address, event.created_at)
    del draft.orphans[event.address, event.created_at]
    is_gone(draft, orphan.provider, orphan.id, event.at)


def _entry_gone(draft: MutableState, event: ev.EntryGone) -> None:
    entry = draft.entry(event.address)
    if entry.id is None:
        raise Unfitting(f"the id of {event.address} is not known")
    is_gone(draft, entry.provider, entry.id, event.at)


def _moved(draft: MutableState, event: ev.Moved) -> None:
    entry = draft.entry(event.source)
    if event.address in draft.entries:
        raise Unfitting(f"{event.address} is taken")
    del draft.entries[event.source]
    released = draft.released.pop(event.source, 0)
    if released:
        draft.released[event.address] = max(released, draft.released.get(event.address, 0))
    draft.entries[event.address] = replace(
        entry,
        address=event.address,
        place=event.place,
        created_at=_unused_instant(draft, event.address, entry.created_at),
        updated_at=event.at,
    )


def _noted(draft: MutableState, event: ev.Noted) -> None:
    entry = draft.entry(event.address)
    if event.spec and entry.spec is None:
        raise Unfitting(f"nothing is known to exist at {event.address}")
    draft.entries[event.address] = replace(
        entry,
        spec=freeze({**(entry.spec or EMPTY), **event.spec}) if event.spec else entry.spec,
        unverified=tuple(sorted({*entry.unverified} - event.spec.keys() | {*event.unverified})),
        labels=event.labels,
        lifecycle=event.lifecycle,
        place=event.place or entry.place,
        # Where only labels are noted nothing else differs, so that no step is wanted any more.
        steps_left=entry.steps_left if event.spec else (),
        updated_at=event.at,
    )


def _forgotten(draft: MutableState, event: ev.Forgotten) -> None:
    draft.certain(event.address)
    del draft.entries[draft.entry(event.address).address]


HANDLERS: Mapping[type, Callable[[MutableState, Any], None]] = {
    **LEARNING,
    ev.Intent: _intent,
    ev.Made: _made,
    ev.Refused: _refused,
    ev.NotSent: _not_sent,
    ev.Doubted: _doubted,
    ev.Settled: _settled,
    ev.Bound: _bound,
    ev.Confirmed: _confirmed,
    ev.Unbound: _unbound,
    ev.Asked: _asked,
    ev.Identified: _identified,
    ev.Adopted: _adopted,
    ev.Orphaned: _orphaned,
    ev.Restored: _restored,
    ev.Gone: _gone,
    ev.EntryGone: _entry_gone,
    ev.Moved: _moved,
    ev.Noted: _noted,
    ev.Forgotten: _forgotten,
}
