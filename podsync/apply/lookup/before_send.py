"""PROTOCOL step 3: look before anything is sent; record what it shows, wait where that is not enough yet."""

from __future__ import annotations

from functools import partial

from podsync.apply.actions.settle import take_in, wait
from podsync.apply.outcomes import later
from podsync.apply.report import Result
from podsync.apply.run import ProviderRun
from podsync.evidence.account import Knows
from podsync.evidence.ages import Age, Moment, elapsed
from podsync.evidence.findings import Findings
from podsync.model.errors import ProviderError, StoppedError, UnauthorizedError
from podsync.model.frozen import EMPTY
from podsync.plan.action import Action
from podsync.plan.answers import unproven_account, whose_account
from podsync.plan.change import Change
from podsync.state.events import Outdated, Proven


def look(run: ProviderRun) -> None:
    """Read what is needed; bind, settle, and find products to adopt. Sends nothing."""
    try:
        _look(run)
    except UnauthorizedError as error:
        run.stop(error.message, credentials=True)
    except ProviderError as error:
        run.stop(error.message)
    except StoppedError:
        return


def _look(run: ProviderRun) -> None:
    run.look_again = partial(_look_once_more, run)
    if run.lost:
        _be_outdated(run)
    known = run.known
    waiting = known.doubts or known.unbound or known.provisional or run.has_unwanted
    if not (_asks(run) or waiting):
        run.caught_up = _lost_is_visible(run, run.context.clock.monotonic())
        return
    # What is read whole before a wait has to be read whole again after it.
    first = run.context.options.wait and _is_early(run)
    findings = _look_once(run, presence=first)
    reason = _may_show_more(run, findings) if run.stopped is None else None
    if reason is not None and run.context.options.wait:
        wait(run, *reason)
        first = True
    if first and run.stopped is None:
        findings = _look_once(run)
    if run.stopped is None and run.context.options.wait and _is_unread(run, findings):
        # It may have changed while it was read; what changes all the time a person has to compare.
        wait(run, "the listing to be read whole", findings.reading.looked + run.settings.settle_seconds)
        findings = _look_once(run)
    if run.stopped is None and (left := _may_show_more(run, findings)) is not None:
        run.unsure = f"nothing is made before the wait for {left[0]} is over; {later(run)}"
    if run.stopped is None:
        _conclude(run, findings)
        _tell_unproven(run, findings)


def _be_outdated(run: ProviderRun) -> None:
    """Note that a newer state was lost, for as long as its products exist: steps may have added to them."""
    known = run.known
    marks = {item.outdated_at for items in (known.entries, known.orphans) for item in items}
    if run.provider.info.steps and None in marks:
        run.ledger.record(Outdated(run.provider.name, run.context.clock.now()))


def _asks(run: ProviderRun) -> list[Change]:
    """Return the changes for which the provider has to be asked."""
    return [
        change
        for change in run.changes
        if change.makes
        or change.named is not None
        or change.orphan_created_at is not None
        or change.action is Action.UPDATE
        or change.accepts
    ]


def _only_compares(run: ProviderRun, change: Change) -> bool:
    """Whether what it needs of a look is there, or nowhere: nothing that is made may be in its way."""
    before, after = change.before or EMPTY, change.after or EMPTY
    update = change.action is Action.UPDATE and not run.provider.takes(before, after)
    return update or change.accepts or change.named is not None


def _look_once_more(run: ProviderRun) -> None:
    """Read the whole listing during the work, and keep its verdicts on wanted products."""
    findings = _look_once(run)
    if run.stopped is None:
        _conclude(run, findings)


def _look_once(run: ProviderRun, *, presence: bool = False) -> Findings:
    findings = run.look(presence=presence)
    if findings.account is False:
        run.stop_wrong_account(findings.events)
        return findings
    if findings.knows is Knows.OLDER:
        _be_outdated(run)
    take_in(run, findings)
    run.caught_up = run.caught_up or _lost_is_visible(run, findings.reading.looked)
    return findings


def _conclude(run: ProviderRun, findings: Findings) -> None:
    """Keep the verdicts of the last look on wanted products."""
    situation = run.looker.dated(run.situation(), findings.reading.looked)
    young = situation.open_refusals()
    run.too_young = {address: refusal.message for address, (_, refusal) in young.items()}
    run.first_contact = findings.first_contact
    if _is_unread(run, findings):
        what = f"the state is {findings.knows.value}, and the listing could not be read whole"
        run.unread = run.context.options.wait
        run.stop(f"{what}: {findings.reading.flaw}{'' if run.unread else f'; {later(run)}'}")
    elif _makers(run) and situation.is_unproven:
        why = unproven_account(run.provider, needs_person=situation.has_to_be_asked)
        if findings.perhaps_emptied and not situation.has_to_be_asked:
            run.unsure, run.unsure_next = f"{why}, and it lists none of them", whose_account(run.provider)
        else:
            run.unsure = why if situation.has_to_be_asked else run.unsure or f"{why}; {later(run)}"


