"""Normalising what people wrote and what a server echoes, so that both can be compared."""

from __future__ import annotations

import unicodedata
from typing import Any


def text(value: Any) -> str:
    """Return NFC, trimmed text; absent, null and empty are one."""
    return "" if value is None else unicodedata.normalize("NFC", str(value)).strip()


def cut_alike(one: str, other: str) -> bool:
    """Whether two names are equal or one is the other cut short (a server may cut long names)."""
    short, long = sorted((text(one), text(other)), key=len)
    return bool(short) and long.startswith(short)


def present(spec: Any) -> dict[str, Any]:
    """Return the fields that say something: absent, null and empty are one."""
    return {key: value for key, value in spec.items() if value not in (None, "", ())}
