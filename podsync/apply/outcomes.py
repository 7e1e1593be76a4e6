"""Reporting how changes end: from what happened to an `Outcome`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from podsync.apply.actions.sender import SendResult
from podsync.apply.report import DONE, LEFT, Outcome, Result
from podsync.apply.run import ProviderRun
from podsync.evidence.ages import SEND_SECONDS
from podsync.evidence.findings import Question
from podsync.model.address import Address
from podsync.model.digests import canonical_json
from podsync.model.errors import NotSentError, ProviderError, RefusedError, UnauthorizedError
from podsync.model.frozen import EMPTY
from podsync.model.product import seen_ids
from podsync.plan.action import SWAP, SWAP_EDITED, Action
from podsync.plan.answers import (
    NAMED,
    if_removed,
    named_rows,
    not_told,
    of_steps,
    of_unwanted,
    what_became_of,
    where_it_is,
    where_the_orphan_is,
    whose_it_is,
)
from podsync.plan.change import Change
from podsync.plan.diff import differing_fields
from podsync.providers.contract import Remote
from podsync.state.entries import Entry, Orphan
from podsync.state.events import Asked
from podsync.state.operations import settled_at

_GONE = 404
#: So many products are asked about one by one.
ONE_BY_ONE = 3
#: The end of the message of what was not sent.
NOTHING_MADE = ". Nothing was made"


def _as_it_says(run: ProviderRun) -> str:
    """Return the end of a refusal's message, unless a row may be its product: the answer may be wrong."""
    return (
        f"{NOTHING_MADE}, as far as {run.provider.title} says; the next apply looks before it sends it again"
    )


def later(run: ProviderRun) -> str:
    """Say what helps where a listing may not show all yet."""
    by = "a later apply does it"
    return by if run.context.options.wait else f"{by}, or one without --no-wait"


def not_sure(run: ProviderRun) -> str:
    """Say that the listing leaves open which product it is."""
    return f"which product it is is not sure yet; {later(run)}"


def ids_of(entry: Entry | None) -> tuple[str | None, str | None]:
    """Return the id of an outcome, and the one that no listing has confirmed: one of them at most."""
    if entry is None:
        return None, None
    return (None, entry.id) if entry.provisional else (entry.id, None)


def _report(run: ProviderRun, change: Change, result: Result, **facts: object) -> None:
    plain = {"address": change.address, "action": change.action, "result": result}
    whole = Outcome(**plain, provider=change.provider, account=change.account, **facts)  # type: ignore[arg-type]
    run.context.board.report(_with_steps(run, change, whole))


def _with_steps(run: ProviderRun, change: Change, outcome: Outcome) -> Outcome:
    """Say which requests of the product are done, where it takes several."""
    steps, entry = (*change.steps_done, *change.steps_left), run.ledger.entry(change.address)
    if not steps:
        return outcome
    if outcome.result not in LEFT:
        staged = entry is not None and entry.swap is not None
        left = tuple(step for step in steps if staged and step == SWAP)
    elif entry is not None and _is_there(run, change, entry):
        left = (*entry.steps_left, *((SWAP,) if entry.swap is not None else ()))
    else:
        left = steps
    with_steps = replace(outcome, steps_done=tuple(s for s in steps if s not in left), steps_left=left)
    if with_steps.half_made and with_steps.error:
        sure, likely = ids_of(entry)
        return replace(
            with_steps,
            id=sure,
            provisional_id=likely,
            error=f"{with_steps.half_made}: {with_steps.error}",
        )
    return with_steps


def _is_there(run: ProviderRun, change: Change, entry: Entry | None) -> bool:
    """Whether the product of the change exists, complete or not."""
    if entry is None or entry.spec is None:
        return False
    first, made = run.provider.first, change.made or EMPTY
    return bool(change.steps_done) or not differing_fields(run.provider, first(entry.spec), first(made))


def half_made(run: ProviderRun, change: Change, why: str, *remedies: str) -> None:
    """Report a product that lacks steps: it was not tried to finish it."""
    _report(run, change, Result.NOT_TRIED, error=why, next=remedies)


