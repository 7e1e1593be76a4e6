"""Reading JSON that was written by podsync, strictly.

`json.loads` keeps the last of two equal keys, takes NaN, turns 1e999 into infinity and recurses
until the stack ends: none of it can be meant in a state or a plan.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

#: A state of 100,000 products has some 80 MB.
SIZE_LIMIT = 512 * 1024 * 1024


def loads(text: str) -> Any:
    """Read one JSON value; raises ValueError with one sentence for everything else."""
    if len(text) > SIZE_LIMIT:
        raise ValueError(f"larger than {SIZE_LIMIT >> 20} MiB")
    if not text.strip():
        raise ValueError("empty")
    try:
        return json.loads(
            text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {key!r} stands twice")
            seen.add(key)
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large a number")
    return value
