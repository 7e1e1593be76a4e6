"""The schemas as people and editors get them: the shared parts, and those of each provider.

`document.schema.json` and `settings.schema.json` beside this module hold the shared parts; `schema.json` in a
provider's package describes its `spec`. The schemas of plans and states are whole files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path as FilePath
from typing import Any

import podsync
from podsync.model.frozen import Path
from podsync.providers.descriptor import ProviderInfo
from podsync.providers.registry import kinds, plugins
from podsync.state.backends import BACKENDS

_SUFFIX = ".schema.json"
_HERE = FilePath(__file__).parent
_WHOLE = ("plan", "state")
#: The settings that an environment may override.
_PER_ENVIRONMENT = ("sandbox", "state", "providers", "limits", "vars", "ignore")


@cache
def schema_names() -> tuple[str, ...]:
    """Return the names that `schema` knows, sorted."""
    return tuple(sorted((*_WHOLE, "catalog", "defaults", "podsync", *kinds())))


def schema_text(name: str) -> str:
    """Return a schema as a file holds it; raises KeyError for an unknown name."""
    return json.dumps(schema_for_editors(name), indent=2, ensure_ascii=False) + "\n"


@cache
def schema(name: str) -> dict[str, Any]:
    """Return a schema as data. Do not change it: it is shared."""
    if name in _WHOLE:
        data: dict[str, Any] = json.loads((_folder() / f"{name}{_SUFFIX}").read_text(encoding="utf-8"))
        return data
    if name == "catalog":
        return _of_catalog()
    if name == "removed":
        removed: dict[str, Any] = json.loads(_shared("removed").replace("KIND.d", f"{next(iter(kinds()))}.d"))
        return removed
    if name == "defaults":
        return _of_defaults()
    return _of_settings() if name == "podsync" else _of_kind(plugins()[kinds()[name]])


def sources(kind: str | None) -> Iterator[str]:
    """Yield all that the schema of a kind, or of the settings, is made of: cheaper than the schema itself."""
    yield _shared("settings" if kind is None else "document")
    yield _shared("removed")
    if kind is None:
        yield repr([(each.name, each.about, each.keys) for each in BACKENDS.values()])
    for info in plugins().values():
        if kind is None:
            yield repr((info.name, info.title, info.long_title, info.settings, info.settings_schema))
        elif info.kind == kind:
            yield info.schema_text()


def _folder() -> FilePath:
    """Return the folder of whole schemas: inside an installed package, beside it in a checkout."""
    package = FilePath(podsync.__file__).parent
    installed = package / "schemas"
    return installed if installed.is_dir() else package.parent / "schemas"


def _shared(name: str) -> str:
    return (_HERE / f"{name}{_SUFFIX}").read_text(encoding="utf-8")


def _made_at(info: ProviderInfo) -> str:
    return f"{info.kind}: made at {info.long_title or info.title}."


def _of_kind(info: ProviderInfo) -> dict[str, Any]:
    roles, own = info.roles, json.loads(info.schema_text())
    text = (
        _shared("document")
        .replace("ARTWORK_NAME", roles.artwork_name)
        .replace("spec.NAME", f"spec.{roles.name}")
        .replace('"NAME"', json.dumps(roles.name))
    )
    shared: dict[str, Any] = json.loads(text)
    fields = shared["properties"]
    fields["kind"] |= {"description": _made_at(info), "const": info.kind}
    # What is printed has a size where there is artwork; a name is given up where orders say it.
    for field, has in (("print", roles.artwork), ("renamed_from", info.unique_names)):
        if not has:
            del fields[field]
    del fields[_FOR_EDITORS]
    if not info.swaps:
        del fields["lifecycle"]["properties"]["replace"]
    fields["changed_there"]["propertyNames"]["enum"] = list(own["spec"]["properties"])
    # What exists already may be described in part: no listing tells all of it.
    spec = fields["spec"] = dict(own["spec"])
    required = spec.pop("required")
    spec["examples"] = [{field: spec["properties"][field]["examples"][0] for field in required}]
    shared |= {"if": {"required": ["adopt"]}, "else": {"properties": {"spec": {"required": required}}}}
    head = {"$schema": shared.pop("$schema"), "title": own["title"], "description": own["description"]}
    return head | shared


def _of_catalog() -> dict[str, Any]:
    infos = plugins().values()
    removed = schema("removed")
    kind_field = {"title": "kind", "description": " ".join(map(_made_at, infos)), "enum": list(kinds())}
    return {
        "$schema": schema(next(iter(kinds())))["$schema"],
        "title": "podsync product document",
        "description": "One product. `kind` decides what `spec` holds.",
        "type": "object",
        "anyOf": [{"required": ["kind"]}, {"required": ["removed"]}],
        "properties": {"kind": kind_field, **removed["properties"]},
        "allOf": [
            {
                "if": {"required": ["kind"], "properties": {"kind": {"const": kind}}},
                "then": {"$ref": f"#/definitions/{kind}"},
            }
            for kind in kinds()
        ],
        "definitions": {
            kind: {key: value for key, value in schema(kind).items() if key != "$schema"} for kind in kinds()
        },
    }


def _of_settings() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_shared("settings"))
    providers = data["properties"]["providers"]
    block = json.dumps(providers["additionalProperties"])
    providers["additionalProperties"] = False
    for name, info in plugins().items():
        providers["properties"][name] = own = json.loads(block)
        own["title"] = info.long_title or info.title
        fields, limit = own["properties"], info.settings.rate_limit._asdict()
        for field in ("base_url", "parallelism", "timeout_seconds", "settle_seconds", "retry_seconds"):
            fields[field] |= _default(getattr(info.settings, field))
        for field, value in limit.items():
            fields["rate_limit"]["properties"][field] |= _default(value)
        fields["rate_limit"]["default"] = limit
        fields |= info.settings_schema
    fields = data["properties"]["state"]["properties"]
    about = " ".join(f"{each.name}: {each.about}." for each in BACKENDS.values())
    fields["backend"] |= {"description": about, "enum": list(BACKENDS)}
    for backend in BACKENDS.values():
        fields |= backend.keys
    ignore = data["properties"]["ignore"]
    ids = ignore.pop("additionalProperties")
    ignore |= {"additionalProperties": False, "properties": dict.fromkeys(plugins(), ids)}
    ignore["examples"] = [{name: ["4990"]} for name in plugins()][:1]
    environment = data["properties"]["environments"]["additionalProperties"]
    environment["properties"] = {name: data["properties"][name] for name in _PER_ENVIRONMENT}
    return data


#: Is said with `each` only, where it is read before this schema is asked; who misspells `renamed_from` does
#: not mean it.
_FOR_EDITORS = "renamed"
#: What documents of a folder may have in common.
_COMMON = ("labels", "lifecycle", "print", "spec")


def _of_defaults() -> dict[str, Any]:
    shared = schema(next(iter(kinds())))["$schema"]
    properties = {
        kind: {
            "title": kind,
            "description": f"What every {kind} of this folder and of those below it begins with.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                word: _everywhere(_naming(found), _nullable)
                for word, found in schema(kind)["properties"].items()
                if word in _COMMON
            },
        }
        for kind in kinds()
    }
    return {
        "$schema": shared,
        "title": "podsync defaults",
        "description": "What documents have in common, by kind. null removes what a folder above says.",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def types_of(node: Mapping[str, Any]) -> list[str]:
    """Return the types that a schema allows; that of texts if it names none."""
    types = node.get("type", "string")
    return [types] if isinstance(types, str) else list(types)


def _nullable(found: dict[str, Any]) -> dict[str, Any]:
    """Return a schema for a part of a value: nothing is required, and null removes an inherited value."""
    left = {key: value for key, value in found.items() if key not in {"required", "minItems"}}
    return left | {"type": [*types_of(found), "null"]}


def _removable(found: dict[str, Any]) -> dict[str, Any]:
    """Return a schema for a field that is merged with defaults. Lists replace theirs, and are complete."""
    return _nullable(found) | ({"minItems": found["minItems"]} if "minItems" in found else {})


def schema_for_editors(name: str) -> dict[str, Any]:
    """Return a schema for editors, which see one file and not its products.

    A document may use references, leave required fields to defaults, or remove inherited values, so an editor
    must not underline these. `validate` reports missing fields of products. Do not change the result: it is
    shared.
    """
    if name in kinds():
        return _of_template(schema(name))
    if name != "catalog":
        return schema(name)
    found = _of_catalog()
    return found | {
        "definitions": {kind: _of_template(definition) for kind, definition in found["definitions"].items()}
    }


def _of_template(definition: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a kind for documents as they are written, before expansion."""
    renamed = json.loads(_shared("document"))["properties"][_FOR_EDITORS]
    fields = {**definition["properties"], _FOR_EDITORS: renamed}
    for word in ("labels", "renamed_from", "spec"):
        if word in fields:
            fields[word] = _naming(fields[word])
    for word in _COMMON:
        if word in fields:
            fields[word] = _everywhere(fields[word], _removable, ("additionalProperties",))
    for word in ("adopt", "moved", "recreate"):
        fields[word] = fields[word] | {"type": [fields[word]["type"], "object"]}
    left = {key: value for key, value in definition.items() if key not in {"if", "else"}}
    return left | {
        "required": [each for each in definition["required"] if each != "spec"],
        "properties": fields,
    }


