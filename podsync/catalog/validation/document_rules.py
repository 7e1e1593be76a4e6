"""Documents -> products, and every rule that looks at one document only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from podsync.catalog.parsing.document import Document, ParsedFile
from podsync.catalog.rules import document_faults, signed_urls
from podsync.catalog.validation.fixes import Fixing, edits, flow, quoted
from podsync.catalog.validation.schemas import kind_of_fields
from podsync.catalog.validation.validator import fits, validate, validate_head
from podsync.catalog.validation.value_messages import SchemaVerdict, dotted
from podsync.model.address import DEFAULT_ACCOUNT, Address
from podsync.model.characters import hidden
from podsync.model.diagnostic import Diagnostic, Fix, SpecFault
from podsync.model.frozen import EMPTY, Path, freeze, value_at
from podsync.model.position import Position
from podsync.model.product import UNPROTECTED, History, Lifecycle, Product
from podsync.providers.knowledge import Provider


class Built(NamedTuple):
    """The products of a document (none if it has an error), its faults, and the addresses that it removes."""

    products: tuple[Product, ...]
    diagnostics: tuple[Diagnostic, ...]
    removed: tuple[tuple[Address, Position], ...] = ()


def build(document: Document, providers: Mapping[str, Provider]) -> Built:
    """Check one document and return its products; a document may make several."""
    by_kind = {provider.kind: provider for provider in providers.values()}
    kind = document.data.get("kind")
    provider = by_kind.get(kind) if isinstance(kind, str) else None
    if kind is None and "removed" in document.data:
        return _built_removal(document)
    if provider is None:
        return Built((), tuple(in_place(document, _without_kind(sorted(by_kind), document))))
    address = document.address()
    verdicts = validate(provider.kind, document.data, partial(written, document))
    if verdicts and (other := _of_another_kind(provider.kind, sorted(by_kind), document.data)):
        verdicts = [other, *(verdict for verdict in verdicts if verdict.path[:1] != ("spec",))]
    if verdicts or document.faulty or address is None:
        signed = (_fault(document, found, address) for found in signed_urls(document.data.get("spec")))
        return Built((), (*in_place(document, verdicts, address), *signed))
    declared_at = Position(document.text.path, *document.start)
    product = product_from(document.data, address, provider, declared_at)
    found = document_faults(document.data, product.spec, provider)
    faults = tuple(_fault(document, each, address) for each in found)
    if any(fault.severity == "error" for fault in faults):
        return Built((), faults)
    return Built((product,), faults)


def _built_removal(document: Document) -> Built:
    verdicts = validate("removed", document.data, partial(written, document))
    if verdicts or document.faulty:
        return Built((), tuple(in_place(document, verdicts)))
    removed, faults = [], []
    for index, address in enumerate(document.data["removed"]):
        span = document.located(("removed", index))[1]
        try:
            removed.append((Address.parse(address), Position(document.text.path, *span)))
        except ValueError as error:
            faults.append(
                document.text.fault("schema", span, f"removed[{index}]: {error}", "name each axis once")
            )
    return Built((), tuple(faults), () if faults else tuple(removed))


def faults_of_one(parsed: ParsedFile, name: str, rule: str, what: str) -> list[Diagnostic]:
    """Return the faults of a file that holds one document, of the schema `name`; `what` they are."""
    found = list(parsed.diagnostics)
    for number, document in enumerate(parsed.documents):
        found += in_place(document, validate(name, document.data, partial(written, document)))
        if number:
            summary, detail = f"{what} are one document; this is another", "remove the line `---` above it"
            found.append(document.text.fault(rule, document.start, summary, detail))
    return found


def fits_its_schema(document: Document, providers: Mapping[str, Provider]) -> bool:
    """Whether a document is of a known kind and fits its schema; no other rule is asked."""
    kind = document.data.get("kind")
    known = any(provider.kind == kind for provider in providers.values())
    return known and not document.faulty and fits(str(kind), document.data)


def _without_kind(kinds: Sequence[str], document: Document) -> list[SchemaVerdict]:
    """Return the faults of a document whose kind is missing or unknown; its fields may show the kind."""
    typed = partial(written, document)
    verdicts = validate_head(kinds, document.data, typed)
    meant = kind_of_fields(kinds, document.data.get("spec"))
    about = [each for each in verdicts if each.path == ("kind",) or each.summary == "'kind' is missing"]
    if meant is None or not about:
        return verdicts
    put = Fixing("put", meant)
    with_kind = [
        each
        if each.mend and each.mend.text in {meant, f"kind: {meant}"}
        else each._replace(detail=f"write kind: {meant}", mend=put)
        for each in about
    ]
    return [*with_kind, *validate(meant, {**document.data, "kind": meant}, typed)]


def _of_another_kind(kind: str, kinds: Sequence[str], data: Mapping[str, Any]) -> SchemaVerdict | None:
    """Return the one fault of a document whose fields are all those of another kind."""
    meant = kind_of_fields(kinds, data.get("spec"))
    if meant in {None, kind}:
        return None
    summary = f"kind: the fields below spec are those of a {meant}"
    return SchemaVerdict(("kind",), False, summary, f"write kind: {meant}", Fixing("put", str(meant)))


def written(document: Document, path: Path) -> str:
    """Return the text that was typed at `path`; empty if there is none."""
    found = document.origin(path, around=False)
    if found is None:
        return ""
    return str(value_at(document.data, path)) if found.used else found.text.written(found.span)


def in_place(
    document: Document, verdicts: Iterable[SchemaVerdict], address: Address | None = None
) -> Iterator[Diagnostic]:
    """Give each verdict its place; faults that follow from an unreadable value are left out."""
    for path, on_key, summary, detail, mend, mark in verdicts:
        if path in document.faulty:
            continue
        # Something is missing in a mapping: its key says where, better than its first line does.
        own_key = on_key or isinstance(value_at(document.data, path), dict)
        text, span = document.located(path, on_key=own_key)
        fix = _edits(document, path, mend)
        at = text.marked(span, mark) if mark else span
        rule = "control-character" if mark and hidden(mark) else "schema"
        yield text.fault(rule, at, summary, _with_values(document, path, detail), fix, address=address)


def _edits(document: Document, path: Path, mend: Fixing | None) -> Fix:
    """Return the edits of a remedy, none if the value is written elsewhere."""
    if mend is None or document.suffix:
        return ()
    if document.origins is not None:
        found = document.origin(path)
        if found is not None and (found.text is not document.text or found.used):
            return ()
    return edits(document, path, mend)


def _with_values(document: Document, path: Path, detail: str) -> str:
    """Return a detail, with the places of the values that are put into the text at `path`."""
    if document.origins is None:
        return detail
    found = document.origin(path)
    places = map(str, found.used) if found else ()
    return "\n".join(filter(None, [detail, *places]))


def product_from(
    data: Mapping[str, Any], address: Address, provider: Provider, declared_at: Position
) -> Product:
    """Return the product of a valid document, from its plain data; it knows no places inside."""
    return Product(
        address=address,
        provider=provider.name,
        account=DEFAULT_ACCOUNT,
        spec=freeze(data["spec"]),
        labels=freeze(data["labels"]) if data.get("labels") else EMPTY,
        lifecycle=Lifecycle.from_json(data["lifecycle"]) if data.get("lifecycle") else UNPROTECTED,
        history=History.of(data, provider.info.bare_id),
        declared_at=declared_at,
    )


def _fault(document: Document, found: SpecFault, address: Address | None) -> Diagnostic:
    path, instead = found.path, found.instead
    lead = path[:-1] if found.in_key else path
    mend = Fixing("name", flow(instead)) if found.in_key else Fixing("put", quoted(instead or ""))
    text, span = document.located(path, on_key=found.in_key)
    return text.fault(
        found.rule,
        span,
        f"{dotted(lead)}: {found.summary}",
        _with_values(document, path, found.detail),
        _edits(document, path, mend) if instead else (),
        severity=found.severity,
        address=address,
    )
