"""A table as a catalog: products in the order of their addresses, each made when it is asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, overload

from podsync.catalog.authoring import expansion_of
from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.cache.clash_candidates import Columns, clash_candidates, shares_nothing
from podsync.catalog.cache.record import digest_of, product_of
from podsync.catalog.cache.table import Table
from podsync.catalog.discovery import FoundFile, read_bytes
from podsync.catalog.parsing.document import Document, ParsedFile
from podsync.catalog.validation.fingerprints import FingerprintRow, Fingerprints
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import EMPTY, Path
from podsync.model.json_bytes import parse
from podsync.model.position import Position, Span
from podsync.model.product import Product, catalog_digest
from podsync.model.settings import Authoring
from podsync.providers.knowledge import Provider

if TYPE_CHECKING:
    from podsync.catalog.authoring.expansion import Expansion


#: Up to this many searches for equal products scan every product; then an index is made.
_FEW = 5


class LazyCatalog(Sequence[Product]):
    """Implements `model.Index` over a table. `locations` says where the file of a path is.

    `digest` is the catalog's, where it is known already.
    """

    def __init__(
        self,
        table: Table,
        locations: Callable[[str], FoundFile],
        by_kind: Mapping[str, Provider],
        digest: str | None,
        drawn_on: LateContext,
    ) -> None:
        self.table = table
        self._known_digest = digest
        self._drawn_on = drawn_on
        self._questions = 0
        self._locations = locations
        self._by_kind = by_kind
        # A few files stay open to the next question: faults about one file come one after the other.
        self._again = lru_cache(maxsize=16)(self._read_again)

    # -- in file order, by number

    def _file_of(self, number: int) -> int:
        return bisect_right(self.table.firsts, number) - 1

    def make(self, number: int) -> Product:
        """Make the product of a number."""
        kept = self.table.kept(number)
        file = self._file_of(number)
        suffix = kept.address[kept.address.index("[") :] if "[" in kept.address else ""
        positions = LazyPlaces(lambda: self._again(file), kept.start, suffix)
        provider = self._by_kind[kept.address.partition(".")[0]]
        return product_of(kept, self.table.paths[file], provider, positions)

    def _read_again(self, file: int) -> RereadableFile:
        path = self.table.paths[file]
        tables = self._tables[file]
        table_paths = tables.split("\t") if tables else ()
        return RereadableFile(self._locations(path), self.table.digests[file], self._drawn_on, table_paths)

    @cached_property
    def _tables(self) -> Sequence[str]:
        return self.table.tables

    def rows(self, numbers: Iterable[int]) -> list[FingerprintRow]:
        """Return these products as the rules between files see them, in file order."""
        table = self.table
        places: list[tuple[str, int, int, int]] = []
        for number in numbers:
            line, column = table.starts[number].split(":")[:2]
            places.append((table.paths[self._file_of(number)], int(line), int(column), number))
        return [self._row(number) for *_, number in sorted(places)]

    def clash_candidates(self) -> list[FingerprintRow]:
        """Return the rows that a rule between files could have a word about."""
        return self.rows(clash_candidates(self._columns))

    def shares_nothing(self, news: Sequence[int]) -> bool:
        """Return whether it is plain that no rule between files has a word about these."""
        return shares_nothing(self._columns, news)

    @property
    def _columns(self) -> Columns:
        return Columns(self.table.addresses, self.table.traits, self.table.histories)

    def _row(self, number: int) -> FingerprintRow:
        table = self.table
        traits = Fingerprints(*table.traits[number].split(" "))
        return FingerprintRow(number, table.addresses[number], traits, table.histories[number])

    def line(self, at: Position) -> str:
        """Return the source line of a position in one of these files."""
        number = self._files.get(at.path)
        if number is not None:
            return self._again(number).line(at.line)
        return self._drawn_on().line_at(at) if self._drawn_on is not None else ""  # a table, or defaults

    @cached_property
    def _files(self) -> dict[str, int]:
        return {path: number for number, path in enumerate(self.table.paths)}

    @cached_property
    def providers(self) -> frozenset[str]:
        """Which providers the products are for."""
        addresses = self.table.addresses
        return frozenset(
            provider.name
            for kind, provider in self._by_kind.items()
            if any(address.startswith(f"{kind}.") for address in addresses)
        )

    # -- by address

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """The number of each address; of one that is declared twice, the first in file order."""
        addresses = self.table.addresses
        numbers = dict(zip(addresses, range(len(addresses)), strict=True))
        if len(numbers) < len(addresses):
            numbers = {row.address: row.number for row in reversed(self.rows(range(len(addresses))))}
        return numbers

    @cached_property
    def _ordered(self) -> list[str]:
        return sorted(self.spec_digests)

    def __len__(self) -> int:
        return len(self.spec_digests)

    def __iter__(self) -> Iterator[Product]:
        return map(self.product, self._ordered)

    @overload
    def __getitem__(self, index: int) -> Product: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Product]: ...
    def __getitem__(self, index: int | slice) -> Product | Sequence[Product]:
        if isinstance(index, slice):
            return [self.product(address) for address in self._ordered[index]]
        return self.product(self._ordered[index])

    @cached_property
    def spec_digests(self) -> Mapping[str, str]:
        """The spec digest of each address, without its `sha256:`."""
        found = dict(zip(self.table.addresses, self.table.spec_digests, strict=True))
        if len(found) < len(self.table.addresses):
            found = {address: self.table.spec_digests[number] for address, number in self._numbers.items()}
        return found

    @cached_property
    def digest(self) -> str:
        """The catalog's digest."""
        if self._known_digest is not None:
            return self._known_digest
        known = ((address, self._numbers[address]) for address in self._ordered)
        histories = self.table.histories
        return catalog_digest(
            ((a, self.table.spec_digests[n], histories[n]) for a, n in known), sorted(self.removed)
        )

    @cached_property
    def removed(self) -> Mapping[str, Position]:
        """The addresses that the catalog removes on purpose, with their places."""
        if not any(self.table.removals):
            return EMPTY
        removals = zip(self.table.paths, self.table.removals, strict=True)
        return {a: Position(path, *at) for path, text in removals if text for a, *at in parse(text)}

    def product(self, address: str) -> Product:
        """Make the product of an address; raises KeyError."""
        return self.make(self._numbers[address])

    @cached_property
    def _identities(self) -> tuple[dict[str, int], dict[str, list[int]]]:
        """Return the first number of each identity, and all numbers of those that several products have."""
        first: dict[str, int] = {}
        several: dict[str, list[int]] = {}
        for number, text in enumerate(self.table.traits):
            identity = text.partition(" ")[0]
            earlier = first.setdefault(identity, number)
            if earlier != number:
                several.setdefault(identity, [earlier]).append(number)
        return first, several

    def alike(self, identity: str) -> Sequence[Product]:
        """Make the products of one identity, in the order of their addresses."""
        addresses = self.table.addresses
        numbers = self._numbers_of(identity)
        return [self.product(address) for address in sorted({addresses[number] for number in numbers})]

    def _numbers_of(self, identity: str) -> Sequence[int]:
        self._questions += 1
        if self._questions <= _FEW:  # an index of all is made for many
            return [n for n, text in enumerate(self.table.traits) if text.startswith(identity)]
        first, several = self._identities
        return several.get(identity) or ([first[identity]] if identity in first else [])