#: A text that names a value.
_NAMED = r"\$\{[^}]+\}"


def _naming(node: Any) -> Any:
    """Return a schema that also accepts texts with references."""

    def naming(found: dict[str, Any]) -> dict[str, Any]:
        if "pattern" in found:
            left = {key: value for key, value in found.items() if key != "maxLength"}
            return left | {"pattern": f"{_NAMED}|{found['pattern']}"}
        types = types_of(found)
        if types == ["string"] or found is node:
            return found
        return found | {"type": [*types, "string"], "pattern": _NAMED}

    return _everywhere(node, naming)


def _everywhere(
    node: Any,
    change: Callable[[dict[str, Any]], dict[str, Any]],
    into: Sequence[str] = ("items", "additionalProperties"),
) -> Any:
    """Change a schema and those in it: of its `properties`, and what it says under `into`."""
    if not isinstance(node, dict):
        return node
    found = change(node) | {word: _everywhere(node[word], change, into) for word in into if word in node}
    if "properties" in node:
        found["properties"] = {k: _everywhere(v, change, into) for k, v in node["properties"].items()}
    return found


def _default(value: object) -> dict[str, object]:
    return {"default": value, "examples": [value]}


def pattern(expression: str) -> re.Pattern[str]:
    r"""Compile a schema's pattern so that `$` means the very end, not also before a last line feed."""
    return re.compile(re.sub(r"(?<!\\)\$", r"\\Z", expression))


