"""A plan as people read it in a terminal (`podsync plan`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

from podsync.diagnostics import errors
from podsync.plan.plan import Action, Change, Plan, summary_line
from podsync.settings import RateLimit
from podsync.views.change_lines import Layout, address_columns, change_lines, header, risk_lines
from podsync.views.fold import BRIEF_ABOVE, FOLD_ABOVE, equal_folded, folded, shared_risk, shared_risks
from podsync.views.forecast import PUBLISHED, forecast_text
from podsync.views.page import page, wrap
from podsync.views.plan_head import TOLD, head, look_at_these, refusals, refused_addresses
from podsync.views.style import Style
from podsync.views.wording import counted, number, sentences, title

Detail: TypeAlias = Literal["summary", "short", "full"]

#: Risky first, then what changes, then what sends nothing, then what is new.
ORDER = (
    Action.SETTLE, Action.REPLACE, Action.ORPHAN, Action.UPDATE, Action.RESTORE, Action.ADOPT,
    Action.MOVE, Action.NOTE, Action.CREATE, Action.NOOP,
)  # fmt: skip


def plan_text(
    plan: Plan,
    *,
    style: Style,
    width: int = 80,
    detail: Detail = "short",
    rates: Mapping[str, RateLimit] = PUBLISHED,
    sandbox: bool = False,
    orphans_before: int = 0,
) -> str:
    """Return the whole plan; the last line is the frozen summary.

    `orphans_before` is how many products earlier applies have left for a person to remove.
    """
    blocks = [
        head(plan, style, width, sandbox=sandbox),
        refusals(plan, style, width),
        look_at_these(plan, style, width),
        _counts(plan, style, width) if detail == "summary" else _changes(plan, style, width, detail),
    ]
    lines: list[str] = []
    for block in blocks:
        found = list(block)
        lines += [*found, ""] if found else []
    lines += foot(plan, rates, orphans_before, width)
    lines.append(summary_line(plan.summary))
    return page(lines)


def by_action(plan: Plan) -> Mapping[Action, list[Change]]:
    """Return the changes of each action, the risky ones first."""
    found: dict[Action, list[Change]] = {action: [] for action in ORDER}
    for change in plan.changes:
        found[change.action].append(change)
    return found


def _counts(plan: Plan, style: Style, width: int) -> Iterator[str]:
    """Yield one line for each action and kind instead of the changes."""
    layout = Layout(style, width, address_columns([change.address.kind for change in plan.work], width))
    for action, changes in by_action(plan).items():
        if action is not Action.NOOP:
            for kind, count in sorted(Counter(change.address.kind for change in changes).items()):
                yield from header(layout, action, kind, f"{number(count)} to {action.value}", "")


def _changes(plan: Plan, style: Style, width: int, detail: Detail) -> Iterator[str]:
    full = detail == "full"
    refused = refused_addresses(plan)
    shown = plan.changes if full else plan.work
    columns = address_columns([str(c.address) for c in shown[: None if full else 400]], width)
    grouped = False
    for action, changes in by_action(plan).items():
        if action is Action.NOOP and not full:
            continue
        shared = shared_risks(changes) if action is Action.CREATE else {}
        layout = Layout(style, width, columns, full, TOLD | shared.keys(), refused)
        if len(changes) > FOLD_ABOVE and not full:
            grouped |= yield from folded(changes, layout)
        elif action is Action.CREATE and len(changes) > BRIEF_ABOVE and not full:
            grouped |= yield from equal_folded(changes, replace(layout, brief=True))
        else:
            for change in changes:
                yield from change_lines(change, layout)
        for risk, who in shared.items():
            yield from risk_lines(shared_risk(who, risk), layout)
    if grouped:
        yield style.dim("    (equal ones are put together: --detail full lists each)")


def foot(plan: Plan, rates: Mapping[str, RateLimit], orphans_before: int, width: int) -> list[str]:
    """Return what did not change, what it costs, and what is still open."""
    unchanged = plan.summary[Action.NOOP]
    parts = [
        f"{number(unchanged)} unchanged." if unchanged and plan.work else "",
        _refused(plan) or sentences([forecast_text(plan, rates), _final(plan), _waiting(plan)]),
        _open(orphans_before),
    ]
    text = sentences(parts)
    return wrap(text, width) if text else []


def _open(orphans: int) -> str:
    if not orphans:
        return ""
    return f"Still open from before: {counted(orphans, 'product')} to remove by hand (podsync state orphans)."


def _refused(plan: Plan) -> str:
    count = len(errors(plan.diagnostics))
    if not count:
        return ""
    return (
        f"Refused for {counted(count, 'reason')} (above): apply would send nothing and end with exit code 5."
    )


def _final(plan: Plan) -> str:
    """Say that a create is for good."""
    making = {change.provider for change in plan.changes if change.action in (Action.CREATE, Action.REPLACE)}
    if not making:
        return ""
    if len(making) == 1:
        return f"{title(min(making))}'s API cannot delete what is created."
    return f"{'Neither' if len(making) == 2 else 'No'} API can delete what is created."


def _waiting(plan: Plan) -> str:
    return "Finding out what is in doubt may take some minutes more." if plan.summary[Action.SETTLE] else ""
