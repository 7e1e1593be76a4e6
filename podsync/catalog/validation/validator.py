"""JSON Schema verdicts over plain data. The only home of `jsonschema`, which is imported when needed.

The schemas are those of `podsync.catalog.validation.schemas`: the same ones that editors use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from podsync.catalog.fast_path import quick_check
from podsync.catalog.validation.schemas import pattern, repeated, schema

if TYPE_CHECKING:
    from podsync.catalog.validation.value_messages import SchemaFinding, SchemaVerdict, Written


def fits(name: str, data: Any) -> bool:
    """Whether plain `data` satisfies schema `name`."""
    return _surely_fits(name, data) or next(_validator(name)(data), None) is None


def validate(name: str, data: Any, written: Written) -> list[SchemaVerdict]:
    """Return every fault that schema `name` finds in plain `data`; `written` returns the typed text."""
    if _surely_fits(name, data):
        return []
    return _verdicts(_validator(name)(data), schema(name), written)


def validate_head(kinds: Sequence[str], data: Any, written: Written) -> list[SchemaVerdict]:
    """Return the faults of a document whose kind is missing or unknown: only what every kind has."""
    head = _head_schema(tuple(kinds))
    return _verdicts(_compile(head)(data), head, written)


def _verdicts(
    findings: Iterator[SchemaFinding], schema: Mapping[str, Any], written: Written
) -> list[SchemaVerdict]:
    from podsync.catalog.validation.messages import messages

    return messages(findings, schema, written)


@cache
def _head_schema(kinds: tuple[str, ...]) -> Mapping[str, Any]:
    """Make the part that all kinds share; any `spec` and any further key will do."""
    properties: dict[str, Any] = {}
    for kind in kinds:
        properties |= schema(kind)["properties"]
    description = f"One of {', '.join(kinds)}."
    properties["kind"] = {"enum": list(kinds), "description": description, "examples": list(kinds)}
    properties["spec"] = {"description": "What the provider is sent.", "examples": [{}]}
    return {"type": "object", "required": ["kind", "name", "spec"], "properties": properties}


def _surely_fits(name: str, data: Any) -> bool:
    check = quick_check(name)
    return check is not None and bool(check(data))


@cache
def _validator(name: str) -> Callable[[Any], Iterator[SchemaFinding]]:
    return _compile(schema(name))


def _compile(schema: Mapping[str, Any]) -> Callable[[Any], Iterator[SchemaFinding]]:
    """Return a function from data to findings; the schema is compiled once, nothing is ever fetched."""
    from jsonschema import Draft7Validator, TypeChecker, ValidationError
    from jsonschema.validators import extend
    from referencing import Registry

    from podsync.catalog.validation.value_messages import SchemaFinding

    def is_integer(_checker: TypeChecker, value: object) -> bool:
        """Whether a value is an integer. 2.0 is not: it would be sent as 2.0."""
        return isinstance(value, int) and not isinstance(value, bool)

    def matches(_validator: Any, expression: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
        if isinstance(value, str) and not pattern(expression).search(value):
            yield ValidationError(f"{value!r} does not match {expression!r}")

    def unique(_validator: Any, wanted: bool, value: Any, _schema: Any) -> Iterator[ValidationError]:
        # The library's own check is quadratic for lists of mixed types.
        if wanted and isinstance(value, list) and repeated(value) is not None:
            yield ValidationError("an item appears twice")

    strict = extend(  # type: ignore[no-untyped-call]
        Draft7Validator,
        validators={"pattern": matches, "uniqueItems": unique},
        type_checker=Draft7Validator.TYPE_CHECKER.redefine("integer", is_integer),
    )
    validator = strict(dict(schema), registry=Registry())

    def findings(data: Any) -> Iterator[SchemaFinding]:
        for error in validator.iter_errors(data):
            path = tuple(error.absolute_path)
            in_key = "propertyNames" in error.relative_schema_path
            yield SchemaFinding(
                path, str(error.validator), error.validator_value, error.schema, error.instance, in_key
            )

    return findings
