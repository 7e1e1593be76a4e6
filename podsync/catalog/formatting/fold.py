"""Many documents that differ in few values as one with axes: a proposal, whose names a person improves.

Every folded document comes out with the same spec and the same labels. Its products have new addresses; they
are moves where the specs are equal, so nothing is sent for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from os.path import commonprefix
from typing import Any, TypeAlias

from podsync.catalog.authoring.layers import leaves
from podsync.catalog.authoring.references import for_axes
from podsync.catalog.formatting.form import ordered, schema_of
from podsync.catalog.formatting.matrix import (
    Composition,
    Partition,
    axes_of,
    classes,
    depends,
    made_of,
    partition,
)
from podsync.catalog.parsing.document import Document
from podsync.catalog.validation.fixes import flow, quoted
from podsync.catalog.validation.nearest import slug
from podsync.model.errors import UsageError
from podsync.model.frozen import Path
from podsync.providers.registry import kinds, plugins

#: What each document may say for itself; of anything else all have to say the same.
_OWN = ("labels", "spec")
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
#: So much that texts share is written once; less, such as the # of a colour, stays with each value.
_WORTH_A_TEMPLATE = 8
#: The path of a document's name.
_NAME: Path = ("name",)
_Rows: TypeAlias = Mapping[Path, Sequence[Any]]


def folded(documents: Sequence[Document]) -> str:
    """Return the document that makes the same products; raises UsageError if none does."""
    if len(documents) < 2:
        message = "one document alone has nothing to fold" if documents else "there is no document to fold"
        raise UsageError(message, "name several files, or a folder")
    for each in documents:
        if each.data.get("kind") not in kinds():
            raise UsageError(f"{_place(each)}: this is no product", "leave it out: name only products")
    first = documents[0]
    columns = _columns(documents)
    differing = {path: values for path, values in columns.items() if len(set(map(repr, values))) > 1}
    if not differing.keys() - {_NAME}:
        raise UsageError("these documents differ in nothing but their names", "one of them is enough")
    partitions = {path: partition(values) for path, values in differing.items() if path != _NAME}
    for axes in axes_of(list(partitions.values())):
        made = _Folding(first, columns, partitions, axes).text()
        if made is not None:
            return made
    names = sorted(_written(path) for path in partitions if _names(columns[path]))
    raise UsageError(
        f"these documents name other values in {names[0]}, and a key cannot have such a text",
        "write the same ${var.…} into all of them, or leave out the documents that differ there",
    )


def _columns(documents: Sequence[Document]) -> _Rows:
    """Return the values of all documents by path; raises UsageError if one has other paths."""
    first = documents[0]
    rows = [dict(_flat(document)) for document in documents]
    for document, row in zip(documents, rows, strict=True):
        if document.data.get("kind") != first.data.get("kind"):
            raise _unlike(document, first, "kind")
        for key in {**document.data, **first.data}:
            if key not in {*_OWN, "name"} and document.data.get(key) != first.data.get(key):
                raise _unlike(document, first, key)
            if key in {"adopt", "recreate", "moved", "renamed_from", "each"}:
                raise UsageError(
                    f"{_place(document)}: {key} is about one product",
                    "fold documents without it, and add it then",
                )
        if odd := sorted(map(_written, rows[0].keys() ^ row.keys())):
            raise _unlike(document, first, odd[0])
    return {path: [row[path] for row in rows] for path in rows[0]}


def _unlike(document: Document, first: Document, what: str) -> UsageError:
    return UsageError(
        f"{_place(document)}: {what} is not as in {_place(first)}", "fold only documents that are alike"
    )


def _place(document: Document) -> str:
    return f"{document.text.path}:{document.start[0]}"


def _written(path: Path) -> str:
    return ".".join(map(str, path))


def _flat(document: Document) -> Iterator[tuple[Path, Any]]:
    yield _NAME, document.data["name"]
    for key in _OWN:
        for path, value in leaves(document.data.get(key, {}), (key,)):
            yield path, for_axes(value) if isinstance(value, str) else value


class _Folding:
    def __init__(
        self, first: Document, columns: _Rows, partitions: Mapping[Path, Partition], axes: Sequence[Partition]
    ) -> None:
        self._first = first
        self._columns = columns
        self._partitions = partitions
        self._axes = axes
        self._names = self._axis_names()
        #: By axis: field -> the value of each class.
        self._fields: list[dict[str, list[Any]]] = [{} for _ in axes]
        self._keys: list[list[str]] = []

    def text(self) -> str | None:
        """Return the document, None if a value is not made of these axes."""
        name = self._named()
        values: dict[Path, str] = {}
        for path, column in self._columns.items():
            if path == _NAME:
                continue
            made = self._value(path, column)
            if made is None:
                return None
            values[path] = made
        data = self._first.data
        lines = [f"kind: {data['kind']}", f"name: {name}"]
        labels = self._block(data.get("labels", {}), ("labels",), values, 1)
        lines += ["labels:", *labels] if labels else []
        rest = [key for key in data if key not in {"kind", "name", *_OWN}]
        lines += [f"{key}: {flow(data[key])}" for key in ordered(rest, (), schema_of(data))]
        lines += ["each:", *self._each(), *self._missing(), "spec:"]
        return "\n".join([*lines, *self._block(data["spec"], ("spec",), values, 1)]) + "\n"

    # -- axes and keys

    def _axis_names(self) -> list[str]:
        info = plugins()[kinds()[self._first.data["kind"]]]
        known = {("spec", info.roles.model): "model", ("spec", info.roles.colour): "colour"}
        if len(self._axes) == 1:
            words = [word for path, word in known.items() if path in self._partitions]
            return words if len(words) == 1 else ["product"]
        names: list[str] = []
        for axis in self._axes:
            paths = [path for path, each in self._partitions.items() if each == axis]
            words = [known[path] for path in paths if path in known]
            words += [slug(str(part)) for path in paths for part in reversed(path) if isinstance(part, str)]
            names.append(next(word for word in (*words, "axis") if word and word not in {*names, "var"}))
        return names

    def _named(self) -> str:
        """Find the keys, if possible in the documents' names; return the name of the new document."""
        names = self._columns[_NAME]
        made = made_of(names, self._axes)
        rest = "".join(part if isinstance(part, str) else "-" for part in made.template) if made else ""
        if made is not None and all(
            number in made.pieces and _are_keys(made.pieces[number]) for number in range(len(self._axes))
        ):
            self._keys = [list(made.pieces[number]) for number in range(len(self._axes))]
            return slug(rest) or "folded"
        self._keys = [self._keys_of(number) for number in range(len(self._axes))]
        shared = commonprefix([name.split("-") for name in names])  # noqa: RUF071 (of words)
        return slug(rest) or "-".join(shared) or "folded"

    def _keys_of(self, number: int) -> list[str]:
        axis = self._axes[number]
        if len(self._axes) == 1:
            return list(self._columns[_NAME])
        for path, each in self._partitions.items():
            keys = (
                [slug(str(value)) for value in _by_class(self._columns[path], axis)] if each == axis else []
            )
            if keys and _are_keys(keys):
                return keys
        return [f"{self._names[number]}-{at + 1}" for at in range(classes(axis))]

    # -- values

    def _value(self, path: Path, column: Sequence[Any]) -> str | None:
        """Return a value as the document says it, None if it is not made of the axes."""
        if path not in self._partitions:
            return flow(column[0])
        made = made_of(column, self._axes) if all(isinstance(value, str) for value in column) else None
        if made is not None and any(map(_names, made.pieces.values())):
            made = None
        for number, axis in enumerate(self._axes):
            own = depends(self._partitions[path], axis) and not self._worth_a_template(made, number)
            if own and not _names(column):
                return self._reference(number, path, _by_class(column, axis))
        return None if made is None else self._template(path, made)

    def _worth_a_template(self, made: Composition | None, number: int) -> bool:
        """Whether a text of one axis is better written from its parts: the key, or much that is shared."""
        if made is None or made.pieces.keys() != {number}:
            return False
        return list(made.pieces[number]) == self._keys[number] or len(made.literal) >= _WORTH_A_TEMPLATE

    def _template(self, path: Path, made: Composition) -> str:
        parts = [
            part if isinstance(part, str) else self._reference(part.axis, path, made.pieces[part.axis])
            for part in made.template
        ]
        return _flow_text("".join(parts))

    def _reference(self, number: int, path: Path, pieces: Sequence[Any]) -> str:
        """Return `${axis.field}` and note the field; `${axis}` if the value is the key."""
        if list(pieces) == self._keys[number]:
            return f"${{{self._names[number]}}}"
        fields = self._fields[number]
        wanted = _written(path[1:] if path[0] == "spec" else path)
        field = next((name for name, known in fields.items() if known == list(pieces)), wanted)
        fields.setdefault(field, list(pieces))
        return f"${{{self._names[number]}.{field}}}"

    # -- lines

    def _each(self) -> Iterator[str]:
        for name, keys, fields in zip(self._names, self._keys, self._fields, strict=True):
            if not fields:
                yield f"  {name}: {flow(keys)}"
                continue
            yield f"  {name}:"
            for at, key in enumerate(keys):
                yield f"    {flow(key)}: {flow({field: values[at] for field, values in fields.items()})}"

    def _missing(self) -> Iterator[str]:
        there = set(zip(*self._axes, strict=True))
        gone = [each for each in product(*(range(classes(axis)) for axis in self._axes)) if each not in there]
        if gone:
            yield "except:"
        for each in gone:
            pairs = zip(self._names, self._keys, each, strict=True)
            yield f"  - {flow({name: keys[at] for name, keys, at in pairs})}"

    def _block(self, data: Any, path: Path, values: Mapping[Path, str], level: int) -> list[str]:
        indent = "  " * level
        if isinstance(data, dict):
            lines = []
            for key in ordered(list(data), path, schema_of(self._first.data)):
                inner = (*path, key)
                if inner in values:
                    lines.append(f"{indent}{flow(key)}: {values[inner]}")
                else:
                    lines += [f"{indent}{flow(key)}:", *self._block(data[key], inner, values, level + 1)]
            return lines
        lines = []
        for number, item in enumerate(data):
            inner = (*path, number)
            if inner in values:
                lines.append(f"{indent}- {values[inner]}")
            else:
                first, *rest = self._block(item, inner, values, level + 1)
                lines += [f"{indent}- {first.lstrip(' ')}", *rest]
        return lines


def _flow_text(text: str) -> str:
    """Return a text with references as YAML, in quotes if it could be read as anything else."""
    plain = re.fullmatch(r"(?:[A-Za-z0-9]|\$\{)[\w${}.:/ -]*[\w}]", text) and ": " not in text
    return text if plain else quoted(text)


def _names(texts: Sequence[Any]) -> bool:
    """Whether one of these texts has a reference or a literal `${`: fields are put in unchanged."""
    return any(isinstance(text, str) and "${" in text for text in texts)


def _by_class(column: Sequence[Any], axis: Partition) -> list[Any]:
    return [column[axis.index(number)] for number in range(classes(axis))]


def _are_keys(words: Sequence[str]) -> bool:
    return len(set(words)) == len(words) and all(len(w) <= 100 and _KEY.fullmatch(w) for w in words)
