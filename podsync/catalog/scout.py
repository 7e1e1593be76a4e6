"""What has become of the files since they were read: which are what they were, and which have to be read.

To see that nothing has changed, every file is asked for: half of what such a plan consists of. So
another process does it while this one reads the state. What it finds is small, whatever the catalog's
size: stretches of the past, and the files between them.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self, TypeAlias

from podsync.catalog.files import Found, signatures
from podsync.catalog.fork import Helper, may_fork, processors
from podsync.catalog.memory import Remembered, stamp
from podsync.catalog.table import Table
from podsync.diagnostics import Diagnostic

#: A smaller catalog is looked through sooner than a helper is made.
WORTH_A_HELPER = 1000
#: Finds the files of a catalog, and what is wrong on the way to them.
Look: TypeAlias = Callable[[], Sequence[Found | Diagnostic]]


class Stretch(NamedTuple):
    """So many files: those of the past from number `first` on, or (None) some that have to be read."""

    first: int | None
    length: int


class Standing(NamedTuple):
    """The files as they stand: `stretches` in order, and those of them that are to be read.

    `astray` has the location of each file that is not where its path says, seen from `root`.
    """

    root: str
    stretches: Sequence[Stretch]
    unread: Sequence[Found]
    astray: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def total(self) -> int:
        """How many files there are."""
        return sum(each.length for each in self.stretches)

    def all_known(self, past: Remembered) -> bool:
        """Whether nothing has changed at all."""
        return list(self.stretches) == ([Stretch(0, past.files)] if past.files else [])

    def found(self, path: str) -> Found:
        """Return the file of a path."""
        location = self.astray.get(path)
        return Found(os.path.join(self.root, path) if location is None else location, path)  # noqa: PTH118


def look_about(look: Look, root: Path, past: Remembered | None = None) -> Standing:
    """Look for all files, and compare them with the past. Raises DamagedError where that cannot be read."""
    found = look()
    files = [each for each in found if isinstance(each, Found)]
    diagnostics = tuple(each for each in found if isinstance(each, Diagnostic))
    here = os.path.join(root, "")  # noqa: PTH118 (a path for each file takes longer than to ask for it)
    astray = {path: location for location, path in files if here + path != location}
    if past is None:
        return Standing(str(root), [Stretch(None, len(files))] if files else [], files, astray, diagnostics)
    paths, now = [file.path for file in files], signatures(files)
    if "" not in now and past.stamp == stamp(paths, now):
        return Standing(str(root), [Stretch(0, len(files))] if files else [], (), astray, diagnostics)
    known = list(_known(paths, now, past.table))
    unread = [file for file, number in zip(files, known, strict=True) if number is None]
    return Standing(str(root), list(_stretches(known)), unread, astray, diagnostics)


def _known(paths: Sequence[str], now: Sequence[str], past: Table) -> Iterable[int | None]:
    """Return which file of the past each one is; None for one that may have changed."""
    then = past.signatures
    numbers: Iterable[int | None] = range(len(paths))
    if paths != past.paths:
        number_of = {path: number for number, path in enumerate(past.paths)}
        numbers = map(number_of.get, paths)
    return (
        number if number is not None and signature and then[number] == signature else None
        for number, signature in zip(numbers, now, strict=True)
    )


def _stretches(known: Sequence[int | None]) -> Iterator[Stretch]:
    index = 0
    while index < len(known):
        start, first = index, known[index]
        index += 1
        while index < len(known) and known[index] == (None if first is None else first + index - start):
            index += 1
        yield Stretch(first, index - start)


class Scout:
    """Looks about in another process, if that is worth it, from the beginning; else when it is asked.

    Use as `with Scout(…) as scout:`.
    """

    def __init__(self, look: Look, root: Path, past: Remembered) -> None:
        self._look, self._root, self._past = look, root, past
        self._helper: Helper | None = None
        if past.files >= WORTH_A_HELPER and processors() > 1 and may_fork():
            with suppress(OSError):  # no more processes, no more files: then it is done here
                self._helper = Helper(self._written)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._helper is not None:
            self._helper.end()

    def standing(self) -> Standing:
        """Return how the files stand. Raises DamagedError where the past cannot be read."""
        if self._helper is not None:
            with suppress(EOFError, OSError, ValueError, TypeError), self._helper.told() as pipe:
                # From a copy of ourselves, through a pipe that nobody else can write to.
                root, stretches, unread, astray = marshal.load(pipe)  # noqa: S302
                return Standing(
                    root,
                    [Stretch(*each) for each in stretches],
                    [Found(*each) for each in unread],
                    astray,
                )
        return look_about(self._look, self._root, self._past)

    def _written(self) -> Iterator[bytes]:
        root, stretches, unread, astray, diagnostics = look_about(self._look, self._root, self._past)
        if not diagnostics:  # rare, and many words: whoever asks looks again
            plain = [tuple(each) for each in stretches], [tuple(each) for each in unread]
            yield marshal.dumps((root, *plain, dict(astray)))
