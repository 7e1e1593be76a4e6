"""PROTOCOL steps 3, 4 and 6: take back, adopt, create, update. Everything that may send is here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from podsync.apply.provider_run import Doubt, ProviderRun
from podsync.apply.recover import unverified
from podsync.apply.sender import Job, Sent
from podsync.apply.tell import conclude, done, in_doubt, listed, name_is_taken, not_tried
from podsync.errors import ConflictError, InDoubtError, ProviderError, StoppedError, UnauthorizedError
from podsync.model import FrozenDict, digest
from podsync.plan.plan import Action, Change
from podsync.ports import Match, Query, Remote
from podsync.report import DONE, Result
from podsync.state.events import Adopted, Gone, Restored
from podsync.state.state import Entry, Refusal

#: How often one write may be sent anew after a doubt within one apply.
SENDS_AN_APPLY = 3


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

    A few more than `parallelism`: see `Sender`, which keeps to it.
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
    count = min(parallelism + parallelism // 4, len(changes))
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
    if blocker is not None:
        not_tried(run, change, f"it takes the name that {blocker} did not release")
    elif run.going:
        try:
            do(run, change)
        except StoppedError:
            entry = run.ledger.entry(change.address)
            if entry is not None and entry.pending is not None:
                in_doubt(run, change.address, entry, entry.pending.why or "stopped while it was on its way")
        except ProviderError as error:
            run.stop(error.message, credentials=isinstance(error, UnauthorizedError))


def restore(run: ProviderRun, change: Change) -> None:
    """Take an orphan back if the listing still has it; else create anew."""
    source = change.previous_address or change.address
    orphan = run.ledger.orphan(source, change.orphan_created_at or 0.0)
    now = run.context.clock.now()
    if orphan is None:
        not_tried(run, change, "the orphan is no longer in the state; plan again")
    elif orphan.id is not None and orphan.id not in run.present and not _surely_gone(run, orphan.id):
        not_tried(
            run, change, f"the orphan {orphan.id} is not visible in the listing yet", "run apply again later"
        )
    elif orphan.id is not None and orphan.id not in run.present:
        run.ledger.record(Gone(source, orphan.created_at, now))
        run.context.board.note(
            f"{source}: the orphan {orphan.id} no longer exists; the product is created anew"
        )
        make(run, change)
    else:
        event = Restored(change.address, source, orphan.created_at, now, change.labels, change.lifecycle)
        run.ledger.record(event)
        done(run, change, DONE[change.action])


def _surely_gone(run: ProviderRun, identity: str) -> bool:
    """Absence is proven by a complete listing, for an id that is no longer new to it."""
    return run.complete and run.shows_all_before and identity in run.known_ids()


def update(run: ProviderRun, change: Change) -> None:
    """Send just the fields that differ; a PATCH sets values, so a doubt is simply sent again."""
    entry = run.ledger.entry(change.address)
    taken = run.namesakes.get(change.address)
    if entry is None or entry.id is None:
        not_tried(run, change, "its id is not known yet; apply again")
        return
    if taken:
        name_is_taken(run, change, taken)
        return
    if run.unsure is not None and run.provider.name_field in change.changed:
        not_tried(run, change, run.unsure, "run apply again later, or without --no-wait")
        return
    after = change.after or {}
    body = FrozenDict({name: after[name] for name in change.changed if name in after})
    request = run.provider.update_request(entry.id, body)
    job = Job(change.address, "update", request, body, change.labels, change.lifecycle)
    sent = run.sender.send(job)
    for _ in range(SENDS_AN_APPLY - 1):
        if isinstance(sent.error, InDoubtError) and run.going:
            sent = run.sender.send(job)
    conclude(run, change, sent)


def make(run: ProviderRun, change: Change) -> None:
    """Adopt what is there already, or create it."""
    entry = run.ledger.entry(change.address)
    if entry is not None and entry.pending is not None:
        return  # in doubt: `settling` has it
    if _settled_as_wanted(run, entry, change):
        done(run, change, Result.SETTLED)
        return
    if _orphan_is_wanted(run, entry, change):
        run.context.board.note(f"{change.address}: nothing was made; the next plan takes its orphan back")
        done(run, change, Result.SETTLED)
        return
    remote = run.adoptable.get(change.address)
    if remote is not None:
        adopt(run, change, remote)
    elif change.action is Action.ADOPT:
        not_tried(run, change, "it is no longer listed as the plan saw it", "plan again")
    elif run.unsure is not None:
        not_tried(run, change, run.unsure, "run apply again later, or without --no-wait")
    elif not _stopped_by_namesake(run, change) and not _has_to_wait(run, change) and not _over_limit(run):
        create(run, change)


def _settled_as_wanted(run: ProviderRun, entry: Entry | None, change: Change) -> bool:
    """Whether, after settling, what exists is what the document wants."""
    if change.action is not Action.SETTLE or entry is None or entry.spec is None:
        return False
    return bool(run.provider.canonical(entry.spec) == run.provider.canonical(change.after or {}))


def _orphan_is_wanted(run: ProviderRun, entry: Entry | None, change: Change) -> bool:
    """Whether, after settling, the document wants what is an orphan: a restore, which is not in this plan."""
    if change.action is not Action.SETTLE:
        return False
    wanted, foreign = run.provider.canonical(change.after or {}), entry is None and not change.distinct
    return any(
        run.provider.canonical(orphan.spec) == wanted and orphan.account == change.account
        for orphan in run.ledger.orphans(run.provider.name)
        if foreign or orphan.address == change.address
    )


def adopt(run: ProviderRun, change: Change, remote: Remote) -> None:
    """Record the id of what exists already; nothing is sent."""
    spec, now = change.after or FrozenDict(), run.context.clock.now()
    told = unverified(spec, remote)
    facts = (remote.id, spec, remote.shown, told, change.labels, change.lifecycle)
    run.ledger.record(Adopted(change.address, run.provider.name, change.account, now, *facts))
    done(run, change, Result.ADOPTED)


def _stopped_by_namesake(run: ProviderRun, change: Change) -> bool:
    """A name that orders use stops the product; a "maybe" does so when the state is new or lost."""
    taken = run.namesakes.get(change.address)
    if not taken:
        return False
    if run.provider.unique_name(change.after or {}) is not None:
        name_is_taken(run, change, taken)
        return True
    unsure = run.lost or run.was_empty
    if unsure and not run.context.options.first_contact:
        not_tried(
            run,
            change,
            f"the state is new or lost, and this may be it: {listed(taken)}",
            f"look at {run.provider.title}; --first-contact creates beside what is there",
        )
        return True
    run.context.board.note(f"{change.address}: {run.provider.title} lists a namesake: {listed(taken)}")
    return False


def refusal_of(run: ProviderRun, change: Change) -> Refusal | None:
    """Return the last refusal of this very body."""
    refusal = run.ledger.refusal(change.address)
    return refusal if refusal is not None and refusal.body == digest(change.after or FrozenDict()) else None


def _has_to_wait(run: ProviderRun, change: Change) -> bool:
    """Whether a doubt looks like it, or the same body was refused a short while ago."""
    spec = change.after or FrozenDict()
    if run.ledger.indistinguishable(run.provider, spec, change.address) is not None:
        with run.lock:
            run.postponed[change.address] = change
        return True
    refusal = refusal_of(run, change)
    if refusal is None:
        return False
    # Whether that answer was wrong is for a listing to show that was read late enough.
    then, wait = run.sender.time.at(run.looked), run.settings.settle_seconds
    if refusal.date is None or then is None:
        # Nobody can say how long ago that was: this run's own clock has to show it.
        left = run.context.began + wait - run.looked
    else:
        left = refusal.date + wait - then
    if left <= 0:
        return False
    not_tried(
        run,
        change,
        f"it was refused a short while ago ({refusal.message}); the same request is not sent again "
        f"for {left:.0f} s, in case that answer was wrong",
        "change the document, or run apply again later",
    )
    return True


def _over_limit(run: ProviderRun) -> bool:
    """Count a create against `--limit`, which is for all providers together."""
    with run.context.board.lock:
        limit = run.context.options.limit
        if limit is not None and run.context.board.creates >= limit:
            return True
        run.context.board.creates += 1
        return False


def create(run: ProviderRun, change: Change) -> None:
    """Send a create; an unclear answer leaves a doubt for `settling`."""
    with run.lock:
        run.sends[change.address] = run.sends.get(change.address, 0) + 1
    spec = change.after or FrozenDict()
    job = Job(change.address, "create", run.provider.request(spec), spec, change.labels, change.lifecycle)
    sent = run.sender.send(job)
    if isinstance(sent.error, InDoubtError):
        with run.lock:
            known_by = run.context.clock.monotonic()
            run.context.board.doubtful.add(change.address)
            run.doubts[change.address] = Doubt(change.address, known_by, sent.error.message)
    elif isinstance(sent.error, ConflictError):
        _conflict(run, change, sent)
    else:
        conclude(run, change, sent)


def _conflict(run: ProviderRun, change: Change, sent: Sent) -> None:
    """409: something like it exists; look before saying anything."""
    spec = change.after or FrozenDict()
    view = run.view(run.find(Query(name=str(spec.get(run.provider.name_field)))))
    same = view.matches(spec, Match.SAME)
    if len(same) == 1:
        adopt(run, change, same[0])
    else:
        conclude(run, change, sent)
