"""What a person may do to a state by hand, as events: `state mv`, `rm`, `settle`. Pure.

Each function returns the events; whoever calls it holds the lock and writes them. Raises UsageError
for what does not fit the state, ProtectedError for what would lose a product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from podsync.errors import ProtectedError, UsageError
from podsync.model import Address
from podsync.state.entries import Entry, Pending
from podsync.state.events import Event, Forgotten, Moved, Settled
from podsync.state.state import State


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's answer to a doubt: the id of what was made, or None for "nothing was made"."""

    address: Address
    adopt: str | None


def move(state: State, source: Address, target: Address, now: float) -> list[Event]:
    """The entry at `source` is known as `target` from now on."""
    entry = _entry(state, source)
    if target in state.entries:
        raise UsageError(f"{target} is in the state already", "choose an address that is not taken")
    if target.kind != source.kind:
        raise UsageError(f"{entry.address} is a {source.kind} and cannot become a {target.kind}")
    return [Moved(source, target, now)]


def remove(state: State, address: Address, now: float) -> list[Event]:
    """Podsync no longer manages the product; at the provider nothing changes."""
    entry = _entry(state, address)
    if entry.pending is not None:
        raise ProtectedError(
            f"{address} is in doubt: forgetting it now could make it twice",
            f"settle it first: podsync state settle {address} --adopt {entry.id or 'ID'} | --not-created",
        )
    return [Forgotten(address, now)]


def settle(state: State, answers: Sequence[Answer], now: float) -> list[Event]:
    """Doubts end as a person says; an id that another address holds is refused.

    Of an update, the product's own id says that it took effect.
    """
    events: list[Event] = []
    held: dict[tuple[str, str], Address] = {}
    for answer in answers:
        entry = _entry(state, answer.address)
        if entry.pending is None:
            raise UsageError(f"{answer.address} is not in doubt", "podsync state list shows what is")
        if entry.pending.op == "update":
            events += _settle_update(entry, entry.pending, answer, now)
            continue
        if answer.adopt is None:
            events.append(Settled(answer.address, now, found=False))
            continue
        bare = _bare(entry, answer.adopt)
        holder = state.owned(entry.provider).get(bare) or held.get((entry.provider, bare))
        if holder is not None:
            raise UsageError(f"{answer.adopt} belongs to {holder} already", "one product has one address")
        held[entry.provider, bare] = answer.address
        told = tuple(sorted(entry.pending.body))
        events.append(Settled(answer.address, now, found=True, id=bare, unverified=told))
    return events


def _settle_update(entry: Entry, pending: Pending, answer: Answer, now: float) -> list[Event]:
    """The answer holds for the updates before it as well, whose outcome is not known either."""
    found = answer.adopt is not None
    if answer.adopt is not None and _bare(entry, answer.adopt) != entry.id:
        raise UsageError(
            f"{answer.adopt} is not the product of {entry.address}: an update of {entry.id} is in doubt",
            f"--adopt {entry.id} says that it took effect, --not-created that it did not",
        )
    before = set(pending.earlier) - set(pending.body) if found else set(pending.earlier)
    return [Settled(entry.address, now, found=found, id=entry.id if found else None)] * (1 + bool(before))


def _bare(entry: Entry, told: str) -> str:
    return told.removeprefix("cp-") if entry.provider == "gelato" else told


def _entry(state: State, address: Address) -> Entry:
    entry = state.entries.get(address)
    if entry is None:
        near = get_close_matches(str(address), [str(a) for a in state.entries], 3)
        hint = f"nearest: {', '.join(near)}" if near else "podsync state list shows the addresses"
        raise UsageError(f"the state knows no {address}", hint)
    return entry
