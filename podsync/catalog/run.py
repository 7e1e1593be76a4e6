"""One reading of a catalog: what is remembered, what is read quickly, what is looked at closely."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from podsync.cache import DamagedError, Draft
from podsync.catalog.files import Found, read_signed
from podsync.catalog.memory import Memory, Remembered, provable, signatures
from podsync.catalog.record import Kept, digest_of, keep
from podsync.catalog.shelf import Shelf
from podsync.catalog.table import File, Table
from podsync.diagnostics import Diagnostic, errors, in_file_order
from podsync.errors import PodsyncError
from podsync.model import Catalog

if TYPE_CHECKING:
    from podsync.ports import Provider


class Loaded(NamedTuple):
    """The catalog as far as it is valid, and all that is wrong with it."""

    catalog: Catalog
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What makes the catalog unusable."""
        return errors(self.diagnostics)


class Run:
    """Takes files in order, then reads them. `asked` tells whether faults at a path are asked for."""

    def __init__(self, root: Path, providers: Mapping[str, Provider], asked: Container[str]) -> None:
        self._root = root
        self._providers = providers
        self._by_kind = {provider.kind: provider for provider in providers.values()}
        self._asked = asked
        self._files: list[Found] = []
        self._diagnostics: list[Diagnostic] = []
        self._faulty: set[str] = set()

    def __len__(self) -> int:
        """How many files were taken."""
        return len(self._files)

    def take(self, found: Found | Diagnostic) -> None:
        """Take note of a file, or of what was wrong on the way to it."""
        if isinstance(found, Diagnostic):
            self._diagnostics.append(found)
        else:
            self._files.append(found)

    def everything(self) -> Loaded:
        """Read every file."""
        shelf = self._shelf(Table.of(self._read(None, [], None)))
        return self._finish(shelf, self._clashes(shelf))

    def remembering(self) -> Loaded:
        """Read only what has changed since the last time."""
        memory = Memory.beside(self._root, self._providers)
        past = memory.recall()
        now = signatures(self._files) if past is not None else []
        if past is not None and self._all_known(past.table, now):
            shelf = self._shelf(self._mended(past.table), past.digest)
            return self._finish(shelf, [] if past.sound else self._clashes(shelf))
        with memory.cache.drafting() as draft:
            table = Table.of(self._read_changed(past, now, draft))
            shelf = self._shelf(table)
            clashes = self._clashes(shelf)
            if draft is not None:
                worth = shelf if not self._faulty else self._shelf(self._without_faulty(table))
                memory.remember(draft, worth.table, sound=not clashes, digest=worth.digest)
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
            shelf.rows(), shelf.make, self._providers, shelf.line, lambda path: path in self._asked
        )

    def _finish(self, shelf: Shelf, clashes: Iterable[Diagnostic]) -> Loaded:
        """Keep what is asked for, put it in order."""
        reported = (d for d in (*self._diagnostics, *clashes) if d.at is None or d.at.path in self._asked)
        return Loaded(Catalog(shelf, len(self._files), shelf), in_file_order(reported))

    # -- what is remembered

    def _all_known(self, past: Table, now: Sequence[str]) -> bool:
        return "" not in now and past.signatures == now and past.paths == [file.path for file in self._files]

    def _without_faulty(self, table: Table) -> Table:
        files = (table.file(number, signature) for number, signature in enumerate(table.signatures))
        return Table.of(file for file in files if file.path not in self._faulty)

    def _mended(self, known: Table) -> Table:
        """Return the table; a column that turns out to be damaged is read from the files again."""

        def column(load: Callable[[], list[str]], pick: Callable[[Kept], str]) -> list[str]:
            try:
                return load()
            except DamagedError:
                files = self._read(None, [], None)
                if [file.digest for file in files] != known.digests:
                    message = "the catalog was changed while it was read"
                    raise PodsyncError(message, "run the command again") from None
                return [pick(kept) for file in files for kept in file.kept]

        return replace(
            known,
            load_traits=lambda: column(known.load_traits, lambda kept: kept.traits),
            load_bodies=lambda: column(known.load_bodies, lambda kept: kept.body),
        )

    def _read_changed(self, past: Remembered | None, now: Sequence[str], draft: Draft | None) -> list[File]:
        try:
            return self._read(past.table if past is not None else None, now, draft)
        except DamagedError:
            return self._read(None, [], draft)

    # -- reading

    def _read(self, past: Table | None, now: Sequence[str], draft: Draft | None) -> list[File]:
        """Return what each file holds, in order; raises DamagedError for a damaged `past`.

        `now` are the files' signatures, empty without a past.
        """
        from podsync.catalog.crew import Task, read_plain

        files: list[File | None] = [None] * len(self._files)
        by_digest: dict[str, int] = {}
        if past is not None:
            numbers = {path: number for number, path in enumerate(past.paths)}
            by_digest = {digest: number for number, digest in enumerate(past.digests)}
            for index, (found, signature) in enumerate(zip(self._files, now, strict=True)):
                number = numbers.get(found.path)
                if number is not None and signature and past.signatures[number] == signature:
                    files[index] = past.file(number, signature)
        unread = [index for index, file in enumerate(files) if file is None]
        task = Task(self._by_kind, by_digest.keys())
        answers = read_plain([self._files[index] for index in unread], task)
        for index, answer in zip(unread, answers, strict=True):
            found = self._files[index]
            if answer is None:
                files[index] = self._read_closely(found, draft)
            elif answer.kept is not None:
                signature = provable(answer, draft)
                files[index] = File(found.path, signature, answer.digest, tuple(answer.kept))
            elif past is not None:
                same = past.file(by_digest[answer.digest], provable(answer, draft))
                files[index] = same._replace(path=found.path)
        return [file for file in files if file is not None]

    def _read_closely(self, found: Found, draft: Draft | None) -> File:
        """Read a file with all its places: something about it is unusual, or wrong."""
        from podsync.catalog import source
        from podsync.catalog.build import build
        from podsync.catalog.crew import Plain

        read = read_signed(found)
        if isinstance(read, Diagnostic):
            self._faulty.add(found.path)
            self._diagnostics.append(read)
            return File(found.path, "", "-", ())
        reading = source.read(found.path, read.raw)
        found_wrong, kept = list(reading.diagnostics), []
        for document in reading.documents:
            built = build(document, self._providers)
            found_wrong += built.diagnostics
            kept += [keep(each, document.start, self._providers[each.provider]) for each in built.products]
        if found_wrong:
            self._faulty.add(found.path)
            self._diagnostics += found_wrong
        digest = digest_of(read.raw)
        plain = Plain(read.signature, read.changed_at, digest, kept)
        return File(found.path, provable(plain, draft), digest, tuple(kept))
