"""Masks keys in every text that came from outside, in every form in which a key can travel.

A server that repeats the key must not make podsync write it down, and neither must an exception of our
own. What is looked for: the key itself; each of its characters as JSON, a URL or HTML may spell it, also
twice over and mixed; its bytes in hex; and its base64, whatever is before and after it (three
alignments, both alphabets, its own signs spelt as above). Case is ignored, except in base64.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Any

#: Shorter values are not hidden: each innocent occurrence of such a word would be masked as well, and the
#: places that are masked would tell the word. No provider gives out keys that short.
SHORTEST = 8
MASK = "***"
#: Levels of a JSON value: what is deeper ends in an exception somewhere later.
DEEPEST = 100
#: Entities that have a name; every character may be a number as well.
_NAMED = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos", " ": "nbsp", "+": "plus", "=": "equals"}
_NAMED |= {"/": "sol", ":": "colon", "-": "hyphen", "_": "lowbar", ".": "period", "%": "percnt"}


class Secrets:
    """Hides what it was given; values shorter than `SHORTEST` are not hidden."""

    def __init__(self, values: Iterable[str]) -> None:
        found = sorted({value for value in values if len(value) >= SHORTEST}, key=len, reverse=True)
        forms = [form for value in found for form in _forms(value)]
        self._pattern = re.compile("|".join(forms)) if forms else None

    def hide(self, text: str) -> str:
        """Return `text` with `***` for each occurrence of a secret, in whatever form."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def hide_in(self, value: Any, depth: int = 0) -> Any:
        """Return a JSON value with every secret hidden, in the names of its members as well.

        Raises RecursionError for one that is nested deeper than anybody means.
        """
        if depth > DEEPEST:
            raise RecursionError
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, dict):
            return {self.hide(key): self.hide_in(item, depth + 1) for key, item in value.items()}
        return [self.hide_in(item, depth + 1) for item in value] if isinstance(value, list) else value


def _forms(value: str) -> Iterable[str]:
    data = value.encode()
    yield f"(?i:{''.join(map(_spelled, value))})"
    yield f"(?i:{data.hex()})"
    for offset in range(3):
        # The characters that the secret alone decides, whatever is around it; its neighbours hold a
        # few of its bits, and go with it.
        text = base64.b64encode(bytes(offset) + data).decode().rstrip("=")
        first = (offset * 8 + 5) // 6
        last = (offset + len(data)) * 8 // 6
        before = "[A-Za-z0-9+/_-]?" if offset else ""
        yield f"{before}{''.join(map(_letter, text[first:last]))}[A-Za-z0-9+/_-]?(?:=|%3[dD])*"


def _letter(letter: str) -> str:
    """A character of base64, in either alphabet, spelt as it may be."""
    if letter.isalnum():
        return letter
    return f"(?i:{_spelled(letter)}|{'-' if letter == '+' else '_'})"


def _spelled(letter: str) -> str:
    """A pattern for one character of a secret, however JSON, a URL or HTML spell it."""
    plain = "(?:[+]|\\\\*\\ )" if letter == " " else f"\\\\*{re.escape(letter)}"
    url = "".join(f"%(?:25)*{byte:02x}" for byte in letter.encode())
    number = ord(letter)
    units = letter.encode("utf-16-be")
    pairs = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
    escaped = "".join(f"\\\\+u{pair}" for pair in pairs)
    names = [f"#0*{number}", f"#x0*{number:x}", *([_NAMED[letter]] if letter in _NAMED else [])]
    entity = f"&(?:amp;)*(?:{'|'.join(names)});"
    short = f"|\\\\+x{number:02x}" if number < 256 else ""
    return f"(?:{plain}|{url}|{escaped}{short}|{entity})"
