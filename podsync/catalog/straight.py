"""Files become a catalog: the whole way, on one page. `catalog.cache` takes the same way faster."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Self

from podsync.catalog.authoring import expansion_of
from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.authoring.layers import is_plain
from podsync.catalog.discovery import FoundFile, read_signed
from podsync.catalog.loaded import CheckedFile, FindFiles, Loaded
from podsync.catalog.parsing import yaml_reader
from podsync.catalog.parsing.document import Document
from podsync.catalog.parsing.source_text import MAX_FAULTS
from podsync.catalog.validation.cross_document_rules import Line, cross_check, removed_and_declared
from podsync.catalog.validation.document_rules import build, faults_of_one, fits_its_schema
from podsync.catalog.validation.fingerprints import FingerprintRow, fingerprints_of
from podsync.catalog.validation.fix_check import proved
from podsync.catalog.validation.limits import among, documents_left_out
from podsync.model.address import DEFAULT_ACCOUNT, Address
from podsync.model.diagnostic import Diagnostic, errors_among
from podsync.model.position import Position
from podsync.model.product import Catalog, Product
from podsync.model.settings import Authoring
from podsync.providers.knowledge import Provider

#: Products of one document whose faults are looked for; the others have the same.
_MOST_FAULTY = 300


class StraightRun:
    """Reads a catalog: `with StraightRun(…) as run: run.finish()`. Only faults `in_scope` are reported."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        in_scope: Container[str],
        find_files: FindFiles,
        root: FilePath,
        folder: FilePath,
        authoring: Authoring = Authoring(),
    ) -> None:
        self._providers, self._in_scope, self._find_files = providers, in_scope, find_files
        self._context_arguments = root, folder, authoring

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Nothing is left open."""

    def finish(self) -> Loaded:
        """Read every file; return the catalog and all faults."""
        found = self._find_files()
        around = AuthoringContext(*self._context_arguments, found.defaults)
        files = [read_closely(each, self._providers, around) for each in found.files]
        diagnostics = list(found.faults)
        diagnostics += [fault for each in around.defaults for fault in defaults_faults(each, around)]
        # A file that documents take keys from is not a document, and is not checked as one.
        tables = {table for file in files for table in file.tables}
        diagnostics += [
            fault
            for file in files
            for fault in file.diagnostics
            if not (file.text is not None and file.text.path in tables)
        ]
        texts = {file.text.path: file.text for file in files if file.text is not None}
        shared = tables | {each.path for each in around.defaults}

        def line(at: Position) -> str:
            text = texts.get(at.path)
            return text.line(at.line) if text is not None else around.line_at(at)

        declared = [product for file in files for product in file.products]
        declared.sort(key=lambda product: product.declared_at[:3])
        first = {str(product.address): product for product in reversed(declared)}
        removed = {str(address): at for file in files for address, at in file.removed}
        diagnostics += self._clashes(declared, line)
        diagnostics += removed_and_declared(removed, first, first.__getitem__, line)
        products = sorted(first.values(), key=lambda product: str(product.address))
        catalog = Catalog(products, len(files), lets_go=frozenset(removed))
        return Loaded.of(catalog, diagnostics, self._in_scope, shared)

    def _clashes(self, declared: Sequence[Product], line: Line) -> list[Diagnostic]:
        rows = [
            FingerprintRow(
                number,
                str(each.address),
                fingerprints_of(self._providers[each.provider], DEFAULT_ACCOUNT, each.spec),
                each.history.text,
            )
            for number, each in enumerate(declared)
        ]
        return cross_check(rows, declared.__getitem__, self._providers, line, self._in_scope.__contains__)


def read_closely(
    found: FoundFile, providers: Mapping[str, Provider], around: AuthoringContext
) -> CheckedFile:
    """Read a file with all its places and faults. Its documents may draw on `around`."""
    read = read_signed(found)
    if found in around.defaults:
        return CheckedFile(None, None, (), defaults_faults(found, around))
    if isinstance(read, Diagnostic):
        return CheckedFile(None, None, (), (read,))
    reading = yaml_reader.read(found.path, read.raw)
    file = _Documents(found, providers, around)
    wrong = list(reading.diagnostics)
    count, unchecked = len(errors_among(wrong)), 0
    for document in reading.documents:
        if count >= MAX_FAULTS:
            # More faults would bury the first ones; a quick check finds out whether there are any.
            unchecked += not fits_its_schema(document, providers)
            continue
        new = file.faults_of(document)
        wrong += new
        count += len(errors_among(new))
    if unchecked:
        bad = errors_among(wrong)[MAX_FAULTS:]
        wrong = [each for each in wrong if each not in bad]
        last = max((each.at for each in wrong if each.at is not None), key=lambda at: at[1:3])
        wrong.append(documents_left_out(Position(found.path, *last[1:3]), unchecked))
    if wrong:
        wrong = list(proved(reading.text, wrong, lambda text: _examined(text, found, providers, around)))
    wrong = [*file.faults_around(), *wrong]
    return CheckedFile(read, reading.text, file.products, wrong, file.removed, tuple(file.tables))


def _examined(
    content: str, found: FoundFile, providers: Mapping[str, Provider], around: AuthoringContext
) -> list[Diagnostic]:
    """Return all faults in the content of a file, by rules that look at one document only."""
    reading = yaml_reader.read(found.path, content.encode("utf-8", "surrogatepass"))
    file = _Documents(found, providers, around)
    return [*reading.diagnostics, *(fault for each in reading.documents for fault in file.faults_of(each))]


class _Documents:
    def __init__(self, found: FoundFile, providers: Mapping[str, Provider], around: AuthoringContext) -> None:
        self.products: list[Product] = []
        self.removed: list[tuple[Address, Position]] = []
        self.tables: dict[str, None] = {}
        self._found, self._providers, self._around = found, providers, around

    def faults_around(self) -> list[Diagnostic]:
        chain = self._around.chain_of(self._found.path)
        return [fault for each in chain for fault in defaults_faults(each, self._around)]

    def faults_of(self, document: Document) -> list[Diagnostic]:
        """Add a document's products; return its faults."""
        if is_plain(document, self._found, self._around):
            return self._taken(document)
        if self.faults_around():
            return []
        expansion = expansion_of(document, self._found, self._around)
        collected = ProductFaults()
        for product in expansion.products():
            look = collected.count < _MOST_FAULTY
            collected.add(product, self._taken(product) if look else None)
        self.tables |= dict.fromkeys(each.path for each in expansion.tables)
        return [*expansion.faults, *collected.diagnostics()]

    def _taken(self, document: Document) -> list[Diagnostic]:
        built = build(document, self._providers)
        self.removed += built.removed
        places = document.positions()
        self.products += [replace(each, positions=places) for each in built.products]
        return list(built.diagnostics)


