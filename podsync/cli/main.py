"""The boundary: arguments in, exit code out; every exception ends here in words."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

import click

from podsync.cli.app.framework import CommandGroup, from_environment, long_options, nearest
from podsync.cli.app.session import Session
from podsync.interrupts import Interrupts, Terminated

if TYPE_CHECKING:
    from podsync.model.errors import CatalogError, PodsyncError

USAGE = 64
_INTERRUPTED, _TERMINATED = 130, 143
#: So many faults of a file of answers are shown.
_MOST_DECISIONS = 20

cli = CommandGroup(
    "podsync",
    table={
        "demo": ("commands.demo:demo", "See the whole way with no account: validate, plan, apply, plan."),
        "init": ("commands.init.command:init", "Start a catalog repository in this folder."),
        "validate": ("commands.validate:validate", "Check the catalog. Needs no key and no network."),
        "fmt": ("commands.fmt:fmt", "Put documents in order: keys and indentation, nothing else."),
        "plan": ("commands.plan:plan", "Show what apply would do. Sends nothing."),
        "show": ("commands.plan:show", "Show a saved plan."),
        "review": ("commands.review.command:review", "Look at the plan in a browser while files are edited."),
        "apply": ("commands.apply.command:apply", "Carry a plan out: create, update, replace, orphan."),
        "audit": (
            "commands.existing.audit:audit",
            "Show what the accounts hold. Needs a key, and no catalog.",
        ),
        "export": ("commands.existing.export:export", "Write a document for each product that has none."),
        "models": (
            "commands.existing.models:models",
            "Show what the providers offer; keep it for plans and editors.",
        ),
        "doctor": ("commands.existing.doctor:doctor", "Look at all that a run needs. Writes nothing."),
        "import": (
            "commands.importing.command:import_products",
            "Say which existing product is which document's.",
        ),
        "drift": ("commands.drift.command:drift", "Show what somebody changed at the providers."),
        "state": ("commands.state.inspect:state", "Look at what podsync remembers."),
        "render": ("commands.render:render", "Show the exact request that a create would send."),
        "schema": ("commands.render:schema", "Print a JSON Schema."),
        "sandbox": ("commands.sandbox:sandbox", "Serve the providers, simulated, on this machine."),
        "help": ("commands.help:help_", "Show a page of help, or a command's."),
        "version": ("commands.help:version", "Print the version."),
        "completion": ("commands.completion:completion", "Print the script that makes TAB complete words."),
    },
    help="""Keep print-on-demand products as YAML files, and the providers in step with them.

    `plan` shows what would happen, `apply` does it, each product exactly once.
    """,
    examples=(
        "podsync demo         the whole way with no account: validate, plan, apply",
        "podsync init         start a catalog in this folder",
        "podsync plan         what would be created and changed; sends nothing",
        "podsync apply        do it, after a question",
    ),
    hide_globals=False,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "PODSYNC",
        "max_content_width": 80,
    },
)


def run(interrupts: Interrupts | None = None) -> NoReturn:
    """Run for the console script; exits, whatever happens."""
    import gc

    _open_what_is_closed()
    # Nearly all values live as long as the run: to look for cycles among them every 700 new ones takes
    # a fifth of a cold plan's time.
    gc.set_threshold(200_000, 50, 100)
    with interrupts or Interrupts() as listening:
        code = main(interrupts=listening)
    sys.exit(code)


def _open_what_is_closed() -> None:
    """Let nobody listen where whoever started this closed a stream: Python has None there then."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 (to the end)


def main(
    argv: Sequence[str] | None = None, session: Session | None = None, interrupts: Interrupts | None = None
) -> int:
    """Run one command line and return its exit code; raises nothing.

    A signal that `interrupts` has heard is how it ended, whatever its exception was turned into.
    """
    args = list(sys.argv[1:] if argv is None else argv)
    session, interrupts = session or Session(), interrupts or Interrupts()
    try:
        code = _invoke(args, session)
    except click.exceptions.Exit as left:
        code = left.exit_code
    except click.ClickException as error:
        code = _wrong_usage(error, session)
    except (click.Abort, KeyboardInterrupt):
        code = _interrupted(session)
    except Terminated:
        code = _TERMINATED
    except BrokenPipeError:
        code = 0
        session.console.mute()
    except Exception as error:  # noqa: BLE001 (the boundary)
        code = _interrupted(session) if interrupts.code == _INTERRUPTED else interrupts.code
        code = code or _report_error(error, session)
    return _finished(interrupts.code or code, session)


