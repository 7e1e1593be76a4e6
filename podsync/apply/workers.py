"""The order in which one provider's changes are done: what is taken back, updates, then what is made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from podsync.apply.actions.create import make, restore, take
from podsync.apply.actions.update import accept, update
from podsync.apply.guard import guarded
from podsync.apply.lookup.twins import NOT_KNOWN_YET, sorted_out, wait_for_pictures
from podsync.apply.outcomes import LATER, not_tried
from podsync.apply.report import Result
from podsync.apply.run import ProviderRun
from podsync.plan.action import Action
from podsync.plan.change import Change


def work(run: ProviderRun) -> None:
    """Do everything that the plan asks of this provider; doubts are left to `settle`."""
    for change in run.changes:
        if change.orphan_created_at is not None:
            guarded(run, change, restore)
        elif change.named is not None:
            guarded(run, change, take)
        elif change.accepts:
            guarded(run, change, accept)
    updates = [c for c in run.changes if c.action is Action.UPDATE]
    _pool(run, [c for c in updates if c.address not in run.waits], update)
    for change in updates:
        if change.address in run.waits:
            guarded(run, change, update)
    _make_all(run)


def _make_all(run: ProviderRun) -> None:
    """Make what is wanted; of what only pictures tell apart no more than is safe (`twins`)."""
    makers = [c for c in run.changes if c.makes]
    free, held = sorted_out(run, makers)
    _pool(run, free, make)
    if held and run.going:
        wait_for_pictures(run, held)
        free, held = sorted_out(run, held)
        _pool(run, free, make)
    for change in held:
        if not run.context.board.ended(change.address, *Result):
            not_tried(run, change, f"{NOT_KNOWN_YET}; {LATER}")


def _pool(run: ProviderRun, changes: Sequence[Change], do: Callable[[ProviderRun, Change], None]) -> None:
    """Let workers take one change after another, in order.

    More than `parallelism`: see `Sender`, which keeps to it.
    """
    queue = iter(changes)
    crashes: list[BaseException] = []

    def worker() -> None:
        try:
            while True:
                with run.lock:
                    change = next(queue, None)
                if change is None or crashes:
                    return
                guarded(run, change, do)
        except BaseException as error:  # noqa: BLE001 (raised again below, in the lane's own thread)
            crashes.append(error)

    parallelism = run.settings.parallelism
    count = min(max(parallelism + parallelism // 4, run.sender.ahead), len(changes))
    workers = [threading.Thread(target=worker, daemon=True) for _ in range(count)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    if crashes:
        raise crashes[0]
