"""What was meant by a text that does not fit: the same in a valid form, or a known word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from podsync.catalog.validation.schemas import pattern
from podsync.model.characters import hidden, is_curly, name_of, seen, unwrapped

# Compiled where one is used: this module is imported with the words for every fault.
_HEX = r"(?:#([0-9A-Fa-f]{3})|#* *([0-9A-Fa-f]{6}))[;,]?"
_HEX_OTHERWISE = r"0[xX]([0-9A-Fa-f]{6})|#?([0-9A-Fa-f]{6})[fF]{2}"
_RGB = r"rgb\(\s*(\d{1,3})\s*[,\s]\s*(\d{1,3})\s*[,\s]\s*(\d{1,3})\s*\)"
_WHOLE = r"([0-9]+)\.0+"
_URL_OTHERWISE = r"(?:https:[/\\]*|//|(?=www\.))(?=[\w-]+\.)"
_MARKDOWN = r"!?\[[^\]]*\]\((https://[^\s()]+)\)"
#: Where a picture lies that only this machine can see.
_LOCAL = r"[A-Za-z]:[/\\]|file:|\.{0,2}[/\\](?![/\\])|\\\\|~"
#: A longer word is no misspelling, and comparing it takes long.
_LONGEST_WORD = 60


def did_you_mean(wrong: object, known: Iterable[str]) -> str | None:
    """Return the known word that `wrong` is most like, whatever its case."""
    if len(str(wrong)) > _LONGEST_WORD:
        return None
    from difflib import get_close_matches

    by_small = {word.lower(): word for word in known}
    close = get_close_matches(str(wrong).lower(), by_small, n=1, cutoff=0.6)
    return by_small[close[0]] if close else None


def suggestion(wrong: object, known: Iterable[str], otherwise: str) -> str:
    """Ask whether the known word was meant that is most like `wrong`; say something else where none is."""
    near = did_you_mean(wrong, known)
    return f"did you mean {near}?" if near else otherwise


def fits(text: str, schema: Mapping[str, Any]) -> bool:
    """Whether a schema's rules for texts take it."""
    if len(text) > schema.get("maxLength", len(text)):
        return False
    if "enum" in schema or "const" in schema:
        return text in schema.get("enum", [schema.get("const")])
    return "pattern" not in schema or pattern(schema["pattern"]).search(text) is not None


def nearest(text: str, schema: Mapping[str, Any]) -> str | None:
    """Return the first form of `text` that the schema takes, None if nothing is certain."""
    return next((each for each in _ways(text, schema) if fits(each, schema)), None)


def _ways(text: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield text
    clean = unwrapped(seen(text).strip()).strip().strip("\"'")
    yield clean
    yield from _colours(clean)
    if whole := re.fullmatch(_WHOLE, clean):
        yield whole[1]
    if clean[:8].lower() == "https://":
        yield "https" + clean[5:].replace("\\", "/").replace(" ", "%20")
    elif re.match(_URL_OTHERWISE, clean, re.IGNORECASE):
        yield re.sub(f"^{_URL_OTHERWISE}", "https://", clean, flags=re.IGNORECASE).replace("\\", "/")
    elif match := re.fullmatch(_MARKDOWN, clean):
        yield match[1]
    if fits("a-b", schema):
        yield slug(clean)


def _colours(text: str) -> Iterator[str]:
    if match := re.fullmatch(_HEX, text):
        yield "#" + (match[2] or "".join(digit * 2 for digit in match[1])).upper()
    elif match := re.fullmatch(_HEX_OTHERWISE, text):
        yield "#" + (match[1] or match[2]).upper()
    elif (match := re.fullmatch(_RGB, text, re.IGNORECASE)) and all(
        int(part) < 256 for part in match.groups()
    ):
        yield "#" + "".join(f"{int(part):02X}" for part in match.groups())


def is_local(text: str) -> bool:
    """Whether a text is the path of a file, which nobody else can fetch."""
    return re.match(_LOCAL, text) is not None


def slug(text: str) -> str:
    """Return small letters, digits and single hyphens; empty where nothing of that is left."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def culprit(text: str) -> tuple[str, str] | None:
    """Return the character that makes a text differ from what it looks like, and a message."""
    unseen = hidden(text)
    if unseen:
        return unseen, f"{name_of(unseen)} stands in it, which nobody can see"
    for character in text[:1] + text[-1:]:
        if is_curly(character):
            message = f"{character} is a curly quote (U+{ord(character):04X}), which YAML takes as text"
            return character, message
    if text.strip()[:8].lower() == "https://" and (" " in text or "\t" in text):
        return " " if " " in text else "\t", "there is a space in the URL"
    if text[:6].lower() == "https:" and "\\" in text:
        return "\\", "there is a backslash in the URL"
    return None
