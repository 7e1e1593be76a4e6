"""On insert: what a shop does to the values of a product before it keeps them.

No vendor documents any of it; each has been seen at one web shop or another.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Mapping

_QUOTES = str.maketrans({"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"'})


def _without_emoji(text: str) -> str:
    return "".join("?" if ord(sign) > 0xFFFF or unicodedata.category(sign) == "So" else sign for sign in text)


# A way that takes a number stands with its colon.
WAYS: Mapping[str, Callable[[str], str]] = {
    "trim": lambda text: " ".join(text.split()),
    "strip": str.strip,
    "fold": lambda text: re.sub(r"\s+", " ", text),
    "entities": html.escape,
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "emoji": _without_emoji,
    "quotes": lambda text: text.translate(_QUOTES),
    "ascii": lambda text: "".join(sign if sign.isascii() else "?" for sign in text),
}


def check_ways(ways: str) -> None:
    """Raise ValueError unless `ways` is `keep`, or words of WAYS and `cut:N` joined by `+`."""
    if ways == "keep":
        return
    for way in ways.split("+"):
        if way not in WAYS and not _cut_length(way):
            raise ValueError(f"names: {way!r} is not keep, cut:N, {', '.join(WAYS)}, or several joined by +")


def treated(name: str, ways: str) -> str:
    """The name after each of the ways in turn."""
    for way in ways.split("+"):
        if way in WAYS:
            name = WAYS[way](name)
        elif length := _cut_length(way):
            name = name[:length]
    return name


def _cut_length(way: str) -> int:
    head, _, number = way.partition(":")
    return int(number) if head == "cut" and number.isascii() and number.isdigit() else 0
