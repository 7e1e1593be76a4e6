"""`straight.StraightRun` with a cache: cached files, newly read files, and clashes between them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from podsync.catalog.cache.changes import FilesStatus, scan
from podsync.catalog.cache.lazy_catalog import LateContext, LazyCatalog
from podsync.catalog.cache.record import ProductRecord
from podsync.catalog.cache.store import CachedTable, CatalogCache
from podsync.catalog.cache.table import Piece, Table
from podsync.catalog.loaded import FindFiles, Loaded, ReadClosely
from podsync.files.cache_file import CacheDraft, DamagedCacheError
from podsync.model.diagnostic import Diagnostic
from podsync.model.errors import PodsyncError
from podsync.model.frozen import EMPTY
from podsync.model.product import Catalog
from podsync.model.settings import Authoring
from podsync.providers.knowledge import Provider

if TYPE_CHECKING:
    from podsync.catalog.cache.reader import CatalogReader

#: This many records are written in the time that reading one file takes.
_WRITTEN_WHILE_ONE_IS_READ = 50


class CachedRun:
    """Reads a catalog. Use as `with CachedRun(…) as run: run.finish()`; what can be begun at once is.

    `in_scope` holds the paths whose faults are reported. `read_closely` reads a file that the fast reader
    does not take. From `remember_from` files on, the result is cached, and the next run reads only the files
    that have changed.
    """

    def __init__(
        self,
        root: Path,
        providers: Mapping[str, Provider],
        in_scope: Container[str],
        find_files: FindFiles,
        read_closely: ReadClosely,
        *,
        remember_from: int | None,
        authoring: Authoring,
        folder: Path,
    ) -> None:
        self._root = root
        self._authoring = authoring
        self._folder = folder
        self._around: LateContext | None = None
        self._tables: set[str] = set()
        self._providers = providers
        self._by_kind = {provider.kind: provider for provider in providers.values()}
        self._in_scope = in_scope
        self._find_files = find_files
        self._read_closely = read_closely
        self._remember_from = remember_from
        self._past: CachedTable | None = None
        self._standing = FilesStatus(str(root), (), (), {})
        self._reading: CatalogReader | None = None
        self._draft: CacheDraft | None = None
        self._again: Table | None = None
        self._stack = ExitStack()

    @cached_property
    def _memory(self) -> CatalogCache:
        return CatalogCache.beside(self._root, self._providers, self._authoring)

    def __enter__(self) -> Self:
        """Begin: read everything if nothing is cached, else look for changes."""
        if self._remember_from is not None:
            self._past = self._memory.recall()
        try:
            if self._past is None:
                self._begin_anew()
        except BaseException:  # a signal, too, may come here
            self._stack.close()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()

    def finish(self) -> Loaded:
        """Read the remaining files; return the catalog and all faults."""
        try:
            return self._finished()
        finally:  # the workers and their pipes are needed no more
            self._stack.close()
            self._reading = None

    def _finished(self) -> Loaded:
        if self._past is not None:
            try:
                self._standing = scan(self._find_files, self._root, self._past)
                if self._standing.all_known(self._past):
                    return self._as_it_was(self._past)
                self._begin(self._past.table)
                return self._read()
            except DamagedCacheError:  # or another run has put a new one in its place
                self._past = None
                self._begin_anew()
        return self._read()

    def _as_it_was(self, past: CachedTable) -> Loaded:
        products = self._products(self._mended(past.table), past.digest)
        return self._finish(products, [] if past.sound else self._clashes(products))

    def _begin_anew(self) -> None:
        self._standing = scan(self._find_files, self._root)
        self._begin(None)

    def _begin(self, past: Table | None) -> None:
        """Begin to read the files that are not cached."""
        from podsync.catalog.cache.reader import CatalogReader

        if self._worth_a_memory and self._draft is None:
            self._draft = self._stack.enter_context(self._memory.cache.drafting())
        needs = self._past.needs if self._past is not None and past is not None else EMPTY
        around = self._context(self._standing)()
        reading = CatalogReader(
            self._standing, self._providers, self._read_closely, around, past, self._draft, needs
        )
        self._reading = self._stack.enter_context(reading)

    def _read(self) -> Loaded:
        reading = self._reading
        assert reading is not None  # noqa: S101 (it was begun)
        table = self._mended(reading.table())
        self._standing = self._standing._replace(unread=())
        products = self._products(table)
        clashes = [] if self._no_clash(products, reading) else self._clashes(products)
        self._tables = reading.tables
        if self._worth_writing(reading) and not reading.defaults_faulty:
            if self._draft is None and self._many(table):
                products = self._products(self._looked_at_again(table, reading.faulty))
            self._remember(products, reading.faulty, sound=not clashes)
        return self._finish(products, [*reading.diagnostics, *clashes])

    def _context(self, standing: FilesStatus) -> LateContext:
        """Return the context of the documents for the current files."""
        self._around = LateContext(self._root, self._folder, self._authoring, standing.defaults)
        return self._around

    # -- from columns to a catalog

    def _products(self, table: Table, digest: str | None = None) -> LazyCatalog:
        around = self._around or self._context(self._standing)
        return LazyCatalog(table, self._standing.found, self._by_kind, digest, around)

    def _no_clash(self, products: LazyCatalog, reading: CatalogReader) -> bool:
        """Whether there is surely no clash: there was none before, and no new product shares anything."""
        if self._past is None or not self._past.sound or products.removed:
            return False
        return products.shares_nothing([number for each in reading.news for number in each])

    def _clashes(self, products: LazyCatalog) -> list[Diagnostic]:
        """Return the faults between products of any files."""
        candidates = products.clash_candidates()
        if not (candidates or products.removed):
            return []
        from podsync.catalog.validation.cross_document_rules import cross_check, removed_and_declared

        in_scope = self._in_scope.__contains__
        found = cross_check(candidates, products.make, self._providers, products.line, in_scope)
        return found + removed_and_declared(
            products.removed, products.spec_digests, products.product, products.line
        )

    def _finish(self, products: LazyCatalog, found: Iterable[Diagnostic]) -> Loaded:
        catalog = Catalog(products, self._standing.total, products)
        shared = {each.path for each in self._standing.defaults} | self._tables
        return Loaded.of(catalog, (*self._standing.diagnostics, *found), self._in_scope, shared)

    # -- the cache

    @property
    def _worth_a_memory(self) -> bool:
        return self._remember_from is not None and self._standing.total >= self._remember_from

    def _many(self, table: Table) -> bool:
        """Whether few files hold so many products that they are worth a memory all the same."""
        return self._remember_from is not None and len(table.addresses) >= self._remember_from

    def _looked_at_again(self, table: Table, faulty: Container[str]) -> Table:
        """Begin a draft now, and return the table with current signatures of unchanged files."""
        from podsync.catalog.cache.reader import signed_again

        self._draft = self._stack.enter_context(self._memory.cache.drafting())
        around = self._context(self._standing)()
        files = [self._standing.found(path) for path in table.paths]
        return signed_again(table, files, around, self._draft, faulty)

    def _worth_writing(self, reading: CatalogReader) -> bool:
        """Whether the next run would save more time than writing the cache takes now.

        Somebody who is editing runs podsync again after each change. Once the files are unchanged, or all are
        known by their content, the next runs only have to see that.
        """
        if self._past is None or (reading.fresh and not reading.parsed):
            return True
        gone = self._past.files - self._standing.total
        return (reading.fresh + max(gone, 0)) * _WRITTEN_WHILE_ONE_IS_READ >= self._standing.total

    def _remember(self, products: LazyCatalog, faulty: Container[str], *, sound: bool) -> None:
        if self._draft is None:
            return
        table = products.table
        if faulty:
            good = [number for number, path in enumerate(table.paths) if path not in faulty]
            products = self._products(
                Table.gathered([Piece(table, number, number + 1) for number in good], {})
            )
        self._memory.remember(self._draft, products.table, sound=sound, digest=products.digest)

    def _mended(self, known: Table) -> Table:
        """Return the table; a column that turns out to be damaged is read from the files again."""

        def load(name: str) -> list[str]:
            try:
                return known.column(name)
            except DamagedCacheError:
                return self._read_again(known.made).column(name)

        def kept(number: int) -> ProductRecord:
            try:
                return known.kept(number)
            except DamagedCacheError:
                return self._read_again(known.made).kept(number)

        return Table(load, kept)

    def _read_again(self, made: Mapping[str, list[str]]) -> Table:
        """Read every file; `made` are columns that somebody has already seen."""
        if self._remember_from is not None:
            self._memory.cache.forget()
        if self._again is None:
            from podsync.catalog.cache.reader import CatalogReader

            standing = scan(self._find_files, self._root)
            around = self._context(standing)()
            with CatalogReader(standing, self._providers, self._read_closely, around) as reading:
                self._again = reading.table()
        if any(self._again.column(name) != column for name, column in made.items() if name != "signatures"):
            message = "the catalog was changed while it was read"
            raise PodsyncError(message, "run the command again")
        return self._again
