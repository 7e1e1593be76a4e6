"""Finding out: functions over values (what the journal says, what the listing says, what the clock says).

PROTOCOL, "Identity", "Presence and absence", step 2 and step 5. No network, no clock, no state change:
the lane acts on the verdicts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from podsync.model import Spec
from podsync.plan.remote import View, age
from podsync.ports import Match, Provider, Remote
from podsync.state.entries import Entry, Orphan, Pending, Window

#: Clocks that disagree on the hour (a provider that writes local time) are allowed this much.
CLOCK_ALLOWANCE = 24 * 3600.0
#: A request must leave within this time after its Intent was written.
SEND_SECONDS = 30.0
#: A `Date` header has whole seconds, at both ends.
DATE_GRAIN = 2.0


class Verdict(Enum):
    """What a look says about a doubt."""

    FOUND = "found"
    NONE = "none"
    WAIT = "not settled yet"
    ASK = "a person has to say"
    UNREAD = "the listing was not complete"
    WRONG_ACCOUNT = "none of the known products is visible"


@dataclass(frozen=True, slots=True)
class Settlement:
    """A verdict, with the product that was found or those that a person has to choose from."""

    verdict: Verdict
    candidates: tuple[Remote, ...] = ()


def settle(pending: Pending, view: View, *, settled: bool, complete: bool) -> Settlement:
    """Say what became of the create that `pending` speaks of.

    `settled` is whether `settle_seconds` have passed since its window's end; `complete` whether the
    look was meant to be complete (a search may prove presence, never absence).
    """
    same = tuple(r for r in view.matches(pending.body, Match.SAME) if r.id not in view.earlier)
    if len(same) == 1:
        return Settlement(Verdict.FOUND, same)
    if len(same) > 1:
        return Settlement(Verdict.ASK, same)
    if not settled or not complete:
        return Settlement(Verdict.WAIT)
    if not view.listing.complete:
        return Settlement(Verdict.UNREAD)
    if view.wrong_account:
        return Settlement(Verdict.WRONG_ACCOUNT)
    beside = tuple(r for r in view.unowned if _perhaps_made_by(r, pending, view))
    if beside:
        return Settlement(Verdict.ASK, tuple(sorted(beside, key=age)))
    return Settlement(Verdict.NONE)


def _perhaps_made_by(remote: Remote, pending: Pending, view: View) -> bool:
    """Whether this unowned product may be what the request made, whatever its name."""
    model = view.provider.model_field
    told = remote.fields.get(model)
    if told is not None and str(told).strip() != str(pending.body.get(model, "")).strip():
        return False
    if remote.id in view.earlier:
        return False
    return in_window(remote, since=pending.date, until=pending.ended_date or pending.date)


def in_window(remote: Remote, *, since: float | None, until: float | None) -> bool:
    """Whether it was made between these two moments of the *provider's* clock, with the allowance.

    Our own clock is not asked: it may have been moved. Where the provider never told its clock,
    everything may have been made then.
    """
    if remote.created_at is None or since is None or until is None:
        return True
    return since - CLOCK_ALLOWANCE <= remote.created_at <= until + SEND_SECONDS + 3600 + CLOCK_ALLOWANCE


def settled_by_date(pending: Pending, now: float | None, wait: float) -> bool:
    """Whether the provider's own clock, at both ends, says that the doubt is old enough.

    `wait` is `timeout_seconds + settle_seconds`.
    """
    if now is None:
        return False
    if pending.ended_date is not None:
        return now >= pending.ended_date + wait + DATE_GRAIN
    if pending.date is not None:
        return now >= pending.date + SEND_SECONDS + wait + DATE_GRAIN
    return False


def unverified(spec: Spec, remote: Remote) -> tuple[str, ...]:
    """Fields of the spec that the listing did not return."""
    return tuple(sorted(field for field in spec if field not in remote.fields))


@dataclass(frozen=True, slots=True)
class Binding:
    """The product that an unbound entry or orphan owns; `several` when others would fit as well."""

    item: Entry | Orphan
    remote: Remote
    several: bool


def bind(items: Iterable[Entry | Orphan], view: View) -> list[Binding]:
    """Give each unbound item its earliest match in its window; the oldest choose first."""
    taken: set[str] = set()
    found: list[Binding] = []
    for item in sorted(items, key=lambda i: (i.created_at, i.address)):
        earlier = {*view.earlier, *(item.window.beside if item.window is not None else ())}
        candidates = [(r, True) for r in view.matches(item.spec or {}, Match.SAME)]
        candidates += [(r, False) for r in view.matches(item.spec or {}, Match.MAYBE) if _named(item, r)]
        free = [
            (r, exact)
            for r, exact in candidates
            if r.id not in taken and r.id not in earlier and _in_entry_window(r, item.window)
        ]
        if free:
            remote, _ = free[0]
            taken.add(remote.id)
            found.append(Binding(item, remote, several=sum(exact for _, exact in free) > 1))
    return found


def _named(item: Entry | Orphan, remote: Remote) -> bool:
    """Whether it has the very name and no other field speaks against it: only pictures differ."""
    spec = item.spec or {}
    wanted = str(spec.get("enName") or spec.get("name") or "").strip()
    return bool(wanted) and remote.name.strip() == wanted


def _in_entry_window(remote: Remote, window: Window | None) -> bool:
    date = window.date if window is not None else None
    return in_window(remote, since=date, until=date)


def spoken_for(remote: Remote, provider: Provider, unbound: Iterable[Entry | Orphan]) -> bool:
    """Whether an entry whose id is not known yet owns this product."""
    return any(provider.match(item.spec or {}, remote) is Match.SAME for item in unbound)
