"""`podsync drift`: reports what was changed, removed or doubled at the providers; leaves the state alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from podsync.apply.context import ProviderConnection
from podsync.apply.lookup.by_id import another_account
from podsync.cli.app.console import Forms
from podsync.cli.app.framework import command
from podsync.cli.app.options import output_option, sandbox_option
from podsync.cli.app.outputs import Outputs
from podsync.cli.app.session import Session, quoted
from podsync.cli.commands.drift.patch import patch_of
from podsync.cli.environment.clock import Signals, SystemClock
from podsync.cli.environment.connect import connected, findings_of
from podsync.cli.workspace import Workspace
from podsync.evidence.findings import Findings
from podsync.model.address import Selection
from podsync.model.clock import Clock
from podsync.model.frozen import freeze
from podsync.output.drift.json import drift_report_json
from podsync.output.drift.markdown import drift_markdown
from podsync.output.drift.text import drift_report
from podsync.output.drift.words import drift_counts
from podsync.output.html.page import About, pieces
from podsync.output.style import Style
from podsync.output.wording import counted, second, title
from podsync.plan.drift.seen import seen_by
from podsync.plan.drift.values import COUNTED
from podsync.plan.model import Plan
from podsync.plan.refresh import unmanaged
from podsync.state.events import Missed
from podsync.state.model import State
from podsync.state.reducer.reducer import replay

_DRIFT = 2


@command(
    examples=(
        "podsync drift",
        "podsync drift -o patch=drift.patch     then: git apply drift.patch",
        "podsync drift --detailed-exitcode -o markdown",
    )
)
@output_option("drift")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where something drifted.")
@click.option("--no-wait", is_flag=True, help="Look once: what is missing may be gone, or late.")
@sandbox_option
def drift(session: Session, detailed_exitcode: bool, no_wait: bool, output: tuple[str, ...]) -> int:
    """Compare what podsync knows with what the providers list. Nothing is sent, and the state stays as it is.

    What a listing does not show is looked for again after `settle_seconds`: what two whole readings miss is
    gone. The patch takes a changed value into its document, removes the documents of what is gone, and
    ignores twins from now on.
    """
    outputs = Outputs.parse(output, "drift")
    space = Workspace.open_for(outputs, session, quiet=True)
    with outputs, space.reading() as reading:
        state = space.load()
        made = space.plan(state, reading, Selection(), {})
        made = replace(made, changes=(), diagnostics=(), documents=0, refreshed=True)
        seen = _looked(space, made, state, wait=not no_wait)
        _tell(space, outputs, seen)
    drifted = any(each.kind in COUNTED for each in seen.drift)
    return _DRIFT if detailed_exitcode and drifted else 0


def _looked(space: Workspace, made: Plan, state: State, *, wait: bool) -> Plan:
    """Look at every provider of which the state has products; return the plan with the drift."""
    names = sorted(state.providers & set(space.settings.providers))
    with Signals() as signals:
        clock = SystemClock(lambda: signals.signal)
        with connected(space, names, clock) as connections:
            findings, known = _looks(space, made, state, connections, clock, wait=wait)
    knowns = {name: connection.known(known) for name, connection in connections.items()}
    drifts, compared = seen_by(findings, knowns, space.catalog_read.at)
    return replace(
        made,
        hosts=freeze({name: space.host(name) for name in names}),
        drift=drifts,
        compared=compared,
        unmanaged={name: unmanaged(look) for name, look in sorted(findings.items())},
    )


def _looks(
    space: Workspace,
    made: Plan,
    state: State,
    connections: Mapping[str, ProviderConnection],
    clock: Clock,
    *,
    wait: bool,
) -> tuple[Mapping[str, Findings], State]:
    """Look once, and again if something is missing; return the findings and the state.

    The state knows of the first look; it is never written.
    """
    looks = findings_of(space, made, state, connections, clock, compares=True)
    for name, found in looks.items():
        if found.account is False:
            raise another_account(connections[name])
    again = {name: found for name, found in looks.items() if found.missed - found.gone}
    if not (wait and again):
        return looks, state
    until = max(
        found.reading.looked + connections[name].settings.settle_seconds for name, found in again.items()
    )
    _say_wait(space, again, clock.now() + until - clock.monotonic())
    clock.sleep(until - clock.monotonic())
    events = [event for found in again.values() for event in found.events if isinstance(event, Missed)]
    known = replay(state, events)
    missed = {name: dict.fromkeys(found.missed, found.reading.looked) for name, found in again.items()}
    waited = {name: connections[name] for name in again}
    later = findings_of(space, made, known, waited, clock, compares=True, missed=missed)
    return {**looks, **later}, known


def _say_wait(space: Workspace, missing: Mapping[str, Findings], until: float) -> None:
    for name, found in missing.items():
        count = counted(len(found.missed - found.gone), "product")
        space.session.console.say(
            f"{title(name)}: {count} not listed. A listing may lag: it is read again at {second(until)} "
            "(Ctrl-C is safe; --no-wait looks once)"
        )


def _tell(space: Workspace, outputs: Outputs, seen: Plan) -> None:
    session = space.session
    settings = str(space.settings_path or "podsync.yaml")
    patch, by_hand = patch_of(seen.drift, Path(), space.settings.catalog, settings, space.environment)
    session.console.result(outputs.write(_forms(space, seen, patch)), exact=outputs.exact)
    patches = [each for each in outputs.files if each.format == "patch"]
    if patches or outputs.screen == "patch":
        for left in by_hand:
            session.console.say(f"note: not in the patch: {left}")


def _forms(space: Workspace, seen: Plan, patch: str) -> Forms:
    console, last, typed = space.session.console, _last(seen), _typed(space.session)
    screen: Any = {"style": Style(console.out_color), "width": console.width}
    return {
        "text": lambda: drift_report(seen, sandbox=space.sandbox, last=last, typed=typed, **screen),
        "markdown": lambda: drift_markdown(seen.drift, seen.compared, last, typed),
        "html": lambda: pieces(seen, About(sandbox=space.sandbox)),
        "json": lambda: drift_report_json(seen),
        "patch": lambda: patch,
    }


def _typed(session: Session) -> Callable[[str], str]:
    """Return a function that rewrites a command so that it works where this run was started."""
    there = f"git -C {quoted(session.chdir)} apply " if session.chdir else "git apply "
    return lambda command: session.as_typed(command).replace("git apply ", there)


def _last(seen: Plan) -> str:
    """Return the verdict in one sentence."""
    if seen.drift:
        return f"Drift: {drift_counts(seen.drift)}."
    if not any(each.products for each in seen.compared):
        return "No drift was looked for: nothing was compared."
    return "No drift. What was compared is as podsync left it."
