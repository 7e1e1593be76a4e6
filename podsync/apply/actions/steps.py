"""The steps after a create: each is an Intent, and what a listing shows of it says what became of it.

A step adds to a product that exists, and what a repetition does is not known: so it is sent to a confirmed id
only, and one in doubt (a refused one too) is sent again only for what is surely not there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from podsync.apply.actions.sender import SENDS_AN_APPLY, Job, SendResult
from podsync.apply.guard import guarded, pooled
from podsync.apply.outcomes import conclude, done, failed, in_doubt, not_tried
from podsync.apply.report import DONE, Result
from podsync.apply.run import DeferredChange, ProviderRun, Unshown
from podsync.evidence.state_view import Known
from podsync.evidence.steps import StepVerdict, is_whole, step_verdict
from podsync.model.errors import ConflictError, InDoubtError, RefusedError
from podsync.model.frozen import EMPTY, Spec, freeze
from podsync.plan.answers import if_removed, of_step, perhaps_added, step_in_doubt
from podsync.plan.change import Change
from podsync.plan.diff import differing_fields, is_unsure
from podsync.providers.contract import ProductStep, Remote
from podsync.state.entries import Entry
from podsync.state.events import Doubted, Intent, Settled

#: At most this many other products are read to see that the listing shows what a step adds.
WITNESSES = 5


class AskedChange(NamedTuple):
    """What a person is asked about an update or a step of `entry`, and what may be answered."""

    entry: Entry
    why: str
    answers: Sequence[str]


def ready(run: ProviderRun) -> list[Change]:
    """Return what lacks steps and is listed by now, in the order of the plan."""
    found = []
    for change in run.growing.values():
        entry = run.ledger.entry(change.address)
        if entry is not None and entry.pending is None and not entry.unlisted:
            found.append(change)
    return found


def grow(run: ProviderRun) -> None:
    """Continue with products that are listed now."""
    changes = ready(run) if run.going else []
    for change in changes:
        del run.growing[change.address]
    pooled(run, changes, go_on)


def go_on(run: ProviderRun, change: Change, sent: SendResult | None = None) -> None:
    """Send the steps that are left, one after the other; then the change is done."""
    wanted = change.made or EMPTY
    while True:
        entry = run.ledger.entry(change.address)
        if entry is None or entry.spec is None:
            return
        step = next(iter(run.provider.steps(entry.spec, wanted)), None)
        if step is None:
            break
        if entry.unlisted:
            with run.lock:
                run.growing[change.address] = change
            return
        if is_unsure(run.provider, entry, step):
            _doubt(run, change, entry, step)
            return
        sent = _send(run, change, entry, step)
        if sent is None:
            return
    if any(run.provider.unreachable(entry.spec, wanted)):
        words = "what was sent earlier was done, and is not what the document wants"
        not_tried(run, change, words, "the way out: podsync plan", replans=True)
    elif entry.swap is not None and _takes_names(run, change, entry):
        until = run.context.clock.monotonic() + run.settings.settle_seconds
        with run.lock:
            run.swapping[change.address] = DeferredChange(change, go_on, until)
    elif sent is not None and not _was_adopted(change, entry):
        conclude(run, change, sent)
    else:
        result = Result.ADOPTED if _was_adopted(change, entry) else DONE[change.action]
        done(run, change, result, sent, attempts=run.attempts.get(change.address, 0))


def _was_adopted(change: Change, entry: Entry) -> bool:
    return entry.origin == "adopted" and change.makes


def _takes_names(run: ProviderRun, change: Change, entry: Entry) -> bool:
    """Whether the names are to be exchanged now; an exchange that was begun is ended whatever is wanted.

    A newer state may have ended it: then the new product is listed under the name, and both are set again.
    """
    if entry.swap is None:
        return False
    row = run.rows.get(entry.id or "")
    named = freeze({**(entry.spec or EMPTY), **entry.swap.takes})
    taken = row is not None and run.provider.clash(named, row.fields)
    return taken or run.ledger.state().given_up(entry.swap) or change.lifecycle.replace == "swap"


def _doubt(run: ProviderRun, change: Change, entry: Entry, step: ProductStep) -> None:
    """Look first, and ask where the listing does not tell: others may have done this step.

    Where the state does not know all that was sent, their request may even be on its way. Nothing is sent, so
    that all of these are recorded together.
    """
    now, date = run.context.clock.now(), run.sender.time.now()
    intent = Intent(
        change.address, run.provider.name, change.account, "update", step.body, now, now, date, 0,
        change.labels, change.lifecycle, place=change.place, step=step.name,
    )  # fmt: skip
    until = run.context.began + (run.until_settled if run.was_new or run.lost else 0.0)
    with run.lock:
        run.unwritten += [intent, Doubted(change.address, now, date, perhaps_added(_what(run, step.name)))]
        run.unshown[change.address] = Unshown(
            change, entry.id or "", step.body, until, go_on, step.name, acknowledged=False
        )


def _send(run: ProviderRun, change: Change, entry: Entry, step: ProductStep) -> SendResult | None:
    """Send one step; None where its end is not clear, or the change ended with it."""
    provider, before, identity = run.provider, entry.spec or EMPTY, entry.id or ""
    with run.lock:
        run.step_sends[change.address, step.name] += 1
    job = Job(
        change.address,
        "update",
        provider.step_request(identity, step, before),
        step.body,
        change.labels,
        change.lifecycle,
        place=change.place,
        step=step.name,
        shown=lambda remote: remote.id == identity and is_whole(provider, step, before, remote),
    )
    sent = run.sender.send(job)
    if sent.error is None and not sent.unshown:
        return sent
    error, now = sent.error, run.context.clock.monotonic()
    if isinstance(error, RefusedError) and not isinstance(error, ConflictError):
        conclude(run, change, sent)
    elif error is None or isinstance(error, InDoubtError | ConflictError):
        wait = run.settings.settle_seconds if error is None else run.until_settled
        with run.lock:
            run.unshown[change.address] = Unshown(
                change, identity, step.body, now + wait, go_on, step.name, acknowledged=error is None
            )
        if isinstance(error, InDoubtError) and error.stops:
            run.stop(error.message, credentials=True)
    else:
        conclude(run, change, sent)
    return None


def settle_step(
    run: ProviderRun,
    each: Unshown,
    row: Remote | None,
    looked: float,
    proves: Callable[[ProductStep, Entry, Spec], bool],
) -> AskedChange | None:
    """Act on what the listing shows of a sent step; return what a person has to be asked (`ask_all`).

    `proves`: what the listing does not show of a step is not there.
    """
    change, provider, now = each.change, run.provider, run.context.clock.now()
    entry = run.ledger.entry(change.address)
    if entry is None or entry.pending is None:
        return None
    if row is None:
        if looked < each.until:
            return None
        del run.unshown[change.address]
        return _whether_it_is_there(run, entry, each)
    before, step = entry.spec or EMPTY, ProductStep(each.step, each.body)
    shown = provider.step_shown(step, before, row)
    verdict = step_verdict(
        shown,
        whole=is_whole(provider, step, before, row),
        proves=shown is not None and shown.sure and proves(step, entry, before),
        settled=looked >= each.until,
        acknowledged=each.acknowledged,
    )
    if verdict is StepVerdict.WAITS:
        return None
    del run.unshown[change.address]
    if verdict is StepVerdict.ASKS:
        return _whether_it_was_done(run, entry, each)
    attempts = entry.pending.attempts
    if verdict is StepVerdict.DONE:
        run.ledger.record(Settled(change.address, now, found=True, id=each.id, remote=row.shown))
        guarded(run, change, each.then)
        return None
    part = shown.part if shown is not None else EMPTY
    some = differing_fields(provider, freeze({name: before.get(name) for name in part}), part)
    run.ledger.record(
        Settled(change.address, now, found=bool(some), id=each.id, part=part if some else EMPTY)
    )
    if each.acknowledged:
        failed(
            run, change, f"{run.provider.title} acknowledged {_what(run, each.step)} and does not list them"
        )
    elif run.step_sends[change.address, each.step] >= SENDS_AN_APPLY:
        failed(run, change, f"sent {attempts} times, and nothing of it is listed")
    else:
        guarded(run, change, each.then)
    return None


def ask_all(run: ProviderRun, questions: Sequence[AskedChange]) -> None:
    """Ask a person what became of updates and steps."""
    run.record_asked(each.entry for each in questions)
    for each in questions:
        in_doubt(run, each.entry.address, each.entry, each.why, each.answers)


def _whether_it_is_there(run: ProviderRun, entry: Entry, each: Unshown) -> AskedChange:
    """The listing does not show the product that a step was sent to."""
    begun = entry.swap is None or run.ledger.state().given_up(entry.swap)
    gone = if_removed(entry.address, f"--step {each.step} --not-made", replaces=not begun)
    return AskedChange(entry, f"{run.provider.title} does not list the product {each.id}", (gone,))


def _whether_it_was_done(run: ProviderRun, entry: Entry, each: Unshown) -> AskedChange:
    """The listing shows the product, and nothing of the step."""
    additions = run.provider.step_told(ProductStep(each.step, each.body), entry.spec or EMPTY)
    sent = entry.pending is not None and entry.pending.attempts > 0
    why = step_in_doubt(_what(run, each.step), additions, sent=sent)
    return AskedChange(entry, why, of_step(entry.address, each.step))


def _what(run: ProviderRun, step: str) -> str:
    return str(run.provider.info.steps.get(step, step))


def witnesses(run: ProviderRun, known: Known) -> set[str]:
    """Return the ids of a few other products of ours to which a step has added."""
    first = run.provider.first
    found = (
        item.id
        for item in known.items
        if item.id in known.listed and item.pending is None and first(item.spec or EMPTY) != item.spec
    )
    return {identity for identity, _ in zip(found, range(WITNESSES), strict=False) if identity is not None}
