"""The question before an apply."""

from __future__ import annotations

from podsync.cli.workspace import Workspace
from podsync.model.errors import UsageError
from podsync.output.text.plan_head import accounts
from podsync.plan.action import Action
from podsync.plan.model import Plan

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
