"""PROTOCOL steps 2 and 5: settling creates in doubt, and ids that a create did not return."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from podsync.apply.actions.create import create, make
from podsync.apply.actions.refused import early, refusals_are_settled, tell_unwanted
from podsync.apply.actions.sender import SENDS_AN_APPLY
from podsync.apply.actions.steps import grow, ready
from podsync.apply.actions.swap import exchange_names
from podsync.apply.actions.update import read_back
from podsync.apply.guard import guarded
from podsync.apply.outcomes import (
    ask_about_doubt,
    ask_about_orphan,
    ask_where_it_is,
    done,
    failed,
    half_made,
    ids_of,
    in_doubt,
    later,
    not_tried,
    wait_for_id,
    waiting,
)
from podsync.apply.report import DONE, Result
from podsync.apply.run import Doubt, ProviderRun
from podsync.evidence.findings import Findings
from podsync.model.address import Address
from podsync.model.errors import ProviderError, StoppedError, UnauthorizedError
from podsync.model.product import seen_ids
from podsync.plan.action import Action
from podsync.plan.answers import NAMED
from podsync.plan.change import Change, left_by
from podsync.plan.diff import differing_fields
from podsync.providers.contract import Remote
from podsync.state.entries import Entry, Orphan
from podsync.state.events import Asked, Bound, Confirmed, Gone, Orphaned, Unbound

#: Seconds between two messages about a wait.
SAY_EVERY = 30.0


@dataclass
class Pauses:
    """Growing pauses between two looks, never longer than a fraction of the wait."""

    whole: float
    _next: float = field(default=0.5)

    def next(self) -> float:
        """Return how long to wait now."""
        pause = min(self._next, max(0.1, self.whole / 5))
        self._next = min(self._next * 2, 20.0)
        return pause


@dataclass
class Reminder:
    """Tells people about a wait: at once, and then every `SAY_EVERY` seconds."""

    run: ProviderRun
    _said: float = field(default=-SAY_EVERY)

    def say(self, now: float, what: str, until: float) -> None:
        """Say it if it is time; both moments are monotonic."""
        if now - self._said >= SAY_EVERY:
            waiting(self.run, what, until)
            self._said = now


def wait(run: ProviderRun, what: str, until: float) -> None:
    """Wait until that monotonic moment; people are told for what."""
    clock, reminder = run.context.clock, Reminder(run)
    while (now := clock.monotonic()) < until:
        reminder.say(now, what, until)
        clock.sleep(min(1.0, until - now))


def finish(run: ProviderRun) -> None:
    """Wait for doubts and unlisted products, and finish half-made ones; the rest is reported."""
    try:
        _wait_for_all(run)
    except StoppedError:
        pass
    except UnauthorizedError as error:
        run.stop(error.message, credentials=True)
    except ProviderError as error:
        run.context.board.note(f"{error.message}; the next apply looks again")
    _still_in_doubt(run)
    for deferred in run.deferred.values():
        _still_deferred(run, deferred.change)
    for each in run.unshown.values():
        entry = run.ledger.entry(each.change.address)
        if entry is not None and entry.pending is not None:
            reason = entry.pending.why or "it was sent"
            in_doubt(run, each.change.address, entry, f"{reason}; the next apply looks again")
    for change in (*run.growing.values(), *(each.change for each in run.swapping.values())):
        if not run.context.board.ended(change.address, *Result):
            half_made(run, change, f"its id is not listed yet; {later(run)}")
    for change in run.postponed.values():
        not_tried(run, change, "another product in doubt looks equal; it has to be settled first")
    _tell_unlisted(run)
    tell_unwanted(run)


def _still_in_doubt(run: ProviderRun) -> None:
    """Report what was waited for; what no listing has told by then a person is asked."""
    questions = []
    for doubt in sorted(run.doubts.values(), key=lambda each: each.address):
        entry = run.ledger.entry(doubt.address)
        if entry is None or entry.pending is None:
            continue
        untold = doubt.unread and run.stopped is None
        situation = run.looker.dated(run.situation(), run.looked) if untold else None
        if situation is None or not situation.doubt_is_settled(entry):
            in_doubt(run, doubt.address, entry, doubt.why)
        elif run.context.options.wait:
            questions.append(_AskedCreate(entry, (), doubt.why))
        else:
            in_doubt(run, doubt.address, entry, f"{doubt.why}; {later(run)}")
    _ask(run, questions)


def _tell_unlisted(run: ProviderRun) -> None:
    """Say what has no confirmed id yet; what should have been listed long ago is a question to a person."""
    known = run.known
    overdue = [] if run.looked == -math.inf else _overdue(run)
    waits = {i: a for i, a in known.identified.items() if a not in {item.address for item in overdue}}
    if waits:
        named = ", ".join(f"{address} ({identity})" for identity, address in [*waits.items()][:NAMED])
        more = f" and {len(waits) - NAMED} more" if len(waits) > NAMED else ""
        run.context.board.note(f"seen on {run.provider.title}'s web page, and not listed yet: {named}{more}")
    count = len(known.unbound) + len(known.provisional) - len(overdue) - len(waits)
    if count:
        what = f"{count} new at {run.provider.title}: not confirmed by a listing yet"
        run.context.board.note(f"{what}; the next apply looks again")
    _asked(run, overdue)
    for item in overdue:
        rows = run.overdue.get((item.address, item.created_at), ())
        if isinstance(item, Entry):
            ask_where_it_is(run, item, rows)
        else:
            ask_about_orphan(run, item, rows)


def _asked(run: ProviderRun, items: Sequence[Entry | Orphan]) -> None:
    """Record that a person was asked: the answer is believed whatever our wall clock shows by then."""
    new = [item for item in items if item.window is not None and item.window.asked is None]
    events = [
        Asked(item.address, run.context.clock.now(), item.created_at if isinstance(item, Orphan) else None)
        for item in new
    ]
    if events:
        run.ledger.record(*events)


def _overdue(run: ProviderRun) -> list[Entry | Orphan]:
    """Return what this run did not make and the last look should have shown."""
    situation = run.looker.dated(run.situation(), run.looked)
    return [
        item
        for item in run.known.unbound
        if item.address not in run.made
        and (item.address, item.created_at) in run.overdue
        and situation.item_is_settled(item)
    ]


def _wait_for_all(run: ProviderRun) -> None:
    """Look, act, wait, until nothing is in doubt, late, or without its id."""
    clock, pauses, reminder = run.context.clock, Pauses(run.settings.settle_seconds), Reminder(run)
    run.record_doubts()
    while run.stopped is None and not run.context.stop.signal and _waits_for(run) is not None:
        now = clock.monotonic()
        _send_deferred(run, now)
        run.record_doubts()
        if (
            run.doubts
            or _unlisted(run)
            or _untimed(run)
            or early(run)
            or any(deferred.for_id for deferred in run.deferred.values())
        ):
            _look_again(run)
        grow(run)
        released = bool(run.unshown) and read_back(run)
        exchange_names(run)
        run.record_doubts()
        left = _waits_for(run)
        if released:
            continue
        if left is None or not run.context.options.wait or now >= left.until + left.patience:
            return
        reminder.say(now, left.what, left.until)
        clock.sleep(pauses.next())


def wait_until(run: ProviderRun, done_: Callable[[], bool], what: str) -> None:
    """Look again and again until `done_` says so, or what was made last would be listed for certain."""
    clock, pauses, reminder = run.context.clock, Pauses(run.settings.settle_seconds), Reminder(run)
    while run.going and not done_():
        _look_again(run)
        until = run.sender.last_made + run.settings.settle_seconds
        now = clock.monotonic()
        if done_() or not run.context.options.wait or now >= until + run.settings.timeout_seconds:
            return
        reminder.say(now, what, until)
        clock.sleep(pauses.next())


@dataclass(frozen=True, slots=True)
class _Wait:
    """An open wait: its subject, its monotonic end, and how much longer it is tried."""

    what: str
    until: float
    patience: float = 0.0


def _unlisted(run: ProviderRun) -> list[Entry | Orphan]:
    """What a listing has to show yet: ids that no answer told, and ids that only an answer told."""
    known = run.known
    return [*known.unbound, *known.answered]


def _untimed(run: ProviderRun) -> int:
    """Return how much from before this run only its own clock can settle."""
    known = run.known
    if not (known.unbound or known.provisional):
        return 0
    return run.looker.dated(run.situation(), run.context.clock.monotonic()).untimed()


def _counted(count: int, word: str, what: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'} {what}"


def _waits_for(run: ProviderRun) -> _Wait | None:
    """Return the open wait that ends last; None if there is none."""
    retry = run.settings.retry_seconds
    if run.doubts:
        until = max(doubt.known_by for doubt in run.doubts.values()) + run.until_settled
        # No listing is whole before what it misses is gone.
        missed = run.known.absent.keys() & run.missed.keys() - run.known.gone
        until = max([until, *(run.missed[each] + run.settings.settle_seconds for each in missed)])
        # A listing that could not be read completely is tried again, but not for ever.
        return _Wait(f"{len(run.doubts)} in doubt to be settled", until, retry)
    if run.deferred:
        until = max(deferred.quiet_at for deferred in run.deferred.values())
        # Sent then, they may be in doubt once more.
        patience = SENDS_AN_APPLY * run.settings.timeout_seconds + retry
        return _Wait(_counted(len(run.deferred), "change", "waiting for earlier requests"), until, patience)
    if run.unshown:
        until = max(each.until for each in run.unshown.values())
        return _Wait(_counted(len(run.unshown), "update", "to be shown by the listing"), until, retry)
    if run.swapping:
        until = max(each.quiet_at for each in run.swapping.values())
        return _Wait(_counted(len(run.swapping), "new product", "to be listed as made"), until, retry)
    if ready(run):
        what = _counted(len(run.growing), "product", "to be finished")
        return _Wait(what, run.context.clock.monotonic(), retry)
    waits, new, older = [], _unlisted(run), _untimed(run)
    if new:
        waits.append(_Wait(_counted(len(new), "new id", "to become visible"), max(map(run.listed_by, new))))
    if older:
        until = run.context.began + run.until_settled
        waits.append(_Wait(f"{older} from before, of which no clock tells how long ago it was", until))
    if young := early(run):
        what = _counted(len(young), "refused create", "to be listed, if it was made all the same")
        waits.append(_Wait(what, run.context.began + run.settings.settle_seconds))
    return max(waits, key=lambda each: each.until, default=None)


def _send_deferred(run: ProviderRun, now: float) -> None:
    """Do what had to wait until now, in the order of the plan; an id has to be looked for till then."""
    for address, deferred in list(run.deferred.items()):
        if now >= deferred.quiet_at and (not deferred.for_id or run.looked >= deferred.quiet_at):
            del run.deferred[address]
            guarded(run, deferred.change, deferred.do)


def _still_deferred(run: ProviderRun, change: Change) -> None:
    """Report a change that would have had to wait longer than this run did."""
    entry = run.ledger.entry(change.address)
    why = "an update before this one may still arrive; the next apply sends it"
    if change.address in run.too_young:
        refusal = f"it was refused a short while ago ({run.too_young[change.address]})"
        sure = f"nothing is sent for it before {run.settings.settle_seconds:g} s are over"
        not_tried(run, change, f"{refusal}; {sure}, in case that answer was wrong; {later(run)}")
    elif entry is not None and entry.pending is not None:
        in_doubt(run, change.address, entry, why)
    elif entry is not None and entry.unlisted:
        wait_for_id(run, change, entry)
    else:
        not_tried(run, change, "the name that it takes is not released yet; run apply again")


def _look_again(run: ProviderRun) -> None:
    """One look for everything that is open; a whole one once a doubt is old enough to be called settled."""
    now = run.context.clock.monotonic()
    due = any(now >= doubt.known_by + run.until_settled for doubt in run.doubts.values())
    due = due or (now >= run.context.began + run.until_settled and bool(_untimed(run)))
    due = due or refusals_are_settled(run, now)
    findings = run.look(presence=not due)
    if findings.account is False:
        run.stop_wrong_account(findings.events)
        return
    take_in(run, findings)
    for address, deferred in list(run.deferred.items()):
        entry = run.ledger.entry(address)
        if deferred.for_id and not (entry is not None and entry.unlisted):
            run.deferred[address] = replace(deferred, quiet_at=now, for_id=False)
    for address, change in list(run.postponed.items()):
        if run.ledger.indistinguishable(run.provider, change.made or {}, address, run.habits) is None:
            del run.postponed[address]
            guarded(run, change, make)


def take_in(run: ProviderRun, findings: Findings) -> None:
    """Record what a look has found, and act on it: every find, then each None, then the questions."""
    doubts = {entry.address: entry for entry in run.ledger.doubts(run.provider.name)}
    if findings.events:
        run.ledger.record(*findings.events)
    run.learned(findings)
    for event in findings.events:
        if isinstance(event, Bound | Confirmed | Unbound):
            _retell(run, event.address)
        elif isinstance(event, Gone):
            run.gone_orphans.add(event.address)
            run.context.board.note(f"{event.address}: the orphan was removed at {run.provider.title}")
            run.context.board.answered(f"podsync state orphans --done {event.address.word}")
    for address, row in findings.found.items():
        _was_made(run, doubts[address], row)
    for address in findings.none:
        _nothing_was_made(run, doubts[address])
    questions = []
    for address, rows in findings.asks.items():
        run.doubts.pop(address, None)
        entry = run.ledger.entry(address)
        if entry is not None and entry.pending is not None:
            why, young = findings.why.get(address, ""), address in findings.young
            questions.append(_AskedCreate(entry, rows, why, young))
    for address in (*findings.waits, *findings.unread):
        known_by = run.doubts[address].known_by if address in run.doubts else run.context.began
        pending, unread = doubts[address].pending, address in findings.unread
        why = (
            pending.why if pending is not None else ""
        ) or "the run that sent it ended before the answer came"
        if unread:
            ground = findings.why.get(address, "")
            why += f"; whether nothing was made cannot be told from this listing: {ground}"
        if unread and pending is not None and pending.asked is not None:
            # A run has waited for a better listing already.
            run.doubts.pop(address, None)
            questions.append(_AskedCreate(doubts[address], (), why))
            continue
        run.doubts[address] = Doubt(address, known_by, why, unread=unread)
    _ask(run, questions)
    run.overdue, run.unwanted, run.looked = findings.overdue, findings.unwanted, findings.reading.looked
    run.unsearched = {address: findings.why[address] for address in findings.unsearched}
    run.early = findings.early


class _AskedCreate(NamedTuple):
    """What a person is asked of a create in doubt; `young`: nobody can say yet that nothing was made."""

    entry: Entry
    rows: Sequence[Remote]
    why: str
    young: bool = False


def _ask(run: ProviderRun, questions: Sequence[_AskedCreate]) -> None:
    """Ask what became of creates in doubt."""
    run.record_asked(each.entry for each in questions if not each.young)
    for each in questions:
        ask_about_doubt(run, each.entry, each.rows, each.why, young=each.young)


def _cleared(run: ProviderRun, address: Address) -> None:
    """The doubt is over, and so is what was asked of it; it no longer counts for `--max-failures` either."""
    run.doubts.pop(address, None)
    run.context.board.doubtful.discard(address)
    run.context.board.withdraw(address)


def _was_made(run: ProviderRun, entry: Entry, remote: Remote) -> None:
    """The Intent's own spec is the entry now; an orphan, if the catalog no longer wants it."""
    assert entry.pending is not None  # noqa: S101 (the caller saw it)
    body, now, change = entry.pending.body, run.context.clock.now(), run.by_address.get(entry.address)
    _cleared(run, entry.address)
    run.settled[entry.address] = body
    if change is None or change.after is None:
        run.ledger.record(Orphaned(entry.address, now))
        run.context.board.note(
            f"{entry.address}: it was made, and {left_by(entry.address)}: an orphan now ({remote.id})"
        )
    elif differing_fields(run.provider, body, run.provider.first(change.made or change.after)):
        run.context.board.note(
            f"{entry.address}: it was made as it was sent then; the next plan shows what differs"
        )
    elif run.provider.steps(body, change.made or change.after) or change.temporary:
        run.growing[entry.address] = change
        return
    if change is not None:
        done(run, change, DONE[change.action], attempts=entry.pending.attempts)


