"""Values as YAML that a person could have written: plain where that is certain, quoted where it is not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from podsync.catalog.parsing.scalars import resolve

#: Texts that every YAML reader takes as text: words, and https addresses.
_PLAIN = re.compile(
    r"[^\W\d_](?:[\w ./()&+'-]*[\w./()+'-])?|https://[A-Za-z0-9._~/?=&%+:@!$();-]*[A-Za-z0-9_~/=&%+-]"
)
#: Columns that a list in one line may take.
_WIDE = 100


def scalar(value: Any) -> str:
    """Return a text, a number or a boolean as YAML; a text that could be read as anything else in quotes."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    plain = _PLAIN.fullmatch(value) and value.isprintable() and isinstance(resolve(value), str)
    # To readers of YAML 1.1, an editor's among them, these are booleans.
    if plain and value.lower() not in {"yes", "no", "on", "off", "y", "n"}:
        return value
    return json.dumps(value, ensure_ascii=False)


def lines(key: str, value: Any, indent: str = "") -> Iterator[str]:
    """Yield `key: value` as block YAML; lists of plain values stay on one line if they fit."""
    if isinstance(value, Mapping):
        yield f"{indent}{key}:"
        for name, each in value.items():
            yield from lines(name, each, f"{indent}  ")
    elif isinstance(value, list | tuple):
        yield from _sequence(key, value, indent)
    else:
        yield f"{indent}{key}: {scalar(value)}"


def _sequence(key: str, values: Sequence[Any], indent: str) -> Iterator[str]:
    if not any(isinstance(each, Mapping | list | tuple) for each in values):
        whole = f"{indent}{key}: [{', '.join(map(in_flow, values))}]"
        if len(whole) <= _WIDE:
            yield whole
            return
    yield f"{indent}{key}:"
    for each in values:
        if not isinstance(each, Mapping):
            yield f"{indent}  - {scalar(each)}"
            continue
        first = f"{indent}  - "
        for name, inner in each.items():
            inner_lines = list(lines(name, inner, f"{indent}    "))
            yield first + inner_lines[0].lstrip(" ")
            yield from inner_lines[1:]
            first = f"{indent}    "


def in_flow(value: Any) -> str:
    """Return a value as YAML for a list or a mapping on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{in_flow(key)}: {in_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(in_flow, value))}]"
    text = scalar(value)
    if not isinstance(value, str) or re.fullmatch(r"[\w.-]+", text):
        return text
    return json.dumps(value, ensure_ascii=False)
