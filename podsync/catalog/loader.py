"""Disk -> catalog: every file, every fault, in file order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from podsync.catalog.build import build
from podsync.catalog.crossfile import cross_check
from podsync.catalog.files import Found, read_bytes, shown, walk
from podsync.catalog.source import read
from podsync.catalog.text import Text
from podsync.diagnostics import Diagnostic, errors, in_file_order
from podsync.errors import UsageError
from podsync.model import Catalog, Position, Product
from podsync.ports import Provider


class Loaded(NamedTuple):
    """The catalog as far as it is valid, and all that is wrong with it."""

    catalog: Catalog
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What makes the catalog unusable."""
        return errors(self.diagnostics)


@dataclass(frozen=True, slots=True)
class Scope:
    """What given PATHs mean: which faults are reported, and what is read besides the catalog."""

    reported: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()

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
    return Scope(tuple(reported), tuple(files), tuple(folders))


def load(
    root: Path, catalog_dir: str | Path, providers: Mapping[str, Provider], paths: Sequence[str | Path] = ()
) -> Loaded:
    """Read the catalog below `root / catalog_dir`; with `paths`, only faults below those are reported.

    A folder that is not there is an empty catalog: Git keeps no empty folder. Raises UsageError when
    it is no folder, and for a path that does not exist.
    """
    root = Path(os.path.abspath(root))  # noqa: PTH100 (links in it are the caller's)
    folder = root / catalog_dir
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"the catalog {catalog_dir} is not a folder", "set `catalog:` in podsync.yaml")
    asked = scope(root, catalog_dir, paths)
    run = _Run(providers, asked)
    for found in _candidates(folder, asked, root):
        run.take(found)
    return run.finish()


def _candidates(folder: Path, asked: Scope, root: Path) -> Iterator[Found | Diagnostic]:
    """Yield every file once, the catalog's first."""
    seen: set[str] = set()
    sources: list[Iterable[Found | Diagnostic]] = [walk(folder, root)] if folder.exists() else []
    sources += [walk(extra, root) for extra in asked.folders]
    sources.append(Found(str(file), shown(file, root)) for file in asked.files)
    for source in sources:
        for found in source:
            if isinstance(found, Found):
                if found.path in seen:
                    continue
                seen.add(found.path)
            yield found


class _Run:
    """One reading of a catalog."""

    def __init__(self, providers: Mapping[str, Provider], asked: Scope) -> None:
        self._providers = providers
        self._asked = asked
        self._products: list[Product] = []
        self._diagnostics: list[Diagnostic] = []
        self._texts: dict[str, Text] = {}
        self._files = 0

    def take(self, found: Found | Diagnostic) -> None:
        """Read one file."""
        if isinstance(found, Diagnostic):
            self._diagnostics.append(found)
            return
        self._files += 1
        raw = read_bytes(found)
        if isinstance(raw, Diagnostic):
            self._diagnostics.append(raw)
            return
        reading = read(found.path, raw)
        self._diagnostics += reading.diagnostics
        for document in reading.documents:
            built = build(document, self._providers)
            self._products += built.products
            self._diagnostics += built.diagnostics
            if built.products:
                self._texts[found.path] = reading.text

    def finish(self) -> Loaded:
        """Check across files, keep what is asked for, put it in order."""
        self._products.sort(key=lambda product: product.declared_at)
        products, crossed = cross_check(
            self._products, self._providers, self._line, lambda path: path in self._asked
        )
        reported = (d for d in (*self._diagnostics, *crossed) if d.at is None or d.at.path in self._asked)
        return Loaded(Catalog(products, self._files), in_file_order(reported))

    def _line(self, at: Position) -> str:
        return self._texts[at.path].line(at.line)
