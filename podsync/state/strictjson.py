"""JSON as podsync reads its own files: what two readers could read differently is refused."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


class NotStrictError(ValueError):
    """The bytes are not the JSON that podsync writes; the text is one sentence without a full stop."""


def loads(data: bytes) -> Any:
    """Parse UTF-8 JSON.

    Raises NotStrictError for anything that is not JSON, and for duplicate keys, NaN, Infinity,
    numbers beyond a float (1e999), integers of thousands of digits, and nesting too deep to walk.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8"
        raise NotStrictError(message) from None
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite
        )
    except NotStrictError:
        raise
    except json.JSONDecodeError as error:
        message = f"line {error.lineno}, column {error.colno} is not JSON: {error.msg}"
        raise NotStrictError(message) from None
    except ValueError:
        raise NotStrictError("it holds a number of thousands of digits") from None
    except RecursionError:
        raise NotStrictError("it is nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        message = f"the key {twice!r:.80} stands twice in one object"
        raise NotStrictError(message)
    return found


def _refuse_constant(text: str) -> NoReturn:
    message = f"{text} is not a number"
    raise NotStrictError(message)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        message = f"{text:.40} is too large a number"
        raise NotStrictError(message)
    return number
