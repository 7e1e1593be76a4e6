"""What was learned of a provider and concerns one product: a part of `state show`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from podsync.model.address import Address
from podsync.model.digests import canonical_json
from podsync.model.frozen import Json
from podsync.output.escape import safe
from podsync.output.layout import GAP, facts, wrap
from podsync.output.product import name_of, quoted, text_of
from podsync.output.style import Style
from podsync.output.wording import counted, second, title
from podsync.providers.registry import roles_of
from podsync.state.entries import Entry, Orphan
from podsync.state.model import State

#: So many refusals are shown.
_SHOWN = 3


def id_facts(state: State, item: Entry | Orphan) -> Iterator[str]:
    """What is known of an id beyond itself: whether it is certain, and whether it is missing."""
    if item.id is None:
        return
    if item.provisional:
        yield "likely: no listing has shown it for certain yet"
    absent = state.absent.get(item.provider, {}).get(item.id)
    if absent is not None:
        since = second(absent.at)
        yield f"gone at {title(item.provider)} since {since}" if absent.gone else f"not listed since {since}"


def doubt_lines(state: State, item: Entry | Orphan, style: Style, width: int) -> Iterator[str]:
    """What was listed and may be this address's, which keeps it from being made until a person answers."""
    rows = state.remembered.get(item.provider, {})
    settled = {*state.foreign.get(item.provider, ()), *state.owned(item.provider)}
    mine = sorted(
        (row.at, each, row)
        for each, row in rows.items()
        if str(item.address) in row.addresses and each not in settled
    )
    for at, each, row in mine[:_SHOWN]:
        name = quoted(name_of(item.provider, row.fields), 48)
        text = (
            f"may be this: {safe(each)} {name}, listed first {second(at)}. "
            "A create at this address asks about it until a person has said what it is."
        )
        yield from (style.warn(line) for line in wrap(text, width, GAP, GAP * 2))
    if len(mine) > _SHOWN:
        yield f"{GAP}and {counted(len(mine) - _SHOWN, 'more product')} that may be this"
    if item.outdated_at is not None:
        text = (
            f"a newer state was lost {second(item.outdated_at)}: steps may have added more than is known here"
        )
        yield from wrap(text, width, GAP, GAP * 2)
    lacks = item.lacks if isinstance(item, Entry) else {}
    if lacks:
        yield from wrap(f"known not to be there: {', '.join(map(safe, sorted(lacks)))}", width, GAP, GAP * 2)


def refusal_lines(state: State, address: Address, style: Style, width: int) -> Iterator[str]:
    """What was refused at the address and not answered, and how often nothing was made there."""
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


def provider_lines(state: State, item: Entry | Orphan, width: int) -> Iterator[str]:
    """What the provider does to the values of this product, and by what its account is known again."""
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
    """Tell what becomes of pictures of the hosts that this product's are at."""
    text = canonical_json(spec)
    for host, fields in sorted(seen.items()) if isinstance(seen, Mapping) else ():
        if f"//{host}/" in text:
            yield f"pictures of {safe(host)}: {_in_words(fields)}"


def _in_words(value: Json) -> str:
    """Say an observation in words, without what proves it."""
    if not isinstance(value, Mapping):
        return text_of(value)
    pairs = ((safe(str(key)), each) for key, each in sorted(value.items()) if key != "proof" and each != {})
    return ", ".join(key if each is True else f"{key} {_in_words(each)}" for key, each in pairs)
