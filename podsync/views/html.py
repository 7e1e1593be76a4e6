"""A plan as one self-contained HTML file, for people who decide on pictures, colours, names and counts.

What is said about the whole plan is written here, escaped; the changes go into the page as JSON and
are made into text nodes by the page's own script. A policy in the page lets nothing else in but
pictures over https, so that no name, however hostile, can become markup or ask anybody anything.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from importlib import resources
from typing import Any

from podsync import __version__
from podsync.diagnostics import Diagnostic, errors
from podsync.model import EMPTY, Spec
from podsync.plan.change import UNKNOWN, Change, FieldChange
from podsync.plan.plan import SYMBOLS, Action, Plan, summary_line
from podsync.settings import RateLimit
from podsync.views.change_lines import word_of
from podsync.views.colours import colour_name
from podsync.views.escape import safe
from podsync.views.forecast import PUBLISHED, forecast_text
from podsync.views.json_text import printable
from podsync.views.plan_head import OLD_STAYS, STAYS, head, refused_addresses, renamed
from podsync.views.product_lines import name_of
from podsync.views.style import PLAIN
from podsync.views.wording import by_hand, counted, day, number, sentences, title, visible_id

#: What each group of changes is called and what it means, in the order of the page.
_GROUPS: Mapping[Action, tuple[str, str]] = {
    Action.SETTLE: ("In doubt", "sent earlier, outcome not known: apply finds out before anything else"),
    Action.REPLACE: ("Replaced by a new product", OLD_STAYS),
    Action.ORPHAN: ("No longer wanted", STAYS),
    Action.UPDATE: ("Updated", "changed in place; only what is marked is sent"),
    Action.RESTORE: ("Wanted again", "taken back if it is still there, else created"),
    Action.ADOPT: ("Exists already", "taken over as it is: nothing is sent"),
    Action.MOVE: ("Same product, new address", "nothing is sent"),
    Action.NOTE: ("Noted", "only labels or lifecycle differ: nothing is sent"),
    Action.CREATE: ("New", "created once; no API can delete what is created"),
}
_ALWAYS = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.ORPHAN)
#: Wide enough that no line of the head is broken: the browser does that.
_ENDLESS = 1_000_000
_MOST_FAULTS = 200
_MOST_WITHOUT_SCRIPT = 200
#: What HTML reads inside a script element; JSON has an escape for each.
_MARKUP = {ord(one): f"\\u{ord(one):04x}" for one in "<>&"}


_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False)


def plan_html(plan: Plan, *, rates: Mapping[str, RateLimit] = PUBLISHED, sandbox: bool = False) -> str:
    """Return the whole page: :func:`pieces` in one."""
    return "".join(pieces(plan, rates=rates, sandbox=sandbox))


def pieces(
    plan: Plan,
    *,
    rates: Mapping[str, RateLimit] = PUBLISHED,
    sandbox: bool = False,
    pictures: Mapping[str, str] = EMPTY,
) -> Iterator[str]:
    """Yield the page, a change of a large plan at a time; the same plan gives the same bytes.

    `pictures`: address -> `data:image/…`, for pictures that the page brings along instead of loading them.
    """
    style, script = _asset("html_page.css"), _asset("html_page.js")
    values = {
        "policy": _policy(style, script, "https: data:" if pictures else "https:"),
        "title": f"podsync plan {_short(plan.hash)}",
        "headline": _text(_headline(plan)),
        "head": "".join(f"<p>{_text(line)}</p>" for line in head(plan, PLAIN, _ENDLESS, sandbox=sandbox)),
        "hash": _text(plan.hash),
        "refused": _refused(plan.diagnostics),
        "totals": "".join(_totals(plan)),
        "risky": _risky(plan),
        "plain": "".join(_without_script(plan)),
        "forecast": _text(_forecast(plan, rates)),
        "summary": _text(summary_line(plan.summary)),
        "version": _text(__version__),
        "style": style,
        "script": script,
    }
    for index, text in enumerate(re.split(r"\{\{([a-z]+)\}\}", _asset("html_page.html"))):
        if index % 2 == 0:
            yield text
        elif text == "data":
            yield from embedded(page_data(plan) | ({"pictures": dict(pictures)} if pictures else {}))
        else:
            yield values[text]


def page_data(plan: Plan) -> dict[str, Any]:
    """Return what the page's script shows: every change that does something, risky ones first."""
    refused = refused_addresses(plan)
    order = {action: index for index, action in enumerate(_GROUPS)}
    work = sorted(plan.work, key=lambda c: (order[c.action], c.action is Action.UPDATE and not c.risks))
    values = {str(value) for change in work for value in _colours(change)}
    return {
        "hash": plan.hash,
        "groups": {action.value: [SYMBOLS[action], *_GROUPS[action]] for action in _GROUPS},
        "kinds": {c.address.kind: f"{title(c.provider)} · {_words(c.address.kind)}" for c in work},
        "colours": {value: name for value in sorted(values) if (name := colour_name(value))},
        "changes": [_record(change, refused) for change in work],
    }


