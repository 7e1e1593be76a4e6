"""Whether a text that is about to become a file of the catalog would be valid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podsync.catalog.authoring.references import literal
from podsync.catalog.parsing.yaml_reader import read
from podsync.catalog.validation.document_rules import build
from podsync.model.diagnostic import Diagnostic, errors_among
from podsync.providers.knowledge import Provider


def faults_of(path: str, text: str, providers: Mapping[str, Provider]) -> tuple[Diagnostic, ...]:
    """Return the errors of a file with this text, as `validate` would report them for it alone."""
    reading = read(path, text.encode())
    found = list(reading.diagnostics)
    for document in reading.documents:
        found += build(document, providers).diagnostics
    return errors_among(found)


def as_written(value: Any) -> Any:
    """Return a value as a document of one product says it: no text in it names another value."""
    return literal(value)