class LateContext:
    """What documents may draw on, made when it is first asked for."""

    def __init__(
        self, root: FilePath, folder: FilePath, settings: Authoring, defaults: Sequence[FoundFile]
    ) -> None:
        self._context_arguments = root, folder, settings, defaults

    def __call__(self) -> AuthoringContext:
        """Return it."""
        return self._made

    @cached_property
    def _made(self) -> AuthoringContext:
        return AuthoringContext(*self._context_arguments)


class RereadableFile:
    """A file that can be read again if it is unchanged: its content must have this `digest`.

    `drawn_on` returns the context of its documents; `tables` are the files that its keys come from.
    """

    def __init__(
        self,
        found: FoundFile,
        digest: str,
        drawn_on: Callable[[], AuthoringContext],
        tables: Sequence[str],
    ) -> None:
        self._found = found
        self._digest = digest
        self._drawn_on = drawn_on
        self._tables = tables
        self._expansions: dict[str, Expansion] = {}

    @cached_property
    def reading(self) -> ParsedFile | None:
        """The file with its places; None when it is another one by now."""
        from podsync.catalog.parsing.yaml_reader import read

        raw = read_bytes(self._found)
        if isinstance(raw, Diagnostic) or self._digest_of(raw) != self._digest:
            return None
        return read(self._found.path, raw)

    def _digest_of(self, raw: bytes) -> str:
        around = self._drawn_on()
        return around.digest(digest_of(raw), around.needs(self._found.path, self._tables))

    def line(self, number: int) -> str:
        """Return a line of the file."""
        return self.reading.text.line(number) if self.reading is not None else ""

    def document(self, start: str, index: str = "") -> Document | None:
        """Return the document at `start` (as `ProductRecord.start`), the product `index` of several."""
        for document in self.reading.documents if self.reading is not None else ():
            if ":".join(map(str, document.start)) == start:
                return self._product(document, start, index)
        return None

    def _product(self, document: Document, start: str, index: str) -> Document | None:
        from podsync.catalog.authoring.layers import is_plain

        around = self._drawn_on()
        if is_plain(document, self._found, around):
            return document
        if start not in self._expansions:
            self._expansions[start] = expansion_of(document, self._found, around)
        return self._expansions[start].product(index)


class LazyPlaces(Mapping[Path, Span | Position]):
    """The places inside one document, looked for when they are first asked for.

    A value that was written in another file has a position.
    """

    def __init__(self, file: Callable[[], RereadableFile], start: str, index: str = "") -> None:
        self._file = file
        self._start = start
        self._index = index

    @cached_property
    def _found(self) -> Mapping[Path, Span | Position]:
        document = self._file().document(self._start, self._index)
        if document is None:
            return {}
        if document.origins is None:
            return document.places
        return document.positions()

    def __getitem__(self, path: Path) -> Span | Position:
        return self._found[path]

    def __iter__(self) -> Iterator[Path]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)
