"""The documents of a file: data, and the place of every value."""

from __future__ import annotations

from typing import Any, NamedTuple

from podsync.catalog.parsing.source_text import Places, RawSpan, Text
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import Path


class Document(NamedTuple):
    """One document: `places` and `keys` say where each value and each key stands.

    `faulty` are paths whose value could not be read as meant; what a schema says about them is noise.
    """

    text: Text
    data: dict[str, Any]
    start: RawSpan
    places: Places
    keys: Places
    faulty: frozenset[Path]


class ParsedFile(NamedTuple):
    """What a file holds. A document that has an error in it is listed all the same."""

    text: Text
    documents: tuple[Document, ...]
    diagnostics: tuple[Diagnostic, ...]
