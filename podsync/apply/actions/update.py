"""PROTOCOL step 6. A PATCH sets values, so one in doubt is sent again: once it can no longer arrive itself.

Otherwise it could arrive after a later one, and what was acknowledged would be undone. An update counts as
done when a listing shows the fields as they were sent: an answer may repeat them and keep nothing. Of a field
that the provider lists otherwise the answer is believed. What was acknowledged is not sent again while no
listing shows the product (it may be hidden there): a person may say what its web page shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from podsync.apply.actions.sender import SENDS_AN_APPLY, Job
from podsync.apply.actions.steps import AskedChange, ask_all, go_on, settle_step, witnesses
from podsync.apply.guard import guarded
from podsync.apply.outcomes import conclude, done, failed, in_doubt, name_is_taken, not_tried, wait_for_id
from podsync.apply.report import Result
from podsync.apply.run import DeferredChange, ProviderRun, Unshown
from podsync.evidence.ages import SEND_SECONDS, Moment, elapsed
from podsync.evidence.state_view import when
from podsync.evidence.steps import ShownSteps
from podsync.model.address import Address
from podsync.model.digests import canonical_json
from podsync.model.errors import InDoubtError
from podsync.model.frozen import EMPTY, FrozenDict, Spec
from podsync.model.product import seen_ids
from podsync.plan.action import SET_BACK
from podsync.plan.answers import took_effect
from podsync.plan.change import Change
from podsync.plan.diff import differing_fields
from podsync.plan.drift.compare import differences, may_be_habit, renamed_there, to_keep
from podsync.providers.contract import Listing, ProductStep, Query, Remote
from podsync.providers.habits import Habits
from podsync.providers.knowledge import Provider
from podsync.providers.name_forms import changes
from podsync.state.entries import Entry, Pending
from podsync.state.events import Noted, Settled


def update(run: ProviderRun, change: Change) -> None:
    """Send just the fields that differ, once no update before this one can still arrive; then the steps."""
    entry = run.ledger.entry(change.address)
    taken = run.findings.taken.get(change.address) if run.findings is not None else None
    if entry is None or entry.spec is None:
        not_tried(run, change, "the state does not know it any more; plan again")
        return
    if entry.pending is not None and entry.pending.step:
        look_for_update(run, change, entry, entry.pending, update)
    elif entry.id is None or entry.provisional:
        await_id(run, change, entry, update)
    elif taken:
        name_is_taken(run, change, taken)
    elif run.unsure is not None and run.provider.takes(change.before or {}, change.after or {}):
        not_tried(run, change, run.unsure, *run.unsure_next)
    else:
        _set(run, change, entry)


def _set(run: ProviderRun, change: Change, entry: Entry) -> None:
    """Send the fields that an update can set; a swap of names is not an update."""
    entry = _take_in(run, change, entry)
    if answer := _drifted(run, change, entry):
        not_tried(run, change, *answer, replans=True)
        return
    after, kept = change.after or {}, entry.swap.takes if entry.swap is not None else EMPTY
    names = [name for name in change.changed if name in after and name in run.provider.mutable - kept.keys()]
    body = FrozenDict({name: after[name] for name in names})
    if not body:
        go_on(run, change)
        return
    if awaits_listing(entry, body) and run.row(entry.id) is None:
        _look_for_acknowledged(run, change, entry)
        return
    quiet_at = _quiet_at(run, entry, body)
    if quiet_at > run.context.clock.monotonic():
        run.deferred[change.address] = DeferredChange(change, update, quiet_at)
        return
    _send(run, change, entry, body)


def awaits_listing(entry: Entry, body: Spec) -> bool:
    """Whether an update that the provider acknowledged, and no listing has shown yet, sets all of `body`."""
    pending = entry.pending
    if pending is None or pending.op != "update" or pending.step or pending.acknowledged is None:
        return False
    return all(name in pending.body and pending.body[name] == value for name, value in body.items())


def _look_for_acknowledged(run: ProviderRun, change: Change, entry: Entry) -> None:
    """Read back what an earlier run sent, until a listing would show it for certain; it is not sent again."""
    pending, now, wait = entry.pending, run.context.clock.monotonic(), run.until_settled
    assert pending is not None  # noqa: S101 (the caller saw it)
    over = pending.asked is not None or gone_by(run, pending, now) >= wait
    until = now if over else run.context.began + wait
    with run.lock:
        run.unshown[change.address] = Unshown(change, entry.id or "", pending.body, until, go_on)


def _send(run: ProviderRun, change: Change, entry: Entry, body: Spec) -> None:
    """Send these fields, read back those that a listing shows, and continue with the steps."""
    to_read_back = FrozenDict(
        {n: v for n, v in body.items() if not may_be_habit(run.provider, n, v, run.habits)}
    )
    request = run.provider.update_request(entry.id or "", body)
    with run.lock:
        sends = run.sends[change.address] = run.sends.get(change.address, 0) + 1
    provider, habits, identity = run.provider, run.habits, entry.id
    job = Job(
        change.address,
        "update",
        request,
        body,
        change.labels,
        change.lifecycle,
        place=change.place,
        shown=lambda remote: shows(provider, body, remote, habits) and remote.id == identity,
        listed=bool(to_read_back),
    )
    sent = run.sender.send(job)
    clock = run.context.clock
    if sent.unshown:
        until = clock.monotonic() + run.settings.settle_seconds
        remote = sent.receipt.remote if sent.receipt is not None else None
        left = to_read_back if remote is not None and job.shown(remote) else body

        def then(run: ProviderRun, change: Change) -> None:
            go_on(run, change, sent)

        with run.lock:
            run.unshown[change.address] = Unshown(change, entry.id or "", left, until, then)
    elif (
        isinstance(sent.error, InDoubtError) and sends < SENDS_AN_APPLY and run.going and not sent.error.stops
    ):
        run.deferred[change.address] = DeferredChange(
            change, update, clock.monotonic() + run.settings.timeout_seconds
        )
    else:
        if isinstance(sent.error, InDoubtError) and sent.error.stops:
            run.stop(sent.error.message, credentials=True)
        if sent.error is None:
            go_on(run, change, sent)
        else:
            conclude(run, change, sent)


def _take_in(run: ProviderRun, change: Change, entry: Entry) -> Entry:
    """Know what a step would add and the listing shows already, whoever added it: it is not sent again."""
    row = run.row(entry.id)
    before = entry.spec or EMPTY
    for step in run.provider.steps(before, change.after or EMPTY)[:1] if row is not None else ():
        shown = run.provider.step_shown(step, before, row) if row is not None else None
        bare = FrozenDict({name: before.get(name) for name in step.body})
        if shown is not None and differing_fields(run.provider, bare, shown.part):
            now, facts = run.context.clock.now(), (entry.labels, entry.lifecycle, entry.place)
            run.ledger.record(Noted(change.address, now, *facts, shown.part))
    return run.ledger.entry(change.address) or entry


def look_for_update(
    run: ProviderRun,
    change: Change,
    entry: Entry,
    pending: Pending,
    then: Callable[[ProviderRun, Change], None],
) -> None:
    """Read back what an earlier run left in doubt, and go on from there; a step is not sent again unseen."""
    now, wait = run.context.clock.monotonic(), run.until_settled
    until = now if gone_by(run, pending, now) >= wait else run.context.began + wait
    with run.lock:
        run.unshown[change.address] = Unshown(
            change, entry.id or "", pending.body, until, then, pending.step, acknowledged=False
        )


def _drifted(run: ProviderRun, change: Change, entry: Entry) -> tuple[str, ...]:
    """Return why a field must not be set and what to do, where somebody else has set it in the meantime."""
    row = run.row(entry.id)
    if row is None or entry.pending is not None:
        return ()
    after, provider = change.after or EMPTY, run.provider
    if change.action_reason == SET_BACK:
        return renamed_there(provider, change, provider.unique_name(row.fields))
    # Its temporary name is nobody's: it gets another one anyway. The rest is what orders are to find.
    temporary = entry.swap.takes if entry.swap is not None else EMPTY
    shown = provider.mutable if entry.swap is not None else frozenset()
    found, _ = differences(run.known, entry.spec or EMPTY, row, run.habits)
    other = [
        each
        for each in found
        if each.field in shown.union(change.changed)
        and each.field not in temporary
        and not provider.shows(each.field, after.get(each.field), each.listed)
    ]
    if not other:
        return ()
    if any(each.field == provider.name_field for each in other):
        renamed = renamed_there(provider, change, provider.unique_name(row.fields))
        if renamed:
            return renamed
    found_there = "; ".join(f"{each.field} is {canonical_json(each.listed)} there by now" for each in other)
    # An update sets fields, and a step only adds to what is there.
    does = "set" if {each.field for each in other} <= provider.mutable else "add"
    return (
        f"somebody changed it at {provider.title}: {found_there}",
        to_keep(each.listed for each in other),
        f'b) to {does} what the document says: podsync apply --replace "{change.address}"',
    )


def accept(run: ProviderRun, change: Change) -> None:
    """Take over what somebody changed there, if it is what the document says by now; nothing is sent."""
    entry, after = run.ledger.entry(change.address), change.after or EMPTY
    row = run.row(entry.id) if entry is not None else None
    if entry is None or row is None:
        not_tried(run, change, "it is not visible in the listing, so that nobody can tell what it is now")
        return
    wrong = [
        f"{field} is {canonical_json(row.fields.get(field))} there, and not what the document says"
        for field in change.changed
        if not run.provider.shows(field, after.get(field), row.fields.get(field))
    ]
    if wrong:
        not_tried(
            run,
            change,
            "; ".join(wrong),
            to_keep(row.fields.get(field) for field in change.changed),
            "b) to change it to what the document says: take changed_there out of it; "
            "plan shows what that takes",
            replans=True,
        )
        return
    taken = FrozenDict({field: after.get(field) for field in change.changed})
    facts = (change.labels, change.lifecycle, change.place, taken)
    run.ledger.record(Noted(change.address, run.context.clock.now(), *facts))
    done(run, change, Result.NOTED)


def await_id(
    run: ProviderRun,
    change: Change,
    entry: Entry,
    do: Callable[[ProviderRun, Change], None],
    why: str = "",
) -> None:
    """Send nothing to what may be another product: a listing has to show it as it was sent, or long enough.

    By what it lists the two are told apart, so that an update would make ours unknown besides. `do` comes
    back to it; `why` says what the id is needed for.
    """
    now, sure_at = run.context.clock.monotonic(), run.listed_by(entry) + run.settings.timeout_seconds
    if now >= sure_at and not run.looker.dated(run.situation(), now).item_is_settled(entry):
        sure_at = run.context.began + run.until_settled
    if now < sure_at:
        with run.lock:
            run.deferred[change.address] = DeferredChange(change, do, sure_at, for_id=True)
    else:
        wait_for_id(run, change, entry, why)


def shows(provider: Provider, body: Spec, remote: Remote, habits: Habits) -> bool:
    """Whether a product has these fields as they were sent, or changed by a known habit of this provider."""
    for name, value in body.items():
        listed = remote.fields.get(name)
        one, other = (
            provider.canonical(FrozenDict({name: value})),
            provider.canonical(FrozenDict({name: listed})),
        )
        if one == other:
            continue
        kinds = changes(value, listed) if name == provider.name_field else None
        if kinds is None or not all(habits.name(kind) == "changed" for kind in kinds):
            return False
    return True


def read_back(run: ProviderRun) -> bool:
    """Look whether acknowledged updates took effect; give up after `settle_seconds`.

    Return whether something that waited for one of them need not wait any longer.
    """
    run.record_doubts()
    released, questions = False, list[AskedChange | None]()
    looked, now = run.context.clock.monotonic(), run.context.clock.now()
    listing = _listed_now(run)
    rows = {row.id: row for row in listing.items}
    if listing.fresh:
        run.read_back.update(rows)
    steps = ShownSteps(run.known, rows)

    def proves(step: ProductStep, entry: Entry, before: Spec) -> bool:
        return listing.fresh and steps.prove_absence(step, entry, before)

    for address, each in list(run.unshown.items()):
        row = rows.get(each.id)
        if each.step:
            questions.append(settle_step(run, each, row, looked, proves))
        elif row is not None and listing.fresh and _is_done(run, each, row):
            entry = run.ledger.entry(address)
            if entry is not None and entry.pending is not None:
                run.attempts[address] = entry.pending.attempts
            run.ledger.record(Settled(address, now, found=True, id=each.id, remote=row.shown))
            del run.unshown[address]
            guarded(run, each.change, each.then, begun=True)
            released = _release(run, address, looked) or released
        elif looked >= each.until and listing.fresh:
            if row is not None:
                _settle_undone(run, each, row)
            # Where it lists something else its fields stay unknown: the next apply sends them again.
            del run.unshown[address]
            if not each.acknowledged:
                _go_on_without(run, each)
                continue
            entry, title = run.ledger.entry(address), run.provider.title
            if row is None:
                questions.append(_whether_it_is_so(run, entry))
                continue
            listed = f"it lists {canonical_json({name: row.fields.get(name) for name in each.body})}"
            if entry is None or entry.pending is None:
                failed(run, each.change, f"{title} acknowledged the update and did not do it: {listed}")
                continue
            # It may list the sent value in another form: only a person can decide.
            neither = "neither what was sent nor what was before"
            why = f"{title} acknowledged the update and lists {neither}: {listed}"
            answer = f'if that is it: podsync state settle "{address}" --adopt {each.id}'
            failed(run, each.change, why, remedy=answer)
    ask_all(run, [each for each in questions if each is not None])
    return released


def _whether_it_is_so(run: ProviderRun, entry: Entry | None) -> AskedChange | None:
    """The listing does not show the product of an update: it may be hidden there, or removed."""
    if entry is None or entry.pending is None:
        return None
    return AskedChange(entry, *took_effect(run.provider, entry.address, entry.id or "", entry.pending.body))


def _is_done(run: ProviderRun, each: Unshown, row: Remote) -> bool:
    return each.shown(row) if each.shown is not None else shows(run.provider, each.body, row, run.habits)


def _settle_undone(run: ProviderRun, each: Unshown, row: Remote) -> None:
    """Where it is listed as it was before, neither this update nor one before it was done."""
    address = each.change.address
    entry = run.ledger.entry(address)
    if entry is None or entry.pending is None:
        return
    names = [*each.body, *entry.pending.earlier]
    before = FrozenDict({name: (entry.spec or EMPTY).get(name) for name in names})
    if shows(run.provider, before, row, run.habits):
        event = Settled(address, run.context.clock.now(), found=False)
        run.ledger.record(*[event] * (1 + bool(entry.pending.earlier)))


def _release(run: ProviderRun, address: Address, now: float) -> bool:
    """Let go of what takes a name that this update has released; return whether there is such a thing."""
    takers = [taker for taker in run.deferred if address in run.waits.get(taker, ())]
    for taker in takers:
        run.deferred[taker] = replace(run.deferred[taker], quiet_at=now)
    return bool(takers)


def _go_on_without(run: ProviderRun, each: Unshown) -> None:
    """Go on with what needs no answer to an update in doubt, once the listing shows that it had no effect."""
    entry = run.ledger.entry(each.change.address)
    if entry is not None and entry.pending is None:
        guarded(run, each.change, each.then)
    elif entry is not None:
        in_doubt(run, each.change.address, entry, "the listing shows neither what was nor what was sent")


def _listed_now(run: ProviderRun) -> Listing:
    """Read what is to be shown, and of steps a few other products of ours that show what such a step adds."""
    ids = {each.id for each in run.unshown.values()}
    known = run.known
    if any(each.step for each in run.unshown.values()):
        ids |= witnesses(run, known)
    shown = {item.id: seen_ids(item.remote) for item in known.items if item.id in ids}
    return run.connection.reader.find(Query(known=FrozenDict(shown)))


def _quiet_at(run: ProviderRun, entry: Entry, body: Spec) -> float:
    """Return the monotonic moment from which no update of an earlier run can arrive any more.

    The same values may be sent again after `timeout_seconds`: arriving late, they change nothing. Other ones
    wait as long as a create does, since a request that is held up on its way would undo them unseen.
    """
    pending, now = entry.pending, run.context.clock.monotonic()
    same = pending is None or pending.body == body
    wait = run.settings.timeout_seconds if same else run.until_settled
    sent_here = entry.address in run.sends  # then `late` had it wait already
    if pending is None or sent_here or gone_by(run, pending, now) >= wait:
        return -math.inf
    return run.context.began + wait


def gone_by(run: ProviderRun, pending: Pending, now: float) -> float:
    """Return how long ago the sender of an earlier run was done for certain, in seconds."""
    moment = Moment(run.context.clock.now(), run.sender.time.at(now))
    over = when(pending)
    if over is not None:
        return elapsed(over, moment)
    return elapsed(Moment(pending.written_at, pending.date), moment) - SEND_SECONDS
