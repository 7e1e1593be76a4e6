"""stdout and stderr: terminal or not, colour, width, and readers that go away."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TextIO, TypeAlias, cast

#: A text, or the pieces of a large one that ends with a newline.
Text: TypeAlias = str | Iterator[str]
#: What makes the text of each format. That of Markdown may be given a limit in bytes.
Forms: TypeAlias = Mapping[str, Callable[..., Text]]


class Console:
    """The two streams of a run: the result goes to `out`, everything else to `err`.

    A stream whose reader has gone takes no more text and raises nothing: an apply goes on when its output is
    piped into `head`. `lost` is the first error of stdout that people should know (a full disk), else None.
    """

    def __init__(
        self, out: TextIO, err: TextIO, environ: Mapping[str, str], *, no_color: bool = False
    ) -> None:
        self._out = _lenient(out)
        self._err = _lenient(err)
        self._environ = environ
        self._no_color = no_color
        self.lost: OSError | None = None
        self.out_is_terminal = _is_terminal(out)
        self.err_is_terminal = _is_terminal(err)

    @classmethod
    def standard(cls, *, no_color: bool = False) -> Console:
        """Take the process's own streams and environment."""
        return cls(sys.stdout, sys.stderr, os.environ, no_color=no_color)

    @property
    def out_color(self) -> bool:
        """Whether stdout takes colour."""
        return self._color(self.out_is_terminal)

    @property
    def err_color(self) -> bool:
        """Whether stderr takes colour."""
        return self._color(self.err_is_terminal)

    @property
    def draws(self) -> bool:
        """Whether something that moves can be drawn on stderr."""
        return self.err_is_terminal and not self.in_ci and self._environ.get("TERM") != "dumb"

    @property
    def width(self) -> int:
        """Columns to write for: the terminal's, 100 without one."""
        if not (self.out_is_terminal or self.err_is_terminal):
            return 100
        import shutil

        return max(40, shutil.get_terminal_size((100, 24)).columns)

    @property
    def in_ci(self) -> bool:
        """Whether a machine reads along: no hints, faults in full."""
        return self._environ.get("CI", "").lower() not in {"", "0", "false"}

    @property
    def in_github(self) -> bool:
        """Whether this is a step of GitHub Actions."""
        return self._environ.get("GITHUB_ACTIONS") == "true"

    @property
    def hints(self) -> bool:
        """Whether a person reads stderr and may want to know the next step."""
        return self.err_is_terminal and not self.in_ci

    def result(self, text: Text, *, exact: bool = False) -> None:
        """Write a whole result to stdout, with a newline at its end.

        With `exact`, a program reads it: it is UTF-8 with unchanged line ends, whatever the stream's encoding
        (a redirect on Windows is cp1252).
        """
        pieces = [_line(text)] if isinstance(text, str) else text
        try:
            raw = getattr(self._out, "buffer", None) if exact else None
            if raw is None:
                self._out.writelines(pieces)
            else:
                self._out.flush()
                raw.writelines(piece.encode("utf-8", "backslashreplace") for piece in pieces)
            self._out.flush()
        except BrokenPipeError:
            self._out = _silenced(self._out)
        except (OSError, ValueError) as error:
            self.lost = self.lost or (error if isinstance(error, OSError) else OSError(str(error)))
            self._out = _silenced(self._out)

    def mute(self) -> None:
        """Write nothing more to stdout: its reader is gone."""
        self._out = _silenced(self._out)

    def say(self, text: str) -> None:
        """Write a line for people to stderr."""
        with suppress(OSError, ValueError):
            self._err.write(_line(text))
            self._err.flush()

    def ask(self, question: str) -> str | None:
        """Put a question on stderr and read one line; None when there is no answer any more."""
        with suppress(OSError, ValueError):
            self._err.write(question)
            self._err.flush()
        try:
            line = sys.stdin.readline()
        except (OSError, ValueError):  # hung up, or bytes that are not text
            return None
        return line.strip() if line else None

    @property
    def can_ask(self) -> bool:
        """Whether a person can read a question and answer it."""
        return self.err_is_terminal and sys.stdin is not None and _is_terminal(sys.stdin)

    def _color(self, terminal: bool) -> bool:
        if self._no_color or self._environ.get("NO_COLOR"):
            return False
        forced = self._environ.get("FORCE_COLOR")
        if forced:
            return forced != "0"
        return terminal and self._environ.get("TERM") != "dumb"


def whole(text: Text) -> str:
    """Return the text in one piece."""
    return text if isinstance(text, str) else "".join(text)


def _line(text: str) -> str:
    return text if text.endswith("\n") or not text else text + "\n"


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed already
        return False


def _lenient(stream: TextIO | None) -> TextIO:
    """Make a stream take every text: what its encoding lacks is written with a backslash."""
    if stream is None:  # pythonw, or started with the descriptor closed
        return cast("TextIO", _NullStream())
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        with suppress(OSError, ValueError):
            reconfigure(errors="backslashreplace")
    return stream


class _NullStream(io.TextIOBase):
    """A stream without a reader."""

    def write(self, text: str) -> int:
        return len(text)


def _silenced(stream: TextIO) -> TextIO:
    """Point the stream's descriptor at nothing, so that the interpreter's own last flush is quiet."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
    return cast("TextIO", _NullStream())
