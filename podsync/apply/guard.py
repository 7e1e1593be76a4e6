"""A change is done unless it is done already, has to wait for another one, or the run has stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from podsync.apply.outcomes import in_doubt, later, not_tried
from podsync.apply.report import Result
from podsync.apply.run import DeferredChange, ProviderRun
from podsync.model.errors import ProviderError, StoppedError, UnauthorizedError
from podsync.plan.change import Change


def guarded(
    run: ProviderRun, change: Change, do: Callable[[ProviderRun, Change], None], *, begun: bool = False
) -> None:
    """Carry out one change unless it is done, has to wait for another one, or the run has stopped.

    `begun`: it was done, and only its end is left: that is recorded even if the run has stopped.
    """
    if run.context.board.ended(change.address, *Result):
        return
    blockers = sorted(run.waits.get(change.address, ()))
    blocker = next((b for b in blockers if not run.context.board.ended(b, Result.UPDATED)), None)
    if blocker in run.deferred:
        run.deferred[change.address] = DeferredChange(change, do, run.deferred[blocker].quiet_at)
    elif blocker in run.unshown:
        run.deferred[change.address] = DeferredChange(change, do, run.unshown[blocker].until)
    elif blocker is not None:
        not_tried(run, change, f"it takes a name that {blocker} did not release")
    elif (run.going or begun) and _is_vacant(run, change, do):
        try:
            do(run, change)
        except StoppedError:
            entry = run.ledger.entry(change.address)
            if entry is not None and entry.pending is not None:
                in_doubt(run, change.address, entry, entry.pending.why or "stopped while it was on its way")
        except ProviderError as error:
            run.stop(error.message, credentials=isinstance(error, UnauthorizedError))


def _is_vacant(run: ProviderRun, change: Change, do: Callable[[ProviderRun, Change], None]) -> bool:
    """Whether the products whose name it takes are gone; else it waits, or is not tried."""
    clock, settle = run.context.clock, run.settings.settle_seconds
    for identity in sorted(run.vacates.get(change.address, ())):
        until = run.missed.get(identity, run.context.began) + settle
        if identity not in run.known.gone and run.looked < until <= clock.monotonic():
            run.look_again()
        if identity in run.known.gone:
            continue
        listed = identity in run.rows
        why = f"it takes the name of {identity}, which is missing, and not yet gone; {later(run)}"
        if listed:
            why = f"it takes the name of {identity}, which is listed: it is not gone"
        elif run.context.options.wait and until > clock.monotonic():
            with run.lock:
                run.deferred[change.address] = DeferredChange(change, do, until)
            return False
        not_tried(run, change, why, replans=listed)
        return False
    return True


def pooled(run: ProviderRun, changes: Sequence[Change], do: Callable[[ProviderRun, Change], None]) -> None:
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
