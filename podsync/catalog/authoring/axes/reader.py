"""The axes of a document: their names, their keys, and the fields of each key with its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from podsync.catalog.authoring.axes.axis import MOST_AXES, WRITTEN_SO, Axis, as_key, is_key, key_help
from podsync.catalog.authoring.axes.tables import TableReader
from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.authoring.references import VARIABLE
from podsync.catalog.discovery import FoundFile
from podsync.catalog.parsing.document import Document
from podsync.catalog.parsing.source_text import Text
from podsync.catalog.validation.nearest import suggestion
from podsync.model.diagnostic import Diagnostic, errors_among
from podsync.model.errors import CatalogError
from podsync.model.frozen import Path
from podsync.model.position import Span

#: A file with one of these keys is a document, not a file of keys, and is checked as a document.
_DOCUMENT = frozenset({"each", "kind", "removed", "spec"})


class AxesReader:
    """Reads `each` of a document. Faults go to `faults`; `files` are the files that were read."""

    def __init__(self, document: Document, found: FoundFile, context: AuthoringContext) -> None:
        self.faults: list[Diagnostic] = []
        self.files: list[FoundFile] = []
        self._document = document
        self._found = found
        self._context = context

    def axes(self) -> dict[str, Axis]:
        """Return the axes by name, sorted; those without a fault."""
        each = self._document.data.get("each")
        if not isinstance(each, dict) or not each:
            self._refuse(("each",), "each has no axis", "name one: each: {colour: [red, mint]}")
            return {}
        if len(each) > MOST_AXES:
            self._refuse(("each",), f"each has more than {MOST_AXES} axes", "put some of them into one table")
            return {}
        found = {}
        for name, value in each.items():
            if not is_key(name) or name == VARIABLE:
                summary = f"'{name}' is no name of an axis"
                self._refuse(("each", name), summary, f"{WRITTEN_SO}; not {VARIABLE}", key=True)
                continue
            axis = self._axis(name, value)
            if axis is not None:
                found[name] = axis
        return {name: found[name] for name in sorted(found)}

    def _refuse(self, path: Path, summary: str, detail: str = "", *, key: bool = False) -> None:
        self.faults.append(self._document.fault("each", path, summary, detail, key=key))

    def _axis(self, name: str, value: Any) -> Axis | None:
        path: Path = ("each", name)
        if isinstance(value, dict) and isinstance(value.get("file"), str):
            return self._from_file(name, value)
        if isinstance(value, list):
            return self._short(name, value)
        if isinstance(value, dict) and value:
            return self._inline(name, value, self._document, path)
        detail = "write its keys: [red, mint], {red: {hex: …}} or {file: colours.csv}"
        self._refuse(path, f"the axis {name} has no keys", detail)
        return None

    def _short(self, name: str, value: list[Any]) -> Axis | None:
        before = len(self.faults)
        for number, key in enumerate(value):
            path: Path = ("each", name, number)
            if not isinstance(key, str):
                self._refuse(path, "a key is a text", "put it in quotes, if it is meant")
            elif not is_key(key):
                self._refuse(path, f"{key!r} is no key", key_help(key, _nearest(value)))
            elif key in value[:number]:
                self._refuse(path, f"the key {key} stands twice", "keep one of the two")
        if not value:
            self._refuse(("each", name), f"the axis {name} has no keys", "write some, or remove the axis")
        if len(self.faults) > before:
            return None
        paths = {key: ("each", name, number) for number, key in enumerate(value)}

        def place(key: str, _field: str) -> tuple[Text, Span]:
            return self._document.text, self._document.places[paths[key]]

        return Axis(name, {key: {} for key in sorted(value)}, place, (), {})

    def _inline(self, name: str, value: Mapping[str, Any], document: Document, path: Path) -> Axis | None:
        before = len(self.faults)
        rows: dict[str, Mapping[str, Any]] = {}
        for key, fields in value.items():
            inner = (*path, key)
            if not is_key(key):
                detail = key_help(key, _nearest(value))
                self.faults.append(document.fault("each", inner, f"{key!r} is no key", detail, key=True))
            elif fields is not None and not isinstance(fields, dict):
                summary = f"the fields of {key} are a mapping, such as {{hex: ...}}"
                self.faults.append(document.fault("each", inner, summary, "write `name: value` pairs"))
            else:
                rows[key] = fields or {}
        if len(self.faults) > before:
            return None

        def place(key: str, field: str) -> tuple[Text, Span]:
            inner = (*path, key, field) if field else (*path, key)
            spans = document.places if field else document.keys
            return document.text, spans.get(inner) or document.places.get(inner) or document.start

        names = dict.fromkeys(field for fields in rows.values() for field in fields)
        return Axis(name, {key: rows[key] for key in sorted(rows)}, place, tuple(names), {})

    # -- files

    def _from_file(self, name: str, axis_data: Mapping[str, Any]) -> Axis | None:
        path: Path = ("each", name, "file")
        for other in axis_data:
            if other not in {"file", "key"}:
                detail = suggestion(other, ["key"], "an axis from a file has file and key")
                self._refuse(("each", name, other), f"unknown key '{other}'", detail, key=True)
                return None
        found = self._file(path, axis_data["file"])
        if found is None:
            return None
        try:
            if found.path.lower().endswith(".csv"):
                axis: Axis | None = TableReader(self._context, found, name).axis(axis_data.get("key"))
            else:
                axis = self._from_yaml(name, axis_data, found)
        except CatalogError as error:
            self.faults += [self._from_here(each, path) for each in error.diagnostics]
            return None
        if axis is not None:
            self.files.append(found)
        return axis

    def _file(self, path: Path, name: str) -> FoundFile | None:
        detail = "write the name of a CSV or YAML file beside this document, inside the catalog"
        odd = "\\" in name or name.startswith(("/", "~")) or ":" in name or not name.isprintable()
        if not name or odd:
            self._refuse(path, f"{name!r} is no file of the catalog", detail)
            return None
        if not name.lower().endswith((".csv", ".yaml", ".yml")):
            self._refuse(path, f"{name}: only .csv, .yaml and .yml are read", detail)
            return None
        found = self._context.beside(self._found, name)
        if not self._context.stays_inside(self._found, found):
            self._refuse(path, f"{name} leaves the catalog", detail)
            return None
        return found

    def _from_here(self, fault: Diagnostic, path: Path) -> Diagnostic:
        """Put a fault of a whole file where the document names it."""
        if fault.at is not None and fault.rule not in {"unreadable", "not-a-file"}:
            return fault
        return self._document.fault("each", path, f"{fault.path}: {fault.summary}", fault.detail)

    def _from_yaml(self, name: str, axis_data: Mapping[str, Any], found: FoundFile) -> Axis | None:
        path: Path = ("each", name, "file")
        if "key" in axis_data:
            self._refuse(("each", name, "key"), "a YAML file has no columns", "remove key")
            return None
        parsed = self._context.parsed(found)
        several = len(parsed.documents) > 1
        if several or not parsed.documents or any(each.rule == "schema" for each in parsed.diagnostics):
            problem = "has several documents" if several else "holds no mapping of keys"
            self._refuse(path, f"{found.path} {problem}", "write `red: {hex: ...}` lines, and no line `---`")
            return None
        if errors_among(parsed.diagnostics):
            self.faults += [self._from_here(each, path) for each in parsed.diagnostics]
            return None
        if _DOCUMENT & parsed.documents[0].data.keys():
            self._refuse(path, f"{found.path} is a product document, not keys", "name another file")
            return None
        return self._inline(name, parsed.documents[0].data, parsed.documents[0], ())


def _nearest(keys: Iterable[Any]) -> Mapping[str, int]:
    """Return how many of these keys have the same nearest valid key, by that key."""
    return Counter(as_key(key) for key in keys if isinstance(key, str))