def done(
    run: ProviderRun, change: Change, result: Result, sent: SendResult | None = None, *, attempts: int = 0
) -> None:
    """Report success; `attempts` are those of a settled doubt."""
    if change.action_reason == SWAP_EDITED:
        run.context.board.note(f"{change.address}: it has its name; the next plan shows what else differs")
    entry = run.ledger.entry(change.address)
    receipt = sent.receipt if sent is not None else None
    sure, likely = ids_of(entry)
    _report(
        run,
        change,
        result,
        id=sure,
        provisional_id=likely,
        leaves=_left_by_swap(run, change),
        remote=seen_ids(entry.remote) if entry is not None else {},
        attempts=sent.attempts if sent is not None else attempts,
        http_status=receipt.status if receipt is not None else None,
        provider_code=receipt.code if receipt is not None else None,
    )


def _left_by_swap(run: ProviderRun, change: Change) -> str:
    """Return what the old product is called by now, where its name was exchanged."""
    if SWAP not in change.steps_left:
        return ""
    old = [each for each in run.ledger.orphans(run.provider.name) if each.address == change.address]
    return run.provider.name_of(max(old, key=lambda each: each.orphaned_at).spec) if old else ""


def failed(
    run: ProviderRun,
    change: Change,
    why: str,
    sent: SendResult | None = None,
    remedy: str = "",
    *,
    replans: bool = True,
) -> None:
    """Report that this product stopped; nothing was made. `replans`: the remedy makes another plan."""
    cause = sent.error if sent is not None else None
    _report(
        run,
        change,
        Result.FAILED,
        error=why,
        attempts=sent.attempts if sent is not None else 0,
        http_status=cause.status if cause is not None else None,
        provider_code=cause.code if cause is not None else None,
        next=(remedy,) if remedy else (),
        replans=replans and bool(remedy),
    )


def not_tried(run: ProviderRun, change: Change, why: str, *remedies: str, replans: bool = False) -> None:
    """Report that nothing was sent for this change. `replans`: the remedies make another plan."""
    _report(run, change, Result.NOT_TRIED, error=why, next=remedies, replans=replans)


def wait_for_id(run: ProviderRun, change: Change, entry: Entry, why: str = "") -> None:
    """Report that nothing is sent before a listing has shown which product it is.

    What a person has removed meanwhile none ever shows: of what should be listed by now that is said.
    """
    identity = entry.id or (entry.window.said if entry.window is not None else None)
    missing = run.stopped is None and identity is not None and identity not in run.rows
    looked = run.looked if missing else -math.inf
    late = looked > -math.inf and run.looker.dated(run.situation(), looked).item_is_settled(entry)
    if late and entry.window is not None and entry.window.asked is None:
        # A clock that was wrong when it was made may say for years that it is too early to let go of it.
        run.ledger.record(Asked(change.address, run.context.clock.now()))
    not_tried(run, change, why or not_sure(run), *([if_removed(change.address)] if late else []))


def conclude(run: ProviderRun, change: Change, sent: SendResult) -> None:
    """Report how a write ended; stop the provider where its answer says so."""
    error = sent.error
    if error is None:
        made_anew = change.action in (Action.SETTLE, Action.RESTORE, Action.MOVE)
        done(run, change, Result.CREATED if made_anew else DONE[change.action], sent)
        return
    if isinstance(error, UnauthorizedError | NotSentError):
        run.stop(error.message, credentials=isinstance(error, UnauthorizedError))
    elif run.sender.refused_too_often:
        run.stop(f"{run.provider.title} refused five requests in a row")
    entry = run.ledger.entry(change.address)
    if entry is not None and entry.pending is not None:
        # This request, or an update before it: what may have taken effect stays in doubt.
        in_doubt(run, change.address, entry, error.message, _answers(run, entry, error))
    elif isinstance(error, UnauthorizedError):
        not_tried(run, change, error.message)
    else:
        updating = change.action is Action.UPDATE
        gone = if_removed(change.address)
        why, says = error.message, isinstance(error, RefusedError)
        if updating:
            why += ". Nothing was changed" + (f", as far as {run.provider.title} says" if says else "")
        elif not (_is_there(run, change, entry) and change.steps_left):
            why += _as_it_says(run) if says else NOTHING_MADE
        failed(run, change, why, sent, gone if updating and error.status == _GONE else "")


