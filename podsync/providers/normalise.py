"""Normalising what people wrote and what a server echoes, so that both can be compared."""

from __future__ import annotations

import re
import unicodedata
from typing import Any


def text(value: Any) -> str:
    """Return NFC, trimmed text; absent, null and empty are one."""
    return "" if value is None else unicodedata.normalize("NFC", str(value)).strip()


def folded(value: Any) -> str:
    """Return the text with every run of spaces as one: a server may trim inside a name as well.

    Characters that nobody sees are left out.
    """
    plain = text(value)
    if plain.isascii():
        return " ".join(plain.split())
    from podsync.model.characters import folded as seen_alike

    return seen_alike(plain)


#: The mark of a new product that waits for a name, or of an old one that gave it up. Few runs meet one.
_MARK = r"\A\((?:next|old) [0-9a-f-]+\) "


def unmarked(listed: str) -> str:
    """Return a name without the mark of a product that waits for it or gave it up."""
    return re.sub(_MARK, "", listed)


def number(value: Any) -> str:
    """Return an id as text; zeros in front of a number do not count (`"007"` is listed as 7)."""
    plain = text(value)
    return plain.lstrip("0") or "0" if plain.isdecimal() else plain


def present(spec: Any) -> dict[str, Any]:
    """Return the fields that say something: absent, null and empty are one."""
    return {key: value for key, value in spec.items() if value not in (None, "", ())}


def as_text(value: Any) -> str | None:
    """Return an id or a code as text, None for what is none: servers tell some of them as numbers."""
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        return None
    return str(value)


def as_id(value: Any) -> str | None:
    """Return an id as text, None for what is none: one word, of characters that no shell reads as its own.

    Commands that name it are printed for people to paste.
    """
    found = as_text(value)
    return found if found is not None and re.fullmatch(r"\w[\w.:/+=@-]*", found, re.ASCII) else None


def as_words(value: Any) -> str:
    """Return a text or a number for people, "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()
