"""Writing accepted values into YAML: a provider's value on its line, with comments and quotes kept.

Nothing is written to disk: a `CatalogEditor` holds the content that the files would have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from podsync.catalog.authoring.references import literal
from podsync.catalog.discovery import FoundFile, read_bytes
from podsync.catalog.parsing.document import Document
from podsync.catalog.parsing.scalars import resolve
from podsync.catalog.parsing.yaml_reader import read
from podsync.catalog.validation.fixes import Fixing, edits, flow, line_of, quoted
from podsync.model.address import Address
from podsync.model.diagnostic import Diagnostic, Edit, Fix, mended
from podsync.model.frozen import Json, Path, thaw, value_at

#: What some editors put before UTF-8; no reading shows it.
_MARK = "\ufeff"
#: Some words without quotes: nothing in them means anything to YAML.
_WORDS = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_./ -]*[A-Za-z0-9])?")


class AcceptedField(NamedTuple):
    """A field of spec: the value that the state holds, and the one that is listed (None: nothing)."""

    field: str
    known: Json
    listed: Json


class EditedFile(NamedTuple):
    """A file below the folder that podsync works in, before and after; empty where it is not there."""

    path: str
    before: str
    after: str


class CatalogEditor:
    """The content that files below `root` would have. Paths are relative to it, with forward slashes."""

    def __init__(self, root: FilePath) -> None:
        self._root = root
        self._marked: set[str] = set()
        self._before: dict[str, str] = {}
        self._after: dict[str, str] = {}

    def accept(self, path: str, address: Address, fields: Sequence[AcceptedField]) -> bool | None:
        """Write listed values into the document of an address; None if the document is missing.

        The edited file is parsed again. If the edit adds a fault or changes anything else, the result is
        False and nothing is kept.
        """
        documents = self._documents(path)
        found = _of(documents, address)
        if found is None:
            return None
        change = overridden(found, address, fields) if address.keys else accepted(found, fields)
        before, after = self._after[path], mended(self._after[path], change)
        reread = read(path, after.encode())
        untouched = [_canonical(each.data) for each in documents if each is not found]
        taken = [each for each in reread.documents if _is_of(each, address)]
        others = [_canonical(each.data) for each in reread.documents if each not in taken]
        good = len(taken) == 1 and others == untouched
        if good and not address.keys:
            good = _canonical(taken[0].data) == _canonical(_meant(found.data, fields))
        if not good or len(reread.diagnostics) > len(read(path, before.encode()).diagnostics):
            return False
        self._after[path] = after
        return True

    def adopt(self, path: str, address: Address, identity: str, environment: str = "") -> bool:
        """Name the product in an address's document, for one `environment` if given; False if that fails."""
        found = _of(self._documents(path), address)
        if found is None or "adopt" in found.data:
            return False
        self._after[path] = mended(self._after[path], adopting(found, identity, environment))
        return True

    def remove(self, path: str, address: Address) -> None:
        """Take the document of an address out; a file that holds no other is removed."""
        documents = self._documents(path)
        found = _of(documents, address)
        if found is not None and address.keys:
            change = appended(found, "except", flow(dict(address.keys)))
            self._after[path] = mended(self._after[path], change)
        elif found is not None:
            self._after[path] = without(self._after[path], found, documents)

    def list_more(self, path: str, keys: tuple[str, ...], items: Iterable[str]) -> None:
        """Put texts into the list at these keys; the list and the file are made where they are missing."""
        self._documents(path)
        self._after[path] = listing_more(self._after[path], keys, items)

    def files(self) -> list[EditedFile]:
        """Return the files that would change, in the order of their paths."""
        return [self._edited(path) for path in sorted(self._after) if self._before[path] != self._after[path]]

    def _edited(self, path: str) -> EditedFile:
        """Return a file as its bytes are: with its mark at the beginning, and its ends of lines."""
        before, after = self._before[path], self._after[path]
        if "\r\n" in before:
            after = re.sub(r"(?<!\r)\n", "\r\n", after)
        mark = _MARK if path in self._marked else ""
        return EditedFile(path, mark + before, mark + after if after else "")

    def _documents(self, path: str) -> Sequence[Document]:
        if path not in self._after:
            raw = read_bytes(FoundFile(str(self._root / path), path))
            text = "" if isinstance(raw, Diagnostic) else read(path, raw).text.content
            if not isinstance(raw, Diagnostic) and raw.startswith(_MARK.encode()):
                self._marked.add(path)
            self._before[path] = self._after[path] = text
        return read(path, self._after[path].encode()).documents


