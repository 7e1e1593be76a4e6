"""Reading many files on all processors.

Files are handed out in small batches through a pipe, and each process takes the next batch when it is free.
Worker processes start at once; this process joins them when it has nothing else to do. A worker returns the
records of its files. Files that are not plain, and all files of a worker that failed, are read here.
"""

import os
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, Self, TypeAlias

from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.cache.fast_yaml import quick_products, quick_read
from podsync.catalog.cache.record import ProductRecord, digest_of
from podsync.catalog.cache.worker_process import WorkerProcess, may_fork, processors
from podsync.catalog.discovery import FoundFile, Signed, read_signed
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import EMPTY
from podsync.providers.knowledge import Provider

#: Reading fewer files takes less time than starting a worker.
WORTH_A_WORKER = 400
_MOST_WORKERS = 7
#: Files handed out at once: some milliseconds of work.
_BATCH = 50
#: All numbers are in the pipe before anybody takes one: the smallest pipe holds 4,096 bytes.
_MOST_BATCHES, _NUMBER = 1000, 4


class FileRecord(NamedTuple):
    """A file without faults: its `stat` from just before the read, its content's digest, its products.

    `kept` is None for known content. `tables` are paths of the files that its keys come from.
    """

    signature: str
    changed_at: int
    digest: str
    kept: list[ProductRecord] | None
    tables: Sequence[str] = ()


#: None: it has to be looked at closely.
Answer: TypeAlias = FileRecord | None


class Task(NamedTuple):
    """How to read: the providers by kind, and the digests of content that is known.

    `around` is what documents may draw on; `needs` has the tables that a file has drawn on before.
    """

    by_kind: "Mapping[str, Provider]"
    around: AuthoringContext
    known: Container[str] = frozenset()
    needs: Mapping[str, Sequence[str]] = EMPTY


class WorkerPool:
    """Reads `files` in several processes at once. Use as `with WorkerPool(…) as pool:`.

    `most`: how many processors may be used (default: all).
    """

    def __init__(self, files: Sequence[FoundFile], task: Task, most: int | None = None) -> None:
        self._files = files
        self._task = task
        self._size = max(_BATCH, -(-len(files) // _MOST_BATCHES))
        self._batches = range(-(-len(files) // self._size))
        self._queue: int | None = None
        self._workers: list[WorkerProcess] = []
        wanted = min(processors() if most is None else most, len(files) // (WORTH_A_WORKER // 2))
        if wanted > 1 and may_fork():
            with suppress(OSError):  # no more processes, no more files: then all is read here
                self._start(min(wanted - 1, _MOST_WORKERS))

    def _start(self, count: int) -> None:
        self._queue, numbers = os.pipe()
        with os.fdopen(numbers, "wb") as queue:
            queue.write(b"".join(batch.to_bytes(_NUMBER, "little") for batch in self._batches))
        for _ in range(count):
            self._workers.append(WorkerProcess(self._pickled, self._queue))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Leave no process behind, whatever happened."""
        for worker in self._workers:
            worker.end()
        if self._queue is not None:
            os.close(self._queue)
            self._queue = None

    def answers(self) -> list[Answer]:
        """Read what nobody has taken yet; return an answer for each file, in order."""
        found = dict(self._taken()) if self._queue is not None else {}
        for worker in self._workers:
            found.update(_unpickled(worker))
        return [answer for batch in self._batches for answer in found.pop(batch, None) or self._read(batch)]

    def _taken(self) -> Iterator[tuple[int, list[Answer]]]:
        """Read batches until none is left."""
        assert self._queue is not None  # noqa: S101 (there are workers)
        while number := os.read(self._queue, _NUMBER):
            batch = int.from_bytes(number, "little")
            yield batch, self._read(batch)

    def _pickled(self) -> Iterator[bytes]:
        import pickle

        for each in self._taken():
            yield pickle.dumps(each, protocol=pickle.HIGHEST_PROTOCOL)

    def _read(self, batch: int) -> list[Answer]:
        start = batch * self._size
        return [_read_one(found, self._task) for found in self._files[start : start + self._size]]


def _read_one(found: FoundFile, task: Task) -> Answer:
    read = read_signed(found)
    if isinstance(read, Diagnostic):
        return None
    digest, around, tables = digest_of(read.raw), task.around, task.needs.get(found.path, ())
    if around.defaults or tables:
        digest = around.digest(digest, around.needs(found.path, tables))
    if digest in task.known:
        return drawn_record(read, None, found, tables, around)
    if not (around.defaults or b"each" in read.raw or b"${" in read.raw):
        kept = quick_read(read.raw, task.by_kind)
        return None if kept is None else FileRecord(read.signature, read.changed_at, digest, kept)
    quick = quick_products(read.raw, task.by_kind, found, around)
    return None if quick is None else drawn_record(read, quick.kept, found, quick.tables, around)


def drawn_record(
    read: Signed,
    kept: list[ProductRecord] | None,
    found: FoundFile,
    tables: Sequence[str],
    around: AuthoringContext,
) -> FileRecord:
    """Return the record of a file together with all that its documents draw on."""
    digest = digest_of(read.raw)
    drawn = around.needs(found.path, tables)
    if not drawn:
        return FileRecord(read.signature, read.changed_at, digest, kept)
    signature, changed_at = around.signature(read.signature, drawn), around.changed_at(read.changed_at, drawn)
    return FileRecord(signature, changed_at, around.digest(digest, drawn), kept, tuple(tables))


def _unpickled(worker: WorkerProcess) -> dict[int, list[Answer]]:
    """Wait for the records of a worker."""
    import pickle

    found: dict[int, list[Answer]] = {}
    with suppress(EOFError, OSError, pickle.UnpicklingError), worker.output() as pipe:
        while True:
            # From a fork of this process, through a pipe that no other process can write to.
            batch, answers = pickle.load(pipe)  # noqa: S301
            found[batch] = answers
    return found