def _interrupted(session: Session) -> int:
    session.console.say("Interrupted.")
    return _INTERRUPTED


def _invoke(args: list[str], session: Session) -> int:
    instruction = os.environ.get("_PODSYNC_COMPLETE")
    if instruction:
        from click.shell_completion import shell_complete

        return shell_complete(cli, {"obj": session}, "podsync", "_PODSYNC_COMPLETE", instruction)
    with cli.make_context("podsync", args, obj=session) as ctx:
        code = cli.invoke(ctx)
    return int(code or 0)


def _wrong_usage(error: click.ClickException, session: Session) -> int:
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    message = error.format_message()
    if isinstance(error, click.NoSuchOption):
        message = _no_such_option(error)
    elif isinstance(error, click.UsageError):
        variable = from_environment(error)
        message += f" (from the environment: {variable})" if variable else ""
    session.console.say(f"error: {message[:1].lower()}{message[1:]}")
    path = ctx.command_path if ctx is not None else "podsync"
    session.console.say(f"  help: {path} --help")
    return USAGE


def _no_such_option(error: click.NoSuchOption) -> str:
    of_command = f" of {error.ctx.command_path}" if error.ctx is not None else ""
    known = long_options(error.ctx.command) if error.ctx is not None else []
    near = nearest(error.option_name, known)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"no such option{of_command}: {error.option_name}{hint}"


def _report_error(error: Exception, session: Session) -> int:
    """Put a fault of the world into words; anything else is a bug of ours."""
    from podsync.model.errors import CatalogError, DecisionError, PodsyncError

    if isinstance(error, CatalogError):
        from podsync.cli.app.formats import say_diagnostics

        # Of a catalog every fault is told; answers in bulk are often wrong in one and the same way.
        most = _MOST_DECISIONS if isinstance(error, DecisionError) else None
        say_diagnostics(error.diagnostics, session, most=most)
        _summarise_faults(error, session)
        return error.exit_code
    if isinstance(error, PodsyncError):
        return _fault(error, session)
    from podsync.cli.app.bug_report import report_bug

    return report_bug(error, session)


def _summarise_faults(error: CatalogError, session: Session) -> None:
    if "GITHUB_STEP_SUMMARY" in os.environ:
        from podsync.cli.environment.github_actions import append
        from podsync.output.markdown.diagnostics import diagnostics_markdown

        found = error.diagnostics
        append(lambda room: diagnostics_markdown(found, products=0, files=0, limit=room), session)


def _fault(error: PodsyncError, session: Session) -> int:
    from podsync.output.escape import safe

    remedy = session.as_typed(error.remedy)
    session.console.say(f"error: {safe(error.message)}")
    for line in remedy.splitlines():
        session.console.say(f"  {safe(line.strip())}")
    if "GITHUB_STEP_SUMMARY" in os.environ:
        from podsync.cli.environment.github_actions import append
        from podsync.output.markdown.diagnostics import fault_markdown

        append(lambda _room: fault_markdown(error.message, remedy), session)
    return error.exit_code


def _finished(code: int, session: Session) -> int:
    """Flush; a result that could not be written is a failure, a reader who left is none."""
    with suppress(OSError, ValueError):
        sys.stderr.flush()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        session.console.mute()
    except (OSError, ValueError) as error:
        session.console.say(f"error: stdout: {error}")
        code = code or 1
    lost = session.console.lost
    if lost is not None:
        session.console.say(f"error: the result could not be written to stdout: {lost.strerror or lost}")
        code = code or 1
    if "GITHUB_OUTPUT" in os.environ:
        from podsync.cli.environment.github_actions import tell

        exit_code = code or int(session.outputs_lost)
        tell(lambda: {"exit-code": str(exit_code)}, session)
        code = code or int(session.outputs_lost)
    return code
