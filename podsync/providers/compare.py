"""Normalising what people wrote and what a server echoes, so that both can be compared."""

from __future__ import annotations

import unicodedata
from typing import Any

from podsync import characters


def text(value: Any) -> str:
    """Return NFC, trimmed text; absent, null and empty are one."""
    return "" if value is None else unicodedata.normalize("NFC", str(value)).strip()


def folded(value: Any) -> str:
    """Return the text with every run of spaces as one: a server may trim inside a name as well.

    Characters that nobody sees are left out.
    """
    return characters.folded(text(value))


def cut_alike(one: str, other: str) -> bool:
    """Whether two names are equal or one is the other cut short (a server may trim and cut names)."""
    short, long = sorted((folded(one), folded(other)), key=len)
    return bool(short) and long.startswith(short)


def present(spec: Any) -> dict[str, Any]:
    """Return the fields that say something: absent, null and empty are one."""
    return {key: value for key, value in spec.items() if value not in (None, "", ())}
