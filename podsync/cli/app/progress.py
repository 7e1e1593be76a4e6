"""Messages while an apply runs: a line for each product, and the progress."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from podsync.apply.report import Outcome, Result
from podsync.cli.app.console import Console
from podsync.cli.app.session import Session
from podsync.model.address import Address
from podsync.output.escape import safe
from podsync.output.style import Style
from podsync.output.text.outcome import outcome_line
from podsync.output.wording import second, time_of_day, title

if TYPE_CHECKING:
    from rich.progress import Progress

#: Seconds between two lines without a terminal, so that a long apply does not look dead.
HEARTBEAT_SECONDS = 10.0


class ApplyListener:
    """`apply.engine.Listener` that tells people, and remembers every outcome.

    `on_stdout`: lines of products belong to the result; else they go to stderr. `seconds` is the duration of
    the requests at the providers' rates. Once started, it shows the progress until it is closed: on a
    terminal as a bar below the lines, elsewhere as a count on stderr every ten seconds.
    """

    def __init__(self, session: Session, *, on_stdout: bool, seconds: float = 0.0) -> None:
        self._began, self._seconds = time.monotonic(), seconds
        self._outcomes: dict[Address, Outcome] = {}
        self.notes: list[str] = []
        self._session = session
        self._on_stdout = on_stdout
        self._done = self._total = self._untried = 0
        #: The last message about each product: a repeated one is not written.
        self._said: dict[Address, str] = {}
        self._lock = threading.RLock()
        self._bar: tuple[Progress, Any] | None = None
        self._closed = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="podsync-heartbeat", daemon=True)

    @property
    def console(self) -> Console:
        """The streams of this run."""
        return self._session.console

    def outcome(self, outcome: Outcome, done: int, total: int) -> None:
        """Write a line for a change that ended."""
        with self._lock:
            self._outcomes[outcome.address] = outcome
            # The rest of an earlier plan is reported in addition to the changes of this one.
            self._done, self._total = done, max(done, total)
            if outcome.result is Result.NOT_TRIED:
                # Nothing happened; the report names the reasons, and a stop would write one line for each.
                self._untried += 1
                self._advance()
                return
            color = self.console.out_color if self._on_stdout else self.console.err_color
            news = f"{outcome.result} {outcome.error}"
            if self._said.get(outcome.address) != news:
                line = outcome_line(outcome, done, self._total, Style(color), self.console.width)
                self._write(line, result=self._on_stdout)
            self._said[outcome.address] = news
            self._advance()

    def waiting(self, provider: str, what: str, until: float) -> None:
        """Report a wait; apply calls it every 30 seconds."""
        with self._lock:
            line = f"waiting for {title(provider)}: {safe(what)}, until {second(until)} at most"
            self._write(f"{line}; stopping is safe")

    def note(self, text: str) -> None:
        """Remember a fact: the final report tells it; at once only with `-v`."""
        with self._lock:
            self.notes.append(text)
            if self._session.verbose:
                self._write(safe(text))

    def start(self) -> None:
        """Show the progress."""
        if self.console.draws:
            self._bar = progress_bar(self._session, "apply")
            self._bar[0].start()
        else:
            self._heart.start()

    def close(self) -> None:
        """Say nothing more."""
        self._closed.set()
        if self._bar is not None:
            self._bar[0].stop()
        else:
            self._heart.join(1)

    def count_untried(self) -> None:
        """Say once how many were not tried: that is no news of each."""
        if self._untried:
            self.console.say(f"{self._untried:,} not tried")

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The last word on each change that was listener of."""
        with self._lock:
            return tuple(self._outcomes.values())

    @property
    def progress(self) -> str:
        """The progress in words; the end is by the rate limits, or by the actual pace if that is slower."""
        done, left = self._done, self._total - self._done
        if not done or not left:
            return f"{done:,} of {self._total:,} done"
        so_far = time.monotonic() - self._began
        until = time.time() + max(self._seconds - so_far, so_far * left / done)
        at = time_of_day(until, on=time.time())
        return f"{done:,} of {self._total:,} done, {left:,} left, until about {at}"

    def _write(self, line: str, *, result: bool = False) -> None:
        if self._bar is None or (result and not self.console.out_is_terminal):
            (self.console.result if result else self.console.say)(line)
            return
        # Bar and lines share the terminal: only the bar's owner may write above it.
        from rich.text import Text

        self._bar[0].console.print(Text.from_ansi(line.rstrip("\n")), soft_wrap=True, highlight=False)

    def _advance(self) -> None:
        if self._bar is not None:
            bar, task = self._bar
            bar.update(task, description=self.progress, completed=self._done, total=self._total)

    def _beat(self) -> None:
        while not self._closed.wait(HEARTBEAT_SECONDS):
            with self._lock:
                self._write(self.progress)


def progress_bar(session: Session, what: str) -> tuple[Progress, Any]:
    """Return a bar on stderr, not yet drawn, and the task that it shows."""
    import sys

    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, Progress, TextColumn

    console = RichConsole(file=sys.stderr, no_color=not session.console.err_color)
    # The library's own bar is red, which says here that something is wrong.
    columns = (
        BarColumn(complete_style="cyan", finished_style="cyan", pulse_style="cyan"),
        TextColumn("{task.description}", style="none", markup=False),
    )
    bar = Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
    return bar, bar.add_task(what, total=None)


@contextmanager
def listener_for(session: Session, *, on_stdout: bool, seconds: float = 0.0) -> Iterator[ApplyListener]:
    """Listen in the way that suits stderr, until the end of `with`."""
    listener = ApplyListener(session, on_stdout=on_stdout, seconds=seconds)
    listener.start()
    try:
        yield listener
    finally:
        listener.close()
        listener.count_untried()
