"""What a JSON Schema validator found, in people's words. Knows schemas, not the validator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from podsync.catalog.validation.fixes import Fixing, line_of
from podsync.catalog.validation.nearest import culprit, did_you_mean, slug
from podsync.catalog.validation.schemas import kind_of_fields, schema_at
from podsync.catalog.validation.value_messages import (
    SchemaFinding,
    SchemaVerdict,
    Written,
    about_value,
    example_of,
    line,
    shown,
)
from podsync.model.characters import seen, unwrapped
from podsync.model.frozen import Path
from podsync.providers.registry import plugins

#: Findings of one document that are told: more would only bury the first.
_MOST = 100


def messages(
    findings: Iterable[SchemaFinding], root: Mapping[str, Any], written: Written
) -> list[SchemaVerdict]:
    """Return one verdict per fault; of several about one value only the first."""
    verdicts: dict[tuple[Path, bool, str], SchemaVerdict] = {}
    for finding in islice(findings, _MOST):
        if finding.keyword == "required" and "properties" not in finding.schema:
            # What is required on a condition stands apart from what it is about.
            finding = finding._replace(schema=schema_at(root, finding.path))  # noqa: PLW2901
        if finding.keyword in {"required", "additionalProperties"}:
            words = _missing(finding) if finding.keyword == "required" else _unknown(finding, root)
        else:
            needed = finding.instance is not None or _is_needed(finding.path, root)
            words = iter([about_value(finding._replace(needed=needed), written)])
        for verdict in words:
            about = verdict.summary if finding.keyword == "required" and not verdict.on_key else ""
            verdicts.setdefault((verdict.path, verdict.on_key, about), verdict)
    return list(verdicts.values())


def _is_needed(path: Path, root: Mapping[str, Any]) -> bool:
    """Whether the value at a path may not be left out: an item of a list, a key that is required."""
    around = path[:-1]
    required: list[object] = [
        key
        for schema in (root, root.get("else", {}))
        for key in schema_at(schema, around).get("required", ())
    ]
    return not path or isinstance(path[-1], int) or path[-1] in required


def _missing(finding: SchemaFinding) -> Iterator[SchemaVerdict]:
    properties = finding.schema["properties"]
    absent = [key for key in finding.expected if key not in finding.instance]
    # A misspelt key is reported as unknown, with the right one in its hint: it is not missing too.
    others = (key for key in finding.instance if key not in properties)
    unknown = {key: _meant(key, absent) for key in islice(others, _MOST)}
    absent = [key for key in absent if key not in unknown.values()]
    if finding.schema.get("additionalProperties", True) is not False:
        for key, close in unknown.items():
            if close:
                yield _unknown_key(finding.path, key, f"did you mean '{close}'?", Fixing("name", close))
    if len(absent) > 1 and not finding.path and absent == finding.expected:
        names = ", ".join(f"'{key}'" for key in absent)
        detail = "begin a product with these three; name a file that is not one with a first _ or ."
        yield SchemaVerdict(finding.path, False, f"this is not a product document: it has no {names}", detail)
        return
    for key in absent:
        yield _absent(finding, key, properties[key])


def _absent(finding: SchemaFinding, key: str, schema: Mapping[str, Any]) -> SchemaVerdict:
    """Return the verdict on a missing key, with a whole value to add."""
    summary = line(finding.path, f"'{key}' is missing")
    description = schema.get("description", "")
    example = example_of(schema)
    if not finding.path:
        if key == "kind":
            example = _kind_of(finding, schema)
        elif key == "name":
            example = _name_from(finding.instance) or example
    detail, mend = f"add `{key}:`. {description}", None
    if example == {}:
        detail = f"add `{key}:`, and below it the fields of the product"
    elif isinstance(example, dict):
        lines = "\n".join([f"{key}:", *(f"  {line_of(*pair)}" for pair in example.items())])
        detail, mend = f"add, for instance\n{lines}", Fixing("add", lines)
    elif example is not None:
        pair = line_of(key, example)
        own = "" if not finding.path and key in {"kind", "name"} else ", for instance"
        detail, mend = f"add{own} `{pair}`. {description}", Fixing("add", pair)
    return SchemaVerdict(finding.path, False, summary, detail, mend)


def _kind_of(finding: SchemaFinding, schema: Mapping[str, Any]) -> str | None:
    """Return the only kind that there is, or the one that the document's fields are of."""
    kinds = schema.get("enum") or [schema.get("const")]
    return kinds[0] if len(kinds) == 1 else kind_of_fields(kinds, finding.instance.get("spec"))


def _name_from(document: Mapping[str, Any]) -> str:
    """Return the product's name as a valid name of a document."""
    spec = document.get("spec")
    given = (spec.get(info.roles.name) for info in plugins().values()) if isinstance(spec, dict) else ()
    title = next(filter(None, given), None)
    return slug(title)[:100].strip("-") if isinstance(title, str) else ""


def _meant(key: str, known: Iterable[str]) -> str | None:
    """Return the known key that is meant: the same without invisible characters, or the nearest."""
    known = list(known)
    clean = unwrapped(seen(key).strip()).strip()
    return clean if clean in known else did_you_mean(key, known)


def _unknown(finding: SchemaFinding, root: Mapping[str, Any]) -> Iterator[SchemaVerdict]:
    properties = finding.schema["properties"]
    unknown = (key for key in finding.instance if key not in properties)
    in_spec = root.get("properties", {}).get("spec", {}).get("properties", {})
    for key in islice(unknown, _MOST):
        close = _meant(key, [known for known in properties if known not in finding.instance])
        if not finding.path and key in in_spec:
            spec = finding.instance.get("spec")
            mend = None if isinstance(spec, dict) and key in spec else Fixing("under", "spec")
            yield _unknown_key((), key, f"'{key}' belongs under `spec:`", mend)
        elif close:
            yield _unknown_key(finding.path, key, f"did you mean '{close}'?", Fixing("name", close))
        else:
            yield _unknown_key(finding.path, key, "known keys: " + ", ".join(properties))


def _unknown_key(path: Path, key: str, detail: str, mend: Fixing | None = None) -> SchemaVerdict:
    cause = culprit(key)
    if cause is not None and mend is not None:
        return SchemaVerdict((*path, key), True, line(path, cause[1]), f"write {mend.text}", mend, cause[0])
    return SchemaVerdict((*path, key), True, line(path, f"unknown key {shown(key)}"), detail, mend)
