"""`podsync plan` and `podsync show`: what apply would do; nothing is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from podsync.cli.app import formats
from podsync.cli.app.framework import command
from podsync.cli.app.options import (
    allow_option,
    choosing_words,
    detail_option,
    output_option,
    sandbox_option,
    selection_of,
    selection_options,
)
from podsync.cli.app.session import Session
from podsync.model.frozen import freeze

if TYPE_CHECKING:
    from collections.abc import Sequence

    from podsync.cli.app.outputs import Outputs
    from podsync.cli.workspace import Workspace
    from podsync.model.diagnostic import Diagnostic
    from podsync.plan.model import Plan
    from podsync.state.model import State

_CHANGES = 2
_REFUSED = 5


@command(
    examples=(
        "podsync plan",
        "podsync plan --target '{kind}.dino-*' --detail full",
        "podsync plan -o json=plan.json     then: podsync apply plan.json",
        "podsync plan -o html=plan.html -o markdown=plan.md -o text -o github",
    )
)
@output_option("plan")
@selection_options
@detail_option
@allow_option
@click.option("--refresh", is_flag=True, help="Ask the providers what exists already; needs the keys.")
@click.option(
    "--base",
    metavar="PLAN.json",
    help="A saved plan of the default branch: the page sets apart what is waiting there already.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@sandbox_option
def plan(session: Session, /, **options: Any) -> int:
    """Compare the catalog with the state, and show what apply would do.

    No provider is asked and no key is needed, unless with --refresh. Nothing is written but
    to .podsync/: a cache, which may be deleted at any time, and with --refresh listed products
    that may be yours, for the next apply.
    """
    from podsync.cli.app.outputs import Outputs
    from podsync.cli.workspace import Workspace
    from podsync.model.errors import CatalogError

    outputs = Outputs.parse(options.pop("output"), "plan")
    space = Workspace.open_for(outputs, session, quiet=True)
    base = None
    if options["base"] is not None:
        from podsync.cli.commands.saved_plan import read_plan

        base = read_plan(options["base"], session)
    with outputs, space.reading() as reading:
        space.tell_of_writers()
        state = space.load()
        if outputs.screen == "text":
            from podsync.output.text import plan as plan_text  # noqa: F401 (while another process looks at the files)
        every = options["detail"] == "full"
        try:
            made = space.plan(state, reading, selection_of(options), dict(options["allow"]), every=every)
        except CatalogError as error:
            _tell_faults(outputs, error.diagnostics, session, space)
            raise
        code = 0
        if options["refresh"]:
            made, code = _refreshed(made, state, space)
        _show(outputs, made, space, options["detail"], state.to_remove, base)
    if session.console.hints and outputs.screen == "text" and made.applyable:
        session.console.say(_next_steps(made, space, options["allow"]))
    if code:
        return code
    if made.errored:
        return _REFUSED
    return _CHANGES if options["detailed_exitcode"] and made.work else 0


def _refreshed(made: Plan, state: State, space: Workspace) -> tuple[Plan, int]:
    """Look at every provider as apply does, and return the plan as it reads then, with the exit code."""
    from podsync.cli.environment.clock import SystemClock
    from podsync.cli.environment.connect import connected, findings_of, with_keys
    from podsync.plan.refresh import exit_code, refreshed

    names = sorted({*made.hosts, *with_keys(space)})
    clock = SystemClock()
    with connected(space, names, clock) as connections:
        looks = findings_of(space, made, state, connections, clock, compares=True)
        knowns = {name: connection.known(state) for name, connection in connections.items()}
    with_hosts = replace(made, hosts=freeze({name: space.host(name) for name in names}))
    seen = refreshed(with_hosts, space.providers, looks, knowns, space.catalog_read.at)
    return seen, exit_code(seen, looks)


@command(examples=("podsync show plan.json", "podsync show plan.json --detail full"))
@click.argument("file")
@output_option("show")
@detail_option
def show(session: Session, file: str, output: tuple[str, ...], detail: str) -> int:
    """Show a plan that was saved with `podsync plan -o json=FILE`."""
    from podsync.cli.app.outputs import Outputs
    from podsync.cli.commands.saved_plan import read_plan

    with Outputs.parse(output, "show") as outputs:
        shown = formats.plan_forms(read_plan(file, session), session, detail=detail)
        session.console.result(outputs.write(shown), exact=outputs.exact)
    return 0


def _show(
    outputs: Outputs, made: Plan, space: Workspace, detail: str, orphans: int, base: Plan | None
) -> None:
    from podsync.cli.environment.github_actions import append, of_plan, tell

    session, facts = space.session, space.plan_facts(made, orphans)
    about: Any = {"catalog": space.settings.catalog, "environments": len(space.settings.environments)}
    shown = formats.plan_forms(made, session, facts, detail=detail, base=base, **about)
    session.console.result(outputs.write(shown), exact=outputs.exact)
    append(shown["markdown"], session)
    tell(lambda: of_plan(made), session)


def _tell_faults(
    outputs: Outputs, diagnostics: Sequence[Diagnostic], session: Session, space: Workspace
) -> None:
    """Put the faults of the catalog where CI looks for a plan; no plan, page or data is written."""
    forms = formats.fault_forms(diagnostics, session, sandbox=space.sandbox)
    text = outputs.write_known(forms)
    if text:
        session.console.result(text, exact=outputs.exact)


def _next_steps(made: Plan, space: Workspace, allow: tuple[tuple[str, int], ...]) -> str:
    words = choosing_words(made.selection, allow)
    pictures = space.command_line("plan", *words, "-o", "html=plan.html")
    save = space.command_line("plan", *words, "-o", "json=plan.json")
    steps = (f"Pictures: {pictures}", f"Save: {save}", f"Do it: {space.command_line('apply', *words)}")
    return ("     " if sum(map(len, steps)) < 110 else "\n").join(steps)
