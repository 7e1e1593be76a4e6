"""What a vendor does to a value on its way in, and what it then shows of it.

A way is a word, with a number behind a colon where it needs one; `trim+cut:20` goes both, in turn.
"""

from __future__ import annotations

import html
import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

#: The host that pictures are copied to, and that is never copied from where `own_kept`.
OWN_HOST = "img.kakaclo.example"
QUOTES = str.maketrans("‘’“”«»", '\'\'""""')

WAYS: Mapping[str, Callable[[str], str]] = {
    "trim": lambda text: " ".join(text.split()),
    "ends": str.strip,
    "blanks": lambda text: re.sub(r"\s+", " ", text),
    "entities": lambda text: html.escape(text, quote=True),
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "emoji": lambda text: "".join("?" if _is_emoji(sign) else sign for sign in text),
    "ascii": lambda text: "".join(sign if sign.isascii() else "?" for sign in text),
    "quotes": lambda text: text.translate(QUOTES),
    "bare": lambda text: re.sub(r"[()]", "", text),
    "short": lambda text: re.sub(r"\([^)]*\) *", "", text),
    "nfd": lambda text: unicodedata.normalize("NFD", text),
}


def named(text: str, ways: str) -> str:
    """The name as it is kept."""
    for way in ways.split("+"):
        word, _, number = way.partition(":")
        if word == "cut":
            text = text[: int(number)]
        elif word != "keep":
            text = WAYS[word](text)
    return text


def pictured(url: str, product: int, *, own_kept: bool) -> str:
    """The address under which a picture is shown once it was copied: one for each product and picture."""
    if own_kept and urlsplit(url).hostname == OWN_HOST:
        return url
    return f"https://{OWN_HOST}/{uuid.uuid5(uuid.NAMESPACE_URL, f'{product} {url}')}"


def customers(ids: Any, form: str) -> Any:
    """Customers as a listing may show them."""
    if form == "objects":
        return [{"id": one, "name": f"Customer {one}"} for one in ids]
    if form == "joined":
        return ",".join(ids)
    return [one.upper() for one in ids] if form == "upper" else ids


def _is_emoji(sign: str) -> bool:
    return ord(sign) > 0xFFFF or unicodedata.category(sign) == "So"