def _answers(run: ProviderRun, entry: Entry, error: ProviderError) -> tuple[str, ...]:
    """What a person may say of an update in doubt that is refused now: sending it again clears nothing."""
    pending = entry.pending
    if pending is None or pending.op != "update" or pending.step or not isinstance(error, RefusedError):
        return ()
    settle, when = f"podsync state settle {entry.address.word}", settled_at(pending, run.until_settled)
    sure = datetime.fromtimestamp(math.ceil(when), UTC)
    return (
        f"a) it took effect: {settle} --adopt {entry.id}",
        f"b) it did not, which can be said from {sure:%H:%M:%S} UTC on: {settle} --not-created",
    )


def in_doubt(run: ProviderRun, address: Address, entry: Entry, why: str, answers: Sequence[str] = ()) -> None:
    """Report a doubt: since when, and until when it is looked for."""
    change, pending = run.by_address.get(address), entry.pending
    since, until = entry.created_at or None, None
    if pending is not None:
        since = pending.written_at
        until = (pending.ended_at or pending.written_at + SEND_SECONDS) + run.until_settled
        until = until if until > run.context.clock.now() else None
    outcome = Outcome(
        address,
        change.action if change is not None else Action.SETTLE,
        Result.IN_DOUBT,
        run.provider.name,
        entry.account,
        attempts=pending.attempts if pending is not None else 0,
        error=why,
        next=tuple(answers),
        since=since,
        until=until,
        step=pending.step if pending is not None else "",
    )
    run.context.board.report(outcome if change is None else _with_steps(run, change, outcome))


def ask_about_doubt(
    run: ProviderRun, entry: Entry, candidates: Sequence[Remote], why: str = "", *, young: bool = False
) -> None:
    """A person has to say which of these it is; the commands that answer are printed."""
    assert run.findings is not None  # noqa: S101 (a look has found no answer)
    asked = what_became_of(run.findings, entry, candidates, why, young=young)
    in_doubt(run, entry.address, entry, asked.why, asked.answers)


def ask_where_it_is(run: ProviderRun, entry: Entry, rows: Sequence[Remote]) -> None:
    """It was acknowledged and should be listed by now: a person says which it is, or that it is not there.

    Where the account or the listing is in question nothing is asked; the next apply looks again.
    """
    assert run.findings is not None  # noqa: S101 (what is overdue was missed by a look)
    asked = where_it_is(run.findings, entry, rows)
    if run.stopped is not None:
        asked = asked._replace(answers=())
    in_place_of = f"what it replaces: {asked.why}"
    if not _asked_besides(run, entry.address, in_place_of, asked.answers, (Result.IN_DOUBT,)):
        in_doubt(run, entry.address, entry, asked.why, asked.answers)


def ask_about_orphan(run: ProviderRun, orphan: Orphan, rows: Sequence[Remote]) -> None:
    """An orphan's id should be known by now: a person says which product it is, or that it is removed."""
    alike = sum(isinstance(i, Orphan) and i.address == orphan.address for i in run.known.unbound)
    asked = where_the_orphan_is(run.provider, orphan, rows, alike=alike)
    _ask(run, orphan.address, asked.why, asked.answers)


def ask_what_was_made(run: ProviderRun, address: Address, question: Question) -> None:
    """A refused create may have made one of these, and nothing waits for it: a person says what it is."""
    change, outcome = run.by_address.get(address), run.context.board.outcomes.get(address)
    word = "lists" if any(row.last_listed is None for row in question.rows) else "listed"
    named = f"{run.provider.title} {word} {listed(run, question.rows)}"
    if change is None or change.after is None:
        why = f"no document wants it. {question.why}: {named}"
        _ask(run, address, why, of_unwanted(run.provider, address, question.rows))
    elif outcome is None or question.why not in (outcome.error or ""):
        assert run.findings is not None  # noqa: S101 (a look has found these rows)
        asked = whose_it_is(run.findings, address, question, named)
        _ask(run, address, asked.why, asked.answers)


