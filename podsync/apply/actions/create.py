"""PROTOCOL steps 3 and 4: take back, adopt, create."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from podsync.apply.actions.sender import Job
from podsync.apply.actions.steps import go_on
from podsync.apply.actions.update import await_id, look_for_update
from podsync.apply.guard import pooled
from podsync.apply.outcomes import conclude, done, later, listed, name_is_taken, not_sure, not_tried
from podsync.apply.report import DONE, Result
from podsync.apply.run import DeferredChange, Doubt, ProviderRun
from podsync.evidence.declared import Declarations
from podsync.evidence.sent import unverified
from podsync.evidence.state_view import Known
from podsync.evidence.steps import existing, untold
from podsync.model.errors import ConflictError, InDoubtError, PodsyncError
from podsync.model.frozen import EMPTY, FrozenDict
from podsync.plan.action import Action
from podsync.plan.answers import COMPLETE, if_removed, is_it_so, whose_it_is
from podsync.plan.change import Change
from podsync.plan.diff import differing_fields, unseen
from podsync.plan.drift.compare import differences
from podsync.providers.contract import Remote
from podsync.state.entries import Entry, Orphan
from podsync.state.events import Adopted, Event, Restored


def restore(run: ProviderRun, change: Change) -> None:
    """Restore an orphan if it is still listed; else create the product, once it is certainly gone."""
    source = change.previous_address or change.address
    orphan = run.ledger.orphan(source, change.orphan_created_at or 0.0)
    if orphan is None and change.address in run.gone_orphans:
        run.context.board.note(f"{source}: the orphan no longer exists; the product is created anew")
        make(run, change)
        return
    if orphan is None:
        not_tried(run, change, "the orphan is no longer in the state; plan again")
        return
    if orphan.id is not None and orphan.id not in run.rows:
        hidden = f"the orphan {orphan.id} is not visible in the listing"
        reading = run.findings.reading if run.findings is not None else None
        removed = f"if a person removed it: podsync state orphans --done {source.word}"
        if reading is None or not reading.flaw:
            not_tried(run, change, f"{hidden}; {later(run)}")
        else:
            not_tried(run, change, f"{hidden}, which is not whole: {reading.flaw}; {later(run)}", removed)
        return
    facts = (change.labels, change.lifecycle, change.place)
    now = run.context.clock.now()
    run.ledger.record(Restored(change.address, source, orphan.created_at, now, *facts))
    if differing_fields(run.provider, orphan.spec, change.after or EMPTY):
        run.context.board.note(f"{change.address}: what it lacks is added by the next apply")
    done(run, change, DONE[change.action])


def make(run: ProviderRun, change: Change) -> None:
    """Adopt an existing product, or create it."""
    entry = run.ledger.entry(change.address)
    if entry is not None and entry.pending is not None and entry.pending.op == "update":
        look_for_update(run, change, entry, entry.pending, make)
        return
    if (entry is not None and entry.pending is not None) or change.address in run.growing:
        return  # in doubt, or half made: `settle` has it
    if _settled_as_wanted(run, entry, change):
        done(run, change, Result.SETTLED)
    elif _orphan_is_wanted(run, entry, change):
        run.context.board.note(
            f"{change.address}: no listing shows what was sent; the next plan takes its orphan back"
        )
        done(run, change, Result.SETTLED)
    elif (remote := run.adopted(change.address)) is not None:
        adopt(run, change, remote)
    elif change.action is Action.ADOPT:
        not_tried(run, change, "it is no longer listed as the plan saw it", "podsync plan", replans=True)
    elif run.unsure is not None:
        not_tried(run, change, run.unsure, *run.unsure_next)
    elif not (
        _is_not_gone(run, change)
        or _is_unseen(run, change, entry)
        or _stopped_by_rows(run, change)
        or _has_to_wait(run, change, entry)
        or _stopped_by_ours(run, change)
        or _over_limit(run)
    ):
        create(run, change)


def _is_not_gone(run: ProviderRun, change: Change) -> bool:
    """Whether a product that is to be made again may still exist: missing once is not gone."""
    identity = change.recreates
    if identity is None or identity in run.known.gone:
        return False
    rows = run.rows
    if identity in rows:
        why = f"{identity} is listed: it is not gone"
        not_tried(run, change, why, "take `recreate` out of the document", replans=True)
        return True
    entry, clock = run.ledger.entry(change.address), run.context.clock.monotonic()
    if entry is None or entry.id != identity:  # taken back in this run: no look tells whether it is gone
        not_tried(run, change, not_sure(run))
        return True
    until = run.missed.get(identity, run.context.began) + run.settings.settle_seconds
    if run.context.options.wait and until > clock:
        # Other work goes on meanwhile; `settle` comes back to it.
        with run.lock:
            run.deferred[change.address] = DeferredChange(change, again, until)
    else:
        why = f"{identity} is missing, and not yet gone: a second whole reading has to miss it, later"
        sure = run.findings is not None and run.findings.reading.sound and run.findings.reading.fresh
        listing = "" if sure else f", and what {run.provider.title} lists is not whole"
        remedy = () if sure else (if_removed(change.address),)
        not_tried(run, change, f"{why}{listing}; {later(run)}", *remedy)
    return True


def _settled_as_wanted(run: ProviderRun, entry: Entry | None, change: Change) -> bool:
    """Whether, after settling, the existing product is as the document wants it."""
    if change.action is not Action.SETTLE or entry is None or entry.spec is None:
        return False
    return not differing_fields(run.provider, entry.spec, change.made or {})


def _orphan_is_wanted(run: ProviderRun, entry: Entry | None, change: Change) -> bool:
    """Whether, after settling, the document wants an orphan: a restore, which is not in this plan."""
    if change.action is not Action.SETTLE:
        return False
    wanted, foreign = run.provider.canonical(change.made or {}), entry is None and not change.distinct
    return any(
        run.provider.canonical(orphan.spec) == wanted and orphan.account == change.account
        for orphan in run.ledger.orphans(run.provider.name)
        if foreign or orphan.address == change.address
    )


def adopt(run: ProviderRun, change: Change, remote: Remote) -> None:
    """Record the id of what exists already; what it lacks is added after that."""
    run.ledger.record(_adopted(run, change, remote))
    go_on(run, change)


def adopt_all(run: ProviderRun, changes: Sequence[Change]) -> list[Change]:
    """Adopt in one write what exists already, has no past here and waits for nothing; return the others."""
    found = [
        (change, remote)
        for change in changes
        if change.makes
        and change.action is not Action.SETTLE
        and (remote := run.adopted(change.address)) is not None
        and _is_free(run, change)
    ]
    if found:
        run.ledger.record(*(_adopted(run, change, remote) for change, remote in found))
        pooled(run, [change for change, _ in found], go_on)
    adopted = {change.address for change, _ in found}
    return [change for change in changes if change.address not in adopted]


def _is_free(run: ProviderRun, change: Change) -> bool:
    """Whether a change has no past here, and waits for nothing."""
    waits = change.address in run.waits or change.address in run.vacates
    ended = run.context.board.ended(change.address, *Result)
    return run.going and not waits and not ended and run.ledger.entry(change.address) is None


def take(run: ProviderRun, change: Change) -> None:
    """Take the product that the document names, if it is there to be taken; nothing is ever made for it."""
    known = run.known
    try:
        events = _declared(run, known, change)
    except PodsyncError as error:
        not_tried(run, change, error.message, *error.remedy.splitlines(), replans=True)
        return
    run.ledger.record(*events)
    _was_taken(run, known, change)


def take_all(run: ProviderRun, changes: Sequence[Change]) -> None:
    """Take in one write what documents name and nothing else is known of; `take` has the others."""
    known, found, ids = run.known, {}, set()
    for change in changes:
        if change.named is None or change.named in ids or not _is_free(run, change):
            continue
        with suppress(PodsyncError):  # `take` tells
            events = _declared(run, known, change)
            if len(events) == 1 and isinstance(events[0], Adopted):
                found[change.address] = events[0]
                ids.add(change.named)
    if found:
        run.ledger.record(*found.values())
        for address in found:
            _was_taken(run, known, run.by_address[address])


def _declared(run: ProviderRun, known: Known, change: Change) -> list[Event]:
    """Return what it means that the listed product is the document's; PodsyncError where it cannot be."""
    found = run.findings
    if found is not None and change.address in found.misnamed:
        raise found.misnamed[change.address]
    now, named = run.context.clock.now(), {change.address: change.document}
    return Declarations(known, run.rows, now, named).ours(change.address, change.named or "")


