"""The schemas of a field in all kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from podsync.catalog.validation.schemas import schema, schema_names
from podsync.model.frozen import Path


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
    found = []
    for name in schema_names():
        node: Any = schema(name)
        if "spec" not in node.get("properties", {}):
            continue
        for part in path:
            node = node.get("items" if isinstance(part, int) else "properties", {})
            node = node if isinstance(part, int) else node.get(part, {})
        if node:
            found.append(node)
    return found
