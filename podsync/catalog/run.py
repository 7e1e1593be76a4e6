"""One reading of a catalog: what is remembered, what is read now, what is wrong between products."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from podsync.cache import DamagedError, Draft
from podsync.catalog.files import Found
from podsync.catalog.memory import Memory, Remembered, signatures, stamp
from podsync.catalog.record import Kept
from podsync.catalog.shelf import Shelf
from podsync.catalog.table import Piece, Table
from podsync.diagnostics import Diagnostic, errors, in_file_order
from podsync.errors import PodsyncError
from podsync.model import Catalog

if TYPE_CHECKING:
    from podsync.catalog.reading import Reading
    from podsync.ports import Provider

#: What is kept of so many files is written in the time that one file takes to be read.
_WRITTEN_WHILE_ONE_IS_READ = 50


class Loaded(NamedTuple):
    """The catalog as far as it is valid, and all that is wrong with it."""

    catalog: Catalog
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What makes the catalog unusable."""
        return errors(self.diagnostics)


class Run:
    """Reads `files`. Use as `with Run(…) as run: run.finish()`; where none is known, helpers begin at once.

    `asked` tells whether faults at a path are asked for, `diagnostics` are those of the way to the files.
    With `remember`, only what has changed since the last time is read.
    """

    def __init__(
        self,
        root: Path,
        providers: Mapping[str, Provider],
        asked: Container[str],
        files: Sequence[Found],
        diagnostics: Iterable[Diagnostic],
        *,
        remember: bool,
    ) -> None:
        self._providers = providers
        self._by_kind = {provider.kind: provider for provider in providers.values()}
        self._asked = asked
        self._files = files
        self._diagnostics = list(diagnostics)
        self._memory = Memory.beside(root, providers) if remember else None
        self._past: Remembered | None = None
        self._draft: Draft | None = None
        self._reading: Reading | None = None
        self._again: Table | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Begin to read, unless something is remembered: then there will be little to read."""
        self._past = self._memory.recall() if self._memory is not None else None
        if self._past is None:
            try:
                self._begin(None, ())
            except BaseException:  # a signal, too, may come here
                self._stack.close()
                raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()

    def finish(self) -> Loaded:
        """Read what is left; return the catalog, and all that is wrong with it."""
        if self._past is not None:
            now = signatures(self._files)
            if self._all_known(self._past, now):
                shelf = self._shelf(self._mended(self._past.table), self._past.digest)
                return self._finish(shelf, [] if self._past.sound else self._clashes(shelf))
            try:
                self._begin(self._past.table, now)
            except DamagedError:
                self._past = None
                self._begin(None, ())
        return self._read()

    def _begin(self, past: Table | None, now: Sequence[str]) -> None:
        from podsync.catalog.reading import Reading

        if self._memory is not None and self._draft is None:
            self._draft = self._stack.enter_context(self._memory.cache.drafting())
        reading = Reading(self._files, self._providers, past, now, self._draft)
        self._reading = self._stack.enter_context(reading)

    def _read(self) -> Loaded:
        reading = self._reading
        assert reading is not None  # noqa: S101 (it was begun)
        table = self._mended(reading.table())
        self._diagnostics += reading.diagnostics
        shelf = self._shelf(table)
        clashes = self._clashes(shelf)
        if self._worth_writing(reading):
            self._remember(shelf, reading.faulty, sound=not clashes)
        return self._finish(shelf, clashes)

    # -- from columns to a catalog

    @cached_property
    def _located(self) -> dict[str, Found]:
        return {file.path: file for file in self._files}

    def _shelf(self, table: Table, digest: str | None = None) -> Shelf:
        return Shelf(table, lambda path: self._located[path], self._by_kind, digest)

    def _clashes(self, shelf: Shelf) -> list[Diagnostic]:
        """Return what is wrong between products, wherever that is."""
        from podsync.catalog.crossfile import cross_check

        return cross_check(
            shelf.suspects(), shelf.make, self._providers, shelf.line, lambda path: path in self._asked
        )

    def _finish(self, shelf: Shelf, clashes: Iterable[Diagnostic]) -> Loaded:
        """Keep what is asked for, put it in order."""
        reported = (d for d in (*self._diagnostics, *clashes) if d.at is None or d.at.path in self._asked)
        return Loaded(Catalog(shelf, len(self._files), shelf), in_file_order(reported))

    # -- what is remembered

    def _all_known(self, past: Remembered, now: Sequence[str]) -> bool:
        return "" not in now and past.stamp == stamp([file.path for file in self._files], now)

    def _worth_writing(self, reading: Reading) -> bool:
        """Whether the next run would save more time than it takes to write everything down now.

        Somebody who is editing runs podsync again after each change; once the files are what they were,
        or all are known by their content, the next runs have nothing to do but to see that.
        """
        if self._past is None or (reading.fresh and not reading.parsed):
            return True
        gone = len(self._past.table.paths) - len(self._files)
        return (reading.fresh + max(gone, 0)) * _WRITTEN_WHILE_ONE_IS_READ >= len(self._files)

    def _remember(self, shelf: Shelf, faulty: Container[str], *, sound: bool) -> None:
        if self._memory is None or self._draft is None:
            return
        table = shelf.table
        if faulty:
            good = [number for number, path in enumerate(table.paths) if path not in faulty]
            paths, told = ([column[n] for n in good] for column in (table.paths, table.signatures))
            pieces = [Piece(table, number, number + 1) for number in good]
            shelf = self._shelf(Table.gathered(paths, told, pieces))
        self._memory.remember(self._draft, shelf.table, sound=sound, digest=shelf.digest)

    def _mended(self, known: Table) -> Table:
        """Return the table; a column that turns out to be damaged is read from the files again."""

        def load(name: str) -> list[str]:
            try:
                return known.column(name)
            except DamagedError:
                return self._read_again(known.made).column(name)

        def kept(number: int) -> Kept:
            try:
                return known.kept(number)
            except DamagedError:
                return self._read_again(known.made).kept(number)

        return Table(load, kept)

    def _read_again(self, made: Mapping[str, list[str]]) -> Table:
        """Read every file; `made` are columns that somebody has already seen."""
        if self._memory is not None:
            self._memory.cache.forget()
        if self._again is None:
            from podsync.catalog.reading import Reading

            with Reading(self._files, self._providers) as reading:
                self._again = reading.table()
        if any(self._again.column(name) != column for name, column in made.items() if name != "signatures"):
            message = "the catalog was changed while it was read"
            raise PodsyncError(message, "run the command again")
        return self._again
