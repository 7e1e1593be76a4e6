"""The global options, and the streams of this run."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from podsync.cli.app.console import Console

if TYPE_CHECKING:
    from podsync.images.https import Network


#: Commands that take `--sandbox`; so does each of `state`.
_PLAYS = frozenset({"apply", "audit", "doctor", "drift", "export", "import", "models", "plan", "review"})
#: A command in a text, in the plain form that parts other than the command line write. Few runs print one.
_PLAIN = (
    r"(?<![\w/\\.'-])(?:git (?P<git>add|checkout|pull|show)\b|"
    r"podsync (?P<command>state [a-z]+|[a-z]+)\b(?P<asked>(?:(?!podsync )[^\n])*? --sandbox\b)?)"
)
#: An address or a pattern with keys: every shell reads it in double quotes.
_INDEXED = r"[a-z0-9_.*?-]+\[[a-z0-9=,*?-]*\]"
_COMMANDS = _PLAYS | {"demo", "doctor", "fmt", "init", "render", "schema", "show", "validate"}


def _here() -> str:
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:  # it is gone
        return os.curdir


#: A path to this program may be relative to this folder, also where a run works in another one.
_STARTED_IN = _here()


class Session:
    """One run of the command line; filled while options are parsed, then only read.

    `env` is the environment that was asked for, "" for none, and `folder` the current folder. `outputs_lost`:
    a step's outputs could not be written. `network` fetches pictures in tests.
    """

    def __init__(self, network: Network | None = None) -> None:
        self.chdir: str | None = None
        self.config: str | None = None
        self.env = ""
        self.verbose = False
        self.no_color = False
        self.folder = os.curdir
        self.sandbox = False
        self.network = network
        self.outputs_lost = False

    @cached_property
    def console(self) -> Console:
        """The streams; asked for only once the options are known."""
        return Console.standard(no_color=self.no_color)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Work inside the folder of `-C`, and come back."""
        from podsync.model.errors import UsageError

        try:
            before = os.getcwd()  # noqa: PTH109 (a path would be imported for `--help` too)
        except OSError:
            raise UsageError("the folder that this was started in is gone") from None
        self.folder = before
        if self.chdir is None:
            yield
            return
        try:
            os.chdir(self.chdir)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise UsageError(f"cannot work in {self.chdir}: {reason}") from None
        self.folder = os.getcwd()  # noqa: PTH109
        try:
            yield
        finally:
            os.chdir(before)

    def detail(self, text: str) -> None:
        """Say something that only `-v` asks for."""
        if self.verbose:
            self.console.say(text)

    def command_line(self, *words: str) -> str:
        """Return a podsync command for people to paste: works from where this run was started."""
        play = ["--sandbox"] if self._plays(words[0]) and "--sandbox" not in words else []
        return quoted(*self._program(), *words, *play)

    def as_typed(self, text: str) -> str:
        """Return a text with each command of ours in it as it has to be typed where this run was started."""

        def typed(match: re.Match[str]) -> str:
            if match["git"]:
                return match[0] if self.chdir is None else f"git -C {quoted(self.chdir)} {match['git']}"
            words = match["command"].split()
            if words[0] not in {*_COMMANDS, "state"}:
                return match[0]
            sandbox_option = match["asked"] or ""
            play = " --sandbox" if self._plays(words[0]) and not sandbox_option else ""
            return f"{quoted(*self._program(), *words)}{play}{sandbox_option}"

        return re.sub(_PLAIN, typed, text) if "podsync " in text or "git " in text else text

    def _program(self) -> list[str]:
        """Return podsync with the global options of this run."""
        options = (("-C", self.chdir), ("--config", self.config), ("--env", self.env or None))
        return [program(), *(word for name, value in options if value is not None for word in (name, value))]

    def _plays(self, command: str) -> bool:
        return self.sandbox and (command in _PLAYS or command == "state")


def program() -> str:
    """Return what to type for podsync: its path where the shell would not find it (no environment active)."""
    import shutil
    import sys

    started = sys.argv[0] if sys.argv else ""
    if shutil.which("podsync") is not None or os.path.basename(started) not in {"podsync", "podsync.exe"}:  # noqa: PTH119
        return "podsync"
    return os.path.abspath(os.path.join(_STARTED_IN, started))  # noqa: PTH100, PTH118 (a link must stay one)


def quoted(*words: str) -> str:
    """Join words so that the shell of this system takes them apart again."""
    return " ".join([f'"{word}"' if re.fullmatch(_INDEXED, word) else _quoted(word) for word in words])


def _quoted(word: str) -> str:
    if os.name == "nt":
        import subprocess

        return subprocess.list2cmdline([word])
    import shlex

    return shlex.quote(word)
