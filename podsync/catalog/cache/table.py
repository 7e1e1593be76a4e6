"""The records of a catalog's files, in columns of text.

A plan without changes compares, saves and loads whole columns and reads two of them, so rows never become
objects.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from podsync.catalog.cache.record import ProductRecord

#: What there is of each file, and of each product in it (as in `ProductRecord`), both in file order.
OF_FILES = ("paths", "signatures", "digests", "counts", "removals", "tables")
OF_PRODUCTS = ("addresses", "starts", "spec_digests", "histories", "traits", "bodies")
#: The columns that files of equal content do not share.
_OWN = ("paths", "signatures")
#: Makes a column by its name.
Load: TypeAlias = Callable[[str], list[str]]


class FileRow(NamedTuple):
    """A valid file. `signature` is its `stat`, empty where that proves nothing.

    `removed` is JSON of the addresses that it removes, with line and column each; empty for none. `tables`
    are the paths of the files that its documents take keys from, separated by tabs.
    """

    path: str
    signature: str
    digest: str
    kept: tuple[ProductRecord, ...]
    removed: str = ""
    tables: str = ""


class Piece(NamedTuple):
    """Consecutive files of a table, from `start` to before `end`."""

    table: "Table"
    start: int
    end: int


class Table:
    """Columns, each made by `load` on first use; `kept` may be a faster way to one product.

    Of files: `paths`, `signatures`, `digests`, `counts` of their products, `removals`, and `tables`. Of
    products: the fields of a `ProductRecord`; `histories` is empty for a document without a past.
    """

    def __init__(self, load: Load, kept: Callable[[int], ProductRecord] | None = None) -> None:
        self._load = load
        self._kept = kept
        self._columns: dict[str, list[str]] = {}

    @classmethod
    def of(cls, files: Iterable[FileRow]) -> "Table":
        """Make the table of these files."""
        files = list(files)
        kept = [each for file in files for each in file.kept]
        columns = {
            "paths": [file.path for file in files],
            "signatures": [file.signature for file in files],
            "digests": [file.digest for file in files],
            "counts": [str(len(file.kept)) for file in files],
            "removals": [file.removed for file in files],
            "tables": [file.tables for file in files],
        }
        columns |= {name: [each[place] for each in kept] for place, name in enumerate(OF_PRODUCTS)}
        return cls(columns.__getitem__)

    @classmethod
    def gathered(cls, pieces: Sequence[Piece], own: Mapping[int, tuple[str, str]]) -> "Table":
        """Make a table from pieces of others; `own` are path and signature of files that have new ones."""

        def load(name: str) -> list[str]:
            found: list[str] = []
            for table, start, end in pieces:
                of_files = name in OF_FILES
                first, last = (start, end) if of_files else (table.firsts[start], table.firsts[end])
                found += table.column(name)[first:last]
            if name in _OWN:
                for number, path_and_signature in own.items():
                    found[number] = path_and_signature[_OWN.index(name)]
            return found

        def kept(number: int) -> ProductRecord:
            """Ask the piece: one product of a few that were read now is no reason to load old columns."""
            place = bisect_right(firsts, number) - 1
            table, start, _ = pieces[place]
            return table.kept(table.firsts[start] + number - firsts[place])

        firsts = first_products(pieces)
        return cls(load, kept)

    def column(self, name: str) -> list[str]:
        """Return a column; it is not to be changed."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self._load(name)
        return found

    @property
    def made(self) -> Mapping[str, list[str]]:
        """The columns that somebody has asked for."""
        return self._columns

    @property
    def paths(self) -> list[str]:
        """What people call each file."""
        return self.column("paths")

    @property
    def signatures(self) -> list[str]:
        """What `stat` said of each file, empty where that proves nothing."""
        return self.column("signatures")

    @property
    def digests(self) -> list[str]:
        """The digest of each file's content."""
        return self.column("digests")

    @property
    def removals(self) -> list[str]:
        """The removed addresses of each file, as `FileRow.removed`."""
        return self.column("removals")

    @property
    def tables(self) -> list[str]:
        """Which other files each file takes keys from."""
        return self.column("tables")

    @property
    def addresses(self) -> list[str]:
        """The address of each product."""
        return self.column("addresses")

    @property
    def spec_digests(self) -> list[str]:
        """The spec digest of each product."""
        return self.column("spec_digests")

    @property
    def starts(self) -> list[str]:
        """Where each product's document begins."""
        return self.column("starts")

    @property
    def histories(self) -> list[str]:
        """What each document says of its product's past."""
        return self.column("histories")

    @property
    def traits(self) -> list[str]:
        """The fingerprints that the rules between documents compare."""
        return self.column("traits")

    @cached_property
    def firsts(self) -> list[int]:
        """The number of each file's first product, and the number of all."""
        return [0, *accumulate(map(int, self.column("counts")))]

    def kept(self, number: int) -> ProductRecord:
        """Return what is kept of one product."""
        if self._kept is not None:
            return self._kept(number)
        return ProductRecord(*[column[number] for column in self._of_products])

    @cached_property
    def _of_products(self) -> list[list[str]]:
        return [self.column(name) for name in OF_PRODUCTS]


def first_products(pieces: Iterable[Piece]) -> list[int]:
    """Return the number of the first product of each consecutive piece, and the total."""
    lengths = (each.table.firsts[each.end] - each.table.firsts[each.start] for each in pieces)
    return [0, *accumulate(lengths)]