def _nothing_was_made(run: ProviderRun, entry: Entry) -> None:
    """The Intent is forgotten; the product may be created again."""
    address, change = entry.address, run.by_address.get(entry.address)
    _cleared(run, address)
    if change is None:
        return
    sends = run.sends.get(address, 0)
    if change.after is None:
        done(run, change, Result.SETTLED)
    elif entry.pending is not None and entry.pending.conflict:
        unseen = f"{entry.pending.why}: something like it exists, and is not listed"
        other = f"if that shows one of its name, choose another {run.provider.name_field}; else apply later"
        failed(run, change, unseen, remedy=f"look at {run.provider.title}'s web page: {other}", replans=False)
    elif sends >= SENDS_AN_APPLY:
        failed(run, change, f"sent {sends} times, and no listing shows it")
    elif not run.going:
        why = "the plan is refused" if run.context.options.settles else "the run had to stop"
        not_tried(run, change, f"no listing shows it, and {why}")
    elif sends:
        create(run, change)
    elif change.action is Action.SETTLE and run.worked:
        guarded(run, change, make)


def _retell(run: ProviderRun, address: Address) -> None:
    """Correct an outcome whose id became known, or was taken back, after it was reported."""
    board, entry = run.context.board, run.ledger.entry(address)
    with board.lock:
        outcome = board.outcomes.get(address)
        if outcome is not None and entry is not None:
            sure, likely = ids_of(entry)
            seen = seen_ids(entry.remote)
            board.outcomes[address] = replace(outcome, id=sure, provisional_id=likely, remote=seen)
