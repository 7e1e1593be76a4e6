"""Drift of the looks, beside the values of the documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from podsync.evidence.findings import Findings
from podsync.evidence.state_view import Known
from podsync.model.address import Address
from podsync.model.frozen import EMPTY
from podsync.model.product import Product, seen_ids
from podsync.plan.action import MOVE_NAMED
from podsync.plan.change import Change
from podsync.plan.drift.compare import Drifted, compare, differences
from podsync.plan.drift.values import Compared, Drift, DriftedField, DriftKind
from podsync.providers.knowledge import Provider


def seen_by(
    looks: Mapping[str, Findings],
    knowns: Mapping[str, Known],
    document: Callable[[Address], Product | None],
    changes: Sequence[Change] = (),
) -> tuple[tuple[Drift, ...], tuple[Compared, ...]]:
    """Return the drift that looks at everything show, and what they have compared.

    `knowns` is what the state knows of each provider; `document` returns the product that an address wants.
    """
    found: list[Drift] = []
    compared = []
    # A moved product is the same product under its new address.
    moved = {c.previous_address: c.address for c in changes if c.previous_address and not c.takes_orphan}
    named = [change for change in changes if change.action_reason == MOVE_NAMED]
    for name, findings in sorted(looks.items()):
        drifted, comparison = compare(knowns[name], findings)
        # Apply trusts a document that names its product by id, so its values are compared with the listing.
        believed = {c.previous_address: c for c in named if c.provider == name}
        drifted = tuple(each for each in drifted if each.address not in believed)
        drifted += tuple(_believed(knowns[name], findings, believed.values()))
        compared.append(
            Compared(
                name,
                comparison.products,
                comparison.unlisted,
                comparison.fields,
                comparison.unknown,
                comparison.flaw,
            )
        )
        for each in drifted:
            address = moved.get(each.address, each.address)
            found += _of_document(replace(each, address=address), knowns[name].provider, document(address))
    return tuple(sorted(found, key=lambda each: (each.address, each.kind))), tuple(compared)


def _believed(known: Known, findings: Findings, changes: Iterable[Change]) -> Iterator[Drifted]:
    """Yield the differences between the listing and documents that take a product with a move."""
    for change in changes:
        row = findings.reading.rows.get(change.importing or "")
        if row is not None and change.after is not None:
            fields, _ = differences(known, change.after, row, findings.habits)
            if fields:
                shown, kind = seen_ids(row.shown), DriftKind.CHANGED
                yield Drifted(kind, change.address, change.account, row.id, shown, change.after, fields)


def _of_document(drifted: Drifted, provider: Provider, product: Product | None) -> Iterator[Drift]:
    accepted = product.history.changed_there if product is not None else EMPTY
    fields = []
    for field, known, listed in drifted.fields:
        wanted = known if product is None else product.spec.get(field)
        if field in accepted and provider.shows(field, wanted, listed):
            continue  # answered: the next apply takes it
        at = product.at(("spec", field)) if product is not None and field in product.spec else None
        fields.append(DriftedField(field, known, wanted, listed, at))
    if drifted.fields and not fields:
        return
    recreated = product is not None and product.history.recreate == drifted.id
    if drifted.kind is DriftKind.GONE and recreated:
        return
    yield Drift(
        drifted.kind,
        drifted.address,
        provider.name,
        drifted.account,
        drifted.id,
        drifted.shown,
        provider.name_of(drifted.spec),
        tuple(fields),
        drifted.twins,
        drifted.missing_since,
        product.declared_at if product is not None else None,
        bool(fields) and {each.field for each in fields} <= provider.mutable,
    )
