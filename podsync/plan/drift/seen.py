"""What a look shows, put beside what the documents say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from podsync.evidence.findings import Findings
from podsync.evidence.state_view import Known
from podsync.model.address import Address
from podsync.model.frozen import EMPTY
from podsync.model.product import Product
from podsync.plan.change import Change
from podsync.plan.drift.compare import Drifted, compare
from podsync.plan.drift.values import Compared, Drift, DriftedField, DriftKind
from podsync.providers.knowledge import Provider


def seen_by(
    looks: Mapping[str, Findings],
    knowns: Mapping[str, Known],
    document: Callable[[Address], Product | None],
    changes: Iterable[Change] = (),
) -> tuple[tuple[Drift, ...], tuple[Compared, ...]]:
    """Return the drift that looks at everything show, and what they have compared.

    `knowns` is what the state knows of each provider; `document` returns the product that an address wants.
    """
    found: list[Drift] = []
    compared = []
    # What a plan moves is the same product under its new address.
    moved = {change.previous_address: change.address for change in changes if change.previous_address}
    for name, look in sorted(looks.items()):
        drifted, told = compare(knowns[name], look)
        compared.append(Compared(name, told.products, told.unlisted, told.fields, told.unknown))
        for each in drifted:
            address = moved.get(each.address, each.address)
            found += _of_document(replace(each, address=address), knowns[name].provider, document(address))
    return tuple(sorted(found, key=lambda each: (each.address, each.kind))), tuple(compared)


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
