"""What each event does to a draft; one function an event, in the journal's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from podsync.model import EMPTY, Address, FrozenDict, Spec, digest, freeze
from podsync.state.entries import Entry, Orphan, Pending, Refusal, Window
from podsync.state.events import (
    Adopted,
    Begun,
    Bound,
    Doubted,
    Ended,
    Forgotten,
    Gone,
    Intent,
    Made,
    Moved,
    Noted,
    NotSent,
    Orphaned,
    Refused,
    Restored,
    Settled,
)  # fmt: skip
from podsync.state.state import Host

if TYPE_CHECKING:
    from podsync.state.draft import Draft


#: So many plans are remembered as used.
USED = 20


class Unfitting(Exception):  # noqa: N818 (never leaves this package)
    """The event cannot have happened to this draft."""


def _begun(draft: Draft, event: Begun) -> None:
    try:
        told = {k: Host(v["base_url"], v["account"]) for k, v in event.hosts.items()}
    except (KeyError, TypeError):
        raise Unfitting("its hosts are not understood") from None
    draft.hosts = FrozenDict(dict(draft.hosts) | told)
    draft.last_apply = freeze(
        {
            "at": event.at,
            "hash": event.hash,
            "commit": event.commit,
            "actor": event.actor,
            "run_url": event.run_url,
            "plan_serial": event.plan_serial,
            "used": [*_used(draft), [event.hash, event.plan_serial]][-USED:],
            "approved": event.approved,
        }
    )


def _used(draft: Draft) -> list[Any]:
    return list(draft.last_apply.get("used", ())) if draft.last_apply is not None else []


def _ended(draft: Draft, event: Ended) -> None:
    if draft.last_apply is None:
        raise Unfitting("no apply was begun")
    last = dict(draft.last_apply) | {"ended_at": event.at}
    if not event.left:
        last["approved"] = EMPTY
    draft.last_apply = freeze(last)


def _intent(draft: Draft, event: Intent) -> None:
    known = draft.entries.get(event.address)
    doubted = known.pending if known is not None else None
    if doubted is not None and (doubted.op, event.op) != ("update", "update"):
        raise Unfitting(f"{event.address} is in doubt already")
    if event.op == "update" and (known is None or known.spec is None):
        raise Unfitting(f"{event.address} does not exist, so it cannot be updated")
    pending = Pending(
        op=event.op,
        body=event.body,
        written_at=event.written_at,
        send_before=event.send_before,
        date=event.date,
        attempts=event.attempts,
        labels=event.labels,
        lifecycle=event.lifecycle,
        place=event.place,
        earlier=EMPTY if doubted is None else freeze(dict(doubted.earlier) | dict(doubted.body)),
        beside=event.beside,
    )
    base = known or Entry(event.address, event.provider, event.account, spec=None)
    draft.entries[event.address] = replace(base, pending=pending, updated_at=event.written_at)


def _made(draft: Draft, event: Made) -> None:
    entry, pending = draft.pending(event.address)
    _no_longer_refused(draft, event.address, pending.body)
    if pending.op == "update":
        _be_updated(draft, entry, pending, event)
        return
    window = None
    if event.id is None:
        window = Window(pending.written_at, event.at, event.date, pending.beside)
    _come_into_being(draft, entry, pending, at=event.at, id=event.id, remote=event.remote, window=window)


def _be_updated(draft: Draft, entry: Entry, pending: Pending, event: Made | Settled) -> None:
    """The fields of an update hold from now on; it stays the same product."""
    left = {name: value for name, value in pending.earlier.items() if name not in pending.body}
    draft.entries[entry.address] = replace(
        entry,
        spec=freeze(dict(entry.spec or EMPTY) | dict(pending.body)),
        pending=replace(pending, body=freeze(left), earlier=EMPTY) if left else None,
        labels=pending.labels,
        lifecycle=pending.lifecycle,
        place=pending.place or entry.place,
        remote=event.remote or entry.remote,
        updated_at=event.at,
    )


def _come_into_being(draft: Draft, entry: Entry, pending: Pending, **facts: Any) -> None:
    """Turn a create in doubt into what exists; what stood at the address before becomes an orphan."""
    if entry.spec is not None:
        _to_orphans(draft, entry, facts["at"], "replaced", facts["id"])
    at = facts.pop("at")
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
        extra=entry.extra,
        **facts,
    )


def _unused_instant(draft: Draft, address: Address, at: float) -> float:
    """`created_at` names a product for ever: two of one address never share it, whatever the clock does."""
    while (address, at) in draft.orphans:
        at = round(at + 0.001, 3)
    return at


def _to_orphans(draft: Draft, entry: Entry, at: float, reason: Any, replaced_by: str | None) -> None:
    assert entry.spec is not None  # noqa: S101 (only what exists becomes an orphan)
    draft.orphans[entry.address, entry.created_at] = Orphan(
        entry.address,
        entry.provider,
        entry.account,
        spec=entry.spec,
        id=entry.id,
        remote=entry.remote,
        labels=entry.labels,
        lifecycle=entry.lifecycle,
        place=entry.place,
        window=entry.window,
        pending=entry.pending if entry.pending is not None and entry.pending.op == "update" else None,
        created_at=entry.created_at,
        orphaned_at=at,
        reason=reason,
        replaced_by=replaced_by,
        extra=entry.extra,
    )


def _give_up_intent(draft: Draft, entry: Entry, pending: Pending, at: float) -> None:
    """This request had no effect; what an earlier one may have changed stays in doubt."""
    if entry.spec is None:
        del draft.entries[entry.address]
        return
    still = replace(pending, body=pending.earlier, earlier=EMPTY) if pending.earlier else None
    draft.entries[entry.address] = replace(entry, pending=still, updated_at=at)


def _refused(draft: Draft, event: Refused) -> None:
    entry, pending = draft.pending(event.address)
    before = draft.refusals.get(event.address)
    earlier = before.without(digest(pending.body)) if before is not None else None
    refusal = Refusal(digest(pending.body), event.at, event.date, event.message)
    draft.refusals[event.address] = refusal if earlier is None else refusal.after(earlier)
    _give_up_intent(draft, entry, pending, event.at)


def _no_longer_refused(draft: Draft, address: Address, body: Spec) -> None:
    """It exists now. Another body that was refused here may have been made as well, and shows up later."""
    refusal = draft.refusals.pop(address, None)
    left = refusal.without(digest(body)) if refusal is not None else None
    if left is not None:
        draft.refusals[address] = left


def _not_sent(draft: Draft, event: NotSent) -> None:
    entry, pending = draft.pending(event.address)
    _give_up_intent(draft, entry, pending, event.at)


def _doubted(draft: Draft, event: Doubted) -> None:
    entry, pending = draft.pending(event.address)
    doubt = replace(pending, ended_at=event.at, ended_date=event.date, why=event.why)
    draft.entries[event.address] = replace(entry, pending=doubt, updated_at=event.at)


def _settled(draft: Draft, event: Settled) -> None:
    entry, pending = draft.pending(event.address)
    if not event.found:
        _give_up_intent(draft, entry, pending, event.at)
        return
    if pending.op == "update":
        _be_updated(draft, entry, pending, event)
        return
    until = pending.send_before if pending.ended_at is None else pending.ended_at
    window = None
    if event.id is None:
        window = Window(pending.written_at, until, pending.ended_date, pending.beside)
    facts: dict[str, Any] = {"id": event.id, "remote": event.remote, "unverified": event.unverified}
    _come_into_being(draft, entry, pending, at=event.at, window=window, **facts)


def _bound(draft: Draft, event: Bound) -> None:
    if event.orphan is not None:
        orphan = draft.orphan(event.address, event.orphan)
        bound = replace(orphan, id=event.id, remote=event.remote, window=None)
        draft.orphans[event.address, event.orphan] = bound
        return
    entry = draft.entry(event.address)
    draft.entries[event.address] = replace(
        entry, id=event.id, remote=event.remote, window=None, updated_at=event.at
    )


def _make_room(draft: Draft, address: Address, at: float, replaced_by: str | None) -> None:
    """What stands at the address, if anything, is replaced: it becomes an orphan."""
    known = draft.certain(address)
    if known is not None and known.spec is not None:
        _to_orphans(draft, known, at, "replaced", replaced_by)


def _adopted(draft: Draft, event: Adopted) -> None:
    _make_room(draft, event.address, event.at, event.id)
    _no_longer_refused(draft, event.address, event.spec)
    draft.entries[event.address] = Entry(
        event.address,
        event.provider,
        event.account,
        spec=event.spec,
        id=event.id,
        origin=event.origin,
        unverified=event.unverified,
        labels=event.labels,
        lifecycle=event.lifecycle,
        place=event.place,
        remote=event.remote,
        created_at=_unused_instant(draft, event.address, event.at),
        updated_at=event.at,
    )


def _orphaned(draft: Draft, event: Orphaned) -> None:
    entry = draft.certain(event.address) or draft.entry(event.address)
    _to_orphans(draft, entry, event.at, "removed", None)
    del draft.entries[event.address]


def _restored(draft: Draft, event: Restored) -> None:
    draft.certain(event.address)  # before anything is changed
    orphan = draft.orphan(event.source, event.created_at)
    del draft.orphans[event.source, event.created_at]
    _make_room(draft, event.address, event.at, orphan.id)
    draft.entries[event.address] = Entry(
        event.address,
        orphan.provider,
        orphan.account,
        spec=orphan.spec,
        id=orphan.id,
        labels=event.labels,
        lifecycle=event.lifecycle,
        place=event.place,
        remote=orphan.remote,
        window=orphan.window,
        pending=orphan.pending,
        created_at=_unused_instant(draft, event.address, orphan.created_at),
        updated_at=event.at,
        extra=orphan.extra,
    )


def _gone(draft: Draft, event: Gone) -> None:
    del draft.orphans[draft.orphan(event.address, event.created_at).address, event.created_at]


def _moved(draft: Draft, event: Moved) -> None:
    entry = draft.entry(event.source)
    if event.address in draft.entries:
        raise Unfitting(f"{event.address} is taken")
    del draft.entries[event.source]
    draft.entries[event.address] = replace(
        entry,
        address=event.address,
        place=event.place,
        created_at=_unused_instant(draft, event.address, entry.created_at),
        updated_at=event.at,
    )


def _noted(draft: Draft, event: Noted) -> None:
    entry = draft.entry(event.address)
    draft.entries[event.address] = replace(
        entry,
        labels=event.labels,
        lifecycle=event.lifecycle,
        place=event.place or entry.place,
        updated_at=event.at,
    )


def _forgotten(draft: Draft, event: Forgotten) -> None:
    draft.certain(event.address)
    del draft.entries[draft.entry(event.address).address]


HANDLERS: Mapping[type, Callable[[Draft, Any], None]] = {
    Begun: _begun,
    Ended: _ended,
    Intent: _intent,
    Made: _made,
    Refused: _refused,
    NotSent: _not_sent,
    Doubted: _doubted,
    Settled: _settled,
    Bound: _bound,
    Adopted: _adopted,
    Orphaned: _orphaned,
    Restored: _restored,
    Gone: _gone,
    Moved: _moved,
    Noted: _noted,
    Forgotten: _forgotten,
}
