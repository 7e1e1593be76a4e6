"""`_defaults.yaml`: values that the documents of a folder and its subfolders share."""

from __future__ import annotations

from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.discovery import FoundFile
from podsync.catalog.validation.document_rules import in_place, written
from podsync.catalog.validation.validator import validate
from podsync.model.diagnostic import Diagnostic


def defaults_faults(found: FoundFile, context: AuthoringContext) -> tuple[Diagnostic, ...]:
    """Return all that is wrong with one file; known for the rest of the run."""
    if found.path not in context.judged:
        context.judged[found.path] = tuple(_faults(found, context))
    return context.judged[found.path]


def _faults(found: FoundFile, context: AuthoringContext) -> list[Diagnostic]:
    parsed = context.parsed(found)
    faults = list(parsed.diagnostics)
    for number, document in enumerate(parsed.documents):
        if number:
            summary = "the defaults of a folder are one document; this is another"
            faults.append(
                document.text.fault("defaults", document.start, summary, "remove the line `---` above it")
            )
            continue
        verdicts = validate("defaults", document.data, lambda path, of=document: written(of, path))  # type: ignore[misc]
        faults += in_place(document, verdicts)
    return faults
