"""`podsync review`: serves the page of a plan on this machine, and renews it while files change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from podsync.plan.model import Plan
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
    looks = _saved(file, session) if file is not None else _FileLooks(session)
    return _serve(looks, session, port, browser=browser)


class _Fixed:
    """A page that never changes."""

    pause = 3600.0

    def __init__(self, render: Render) -> None:
        self._render = render

    def again(self) -> Render | None:
        """Return the page the first time, None after that."""
        render, self._render = self._render, None  # type: ignore[assignment]
        return render


def _saved(file: str, session: Session) -> _Fixed:
    plan = read_plan(file, session)
    about = About(sandbox=plan.sandbox)
    return _Fixed(lambda version: review_pieces(plan, about, (), version))


class _Silent(Workspace):
    """A workspace that prints no diagnostics: the page shows them."""

    def _say(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Print nothing."""


@dataclass(frozen=True)
class _ReviewedPlan:
    """The last plan, what the page knows beside it, and the faults since then."""

    plan: Plan | None
    about: About
    found: Sequence[Diagnostic]

    def render(self, version: int) -> Any:
        return review_pieces(self.plan, self.about, self.found, version)


class _FileLooks:
    """Looks at the files, and plans again when one has changed.

    The state is read once and, if it is a file, whenever that changes; any other store would be fetched.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        space = self._open()
        self._state = space.load()
        states = [
            Path(f"{file}{end}") for file in state_files(space.state_settings) for end in ("", ".journal")
        ]
        settings = space.settings_path or Path(SETTINGS_FILE)
        self._states = Watch(states)
        self._watch = Watch([Path(space.settings.catalog), settings, *states])
        self._seen: _ReviewedPlan | None = None

    @property
    def pause(self) -> float:
        return self._watch.pause

    def again(self) -> Render | None:
        """Return the page if it has changed."""
        if self._seen is not None and not self._watch.changed():
            return None
        self._seen = self._look()
        return self._seen.render

    def _open(self) -> Workspace:
        return _Silent.open(self._session)

    def _look(self) -> _ReviewedPlan:
        before = self._seen or _ReviewedPlan(None, About(), ())
        try:
            space = self._open()
            if self._states.changed():
                self._state = space.load()
            with space.reading() as reading:
                plan = space.plan(self._state, reading, Selection(), {})
        except CatalogError as error:
            return _ReviewedPlan(before.plan, before.about, typed(error.diagnostics, self._session))
        except PodsyncError as error:
            fault = Diagnostic("error", "review", error.message, None, error.remedy)
            return _ReviewedPlan(before.plan, before.about, typed((fault,), self._session))
        return _ReviewedPlan(plan, About(**vars(space.plan_facts(plan))), ())


def _serve(looks: _Fixed | _FileLooks, session: Session, port: int | None, *, browser: bool) -> int:
    with Signals() as signals:
        clock = SystemClock(lambda: signals.signal)
        first = looks.again()
        try:
            with server_on(port) as server:
                assert first is not None  # noqa: S101 (nothing was shown yet)
                server.show(first)
                session.console.result(server.url)
                session.console.say("Nobody else can open it. Ctrl-C ends it.")
                if browser:
                    _open_browser(server.url, session.console.say)
                while True:
                    clock.sleep(looks.pause)
                    render = looks.again()
                    if render is not None:
                        server.show(render)
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
