"""Handlers for events of a run, and for what was learned of a provider.

`product_events` has the events of products, and uses what is public here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from podsync.model.address import Address
from podsync.model.digests import digest
from podsync.model.frozen import EMPTY, FrozenDict, Spec, freeze
from podsync.state import events as ev
from podsync.state.entries import REFUSED, Absent, Entry, Pending, Refusal, RememberedRow
from podsync.state.model import NOTHING, Host
from podsync.state.reducer.mutable_state import MutableState, Unfitting

_K = TypeVar("_K")
_V = TypeVar("_V")

#: So many plans are remembered as used.
USED = 20
#: So many products tell an account from another.
LANDMARKS = 3


def _with(mapping: Mapping[_K, _V], key: _K, value: _V) -> Mapping[_K, _V]:
    """Return the mapping with another value; one that is empty has no place in a state."""
    rest = {each: kept for each, kept in mapping.items() if each != key}
    return MappingProxyType(rest | {key: value} if value else rest)


# -- a run


def _begun(draft: MutableState, event: ev.Begun) -> None:
    try:
        hosts = {k: Host(v["base_url"], v["account"]) for k, v in event.hosts.items()}
    except (KeyError, TypeError):
        raise Unfitting("its hosts are not understood") from None
    draft.hosts = FrozenDict(dict(draft.hosts) | hosts)
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
    _drop_idle_readings(draft)


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
    _drop_idle_readings(draft)


# -- readings


def _looked(draft: MutableState, event: ev.Looked) -> None:
    if event.number < draft.next_reading(event.provider):
        raise Unfitting(f"there was a reading {event.number} of {event.provider} already")
    # An Intent that another worker is about to write may refer to the one before.
    _drop_idle_readings(draft, event.provider, keep=draft.next_reading(event.provider) - 1)
    known = dict(draft.readings.get(event.provider, NOTHING))
    known[event.number] = tuple(sorted({*event.ids}))
    draft.readings = _with(draft.readings, event.provider, MappingProxyType(known))


def drop_loose_readings(draft: MutableState) -> None:
    """Drop readings to which nothing refers any more, but the newest of a provider.

    A run that is under way may refer to that one with its next Intent.
    """
    for provider, number in draft.references.loose:
        if number != draft.next_reading(provider) - 1 and (provider, number) not in draft.references:
            _drop_reading(draft, provider, number)
    draft.references.loose.clear()


def _drop_idle_readings(draft: MutableState, only: str | None = None, keep: int | None = None) -> None:
    """Drop readings to which nothing refers, of one provider or of all, but for the number `keep`."""
    for provider, readings in draft.readings.items():
        for number in readings if only in {None, provider} else ():
            if number != keep and (provider, number) not in draft.references:
                _drop_reading(draft, provider, number)


def _drop_reading(draft: MutableState, provider: str, number: int) -> None:
    readings = draft.readings.get(provider, NOTHING)
    left = {each: ids for each, ids in readings.items() if each != number}
    draft.readings = _with(draft.readings, provider, MappingProxyType(left))


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


def exists_now(draft: MutableState, address: Address, body: Spec) -> None:
    """Forget that this was refused. Another body that was refused here may have been made as well."""
    known = draft.refusals.get(address)
    if known is None:
        return
    body_digest = digest(body)
    left = tuple(each for refusal in known if (each := refusal.without(body_digest)) is not None)
    if left:
        draft.refusals[address] = left
    else:
        del draft.refusals[address]


def _answered(draft: MutableState, event: ev.Answered) -> None:
    if event.address in draft.refusals:
        del draft.refusals[event.address]


# -- products by their ids


def is_ours(draft: MutableState, provider: str, known_as: str | None) -> None:
    """Note that an entry or an orphan has this id: what it is is known, and it is not missing."""
    if known_as is None:
        return
    draft.remembered.pop((provider, known_as), None)
    for name in ("foreign", "unclaimed"):
        known = getattr(draft, name)
        ids = known.get(provider, ())
        at = bisect_left(ids, known_as)
        if at < len(ids) and ids[at] == known_as:
            setattr(draft, name, _with(known, provider, ids[:at] + ids[at + 1 :]))
    _not_absent(draft, provider, (known_as,))


def is_gone(draft: MutableState, provider: str, known_as: str | None, at: float) -> None:
    """Make a tombstone of this id: since when it is missing stays known."""
    if known_as is not None:
        known = draft.absent.get(provider, EMPTY).get(known_as) or Absent(at)
        _absent(draft, provider, {known_as: replace(known, gone=True)})


def _absent(draft: MutableState, provider: str, more: Mapping[str, Absent]) -> None:
    known = draft.absent.get(provider, EMPTY)
    draft.absent = _with(draft.absent, provider, MappingProxyType(dict(known) | dict(more)))


def _not_absent(draft: MutableState, provider: str, ids: Iterable[str]) -> None:
    known = draft.absent.get(provider, EMPTY)
    found = {each for each in ids if each in known}
    if found:
        left = {each: absent for each, absent in known.items() if each not in found}
        draft.absent = _with(draft.absent, provider, MappingProxyType(left))


def _missed(draft: MutableState, event: ev.Missed) -> None:
    known = draft.absent.get(event.provider, EMPTY)
    missed = Absent(event.at, event.date, questioned=event.questioned)
    new = {each: missed for each in event.ids if each not in known}
    _absent(draft, event.provider, new)


def _found_again(draft: MutableState, event: ev.FoundAgain) -> None:
    _not_absent(draft, event.provider, event.ids)


def _disowned(draft: MutableState, event: ev.Disowned) -> None:
    ids = {*draft.foreign.get(event.provider, ()), *event.ids}
    draft.foreign = _with(draft.foreign, event.provider, tuple(sorted(ids)))
    for each in event.ids:
        draft.remembered.pop((event.provider, each), None)
    unclaimed = draft.unclaimed.get(event.provider, ())
    if not ids.isdisjoint(unclaimed):
        left = tuple(each for each in unclaimed if each not in ids)
        draft.unclaimed = _with(draft.unclaimed, event.provider, left)


def _unclaimed(draft: MutableState, event: ev.Unclaimed) -> None:
    ids = {*draft.unclaimed.get(event.provider, ()), *event.ids}
    draft.unclaimed = _with(draft.unclaimed, event.provider, tuple(sorted(ids)))


def _remembered(draft: MutableState, event: ev.Remembered) -> None:
    known = draft.remembered.get((event.provider, event.id))
    since, addresses = (event.at, ()) if known is None else (known.at, known.addresses)
    draft.remembered[event.provider, event.id] = RememberedRow(
        since,
        tuple(sorted({*addresses, str(event.address)})),
        event.fields,
        event.made,
        event.remote,
        EMPTY if known is None else known.extra,
    )


def is_none_of(draft: MutableState, address: Address) -> None:
    """Note that nothing was made at this address: what looks saw is not what was sent there."""
    for key, row in list(draft.remembered.items()):
        if str(address) in row.addresses:
            left = tuple(each for each in row.addresses if each != str(address))
            if left:
                draft.remembered[key] = replace(row, addresses=left)
            else:
                del draft.remembered[key]


# -- a provider


def _observed(draft: MutableState, event: ev.Observed) -> None:
    accounts = _with(draft.observed.get(event.provider, EMPTY), event.account, freeze(event.observed))
    draft.observed = _with(draft.observed, event.provider, accounts)


def _landmarked(draft: MutableState, event: ev.Landmarked) -> None:
    draft.landmarks = _with(draft.landmarks, event.provider, freeze(event.landmarks)[:LANDMARKS])


def _models_seen(draft: MutableState, event: ev.ModelsSeen) -> None:
    known = dict(draft.models.get(event.provider, EMPTY))
    for model, codes in event.models.items():
        if codes:
            known[model] = tuple(sorted({*known.get(model, ()), *codes}))
    draft.models = _with(draft.models, event.provider, MappingProxyType(known))


def _contacted(draft: MutableState, event: ev.Contacted) -> None:
    draft.contacts = MappingProxyType(dict(draft.contacts) | {event.provider: event.at})


def _emptied(draft: MutableState, event: ev.Emptied) -> None:
    """Tombstones from before stay; what may still be on its way, or has no id yet, stays in doubt."""
    provider = event.provider
    kept = {each: known for each, known in draft.absent.get(provider, EMPTY).items() if known.gone}
    draft.absent = _with(draft.absent, provider, MappingProxyType(kept))
    draft.landmarks = _with(draft.landmarks, provider, ())
    draft.remembered = {key: row for key, row in draft.remembered.items() if key[0] != provider}
    tombs: dict[str, Absent] = {}
    for key, orphan in list(draft.orphans.items()):
        if orphan.provider == provider and orphan.id is not None:
            tombs[orphan.id] = Absent(event.at, gone=True)
            del draft.orphans[key]
    for address, entry in list(draft.entries.items()):
        if entry.provider == provider and entry.id is not None:
            tombs[entry.id] = Absent(event.at, gone=True)
            if entry.pending is None:
                del draft.entries[address]
    _absent(draft, provider, {each: tomb for each, tomb in tombs.items() if each not in kept})


def _outdated(draft: MutableState, event: ev.Outdated) -> None:
    for address, entry in list(draft.entries.items()):
        if entry.provider == event.provider and entry.outdated_at is None:
            draft.entries[address] = replace(entry, outdated_at=event.at)
    for key, orphan in list(draft.orphans.items()):
        if orphan.provider == event.provider and orphan.outdated_at is None:
            draft.orphans[key] = replace(orphan, outdated_at=event.at)


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
}
