"""A JSON parser that refuses what two readers could read differently."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from podsync.files.foreign import Conflict, conflict, recognised


class NotStrictError(ValueError):
    """The bytes are not the JSON that podsync writes; the text is one sentence without a full stop.

    `remedy` says what to do where the cause is known; `conflict` is the merge that nobody finished.
    """

    def __init__(self, message: str, remedy: str = "", conflict: Conflict | None = None) -> None:
        super().__init__(message)
        self.remedy, self.conflict = remedy, conflict


def loads(data: bytes) -> Any:
    """Parse UTF-8 JSON.

    Raises NotStrictError for anything that is not JSON, and for duplicate keys, NaN, Infinity,
    numbers beyond a float (1e999), integers of thousands of digits, and nesting too deep to walk.
    """
    text = _text(data)
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite
        )
    except NotStrictError:
        raise
    except json.JSONDecodeError as error:
        raise _not_json(text, error) from None
    except ValueError:
        raise NotStrictError("it holds a number of thousands of digits") from None
    except RecursionError:
        raise NotStrictError("it is nested too deeply") from None


def _text(data: bytes) -> str:
    """Decode UTF-8; a mark at the start, as some editors write it, is no part of the text."""
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        foreign = recognised(data)
        if foreign is not None:
            raise NotStrictError(f"it {foreign.summary}", foreign.detail) from None
        message = f"byte {error.start} is not UTF-8"
        raise NotStrictError(message) from None


def _not_json(text: str, error: json.JSONDecodeError) -> NotStrictError:
    """Say what is there instead of JSON, where that is known; else where it is not JSON any more."""
    found = conflict(text)
    if found is not None:
        message = f"line {found.line} begins an unresolved merge conflict"
        return NotStrictError(message, "", found)
    foreign = recognised(text.encode("utf-8", "surrogatepass"))
    if foreign is not None:
        return NotStrictError(f"it {foreign.summary}", foreign.detail)
    if not text[error.pos :].strip():
        return NotStrictError(f"it ends in the middle, in line {error.lineno}")
    return NotStrictError(f"line {error.lineno}, column {error.colno} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        message = f"the key {twice!r:.80} appears twice in one object"
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
