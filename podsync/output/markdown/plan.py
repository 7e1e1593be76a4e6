"""A plan as Markdown, for a pull request's comment and a step's summary (`plan -o markdown`)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from podsync import __version__
from podsync.model.diagnostic import Diagnostic, errors_among
from podsync.output.drift.markdown import compared_rows, drift_rows
from podsync.output.forecast import PlanFacts
from podsync.output.markdown.escape import code, link, placed, plain, size
from podsync.output.markdown.fit import FOLD_ABOVE, Section, fitted
from podsync.output.markdown.rows import LISTED, block, brief, brief_create, created, created_head, listed_row
from podsync.output.product import product_facts, quoted
from podsync.output.style import PLAIN
from podsync.output.text.changes import by_action, by_document, in_common, matrix, shared_risk, shared_risks
from podsync.output.text.plan import foot
from podsync.output.text.plan_head import TOLD, banners, head, open_swaps, refused_addresses, risky_rows
from podsync.output.wording import counted, listed, number
from podsync.plan.action import Action
from podsync.plan.change import Change
from podsync.plan.model import FOREIGN_HOST, Plan, last_line
from podsync.providers.registry import roles_of

#: Fits a comment of GitHub (65,536 characters) in bytes, with room for what a workflow puts around it.
COMMENT = 65_000
#: With less there is no room for what has to be said in any case.
LEAST = 20_000
_WIDE = 10**9
#: Characters of a line of the head: enough for what it says of hosts, accounts and state, never cut.
_HEAD = 2_000
#: Alternatives of a remedy, each on a line of its own.
_MOST_LINES = 12

#: What the first line says of each action, for one and for several.
_WORDS: Mapping[Action, tuple[str, str]] = {
    Action.SETTLE: ("in doubt", "in doubt"),
    Action.REPLACE: ("product replaced", "products replaced"),
    Action.ORPHAN: ("product left without a document", "products left without a document"),
    Action.UPDATE: ("update", "updates"),
    Action.RESTORE: ("product taken back", "products taken back"),
    Action.ADOPT: ("product adopted", "products adopted"),
    Action.MOVE: ("new address", "new addresses"),
    Action.NOTE: ("note", "notes"),
    Action.CREATE: ("new product", "new products"),
}
_HEADINGS: Mapping[Action, str] = {
    Action.SETTLE: "in doubt",
    Action.RESTORE: "to restore",
    Action.ADOPT: "to adopt: nothing is sent",
    Action.MOVE: "to move: nothing is sent",
    Action.NOTE: "to note: nothing is sent",
}


def plan_markdown(
    plan: Plan,
    facts: PlanFacts = PlanFacts(),
    *,
    limit: int = COMMENT,
    environment: str = "",
    head_sha: str = "",
    where: str = "",
) -> str:
    """Return at most `limit` bytes (LEAST and more): totals always, risky items first, then what fits.

    `environment` and `head_sha` go into the hidden first line, by which a comment is found again. `where`
    is the address of a page that shows everything.
    """
    first = [
        marker(plan.hash, environment, head_sha),
        *(line for each in open_swaps(plan) for line in (f"**{plain(each, 400)}**", "")),
        *above(plan.environment, sandbox=facts.sandbox),
        _first_line(plan, where),
        "",
        *_head(plan),
        "",
        *_look(plan),
        *drift_rows(plan.drift),
    ]
    below = [
        *compared_rows(plan.compared),
        *(plain(line, 500) for line in foot(plan, facts, _WIDE)),
        "",
        f"`{last_line(plan)}`",
        "",
        _signature(plan, head_sha),
    ]
    room = limit - sum(map(size, [*first, *below]))
    rest = link("all of them are here", where) if where else "all of them are in the plan itself (`-o json`)"
    return "\n".join([*first, *fitted([*_faults(plan), *_sections(plan)], room, rest), *below]) + "\n"


def above(environment: str, *, sandbox: bool) -> list[str]:
    """Return the lines above everything: which environment this is, and that it is play."""
    return [line for each in banners(environment, sandbox=sandbox) for line in (f"**{each}**", "")]


def marker(plan_hash: str, environment: str, head_sha: str) -> str:
    """Return the comment by which this one is found again; nothing in it can end it early.

    `plan_hash` is "" where faults of the catalog take a plan's place.
    """
    name = re.sub(r"[^A-Za-z0-9_./]|(?<=-)-", "_", environment.replace("-", "_"))[:80] or "default"
    facts = {"plan_hash": plan_hash, "head_sha": _sha(head_sha)}
    return f"<!-- podsync:plan v=1 env={name} {json.dumps(facts)} -->"


def _sha(text: str) -> str:
    return text if re.fullmatch(r"[0-9a-fA-F]{4,64}", text) else ""


def _first_line(plan: Plan, where: str) -> str:
    """Return the verdict in words, and what can only be done once."""
    counts = plan.summary
    found = [
        f"{number(counts[action])} {words[counts[action] != 1]}"
        for action, words in _WORDS.items()
        if counts[action]
    ]
    only = ", nothing else" if len(found) == 1 else ""
    text = f"**{listed(found)}{only}.**" if found else f"**{last_line(plan)}**"
    made = [change for change in plan.changes if change.action is Action.CREATE]
    if made:
        text += f" {'' if only else 'New: '}{plain(' · '.join(filter(None, _news(made, plan.models))), 300)}."
    if plan.errored:
        why = counted(len(errors_among(plan.diagnostics)), "reason")
        text = f"**Refused for {why}: apply would send nothing.** {text.replace('**', '')}"
    parts = [text]
    if not plan.errored and (counts[Action.CREATE] or counts[Action.REPLACE]):
        parts.append("What is made cannot be deleted by podsync.")
    if where:
        parts.append(f"· {link('look at all of it', where)}")
    return " ".join(parts)


def _news(made: Sequence[Change], models: Mapping[str, str]) -> Iterator[str]:
    """Yield what the new products have in common, and the name of a single one."""
    if len(made) == 1:
        roles, spec = roles_of(made[0].provider), made[0].after or {}
        yield quoted(roles.name_of(spec))
        yield from product_facts(roles, spec, models)
    else:
        yield from in_common(made, models)


def _head(plan: Plan) -> Iterator[str]:
    rows = head(replace(plan, environment=""), PLAIN, _WIDE, sandbox=False)  # they are above
    lines = [plain(line.strip(), _HEAD) for line in rows]
    yield f"<sub>{'<br>'.join(lines)}</sub>"


def _faults(plan: Plan) -> Iterator[Section]:
    """Yield what is refused, then what is warned of, each with the way out."""
    refused = errors_among(plan.diagnostics)
    warnings = [
        fault for fault in plan.diagnostics if fault.severity != "error" and fault.rule != FOREIGN_HOST
    ]
    if refused:
        words = "Refused: apply sends nothing before this is settled"
        yield Section(words, refused, _fault, _brief_fault, risky=True)
    if warnings:
        yield Section("Warnings", warnings, _fault, _brief_fault, risky=True)


def _fault(fault: Diagnostic) -> str:
    place = f" · {placed(fault.at)}" if fault.at is not None else ""
    detail = "".join(f"<br>→ {plain(line, 400)}" for line in fault.detail.split("\n")[:_MOST_LINES] if line)
    return f"- ⚠ {plain(fault.summary, 300)}{place} {code(fault.rule, 60)}{detail}"


def _brief_fault(fault: Diagnostic) -> str:
    return f"- ⚠ {plain(fault.summary, 80)} {code(fault.rule, 40)}"


def _look(plan: Plan) -> Iterator[str]:
    rows = [_fault(fault) for fault in plan.diagnostics if fault.rule == FOREIGN_HOST]
    rows += [
        f"- **{number(count)} {word}**: {plain(text.replace(' !', ' ⚠'), 300)}"
        for count, word, text in risky_rows(plan)
    ]
    yield from (["### Look at these", "", *rows, ""] if rows else [])


def _sections(plan: Plan) -> Iterator[Section]:
    """Yield the changes, the risky ones first."""
    refused = refused_addresses(plan)
    for action, changes in by_action(plan).items():
        count = number(len(changes))
        if not changes or action is Action.NOOP:
            continue
        if action in (Action.REPLACE, Action.UPDATE):
            whole = partial(block, said=TOLD, refused=refused)
            ordered = sorted(changes, key=lambda change: not change.risks)
            yield Section(f"{counted(len(changes), action.value)}", ordered, whole, brief, risky=True)
        elif action is Action.CREATE:
            yield from _created(changes, plan.models)
        elif action is Action.ORPHAN:
            words = f"{counted(len(changes), 'orphan')}: to remove by hand"
            yield Section(words, changes, listed_row, brief, risky=True, head=LISTED)
        else:
            risky, words = action is Action.SETTLE, f"{count} {_HEADINGS[action]}"
            yield Section(words, changes, listed_row, brief, risky=risky, head=LISTED)


def _created(changes: Sequence[Change], models: Mapping[str, str]) -> Iterator[Section]:
    """Yield a table for each kind; a risk that many share is said once."""
    shared = shared_risks(changes)
    said = frozenset(shared)
    kinds = dict.fromkeys(change.address.kind for change in changes)
    for kind in kinds:
        documents, others = by_document([change for change in changes if change.address.kind == kind])
        for found in filter(None, [*documents, others]):
            words = counted(len(found), "new " + kind.replace("_", " "))
            if found is not others:
                words = f"{code(found[0].address.document)}: {number(len(found))} new, {matrix(found)}"
            yield _table_of(found, words, shared, partial(created, said=said, models=models))


def _table_of(
    found: Sequence[Change], words: str, shared: dict[str, str], full: Callable[[Change], str]
) -> Section:
    own = {risk for change in found for risk in change.risks} & shared.keys()
    risks = [shared_risk(shared.pop(risk), risk) for risk in list(shared) if risk in own]
    return Section(
        words,
        found,
        full,
        brief_create,
        head=created_head(roles_of(found[0].provider)),
        first=FOLD_ABOVE,
        notes=tuple(f"⚠ {plain(text, 300)}" for text in risks[:10]),
    )


def _signature(plan: Plan, head_sha: str) -> str:
    sha = _sha(head_sha)[:12]
    of = f" of {code(sha)}" if sha else ""
    asked = "providers asked" if plan.refreshed else "offline"
    return f"<sub>plan `{plan.hash.removeprefix('sha256:')[:12]}`{of} · {asked} · podsync {__version__}</sub>"
