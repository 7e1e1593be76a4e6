"""Whether the planned changes are those that people approved, and no more than they allow.

`approved` (kept in the state's `last_apply` while part of it is left) maps an address to `[action, entry
digest, after digest]`. The rest of an approved plan is a subset of it: the same change, a doubt about an
approved change, or the second half of a change of two steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from podsync.model.diagnostic import Diagnostic
from podsync.model.errors import StaleError
from podsync.model.frozen import Json, freeze
from podsync.model.settings import Limits
from podsync.plan.action import Action
from podsync.plan.change import Change
from podsync.plan.model import Plan
from podsync.state.model import State

#: Approved actions that may send a create (a restore does where the orphan is gone).
_MAKING = (Action.CREATE.value, Action.REPLACE.value, Action.SETTLE.value, Action.RESTORE.value)
#: A remaining action -> the approved actions that allow it, for the same wanted product.
_LEFT_OF: Mapping[Action, tuple[str, ...]] = {
    Action.SETTLE: _MAKING,
    Action.UPDATE: (Action.UPDATE.value, *_MAKING),
    Action.CREATE: (Action.RESTORE.value, Action.SETTLE.value),
    Action.NOTE: (Action.MOVE.value,),
}


def approved(plan: Plan) -> Mapping[str, Json]:
    """Return the changes that an apply of this plan may make, in the form that the state keeps."""
    work: Mapping[str, Json] = freeze(
        {str(c.address): [c.approved_as.value, c.entry_digest, c.after_digest] for c in plan.work}
    )
    return work


def is_rest_of(plan: Plan, last_apply: Mapping[str, Json] | None) -> bool:
    """Whether every change of `plan` was approved for the last apply and is merely left over."""
    if not last_apply:
        return False
    was: Mapping[str, Json] = last_apply.get("approved") or {}
    for change in plan.work:
        known = was.get(str(change.address))
        if known is None:
            return False
        action, entry, after = known
        same = [action, entry] == [change.approved_as.value, change.entry_digest]
        if after != change.after_digest or not (same or action in _LEFT_OF.get(change.action, ())):
            return False
    return True


def check_fresh(plan: Plan, state: State) -> None:
    """Raise StaleError when a saved plan no longer speaks of this state, or was applied before."""
    again = "make a new one: podsync plan -o json=plan.json"
    if plan.lineage != state.lineage:
        raise StaleError("this plan was made for another state (its lineage differs)", again)
    used = (state.last_apply or {}).get("used", ())
    if any(digest == plan.hash and plan.serial <= serial for digest, serial in used):
        raise StaleError("this plan was applied already; a saved plan is used once", again)
    orphans = {(o.address, o.created_at) for o in state.orphans}
    for change in plan.work:
        source = change.previous_address or change.address
        taking = change.orphan_created_at is not None
        entry = state.entries.get(change.address if taking else source)
        stale = (entry.digest if entry is not None else None) != change.entry_digest
        stale |= taking and (source, change.orphan_created_at) not in orphans
        if stale or (not taking and source != change.address and change.address in state.entries):
            raise StaleError(f"this plan is stale: {change.address} has changed since it was made", again)


#: Which action each limit counts; nothing else is limited.
LIMITED: Mapping[str, Action] = {
    "creates": Action.CREATE,
    "replaces": Action.REPLACE,
    "orphans": Action.ORPHAN,
}
#: A share of orphans, in percent, that suggests a partly missing catalog; a few orphans never do.
_SHARE, _FEW = 30, 5


def over_limits(
    changes: tuple[Change, ...], limits: Limits, allow: Mapping[str, int], *, managed: int
) -> Iterator[Diagnostic]:
    """Yield a fault for each limit that these changes of `managed` products are over, `allow` aside."""
    settings = {"creates": limits.max_creates, "replaces": limits.max_replaces, "orphans": limits.max_orphans}
    for word, action in LIMITED.items():
        count = sum(change.action is action for change in changes)
        limit, allowed = settings[word], allow.get(word, 0)
        if limit is not None and count > max(limit, allowed):
            are = f"1 {word[:-1]} is" if count == 1 else f"{count} {word} are"
            yield Diagnostic(
                "error",
                f"max-{word}",
                f"{are} more than the limit of {max(limit, allowed)}",
                detail=f"--allow {word}={count} for once, or limits.max_{word} in podsync.yaml for good",
            )
        elif action is Action.ORPHAN and _too_large_a_share(count, managed) and count > allowed:
            yield Diagnostic(
                "error",
                "max-orphans",
                f"{count} orphans are {100 * count // managed} % of the {managed} products that are managed; "
                f"{_SHARE} % at once are taken for a mistake",
                detail=f"look whether all documents are there; if it is meant: --allow {word}={count}",
            )


def _too_large_a_share(count: int, managed: int) -> bool:
    return count >= _FEW and 100 * count > _SHARE * managed
