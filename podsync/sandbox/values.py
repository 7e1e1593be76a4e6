"""What a shop does to the values of a product before it stores them.

No vendor documents any of it; each has been seen at one web shop or another.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Mapping

_QUOTES = str.maketrans({"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"'})


def _without_emoji(text: str) -> str:
    return "".join("?" if ord(sign) > 0xFFFF or unicodedata.category(sign) == "So" else sign for sign in text)


# One that takes a number is written with a colon: `cut:40`.
TREATMENTS: Mapping[str, Callable[[str], str]] = {
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


def check_treatments(words: str) -> None:
    """Raise ValueError unless `words` is `keep`, or words of TREATMENTS and `cut:N` joined by `+`."""
    if words == "keep":
        return
    for word in words.split("+"):
        if word not in TREATMENTS and not _cut_length(word):
            raise ValueError(
                f"names: {word!r} is not keep, cut:N, {', '.join(TREATMENTS)}, or several joined by +"
            )


def treated(name: str, words: str) -> str:
    """The name after each of the words in turn."""
    for word in words.split("+"):
        if word in TREATMENTS:
            name = TREATMENTS[word](name)
        elif length := _cut_length(word):
            name = name[:length]
    return name


def _cut_length(word: str) -> int:
    head, _, number = word.partition(":")
    return int(number) if head == "cut" and number.isascii() and number.isdigit() else 0