def _makers(run: ProviderRun) -> list[Change]:
    """Return the open changes that make a product."""
    ended = run.context.board.ended
    return [each for each in run.changes if each.makes and not ended(each.address, *Result)]


def _is_unread(run: ProviderRun, findings: Findings) -> bool:
    """Whether what a state that does not know all may have made was not read, nor compared by a person."""
    if run.provider.name in run.context.options.compared or findings.knows is Knows.ALL:
        return False
    return bool(_makers(run)) and not findings.reading.is_whole


def _tell_unproven(run: ProviderRun, findings: Findings) -> None:
    """Say once, after an upgrade, which ids an older version may have given to the wrong one of a group."""
    if not run.known.state.unproven or run.provider.tells_ids:
        return
    if findings.unproven:
        named = ", ".join(map(str, findings.unproven))
        run.context.board.note(
            f"an older version may have taken these for one another, since {run.provider.title} lists other "
            f"pictures than were sent: {named}. Look at its page; to correct one: podsync import ADDRESS ID"
        )
    run.ledger.record(Proven(run.context.clock.now()))


def _may_show_more(run: ProviderRun, findings: Findings) -> tuple[str, float] | None:
    """Return what the listing may not show yet and until when (monotonic), None where it shows all."""
    reasons: list[tuple[str, float]] = []
    began, settle, looked = run.context.began, run.settings.settle_seconds, findings.reading.looked
    wanted = [c for c in run.changes if c.makes and c.address not in findings.adopted]
    others = [change for change in _asks(run) if not (change.makes or _only_compares(run, change))]
    if run.lost and not run.caught_up and (wanted or others):
        what = "the listing to show what the last apply made (the state is new or lost)"
        reasons.append((what, began + run.until_settled))
    elif findings.knows is not Knows.ALL and wanted and _is_young(run, findings, looked):
        run.young = True
        what = "the listing to show all that was made a short while ago"
        reasons.append((what, began + run.until_settled))
    situation = run.looker.dated(run.situation(), looked)
    # A product that is made again waits alone: other work continues.
    missed = situation.looked_for & findings.missed - {change.recreates for change in run.changes}
    if missed:
        what = "an orphan that is wanted again to become visible"
        reasons.append((what, max(run.missed.get(each, looked) for each in missed) + settle))
    if wanted and situation.is_unproven and not situation.has_to_be_asked:
        until = began + (run.until_settled if situation.known.presumed else settle)
        reasons.append(("a product that was made here to be known for certain", until))
    open_ = [reason for reason in reasons if reason[1] > looked or reason[0].startswith("an orphan")]
    return max(open_, key=lambda reason: reason[1], default=None)


def _is_young(run: ProviderRun, findings: Findings, looked: float) -> bool:
    """Whether what is adopted is so young that what was made with it may not be listed yet."""
    provider_now = run.sender.time.at(looked)
    now = run.context.clock.now() if provider_now is None else provider_now
    made = (row.created_at for row in findings.adopted.values())
    return any(at is not None and now - at < run.until_settled for at in made)


def _is_early(run: ProviderRun) -> bool:
    """Whether something is to be made, and what was sent before the state was lost may not be listed yet.

    Our clock alone says so: the provider's is not known before the first answer, which may say otherwise.
    """
    lost, clock = run.context.lost, run.context.clock
    if lost is None or not run.lost or not any(change.makes for change in run.changes):
        return False
    last = lost.sends.get(run.provider.name)
    if last is None:
        return clock.monotonic() < run.context.began
    return last.at is None or clock.now() - last.at < run.until_settled


def _lost_is_visible(run: ProviderRun, looked: float) -> bool:
    """Whether a look at that moment shows everything that was sent before the state was lost."""
    lost = run.context.lost
    if lost is None:
        return True
    if run.provider.name not in lost.sends:
        return not lost.whole or looked >= run.context.began
    last = lost.sends[run.provider.name]
    between = elapsed(Moment(last.at, last.date), run.looker.moment(looked))
    return Age(looked - run.context.began, between).at_least(run.until_settled)
