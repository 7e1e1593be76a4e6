"""What each file of a catalog holds: known from the last time, read by a worker, or read closely."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Self

from podsync.catalog.cache.store import provable
from podsync.catalog.cache.table import FileRow, Piece, Table, first_products
from podsync.catalog.cache.workers import Answer, FileRecord, Task, WorkerPool
from podsync.catalog.discovery import FoundFile
from podsync.catalog.loaded import ReadClosely
from podsync.files.cache_file import CacheDraft
from podsync.model.diagnostic import Diagnostic
from podsync.model.json_bytes import compact

if TYPE_CHECKING:
    from podsync.catalog.cache.changes import FilesStatus
    from podsync.providers.knowledge import Provider


class CatalogReader:
    """Reads the unread files of `standing`; workers start at once.

    Use as `with Reading(…) as reading:`. `past` is the table that the standing is about. A file that is
    read after `draft` was begun may be known by its signature the next time. After `table`,
    `model.diagnostic` and `faulty` (paths) tell what was wrong, `fresh` of how many files there is something
    new to remember, `parsed` how many had content that is not known, `news` which products (by number) these
    hold.
    """

    def __init__(
        self,
        standing: FilesStatus,
        providers: Mapping[str, Provider],
        read_closely: ReadClosely,
        past: Table | None = None,
        draft: CacheDraft | None = None,
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
        by_kind = {provider.kind: provider for provider in providers.values()}
        task = Task(by_kind, self._digests.keys())
        self._stack = ExitStack()
        self._pool = self._stack.enter_context(WorkerPool(standing.unread, task))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()

    def table(self) -> Table:
        """Read what is left, and return all that is kept of the files."""
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
                else:
                    spans.add(len(read), 1, known=False)
                    read.append(self._read(found, answer))
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
            file = FileRow(found.path, signature, answer.digest, tuple(answer.kept or ()))
        self.fresh += found.path not in self.faulty
        return file

    def _read_closely(self, found: FoundFile) -> FileRow:
        """Read a file as the straight way does: something about it is unusual, or wrong."""
        from podsync.catalog.cache.record import digest_of, keep

        file = self._straight(found, self._providers)
        if file.diagnostics:
            self.faulty.add(found.path)
            self.diagnostics += file.diagnostics
        if file.read is None:
            return FileRow(found.path, "", "-", ())
        kept = [keep(each, self._providers[each.provider]) for each in file.products]
        digest = digest_of(file.read.raw)
        plain = FileRecord(file.read.signature, file.read.changed_at, digest, kept)
        removed = [[str(each), *at[1:]] for each, at in file.removed]
        told = compact(removed).decode() if removed else ""
        return FileRow(found.path, provable(plain, self._draft), digest, tuple(kept), told)


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
