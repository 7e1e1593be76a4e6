"""The files of a catalog, each as it is and as it would be in form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from podsync.catalog.discovery import FoundFile, read_bytes, shown
from podsync.catalog.formatting import csv_form, yaml_form
from podsync.catalog.formatting.form import Formatted
from podsync.catalog.loader import files_of
from podsync.catalog.parsing.document import Document
from podsync.catalog.parsing.yaml_reader import read
from podsync.catalog.straight import read_closely
from podsync.model.diagnostic import Diagnostic, errors_among
from podsync.model.errors import CatalogError

if TYPE_CHECKING:
    from podsync.providers.knowledge import Provider


class FileForm(NamedTuple):
    """A file that people call `path`; `content` is what it was where it has `faults`."""

    path: str
    place: Path
    was: bytes
    content: bytes
    faults: tuple[Diagnostic, ...]


def forms(
    root: Path, catalog_dir: str, paths: Sequence[str], providers: Mapping[str, Provider]
) -> Iterator[FileForm]:
    """Yield the files that `paths` mean, all of the catalog's for none, and the tables that they read.

    Other tables may lie beside them, a supplier's for example: only who names them has them changed.
    Raises UsageError for a path that does not exist.
    """
    tables: dict[str, FoundFile] = {}
    named: set[str] = set()
    for found in files_of(root, catalog_dir, paths):
        raw = read_bytes(found) if isinstance(found, FoundFile) else found
        if isinstance(raw, Diagnostic):
            path = raw.at.path if raw.at is not None else ""
            yield FileForm(path, root / path, b"", b"", (raw,))
        elif isinstance(found, FoundFile) and found.path.lower().endswith(".csv"):
            named.add(found.location)
            yield _table(found, raw)
        elif isinstance(found, FoundFile):
            wrong = errors_among(read_closely(found, providers).diagnostics)
            made = Formatted(raw, wrong) if wrong else yaml_form.formatted(found.path, raw)
            tables |= {each.location: each for each in _beside(found, made.tables, root, catalog_dir)}
            yield FileForm(found.path, Path(found.location), raw, made.content, made.faults)
    for location in sorted(tables.keys() - named):
        raw = read_bytes(tables[location])
        if not isinstance(raw, Diagnostic):  # whoever reads it says what is wrong with it
            yield _table(tables[location], raw)


def documents_of(
    root: Path, catalog_dir: str, paths: Sequence[str], providers: Mapping[str, Provider]
) -> list[Document]:
    """Return all documents of the files that `paths` mean.

    Raises UsageError for a path that does not exist, CatalogError where something is wrong with one.
    """
    documents: list[Document] = []
    faults: list[Diagnostic] = []
    for found in files_of(root, catalog_dir, paths):
        if isinstance(found, FoundFile):
            faults += read_closely(found, providers).diagnostics
            raw = read_bytes(found)
            documents += read(found.path, raw).documents if isinstance(raw, bytes) else ()
        else:
            faults.append(found)
    if errors_among(faults):
        raise CatalogError(faults)
    return documents


def _table(found: FoundFile, raw: bytes) -> FileForm:
    made = csv_form.formatted(found.path, raw)
    return FileForm(found.path, Path(found.location), raw, made.content, made.faults)


def _beside(found: FoundFile, names: Sequence[str], root: Path, catalog_dir: str) -> Iterator[FoundFile]:
    """Yield the files of these names beside another one, as far as they are in the catalog."""
    inside = (root / catalog_dir).resolve()
    for name in names:
        place = Path(found.location).parent / name
        if place.resolve().is_relative_to(inside):
            yield FoundFile(str(place), shown(place, root))
