"""Reads a product's document again, for places and keys that the catalog does not keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.authoring.expansion import Expansion
from podsync.catalog.authoring.layers import Layer, defaults_of, is_plain, layer_of, leaves
from podsync.catalog.discovery import FoundFile, read_bytes
from podsync.catalog.parsing.document import Document
from podsync.catalog.parsing.yaml_reader import read
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import EMPTY, Path, value_at
from podsync.model.position import Position
from podsync.model.product import Product
from podsync.model.settings import Authoring


@dataclass(frozen=True, slots=True)
class ProductSource:
    """The document of one product; without `document`, when the file was changed meanwhile."""

    product: Product
    document: Document | None

    @property
    def data(self) -> Mapping[str, Any]:
        """What stands in it."""
        return self.document.data if self.document is not None else EMPTY

    def values(self) -> Iterator[ValueSource]:
        """Yield every value of the document; nothing where it was changed meanwhile."""
        for path, value in leaves(self.data):
            found = self.document.origin(path) if self.document is not None else None
            if found is not None:
                used = tuple((one.reference, Position(one.text.path, *one.span)) for one in found.used)
                yield ValueSource(path, value, Position(found.text.path, *found.span), used)

    def place(self, path: Path) -> tuple[Position, str]:
        """Return where the value at `path` stands, and that line."""
        if self.document is None:
            return self.product.at(path), ""
        text, span = self.document.located(path)
        return Position(text.path, *span), text.line(span[0])


class ValueSource(NamedTuple):
    """A value of a document, where it was written, and what was put into it: a name and its place each."""

    path: Path
    value: Any
    at: Position
    used: tuple[tuple[str, Position], ...] = ()


class Sources:
    """Reads documents again. Made once for a run."""

    def __init__(self, root: FilePath, authoring: Authoring = Authoring(), folder: str = "catalog") -> None:
        self._root = root
        self._around = lru_cache(maxsize=1)(lambda: AuthoringContext.of(root, root / folder, authoring))
        self._file = lru_cache(maxsize=16)(self._read)
        self._last: Expansion | None = None

    def of(self, product: Product) -> ProductSource:
        """Return the document that declares `product`."""
        document = self._own(product)
        return ProductSource(product, None if document is None else self._expanded(document, product))

    def given(self, file: str, kind: str, path: Path) -> Position | None:
        """Return where the defaults for `file` say the value at `path`, None where they do not."""
        layer = layer_of(defaults_of(file, kind, self._around()), path)
        if layer is None or value_at(layer.data, path) is None:
            return None
        span = layer.document.places.get((*layer.prefix, *path), layer.document.start)
        return Position(layer.document.text.path, *span)

    def says(self, product: Product, path: Path) -> bool:
        """Whether the document of a product says the value at `path` itself."""
        document = self._own(product)
        return document is not None and layer_of([Layer(document, (), document.data)], path) is not None

    def _own(self, product: Product) -> Document | None:
        """Return the document that declares `product`, None if it was changed meanwhile."""
        declared = product.declared_at
        for document in self._file(declared.path):
            named = document.data.get("kind"), document.data.get("name")
            here = Position(declared.path, *document.start) == declared
            if here and named == (product.address.kind, product.address.document):
                return document
        return None

    def _read(self, path: str) -> tuple[Document, ...]:
        raw = read_bytes(FoundFile(str(self._root / path), path))
        return () if isinstance(raw, Diagnostic) else read(path, raw).documents

    def _expanded(self, document: Document, product: Product) -> Document | None:
        """Return a document as the product that is asked for."""
        path = product.declared_at.path
        found, around = FoundFile(str(self._root / path), path), self._around()
        if is_plain(document, found, around):
            return document
        if self._last is None or self._last.document is not document:
            self._last = Expansion(document, found, around)
        return self._last.product(product.address.name[len(product.address.document) :])
