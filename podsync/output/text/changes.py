"""The changes of a plan: each on its lines, many equal ones put together, or only their counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from podsync.output.style import Style
from podsync.output.text.change import Layout, address_columns, change_lines, header, risk_lines
from podsync.output.text.grouping import (
    BRIEF_ABOVE,
    FOLD_ABOVE,
    documents_folded,
    equal_folded,
    grouped_lines,
    shared_risk,
    shared_risks,
)
from podsync.output.text.plan_head import TOLD, refused_addresses
from podsync.output.wording import number
from podsync.plan.action import Action
from podsync.plan.change import Change
from podsync.plan.model import Plan

#: Risky first, then what changes, then what sends nothing, then what is new.
ORDER = (
    Action.SETTLE, Action.REPLACE, Action.ORPHAN, Action.UPDATE, Action.RESTORE, Action.ADOPT,
    Action.MOVE, Action.NOTE, Action.CREATE, Action.NOOP,
)  # fmt: skip


def by_action(plan: Plan) -> Mapping[Action, list[Change]]:
    """Return the changes of each action, the risky ones first."""
    found: dict[Action, list[Change]] = {action: [] for action in ORDER}
    for change in plan.changes:
        found[change.action].append(change)
    return found


def counts(plan: Plan, style: Style, width: int) -> Iterator[str]:
    """Yield one line for each action and kind instead of the changes."""
    layout = Layout(style, width, address_columns([change.address.kind for change in plan.work], width))
    for action, changes in by_action(plan).items():
        if action is not Action.NOOP:
            for kind, count in sorted(Counter(change.address.kind for change in changes).items()):
                yield from header(layout, action, kind, f"{number(count)} to {action.value}", "")


def changes(plan: Plan, style: Style, width: int, *, full: bool) -> Iterator[str]:
    """Yield every change, or groups of equal ones; with `full`, each one, and what does not change too."""
    refused = refused_addresses(plan)
    shown = plan.changes if full else plan.work
    columns = address_columns([str(c.address) for c in shown[: None if full else 400]], width)
    grouped = False
    for action, changes in by_action(plan).items():
        if action is Action.NOOP and not full:
            continue
        shared = shared_risks(changes) if action is Action.CREATE else {}
        layout = Layout(style, width, columns, full, TOLD | shared.keys(), refused, models=plan.models)
        if len(changes) > FOLD_ABOVE and not full:
            grouped |= yield from grouped_lines(changes, layout)
        elif action is Action.CREATE and len(changes) > BRIEF_ABOVE and not full:
            grouped |= yield from equal_folded(changes, layout._replace(brief=True))
        elif len(changes) > BRIEF_ABOVE and not full:
            grouped |= yield from documents_folded(changes, layout)
        else:
            for change in changes:
                yield from change_lines(change, layout)
        for risk, who in shared.items():
            yield from risk_lines(shared_risk(who, risk), layout)
    if grouped:
        yield style.dim("    (equal ones are put together: --detail full lists each)")
