"""Files become a catalog: the whole way, on one page. `catalog.cache` takes the same way faster."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from podsync.catalog.discovery import FoundFile, read_signed
from podsync.catalog.loaded import CheckedFile, Loaded, Look
from podsync.catalog.parsing import yaml_reader
from podsync.catalog.parsing.source_text import MAX_FAULTS
from podsync.catalog.validation.cross_document_rules import Line, cross_check, removed_and_declared
from podsync.catalog.validation.document_rules import build, examine, fits_its_schema
from podsync.catalog.validation.fingerprints import FingerprintRow, fingerprints_of
from podsync.catalog.validation.fix_check import proved
from podsync.catalog.validation.limits import documents_left_out
from podsync.model.address import DEFAULT_ACCOUNT, Address
from podsync.model.diagnostic import Diagnostic, errors_among
from podsync.model.position import Position
from podsync.model.product import Catalog, Product

if TYPE_CHECKING:
    from podsync.providers.knowledge import Provider


class StraightRun:
    """Reads a catalog. Use as `with StraightRun(…) as run: run.finish()`.

    `look` finds the files, and `asked` tells whether faults at a path are asked for.
    """

    def __init__(self, providers: Mapping[str, Provider], asked: Container[str], look: Look) -> None:
        self._providers, self._asked, self._look = providers, asked, look

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Nothing is left open."""

    def finish(self) -> Loaded:
        """Read every file; return the catalog, and all that is wrong with it."""
        found = self._look()
        files = [read_closely(each, self._providers) for each in found if isinstance(each, FoundFile)]
        diagnostics = [each for each in found if isinstance(each, Diagnostic)]
        diagnostics += [fault for file in files for fault in file.diagnostics]
        texts = {file.text.path: file.text for file in files if file.text is not None}

        def line(at: Position) -> str:
            return texts[at.path].line(at.line)

        declared = [product for file in files for product in file.products]
        declared.sort(key=lambda product: product.declared_at[:3])
        first = {str(product.address): product for product in reversed(declared)}
        removed = {str(address): at for file in files for address, at in file.removed}
        diagnostics += self._clashes(declared, line)
        diagnostics += removed_and_declared(removed, first, first.__getitem__, line)
        products = sorted(first.values(), key=lambda product: str(product.address))
        catalog = Catalog(products, len(files), lets_go=frozenset(removed))
        return Loaded.of(catalog, diagnostics, self._asked)

    def _clashes(self, declared: Sequence[Product], line: Line) -> list[Diagnostic]:
        """Return what is wrong between products."""
        rows = [
            FingerprintRow(
                number,
                str(each.address),
                fingerprints_of(self._providers[each.provider], DEFAULT_ACCOUNT, each.spec),
                each.history.text,
            )
            for number, each in enumerate(declared)
        ]
        return cross_check(rows, declared.__getitem__, self._providers, line, self._asked.__contains__)


def read_closely(found: FoundFile, providers: Mapping[str, Provider]) -> CheckedFile:
    """Read a file with all its places, and say all that is wrong with it."""
    read = read_signed(found)
    if isinstance(read, Diagnostic):
        return CheckedFile(None, None, (), (read,))
    reading = yaml_reader.read(found.path, read.raw)
    wrong, products, untold = list(reading.diagnostics), [], 0
    removed: list[tuple[Address, Position]] = []
    count = len(errors_among(wrong))
    for document in reading.documents:
        if count >= MAX_FAULTS:
            # What the others are about would bury the first; that they are wrong is seen quickly.
            untold += not fits_its_schema(document, providers)
            continue
        built = build(document, providers)
        wrong += built.diagnostics
        count += len(errors_among(built.diagnostics))
        removed += built.removed
        products += [replace(each, positions=document.places) for each in built.products]
    if untold:
        bad = errors_among(wrong)[MAX_FAULTS:]
        wrong = [each for each in wrong if each not in bad]
        wrong.append(documents_left_out(found.path, untold))
    if wrong:
        wrong = list(proved(reading.text, wrong, lambda text: examine(text, providers)))
    return CheckedFile(read, reading.text, products, wrong, removed)