def _of(documents: Sequence[Document], address: Address) -> Document | None:
    return next((each for each in documents if _is_of(each, address)), None)


def _is_of(document: Document, address: Address) -> bool:
    named = document.data.get("kind"), document.data.get("name")
    return named == (address.kind, address.document) and ("each" in document.data) == bool(address.keys)


def _canonical(data: Any) -> str:
    return json.dumps(thaw(data), sort_keys=True, default=str)


def _meant(data: Mapping[str, Json], fields: Sequence[AcceptedField]) -> dict[str, Json]:
    """Return the data that a document should have after listed values are accepted."""
    spec, there = dict(data["spec"]), dict(data.get("changed_there") or {})
    for each in fields:
        there[each.field] = thaw(each.known)
        spec[each.field] = literal(thaw(each.listed))
        if each.listed in (None, "", ()):
            del spec[each.field]
    return {**data, "spec": spec, "changed_there": there}


def adopting(document: Document, identity: str, environment: str = "") -> Fix:
    """Return what names a product in a document: a line of its own below the name."""
    value = f"{{{environment}: {quoted(identity)}}}" if environment else quoted(identity)
    line, key = f"adopt: {value}", document.keys.get(("name",))
    if key is None or document.text.written(key).strip()[:4] != "name" or _in_one_line(document):
        return edits(document, (), Fixing("add", line))
    at = document.places[("name",)][0]
    end = len(document.text.line(at)) + 1
    return (Edit(at, end, at, end, f"\n{' ' * (key[1] - 1)}{line}"),)


def _in_one_line(document: Document) -> bool:
    """Whether the document is written in braces."""
    name, kind = document.keys.get(("name",)), document.keys.get(("kind",))
    return name is None or kind is None or name[0] == kind[0]


def accepted(document: Document, fields: Sequence[AcceptedField]) -> Fix:
    """Return the edits that write these values into a document, with the values that they replace."""
    changes: list[Edit] = []
    for each in fields:
        changes += _taken(document, each)
    changes += _noted(document, {each.field: each.known for each in fields})
    return tuple(changes)


def overridden(document: Document, address: Address, fields: Sequence[AcceptedField]) -> Fix:
    """Return the edits that override values for one of several products, and the values before."""
    override = {
        "when": dict(address.keys),
        "spec": {each.field: literal(thaw(each.listed)) or None for each in fields},
        "changed_there": {each.field: thaw(each.known) for each in fields},
    }
    return appended(document, "overrides", flow(override))


def appended(document: Document, word: str, item: str) -> Fix:
    """Return the edits that put an item, as YAML in one line, at the end of a list of the document."""
    items = document.data.get(word)
    if not items:
        drop = edits(document, (word,), Fixing("drop")) if word in document.data else ()
        return (*drop, *edits(document, (), Fixing("add", f"{word}: [{item}]")))
    line, column, end_line, end_column = document.places[word,]
    if document.text.written((line, column, end_line, end_column))[:1] == "[":
        return (Edit(end_line, end_column - 1, end_line, end_column - 1, f", {item}"),)
    last = end_line - 1 if end_column == 1 and end_line > line else end_line
    end = len(document.text.line(last)) + 1
    return (Edit(last, end, last, end, f"\n{' ' * (column - 1)}- {item}"),)


def _taken(document: Document, each: AcceptedField) -> Fix:
    path: Path = ("spec", each.field)
    listed = literal(thaw(each.listed))
    if each.field not in (document.data.get("spec") or {}):
        return edits(document, ("spec",), Fixing("add", line_of(each.field, listed)))
    if listed in (None, "", []):
        return edits(document, path, Fixing("drop"))
    if isinstance(listed, list):
        return _items(document, path, listed)
    return edits(document, path, Fixing("put", _as_typed(document, path, listed)))


def _as_typed(document: Document, path: Path, value: Json) -> str:
    """Return a value as YAML, quoted like the value that it replaces."""
    if not isinstance(value, str):
        return flow(value)
    before = document.text.written(document.places[path])[:1]
    if before == "'" and "'" not in value and value.isprintable():
        return f"'{value}'"
    if before not in ("'", '"') and _WORDS.fullmatch(value) and isinstance(resolve(value), str):
        return value
    return quoted(value)


