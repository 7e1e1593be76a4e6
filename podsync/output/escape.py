"""Text from the catalog or a provider, made safe for a terminal and for a CI log."""

from __future__ import annotations

import unicodedata

#: Joiners are invisible too, but names in many scripts, and emoji, are wrong without them.
_JOINERS = frozenset("\u200c\u200d")
#: Controls, formats (bidi, tags), halves of surrogate pairs, line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def safe_character(character: str) -> str:
    r"""Return the character, or its escape: `\x1b`, `\u202e`."""
    if character.isprintable() or character in _JOINERS:
        return character
    if unicodedata.category(character) not in _HIDDEN:
        return character
    if character in _SHORT:
        return _SHORT[character]
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def safe(text: str) -> str:
    r"""Return `text` as one line that cannot drive a terminal, nor give a CI runner a command.

    Line ends, control and bidi characters become visible (`\n`, `\x1b`, `\u202e`). Runners obey
    `::command::` at a line's start and `##[command]` anywhere: one character of each is escaped.
    """
    if not text.isprintable():
        text = "".join(map(safe_character, text))
    if text.lstrip().startswith("::"):
        text = text.replace("::", "\\x3a:", 1)
    return text.replace("##[", "##\\x5b")
