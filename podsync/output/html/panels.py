"""The parts of the page that concern the whole plan: escaped here, and shown without a script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from podsync.model.diagnostic import Diagnostic, errors_among
from podsync.model.frozen import EMPTY
from podsync.model.settings import RateLimit
from podsync.output.drift.words import compared_text, drift_counts, drift_texts
from podsync.output.escape import safe
from podsync.output.forecast import forecast_text
from podsync.output.html.data import GROUPS
from podsync.output.product import name_of
from podsync.output.text.diagnostics import diagnostic_text
from podsync.output.text.plan_head import risky_rows
from podsync.output.wording import counted, number, place_of, sentences
from podsync.plan.action import SYMBOLS, Action
from podsync.plan.model import Plan

_MOST_FAULTS = 200
_MOST_WITHOUT_SCRIPT = 200
#: So many texts of one rule are shown at once, the rest when somebody asks.
_MOST_EQUAL = 3


def text(words: str) -> str:
    """Escape for HTML what is already, or becomes, one safe line."""
    return escape(safe(words), quote=True)


def headline(plan: Plan) -> str:
    """Return the plan in a few words."""
    work = len(plan.work)
    if not work:
        return f"Drift: {drift_counts(plan.drift)}" if plan.drift else "No changes"
    if plan.summary[Action.CREATE] == work:
        return f"{counted(work, 'new product')}, nothing else"
    changes = counted(work, "change")
    return f"{changes}, refused" if plan.errored else f"{changes} to look at"


def forecast(plan: Plan, rates: Mapping[str, RateLimit], levels: Mapping[str, float] = EMPTY) -> str:
    """Return how long apply would take, or that it would send nothing."""
    count = len(errors_among(plan.diagnostics))
    if count:
        return f"Refused for {counted(count, 'reason')}: apply would send nothing."
    final = "No API can delete what is created." if plan.summary[Action.CREATE] else ""
    return sentences([forecast_text(plan, rates, levels), final])


def totals(plan: Plan) -> Iterator[str]:
    """Yield the count of each action; in the page they are switches of the filter as well."""
    for action, (_, _, word) in GROUPS.items():
        if count := plan.summary[action]:
            yield (
                f'<li><button type="button" class="total" data-action="{action.value}" aria-pressed="false">'
                f"<b>{number(count)}</b> <span>{word}</span></button></li>"
            )
    unchanged = plan.summary[Action.NOOP]
    if unchanged:
        yield f'<li><div class="total still"><b>{number(unchanged)}</b> <span>unchanged</span></div></li>'


def risky(plan: Plan) -> str:
    """Return the panel of what must be looked at before anybody says yes; "" when there is nothing."""
    lines = [
        f"<li><b>{number(count)} {text(word)}</b> <span>{text(words)}</span></li>"
        for count, word, words in risky_rows(plan)
    ]
    lines += _grouped([one for one in plan.diagnostics if one.severity != "error"])
    return _panel("warn", "look", "Look at these", lines) if lines else ""


def drifted(plan: Plan) -> str:
    """Return the panel of what somebody changed at the providers, and what was compared; "" for nothing."""
    rows = [
        f"<li><b>{text(each.word)}</b> <code>{text(each.address)}</code> <span>{text(each.place)}</span>"
        f"<br>{'<br>'.join(text(line) for line in (each.what, *each.details))}</li>"
        for each in drift_texts(plan.drift[:_MOST_FAULTS])
    ]
    compared = "".join(f"<p>{text(sentence)}</p>" for sentence in compared_text(plan.compared))
    last = f'<section class="panel" aria-label="Compared">{compared}</section>' if compared else ""
    if not rows:
        return last
    if len(plan.drift) > _MOST_FAULTS:
        rows.append(f"<li>… and {number(len(plan.drift) - _MOST_FAULTS)} more</li>")
    heading = f"Not as podsync left it: {text(drift_counts(plan.drift))}"
    return _panel("warn", "drift", heading, rows) + last


def refusals(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the panel of what keeps apply from sending anything; "" when nothing does."""
    rows = _grouped(errors_among(diagnostics))
    return _panel("bad", "no", "Refused: apply sends nothing before this is settled", rows) if rows else ""


