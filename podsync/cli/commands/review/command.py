"""`podsync review`: serves the page of a plan on this machine, and renews it while files change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import click

from podsync.cli.app.formats import typed
from podsync.cli.app.framework import command
from podsync.cli.app.options import sandbox_option
from podsync.cli.app.session import Session
from podsync.cli.commands.review.page_server import PageServer, Render
from podsync.cli.commands.review.watch import Watch
from podsync.cli.commands.saved_plan import read_plan
from podsync.cli.environment.clock import Signals, SystemClock
from podsync.cli.workspace import SETTINGS_FILE, Workspace
from podsync.model.address import Selection
from podsync.model.diagnostic import Diagnostic
from podsync.model.errors import CatalogError, PodsyncError, StoppedError
from podsync.output.html.page import About, review_pieces
from podsync.state.backends import state_files

#: Fixed if it is free: a browser remembers by port what was seen.
PORT = 8790


@command(
    examples=(
        "podsync review --open",
        "podsync review --port 8123",
        "podsync review plan.json     a saved plan, as it is",
    )
)
@click.argument("file", required=False, metavar="[PLAN.json]")
@click.option("--port", type=click.IntRange(0, 65535), help=f"Default: {PORT}, or a free one.")
@click.option("--open", "browser", is_flag=True, help="Open it in the browser.")
@sandbox_option
def review(session: Session, file: str | None, port: int | None, browser: bool) -> int:
    """Serve the page of the plan on this machine, and renew it while files are saved.

    Faults of the YAML stand on the page at their line. No provider is asked, no key is needed, and
    nothing is written but the cache of `plan`. Only this machine is answered, at an address that
    nobody can guess. Ctrl-C ends it.
    """
    with Signals() as signals:
        clock = SystemClock(lambda: signals.signal)
        pages = _renewed(session, clock) if file is None else iter((_saved(file, session),))
        return _serve(pages, session, clock, port, browser=browser)


def _saved(file: str, session: Session) -> Render:
    plan = read_plan(file, session)
    return partial(review_pieces, plan, About(sandbox=plan.sandbox), ())


class _Silent(Workspace):
    """A workspace that prints no diagnostics: the page shows them."""

    def _say(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Print nothing."""


def _renewed(session: Session, clock: SystemClock) -> Iterator[Render]:
    """Yield the page, and again whenever a file has changed; of a faulty catalog with the plan before it.

    The state is read once and, if it is a file, whenever that changes; any other store would be fetched.
    """
    space = _Silent.open(session)
    state, plan, about = space.load(), None, About()
    files = [Path(f"{file}{end}") for file in state_files(space.state_settings) for end in ("", ".journal")]
    states = Watch(files)
    watch = Watch([Path(space.settings.catalog), space.settings_path or Path(SETTINGS_FILE), *files])
    while True:
        found: Sequence[Diagnostic] = ()
        try:
            space = _Silent.open(session)
            if states.changed():
                state = space.load()
            with space.reading() as reading:
                plan = space.plan(state, reading, Selection(), {})
            about = About(**vars(space.plan_facts(plan)))
        except CatalogError as error:
            found = error.diagnostics
        except PodsyncError as error:
            found = (Diagnostic("error", "review", error.message, None, error.remedy),)
        yield partial(review_pieces, plan, about, typed(found, session))
        while not watch.changed():
            clock.sleep(watch.pause)


def _serve(
    pages: Iterator[Render], session: Session, clock: SystemClock, port: int | None, *, browser: bool
) -> int:
    first = next(pages)
    try:
        with server_on(port) as server:
            server.show(first)
            session.console.result(server.url)
            session.console.say("Nobody else can open it. Ctrl-C ends it.")
            if browser:
                _open_browser(server.url, session.console.say)
            for page in pages:
                server.show(page)
            while True:  # a saved plan stays as it is
                clock.sleep(3600)
    except StoppedError:
        return 0


def server_on(port: int | None) -> PageServer:
    """Return a server that is not started: on `port`, by default on PORT or a free one."""
    try:
        return PageServer(PORT if port is None else port)
    except OSError as error:
        if port is None:
            return PageServer()
        raise PodsyncError(f"port {port}: {error.strerror or error}", "choose another --port") from None


def _open_browser(url: str, say: Callable[[str], None]) -> None:
    import webbrowser

    if not webbrowser.open(url):
        say("No browser could be opened: open the address above in one.")
