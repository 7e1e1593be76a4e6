"""How every command behaves, on top of click.

Global options are accepted before and after a command. Every long option can come from the environment, and
is named then. A misspelt word is answered with the nearest known one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import click
from click.core import ParameterSource

from podsync import __version__
from podsync.cli.app.session import Session


def nearest(word: str, known: Sequence[str], count: int = 3) -> list[str]:
    """Return the known words that `word` was probably meant to be."""
    from difflib import get_close_matches

    return get_close_matches(word, known, count, 0.6)


def remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep the value of an option in the session, under its name."""
    if value and param.name is not None and isinstance(ctx.obj, Session):
        setattr(ctx.obj, param.name, value)


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.obj.console.result(f"podsync {__version__}")
        ctx.exit()


def _print_help(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.obj.console.result(ctx.get_help())
        ctx.exit()


def global_options(*, hidden: bool) -> list[click.Parameter]:
    """Return fresh copies of the options that every command takes."""

    def option(*names: str, **facts: Any) -> click.Option:
        return click.Option(names, expose_value=False, hidden=hidden, **facts)

    return [
        option("-C", "--chdir", metavar="DIR", callback=remember, help="Work in DIR."),
        option("--config", metavar="FILE", callback=remember, help="Settings (default: podsync.yaml)."),
        option("--env", metavar="NAME", callback=remember, help="The environment of podsync.yaml."),
        option("-v", "--verbose", is_flag=True, callback=remember, help="Say more on stderr."),
        option("--no-color", is_flag=True, callback=remember, help="No colour, even on a terminal."),
        # Not from the environment: PODSYNC_VERSION is a likely name for the version to install.
        option("--version", is_flag=True, is_eager=True, callback=_print_version, allow_from_autoenv=False,
               help="Print the version and leave."),
    ]  # fmt: skip


class _WithExamples(click.Command):
    """What commands and groups share: examples in their help, which is written as every result is."""

    examples: Sequence[str] = ()

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return `--help`; where it cannot be written, a full disk is no bug."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = _print_help
        return option

    def write_examples(self, formatter: click.HelpFormatter) -> None:
        """Write the examples, in the words of the installed providers."""
        if self.examples:
            with formatter.section("Examples" if len(self.examples) > 1 else "Example"):
                for example in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{_in_words(example)}\n")


class Command(_WithExamples):
    """A command with global options, and examples in its help; it names what comes from the environment."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **facts: Any) -> None:
        super().__init__(*args, **facts)
        self.examples = tuple(examples)
        self.params += global_options(hidden=True)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Show the examples, and where the other options are."""
        self.write_examples(formatter)
        formatter.write_paragraph()
        formatter.write_text("-C, --config, --env, -v, --no-color: podsync --help")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show what it does, in the words of the installed providers."""
        self.help = _in_words(self.help or "")
        super().format_help_text(ctx, formatter)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, after a look for long options that were typed with one dash."""
        refuse_single_dash(ctx, self, args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run inside the folder that was asked for."""
        session: Session = ctx.obj
        _tell_environment(ctx, session, os.environ)
        with session.entered():
            return super().invoke(ctx)


class CommandGroup(_WithExamples, click.Group):
    """A group whose commands are imported when they are needed.

    `table` maps a name to `module:attribute` below `podsync.cli` and to its line in the help: the help itself
    imports none of the modules.
    """

    def __init__(
        self,
        *args: Any,
        table: Mapping[str, tuple[str, str]],
        examples: Sequence[str] = (),
        hide_globals: bool = True,
        **facts: Any,
    ) -> None:
        super().__init__(*args, **facts)
        self.table = table
        self.examples = tuple(examples)
        self.params += global_options(hidden=hide_globals)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order in which people need them."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in self.table:
            return None
        where, _ = self.table[cmd_name]
        module, _, attribute = where.partition(":")
        command = getattr(import_module(f"podsync.cli.{module}"), attribute)
        assert isinstance(command, click.Command)  # noqa: S101 (the table is ours)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self.table.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was probably meant."""
        name = args[0]
        if name in self.table or ctx.resilient_parsing or name.startswith("-"):
            return super().resolve_command(ctx, args)
        near = nearest(name, list(self.table))
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise click.UsageError(f"no such command: {name}{hint}", ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; without a word, show the help, which is not what a script can have meant."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(64)
        refuse_single_dash(ctx, self, args[:1])
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Show the examples."""
        self.write_examples(formatter)


def _in_words(text: str) -> str:
    if "{" not in text:
        return text
    from podsync.output.wording import in_words

    return in_words(text)


def long_options(command: click.Command) -> list[str]:
    """Return every `--option` of a command."""
    options = [p for p in command.params if isinstance(p, click.Option)]
    return [name for option in options for name in option.opts if name.startswith("--")]


def refuse_single_dash(ctx: click.Context, command: click.Command, args: Sequence[str]) -> None:
    """Say that `-auto-approve` needs two dashes: Terraform takes one."""
    known = [*long_options(command), "--help"]
    for word in args:
        if word == "--":
            return
        name = "-" + word.partition("=")[0]
        if word.startswith("-") and not word.startswith("--") and len(word) > 2 and name in known:
            raise click.UsageError(f"two dashes here: {name}", ctx)


def _tell_environment(ctx: click.Context, session: Session, environ: Mapping[str, str]) -> None:
    """Name the options that come from the environment, and variables that only look like options."""
    used: list[str] = []
    context: click.Context | None = ctx
    while context is not None:
        known = {
            f"{context.auto_envvar_prefix}_{p.name.upper()}": p.name for p in context.command.params if p.name
        }
        source = ParameterSource.ENVIRONMENT
        used += [name for name, param in known.items() if context.get_parameter_source(param) is source]
        if context is ctx:
            _warn_of_strangers(ctx, session, known, environ)
        context = context.parent
    if used:
        session.console.say(f"from the environment: {', '.join(sorted(used))}")


def _warn_of_strangers(
    ctx: click.Context, session: Session, known: Mapping[str, str], environ: Mapping[str, str]
) -> None:
    prefix = f"{ctx.auto_envvar_prefix}_"
    for name in sorted(environ):
        if name.startswith(prefix) and name not in known and environ[name]:
            near = nearest(name, list(known), 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            session.console.say(f"warning: {name} names no option of {ctx.command_path}{hint}")


def command(name: str | None = None, **facts: Any) -> Callable[[Callable[..., int]], Command]:
    """Decorate a function that takes the session, and returns an exit code, as a command of podsync."""
    return lambda function: click.command(name, cls=Command, **facts)(click.pass_obj(function))


def from_environment(error: click.UsageError) -> str:
    """Return the variable that a refused value came from, empty if it was typed."""
    param, ctx = getattr(error, "param", None), error.ctx
    if ctx is None or param is None or not param.name:
        return ""
    if ctx.get_parameter_source(param.name) is not ParameterSource.ENVIRONMENT:
        return ""
    return f"{ctx.auto_envvar_prefix}_{param.name.upper()}"
