"""What reading a catalog gives, by whichever way."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, Self, TypeAlias

from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.discovery import FoundFile, FoundFiles, Signed
from podsync.catalog.parsing.source_text import Text
from podsync.model.address import Address
from podsync.model.diagnostic import Diagnostic, errors_among, in_file_order
from podsync.model.position import Position
from podsync.model.product import Catalog, Product
from podsync.providers.knowledge import Provider

#: Finds the files of a catalog, and faults of the search.
FindFiles: TypeAlias = Callable[[], FoundFiles]


class Loaded(NamedTuple):
    """The valid part of the catalog, and all faults."""

    catalog: Catalog
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What makes the catalog unusable."""
        return errors_among(self.diagnostics)

    @classmethod
    def of(
        cls, catalog: Catalog, found: Iterable[Diagnostic], in_scope: Container[str], shared: Container[str]
    ) -> "Loaded":
        """Keep the diagnostics that are asked for, in order, and no more than a person can read.

        They are those at a path in scope, and those of `shared` files, which several documents draw on.
        """
        places = ((each, each.at.path if each.at is not None else None) for each in dict.fromkeys(found))
        reported = [each for each, path in places if path is None or path in in_scope or path in shared]
        if reported:
            from podsync.catalog.validation.limits import capped

            reported = list(capped(in_file_order(reported)))
        return cls(catalog, tuple(reported))


class CatalogRun(Protocol):
    """Reads a catalog: `with … as run: run.finish()`. The block may do something else meanwhile."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_exception: object) -> None: ...

    def finish(self) -> Loaded:
        """Read the remaining files; return the catalog and all faults."""


class CheckedFile(NamedTuple):
    """A file that was read with all places. `read` is None if it could not be read.

    `removed` are the addresses that it removes, with their places. `tables` are the files that its documents
    take keys from.
    """

    read: Signed | None
    text: "Text | None"
    products: Sequence[Product]
    diagnostics: Sequence[Diagnostic]
    removed: Sequence[tuple[Address, Position]] = ()
    tables: Sequence[str] = ()


#: Reads a file with all its places, and says all that is wrong with it.
ReadClosely: TypeAlias = "Callable[[FoundFile, Mapping[str, Provider], AuthoringContext], CheckedFile]"
