"""A file in form, and the order of its keys: that of the schemas; unknown keys come last, in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from podsync.catalog.validation.schemas import schema, schema_at
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import Path
from podsync.providers.registry import kinds


class Formatted(NamedTuple):
    """A file in its form, or its faults: then `content` is unchanged.

    `tables` are the names of CSV files that its documents read, as they are written there.
    """

    content: bytes
    faults: tuple[Diagnostic, ...] = ()
    tables: tuple[str, ...] = ()


def schema_of(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a document of a known kind, else one that orders nothing."""
    kind = data.get("kind")
    return schema(kind) if isinstance(kind, str) and kind in kinds() else {}


def ordered(keys: Sequence[str], path: Path, about: Mapping[str, Any]) -> list[str]:
    """Return the keys of the mapping at `path` in order, by the schema `about` of the document."""
    known = {key: at for at, key in enumerate(schema_at(about, path).get("properties", ()))}
    return sorted(keys, key=lambda key: known.get(key, len(known)))
