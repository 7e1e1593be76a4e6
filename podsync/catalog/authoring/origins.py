"""Where a value of a product was written, found when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator

from podsync.catalog.authoring.axes.choices import Combination
from podsync.catalog.authoring.layers import layer_of
from podsync.catalog.authoring.references import VARIABLE, NoReferenceError, Reference, pieces
from podsync.catalog.authoring.template import SUBSTITUTED, Template
from podsync.catalog.parsing.document import Used, WrittenAt
from podsync.model.frozen import Path, value_at


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
