"""The files of a catalog, each as it is and as it would be in form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from podsync.catalog.discovery import FoundFile, read_bytes
from podsync.catalog.formatting.yaml_form import formatted
from podsync.catalog.loader import files_of
from podsync.catalog.validation.document_rules import build
from podsync.model.diagnostic import Diagnostic

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
    """Yield the files that `paths` mean, all of the catalog's for none, in file order.

    Raises UsageError for a path that does not exist.
    """
    for found in files_of(root, catalog_dir, paths):
        raw = read_bytes(found) if isinstance(found, FoundFile) else found
        if isinstance(raw, Diagnostic):
            path = raw.at.path if raw.at is not None else ""
            yield FileForm(path, root / path, b"", b"", (raw,))
        elif isinstance(found, FoundFile):
            made = formatted(found.path, raw, lambda document: build(document, providers).diagnostics)
            yield FileForm(found.path, Path(found.location), raw, made.content, made.faults)
