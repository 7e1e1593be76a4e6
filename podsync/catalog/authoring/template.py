"""One document with its layers and axes as a function: from a combination of keys to plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from podsync.catalog.authoring.axes.axis import Axis
from podsync.catalog.authoring.axes.cells import LEAVE_OUT, CellFault, checker, unfit
from podsync.catalog.authoring.axes.choices import Combination
from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.authoring.layers import AUTHORED, Layer, merged
from podsync.catalog.authoring.references import (
    LITERAL,
    VARIABLE,
    NoReferenceError,
    Pieces,
    Reference,
    pieces,
    strays,
)
from podsync.catalog.parsing.scalars import resolve
from podsync.catalog.validation.nearest import did_you_mean, suggestion
from podsync.catalog.validation.schemas import schema, types_of
from podsync.model.frozen import Path

#: In these a `${…}` counts.
SUBSTITUTED = ("labels", "renamed_from", "spec")
#: Makes a value from the keys of a combination.
_Make: TypeAlias = Callable[[Sequence[str]], Any]


#: The value of a field that a combination does not have.
_LEFT_OUT = object()


class TextFault(NamedTuple):
    """A text that cannot be filled in for any product; `mark` is what of it is wrong."""

    path: Path
    mark: str
    summary: str
    detail: str


class BadValue(NamedTuple):
    """A value that may not be put where it is wanted."""

    path: Path
    reference: Reference
    key: str
    fault: CellFault


#: The number of an axis, and a value for each of its keys; -1, and one value for all products.
_Part: TypeAlias = tuple[int, Any]


class Shape(NamedTuple):
    """Data with what has to be filled in, for all combinations with the same overrides.

    `odd` are texts that may have been meant otherwise.
    """

    make: _Make
    faults: tuple[TextFault, ...]
    odd: tuple[TextFault, ...]
    bad: tuple[tuple[int, Mapping[str, BadValue]], ...]


class Template:
    """A document of `kind` as `layers` say it; its products differ in the keys of `axes`."""

    def __init__(
        self,
        layers: Sequence[Layer],
        overrides: Sequence[Layer],
        axes: Mapping[str, Axis],
        context: AuthoringContext,
        kind: str,
    ) -> None:
        self.layers = tuple(layers)
        self.axes = axes
        self.context = context
        self._overrides = overrides
        self._schema = schema(kind)["properties"]
        self._shapes: dict[tuple[int, ...], Shape] = {}
        self._columns: dict[tuple[Reference, str], _Part] = {}

    def layers_of(self, combination: Combination) -> tuple[Layer, ...]:
        """Return all that speaks of a product, what counts most last."""
        return (*self.layers, *(self._overrides[number] for number in combination.overrides))

    def shape(self, combination: Combination) -> Shape:
        """Return the shape of a combination; those with the same overrides share one."""
        found = self._shapes.get(combination.overrides)
        if found is None:
            found = _Shaping(self, merged(self.layers_of(combination))).shape()
            self._shapes[combination.overrides] = found
        return found

    def bad_values(self, combination: Combination) -> Iterable[BadValue]:
        """Yield the values of a combination that may not be put where they are wanted."""
        for axis, bad in self.shape(combination).bad:
            found = bad.get(combination.keys[axis])
            if found is not None:
                yield found

    def schema_of(self, path: Path) -> Mapping[str, Any]:
        """Return what the schema says of the value at `path`."""
        node: Any = {"properties": self._schema}
        for part in path:
            inner = node.get("items") if isinstance(part, int) else node.get("properties", {}).get(part)
            if inner is None:
                inner = node.get("additionalProperties")
            node = inner if isinstance(inner, dict) else {}
        found: Mapping[str, Any] = node
        return found

    # -- references

    def resolved(self, text: str) -> Pieces:
        """Take a text apart and look its names up. Raises NoReferenceError."""
        found = pieces(text, axes=bool(self.axes))
        for piece in found:
            if isinstance(piece, Reference):
                self._known(piece)
        return found

    def _known(self, reference: Reference) -> None:
        name, field, mark = reference
        if name == VARIABLE:
            self._one_of(mark, field, self.context.settings.variables, "vars of the settings have no", "vars")
        elif name not in self.axes:
            detail = suggestion(name, [*self.axes, VARIABLE], f"the axes: {', '.join(self.axes)}")
            raise NoReferenceError(mark, f"there is no axis '{name}'", detail)
        elif field in self.axes[name].twice:
            raise NoReferenceError(
                mark, f"the table of {name} has two columns '{field}'", "give one of them another name"
            )
        elif field:
            self._one_of(mark, field, self.axes[name].fields, f"the keys of {name} have no field", "fields")

    def meant(self, inner: str) -> str:
        """Say how a value of the settings is named that `${inner}` may mean."""
        variables = self.context.settings.variables
        near = did_you_mean(inner.lower().removeprefix(f"{VARIABLE}."), list(variables))
        return f"to put a value of the settings in: ${{var.{near or 'NAME'}}}; {LITERAL}"

    @staticmethod
    def _one_of(mark: str, field: str, known: Iterable[str], words: str, what: str) -> None:
        if field in known:
            return
        known = list(known)
        detail = f"{what}: {', '.join(known[:12])}" if known else f"there are no {what}"
        raise NoReferenceError(mark, f"{words} '{field}'", suggestion(field, known, detail))

    def column(self, reference: Reference, path: Path, *, whole: bool) -> _Part:
        """Return what a reference to an axis makes of each key, as the field at `path` takes it."""
        key = reference, str(path) if whole else ""
        if key not in self._columns:
            node = self.schema_of(path) if whole else {}
            self._columns[key] = self._column(reference, path, node, whole=whole)
        return self._columns[key]

    def _column(self, reference: Reference, path: Path, node: Mapping[str, Any], *, whole: bool) -> _Part:
        name, field, _ = reference
        axis = self.axes[name]
        number = list(self.axes).index(name)
        if not field:
            return number, {key: key for key in axis.rows}
        values: dict[str, Any] = {}
        cells = [row.get(field) for row in axis.rows.values()]
        examples = node.get("examples") or [""]
        check = checker({c for c in cells if isinstance(c, str)}, str(examples[0])) if axis.table else unfit
        texts = "string" in types_of(node) or not whole
        for key, value in zip(axis.rows, cells, strict=True):
            if (key, field) in axis.exact:
                values[key] = value if texts else _typed(str(value), node)
                continue
            made = self._value(axis, key, field, value, node, whole=whole, texts=texts)
            fault = made if isinstance(made, CellFault) else None
            if fault is None and isinstance(value, str) and value != LEAVE_OUT:
                fault = check(value)
            if fault is None and value == LEAVE_OUT and not whole:
                fault = CellFault("- leaves a whole field out, and here it is a part of one", "write a value")
            values[key] = made if fault is None else BadValue(path, reference, key, fault)
        return number, values

    @staticmethod
    def _value(
        axis: Axis, key: str, field: str, value: Any, node: Mapping[str, Any], *, whole: bool, texts: bool
    ) -> Any:
        if value is None:
            return CellFault(f"{key} has no {field}", f"write {field}, or - to leave the field out")
        if isinstance(value, str):
            if whole and value == LEAVE_OUT:
                return _LEFT_OUT
            return value if texts else _typed(value, node)
        if isinstance(value, dict | list):
            if whole:
                return value
            return CellFault(f"{field} is no text, and only a part of this value", "write it alone")
        if not texts:
            return value
        text, span = axis.place(key, field)
        return text.written(span)


class _Shaping:
    """Makes the shape of data whose texts may name values."""

    def __init__(self, template: Template, data: Mapping[str, Any]) -> None:
        self._template = template
        self._data = data
        self._faults: list[TextFault] = []
        self._odd: list[TextFault] = []
        self._used: list[_Part] = []

    def shape(self) -> Shape:
        filled = {key: self._filling(self._data[key], (key,)) for key in SUBSTITUTED if key in self._data}
        fixed = {key: value for key, value in self._data.items() if key not in AUTHORED}
        made = {key: fill for key, fill in filled.items() if fill is not None}

        def make(keys: Sequence[str]) -> dict[str, Any]:
            data = dict(fixed)
            for key, fill in made.items():
                value = fill(keys)
                if value is _LEFT_OUT:
                    del data[key]
                else:
                    data[key] = value
            return data

        bad = ((axis, {k: v for k, v in known.items() if type(v) is BadValue}) for axis, known in self._used)
        return Shape(make, tuple(self._faults), tuple(self._odd), tuple(each for each in bad if each[1]))

    def _filling(self, value: Any, path: Path) -> _Make | None:
        """Return a function that fills a value in, None if it is the same for all products."""
        if isinstance(value, str):
            return self._text(value, path) if "${" in value else None
        if not isinstance(value, dict | list):
            return None
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        fills = [(key, item, self._filling(item, (*path, key))) for key, item in inside]
        if all(fill is None for *_, fill in fills):
            return None

        def make(keys: Sequence[str]) -> Any:
            made = [(key, item if fill is None else fill(keys)) for key, item, fill in fills]
            kept = [each for each in made if each[1] is not _LEFT_OUT]
            return (dict(kept) if isinstance(value, dict) else [item for _, item in kept]) or _LEFT_OUT

        return make

    def _text(self, text: str, path: Path) -> _Make | None:
        try:
            found = self._template.resolved(text)
        except NoReferenceError as error:
            self._faults.append(TextFault(path, error.mark, error.summary, error.detail))
            return None
        for mark, inner in strays(text) if not self._template.axes else ():
            summary = f"{mark} is no name of a value, and is sent as it is"
            self._odd.append(TextFault(path, mark, summary, self._template.meant(inner)))
        parts = [self._part(piece, path, whole=len(found) == 1) for piece in found]
        if len(parts) == 1:
            axis, values = parts[0]
            return lambda keys: values if axis < 0 else values[keys[axis]]
        return lambda keys: "".join([one if axis < 0 else one[keys[axis]] for axis, one in parts])

    def _part(self, piece: str | Reference, path: Path, *, whole: bool) -> _Part:
        if isinstance(piece, str):
            return -1, piece
        if piece.name != VARIABLE:
            column = self._template.column(piece, path, whole=whole)
            self._used.append(column)
            return column
        value = self._template.context.settings.variables[piece.field]
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if (fault := unfit(text)) is not None:
            self._faults.append(TextFault(path, piece.text, fault.summary, fault.detail))
        node = self._template.schema_of(path)
        if not whole or "string" in types_of(node):
            return -1, text
        return -1, _typed(value, node) if isinstance(value, str) else value


def _typed(text: str, node: Mapping[str, Any]) -> Any:
    """Return a text as the type that the schema wants, if it can be read so."""
    value = resolve(text)
    wanted = types_of(node)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, bool) and "boolean" in wanted:
        return value
    return value if number and ("number" in wanted or "integer" in wanted) else text
