"""The files of a catalog, each as it is and as it would be formatted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from podsync.catalog.authoring.belonging import ONLY
from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.authoring.expansion import Expansion
from podsync.catalog.authoring.layers import MERGED
from podsync.catalog.discovery import FoundFile, read_bytes, shown
from podsync.catalog.formatting import csv_form, fold, yaml_form
from podsync.catalog.formatting.form import Formatted
from podsync.catalog.loader import files_of
from podsync.catalog.parsing.document import Document
from podsync.catalog.parsing.yaml_reader import read
from podsync.catalog.straight import read_closely
from podsync.model.diagnostic import Diagnostic, errors_among
from podsync.model.digests import canonical_json
from podsync.model.errors import CatalogError, UsageError
from podsync.model.settings import Authoring
from podsync.providers.knowledge import Provider

#: A file of documents, its content, and its errors.
_ReadFile: TypeAlias = tuple[FoundFile, bytes, tuple[Diagnostic, ...]]


class FileForm(NamedTuple):
    """A file that people call `path`; `content` is what it was where it has `faults`."""

    path: str
    place: Path
    was: bytes
    content: bytes
    faults: tuple[Diagnostic, ...]


class Folded(NamedTuple):
    """One document in place of so many `documents`."""

    text: str
    documents: int


class FilesInForm:
    """The files that `paths` mean (all of the catalog's for none), and the tables that they read.

    Other tables, such as a supplier's, are formatted only if they are named. Raises UsageError for a path
    that does not exist.
    """

    def __init__(
        self,
        root: Path,
        catalog_dir: str,
        paths: Sequence[str],
        providers: Mapping[str, Provider],
        authoring: Authoring = Authoring(),
    ) -> None:
        root = root.absolute()
        self._root, self._folder, self._providers = root, root / catalog_dir, providers
        self._found = files_of(root, catalog_dir, paths)
        self._around = AuthoringContext.of(root, self._folder, authoring)

    def forms(self) -> Iterator[FileForm]:
        """Yield each file, as it is and as it would be formatted."""
        tables: dict[str, FoundFile] = {}
        for found, raw, faults in self._documents():
            made = Formatted(raw, faults) if faults else yaml_form.formatted(found.path, raw)
            tables |= {each.location: each for each in self._beside(found, made.tables)}
            yield FileForm(found.path, Path(found.location), raw, made.content, made.faults)
        for fault in self._found.faults:
            yield FileForm(fault.path, self._root / fault.path, b"", b"", (fault,))
        tables |= {each.location: each for each in self._found.files if _is_table(each)}
        for table in sorted(tables.values()):
            content = read_bytes(table)
            if not isinstance(content, Diagnostic):  # the reader of the file reports its faults
                made = csv_form.formatted(table.path, content)
                yield FileForm(table.path, Path(table.location), content, made.content, made.faults)

    def folded(self, output: str | None) -> Folded:
        """Return one document for all, for the file `output`, else for the folder of the first of them.

        Its products are compared with the originals. Raises CatalogError if a document has a fault,
        UsageError if they cannot be one document.
        """
        sound = self._sound()
        originals = [(found, each) for found, raw, _ in sound for each in read(found.path, raw).documents]
        text = fold.folded([document for _, document in originals])
        beside = (
            Path(output).absolute() if output else Path(originals[0][0].location).with_name("_folded.yaml")
        )
        place = FoundFile(str(beside), shown(beside, self._root))
        made = [(place, document) for document in read(place.path, text.encode()).documents]
        if self._products(made) != self._products(originals):
            raise UsageError(
                "one document for these would not make the same products",
                "fold documents that inherit the same _defaults.yaml into a file that inherits it too, and "
                "leave out one whose value is - alone: in a field that leaves the value out",
            )
        return Folded(text, len(originals))

    def _sound(self) -> list[_ReadFile]:
        """Return all files of documents; raises CatalogError if one has an error."""
        files = list(self._documents())
        faults = [*self._found.faults, *(fault for *_, faults in files for fault in faults)]
        if errors_among(faults):
            raise CatalogError(faults)
        return files

    def _products(self, documents: Sequence[tuple[FoundFile, Document]]) -> Counter[str]:
        """Count the products that documents make in their environments, by content without names."""
        made: Counter[str] = Counter()
        for found, document in documents:
            anywhere = document._replace(data={k: each for k, each in document.data.items() if k != ONLY})
            products = Expansion(anywhere, found, self._around).products()
            made.update(canonical_json([each.data.get(part) for part in MERGED]) for each in products)
        return made

    def _documents(self) -> Iterator[_ReadFile]:
        """Yield each file of documents with its faults; a file that others take keys from is skipped."""
        checked = []
        for found in self._found.files:
            if not _is_table(found):
                raw = read_bytes(found)
                file = read_closely(found, self._providers, self._around)
                checked.append((found, raw if isinstance(raw, bytes) else b"", file))
        tables = {table for *_, file in checked for table in file.tables}
        for found, raw, file in checked:
            if found.path not in tables:
                yield found, raw, errors_among(file.diagnostics)

    def _beside(self, found: FoundFile, names: Sequence[str]) -> Iterator[FoundFile]:
        """Yield the files of these names next to another file, if they are in the catalog."""
        for name in names:
            place = Path(found.location).parent / name
            if place.resolve().is_relative_to(self._folder.resolve()):
                yield FoundFile(str(place), shown(place, self._root))


def _is_table(found: FoundFile) -> bool:
    return found.path.lower().endswith(".csv")
