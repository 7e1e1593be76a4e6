"""Terminal colours. Colour is never the only signal: everything painted is also said in a word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from podsync.plan.action import SYMBOLS, Action

_BOLD, _DIM, _RED, _GREEN, _YELLOW, _CYAN = "1", "2", "31", "32", "33", "36"

#: What :class:`Style` writes around text; nothing else may hold an ESC.
SGR = re.compile(r"\x1b\[[0-9;]*m")

_COLOURS: Mapping[Action, str] = {
    Action.SETTLE: _YELLOW,
    Action.ADOPT: _CYAN,
    Action.RESTORE: _CYAN,
    Action.MOVE: _CYAN,
    Action.CREATE: _GREEN,
    Action.UPDATE: _YELLOW,
    Action.ORPHAN: _RED,
}


class Style(NamedTuple):
    """Paints text when `colour` is on; the text itself is the same either way."""

    colour: bool = False

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def bold(self, text: str) -> str:
        """Headings and what must not be overlooked."""
        return self._paint(text, _BOLD)

    def dim(self, text: str) -> str:
        """Places and asides."""
        return self._paint(text, _DIM)

    def good(self, text: str) -> str:
        """Done, or new."""
        return self._paint(text, _GREEN)

    def warn(self, text: str) -> str:
        """Worth a look."""
        return self._paint(text, _YELLOW)

    def bad(self, text: str) -> str:
        """Failed, refused, or gone."""
        return self._paint(text, _RED)

    def symbol(self, action: Action) -> str:
        """Return the action's symbol, padded to four columns."""
        symbol = SYMBOLS[action]
        padding = " " * (4 - len(symbol))
        if action is Action.REPLACE:
            return self.good("+") + "/" + self.bad(".") + padding
        return (self._paint(symbol, _COLOURS[action]) if action in _COLOURS else symbol) + padding


PLAIN = Style()
