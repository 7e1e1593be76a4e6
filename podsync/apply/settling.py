"""PROTOCOL step 2: find out what became of every create in doubt, in this run and in earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from podsync.apply.binding import bind_visible, query_for, unbound
from podsync.apply.making import create, make
from podsync.apply.provider_run import Doubt, ProviderRun
from podsync.apply.recover import Verdict, settle, settled_by_date, unverified
from podsync.apply.sender import SENDS_AN_APPLY
from podsync.apply.tell import ask_about_doubt, done, failed, in_doubt, not_tried, waiting
from podsync.apply.working import guarded
from podsync.errors import ProviderError, StoppedError, UnauthorizedError
from podsync.model import Address
from podsync.plan.change import Change
from podsync.plan.plan import Action
from podsync.plan.remote import View
from podsync.ports import Query, Remote
from podsync.report import DONE, Result
from podsync.state.entries import Entry, Orphan
from podsync.state.events import Orphaned, Settled

#: A person is told this often what is waited for.
SAY_EVERY = 30.0


@dataclass
class Pauses:
    """Growing pauses between two looks, never longer than a fraction of what is waited for."""

    whole: float
    _next: float = field(default=0.5)

    def next(self) -> float:
        """Return how long to wait now."""
        pause = min(self._next, max(0.1, self.whole / 5))
        self._next = min(self._next * 2, 20.0)
        return pause


def finish(run: ProviderRun) -> None:
    """Wait for what is in doubt or not visible yet; whatever is left is reported."""
    try:
        _wait_for_all(run)
    except StoppedError:
        pass
    except UnauthorizedError as error:
        run.stop(error.message, credentials=True)
    except ProviderError as error:
        run.context.board.note(f"{error.message}; the next apply looks again")
    for address, doubt in sorted(run.doubts.items()):
        entry = run.ledger.entry(address)
        if entry is not None and entry.pending is not None:
            in_doubt(run, address, entry, doubt.why)
    for late in run.late.values():
        _still_late(run, late.change)
    for change in run.postponed.values():
        not_tried(run, change, "another product in doubt looks equal; it has to be settled first")
    _tell_unlisted(run)


def _tell_unlisted(run: ProviderRun) -> None:
    """Say what has no id yet; what should have been listed long ago is a question to a person."""
    board, title, left = run.context.board, run.provider.title, unbound(run)
    settle = run.settings.settle_seconds
    overdue = [item for item in left if isinstance(item, Entry) and _age(run, item) > settle]
    if len(left) > len(overdue):
        count = len(left) - len(overdue)
        board.note(f"{count} new at {title}: ids not visible yet; the next apply looks again")
    if overdue:
        first = overdue[0].address
        others = f" and {len(overdue) - 1} more" if len(overdue) > 1 else ""
        board.note(
            f"{title} does not list {first}{others}, made more than {settle:g} s ago: look on its web page; "
            f"if it is not there, `podsync state rm {first}` lets the next apply make it again"
        )


def _wait_for_all(run: ProviderRun) -> None:
    """Look, act, wait, until nothing is in doubt, late, or without its id."""
    clock, pauses, said = run.context.clock, Pauses(run.settings.settle_seconds), -SAY_EVERY
    while run.stopped is None and not run.context.stop.signal and _waits_for(run) is not None:
        now = clock.monotonic()
        _send_late(run, now)
        if run.doubts or unbound(run):
            _look_again(run)
        wait = _waits_for(run)
        if wait is None or not run.context.options.wait or now >= wait.until + wait.patience:
            return
        if now - said >= SAY_EVERY:
            waiting(run, wait.what, wait.until)
            said = now
        clock.sleep(pauses.next())


@dataclass(frozen=True, slots=True)
class _Wait:
    """What is waited for, until which monotonic moment, and how long it is tried beyond that."""

    what: str
    until: float
    patience: float = 0.0


def _waits_for(run: ProviderRun) -> _Wait | None:
    """Return what is open and ends last; None when nothing is."""
    if run.doubts:
        until = max(doubt.known_by for doubt in run.doubts.values()) + run.until_settled
        # A listing that could not be read completely is tried again, but not for ever.
        return _Wait(f"{len(run.doubts)} in doubt to be settled", until, run.settings.retry_seconds)
    if run.late:
        until = max(late.quiet_at for late in run.late.values())
        # Sent then, they may be in doubt once more.
        patience = SENDS_AN_APPLY * run.settings.timeout_seconds + run.settings.retry_seconds
        return _Wait(f"{len(run.late)} updates that may still arrive, to be sent again", until, patience)
    new = unbound(run)
    if new:
        return _Wait(f"{len(new)} new ids to become visible", _visible_by(run, new))
    return None


def _visible_by(run: ProviderRun, new: Sequence[Entry | Orphan]) -> float:
    """Return when the last of these is to be listed, `settle_seconds` after it was made by whichever run.

    A clock that was set back since makes nobody wait longer than what this run has made.
    """
    settle, youngest = run.settings.settle_seconds, min(_age(run, item) for item in new)
    return min(run.sender.last_made, run.context.clock.monotonic() - youngest) + settle


def _age(run: ProviderRun, item: Entry | Orphan) -> float:
    """Return seconds since it was made, by our clock."""
    return max(0.0, run.context.clock.now() - item.created_at)


def _send_late(run: ProviderRun, now: float) -> None:
    """Do what had to wait until now, in the order of the plan."""
    for address, late in list(run.late.items()):
        if now >= late.quiet_at:
            del run.late[address]
            guarded(run, late.change, late.do)


def _still_late(run: ProviderRun, change: Change) -> None:
    """Report a change that would have had to wait longer than this run did."""
    entry = run.ledger.entry(change.address)
    why = "an update before this one may still arrive; the next apply sends it"
    if entry is not None and entry.pending is not None:
        in_doubt(run, change.address, entry, why)
    else:
        not_tried(run, change, "the name that it takes is not released yet; run apply again")


def _look_again(run: ProviderRun) -> None:
    """One look for everything that is open; complete once a doubt is old enough to be called settled."""
    new = unbound(run)
    looked = run.look()
    due = any(looked >= doubt.known_by + run.until_settled for doubt in run.doubts.values())
    query = Query() if run.doubts and (due or len(run.doubts) > 1 or new) else _narrow(run, new)
    listing = run.find(query)
    view = run.view(listing)
    bind_visible(run, view)
    for address in sorted(run.doubts):
        entry = run.ledger.entry(address)
        if entry is not None and address in run.doubts:
            settle_one(run, entry, run.renewed(view), run.doubts[address].known_by, complete=not query.search)
    for address, change in list(run.postponed.items()):
        if run.ledger.indistinguishable(run.provider, change.after or {}, address) is None:
            del run.postponed[address]
            guarded(run, change, make)


def _narrow(run: ProviderRun, new: list[Entry | Orphan]) -> Query:
    """One doubt is searched by its name, which may prove presence; ids are read by model."""
    for address in run.doubts:
        entry = run.ledger.entry(address)
        if entry is not None and entry.pending is not None:
            return Query(name=str(entry.pending.body.get(run.provider.name_field)))
    return query_for(run, new)


def settle_one(run: ProviderRun, entry: Entry, view: View, known_by: float, *, complete: bool) -> None:
    """Act on what one look says about one doubt."""
    pending = entry.pending
    if pending is None:
        run.doubts.pop(entry.address, None)
        return
    if entry.address not in run.sends:
        # An earlier run sent it: what was listed before this one sent anything may well be it.
        view = replace(view, earlier=frozenset(pending.beside))
    wait = run.until_settled
    then = run.sender.time.at(run.looked)
    settled = run.looked >= known_by + wait or settled_by_date(pending, then, wait)
    found = settle(pending, view, settled=settled, complete=complete)
    if found.verdict is Verdict.FOUND:
        _was_made(run, entry, found.candidates[0])
    elif found.verdict is Verdict.NONE:
        _nothing_was_made(run, entry)
    elif found.verdict is Verdict.ASK:
        run.doubts.pop(entry.address, None)
        ask_about_doubt(run, entry, found.candidates)
    elif found.verdict is Verdict.WRONG_ACCOUNT:
        run.stop_wrong_account()
    else:
        why = pending.why or "the run that sent it ended before the answer came"
        if found.verdict is Verdict.UNREAD:
            why += "; the listing keeps changing and could not be read completely"
        run.doubts[entry.address] = Doubt(entry.address, known_by, why)


def _cleared(run: ProviderRun, address: Address) -> None:
    """The doubt is over; it no longer counts for `--max-failures` either."""
    run.doubts.pop(address, None)
    run.context.board.doubtful.discard(address)


def _was_made(run: ProviderRun, entry: Entry, remote: Remote) -> None:
    """The Intent's own spec becomes the entry; an orphan, if the catalog no longer wants it."""
    assert entry.pending is not None  # noqa: S101 (the caller saw it)
    body, now, change = entry.pending.body, run.context.clock.now(), run.by_address.get(entry.address)
    told = unverified(body, remote)
    settled = Settled(entry.address, now, found=True, id=remote.id, remote=remote.shown, unverified=told)
    run.ledger.record(settled)
    _cleared(run, entry.address)
    run.settled[entry.address] = body
    if change is None or change.after is None:
        run.ledger.record(Orphaned(entry.address, now))
        run.context.board.note(f"{entry.address}: it was made, and its document is gone: an orphan now")
    elif run.provider.canonical(change.after) != run.provider.canonical(body):
        run.context.board.note(
            f"{entry.address}: it was made as it was sent then; the next plan shows what differs"
        )
    if change is not None:
        done(run, change, DONE[change.action])


def _nothing_was_made(run: ProviderRun, entry: Entry) -> None:
    """The Intent is forgotten; the product may be created again, at most three times an apply."""
    address, change = entry.address, run.by_address.get(entry.address)
    run.ledger.record(Settled(address, run.context.clock.now(), found=False))
    _cleared(run, address)
    if change is None:
        return
    sends = run.sends.get(address, 0)
    if change.after is None:
        done(run, change, Result.SETTLED)
    elif sends >= SENDS_AN_APPLY:
        failed(run, change, f"sent {sends} times, and nothing was made")
    elif not run.going:
        not_tried(run, change, "nothing was made, and the run had to stop")
    elif sends:
        create(run, change)
    elif change.action is Action.SETTLE and run.worked:
        guarded(run, change, make)
