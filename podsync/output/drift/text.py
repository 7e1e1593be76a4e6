"""Drift as people read it in a terminal: what somebody changed at the providers, apart from edits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from podsync.output.drift.words import compared_text, drift_counts, drift_texts, remedies
from podsync.output.layout import GAP, INDENT, beside, pad, page, spaced, wrap
from podsync.output.style import Style
from podsync.output.text.plan_head import head
from podsync.plan.model import Plan

#: Of so many products it is shown what became of them; the rest is counted, and is in the JSON.
_MOST = 200


def drift_lines(plan: Plan, style: Style, width: int) -> Iterator[str]:
    """Yield what was changed there, a block for each product; nothing where nothing was."""
    if not plan.drift:
        return
    yield style.bold(f"Not as podsync left it: {drift_counts(plan.drift)}")
    texts = list(drift_texts(plan.drift[:_MOST]))
    widest = min(max(len(each.address) for each in texts), 60)
    for each in texts:
        first = f"{GAP}{pad(each.address, widest)}{GAP}{style.warn(each.word)}"
        yield from beside(first, style.dim(each.place), width)
        yield from wrap(each.what, width, INDENT)
        for detail in each.details:
            yield from wrap(detail, width, INDENT, INDENT + GAP)
    if len(plan.drift) > _MOST:
        yield f"{GAP}… and {len(plan.drift) - _MOST} more (all in -o json)"


def compared_lines(plan: Plan, width: int) -> Iterator[str]:
    """Yield what was compared with the listings and what was not."""
    for sentence in compared_text(plan.compared):
        yield from wrap(sentence, width, "", GAP)


def _remedies(plan: Plan, width: int, typed: Callable[[str], str]) -> Iterator[str]:
    for remedy in remedies(plan.drift, plan.compared):
        yield from wrap(f"{remedy.words}:" if remedy.commands else f"{remedy.words}.", width, "", GAP)
        yield from (GAP + typed(each) for each in remedy.commands)


def drift_report(
    plan: Plan, *, style: Style, width: int, sandbox: bool, last: str, typed: Callable[[str], str] = str
) -> str:
    """Return the whole report of `podsync drift`; `last` is its last line."""
    blocks = [
        head(plan, style, width, sandbox=sandbox, catalog=False),
        drift_lines(plan, style, width),
        _remedies(plan, width, typed),
        compared_lines(plan, width),
    ]
    return page([*spaced(blocks), last])
