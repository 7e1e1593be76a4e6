"""The order of one provider's changes: restores, updates, then creates."""

from __future__ import annotations

from podsync.apply.actions.create import adopt_all, make, restore, take, take_all
from podsync.apply.actions.swap import take_names
from podsync.apply.actions.update import accept, update
from podsync.apply.guard import guarded, pooled
from podsync.apply.lookup.twins import NOT_KNOWN_YET, sorted_out, wait_for_pictures
from podsync.apply.outcomes import later, not_tried
from podsync.apply.report import Result
from podsync.apply.run import ProviderRun
from podsync.plan.action import SWAP_OPEN, Action


def work(run: ProviderRun) -> None:
    """Do everything that the plan asks of this provider; doubts are left to `settle`.

    A name that is missing since an earlier run comes first, before anything else is sent.
    """
    for change in run.changes:
        if change.action_reason == SWAP_OPEN:
            guarded(run, change, take_names)
    take_all(run, run.changes)
    for change in run.changes:
        if change.orphan_created_at is not None:
            guarded(run, change, restore)
        elif change.named is not None:
            guarded(run, change, take)
        elif change.accepts:
            guarded(run, change, accept)
    updates = [c for c in run.changes if c.action is Action.UPDATE]
    pooled(run, [c for c in updates if c.address not in run.waits], update)
    for change in updates:
        if change.address in run.waits:
            guarded(run, change, update)
    _make_all(run)


def _make_all(run: ProviderRun) -> None:
    """Make what is wanted; of what only pictures tell apart no more than is safe (`twins`)."""
    makers = adopt_all(run, [c for c in run.changes if c.makes])
    free, held = sorted_out(run, makers)
    pooled(run, free, make)
    if held and run.going:
        wait_for_pictures(run, held)
        free, held = sorted_out(run, held)
        pooled(run, free, make)
    for change in held:
        if not run.context.board.ended(change.address, *Result):
            not_tried(run, change, f"{NOT_KNOWN_YET}; {later(run)}")