def defaults_faults(found: FoundFile, context: AuthoringContext) -> tuple[Diagnostic, ...]:
    """Return all that is wrong with one file; known for the rest of the run."""
    if found.path not in context.judged:
        context.judged[found.path] = tuple(
            faults_of_one(context.parsed(found), "defaults", "defaults", "the defaults of a folder")
        )
    return context.judged[found.path]


#: Up to this many values at one place are reported one by one; more become one fault.
_MOST_VALUES = 5


class ProductFaults:
    """Collects the faults of products, in their order; `count` is how many had some."""

    def __init__(self) -> None:
        self.count = 0
        self._skipped = 0
        self._all = 0
        self._plain: list[Diagnostic] = []
        self._found: dict[tuple[object, ...], dict[str, list[tuple[Diagnostic, str]]]] = {}

    def add(self, document: Document, faults: Sequence[Diagnostic] | None) -> None:
        """Record the faults of a product, None for one that was not checked."""
        self._all += 1  # a fault of all products is not the fault of one value
        self._skipped += faults is None
        self.count += bool(faults)
        if not document.suffix:
            self._plain += faults or ()
            return
        for each in faults or ():
            groups = self._found.setdefault((each.rule, each.severity, each.at), {})
            groups.setdefault(each.detail, []).append((each, document.suffix))

    def diagnostics(self) -> Iterable[Diagnostic]:
        """Yield each fault once, with the products that have it."""
        yield from self._plain
        for groups in self._found.values():
            together = list(groups.values())
            every = sum(map(len, together)) == self._all and together[0][0][0].detail.count("\n${") > 1
            if len(together) > _MOST_VALUES or every:
                together = [[one for group in together for one in group]]
            for group in together:
                fault, index = group[0]
                yield fault._replace(summary=fault.summary + among(index, len(group) + self._skipped))
