"""A fast schema check that only says yes: the data surely satisfies a JSON Schema.

Nearly every document of a catalog is valid, and a full validator costs half a millisecond each and an eighth
of a second to import. Data accepted here is valid. Everything else goes to the validator, which decides and
explains. A keyword unknown here accepts nothing, so a schema may use any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

from podsync.catalog.validation.schemas import pattern, repeated, schema

#: What it returns is true or false.
Check: TypeAlias = Callable[[Any], object]
#: Makes the check of a value from a keyword's value and the schema around it.
_Maker: TypeAlias = Callable[[Any, Any], Check]

#: Say nothing of a value, or are looked after together with another keyword (`type` by `_all_of`).
_NO_CHECK = frozenset({
    "$schema", "title", "description", "examples", "default", "definitions",
    "type", "then", "else", "additionalProperties",
})  # fmt: skip


@cache
def check_of(name: str) -> Check:
    """Return the quick check of the schema called `name`."""
    return compiled_check(schema(name))


def compiled_check(schema: Mapping[str, Any]) -> Check:
    """Return the quick check of a schema."""
    kinds = _kinds_of(schema)
    checks: list[Check] = []
    for keyword, expected in schema.items():
        if keyword in _NO_CHECK:
            continue
        about, make = _KEYWORDS.get(keyword, (_ANY, _never))
        checks += _guarded(make(expected, schema), about, kinds)
    if "additionalProperties" in schema and "properties" not in schema:
        checks += _guarded(_properties({}, schema), _OBJECT, kinds)
    return _all_of(kinds, checks)


def _kinds_of(schema: Mapping[str, Any]) -> frozenset[type]:
    """Return what values may be by the schema's `type`."""
    if "type" not in schema:
        return _ANY
    named = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return frozenset(kind for name in named for kind in _TYPES[name])


def _guarded(check: Check, about: frozenset[type], kinds: frozenset[type]) -> list[Check]:
    """Return a keyword's check for values of `kinds`: it has a say about some kinds of values only."""
    if kinds <= about:
        return [check]
    return [lambda value: type(value) not in about or check(value)] if kinds & about else []


def _all_of(kinds: frozenset[type], checks: Sequence[Check]) -> Check:
    """Return one check. Every value of every document passes through it, so the usual forms are cheap."""
    if kinds == _ANY:
        if len(checks) == 1:
            return checks[0]
        return lambda value: all(check(value) for check in checks)
    if len(kinds) > 1:
        return lambda value: type(value) in kinds and all(check(value) for check in checks)
    (kind,) = kinds
    if not checks:
        return lambda value: type(value) is kind
    if len(checks) == 1:
        (only,) = checks
        return lambda value: type(value) is kind and only(value)
    first, second, *others = checks
    if not others:
        return lambda value: type(value) is kind and first(value) and second(value)

    # A loop takes half the time of `all` with a generator.
    def accepts(value: Any) -> bool:
        if type(value) is not kind:
            return False
        for check in checks:  # noqa: SIM110
            if not check(value):
                return False
        return True

    return accepts


def _never(_expected: Any, _schema: Any) -> Check:
    return lambda _: False


def _properties(expected: Any, schema: Any) -> Check:
    others = schema.get("additionalProperties", True)
    # A boolean schema accepts everything or nothing.
    other: Check = (lambda _: bool(others)) if isinstance(others, bool) else compiled_check(others)
    #: Made when a document first has the field: few documents have many of those that there are.
    checks: dict[str, Check] = {}
    find = checks.get

    def made(name: str) -> Check:
        if name not in expected:
            return other
        check = checks[name] = compiled_check(expected[name])
        return check

    def accepts(value: Any) -> bool:
        for name, item in value.items():
            check = find(name) or made(name)
            if not check(item):
                return False
        return True

    def accepts_named(value: Any) -> bool:
        for name in expected:
            if name in value:
                check = find(name) or made(name)
                if not check(value[name]):
                    return False
        return True

    return accepts_named if others is True else accepts


def _property_names(expected: Any, _schema: Any) -> Check:
    check = compiled_check(expected)
    return lambda value: all(map(check, value))


def _required(expected: Any, _schema: Any) -> Check:
    names = frozenset(expected)
    return lambda value: names <= value.keys()


def _items(expected: Any, _schema: Any) -> Check:
    check = compiled_check(expected)

    def accepts(value: Any) -> bool:
        for item in value:  # noqa: SIM110
            if not check(item):
                return False
        return True

    return accepts


def _pattern(expected: Any, _schema: Any) -> Check:
    return pattern(expected).search


def _if(expected: Any, schema: Any) -> Check:
    # Not accepting the condition does not prove that it fails, so only simple ones are known.
    contains = set(expected) == {"contains"} and set(expected["contains"]) <= {"const"}
    if not contains and set(expected) != {"required"}:
        return _never(expected, schema)
    condition = compiled_check(expected)
    then, other = compiled_check(schema.get("then", {})), compiled_check(schema.get("else", {}))
    return lambda value: then(value) if condition(value) else other(value)


def _contains(expected: Any, _schema: Any) -> Check:
    check = compiled_check(expected)
    return lambda value: any(map(check, value))


def _const(expected: Any, _schema: Any) -> Check:
    kind = type(expected)
    return lambda value: type(value) is kind and value == expected


def _enum(expected: Any, _schema: Any) -> Check:
    checks = [_const(item, None) for item in expected]
    return lambda value: any(check(value) for check in checks)


def _unique(expected: Any, _schema: Any) -> Check:
    return lambda value: not expected or len(value) < 2 or repeated(value) is None


def _number(test: Callable[[Any, Any], bool]) -> tuple[frozenset[type], _Maker]:
    return _NUMBER, lambda expected, _schema: lambda value: test(value, expected)


_ANY: frozenset[type] = frozenset({dict, list, str, bool, int, float, type(None)})
_OBJECT: frozenset[type] = frozenset({dict})
_ARRAY: frozenset[type] = frozenset({list})
_STRING: frozenset[type] = frozenset({str})
_NUMBER: frozenset[type] = frozenset({int, float})
_TYPES: Mapping[str, frozenset[type]] = {
    "object": _OBJECT,
    "array": _ARRAY,
    "string": _STRING,
    "boolean": frozenset({bool}),
    "integer": frozenset({int}),
    "number": _NUMBER,
    "null": frozenset({type(None)}),
}
#: Keyword -> the kinds of values that it has a say about, and what makes its check of such a value.
_KEYWORDS: Mapping[str, tuple[frozenset[type], _Maker]] = {
    "properties": (_OBJECT, _properties),
    "propertyNames": (_OBJECT, _property_names),
    "required": (_OBJECT, _required),
    "items": (_ARRAY, _items),
    "pattern": (_STRING, _pattern),
    "if": (_ANY, _if),
    "contains": (_ARRAY, _contains),
    "const": (_ANY, _const),
    "enum": (_ANY, _enum),
    "uniqueItems": (_ARRAY, _unique),
    "minimum": _number(lambda value, least: bool(value >= least)),
    "maximum": _number(lambda value, most: bool(value <= most)),
    "exclusiveMinimum": _number(lambda value, least: bool(value > least)),
    "maxLength": (_STRING, lambda most, _schema: lambda value: len(value) <= most),
    "minItems": (_ARRAY, lambda least, _schema: lambda value: len(value) >= least),
    "maxItems": (_ARRAY, lambda most, _schema: lambda value: len(value) <= most),
}
