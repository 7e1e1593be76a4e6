"""What an unquoted YAML text means, by the core schema of YAML 1.2.

`no`, `on`, `12:30`, `1_000` and `2024-01-01` are text; PyYAML's own rules (YAML 1.1) make other
things of them. Source: https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import re

_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
#: An unquoted text that begins otherwise is surely text; "" is not asked for.
SUSPECTS = frozenset("0123456789+-.~nNtTfF")
#: A longer integer stays text: JSON readers keep 15 digits exactly, and no field here counts so far.
INTEGER_DIGITS = 15

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_PAIR = "[\ud800-\udbff][\udc00-\udfff]"
_BASES = {"0o": 8, "0x": 16}


def resolve(text: str) -> str | int | float | bool | None:
    """Return the value of an unquoted `text`; `inf` and `nan` are returned for the caller to refuse."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        base = _BASES.get(text[:2], 10)
        digits = text[2:] if base != 10 else text.lstrip("+-")
        return int(digits if base != 10 else text, base) if len(digits) <= INTEGER_DIGITS else text
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def joined(text: str) -> str:
    """Join surrogate halves that are adjacent; a lone one stays."""
    if text.isprintable():  # a half is not
        return text
    return re.sub(_PAIR, lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