def _was_taken(run: ProviderRun, known: Known, change: Change) -> None:
    """Report it, and what the listing shows otherwise; `known` from before."""
    rows = run.rows
    fields, _ = differences(known, change.document.spec, rows[change.named or ""], run.habits)
    entry = run.ledger.entry(change.address)
    made = entry.spec or EMPTY if entry is not None else EMPTY
    with run.lock:
        run.untold.update(untold(run.provider, made, change.document.spec, rows[change.named or ""]))
        if fields:
            run.otherwise[change.address] = fields
    done(run, change, Result.ADOPTED)


def _adopted(run: ProviderRun, change: Change, remote: Remote) -> Adopted:
    now = run.context.clock.now()
    spec = existing(run.provider, change.made or EMPTY, remote)
    return Adopted(
        change.address, run.provider.name, change.account, now, remote.id, spec, remote.shown,
        unverified(spec, remote), change.labels, change.lifecycle, place=change.place, takes=change.takes,
    )  # fmt: skip


def _is_unseen(run: ProviderRun, change: Change, entry: Entry | None) -> bool:
    """Whether what exists may be the wanted product: in the fields that differ nobody knows what it is."""
    found = unseen(run.provider, entry, run.ledger.orphans(run.provider.name), change)
    if found is None:
        return False
    asked = is_it_so(run.provider, change.address, entry, *found)
    not_tried(run, change, asked.why, *asked.answers)
    return True


