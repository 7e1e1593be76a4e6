"""A plan as people read it in a terminal (`podsync plan`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from podsync.model.diagnostic import errors_among
from podsync.output.forecast import PlanFacts, forecast_text
from podsync.output.layout import page, spaced, wrap
from podsync.output.style import Style
from podsync.output.text.plan_head import head, look_at_these, refusals
from podsync.output.wording import counted, number, sentences, title
from podsync.plan.action import Action
from podsync.plan.model import Plan, last_line

Detail: TypeAlias = Literal["summary", "short", "full"]


def plan_text(
    plan: Plan, facts: PlanFacts = PlanFacts(), *, style: Style, width: int = 80, detail: Detail = "short"
) -> str:
    """Return the whole plan; the last line is the frozen summary."""
    drift, compared = _drift(plan, style, width)
    blocks = [
        head(plan, style, width, sandbox=facts.sandbox),
        refusals(plan, style, width),
        look_at_these(plan, style, width),
        drift,
        _changes(plan, style, width, detail) if plan.changes else (),
    ]
    return page([*spaced(blocks), *foot(plan, facts, width), *compared, last_line(plan)])


def _drift(plan: Plan, style: Style, width: int) -> tuple[Iterable[str], Iterable[str]]:
    if not plan.drift and not plan.compared:
        return (), ()
    from podsync.output.drift.text import compared_lines, drift_lines

    drift = drift_lines(plan, style, width) if plan.drift else ()
    return drift, compared_lines(plan, width) if plan.compared else ()


def _changes(plan: Plan, style: Style, width: int, detail: Detail) -> Iterator[str]:
    from podsync.output.text.changes import changes, counts

    if detail == "summary":
        return counts(plan, style, width)
    return changes(plan, style, width, full=detail == "full")


def foot(plan: Plan, facts: PlanFacts, width: int) -> list[str]:
    """Return what did not change, what it costs, and what is still open."""
    unchanged = plan.summary[Action.NOOP]
    doubt = "Finding out what is in doubt may take some minutes more." if plan.summary[Action.SETTLE] else ""
    left = f"Still open from before: {counted(facts.orphans_before, 'product')} to remove by hand"
    parts = [
        f"{number(unchanged)} unchanged." if unchanged and plan.work else "",
        _refused(plan) or sentences([forecast_text(plan, facts.rates, facts.levels), _final(plan), doubt]),
        f"{left} (podsync state orphans)." if facts.orphans_before else "",
    ]
    text = facts.typed(sentences(parts))
    return wrap(text, width) if text else []


def _refused(plan: Plan) -> str:
    count = len(errors_among(plan.diagnostics))
    if not count:
        return ""
    return (
        f"Refused for {counted(count, 'reason')} (above): apply would send nothing and end with exit code 5."
    )


def _final(plan: Plan) -> str:
    making = {change.provider for change in plan.changes if change.action in (Action.CREATE, Action.REPLACE)}
    if not making:
        return ""
    if len(making) == 1:
        return f"{title(min(making))}'s API cannot delete what is created."
    return f"{'Neither' if len(making) == 2 else 'No'} API can delete what is created."