def faults(found: Sequence[Diagnostic], *, stale: bool) -> str:
    """Return the panel of what is wrong in the catalog, each fault with its line; `stale`: a plan follows."""
    if not found:
        return ""
    blocks = (diagnostic_text(one).rstrip("\n") for one in found[:_MOST_FAULTS])
    rows = [f"<li><pre>{escape(block, quote=True)}</pre></li>" for block in blocks]
    if len(found) > _MOST_FAULTS:
        rows.append(f"<li>… and {number(len(found) - _MOST_FAULTS)} more</li>")
    wrong = len(errors_among(found))
    what = f"{counted(wrong, 'fault')} in the catalog"
    rest = " Below is the plan of the last catalog without faults." if stale else ""
    about = f"<p>This page is renewed when a file is saved.{rest}</p>"
    return _panel("bad faults", "faults", what, rows, about)


def _panel(kinds: str, key: str, heading: str, rows: Sequence[str], about: str = "") -> str:
    """Return a panel of rows; all texts are markup."""
    head = f'<section class="panel {kinds}" aria-labelledby="{key}"><h2 id="{key}">{heading}</h2>'
    return f"{head}{about}<ul>{''.join(rows)}</ul></section>"


def _grouped(found: Sequence[Diagnostic]) -> list[str]:
    """Return a row for each rule and remedy: what many have in common is said once."""
    groups: dict[tuple[str, str, str], list[Diagnostic]] = {}
    for one in found:
        groups.setdefault((one.severity, one.rule, one.detail), []).append(one)
    rows = [_row(group) for group in list(groups.values())[:_MOST_FAULTS]]
    if len(groups) > _MOST_FAULTS:
        rows.append(f"<li>… and {number(len(groups) - _MOST_FAULTS)} more (all in -o json)</li>")
    return rows


def _row(group: Sequence[Diagnostic]) -> str:
    first = group[0]
    places = [f" <code>{text(place_of(one.at))}</code>" if one.at is not None else "" for one in group]
    texts = list(dict.fromkeys(text(one.summary) + place for one, place in zip(group, places, strict=True)))
    shown = "".join(f"<p>{one}</p>" for one in texts[:_MOST_EQUAL])
    if len(texts) > _MOST_EQUAL:
        rest = texts[_MOST_EQUAL:_MOST_FAULTS]
        unsaid = len(texts) - _MOST_EQUAL - len(rest)
        more = "".join(f"<p>{one}</p>" for one in rest)
        more += f"<p>… and {number(unsaid)} more (all in -o json)</p>" if unsaid else ""
        shown += f"<details><summary>{number(len(texts) - _MOST_EQUAL)} more</summary>{more}</details>"
    count = f" <small>{number(len(group))} times</small>" if len(group) > 1 else ""
    steps = "<br>".join(map(text, first.detail.split("\n")))
    detail = f'<p class="help">→ {steps}</p>' if first.detail else ""
    return f"<li><b>{text(first.severity)}: {text(first.rule)}</b>{count}<div>{shown}{detail}</div></li>"


def without_script(plan: Plan) -> Iterator[str]:
    """Yield the changes as a plain list, for a browser or a mail program that runs no scripts."""
    for change in plan.work[:_MOST_WITHOUT_SCRIPT]:
        spec = change.spec
        place = f" · {change.source.path}:{change.source.line}" if change.source is not None else ""
        name = name_of(change.provider, spec)
        words = f"{SYMBOLS[change.action]} {change.action.value} · {change.address} · {name}{place}"
        yield f"<li>{text(words)}</li>"
    if len(plan.work) > _MOST_WITHOUT_SCRIPT:
        yield f"<li>… and {number(len(plan.work) - _MOST_WITHOUT_SCRIPT)} more</li>"
