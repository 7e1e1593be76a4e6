"""The order in which one provider's changes are done: what is taken back, updates, then what is made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from podsync.apply.making import make, restore
from podsync.apply.provider_run import Late, ProviderRun
from podsync.apply.tell import in_doubt, not_tried
from podsync.apply.updating import update
from podsync.errors import ProviderError, StoppedError, UnauthorizedError
from podsync.plan.change import Change
from podsync.plan.plan import Action
from podsync.report import Result


def work(run: ProviderRun) -> None:
    """Do everything that the plan asks of this provider; doubts are left to `settling`."""
    for change in run.changes:
        if change.orphan_created_at is not None:
            guarded(run, change, restore)
    updates = [c for c in run.changes if c.action is Action.UPDATE]
    _pool(run, [c for c in updates if c.address not in run.waits], update)
    for change in updates:
        if change.address in run.waits:
            guarded(run, change, update)
    _pool(run, [c for c in run.changes if run.makes(c)], make)


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


def guarded(run: ProviderRun, change: Change, do: Callable[[ProviderRun, Change], None]) -> None:
    """Do one change unless it is done, has to wait for another one, or the run has stopped."""
    if run.context.board.ended(change.address, *Result):
        return
    blockers = sorted(run.waits.get(change.address, ()))
    blocker = next((b for b in blockers if not run.context.board.ended(b, Result.UPDATED)), None)
    if blocker in run.late:
        run.late[change.address] = Late(change, do, run.late[blocker].quiet_at)
    elif blocker is not None:
        not_tried(run, change, f"it takes a name that {blocker} did not release")
    elif run.going:
        try:
            do(run, change)
        except StoppedError:
            entry = run.ledger.entry(change.address)
            if entry is not None and entry.pending is not None:
                in_doubt(run, change.address, entry, entry.pending.why or "stopped while it was on its way")
        except ProviderError as error:
            run.stop(error.message, credentials=isinstance(error, UnauthorizedError))
