"""What each file of a catalog holds: known from the last time, read by the crew, or looked at closely."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from podsync.cache import Draft
from podsync.catalog.crew import Crew, Plain, Task
from podsync.catalog.files import Found, read_signed
from podsync.catalog.memory import provable
from podsync.catalog.table import File, Piece, Table
from podsync.diagnostics import Diagnostic

if TYPE_CHECKING:
    from podsync.ports import Provider


class Reading:
    """Reads `files`, in order; helpers are at it from the beginning. Use as `with Reading(…) as reading:`.

    `past` is the table of the last time, and `now` are the files' signatures, empty without a past. A
    file that is read after `draft` was begun may be known by its signature the next time. After `table`,
    `diagnostics` and `faulty` (paths) tell what was wrong, `fresh` of how many files there is something
    new to remember, `parsed` how many had content that is not known.
    """

    def __init__(
        self,
        files: Sequence[Found],
        providers: Mapping[str, Provider],
        past: Table | None = None,
        now: Sequence[str] = (),
        draft: Draft | None = None,
    ) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.faulty: set[str] = set()
        self.fresh = self.parsed = 0
        self._files = files
        self._providers = providers
        self._past = past
        self._draft = draft
        self._signatures = list(now) or [""] * len(files)
        #: For each file the number that it has in the past.
        self._known: list[int | None] = [None] * len(files)
        if past is not None:
            then = past.signatures
            for index, number in enumerate(_numbers(files, past.paths)):
                if number is not None and now[index] and then[number] == now[index]:
                    self._known[index] = number
        self._unread = [index for index, number in enumerate(self._known) if number is None]
        self._digests = {} if past is None else {each: number for number, each in enumerate(past.digests)}
        by_kind = {provider.kind: provider for provider in providers.values()}
        task = Task(by_kind, self._digests.keys())
        self._stack = ExitStack()
        self._crew = self._stack.enter_context(Crew([files[index] for index in self._unread], task))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()

    def table(self) -> Table:
        """Read what is left, and return all that is kept of the files."""
        read: list[File] = []
        for index, answer in zip(self._unread, self._crew.answers(), strict=True):
            found = self._files[index]
            if answer is not None and answer.kept is None:
                self._known[index] = self._digests[answer.digest]
                self._signatures[index] = provable(answer, self._draft)
                self.fresh += bool(self._signatures[index])
                continue
            self.parsed += 1
            if answer is None:
                file = self._read_closely(found)
            else:
                file = File(
                    found.path, provable(answer, self._draft), answer.digest, tuple(answer.kept or ())
                )
            self.fresh += found.path not in self.faulty
            self._signatures[index] = file.signature
            read.append(file)
        fresh = Table.of(read)
        if self._past is None:
            return fresh
        return Table.gathered([found.path for found in self._files], self._signatures, self._pieces(fresh))

    def _pieces(self, fresh: Table) -> list[Piece]:
        """Return where the files are, in order: in the past, or among those that were read now."""
        assert self._past is not None  # noqa: S101 (else there is one piece)
        pieces: list[Piece] = []
        known, index, next_fresh = self._known, 0, 0
        while index < len(known):
            first, number = index, known[index]
            index += 1
            if number is None:
                while index < len(known) and known[index] is None:
                    index += 1
                pieces.append(Piece(fresh, next_fresh, next_fresh + index - first))
                next_fresh += index - first
            else:
                while index < len(known) and known[index] == number + index - first:
                    index += 1
                pieces.append(Piece(self._past, number, number + index - first))
        return pieces

    def _read_closely(self, found: Found) -> File:
        """Read a file with all its places: something about it is unusual, or wrong."""
        from podsync.catalog import source
        from podsync.catalog.build import build
        from podsync.catalog.record import digest_of, keep

        read = read_signed(found)
        if isinstance(read, Diagnostic):
            self.faulty.add(found.path)
            self.diagnostics.append(read)
            return File(found.path, "", "-", ())
        reading = source.read(found.path, read.raw)
        found_wrong, kept = list(reading.diagnostics), []
        for document in reading.documents:
            built = build(document, self._providers)
            found_wrong += built.diagnostics
            kept += [keep(each, document.start, self._providers[each.provider]) for each in built.products]
        if found_wrong:
            self.faulty.add(found.path)
            self.diagnostics += found_wrong
        digest = digest_of(read.raw)
        plain = Plain(read.signature, read.changed_at, digest, kept)
        return File(found.path, provable(plain, self._draft), digest, tuple(kept))


def _numbers(files: Sequence[Found], paths: Sequence[str]) -> Iterable[int | None]:
    """Return which of `paths` each file has; mostly they are the same."""
    if [found.path for found in files] == paths:
        return range(len(paths))
    numbers = {path: number for number, path in enumerate(paths)}
    return (numbers.get(found.path) for found in files)
