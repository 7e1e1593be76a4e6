"""Reporting how changes end: from what happened to an `Outcome`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from podsync.apply.provider_run import ProviderRun
from podsync.apply.sender import Sent
from podsync.errors import NotSentError, ProviderError, RefusedError, UnauthorizedError
from podsync.evidence.time import SEND_SECONDS
from podsync.model import Address, seen_ids
from podsync.plan.change import Change
from podsync.plan.plan import Action
from podsync.ports import Remote
from podsync.report import DONE, Outcome, Result
from podsync.state.entries import Entry

_GONE = 404
#: What helps where a listing may not show all yet.
LATER = "run apply again later, or without --no-wait"
#: So many candidates are named; the rest can be seen at the provider.
NAMED = 10


def _report(run: ProviderRun, change: Change, result: Result, **facts: object) -> None:
    plain = {"address": change.address, "action": change.action, "result": result}
    run.context.board.report(Outcome(**plain, provider=change.provider, account=change.account, **facts))  # type: ignore[arg-type]


def done(run: ProviderRun, change: Change, result: Result, sent: Sent | None = None) -> None:
    """Report success."""
    entry = run.ledger.entry(change.address)
    receipt = sent.receipt if sent is not None else None
    _report(
        run,
        change,
        result,
        id=entry.id if entry is not None else None,
        remote=seen_ids(entry.remote) if entry is not None else {},
        attempts=sent.attempts if sent is not None else 0,
        http_status=receipt.status if receipt is not None else None,
        provider_code=receipt.code if receipt is not None else None,
    )


def failed(run: ProviderRun, change: Change, why: str, sent: Sent | None = None, remedy: str = "") -> None:
    """Report that this product stopped; nothing was made."""
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
    )


def not_tried(run: ProviderRun, change: Change, why: str, *remedies: str) -> None:
    """Report that nothing was sent for this change."""
    _report(run, change, Result.NOT_TRIED, error=why, next=remedies)


def conclude(run: ProviderRun, change: Change, sent: Sent) -> None:
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
        in_doubt(run, change.address, entry, error.message, _answers(entry, error))
    elif isinstance(error, UnauthorizedError):
        not_tried(run, change, error.message)
    else:
        updating = change.action is Action.UPDATE
        gone = f"if a person removed it: podsync state rm {change.address}, then apply makes it anew"
        nothing = f"{error.message}. Nothing was {'changed' if updating else 'made'}"
        failed(run, change, nothing, sent, gone if updating and error.status == _GONE else "")


def _answers(entry: Entry, error: ProviderError) -> tuple[str, ...]:
    """What a person may say of an update in doubt that is refused now: sending it again clears nothing."""
    if entry.pending is None or entry.pending.op != "update" or not isinstance(error, RefusedError):
        return ()
    settle = f"podsync state settle {entry.address}"
    return f"{settle} --adopt {entry.id}", f"{settle} --not-created"


def in_doubt(run: ProviderRun, address: Address, entry: Entry, why: str, answers: Sequence[str] = ()) -> None:
    """Report a doubt: since when, and until when it is looked for."""
    change, pending = run.by_address.get(address), entry.pending
    since = until = None
    if pending is not None:
        since = pending.written_at
        until = (pending.ended_at or pending.written_at + SEND_SECONDS) + run.until_settled
    run.context.board.report(
        Outcome(
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
        )
    )


def ask_about_doubt(
    run: ProviderRun, entry: Entry, candidates: Sequence[Remote], why: str = "", *, young: bool = False
) -> None:
    """A person has to say which of these it is; the commands that answer are printed.

    While it is `young` nobody can say that nothing was made: that answer is not offered then.
    """
    settle, page = f"podsync state settle {entry.address}", f"{run.provider.title}'s web page"
    rows = candidates[:NAMED]
    answers = [f"{letter}) it is {_told(row)}: {settle} --adopt {row.id}" for letter, row in _lettered(rows)]
    if not rows:
        answers = [f"a) {page} shows it: {settle} --adopt ID", f"b) it does not: {settle} --not-created"]
    elif not young:
        none = chr(ord("a") + len(rows))
        answers.append(f"{none}) none of them, and {page} has no other: {settle} --not-created")
    words = f"one of these may be it: {listed(run, candidates)}" if candidates else why
    in_doubt(run, entry.address, entry, words, answers)


def _lettered(rows: Sequence[Remote]) -> list[tuple[str, Remote]]:
    return [(chr(ord("a") + index), row) for index, row in enumerate(rows)]


def _told(row: Remote) -> str:
    """What tells a product from others, for a person."""
    spu, when = seen_ids(row.shown).get("spu"), _made(row)
    facts = [f"SPU {spu}"] if spu else []
    facts += [f"made {when}"] if when else []
    return f"{row.id} ({', '.join(facts)})" if facts else row.id


def _made(row: Remote) -> str:
    if row.created_at is None:
        return ""
    return datetime.fromtimestamp(row.created_at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def ask_about(run: ProviderRun, address: Address, candidates: Sequence[Remote]) -> tuple[str, ...]:
    """Return what a person may say of products that may be the wanted one."""
    rows = candidates[:NAMED]
    answers = [
        f"{letter}) it is {_told(row)}: podsync import {address} {row.id}" for letter, row in _lettered(rows)
    ]
    ids = " ".join(row.id for row in rows)
    none = chr(ord("a") + len(rows))
    return (*answers, f"{none}) none of them: podsync import --not-ours {run.provider.name} {ids}")


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
    """Say what is waited for; `until` is monotonic."""
    clock = run.context.clock
    left = max(0.0, until - clock.monotonic())
    run.context.board.listener.waiting(run.provider.title, what, clock.now() + left)


def listed(run: ProviderRun, remotes: Sequence[Remote]) -> str:
    """Name products for a person: id and name."""
    more = f" and {len(remotes) - NAMED} more" if len(remotes) > NAMED else ""
    name_of = run.provider.name_of
    return ", ".join(f'{remote.id} "{name_of(remote.fields)}"' for remote in remotes[:NAMED]) + more
