"""The checks of an apply before it looks: the plan is the approved one, and the catalog is not older."""

from __future__ import annotations

import os
from pathlib import Path

from podsync.cli.commands.apply.request import ApplyRequest
from podsync.cli.environment.github_actions import hex_of
from podsync.cli.environment.origin import git_of
from podsync.cli.workspace import Workspace
from podsync.model.errors import StaleError, UsageError
from podsync.output.text.plan_head import accounts
from podsync.plan.action import Action
from podsync.plan.approval import check_fresh, is_rest_of
from podsync.plan.model import Plan, summary_line
from podsync.state.git.checkout import is_older
from podsync.state.model import State


def expected_plan(space: Workspace, state: State, plan: Plan, expected: str) -> str | None:
    """Accept the very plan that people saw, or what an interrupted apply of it left.

    Return the whole hash of the plan of which this is the rest, None where it is the plan itself.
    """
    if hex_of(plan.hash).startswith(expected):
        return None
    last = state.last_apply or {}
    if hex_of(str(last.get("hash") or "")).startswith(expected) and is_rest_of(plan, last):
        return str(last["hash"])
    in_github = space.session.console.in_github
    raise StaleError(
        f"this is not the plan that was expected: {expected[:12]} was, "
        f"this one is {hex_of(plan.hash)[:12]} ({summary_line(plan.summary)})",
        "catalog, state, selection, host or account differ from what was approved; look at it: "
        + space.command_line("plan")
        + ("\nthen approve a newer run, or start one: Actions > Run workflow" if in_github else ""),
    )


def saved_plan(space: Workspace, request: ApplyRequest, state: State, plan: Plan) -> Plan:
    """Check that a saved plan still speaks of this state and of these hosts."""
    if request.expect is not None and not hex_of(plan.hash).startswith(request.expect):
        raise StaleError(
            f"{request.plan} is not the plan that was expected: its hash is {hex_of(plan.hash)[:12]}",
            f"look at it: {space.command_line('show', request.plan or '')}",
        )
    _check_hosts(space, plan)
    check_fresh(plan, state)
    return plan


def _check_hosts(space: Workspace, plan: Plan) -> None:
    if plan.environment != space.environment:
        made = f"the environment {plan.environment}" if plan.environment else "settings without environments"
        raise StaleError(
            f"this plan was made for {made}, not for {space.environment or 'these'}",
            f"plan again: {space.command_line('plan', '-o', 'json=plan.json')}",
        )
    if plan.sandbox and not space.sandbox:
        raise UsageError("this plan was made for the sandbox", "add --sandbox, or plan again without it")
    for name, host in plan.hosts.items():
        current = space.host(name) if name in space.settings.providers else None
        if current != host:
            current_text = f"{current['base_url']} (account {current['account']})" if current else "nothing"
            raise StaleError(
                f"this plan was made for {host['base_url']} (account {host['account']}), "
                f"but {name} is set to {current_text}",
                f"plan again: {space.command_line('plan', '-o', 'json=plan.json')}",
            )


def refuse_older(space: Workspace, request: ApplyRequest, state: State) -> None:
    """Raise StaleError where the catalog's commit comes before the one that was applied last."""
    last = state.last_apply or {}
    commit = str(last.get("commit") or "")
    if space.sandbox or request.plan is not None or request.older_catalog or not commit:
        return
    older = is_older(git_of(os.environ, Path.cwd()), commit)
    if older is False:
        return
    if older is True:
        by = f" by {last['run_url']}" if last.get("run_url") else ""
        raise StaleError(
            f"this catalog is older than the one that was applied last: commit {commit[:12]}{by} "
            "comes after what is checked out here",
            "bring it up to date: git pull; to undo something on purpose, revert it with a new commit, "
            "or add --older-catalog",
        )
    # A state in a file goes with this very folder, unless what is around it comes and goes with each run.
    if space.store.shared or older.shallow:
        raise StaleError(
            f"whether this catalog is older than the one that was applied last (commit {commit[:12]}) "
            f"cannot be determined: {older.why}",
            f"{older.remedy}; or add --older-catalog, if you know that it is not",
        )


#: With more creates than this a "yes" is too easily said: the number has to be typed.
MANY = 50


def must_be_able_to_ask(space: Workspace, words: tuple[str, ...]) -> None:
    """Raise UsageError, with the command to use, where nobody can answer."""
    if not space.session.console.can_ask:
        raise UsageError(
            "apply asks before it sends, and there is no terminal to ask on",
            f"to go on without a question: {space.command_line('apply', *words, '--auto-approve')}",
        )


def confirmed(space: Workspace, plan: Plan) -> bool:
    """Ask; whether the answer was the one that goes on."""
    creates = plan.summary[Action.CREATE]
    wanted = str(creates) if creates > MANY else "yes"
    # Where it goes is in the same line: a long plan has moved its head off the screen by now.
    question = f"This goes to {', '.join(accounts(plan.hosts))}. Type {wanted} to go on: "
    if creates > MANY:
        space.session.console.say(f"{creates} products will be created, and podsync cannot delete them.")
    answer = space.session.console.ask(question)
    if creates > MANY and (answer or "").lower() in {"y", "yes"}:
        answer = space.session.console.ask(
            f"With more than {MANY} creates the number is asked for. {question}"
        )
    return answer == wanted