def embedded(data: Mapping[str, Any]) -> Iterator[str]:
    r"""Yield JSON for a script element: one change a line, nothing in it that HTML or a runner obeys."""
    rest = _json({key: value for key, value in data.items() if key != "changes"})
    yield f'{rest[:-1]}, "changes": [\n'
    for index, change in enumerate(data["changes"]):
        yield (",\n" if index else "") + _json(change)
    yield "\n]}"


def _json(value: object) -> str:
    return printable(_JSON.encode(value)).translate(_MARKUP)


def _record(change: Change, refused: frozenset[Any]) -> dict[str, Any]:
    """Return one change, without what is empty; of the old spec only what differs from the new one."""
    spec: Spec = change.after if change.after is not None else change.before or {}
    old = change.before if change.after is not None and change.before is not None else spec
    source = change.source
    record = {
        "address": str(change.address),
        "provider": title(change.provider),
        "action": change.action.value,
        "word": word_of(change, refused),
        "file": source.path if source is not None else "",
        "line": source.line if source is not None else 0,
        "reason": change.reason,
        "id": visible_id(change.shown) or change.importing or "",
        "made": day(change.made_at) if change.made_at is not None else "",
        "was": str(change.previous_address) if change.previous_address is not None else "",
        "hand": _by_hand(change) if change.address not in refused else "",
        "refused": change.address in refused,
        "renamed": renamed(change),
        "labels": dict(change.labels),
        "spec": spec,
        "old": {key: value for key, value in old.items() if key not in spec or spec[key] != value},
        "gone": [key for key in spec if key not in old],
        "fields": [_field(field, change) for field in change.fields],
        "risks": list(change.risks),
    }
    return {key: value for key, value in record.items() if value or key == "spec"}


def _field(field: FieldChange, change: Change) -> list[Any]:
    """Return path, old value, new value, and what is to be said: `unknown`, `forces`, both or nothing.

    Without the values, path and words, where the two specs have them: a third of such a record.
    """
    unknown = field.before is UNKNOWN
    words = ["unknown"] * unknown + ["forces"] * field.forces_replace
    specs = (change.before, change.after)
    if None not in specs and [(spec or {}).get(field.path) for spec in specs] == [field.before, field.after]:
        return [field.path, words]
    return [field.path, None if unknown else field.before, field.after, *words]


def _by_hand(change: Change) -> str:
    """Say what is left for a person, since no API can delete."""
    if change.action not in (Action.REPLACE, Action.ORPHAN):
        return ""
    before, after = name_of(change.before or {}), name_of(change.after or {})
    which = visible_id(change.shown) or f'"{safe(before)}"'
    twin = change.action is Action.REPLACE and before == after != ""
    tail = " (the new one has the same name)" if twin else ""
    return f"remove {which} {by_hand(change.provider)}{tail}"


def _colours(change: Change) -> Iterator[object]:
    for spec in (change.before, change.after):
        if spec is not None:
            yield spec.get("colorValue", "")
    for field in change.fields:
        if field.path.endswith("colorValue"):
            yield from (field.before, field.after)


def _words(kind: str) -> str:
    return f"{kind.replace('_', ' ')}s"


def _short(digest: str) -> str:
    return _text(digest.rpartition(":")[2][:12])


def _headline(plan: Plan) -> str:
    work = len(plan.work)
    if not work:
        return "No changes"
    if plan.summary[Action.CREATE] == work:
        return f"{counted(work, 'new product')}, nothing else"
    return (
        f"{counted(work, 'change')} to look at" if not plan.errored else f"{counted(work, 'change')}, refused"
    )


def _forecast(plan: Plan, rates: Mapping[str, RateLimit]) -> str:
    count = len(errors(plan.diagnostics))
    if count:
        return f"Refused for {counted(count, 'reason')}: apply would send nothing."
    final = "No API can delete what is created." if plan.summary[Action.CREATE] else ""
    return sentences([forecast_text(plan, rates), final])


