"""Disk -> catalog: every file, every fault, in file order."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.discovery import FoundFile, FoundFiles, shown, walk
from podsync.catalog.fast_path import cached_run
from podsync.catalog.loaded import CatalogRun, CheckedFile, Loaded
from podsync.model.errors import UsageError
from podsync.model.settings import Authoring
from podsync.providers.knowledge import Provider

__all__ = ["CatalogRun", "Loaded", "Scope", "begin", "files_of", "scope"]

#: From so many files on a cache pays: fewer are read about as soon, and nothing appears in a new folder.
WORTH_A_CACHE = 100


class Scope:
    """What given PATHs mean: which faults are reported, and which files outside the catalog are read."""

    def __init__(self, reported: Sequence[str], files: Sequence[Path], folders: Sequence[Path]) -> None:
        self.reported, self.files, self.folders = tuple(reported), tuple(files), tuple(folders)

    def __contains__(self, path: object) -> bool:
        """Whether faults at `path` (as people see it) are asked for."""
        if not self.reported:
            return True
        text = str(path)
        return any(text == one or one == "." or text.startswith(f"{one}/") for one in self.reported)


def scope(root: Path, catalog_dir: str | Path, paths: Sequence[str | Path]) -> Scope:
    """Return what `paths` (files or folders, relative to `root`) mean; no path means everything.

    What lies outside the catalog folder, or is skipped in it by its name, is read as well.
    Raises UsageError for a path that does not exist.
    """
    folder = root / catalog_dir
    catalog = Path(os.path.realpath(folder))
    reported, files, folders = [], [], []
    for path in paths:
        location = root / path
        if not location.exists():
            raise UsageError(f"{path} does not exist", "give a file or a folder of the catalog, or nothing")
        real = Path(os.path.realpath(location))
        if real.is_relative_to(catalog):
            # Another way to the same place (a link above the catalog) is called as the catalog's files are.
            inner = real.relative_to(catalog)
            location = location if location.is_relative_to(folder) else folder / inner
            walked = not any(part.startswith((".", "_")) for part in inner.parts)
        else:
            walked = catalog.is_relative_to(real)
        reported.append(shown(location, root))
        if not location.is_dir():
            files.append(location)
        elif not walked:
            folders.append(location)
    return Scope(reported, files, folders)


def begin(
    root: Path,
    catalog_dir: str | Path,
    providers: Mapping[str, Provider],
    paths: Sequence[str | Path] = (),
    *,
    remember_from: int | None = None,
    authoring: Authoring = Authoring(),
) -> CatalogRun:
    """Find and read the files below `root / catalog_dir`; the block of the run may do other work.

    With `paths`, only faults below those are reported. From `remember_from` files on, unchanged files are
    taken from a cache in `.podsync/`, which is updated; this changes nothing but the time. A missing folder
    is an empty catalog, because Git keeps no empty folder. Raises UsageError if it is not a folder, and for a
    path that does not exist.
    """
    root = Path(os.path.abspath(root))  # noqa: PTH100 (links in it are the caller's)
    folder = root / catalog_dir
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"the catalog {catalog_dir} is not a folder", "set `catalog:` in podsync.yaml")
    in_scope = scope(root, catalog_dir, paths)

    def find_files() -> FoundFiles:
        return _candidates(folder, in_scope, root)

    fast = cached_run()
    if fast is None:
        from podsync.catalog.straight import StraightRun

        return StraightRun(providers, in_scope, find_files, root, folder, authoring)
    return fast(
        root, providers, in_scope, find_files, _read_closely, remember_from=remember_from,
        authoring=authoring, folder=folder,
    )  # fmt: skip


def _read_closely(
    found: FoundFile, providers: Mapping[str, Provider], around: AuthoringContext
) -> CheckedFile:
    from podsync.catalog.straight import read_closely

    return read_closely(found, providers, around)


def files_of(root: Path, catalog_dir: str | Path, paths: Sequence[str | Path] = ()) -> FoundFiles:
    """Return the product files of `paths` (default: all), and faults of the search; raises as `scope`."""
    root = Path(os.path.abspath(root))  # noqa: PTH100 (links in it are the caller's)
    in_scope = scope(root, catalog_dir, paths)
    found = _candidates(root / catalog_dir, in_scope, root)
    files = [each for each in found.files if each.path in in_scope]
    return FoundFiles(files, [], [each for each in found.faults if each.path in in_scope])


def _candidates(folder: Path, extra_paths: Scope, root: Path) -> FoundFiles:
    """Return every file once, the catalog's first."""
    found = walk([*([folder] if folder.exists() else ()), *extra_paths.folders], root)
    if not (extra_paths.folders or extra_paths.files):
        return found
    once: dict[str, FoundFile] = {}
    for each in (*found.files, *(FoundFile(str(file), shown(file, root)) for file in extra_paths.files)):
        once.setdefault(each.path, each)
    return found._replace(files=list(once.values()))
