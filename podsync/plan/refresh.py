"""`plan --refresh` in its smallest form: what would be adopted, what is unclear, what nobody manages.

Pure: the listings are passed in. A create whose product exists already and is owned by nobody becomes
an adopt; apply looks again all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from podsync.diagnostics import Diagnostic, in_file_order
from podsync.model import EMPTY, Severity
from podsync.plan.change import Change
from podsync.plan.plan import Action, Plan
from podsync.plan.remote import Index, View
from podsync.ports import Listing, Match, Provider, Remote
from podsync.state.state import State

NAME_TAKEN = "choose another name, or rename the other one by hand"


def refreshed(
    plan: Plan, state: State, providers: Mapping[str, Provider], listings: Mapping[str, Listing]
) -> Plan:
    """Return the plan as it reads once these listings are known."""
    views = {name: _view(providers[name], listing, state) for name, listing in listings.items()}
    changes: list[Change] = []
    found: list[Diagnostic] = []
    taken: dict[str, set[str]] = {name: set() for name in views}
    for change in plan.changes:
        view = views.get(change.provider)
        if view is None or change.after is None or change.action not in (Action.CREATE, Action.SETTLE):
            changes.append(change)
            found += _taken_by_update(change, view) if view is not None else []
            continue
        same = [r for r in view.matches(change.after, Match.SAME) if r.id not in taken[change.provider]]
        if same:
            taken[change.provider].add(same[0].id)
            changes.append(_found(change, same[0]))
            continue
        changes.append(change)
        found += _unclear(change, view)
    unmanaged = {n: len({r.id for r in v.unowned} - taken[n]) for n, v in sorted(views.items())}
    return replace(
        plan,
        changes=tuple(changes),
        diagnostics=in_file_order([*plan.diagnostics, *found]),
        refreshed=True,
        unmanaged=unmanaged,
    )


def _view(provider: Provider, listing: Listing, state: State) -> View:
    owned = set(state.owned(provider.name))
    return View(provider, listing, owned, (), (), Index(provider, listing.items))


def _found(change: Change, remote: Remote) -> Change:
    shown = remote.shown.get("product", EMPTY)
    if change.action is Action.SETTLE:
        return replace(change, reason=f"{change.reason}; the listing shows it now ({remote.id})", shown=shown)
    return replace(
        change,
        action=Action.ADOPT,
        action_reason="adopt_because_it_exists",
        reason="the same product exists already and nobody owns it",
        importing=remote.id,
        shown=shown,
        made_at=remote.created_at,
        risks=(),
    )


def _taken_by_update(change: Change, view: View) -> list[Diagnostic]:
    """Who holds the name that an update takes, for a customer who could not order it by that before."""
    before, after, provider = change.before or EMPTY, change.after or EMPTY, view.provider
    if change.action is not Action.UPDATE or not provider.takes(before, after):
        return []
    near = [r for r in view.index.near(after) if r.id not in view.owned and provider.clash(after, r.fields)]
    near = [r for r in near if not provider.clash(before, r.fields)]
    return _diagnostics(change, provider, near, ("error", "name-taken", NAME_TAKEN)) if near else []


def _unclear(change: Change, view: View) -> list[Diagnostic]:
    """Products that may be taken for this one: refused where orders go by name, else a warning."""
    spec = change.after or EMPTY
    provider = view.provider
    if provider.unique_name(spec) is not None:
        near = [r for r in view.index.near(spec) if r.id not in view.owned and provider.clash(spec, r.fields)]
        word: tuple[Severity, str, str] = ("error", "name-taken", NAME_TAKEN)
    else:
        near = list(view.matches(spec, Match.MAYBE))
        word = ("warning", "namesake", "look at it; apply creates beside it")
    return _diagnostics(change, provider, near, word) if near else []


def _diagnostics(
    change: Change, provider: Provider, near: Sequence[Remote], word: tuple[Severity, str, str]
) -> list[Diagnostic]:
    severity, rule, remedy = word
    ids = ", ".join(remote.id for remote in near[:5])
    summary = f"{change.address}: {provider.title} lists a product that may be taken for it ({ids})"
    return [Diagnostic(severity, rule, summary, change.source, remedy, change.address)]
