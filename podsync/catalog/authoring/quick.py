"""The products of a file in which nothing is wrong, without the places of their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.authoring.defaults import defaults_faults
from podsync.catalog.authoring.expansion import Expansion, is_plain
from podsync.catalog.authoring.template import AUTHORED
from podsync.catalog.cache import fast_yaml
from podsync.catalog.discovery import FoundFile
from podsync.catalog.parsing.document import Document
from podsync.catalog.parsing.source_text import Places, Text
from podsync.catalog.parsing.yaml_reader import read
from podsync.catalog.record import ProductRecord, quick_record

if TYPE_CHECKING:
    from podsync.providers.knowledge import Provider


class QuickFile(NamedTuple):
    """What a file without any fault holds; `tables` are paths of files that keys were taken from."""

    kept: list[ProductRecord]
    tables: tuple[str, ...] = ()


def quick_products(
    raw: bytes, by_kind: Mapping[str, Provider], found: FoundFile, context: AuthoringContext
) -> QuickFile | None:
    """Return what a file without any fault or warning holds; None: it has to be looked at closely."""
    if any(defaults_faults(each, context) for each in context.chain_of(found.path)):
        return None
    documents = _documents(raw, found)
    kept: list[ProductRecord] = []
    tables: dict[str, None] = {}
    for document in documents or ():
        if is_plain(document, found, context):
            one = quick_record(document.data, document.start, by_kind)
            if one is None:
                return None
            kept.append(one)
            continue
        expansion = Expansion(document, found, context)
        for product in expansion.products():
            one = quick_record(product.data, document.start, by_kind, product.suffix)
            if one is None:
                return None
            kept.append(one)
        if expansion.faults:
            return None
        tables |= dict.fromkeys(each.path for each in expansion.tables)
    return None if documents is None else QuickFile(kept, tuple(tables))


def _documents(raw: bytes, found: FoundFile) -> list[Document] | None:
    """Return the documents; with places only where keys are: a number is put in as it was typed."""
    quick = fast_yaml.read(raw)
    if quick is not None and all(AUTHORED.isdisjoint(data) for data, _ in quick):
        text = Text(found.path, raw.decode("utf-8", "replace"))
        return [Document(text, data, start, Places({}), Places({}), frozenset()) for data, start in quick]
    parsed = read(found.path, raw)
    if parsed.diagnostics or any(document.faulty for document in parsed.documents):
        return None
    return list(parsed.documents)
