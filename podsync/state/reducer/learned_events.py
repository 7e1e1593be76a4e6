"""Handlers for events of a run, and for what was learned of a provider.

`product_events` has the events of products, and uses what is public here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from podsync.model.address import Address
from podsync.model.digests import digest
from podsync.model.frozen import EMPTY, Spec, freeze
from podsync.state import events as ev
from podsync.state.entries import (
    EARLIER,
    LANDMARKS,
    REFUSED,
    Absent,
    Entry,
    Orphan,
    Pending,
    Refusal,
    RememberedRow,
)
from podsync.state.model import Host, Timeline
from podsync.state.reducer.mutable_state import MutableState, Reference, Unfitting

_K = TypeVar("_K")
_V = TypeVar("_V")

#: So many plans are remembered as used.
USED = 20


def _set(known: dict[_K, _V], key: _K, value: _V) -> None:
    """Put a value in its place; one that is empty has none in a state."""
    if value:
        known[key] = value
    elif key in known:
        del known[key]


# -- a run


def _begun(draft: MutableState, event: ev.Begun) -> None:
    try:
        hosts = {k: Host(v["base_url"], v["account"]) for k, v in event.hosts.items()}
    except (KeyError, TypeError):
        raise Unfitting("its hosts are not understood") from None
    draft.hosts |= hosts
    draft.catalog = event.catalog or draft.catalog
    last = {
        "at": event.at,
        "hash": event.hash,
        "commit": event.commit,
        "actor": event.actor,
        "run_url": event.run_url,
        "plan_serial": event.plan_serial,
        "used": [*_used(draft), [event.hash, event.plan_serial]][-USED:],
        "approved": event.approved,
    }
    # Until when all was known is kept until a run has ended that knows better; an older version tells when
    # its last run ended.
    before = draft.last_apply or EMPTY
    kept = "dates" if "dates" in before else "ended_at"
    if kept in before:
        last[kept] = before[kept]
    draft.last_apply = freeze(last | {"machine": event.machine} if event.machine else last)
    _drop_idle(draft, draft.readings)


def _used(draft: MutableState) -> list[Any]:
    return list(draft.last_apply.get("used", ())) if draft.last_apply is not None else []


def _ended(draft: MutableState, event: ev.Ended) -> None:
    if draft.last_apply is None:
        raise Unfitting("no apply was begun")
    last = dict(draft.last_apply) | {"ended_at": event.at}
    if not event.left:
        last["approved"] = EMPTY
    last["dates"] = event.dates
    draft.last_apply = freeze(last)
    _drop_idle(draft, draft.readings)


# -- readings


def _looked(draft: MutableState, event: ev.Looked) -> None:
    if event.number < draft.next_reading(event.provider):
        raise Unfitting(f"there was a reading {event.number} of {event.provider} already")
    # An Intent that another worker is about to write may refer to the one before.
    newest = draft.next_reading(event.provider) - 1
    _drop_idle(draft, [each for each in draft.readings if each[0] == event.provider and each[1] != newest])
    draft.readings[event.provider, event.number] = tuple(sorted({*event.ids}))


def drop_loose_readings(draft: MutableState) -> None:
    """Drop readings to which nothing refers any more, but the newest of a provider.

    A run that is under way may refer to that one with its next Intent.
    """
    _drop_idle(draft, [each for each in draft.references.loose if each[1] != draft.next_reading(each[0]) - 1])
    draft.references.loose.clear()


def _drop_idle(draft: MutableState, readings: Iterable[Reference]) -> None:
    for each in list(readings):
        if each not in draft.references:
            draft.readings.pop(each, None)


# -- refusals


def refuse(draft: MutableState, entry: Entry, pending: Pending, event: ev.Refused) -> None:
    """Remember what was refused; an update that was refused hides no product."""
    if pending.op == "update":
        return
    new = Refusal(
        entry.provider, entry.account, pending.body, event.at, event.date, event.message, pending.reading
    )
    left = []
    for earlier in draft.refusals.get(event.address, ()):
        joined = new.joined(earlier)
        if joined is None:
            left.append(earlier)
        else:
            new = joined
    draft.refusals[event.address] = (new, *left)[:REFUSED]


def _recalled(draft: MutableState, event: ev.Recalled) -> None:
    own = draft.refusals.get(event.address, ())
    # A number that nobody has may name another reading some day.
    lost = [
        each if (each.provider, each.reading) in draft.readings else replace(each, reading=None)
        for each in event.refusals
    ]
    _set(draft.refusals, event.address, (*own, *lost)[:REFUSED])
    _set(draft.released, event.address, max(event.released, draft.released.get(event.address, 0)))


def exists_now(draft: MutableState, address: Address, body: Spec) -> None:
    """Forget that this was refused. Another body that was refused here may have been made as well."""
    known = draft.refusals.get(address)
    if known is None:
        return
    body_digest = digest(body)
    left = tuple(each for refusal in known if (each := refusal.without(body_digest)) is not None)
    _set(draft.refusals, address, left)


def asked_of_refusals(draft: MutableState, event: ev.Asked) -> None:
    """Note that a person was asked what the refused creates of an address have made."""
    refusals = draft.refusals.get(event.address)
    if refusals is None:
        raise Unfitting(f"nothing was refused at {event.address}")
    draft.refusals[event.address] = tuple(replace(each, asked=event.at) for each in refusals)


def _answered(draft: MutableState, event: ev.Answered) -> None:
    _set(draft.refusals, event.address, ())


# -- products by their ids


def is_ours(draft: MutableState, provider: str, known_as: str | None) -> None:
    """Note that an entry or an orphan has this id: what it is is known, and it is not missing."""
    if known_as is None:
        return
    key = provider, known_as
    draft.remembered.pop(key, None)
    draft.absent.pop(key, None)
    draft.foreign.discard(key)
    draft.unclaimed.discard(key)


def is_gone(draft: MutableState, provider: str, known_as: str | None, at: float) -> None:
    """Make a tombstone of this id: since when it is missing stays known."""
    if known_as is not None:
        known = draft.absent.get((provider, known_as)) or Absent(at)
        draft.absent[provider, known_as] = replace(known, gone=True)


def _missed(draft: MutableState, event: ev.Missed) -> None:
    """What was missed before is in question as well while the account is, until it is missed anew."""
    doubtful = event.questioned is not None and not event.gone
    for key, known in draft.absent.items() if doubtful else ():
        if key[0] == event.provider and not known.gone and known.questioned is None:
            draft.absent[key] = replace(known, questioned=event.questioned)
    for each in event.ids:
        missed = Absent(event.at, event.date, questioned=event.questioned)
        draft.absent.setdefault((event.provider, each), missed)
        if event.gone:
            is_gone(draft, event.provider, each, event.at)
            draft.remembered.pop((event.provider, each), None)


def _found_again(draft: MutableState, event: ev.FoundAgain) -> None:
    for each in event.ids:
        draft.absent.pop((event.provider, each), None)


def _disowned(draft: MutableState, event: ev.Disowned) -> None:
    for each in event.ids:
        key = event.provider, each
        draft.foreign.add(key)
        draft.unclaimed.discard(key)
        draft.remembered.pop(key, None)


def _unclaimed(draft: MutableState, event: ev.Unclaimed) -> None:
    draft.unclaimed |= {(event.provider, each) for each in event.ids}


def _remembered(draft: MutableState, event: ev.Remembered) -> None:
    known = draft.remembered.get((event.provider, event.id))
    before = known or RememberedRow(event.at, fields=event.fields)
    known_as = {str(event.address): event.known_as} if event.known_as else {}
    listed = () if before.fields in (event.fields, *before.earlier) else (before.fields,)
    draft.remembered[event.provider, event.id] = replace(
        before,
        addresses=tuple(sorted({*before.addresses, str(event.address)})),
        fields=event.fields,
        made=event.made,
        remote=event.remote,
        known_as=freeze({**before.known_as, **known_as}),
        earlier=(*before.earlier, *listed)[:EARLIER],
        removed_at=None,
    )


def is_none_of(draft: MutableState, address: Address) -> None:
    """Note that nothing was made at this address: what looks saw is not what was sent there.

    What a newer state knew to be its product is there all the same.
    """
    for key, row in list(draft.remembered.items()):
        if str(address) in row.addresses and str(address) not in row.known_as:
            left = tuple(each for each in row.addresses if each != str(address))
            draft.remembered[key] = replace(row, addresses=left)
            if not left:
                del draft.remembered[key]


# -- a provider


def _observed(draft: MutableState, event: ev.Observed) -> None:
    _set(draft.observed, (event.provider, event.account), freeze(event.observed))


def _landmarked(draft: MutableState, event: ev.Landmarked) -> None:
    _set(draft.landmarks, event.provider, freeze(event.landmarks)[:LANDMARKS])


def _models_seen(draft: MutableState, event: ev.ModelsSeen) -> None:
    for model, codes in event.models.items():
        known = draft.models.get((event.provider, model), ())
        _set(draft.models, (event.provider, model), tuple(sorted({*known, *codes})))


def _contacted(draft: MutableState, event: ev.Contacted) -> None:
    draft.contacts[event.provider] = event.at


def _emptied(draft: MutableState, event: ev.Emptied) -> None:
    """Tombstones from before stay; a create that may be on its way, or has no id yet, is open as before.

    What was only seen there, and is listed nevertheless, is asked about as before.

    What is in doubt about a product that is gone is so no longer; a create replaces nothing any more.
    """
    provider = event.provider
    draft.absent = {key: known for key, known in draft.absent.items() if known.gone or key[0] != provider}
    for seen, row in draft.remembered.items():
        if seen[0] == provider:
            draft.remembered[seen] = replace(row, removed_at=event.at)
    _set(draft.landmarks, provider, ())
    for key, orphan in list(draft.orphans.items()):
        if orphan.provider == provider and (identity := _seen_id(orphan)) is not None:
            draft.absent.setdefault((provider, identity), Absent(event.at, gone=True))
            del draft.orphans[key]
    for address, entry in list(draft.entries.items()):
        if entry.provider == provider and (identity := _seen_id(entry)) is not None:
            draft.absent.setdefault((provider, identity), Absent(event.at, gone=True))
            if entry.pending is None or entry.pending.op == "update":
                del draft.entries[address]
            else:
                draft.entries[address] = Entry(
                    address,
                    provider,
                    entry.account,
                    spec=None,
                    pending=entry.pending,
                    updated_at=event.at,
                    extra=entry.extra,
                )


def _seen_id(item: Entry | Orphan) -> str | None:
    """Return its id, also where only a person has seen it on the web page: no listing ever showed it."""
    said = item.window.said if item.identified and item.window is not None else None
    return item.id or said


def _outdated(draft: MutableState, event: ev.Outdated) -> None:
    for address, entry in list(draft.entries.items()):
        if entry.provider == event.provider and entry.outdated_at is None:
            draft.entries[address] = replace(entry, outdated_at=event.at)
    for key, orphan in list(draft.orphans.items()):
        if orphan.provider == event.provider and orphan.outdated_at is None:
            draft.orphans[key] = replace(orphan, outdated_at=event.at)


def _resumed(draft: MutableState, event: ev.Resumed) -> None:
    draft.timelines = (*draft.timelines, Timeline(event.timeline, draft.serial))


def _proven(draft: MutableState, _event: ev.Proven) -> None:
    draft.unproven = False


LEARNING: Mapping[type, Callable[[MutableState, Any], None]] = {
    ev.Begun: _begun,
    ev.Ended: _ended,
    ev.Looked: _looked,
    ev.Answered: _answered,
    ev.Missed: _missed,
    ev.FoundAgain: _found_again,
    ev.Disowned: _disowned,
    ev.Unclaimed: _unclaimed,
    ev.Remembered: _remembered,
    ev.Observed: _observed,
    ev.Landmarked: _landmarked,
    ev.ModelsSeen: _models_seen,
    ev.Contacted: _contacted,
    ev.Emptied: _emptied,
    ev.Outdated: _outdated,
    ev.Proven: _proven,
    ev.Resumed: _resumed,
    ev.Recalled: _recalled,
}
