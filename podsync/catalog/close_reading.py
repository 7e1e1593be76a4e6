"""One file read with all its places: what it holds, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from podsync.catalog.authoring.defaults import defaults_faults
from podsync.catalog.authoring.expansion import Expansion, is_plain
from podsync.catalog.authoring.product_faults import ProductFaults
from podsync.catalog.cache.workers import FileRecord
from podsync.catalog.discovery import FoundFile, Signed, read_signed
from podsync.catalog.parsing import yaml_reader
from podsync.catalog.parsing.document import Document
from podsync.catalog.parsing.source_text import MAX_FAULTS
from podsync.catalog.record import ProductRecord, digest_of, keep, quick_record
from podsync.catalog.validation.document_rules import Built, build, surely_valid
from podsync.catalog.validation.fix_check import proved
from podsync.catalog.validation.limits import documents_left_out
from podsync.model.diagnostic import Diagnostic, errors_among

if TYPE_CHECKING:
    from podsync.catalog.authoring.context import AuthoringContext
    from podsync.providers.knowledge import Provider

#: Products of one document whose faults are looked for; the others have the same.
_MOST_FAULTY = 300


class CloseReading(NamedTuple):
    """A file as it is kept, what is wrong with it, and the addresses that it lets go with line and column."""

    record: FileRecord
    faults: tuple[Diagnostic, ...] = ()
    removed: tuple[list[str | int], ...] = ()


def read_closely(
    found: FoundFile, providers: Mapping[str, Provider], around: AuthoringContext | None
) -> CloseReading:
    """Read one file; `around` is what its documents may draw on, None for nothing."""
    read = read_signed(found)
    if isinstance(read, Diagnostic):
        return CloseReading(FileRecord("", 0, "-", []), (read,))
    reading = yaml_reader.read(found.path, read.raw)
    file = _File(found, providers, around)
    wrong = list(reading.diagnostics)
    count, untold = len(errors_among(wrong)), 0
    for document in reading.documents:
        if count >= MAX_FAULTS:
            # What the others are about would bury the first; that they are wrong is seen quickly.
            untold += not surely_valid(document, providers)
            continue
        new = file.faults_of(document)
        wrong += new
        count += len(errors_among(new))
    if untold:
        bad = errors_among(wrong)[MAX_FAULTS:]
        wrong = [each for each in wrong if each not in bad]
        wrong.append(documents_left_out(found.path, untold))
    if wrong:
        wrong = proved(reading.text, wrong, lambda text: _examined(text, found, providers, around))
    return CloseReading(file.record(read), (*file.faults_around(), *wrong), tuple(file.removed))


def _examined(
    content: str, found: FoundFile, providers: Mapping[str, Provider], around: AuthoringContext | None
) -> list[Diagnostic]:
    """Return all that is wrong with the content of a file, by the rules that look at one document only."""
    reading = yaml_reader.read(found.path, content.encode("utf-8", "surrogatepass"))
    file = _File(found, providers, around)
    return [*reading.diagnostics, *(fault for each in reading.documents for fault in file.faults_of(each))]


class _File:
    """Collects what the documents of one file make."""

    def __init__(
        self, found: FoundFile, providers: Mapping[str, Provider], around: AuthoringContext | None
    ) -> None:
        self.removed: list[list[str | int]] = []
        self._kept: list[ProductRecord] = []
        self._tables: dict[str, None] = {}
        self._found = found
        self._providers = providers
        self._by_kind = {provider.kind: provider for provider in providers.values()}
        self._around = around

    def faults_around(self) -> list[Diagnostic]:
        """Return what is wrong with the defaults for this file."""
        if self._around is None or not self._around.defaults:
            return []
        chain = self._around.chain_of(self._found.path)
        return [fault for each in chain for fault in defaults_faults(each, self._around)]

    def faults_of(self, document: Document) -> list[Diagnostic]:
        """Take a document's products; return what is wrong with it."""
        if self._around is None or is_plain(document, self._found, self._around):
            return list(self._take(build(document, self._providers), document))
        if self.faults_around():
            return []
        expansion = Expansion(document, self._found, self._around)
        collected = ProductFaults()
        for product in expansion.products():
            collected.look()
            quick = quick_record(product.data, product.start, self._by_kind, product.suffix)
            if quick is not None:
                self._kept.append(quick)
            elif collected.count < _MOST_FAULTY:
                collected.add(product, list(self._take(build(product, self._providers), product)))
            else:
                collected.skip()
        self._tables |= dict.fromkeys(each.path for each in expansion.tables)
        return [*expansion.faults, *collected.told()]

    def _take(self, built: Built, document: Document) -> Iterator[Diagnostic]:
        self.removed += [[str(each), at.line, at.column] for each, at in built.removed]
        self._kept += [keep(each, document.start, self._providers[each.provider]) for each in built.products]
        yield from built.diagnostics

    def record(self, read: Signed) -> FileRecord:
        """Return what is kept of the file."""
        digest, signature, changed_at = digest_of(read.raw), read.signature, read.changed_at
        around, tables = self._around, tuple(self._tables)
        drawn: Any = around.needs(self._found.path, tables) if around is not None else ()
        if drawn and around is not None:
            digest = around.digest(digest, drawn)
            signature = around.signature(signature, drawn)
            changed_at = around.changed_at(changed_at, drawn)
        return FileRecord(signature, changed_at, digest, self._kept, tables)
