"""`podsync apply`: lock, plan, ask, carry out, report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from podsync.cli.app.framework import command
from podsync.cli.app.options import (
    ShellWords,
    allow_option,
    duration,
    output_option,
    plan_hash,
    sandbox_option,
    selection_of,
    selection_options,
)
from podsync.cli.app.session import Session

if TYPE_CHECKING:
    from podsync.cli.commands.apply.request import ApplyRequest

_REFUSED = 5


@command(
    examples=(
        "podsync apply",
        "podsync apply --target '{kind}.*'",
        "podsync plan -o json=plan.json && podsync apply plan.json",
        "podsync apply --auto-approve --expect 9c1f44d0a2be",
    )
)
@click.argument("plan", required=False, metavar="[PLAN.json]")
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option(
    "--expect",
    metavar="HASH",
    type=plan_hash,
    help="Go on only if this very plan would be carried out, or what is left of it. Does not ask.",
)
@selection_options
@allow_option
@click.option("--first-contact", is_flag=True, help="Create beside products that nobody here knows.")
@click.option(
    "--compared",
    multiple=True,
    type=ShellWords(),
    metavar="PROVIDER",
    help="What its listing does not show of this plan is not on its web page either.",
)
@click.option("--older-catalog", is_flag=True, help="Go on from a commit older than the one applied last.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Create at most N products now.")
@click.option("--max-failures", type=click.IntRange(min=1), metavar="N", help="Stop after N failures.")
@click.option(
    "--lock-timeout",
    type=duration,
    default="0s",
    metavar="DURATION",
    help="How long to wait while somebody else holds the state (30s, 5m).",
)
@click.option("--no-wait", is_flag=True, help="Do not wait for doubts and ids; a later apply goes on.")
@output_option("apply")
@sandbox_option
def apply(session: Session, /, **options: Any) -> int:
    """Create what is missing and change what differs, each product exactly once.

    Without PLAN.json it plans anew, shows the plan and asks. Neither API can delete: what
    is created stays on sale until a person removes it. Running it again is always safe.
    """
    from podsync.cli.app.outputs import Outputs
    from podsync.cli.commands.apply.request import ApplyRequest
    from podsync.cli.commands.apply.steps import Applying
    from podsync.cli.workspace import Workspace

    outputs = Outputs.parse(options.pop("output"), "apply")
    request = ApplyRequest(selection=selection_of(options), **options)
    _refuse_contradictions(request)
    space = Workspace.open_for(outputs, session, quiet=True)
    with outputs:
        return Applying(space, request, outputs).run()


def _refuse_contradictions(request: ApplyRequest) -> None:
    """Refuse options that contradict a saved plan, which has its own selection and limits, or each other."""
    from podsync.model.errors import UsageError
    from podsync.providers.registry import plugins

    if unknown := [name for name in request.compared if name not in plugins()]:
        raise UsageError(f"--compared {unknown[0]}: no such provider", f"known are {', '.join(plugins())}")
    if request.compared and request.auto_approve and request.expect is None and request.plan is None:
        raise UsageError(
            "--compared speaks of one plan, which --auto-approve does not name",
            "say which plan was compared with the web page: --expect HASH",
        )
    if request.plan is None:
        return
    if request.selection.to_json() is not None or request.allow:
        raise UsageError(
            "a saved plan cannot be narrowed or allowed more",
            "give --target, --exclude, --selector, --replace and --allow to: podsync plan -o json=plan.json",
        )
