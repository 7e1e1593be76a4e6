"""Where the catalog names a picture, and what it says about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from podsync.model.address import Address
from podsync.model.frozen import Path
from podsync.model.position import Position
from podsync.model.product import Product
from podsync.providers.contract import Role
from podsync.providers.knowledge import Provider

#: An inch, in millimetres.
INCH = 25.4
#: Below it a print looks coarse; print services call 300 good and refuse or warn below 150.
LEAST_DPI = 150


@dataclass(frozen=True, slots=True)
class PrintSize:
    """The area, in millimetres, that an artwork is fitted into with its proportions kept."""

    width_mm: float
    height_mm: float
    min_dpi: float = LEAST_DPI

    def dpi(self, width: int, height: int) -> float:
        """Return how many pixels of a picture of this size come to lie on an inch."""
        return max(width / self.width_mm, height / self.height_mm) * INCH


@dataclass(frozen=True, slots=True)
class ImagePlace:
    """One value of a document that is the URL of a picture."""

    url: str
    role: Role
    address: Address
    path: Path
    at: Position
    snippet: str = ""
    print_size: PrintSize | None = None


class DocumentSource(Protocol):
    """A product's document, read again."""

    @property
    def data(self) -> Mapping[str, Any]:
        """What stands in it; empty when it is not there any more."""

    def place(self, path: Path) -> tuple[Position, str]:
        """The place of a value, and its source line."""


def places(
    products: Iterable[Product],
    providers: Mapping[str, Provider],
    source: Callable[[Product], DocumentSource],
) -> Iterator[ImagePlace]:
    """Yield every picture of the products, in their order."""
    for product in products:
        named = tuple(providers[product.provider].depictions(product.spec))
        if not named:
            continue
        document = source(product)
        sizes = document.data.get("print", {})
        for one in named:
            path = ("spec", *one.path)
            at, snippet = document.place(path)
            size = sizes.get(one.name) if one.role is Role.ARTWORK else None
            yield ImagePlace(
                one.url, one.role, product.address, path, at, snippet, PrintSize(**size) if size else None
            )
