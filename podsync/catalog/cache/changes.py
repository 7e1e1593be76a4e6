"""Which files have changed since they were cached, and have to be read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from podsync.catalog.authoring.chains import Chains, combined
from podsync.catalog.cache.store import CachedTable, stamp
from podsync.catalog.cache.table import Table
from podsync.catalog.discovery import FoundFile, signatures
from podsync.catalog.loaded import FindFiles
from podsync.model.diagnostic import Diagnostic


class Stretch(NamedTuple):
    """So many files: those of the past from number `first` on, or (None) some that have to be read."""

    first: int | None
    length: int


class FilesStatus(NamedTuple):
    """The current files: `stretches` in order, and the unread ones.

    `astray` has the location of each file outside of its path below `root`. `defaults` are the
    `_defaults.yaml` files, folder by folder.
    """

    root: str
    stretches: Sequence[Stretch]
    unread: Sequence[FoundFile]
    astray: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...] = ()
    defaults: tuple[FoundFile, ...] = ()

    @property
    def total(self) -> int:
        """How many files there are."""
        return sum(each.length for each in self.stretches)

    def all_known(self, past: CachedTable) -> bool:
        """Whether nothing has changed at all."""
        return list(self.stretches) == ([Stretch(0, past.files)] if past.files else [])

    def found(self, path: str) -> FoundFile:
        """Return the file of a path."""
        location = self.astray.get(path)
        return FoundFile(os.path.join(self.root, path) if location is None else location, path)  # noqa: PTH118


def scan(find_files: FindFiles, root: Path, past: CachedTable | None = None) -> FilesStatus:
    """Compare all files with the remembered table. Raises DamagedError where that cannot be read."""
    found = find_files()
    files, defaults, diagnostics = found.files, tuple(found.defaults), tuple(found.faults)
    root_prefix = os.path.join(root, "")  # noqa: PTH118 (a path for each file takes longer than to ask for it)
    astray = {path: location for location, path in files if root_prefix + path != location}
    if past is None:
        return FilesStatus(
            str(root), [Stretch(None, len(files))] if files else [], files, astray, diagnostics, defaults
        )
    paths, now = [file.path for file in files], signatures(files)
    if defaults or past.needs:
        now = _with_needs(files, now, defaults, past.needs, str(root))
    if "" not in now and past.stamp == stamp(paths, now):
        stretches = [Stretch(0, len(files))] if files else []
        return FilesStatus(str(root), stretches, (), astray, diagnostics, defaults)
    known = [
        None if path in past.tables else number
        for path, number in zip(paths, _known(paths, now, past.table), strict=True)
    ]
    unread = [file for file, number in zip(files, known, strict=True) if number is None]
    return FilesStatus(str(root), list(_stretches(known)), unread, astray, diagnostics, defaults)


def _with_needs(
    files: Sequence[FoundFile],
    now: Sequence[str],
    defaults: Sequence[FoundFile],
    needs: Mapping[str, Sequence[str]],
    root: str,
) -> list[str]:
    """Return the signatures of files, each combined with those of its current and its cached dependencies."""
    chains = Chains(defaults)
    tables = [FoundFile(os.path.join(root, path), path) for each in needs.values() for path in each]  # noqa: PTH118
    around = [*defaults, *dict.fromkeys(tables)]
    signed = dict(zip([each.path for each in around], signatures(around), strict=True))
    found = []
    for (_, path), own in zip(files, now, strict=True):
        depended_on = [signed[each.path] for each in chains.of(path)] + [
            signed[each] for each in needs.get(path, ())
        ]
        found.append(combined(own, depended_on))
    return found


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
