"""What each file of a catalog holds: known from the last time, read by a worker, or read closely."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice, pairwise
from typing import Self

from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.cache.changes import FilesStatus
from podsync.catalog.cache.record import keep
from podsync.catalog.cache.store import provable
from podsync.catalog.cache.table import FileRow, Piece, Table, first_products
from podsync.catalog.cache.workers import Answer, Task, WorkerPool, drawn_record
from podsync.catalog.discovery import FoundFile, read_signed
from podsync.catalog.loaded import ReadClosely
from podsync.files.cache_file import CacheDraft
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import EMPTY
from podsync.model.json_bytes import compact
from podsync.providers.knowledge import Provider


class CatalogReader:
    """Reads the unread files of `standing`; workers start at once.

    Use as `with CatalogReader(…) as reading:`. `past` is the table that the standing refers to. A file that
    is read after `draft` was begun may be known by its signature the next time. After `table`, `diagnostics`
    and `faulty` (paths) have the faults, `fresh` counts the files with a new record, `parsed` those with
    unknown content, and `news` are the numbers of their products.
    """

    def __init__(
        self,
        standing: FilesStatus,
        providers: Mapping[str, Provider],
        read_closely: ReadClosely,
        around: AuthoringContext,
        past: Table | None = None,
        draft: CacheDraft | None = None,
        needs: Mapping[str, Sequence[str]] = EMPTY,
    ) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.faulty: set[str] = set()
        self.news: list[range] = []
        self.fresh = self.parsed = 0
        self._standing = standing
        self._providers = providers
        self._straight = read_closely
        self._past = past
        self._draft = draft
        self._digests = {} if past is None else {each: number for number, each in enumerate(past.digests)}
        #: The files that documents take keys from, and whether something is wrong with defaults.
        self.tables: set[str] = set()
        self.defaults_faulty = False
        self._around = around
        for each in around.defaults:
            self.diagnostics += read_closely(each, providers, around).diagnostics
        self.defaults_faulty = bool(self.diagnostics)
        if past is not None and needs:
            self.tables = self._tables_of_known(past, needs)
            drawn_on = {each for tables in needs.values() for each in tables}
            for number, path in enumerate(past.paths):
                if path in drawn_on:
                    self._digests.pop(past.digests[number], None)  # what it is, others say
        by_kind = {provider.kind: provider for provider in providers.values()}
        task = Task(by_kind, around, self._digests.keys(), needs)
        self._stack = ExitStack()
        self._pool = self._stack.enter_context(WorkerPool(standing.unread, task))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()

    def table(self) -> Table:
        """Read the remaining files, and return the records of all files."""
        read: list[FileRow] = []
        spans = _Spans()
        own: dict[int, tuple[str, str]] = {}
        answers = zip(self._standing.unread, self._pool.answers(), strict=True)
        for first, length in self._standing.stretches:
            if first is not None:
                spans.add(first, length, known=True)
                continue
            for found, answer in islice(answers, length):
                if answer is not None and answer.kept is None:
                    own[spans.count] = found.path, provable(answer, self._draft)
                    self.fresh += bool(own[spans.count][1])
                    spans.add(self._digests[answer.digest], 1, known=True)
                    self.tables.update(answer.tables)
                else:
                    spans.add(len(read), 1, known=False)
                    read.append(self._read(found, answer))
        self._forgive_tables()
        fresh = Table.of(read)
        if self._past is None:
            self.news = [range(fresh.firsts[-1])]
            return fresh
        pieces = [Piece(self._past if known else fresh, start, end) for known, start, end in spans.found]
        self.news = [
            range(*each)
            for piece, each in zip(pieces, pairwise(first_products(pieces)), strict=True)
            if piece.table is fresh
        ]
        return Table.gathered(pieces, own)

    def _read(self, found: FoundFile, answer: Answer) -> FileRow:
        self.parsed += 1
        if answer is None:
            file = self._read_closely(found)
        else:
            signature = provable(answer, self._draft)
            self.tables.update(answer.tables)
            tables = "\t".join(answer.tables)
            file = FileRow(found.path, signature, answer.digest, tuple(answer.kept or ()), "", tables)
        self.fresh += found.path not in self.faulty
        return file

    def _read_closely(self, found: FoundFile) -> FileRow:
        """Read a file as the straight way does: something about it is unusual, or wrong."""
        file = self._straight(found, self._providers, self._around)
        self.tables.update(file.tables)
        if file.diagnostics:
            self.faulty.add(found.path)
            self.diagnostics += file.diagnostics
        if file.read is None:
            return FileRow(found.path, "", "-", ())
        kept = [keep(each, self._providers[each.provider]) for each in file.products]
        plain = drawn_record(file.read, kept, found, file.tables, self._around)
        removed = [[str(each), *at[1:]] for each, at in file.removed]
        removals = compact(removed).decode() if removed else ""
        tables = "\t".join(file.tables)
        return FileRow(found.path, provable(plain, self._draft), plain.digest, tuple(kept), removals, tables)

    def _tables_of_known(self, past: Table, needs: Mapping[str, Sequence[str]]) -> set[str]:
        """Return what documents that are known to be what they were take keys from."""
        found: set[str] = set()
        for first, length in self._standing.stretches:
            for path in past.paths[first : first + length] if first is not None else ():
                found.update(needs.get(path, ()))
        return found

    def _forgive_tables(self) -> None:
        """Drop the faults of files that documents take keys from: they are not documents."""
        tables = self.tables & self.faulty
        if tables:
            self.faulty -= tables
            self.diagnostics = [d for d in self.diagnostics if d.at is None or d.at.path not in tables]


def signed_again(
    table: Table,
    files: Sequence[FoundFile],
    around: AuthoringContext,
    draft: CacheDraft | None,
    faulty: Container[str],
) -> Table:
    """Return the table with the signatures of files that are what they were, read after `draft` was begun."""
    own: dict[int, tuple[str, str]] = {}
    for number, found in enumerate(files):
        read = read_signed(found)
        signature = ""
        if not isinstance(read, Diagnostic) and found.path not in faulty:
            tables = table.tables[number]
            record = drawn_record(read, None, found, tables.split("\t") if tables else (), around)
            if record.digest == table.digests[number]:
                signature = provable(record, draft)
        own[number] = found.path, signature
    return Table.gathered([Piece(table, 0, len(files))], own)


class _Spans:
    """Files of two tables, one after the other: whether of the known one, and from where to where."""

    def __init__(self) -> None:
        self.found: list[tuple[bool, int, int]] = []
        self.count = 0

    def add(self, start: int, count: int, *, known: bool) -> None:
        """Add so many files; they make one span with those that they follow in the same table."""
        self.count += count
        end = start + count
        if self.found and (self.found[-1][0], self.found[-1][2]) == (known, start):
            start = self.found.pop()[1]
        self.found.append((known, start, end))