def ask_whether_it_was_made(run: ProviderRun, address: Address, why: str) -> None:
    """No listing tells whether a refused create made what no document wants: a person looks."""
    _ask(run, address, f"no document wants it. {why}", of_unwanted(run.provider, address, ()))


def not_known_yet(run: ProviderRun, address: Address) -> None:
    """Nothing lists what a refused create may have made: a later look may."""
    told = "; ".join(each.message for each in run.known.state.refusals.get(address, ())[:1])
    why = f"no document wants it. It was refused a short while ago ({told})"
    _ask(run, address, f"{why}, and may be listed yet, in case that answer was wrong; {later(run)}", ())


def _ask(run: ProviderRun, address: Address, why: str, answers: Sequence[str]) -> None:
    """Ask about what no entry holds; where its address has an outcome of its own, beside that."""
    board = run.context.board
    if _asked_besides(run, address, why, answers, LEFT):
        return
    if address in board.outcomes:
        board.note(f"{address}: {why}; {'; '.join(answers)}")
        return
    account = run.settings.account
    board.report(
        Outcome(
            address,
            Action.SETTLE,
            Result.IN_DOUBT,
            run.provider.name,
            account,
            error=why,
            next=tuple(answers),
        )
    )


def _asked_besides(
    run: ProviderRun, address: Address, why: str, answers: Sequence[str], results: Collection[Result]
) -> bool:
    """Ask together with what is left of this address, where it ended in one of these ways."""
    outcome = run.context.board.outcomes.get(address)
    if outcome is None or outcome.result not in results:
        return False
    steps = (*outcome.next, why, *answers) if answers else outcome.next
    error = (outcome.error or "").removesuffix(_as_it_says(run)).removesuffix(NOTHING_MADE)
    whole = why if error and error in why else f"{error}; {why}"
    run.context.board.report(replace(outcome, error=whole, next=steps))
    return True


def name_is_taken(run: ProviderRun, change: Change, taken: Sequence[Remote]) -> None:
    """Orders could not tell two products of one name and one customer apart."""
    failed(
        run,
        change,
        f"{run.provider.title} has a product of this name for a shared customer already "
        f"({listed(run, taken)}): orders could not tell them apart. Nothing was sent",
        remedy="choose another name, or rename or remove the other product by hand",
    )


def waiting(run: ProviderRun, what: str, until: float) -> None:
    """Tell people about a wait; `until` is monotonic."""
    clock = run.context.clock
    left = max(0.0, until - clock.monotonic())
    run.context.board.listener.waiting(run.provider.title, what, clock.now() + left)


def listed(run: ProviderRun, remotes: Sequence[Remote]) -> str:
    """Name products for a person: id and name."""
    return named_rows(run.provider, remotes)


def asked_together(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """Ask once of many products whether others have done a step that nobody here has sent."""
    by_step = Counter(_step_of_others(each) for each in outcomes)
    return tuple(
        replace(each, next=of_steps(*key))
        if (key := _step_of_others(each)) is not None and by_step[key] > ONE_BY_ONE
        else each
        for each in outcomes
    )


def _step_of_others(outcome: Outcome) -> tuple[str, str] | None:
    """Return the kind of the product and the step, if it is open whether others have done that."""
    asked = outcome.result is Result.IN_DOUBT and bool(outcome.step and outcome.next)
    return (outcome.address.kind, outcome.step) if asked and outcome.attempts == 0 else None


def tell_otherwise(run: ProviderRun) -> None:
    """Take down which adopted products are listed with other values than their documents have."""
    found = sorted(run.otherwise.items())
    for address, fields in found[:NAMED]:
        values = "; ".join(f"{each.field} is {canonical_json(each.listed)} there" for each in fields)
        run.context.board.note(f"{address} is not as its document says: {values}; see podsync drift")
    if len(found) > NAMED:
        run.context.board.note(f"{len(found) - NAMED} more adopted products differ: see podsync drift")
    for step, count in run.untold.items():
        run.context.board.note(not_told(run.provider, step, count))
