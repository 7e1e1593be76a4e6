"""The head of a plan: what was compared, which providers were asked, and what is risky."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from podsync.model.address import DEFAULT_ACCOUNT, Address, Selection
from podsync.model.diagnostic import Diagnostic, errors_among
from podsync.model.frozen import Json
from podsync.output.escape import safe
from podsync.output.layout import GAP, beside, facts, shorten, wrap
from podsync.output.style import Style
from podsync.output.wording import counted, listed, minute, number, place_of, run_name, title
from podsync.plan.action import SET_BACK, SWAP, SWAP_OPEN, Action
from podsync.plan.model import Plan
from podsync.providers.registry import plugins

if TYPE_CHECKING:
    from podsync.plan.change import Change

#: The first line of all that is play.
SANDBOX = "SANDBOX: simulated providers, nothing is real."
#: The sentence that goes with the word orphan.
STAYS = "stays on sale until a person removes it"
OLD_STAYS = "the old product stays on sale beside the new one until a person removes it"
#: Risks of a change that the head has named already.
TOLD = frozenset({OLD_STAYS, f"it {STAYS}"})
_OFFLINE = "Offline: nobody was asked."
_MOST_FAULTS = 20
#: Longer names of states and accounts are cut: they must not push the hosts out of a view.
_LONGEST_NAME = 200


def environment_line(environment: str) -> str:
    """Return the line that names the environment of the settings; its name is a plain word."""
    return f"Environment {environment.upper()}."


def banners(environment: str, *, sandbox: bool) -> list[str]:
    """Return the lines above everything: which environment this is, and that it is play."""
    return [*([environment_line(environment)] if environment else []), *([SANDBOX] if sandbox else [])]


def title_of(text: str, environment: str, *, sandbox: bool, mark: str = "") -> str:
    """Return a title with the same two in front of it, in a word each with `mark` behind it."""
    words = [environment.upper(), "SANDBOX" if sandbox else ""]
    return " ".join([*(f"{word}{mark}" for word in words if word), text])


def open_swaps(plan: Plan) -> list[str]:
    """Return the lines above everything: names that are missing since an earlier apply."""
    missing = [
        (change.address, safe(str(one.after)))
        for change in plan.work
        if change.action_reason == SWAP_OPEN
        for one in change.fields
    ]
    begins = "is missing; apply begins with its rename."
    return [f'SWAP OPEN: {address}: the name "{name}" {begins}' for address, name in missing]


def head(plan: Plan, style: Style, width: int, *, sandbox: bool, catalog: bool = True) -> Iterator[str]:
    """Yield the first lines; without `catalog` they say nothing of documents and changes."""
    for line in [*open_swaps(plan), *banners(plan.environment, sandbox=sandbox)]:
        yield from wrap(style.bold(line), width)
    yield from facts(
        [*(_counts(plan) if catalog else ()), _state(plan), ", ".join(accounts(plan.hosts))], width, "", GAP
    )
    yield from (style.dim(line) for line in wrap(_asked(plan), width, "", GAP))
    if plan.selection.to_json():
        rest = " The rest of the catalog is left out." if plan.selection else ""
        yield from wrap(f"Selected: {selection_words(plan.selection)}.{rest}", width, "", GAP)
    waiting = [
        counted(count, f"{title(name)} product") for name, count in sorted(plan.unbound.items()) if count
    ]
    if waiting:
        text = f"Made, and not confirmed by a listing yet: {listed(waiting)}. apply looks for them first."
        yield from wrap(text, width, "", GAP)


def _counts(plan: Plan) -> Iterator[str]:
    work = len(plan.work)
    changes = counted(work, "change") if work else "no changes"
    if plan.documents:
        files = f" in {counted(plan.files, 'file')}" if plan.files else ""
        products = counted(plan.documents, "product") + files
        all_new = plan.summary[Action.CREATE] == work == plan.documents
        yield products if all_new else f"{products}, {changes}"
    else:
        yield changes


def _state(plan: Plan) -> str:
    label = shorten(safe(plan.state_label), _LONGEST_NAME)
    if plan.state_at is None:
        words = "state: none yet" if plan.serial == 0 else "state: never applied to"
        return f"{words} ({label})" if label else words
    run = f" ({run_name(plan.state_run)})" if plan.state_run else ""
    return " ".join(part for part in ("state", label, "of", minute(plan.state_at)) if part) + run


def accounts(hosts: Mapping[str, Json]) -> Iterator[str]:
    """Yield each provider with its host, whole, and with its account where that has a name."""
    for provider, known in sorted(hosts.items(), key=_rank):
        account = str(known.get("account") or DEFAULT_ACCOUNT)
        host = _host(str(known.get("base_url") or ""))
        named = "" if account == DEFAULT_ACCOUNT else f" (account {shorten(safe(account), _LONGEST_NAME)})"
        yield f"{title(provider)} {host}{named}"


def _rank(host: tuple[str, Json]) -> tuple[int, str]:
    """Put providers in the order in which they are always named."""
    return next((at for at, name in enumerate(plugins()) if name == host[0]), len(plugins())), host[0]


def _host(url: str) -> str:
    """Return host and port; letters that look like others are spelt out, and plain http is said."""
    try:
        parts = urlsplit(url)
        host = parts.netloc if parts.scheme == "https" else f"{parts.scheme}://{parts.netloc}"
    except ValueError:
        host = ""
    return safe((host if host.strip(":/") else url).encode("ascii", "backslashreplace").decode())


def _asked(plan: Plan) -> str:
    if plan.refreshed:
        who = listed([title(name) for name in sorted(plan.hosts)]) or "nobody"
        beside = sum(plan.unmanaged.values())
        are = "is" if beside == 1 else "are"
        rest = f" {counted(beside, 'product')} there {are} managed by nobody here." if beside else ""
        if plan.compared and not plan.documents:
            return f"Asked: {who}.{rest}"
        seen = "What exists there already is shown as adopt"
        seen += "." if plan.compared else "; what was changed there by hand is not compared."
        return f"Asked: {who}. {seen}{rest}"
    more = []
    if plan.summary[Action.CREATE]:
        more.append("What already exists there is looked up by apply, or now with --refresh.")
    if any(change.named is not None for change in plan.work):
        more.append("Of what is adopted, apply says what is listed otherwise, or --refresh now.")
    return " ".join([_OFFLINE, *more])


def selection_words(selection: Selection) -> str:
    """Return the options that make this selection, as they would be typed."""
    words = [("--target", one) for one in selection.targets]
    words += [("--exclude", one) for one in selection.excludes]
    words += [("--selector", f"{key}={value}") for key, value in selection.selectors]
    words += [("--replace", one) for one in selection.replace]
    return " ".join(f"{option} {_word(safe(value))}" for option, value in words)


def _word(value: str) -> str:
    """Quote a word; keys of an address in double quotes, which every shell reads alike."""
    import shlex

    return f'"{value}"' if re.fullmatch(r"[a-z0-9_.*?-]+\[[a-z0-9=,*?-]*\]", value) else shlex.quote(value)


def refused_addresses(plan: Plan) -> frozenset[Address]:
    """Return the addresses whose change will not happen, whatever else is allowed."""
    return frozenset(fault.address for fault in errors_among(plan.diagnostics) if fault.address is not None)


def refusals(plan: Plan, style: Style, width: int) -> Iterator[str]:
    """Yield everything that keeps this plan from being applied, with the way out."""
    refused = errors_among(plan.diagnostics)
    if refused:
        yield style.bad("Refused: apply sends nothing before this is settled")
        yield from _faults(refused, style, width)


def _faults(found: Sequence[Diagnostic], style: Style, width: int) -> Iterator[str]:
    paint = style.bad if found[0].severity == "error" else style.warn
    for fault in found[:_MOST_FAULTS]:
        rule = paint(f"{GAP}{fault.severity}[{safe(fault.rule)}]")
        yield from beside(rule, style.dim(place_of(fault.at)), width, "    ")
        yield from wrap(safe(fault.summary), width, "    ")
        if fault.detail:
            for index, line in enumerate(fault.detail.split("\n")):
                yield from wrap(safe(line), width, "       " if index else "    -> ", "       ")
    if len(found) > _MOST_FAULTS:
        yield f"{GAP}… and {number(len(found) - _MOST_FAULTS)} more (all in -o json)"


def look_at_these(plan: Plan, style: Style, width: int) -> Iterator[str]:
    """Yield what is risky: a count, a word, and what it means."""
    rows = list(risky_rows(plan))
    warnings = [fault for fault in plan.diagnostics if fault.severity != "error"]
    if not rows and not warnings:
        return
    yield style.bold("Look at these")
    figures = max((len(number(count)) for count, _, _ in rows), default=1)
    words = max((len(word) for _, word, _ in rows), default=0)
    for count, word, text in rows:
        first = f"{GAP}{number(count):>{figures}} {word:<{words}}   "
        yield from wrap(text, width, first, " " * len(first))
    if warnings:
        yield from _faults(warnings, style, width)


def risky_rows(plan: Plan) -> Iterator[tuple[int, str, str]]:
    """Yield a count, the word for it and what it means, for each kind of risk."""
    refused = refused_addresses(plan)
    counts = Counter(change.action for change in plan.changes if change.address not in refused)

    def row(action: Action, word: str, text: str) -> Iterator[tuple[int, str, str]]:
        if counts[action]:
            yield counts[action], word if counts[action] == 1 or word == "in doubt" else f"{word}s", text

    yield from row(
        Action.SETTLE, "in doubt", "sent earlier, outcome not known: apply finds out before anything else"
    )
    old = OLD_STAYS if counts[Action.REPLACE] == 1 else OLD_STAYS.replace("the old", "each old")
    yield from row(Action.REPLACE, "replace", old)
    yield from row(Action.ORPHAN, "orphan", STAYS if counts[Action.ORPHAN] == 1 else f"each {STAYS}")
    updates = [change for change in plan.changes if change.action is Action.UPDATE]
    renames = [change for change in updates if renamed(change)]
    if renames:
        from podsync.output.product import name_of, quoted

        before = [quoted(name_of(change.provider, change.before or {}), 40) for change in renames]
        names = " or ".join(before) if len(before) <= 3 else "one of the old names"
        yield (
            len(renames),
            "rename" if len(renames) == 1 else "renames",
            f"orders that still say {names} will fail",
        )
    risky = [change for change in updates if change.risks and not renamed(change)]
    if risky:
        yield len(risky), "update" if len(risky) == 1 else "updates", "with a risk, marked ! below"


def renamed(change: Change) -> bool:
    """Whether orders, where they find a product by its name, have to say another one from now on."""
    info = plugins().get(change.provider)
    if change.action is not Action.UPDATE or info is None or not info.unique_names:
        return False
    if SWAP in change.steps_left or change.action_reason == SET_BACK:
        return False  # it takes over the name that orders say, or keeps the one that the state knows
    return any(one.path == info.roles.name for one in change.fields)
