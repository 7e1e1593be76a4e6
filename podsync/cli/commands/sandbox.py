"""`podsync sandbox`: the providers on this machine, until Ctrl-C."""

from __future__ import annotations

import os
from typing import Any

import click

from podsync.cli.app.framework import command
from podsync.cli.app.options import ShellWords, duration
from podsync.cli.app.session import Session
from podsync.cli.chosen_environment import sandbox_folder
from podsync.cli.environment.clock import Signals, SystemClock
from podsync.cli.environment.credentials import key_name
from podsync.cli.environment.own_folder import refuse_foreign
from podsync.model.errors import PodsyncError, StoppedError, UsageError
from podsync.providers.registry import plugins
from podsync.sandbox import (
    Fault,
    Rules,
    Sandbox,
    SandboxBusyError,
    SandboxDataError,
    first_keys,
    parse_fault,
    sides,
)


@command(
    examples=(
        "podsync sandbox",
        "podsync sandbox --port 8123 --lag 5m",
        "podsync sandbox --fault {provider}:create:fin --fault 'status:500 committed'",
        "podsync sandbox --fault names=cut:20 --fault 'list:total=page for 10m'",
    )
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: a free one.")
@click.option(
    "--fault",
    metavar="[PROVIDER:[OPERATION:]]KIND [CLAUSE]",
    multiple=True,
    type=ShellWords(),
    help="Let requests fail: fin, commit-then-cut, rst, half, hang, late, later, slow, drip-head, drip-body, "
    "continue, status:N, code:N, html, empty, garbage, nothing-listed, error-text, job, other-id, last-id, "
    "unchanged; or NAME=VALUE, another rule (names=cut:20, total=capped:100, date_offset=900, "
    "page_size=20, past_end=last, ...). CLAUSE: committed, after N, taking 40s, for 10m, for N requests, "
    "until off. Without: the next create; a rule until off. Repeatable.",
)
@click.option("--lag", type=duration, default=0.0, help="Until a listing shows a change: 30s, 5m.")
def sandbox(session: Session, port: int, fault: tuple[str, ...], lag: float) -> int:
    """Serve {owners} APIs, simulated, until Ctrl-C.

    Prints the lines that point podsync, or any other client, at it. What is made is kept
    under .podsync/sandbox/. A podsync with --sandbox in the same folder uses it too.
    """
    rules = Rules().with_changes({f"{name}_lag": lag for name in sides()})
    refuse_foreign()
    data = sandbox_folder(session.env) / "data"
    server = Sandbox(rules, data, port, [_fault(text) for text in fault], record=0)
    _start(server, port)
    try:
        with Signals() as signals:
            session.console.result(_lines(server, rules, session.env))
            session.console.say("SANDBOX, nothing reaches a real provider. Ctrl-C ends it.")
            clock = SystemClock(lambda: signals.signal)
            while True:
                clock.sleep(3600)
    except StoppedError:
        return 0
    finally:
        server.stop()


def _start(server: Sandbox, port: int) -> None:
    try:
        server.start()
    except SandboxBusyError as error:
        raise PodsyncError(str(error), "it can be used as it is: podsync plan --sandbox") from None
    except SandboxDataError as error:
        raise PodsyncError(str(error), "delete .podsync/sandbox/ to begin anew") from None
    except OSError as error:
        raise PodsyncError(f"port {port}: {error.strerror or error}", "choose another --port") from None


def _fault(text: str) -> Fault:
    try:
        return parse_fault(text)
    except ValueError as error:
        raise UsageError(f"--fault {text}: {error}", "podsync sandbox --help names the kinds") from None


def _lines(server: Sandbox, rules: Any, environment: str) -> str:
    keys = first_keys(rules)
    infos = [info for info in plugins().values() if info.name in keys]
    pairs = [
        pair
        for info in infos
        for pair in (
            (info.url_variable, server.url_of(info.name)),
            (key_name(info, environment), keys[info.name]),
        )
    ]
    form = '$env:{} = "{}"' if os.name == "nt" else "export {}={}"
    return "\n".join(form.format(name, value) for name, value in pairs)