def _totals(plan: Plan) -> Iterator[str]:
    """Yield a big number for each action; in the page they are switches of the filter as well."""
    for action, (name, _) in _GROUPS.items():
        count = plan.summary[action]
        if count or action in _ALWAYS:
            yield (
                f'<li><button type="button" class="total" data-action="{action.value}" aria-pressed="false"'
                f'{"" if count else " disabled"} title="{_text(name)}"><b>{number(count)}</b> '
                f'<span><i aria-hidden="true">{_text(SYMBOLS[action])}</i> {action.value}</span>'
                "</button></li>"
            )
    unchanged = plan.summary[Action.NOOP]
    if unchanged:
        yield f'<li><div class="total still"><b>{number(unchanged)}</b> <span>unchanged</span></div></li>'


def _risky(plan: Plan) -> str:
    """Return the panel of what must be looked at before anybody says yes; "" when there is nothing."""
    refused = refused_addresses(plan)
    work = [change for change in plan.work if change.address not in refused]
    rows = [
        (sum(c.action is Action.SETTLE for c in work), "in doubt", _GROUPS[Action.SETTLE][1]),
        (sum(c.action is Action.REPLACE for c in work), "replace", OLD_STAYS),
        (sum(c.action is Action.ORPHAN for c in work), "orphan", STAYS),
        (sum(map(renamed, work)), "rename", "orders that still say the old name will fail"),
        (
            sum(c.action is Action.UPDATE and bool(c.risks) and not renamed(c) for c in work),
            "update",
            "with a risk, marked below",
        ),
    ]
    lines = [
        f"<li><b>{number(count)} {word if count == 1 or word == 'in doubt' else word + 's'}</b> "
        f"<span>{_text(text)}</span></li>"
        for count, word, text in rows
        if count
    ]
    lines += [_fault(one) for one in plan.diagnostics if one.severity != "error"][:_MOST_FAULTS]
    if not lines:
        return ""
    return (
        '<section class="panel warn" aria-labelledby="look"><h2 id="look">Look at these</h2>'
        f"<ul>{''.join(lines)}</ul></section>"
    )


def _refused(diagnostics: Sequence[Diagnostic]) -> str:
    found = errors(diagnostics)
    if not found:
        return ""
    rows = [_fault(one) for one in found[:_MOST_FAULTS]]
    if len(found) > _MOST_FAULTS:
        rows.append(f"<li>… and {number(len(found) - _MOST_FAULTS)} more (all in -o json)</li>")
    return (
        '<section class="panel bad" aria-labelledby="no"><h2 id="no">Refused: apply sends nothing before '
        f"this is settled</h2><ul>{''.join(rows)}</ul></section>"
    )


def _fault(fault: Diagnostic) -> str:
    place = f" <code>{_text(fault.at.path)}:{fault.at.line}</code>" if fault.at is not None else ""
    detail = f"<small>→ {_text(fault.detail)}</small>" if fault.detail else ""
    rule = f"<b>{_text(fault.severity)}: {_text(fault.rule)}</b>"
    return f"<li>{rule} <span>{_text(fault.summary)}{detail}</span>{place}</li>"


def _without_script(plan: Plan) -> Iterator[str]:
    """Yield the changes as a plain list, for a browser or a mail program that runs no scripts."""
    for change in plan.work[:_MOST_WITHOUT_SCRIPT]:
        spec = change.after if change.after is not None else change.before or {}
        place = f" · {change.source.path}:{change.source.line}" if change.source is not None else ""
        words = f"{SYMBOLS[change.action]} {change.action.value} · {change.address} · {name_of(spec)}{place}"
        yield f"<li>{_text(words)}</li>"
    if len(plan.work) > _MOST_WITHOUT_SCRIPT:
        yield f"<li>… and {number(len(plan.work) - _MOST_WITHOUT_SCRIPT)} more</li>"


def _policy(style: str, script: str, images: str) -> str:
    """Return a Content-Security-Policy that allows this style, this script and pictures, nothing else."""
    return (
        f"default-src 'none'; img-src {images}; style-src '{_sha256(style)}'; "
        f"script-src '{_sha256(script)}'; base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@lru_cache
def _asset(name: str) -> str:
    return resources.files("podsync.views").joinpath(name).read_text("utf-8").replace("\r\n", "\n")


def _text(text: str) -> str:
    return escape(safe(text), quote=True)