def repeated(items: list[Any]) -> int | None:
    """Return the index of the first repeated item; linear, for items of any type."""
    if set(map(type, items)) == {str} and len(set(items)) == len(items):
        return None
    seen: set[str] = set()
    for index, item in enumerate(items):
        key = json.dumps(item, sort_keys=True)
        if key in seen:
            return index
        seen.add(key)
    return None


def kind_of_fields(kinds: Sequence[str], spec: Any) -> str | None:
    """Return the kind that most fields of a spec belong to; None if no kind has more than the others."""
    if not isinstance(spec, dict):
        return None
    known = {kind: schema(kind)["properties"]["spec"]["properties"].keys() for kind in kinds}
    counts = sorted(((len(spec.keys() & known[kind]), kind) for kind in kinds), reverse=True)
    clear = counts[0][0] > (counts[1][0] if len(counts) > 1 else 0)
    return counts[0][1] if clear else None


def field_schemas(path: Path) -> list[Mapping[str, Any]]:
    """Return what every kind says of the field at a path of a document; of an item of a list, its `items`."""
    wholes = map(schema, schema_names())
    found = [schema_at(whole, path) for whole in wholes if "spec" in whole.get("properties", {})]
    return [each for each in found if each]


def schema_at(root: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """Return the schema of the value at a path; an empty one if there is none."""
    node: Any = root
    for part in path:
        node = node.get("items", {}) if isinstance(part, int) else node.get("properties", {}).get(part, {})
    found: Mapping[str, Any] = node
    return found
