"""A product's document, read once more: for places and keys that the catalog does not keep.

Ten thousand products are kept with what plan and apply need of them; a check that wants more of a few
comes back to their files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from podsync.catalog.discovery import FoundFile, read_bytes
from podsync.catalog.parsing.document import Document
from podsync.catalog.parsing.yaml_reader import read
from podsync.catalog.validation.document_rules import located
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import EMPTY, Path
from podsync.model.position import Position
from podsync.model.product import Product


@dataclass(frozen=True, slots=True)
class ProductSource:
    """The document of one product; without `document`, when the file was changed meanwhile."""

    product: Product
    document: Document | None

    @property
    def data(self) -> Mapping[str, Any]:
        """What stands in it."""
        return self.document.data if self.document is not None else EMPTY

    def place(self, path: Path) -> tuple[Position, str]:
        """Return where the value at `path` stands, and that line."""
        if self.document is None:
            return self.product.at(path), ""
        text, span = located(self.document, path)
        return Position(text.path, *span), text.line(span[0])


class Sources:
    """Reads documents again; the file that was asked for last is kept. Made once for a run."""

    def __init__(self, root: FilePath) -> None:
        self._root = root
        self._path = ""
        self._documents: tuple[Document, ...] = ()

    def of(self, product: Product) -> ProductSource:
        """Return the document that declares `product`."""
        declared = product.declared_at
        if declared.path != self._path:
            raw = read_bytes(FoundFile(str(self._root / declared.path), declared.path))
            self._documents = () if isinstance(raw, Diagnostic) else read(declared.path, raw).documents
            self._path = declared.path
        for document in self._documents:
            if Position(declared.path, *document.start) == declared and _declares(document, product):
                return ProductSource(product, document)
        return ProductSource(product, None)


def _declares(document: Document, product: Product) -> bool:
    data = document.data
    return (data.get("kind"), data.get("name")) == (product.address.kind, product.address.name)
