"""PROTOCOL steps 2 and 3, the reading half: what is known after the first look, before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from podsync.apply.binding import bind_visible, unbound
from podsync.apply.making import refusal_of
from podsync.apply.provider_run import ProviderRun, names
from podsync.apply.recover import DATE_GRAIN, spoken_for
from podsync.apply.settling import settle_one
from podsync.apply.tell import waiting
from podsync.errors import ProviderError, StoppedError, UnauthorizedError
from podsync.model import FrozenDict, Spec
from podsync.plan.change import Change
from podsync.plan.plan import Action
from podsync.plan.remote import View
from podsync.ports import Listing, Match, Provider, Query, Remote
from podsync.providers.compare import cut_alike, text
from podsync.report import Result
from podsync.state.entries import Entry, Orphan
from podsync.state.events import Gone

#: Up to so many creates are searched one by one; for more, the whole listing is read once.
FEW = 5
#: So many known ids are looked for to see that this is the right account.
PROBES = 20


def look(run: ProviderRun) -> None:
    """Read what is needed; bind, settle, and find what can be adopted. Sends nothing."""
    try:
        _look(run)
    except UnauthorizedError as error:
        run.stop(error.message, credentials=True)
    except ProviderError as error:
        run.stop(error.message)
    except StoppedError:
        return
    run.caught_up = run.stopped is None and _shows(run, _lost_until(run))


def _look(run: ProviderRun) -> None:
    makers = [c for c in run.changes if run.makes(c)]
    takes = run.provider.takes
    renames = [c for c in run.changes if c.action is Action.UPDATE and takes(c.before or {}, c.after or {})]
    taking = [c for c in run.changes if c.orphan_created_at is not None]
    if not (makers or renames or taking or run.ledger.doubts(run.provider.name) or unbound(run)):
        return
    _look_once(run, makers, renames, taking)
    ended = run.context.board.ended
    missing = [c for c in makers if c.address not in run.adoptable and not ended(c.address, *Result)]
    # What the listing shows already is adopted without waiting for the rest.
    waited = run.stopped is None and bool(missing or renames) and _may_show_more(run)
    waited |= run.stopped is None and (_wait_for_refused(run, missing) or _wait_for_orphans(run, taking))
    if waited:
        _look_once(run, makers, renames, taking)


def _look_once(
    run: ProviderRun, makers: Sequence[Change], renames: Sequence[Change], taking: Sequence[Change]
) -> None:
    doubts, new = run.ledger.doubts(run.provider.name), unbound(run)
    run.adoptable.clear()
    run.namesakes.clear()
    run.look()
    many = len(makers) + len(renames) > FEW or len(new) > FEW
    whole = bool(run.unsettled_state or many or doubts or taking)
    view = run.view(run.find(Query()) if whole else _searches(run, [*makers, *renames], new))
    if view.wrong_account and not whole:
        whole, view = True, run.view(run.find(Query()))
    if view.wrong_account:
        run.stop_wrong_account()
        return
    run.present = frozenset(item.id for item in view.listing.items)
    run.complete = whole and view.listing.complete
    bind_visible(run, view)
    for entry in doubts:
        settle_one(run, entry, run.renewed(view), run.context.began, complete=whole)
    run.earlier = run.present
    if run.complete:
        _notice_removed_orphans(run)
    elif makers and run.unsettled_state:
        run.stop("the state is new or lost, and the listing keeps changing and could not be read completely")
        return
    view = run.renewed(view)
    makers = [c for c in makers if not run.context.board.ended(c.address, *Result)]
    _find_adoptable(run, [*makers, *taking], view)
    _find_namesakes(run, [*makers, *taking, *renames], view)


def _shows(run: ProviderRun, until: float | None) -> bool:
    """Whether the last look began at or after that moment; without a look, whether it is over."""
    looked = run.looked if run.looked > -math.inf else run.context.clock.monotonic()
    return until is None or until <= looked


def _may_show_more(run: ProviderRun) -> bool:
    """Wait until the listing shows whatever was made before the state was lost; False: it did already."""
    until = _lost_until(run)
    if until is None or _shows(run, until):
        return False
    if not run.context.options.wait:
        run.unsure = "the state is new or lost, and the listing may not show yet what the last apply made"
        return False
    _wait(run, "the listing to show what the last apply made (the state is new or lost)", until)
    return True


def _lost_until(run: ProviderRun) -> float | None:
    """Until when the listing may not show all that was made before the state was lost; None: not lost."""
    lost = run.context.lost
    if lost is None or run.provider.name not in lost.sends:
        return None
    last, zero = lost.sends[run.provider.name].date, run.sender.time.at(0.0)
    # Elapsed time between runs is believed only from the provider's own clock at both ends.
    if last is None or zero is None:
        return run.context.began + run.until_settled
    return last + run.settings.settle_seconds + DATE_GRAIN - zero


def _wait_for_refused(run: ProviderRun, missing: Sequence[Change]) -> bool:
    """Wait until what was refused, nobody can say when, would be visible if that answer was wrong."""
    until = run.context.began + run.settings.settle_seconds
    if not run.context.options.wait or _shows(run, until):
        return False
    found = (refusal_of(run, change) for change in missing)
    if not any(r is not None and (r.date is None or run.sender.time.now() is None) for r in found):
        return False
    _wait(run, "what was refused to be safe to send again", until)
    return True


def _wait_for_orphans(run: ProviderRun, taking: Sequence[Change]) -> bool:
    """Wait until an orphan that is wanted again, and not listed, would be visible if it were there."""
    if not run.context.options.wait or not run.complete or run.shows_all_before:
        return False
    orphans = (run.ledger.orphan(c.previous_address or c.address, c.orphan_created_at or 0.0) for c in taking)
    if not any(o is not None and o.id is not None and o.id not in run.present for o in orphans):
        return False
    until = run.context.began + run.settings.settle_seconds
    _wait(run, "an orphan that is wanted again to become visible", until)
    return True


def _wait(run: ProviderRun, what: str, until: float) -> None:
    clock = run.context.clock
    waiting(run, what, until)
    while clock.monotonic() < until:
        clock.sleep(min(1.0, max(0.0, until - clock.monotonic())))


def _searches(run: ProviderRun, wanted: Sequence[Change], new: Iterable[Entry | Orphan]) -> Listing:
    """Search each, and a few known ids: they tell whether this is the right account."""
    searched = names(run, wanted) | {str((e.spec or {}).get(run.provider.name_field)) for e in new}
    queries = [Query(name=name) for name in sorted(searched)]
    known = sorted(run.known_ids().items())[-PROBES:]
    if known:
        queries.append(Query(known=FrozenDict(dict(known))))
    found: dict[str, Remote] = {}
    date = None
    for query in queries:
        listing = run.find(query)
        date = listing.date or date
        found |= {item.id: item for item in listing.items}
    return Listing(tuple(found.values()), complete=False, date=date)


def _notice_removed_orphans(run: ProviderRun) -> None:
    """An orphan that the complete listing no longer has was removed by a person."""
    if not run.shows_all_before:
        return
    known, now = run.known_ids(), run.context.clock.now()
    wanted = {change.orphan_created_at for change in run.changes}
    for orphan in run.ledger.orphans(run.provider.name):
        if orphan.id in known and orphan.id not in run.present and orphan.created_at not in wanted:
            run.ledger.record(Gone(orphan.address, orphan.created_at, now))
            run.context.board.note(
                f"{orphan.address}: the orphan {orphan.id} was removed at {run.provider.title}"
            )


def _find_adoptable(run: ProviderRun, makers: Sequence[Change], view: View) -> None:
    """Note what is same and unowned: it is taken instead of created (not where `--replace` asks anew)."""
    waiting_for_ids = unbound(run)
    for change in makers:
        if change.action_reason == "replace_by_request":
            continue
        same = [
            remote
            for remote in view.matches(change.after or {}, Match.SAME)
            if not spoken_for(remote, run.provider, waiting_for_ids)
        ]
        if same:
            run.adoptable[change.address] = same[0]
        if len(same) > 1:
            ids = ", ".join(remote.id for remote in same)
            run.context.board.note(
                f"{change.address}: {len(same)} equal products exist ({ids}); the oldest is taken"
            )
    if run.was_empty and makers and not run.adoptable:
        run.first_contact = view.unowned


def _find_namesakes(run: ProviderRun, wanted: Sequence[Change], view: View) -> None:
    """Unowned products that may be taken for a wanted one: a failure at Gelato, else a warning."""
    taken = {remote.id for remote in run.adoptable.values()} | set(view.owned)
    for change in wanted:
        spec = change.after or FrozenDict()
        if change.address in run.adoptable:
            continue
        rest = [remote for remote in view.index.near(spec) if remote.id not in taken]
        if near := [remote for remote in rest if _may_be_taken_for(run, change, spec, remote)]:
            run.namesakes[change.address] = tuple(near)


def _may_be_taken_for(run: ProviderRun, change: Change, spec: Spec, remote: Remote) -> bool:
    provider = run.provider
    if provider.unique_name(spec) is None:
        return provider.match(spec, remote) is Match.MAYBE
    if change.action is Action.UPDATE:
        # What shares its name already is not made worse by it.
        before = change.before or FrozenDict()
        return provider.clash(spec, remote.fields) and not provider.clash(before, remote.fields)
    cut = run.unsettled_state and _cut(provider, spec, remote)
    return cut or provider.clash(spec, remote.fields)


def _cut(provider: Provider, spec: Spec, remote: Remote) -> bool:
    """Whether all but the name speaks for it, and that may be ours, trimmed or cut by the server."""
    model, name = provider.model_field, provider.name_field
    if text(spec.get(model)) != text(remote.fields.get(model)):
        return False
    whole = {**remote.fields, name: spec.get(name)}
    return cut_alike(str(spec.get(name, "")), remote.name) and provider.clash(spec, whole)
