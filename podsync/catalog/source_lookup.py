"""A product's document, read once more: for places and keys that the catalog does not keep.

Ten thousand products are kept with what plan and apply need of them; a check that wants more of a few
comes back to their files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.authoring.layers import leaves
from podsync.catalog.cache.lazy_positions import RereadableFile
from podsync.catalog.discovery import FoundDefaults, FoundFile, walk
from podsync.catalog.parsing.document import Document
from podsync.catalog.validation.document_rules import located
from podsync.model.frozen import EMPTY, Path
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
        text, span = located(self.document, path)
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
        self._around = lru_cache(maxsize=1)(lambda: _around(root, folder, authoring))
        self._file = lru_cache(maxsize=16)(self._read)

    def of(self, product: Product) -> ProductSource:
        """Return the document that declares `product`."""
        declared = product.declared_at
        start = ":".join(map(str, declared[1:]))
        index = product.address.name[len(product.address.document) :]
        document = self._file(declared.path).document(start, index)
        if document is None or not _declares(document, product):
            return ProductSource(product, None)
        return ProductSource(product, document)

    def _read(self, path: str) -> RereadableFile:
        return RereadableFile(FoundFile(str(self._root / path), path), None, self._around)


def _around(root: FilePath, folder: str, authoring: Authoring) -> AuthoringContext:
    found = walk(root / folder, root) if (root / folder).is_dir() else []
    defaults = [each.file for each in found if isinstance(each, FoundDefaults)]
    return AuthoringContext(root, root / folder, authoring, defaults)


def _declares(document: Document, product: Product) -> bool:
    data = document.data
    return (data.get("kind"), data.get("name")) == (product.address.kind, product.address.document)
