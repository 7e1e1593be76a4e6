"""Inheritance of documents: mappings are merged deeply, later layers win, and each layer keeps its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from podsync.catalog.authoring.belonging import says_where
from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.discovery import FoundFile
from podsync.catalog.parsing.document import Document
from podsync.model.frozen import Path

#: What defaults and overrides may say.
MERGED = ("labels", "lifecycle", "print", "spec")


#: Keys with which a document makes several products.
AUTHORED = frozenset({"each", "except", "overrides", "renamed"})
#: Begins the name of a value, and a literal `$${`.
NAMES = "${"


def is_plain(document: Document, found: FoundFile, context: AuthoringContext) -> bool:
    """Whether a document makes one product and inherits nothing."""
    if not AUTHORED.isdisjoint(document.data) or says_where(document.data):
        return False
    return not context.chain_of(found.path) and NAMES not in document.text.content


class Layer(NamedTuple):
    """A part of a document, at `prefix` in it, that says something of a product."""

    document: Document
    prefix: Path
    data: Mapping[str, Any]


#: In place of a value that a layer has removed: a later one may do so again.
_REMOVED = object()


def defaults_of(path: str, kind: str, context: AuthoringContext) -> tuple[Layer, ...]:
    """Return what `_defaults.yaml` say of a kind for the file at `path`, the outermost first."""
    read = [document for each in context.chain_of(path) for document in context.parsed(each).documents[:1]]
    return tuple(
        Layer(document, (kind,), document.data[kind])
        for document in read
        if isinstance(document.data.get(kind), dict)
    )


def merged(layers: Sequence[Layer]) -> dict[str, Any]:
    """Return the merged layers. Lists replace; null removes an inherited value.

    A null without an inherited value stays: it is a value that somebody forgot.
    """
    found: dict[str, Any] = {}
    for layer in layers:
        found = _merged(found, layer.data)
    return _left(found)


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(base)
    for key, value in over.items():
        if value is None and key in found:
            found[key] = _REMOVED
        elif isinstance(value, dict) and isinstance(found.get(key), dict):
            found[key] = _merged(found[key], value)
        else:
            found[key] = value
    return found


def _left(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _left(value) if isinstance(value, dict) else value
        for key, value in found.items()
        if value is not _REMOVED
    }


def layer_of(layers: Sequence[Layer], path: Path) -> Layer | None:
    """Return the layer that sets the value at `path`; None if no layer does."""
    for layer in reversed(layers):
        has_value = _says(layer.data, path)
        if has_value is not None:
            return layer if has_value else None
    return None


def _says(data: Any, path: Path) -> bool | None:
    """Whether a layer has the value at `path`; None if lower layers decide."""
    for part in path:
        if isinstance(data, dict):
            if part not in data:
                return None
            data = data[part]
        elif isinstance(data, list) and isinstance(part, int):
            if part >= len(data):
                return False
            data = data[part]
        else:
            return False
    return True


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every value that is not a mapping or a list, and every empty mapping or list."""
    items: Iterator[tuple[str | int, Any]] | None = None
    if isinstance(value, Mapping) and value:
        items = iter(value.items())
    elif isinstance(value, list | tuple) and value:
        items = iter(enumerate(value))
    if items is None:
        yield path, value
        return
    for key, item in items:
        yield from leaves(item, (*path, key))
