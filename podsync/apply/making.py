"""PROTOCOL steps 3 and 4: take back, adopt, create."""

from __future__ import annotations

from podsync.apply.provider_run import Doubt, ProviderRun
from podsync.apply.recover import unverified
from podsync.apply.sender import Job, Sent
from podsync.apply.tell import conclude, done, listed, name_is_taken, not_tried
from podsync.errors import ConflictError, InDoubtError
from podsync.model import FrozenDict, digest
from podsync.plan.change import Change
from podsync.plan.plan import Action
from podsync.ports import Match, Query, Remote
from podsync.report import DONE, Result
from podsync.state.entries import Entry, Orphan, Refusal
from podsync.state.events import Adopted, Gone, Restored


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
        facts = (change.labels, change.lifecycle, change.place)
        run.ledger.record(Restored(change.address, source, orphan.created_at, now, *facts))
        done(run, change, DONE[change.action])


def _surely_gone(run: ProviderRun, identity: str) -> bool:
    """Absence is proven by a complete listing, for an id that is no longer new to it."""
    return run.complete and run.shows_all_before and identity in run.known_ids()


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
    elif not (
        _stopped_by_namesake(run, change)
        or _has_to_wait(run, change)
        or _stopped_by_ours(run, change)
        or _over_limit(run)
    ):
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
    event = Adopted(change.address, run.provider.name, change.account, now, *facts, place=change.place)
    run.ledger.record(event)
    done(run, change, Result.ADOPTED)


def _stopped_by_namesake(run: ProviderRun, change: Change) -> bool:
    """A name that orders use stops the product; a "maybe" does so when the state is new or lost."""
    taken = run.namesakes.get(change.address)
    if not taken:
        return False
    wanted, provider = change.after or FrozenDict(), run.provider
    if provider.unique_name(wanted) is not None and any(provider.clash(wanted, r.fields) for r in taken):
        name_is_taken(run, change, taken)
        return True
    if run.unsettled_state and not run.context.options.first_contact:
        not_tried(
            run,
            change,
            f"the state is new or lost, and this may be it: {listed(taken)}",
            f"look at {run.provider.title}; --first-contact creates beside what is there",
        )
        return True
    run.context.board.note(f"{change.address}: {run.provider.title} lists a namesake: {listed(taken)}")
    return False


def _stopped_by_ours(run: ProviderRun, change: Change) -> bool:
    """What the plan would have refused, had it known what a doubt was to end with."""
    provider, wanted = run.provider, change.after or FrozenDict()
    beside = [(address, spec) for address, spec in run.settled.items() if address != change.address]
    if change.action is Action.SETTLE:
        # Nothing was made, and this may be another wish than the one that was sent: no guard saw it.
        beside += [(each.address, each.spec or FrozenDict()) for each in _rivals(run, change)]
    if provider.unique_name(wanted) is not None:
        taken = [address for address, spec in beside if provider.clash(wanted, spec)]
        why = "has its name, for a shared customer"
    elif change.distinct:
        return False
    else:
        identity = provider.identity(wanted)
        taken = [address for address, spec in beside if provider.identity(spec) == identity]
        why = "could not be told from it in the listing"
    if taken:
        not_tried(run, change, f"the product of {taken[0]} {why}", "podsync plan names the way out")
    return bool(taken)


def _rivals(run: ProviderRun, change: Change) -> list[Entry | Orphan]:
    """What exists beside it; its own former versions may look like it, but never have its name."""
    rivals = run.ledger.others(run.provider.name, change.address)
    if run.provider.unique_name(change.after or FrozenDict()) is not None:
        return rivals
    return [each for each in rivals if each.address != change.address]


def refusal_of(run: ProviderRun, change: Change) -> Refusal | None:
    """Return the last refusal of this very body."""
    return run.ledger.refusal(digest(change.after or FrozenDict()))


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
    beside = tuple(sorted(remote.id for remote in run.namesakes.get(change.address, ())))
    request = run.provider.request(spec)
    job = Job(change.address, "create", request, spec, change.labels, change.lifecycle, beside, change.place)
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
