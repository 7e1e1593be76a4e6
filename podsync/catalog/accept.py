"""A quick yes: whether plain data surely satisfies a JSON Schema.

Nearly every document of a catalog is valid, and a full validator costs half a millisecond each and
an eighth of a second to import. What is accepted here is valid; what is not goes to the validator,
which decides and explains. A keyword that is not known here accepts nothing, so that a schema may
use any.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sized
from typing import Any, TypeAlias

Check: TypeAlias = Callable[[Any], bool]

_TYPES: Mapping[str, Check] = {
    "object": lambda value: type(value) is dict,
    "array": lambda value: type(value) is list,
    "string": lambda value: type(value) is str,
    "boolean": lambda value: type(value) is bool,
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) in {int, float},
    "null": lambda value: value is None,
}
_ANNOTATIONS = frozenset({"$schema", "title", "description", "examples", "default", "definitions"})


def pattern(expression: str) -> re.Pattern[str]:
    r"""Compile a schema's pattern so that `$` means the very end, not also before a last line feed."""
    return re.compile(re.sub(r"(?<!\\)\$", r"\\Z", expression))


def repeated(items: list[Any]) -> int | None:
    """Return the index of the first item that stood before; linear, whatever the items are."""
    if all(type(item) is str for item in items) and len(set(items)) == len(items):
        return None
    seen: set[str] = set()
    for index, item in enumerate(items):
        key = json.dumps(item, sort_keys=True)
        if key in seen:
            return index
        seen.add(key)
    return None


def acceptor(schema: Mapping[str, Any]) -> Check:
    """Return the quick check of a schema."""
    checks: list[Check] = []
    for keyword, expected in schema.items():
        if keyword in _ANNOTATIONS or keyword in {"then", "additionalProperties"}:
            continue
        make = _KEYWORDS.get(keyword)
        checks.append(make(expected, schema) if make else _never)
    if "additionalProperties" in schema and "properties" not in schema:
        checks.append(_properties({}, schema))
    if len(checks) == 1:
        return checks[0]

    # A loop takes half the time of `all` with a generator; every value of every document comes by here.
    def accepts(value: Any) -> bool:
        for check in checks:  # noqa: SIM110
            if not check(value):
                return False
        return True

    return accepts


def _never(_value: Any) -> bool:
    return False


def _type(expected: Any, _schema: Any) -> Check:
    if isinstance(expected, str):
        return _TYPES[expected]
    checks = [_TYPES[name] for name in expected]
    return lambda value: any(check(value) for check in checks)


def _properties(expected: Any, schema: Any) -> Check:
    checks = {name: acceptor(inner) for name, inner in expected.items()}
    others = schema.get("additionalProperties", True)
    # A boolean schema accepts everything or nothing.
    other: Check = (lambda _: bool(others)) if isinstance(others, bool) else acceptor(others)

    find = checks.get

    def accepts(value: Any) -> bool:
        if type(value) is dict:
            for name, item in value.items():
                if not find(name, other)(item):
                    return False
        return True

    return accepts


def _property_names(expected: Any, _schema: Any) -> Check:
    check = acceptor(expected)
    return lambda value: type(value) is not dict or all(map(check, value))


def _required(expected: Any, _schema: Any) -> Check:
    names = frozenset(expected)
    return lambda value: type(value) is not dict or names <= value.keys()


def _items(expected: Any, _schema: Any) -> Check:
    check = acceptor(expected)
    return lambda value: type(value) is not list or all(map(check, value))


def _pattern(expected: Any, _schema: Any) -> Check:
    search = pattern(expected).search
    return lambda value: type(value) is not str or search(value) is not None


def _if(expected: Any, schema: Any) -> Check:
    condition, then = acceptor(expected), acceptor(schema.get("then", {}))
    # Not accepting the condition does not prove that it fails, so only simple ones are known.
    known = set(expected) <= {"contains"} and set(expected.get("contains", {})) <= {"const"}
    return (lambda value: then(value) if condition(value) else True) if known else _never


def _contains(expected: Any, _schema: Any) -> Check:
    check = acceptor(expected)
    return lambda value: type(value) is not list or any(map(check, value))


def _const(expected: Any, _schema: Any) -> Check:
    return lambda value: type(value) is type(expected) and value == expected


def _enum(expected: Any, _schema: Any) -> Check:
    checks = [_const(item, None) for item in expected]
    return lambda value: any(check(value) for check in checks)


def _unique(expected: Any, _schema: Any) -> Check:
    return lambda value: not expected or type(value) is not list or len(value) < 2 or repeated(value) is None


def _number(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Check]:
    def make(expected: Any, _schema: Any) -> Check:
        return lambda value: type(value) not in {int, float} or test(value, expected)

    return make


def _sized(kind: type[Sized], test: Callable[[int, int], bool]) -> Callable[[Any, Any], Check]:
    def make(expected: Any, _schema: Any) -> Check:
        return lambda value: not isinstance(value, kind) or test(len(value), expected)

    return make


_KEYWORDS: Mapping[str, Callable[[Any, Any], Check]] = {
    "type": _type,
    "properties": _properties,
    "propertyNames": _property_names,
    "required": _required,
    "items": _items,
    "pattern": _pattern,
    "if": _if,
    "contains": _contains,
    "const": _const,
    "enum": _enum,
    "uniqueItems": _unique,
    "minimum": _number(lambda value, least: bool(value >= least)),
    "maximum": _number(lambda value, most: bool(value <= most)),
    "exclusiveMinimum": _number(lambda value, least: bool(value > least)),
    "maxLength": _sized(str, lambda length, most: length <= most),
    "minItems": _sized(list, lambda length, least: length >= least),
    "maxItems": _sized(list, lambda length, most: length <= most),
}
