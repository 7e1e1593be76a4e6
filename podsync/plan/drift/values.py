"""Drift as a plan shows it: what the state holds, what the document says, what is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from podsync.evidence.findings import Findings
from podsync.evidence.state_view import Known
from podsync.model.address import Address
from podsync.model.frozen import EMPTY, Json
from podsync.model.position import Position
from podsync.model.product import Product
from podsync.plan.change import Change
from podsync.plan.drift.compare import Drifted, DriftKind, compare
from podsync.providers.knowledge import Provider

#: The kinds that `drift --detailed-exitcode` counts.
COUNTED = (DriftKind.CHANGED, DriftKind.GONE, DriftKind.TWIN)


class DriftedField(NamedTuple):
    """One field: `known` to the state, `wanted` by the document, `listed` at the provider.

    `wanted` differs from `known` where both sides changed. `at` is where the document says it.
    """

    field: str
    known: Json
    wanted: Json
    listed: Json
    at: Position | None = None

    @property
    def both(self) -> bool:
        """Whether the document wants something else again."""
        return self.wanted not in (self.known, self.listed)


@dataclass(frozen=True, slots=True)
class Drift:
    """One product that somebody changed, removed or doubled at the provider.

    `twins`, `missing_since`: see `Drifted`. `source` is where its document stands, None where
    there is none. `settable` tells whether an update can set all of it back.
    """

    kind: DriftKind
    address: Address
    provider: str
    account: str
    id: str
    shown: Mapping[str, Json] = EMPTY
    name: str = ""
    fields: tuple[DriftedField, ...] = ()
    twins: tuple[str, ...] = ()
    missing_since: float | None = None
    source: Position | None = None
    settable: bool = False


class Compared(NamedTuple):
    """What was compared at one provider: see `Comparison`."""

    provider: str
    products: int
    unlisted: int
    fields: Mapping[str, int]


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
        compared.append(Compared(name, told.products, told.unlisted, told.fields))
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
