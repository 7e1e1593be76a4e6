"""Everything that is kept of a catalog's files, in columns.

A row of a hundred thousand files is never made an object of its own: comparing, saving and loading
whole columns is what a plan without changes consists of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple, TypeAlias

from podsync.catalog.record import Kept

#: Makes a column that is not always needed.
Column: TypeAlias = Callable[[], list[str]]
#: Stands in a column of words for "nothing".
_NONE = "-"


class File(NamedTuple):
    """A valid file. `signature` is what `stat` said of it, empty where that proves nothing."""

    path: str
    signature: str
    digest: str
    kept: tuple[Kept, ...]


@dataclass(frozen=True)
class Table:
    """Columns of files (the first four) and of their products, in file order.

    `load_traits` and `load_bodies` give columns that a plan without changes never asks for.
    """

    paths: list[str]
    signatures: list[str]
    digests: list[str]
    counts: list[int]
    addresses: list[str]
    starts: list[str]
    wishes: list[str]
    formers: list[str]
    load_traits: Column
    load_bodies: Column

    @classmethod
    def of(cls, files: Iterable[File]) -> Table:
        """Make the table of these files."""
        files = list(files)
        kept = [each for file in files for each in file.kept]
        traits, bodies = [each.traits for each in kept], [each.body for each in kept]
        return cls(
            [file.path for file in files],
            [file.signature for file in files],
            [file.digest for file in files],
            [len(file.kept) for file in files],
            [each.address for each in kept],
            [each.start for each in kept],
            [each.wish for each in kept],
            [each.former for each in kept],
            lambda: traits,
            lambda: bodies,
        )

    @classmethod
    def gathered(cls, paths: list[str], signatures: list[str], pieces: Sequence[Piece]) -> Table:
        """Make the table of these files, which are called so by now, from pieces of other tables."""
        spans = [(each.table, each.table.firsts[each.start], each.table.firsts[each.end]) for each in pieces]

        def column(of: Callable[[Table], list[str]]) -> list[str]:
            found: list[str] = []
            for table, first, last in spans:
                found += of(table)[first:last]
            return found

        return cls(
            paths,
            signatures,
            [digest for each in pieces for digest in each.table.digests[each.start : each.end]],
            [count for each in pieces for count in each.table.counts[each.start : each.end]],
            column(lambda table: table.addresses),
            column(lambda table: table.starts),
            column(lambda table: table.wishes),
            column(lambda table: table.formers),
            lambda: column(lambda table: table.traits),
            lambda: column(lambda table: table.bodies),
        )

    @cached_property
    def traits(self) -> list[str]:
        """The traits of each product, one text each."""
        return self.load_traits()

    @cached_property
    def bodies(self) -> list[str]:
        """The body of each product."""
        return self.load_bodies()

    @cached_property
    def firsts(self) -> list[int]:
        """The number of each file's first product, and the number of all."""
        return [0, *accumulate(self.counts)]

    def kept(self, number: int) -> Kept:
        """Return what is kept of one product."""
        return Kept(
            self.addresses[number],
            self.starts[number],
            self.wishes[number],
            self.formers[number],
            self.traits[number],
            self.bodies[number],
        )


class Piece(NamedTuple):
    """Files of a table that stand one after the other, from `start` to before `end`."""

    table: Table
    start: int
    end: int


def dump(table: Table) -> dict[str, Any]:
    """Return the columns that are always loaded as JSON data: hex and addresses as one text each."""
    return {
        "paths": table.paths,
        "signatures": " ".join(signature or _NONE for signature in table.signatures),
        "digests": " ".join(table.digests),
        "counts": table.counts if set(table.counts) - {1} else [],
        "addresses": " ".join(table.addresses),
        "starts": " ".join(table.starts),
        "wishes": " ".join(table.wishes),
        "formers": [[number, former] for number, former in enumerate(table.formers) if former],
    }


def load(columns: Mapping[str, Any], load_traits: Column, load_bodies: Column) -> Table:
    """The inverse; raises ValueError, LookupError, TypeError or AttributeError for what is no table."""
    paths = columns["paths"]
    signatures = ["" if word == _NONE else word for word in columns["signatures"].split()]
    digests, counts = columns["digests"].split(), columns["counts"] or [1] * len(paths)
    products = [columns[name].split() for name in ("addresses", "starts", "wishes")]
    fits = len(paths) == len(signatures) == len(digests) == len(counts)
    if not fits or {len(column) for column in products} != {sum(counts)}:
        message = "columns of different lengths"
        raise ValueError(message)
    addresses, starts, wishes = products
    formers = [""] * len(addresses)
    for number, text in columns["formers"]:
        formers[number] = str(text)
    return Table(
        paths, signatures, digests, counts, addresses, starts, wishes, formers, load_traits, load_bodies
    )
