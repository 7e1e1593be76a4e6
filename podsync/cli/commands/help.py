"""`podsync help`, `podsync version`: the pages that ship with this version, rendered for a terminal."""

from __future__ import annotations

from pathlib import Path

import click

import podsync
from podsync.cli.app.formats import installed_rules
from podsync.cli.app.framework import command, nearest
from podsync.cli.app.session import Session
from podsync.model.errors import UsageError
from podsync.output.style import Style


def pages() -> dict[str, Path]:
    """Return every page of help by its topic, sorted."""
    folder = Path(podsync.__file__).parent / "docs"
    return {path.stem: path for path in sorted(folder.glob("*.md"))}


@command(
    "help", examples=("podsync help", "podsync help authoring", "podsync help plan", "podsync help same-name")
)
@click.argument("topic", required=False)
def help_(session: Session, topic: str | None) -> int:
    """Show a page of help, or with no TOPIC what there is.

    TOPIC is a page, a command (the same as COMMAND --help), or a rule.
    """
    known = pages()
    if topic is None:
        session.console.result(_contents(known))
        return 0
    if topic in known:
        from podsync.cli.app.help_text import rendered

        console = session.console
        text = known[topic].read_text(encoding="utf-8")
        console.result(rendered(text, Style(console.out_color), min(console.width, 100)))
        return 0
    return _of_command_or_rule(click.get_current_context(), session, topic, list(known))


def _contents(known: dict[str, Path]) -> str:
    width = max(map(len, known))
    titles = {topic: path.read_text("utf-8").partition("\n")[0].lstrip("# ") for topic, path in known.items()}
    lines = [f"  {topic:<{width}}  {title}" for topic, title in titles.items()]
    last = "podsync help TOPIC shows one, podsync help RULE a rule; podsync --help lists the commands."
    return "\n".join(["Pages", *lines, "", last])


def _of_command_or_rule(ctx: click.Context, session: Session, topic: str, known: list[str]) -> int:
    group = ctx.parent.command if ctx.parent is not None else None
    names = group.list_commands(ctx) if isinstance(group, click.Group) else []
    found = group.get_command(ctx, topic) if isinstance(group, click.Group) and topic in names else None
    if found is None:
        rules = installed_rules()
        if topic in rules:
            rule = rules[topic]
            session.console.result(f"{rule.severity}[{rule.id}]: {rule.title}\n\n{rule.help}")
            return 0
        near = nearest(topic, [*known, *names, *rules])
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(known)}"
        raise UsageError(f"no page of help: {topic}", hint)
    with click.Context(found, parent=ctx.parent, info_name=topic, obj=session) as inner:
        session.console.result(found.get_help(inner))
    return 0


@command(examples=("podsync version",))
def version(session: Session) -> int:
    """Print the version, as --version does."""
    session.console.result(f"podsync {podsync.__version__}")
    return 0