def _items(document: Document, path: Path, wanted: Sequence[Json]) -> Fix:
    """Return the edits that make a list hold these items. Items that remain keep their lines and comments."""
    first = document.places.get((*path, 0))
    span = document.places[path]
    if first is None or document.text.written(span)[:1] == "[":
        return edits(document, path, Fixing("put", flow(list(wanted))))
    there: Sequence[Json] = value_at(document.data, path)
    changes: list[Edit] = []
    for index, item in enumerate(there):
        if item not in wanted:
            changes += edits(document, (*path, index), Fixing("drop"))
    last = document.places[*path, len(there) - 1]
    dash = document.text.line(first[0])[: first[1] - 1]
    lines = "".join(f"{dash}{flow(item)}\n" for item in wanted if item not in there)
    return (*changes, Edit(last[2] + 1, 1, last[2] + 1, 1, lines)) if lines else tuple(changes)


def _noted(document: Document, known: Mapping[str, Json]) -> Fix:
    """Return the edits that write `changed_there` above `spec`, or add to the one that is there."""
    there = document.data.get("changed_there")
    plain = {field: thaw(value) for field, value in known.items()}
    if there:
        changes: list[Edit] = []
        for field, value in plain.items():
            if field in there:
                changes += edits(document, ("changed_there", field), Fixing("put", flow(value)))
            else:
                changes += edits(document, ("changed_there",), Fixing("add", line_of(field, value)))
        return tuple(changes)
    line, column = document.keys["spec",][:2]
    if document.text.written(document.places[()])[:1] == "{":
        return edits(document, (), Fixing("add", f"changed_there: {flow(plain)}"))
    indent = " " * (column - 1)
    return (Edit(line, column, line, column, f"changed_there: {flow(plain)}\n{indent}"),)


def without(content: str, document: Document, documents: Sequence[Document]) -> str:
    """Return the content of a file without one of its documents; "" where it holds no other."""
    if len(documents) == 1:
        return ""
    lines = content.split("\n")
    starts = [_separator(lines, each.start[0]) for each in documents]
    index = next(i for i, each in enumerate(documents) if each.start == document.start)
    if index == 0:
        return "\n".join(lines[starts[1] :])
    end = starts[index + 1] - 1 if index + 1 < len(starts) else len(lines)
    kept = [*lines[: starts[index] - 1], *lines[end:]]
    return "\n".join(kept).rstrip("\n") + "\n"


def _separator(lines: Sequence[str], start: int) -> int:
    """Return the line of the `---` above a document that starts on a line; 0 if there is none."""
    return next((line for line in range(start, 0, -1) if lines[line - 1].startswith("---")), 0)


def listing_more(content: str, path: Path, items: Iterable[str]) -> str:
    """Return YAML with these texts in the list at a path of mappings. Missing levels are added."""
    documents = read("", content.encode()).documents
    wanted = list(items)
    inner: Path = ()
    if documents:
        document = documents[-1]
        places = document.places
        inner = next(path[:n] for n in range(len(path), -1, -1) if n == 0 or path[:n] in places)
        if inner == path:
            there = tuple(value_at(document.data, path) or ())
            new = [item for item in wanted if item not in there]
            return mended(content, _items(document, path, (*there, *new))) if new else content
        whole = places[inner] if inner else document.start
        around = document.text.line(whole[0])[: whole[1] - 1] if not inner else document.text.written(whole)
        if "{" in around[:1] or (not inner and around.strip()):  # a mapping in brackets
            rest: Json = wanted
            for key in reversed(path[len(inner) + 1 :]):
                rest = {key: rest}
            return mended(content, edits(document, inner, Fixing("add", f"{path[len(inner)]}: {flow(rest)}")))
        if inner:
            return mended(content, edits(document, inner, Fixing("add", _nested(path[len(inner) :], wanted))))
    before = content if not content or content.endswith("\n") else f"{content}\n"
    return before + _nested(path, wanted) + "\n"


def _nested(path: Path, items: Sequence[str]) -> str:
    """Return a new list as YAML, each key of the path on a line of its own."""
    lines = [f"{'  ' * depth}{key}:" for depth, key in enumerate(path)]
    return "\n".join([*lines, *(f"{'  ' * len(path)}- {flow(item)}" for item in items)])