def _stopped_by_rows(run: ProviderRun, change: Change) -> bool:
    """Whether a listed row stops the product: it has a name that orders use, or may be ours."""
    found = run.findings
    if found is None:
        return False
    address = change.address
    if address in found.questions:
        question = found.questions[address]
        asked = whose_it_is(found, address, question, listed(run, question.rows))
        not_tried(run, change, asked.why, *asked.answers)
        return True
    if address in found.taken:
        name_is_taken(run, change, found.taken[address])
        return True
    if address in found.namesakes:
        rows = listed(run, found.namesakes[address])
        run.context.board.note(f"{address}: {run.provider.title} lists a namesake, which is not ours: {rows}")
    return False


def _stopped_by_ours(run: ProviderRun, change: Change) -> bool:
    """What the plan would have refused, had it known what a doubt was to end with."""
    provider, wanted = run.provider, change.made or FrozenDict()
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
        not_tried(run, change, f"the product of {taken[0]} {why}", "the way out: podsync plan", replans=True)
    return bool(taken)


def _rivals(run: ProviderRun, change: Change) -> list[Entry | Orphan]:
    """What exists beside it; its own former versions may look like it, but never have its name."""
    rivals = run.ledger.others(run.provider.name, change.address)
    if run.provider.unique_name(change.made or FrozenDict()) is not None:
        return rivals
    return [each for each in rivals if each.address != change.address]


def _has_to_wait(run: ProviderRun, change: Change, entry: Entry | None) -> bool:
    """Whether an unsettled product could not be distinguished from it."""
    spec = change.made or FrozenDict()
    if run.ledger.indistinguishable(run.provider, spec, change.address, run.habits) is not None:
        with run.lock:
            run.postponed[change.address] = change
        return True
    if change.address in run.too_young:
        # Other work goes on meanwhile; `settle` comes back to it.
        until = max(run.refused.get(change.address, run.context.began), run.context.began)
        with run.lock:
            run.deferred[change.address] = DeferredChange(change, again, until + run.settings.settle_seconds)
        return True
    if entry is None or entry.spec is None or not entry.unlisted:
        return False
    if run.provider.identity(spec, run.habits) == run.provider.identity(entry.spec, run.habits):
        why = "the product that it replaces has no known id yet, and the listing could not tell the two apart"
        await_id(run, change, entry, make, f"{why}; {later(run)}")
        return True
    return False


def again(run: ProviderRun, change: Change) -> None:
    """Create a refused product, now that a listing would show it if the refusal was wrong."""
    run.look_again()
    make(run, change)


def _over_limit(run: ProviderRun) -> bool:
    """Count a create against `--limit`, which is for all providers together."""
    with run.context.board.lock:
        limit = run.context.options.limit
        if limit is not None and run.context.board.creates >= limit:
            return True
        run.context.board.creates += 1
        return False


def create(run: ProviderRun, change: Change) -> None:
    """Send a create; an unclear answer leaves a doubt for `settle`."""
    if missing := run.provider.missing(change.after or FrozenDict()):
        why = f"a new product needs {', '.join(missing)}, and the document does not say"
        not_tried(run, change, why, COMPLETE, replans=True)
        return
    with run.lock:
        run.sends[change.address] = run.sends.get(change.address, 0) + 1
    made = change.made or EMPTY
    spec = run.provider.first(made)
    if run.was_sent(change.address, spec):
        run.context.board.repeated.add(change.address)
    job = Job(
        change.address,
        "create",
        run.provider.request(spec),
        spec,
        change.labels,
        change.lifecycle,
        reading=run.reading_before(),
        place=change.place,
        steps_left=tuple(step.name for step in run.provider.steps(spec, made)),
        takes=change.takes,
        taken=lambda remote: _not_ours(run, remote),
    )
    sent = run.sender.send(job)
    clock = run.context.clock
    if isinstance(sent.error, InDoubtError | ConflictError):
        with run.lock:
            run.context.board.doubtful.add(change.address)
            run.doubts[change.address] = Doubt(change.address, clock.monotonic(), sent.error.message)
        if isinstance(sent.error, InDoubtError) and sent.error.stops:
            run.stop(sent.error.message, credentials=True)
        return
    if sent.error is None:
        run.made[change.address] = clock.monotonic()
        if job.steps_left or job.takes:
            run.growing[change.address] = change
            return
    else:
        run.refused[change.address] = clock.monotonic()
    conclude(run, change, sent)


def _not_ours(run: ProviderRun, remote: Remote) -> str | None:
    """Return why the id in an answer cannot be that of a new product; None if it can."""
    if remote.id in run.ledger.owned(run.provider.name):
        return f"the answer gave the id {remote.id}, which is another product's"
    rows = run.rows
    if remote.id in rows:
        return f"the answer gave the id {remote.id}, which was listed before"
    return None
