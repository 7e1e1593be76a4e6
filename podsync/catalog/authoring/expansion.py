"""A document as the products that it makes, each an ordinary document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from podsync.catalog.authoring.axes.axis import Axis
from podsync.catalog.authoring.axes.choices import Choices, Combination
from podsync.catalog.authoring.axes.reader import AxesReader
from podsync.catalog.authoring.belonging import in_environment
from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.authoring.former import FormerNames
from podsync.catalog.authoring.layers import AUTHORED, Layer, defaults_of, layer_of
from podsync.catalog.authoring.references import VARIABLE, NoReferenceError, Reference, pieces
from podsync.catalog.authoring.template import SUBSTITUTED, BadValue, Template, TextFault
from podsync.catalog.discovery import FoundFile
from podsync.catalog.parsing.document import Document, Used, WrittenAt
from podsync.catalog.validation.limits import among
from podsync.catalog.validation.value_messages import dotted
from podsync.model.address import indexed
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import Path, value_at
from podsync.providers.registry import kinds


class Expansion:
    """The products of a document in the file `found`.

    `faults` are complete when all of `products` were taken; `tables` are the files that were read for it.
    """

    def __init__(self, document: Document, found: FoundFile, context: AuthoringContext) -> None:
        self.document, self._here, wrong = in_environment(document, context.settings)
        self.faults: list[Diagnostic] = list(wrong)
        self.tables: tuple[FoundFile, ...] = ()
        self._found = found
        self._context = context
        self._bad: dict[tuple[Path, str, str], tuple[BadValue, Document, int]] = {}
        self._template: Template | None = None
        self._choices: Choices | None = None
        self._former: FormerNames | None = None
        self._kind = document.data.get("kind")
        if self._kind in kinds() and self._here:
            self._prepare()

    def _prepare(self) -> None:
        document = self.document
        axes: Mapping[str, Axis] = {}
        if "each" in document.data:
            axes = self._axes()
            if self.faults:
                return
            self._choices = Choices(document, axes, self._context.settings.max_each)
            self._former = FormerNames(document, axes)
            self.faults += [*self._choices.faults, *self._former.faults, *self._single_ids()]
        else:
            for word in sorted(AUTHORED & document.data.keys()):
                summary = f"{word} is said of the products of an `each`, and there is none"
                self.faults.append(document.fault("each", (word,), summary, f"remove {word}", key=True))
        if not self.faults:
            overrides = [
                Layer(
                    document,
                    ("overrides", number),
                    {key: value for key, value in override.items() if key != "when"},
                )
                for number, override in enumerate(document.data.get("overrides") or ())
            ]
            layers = (
                *defaults_of(self._found.path, str(self._kind), self._context),
                Layer(document, (), document.data),
            )
            self._template = Template(layers, overrides, axes, self._context, str(self._kind))

    def _axes(self) -> Mapping[str, Axis]:
        reader = AxesReader(self.document, self._found, self._context)
        axes = reader.axes()
        self.faults += reader.faults
        self.tables = tuple(dict.fromkeys(reader.files))
        return axes

    def _single_ids(self) -> Iterator[Diagnostic]:
        """Refuse what a document of several products says of one: `adopt` and `recreate` name a product."""
        for word in ("adopt", "recreate"):
            ids = self.document.data.get(word)
            if ids is not None and not isinstance(ids, dict):
                detail = f'write a mapping: {word}: {{"colour=red,model=tee": ID}}'
                summary = f"{word} names one product, and this document makes several"
                yield self.document.fault("each", (word,), summary, detail)

    # -- products

    def products(self) -> Iterator[Document]:
        """Yield the products that can be made, sorted by their keys."""
        if not self._here:
            return
        if self._template is None:
            if not self.faults:  # its kind is unknown: that is said of what is left
                left = {key: value for key, value in self.document.data.items() if key not in AUTHORED}
                yield self.document._replace(data=left)
            return
        for combination in self._combinations():
            shape = self._template.shape(combination)
            if shape.odd:
                self._tell(shape.odd, combination, odd=True)
            if shape.faults:
                self._tell(shape.faults, combination)
                continue
            if shape.bad and (bad := list(self._template.bad_values(combination))):
                self._note(bad, self._product(combination, dict(self.document.data)))
                continue
            yield self._product(combination, shape.make(combination.keys))
        if self._choices is not None:
            self.faults += [each for each in self._choices.faults if each not in self.faults]
        self.faults += map(self._bad_fault, self._bad.values())

    def product(self, index: str) -> Document | None:
        """Return the product of an index (`[colour=red]`, empty where there is no `each`)."""
        if self._template is None:
            return None if index or self.faults or not self._here else self.document
        for combination in self._combinations():
            if self._index(combination) == index:
                shape = self._template.shape(combination)
                if shape.faults or any(self._template.bad_values(combination)):
                    return None
                return self._product(combination, shape.make(combination.keys))
        return None

    def _combinations(self) -> Iterable[Combination]:
        return (Combination(()),) if self._choices is None else self._choices.combinations()

    def _index(self, combination: Combination) -> str:
        assert self._template is not None  # noqa: S101 (there are combinations)
        axes = self._template.axes
        return indexed(zip(axes, combination.keys, strict=True)) if axes else ""

    def _product(self, combination: Combination, data: dict[str, Any]) -> Document:
        assert self._template is not None  # noqa: S101 (there are combinations)
        index = self._index(combination)
        if self._former is not None:
            former = self._former.of(combination.keys)
            if former is not None:
                data["moved"] = former
            elif isinstance(data.get("moved"), dict):
                del data["moved"]  # it names others of the products
            for word in ("adopt", "recreate"):
                if word in data:
                    own = self._former.value_for(data.pop(word), index)
                    data |= {} if own is None else {word: own}
        origins = ProductOrigins(self._template, combination)
        return self.document._replace(data=data, suffix=index, origins=origins)

    # -- faults

    def _tell(self, faults: Iterable[TextFault], combination: Combination, *, odd: bool = False) -> None:
        assert self._template is not None  # noqa: S101 (there are combinations)
        product = self.document._replace(origins=ProductOrigins(self._template, combination))
        for path, mark, summary, detail in faults:
            text, span = product.located(path)
            at, said = text.marked(span, mark), f"{dotted(path)}: {summary}"
            fault = text.fault("reference", at, said, detail)
            if odd:
                fault = text.fault("odd-text", at, said, detail, severity="warning")
            if fault not in self.faults:
                self.faults.append(fault)

    def _note(self, bad: Iterable[BadValue], product: Document) -> None:
        for each in bad:
            key = each.path, each.reference.text, each.key
            first = self._bad.get(key)
            self._bad[key] = (each, product, 1) if first is None else (*first[:2], first[2] + 1)

    def _bad_fault(self, noted: tuple[BadValue, Document, int]) -> Diagnostic:
        bad, product, count = noted
        text, span = product.located(bad.path)
        found = product.origin(bad.path, around=False)
        used = [each for each in (found.used if found else ()) if each.reference == bad.reference.text]
        summary = f"{dotted(bad.path)}: {bad.reference.text} of {bad.key}: {bad.fault.summary}"
        detail = "\n".join([bad.fault.detail, *map(str, used)])
        summary += among(product.suffix, count)
        at = text.marked(span, bad.reference.text)
        return text.fault("value", at, summary, detail, address=product.address())


class ProductOrigins:
    """The places of one product's values (`parsing.document.Origins`)."""

    def __init__(self, template: Template, combination: Combination) -> None:
        self._template = template
        self._keys = dict(zip(template.axes, combination.keys, strict=True))
        self._layers = template.layers_of(combination)
        self._own = template.layers[-1]

    def of(self, path: Path) -> WrittenAt | None:
        """Return where the value at `path` was written; of a mapping, the document's own part."""
        layer = layer_of(self._layers, path)
        if layer is None:
            return None
        value = value_at(layer.data, path)
        if isinstance(value, dict) and isinstance(value_at(self._own.data, path), dict):
            layer = self._own
        inner = (*layer.prefix, *path)
        span = layer.document.places.get(inner)
        if span is None:
            return None
        used: tuple[Used, ...] = ()
        if isinstance(value, str) and "${" in value and path[0] in SUBSTITUTED:
            used = tuple(self._used(value))
        return WrittenAt(layer.document.text, span, layer.document.keys.get(inner), used)

    def _used(self, text: str) -> Iterator[Used]:
        try:
            found = pieces(text, axes=bool(self._template.axes))
        except NoReferenceError:
            return
        for piece in dict.fromkeys(found):
            if not isinstance(piece, Reference):
                continue
            if piece.name == VARIABLE:
                if piece.field in self._template.context.settings.variables:
                    yield Used(piece.text, *self._template.context.place_of(piece.field))
            elif (axis := self._template.axes.get(piece.name)) is not None:
                key = self._keys[piece.name]
                if not piece.field or piece.field in axis.rows[key]:
                    yield Used(piece.text, *axis.place(key, piece.field))
