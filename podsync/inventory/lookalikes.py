"""Groups of products that people, or orders, cannot tell apart. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from podsync.inventory.products import ListedProduct
from podsync.model.digests import canonical_json
from podsync.providers.knowledge import Provider
from podsync.providers.name_forms import folded
from podsync.providers.normalise import text


class Resemblance(Enum):
    """What the products of a group share, the closest resemblance first."""

    DOUBLE = "double"
    NAME = "same name"
    PICTURE = "same picture"


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """Two products or more, in the order of their account; DOUBLE: all that is listed agrees."""

    resemblance: Resemblance
    products: tuple[ListedProduct, ...]


def look_alikes(
    provider: Provider, products: Sequence[ListedProduct], variants: Sequence[ListedProduct] = ()
) -> tuple[LookAlikes, ...]:
    """Return the groups: doubles first, then one name, then one front picture under several names.

    One name counts for products of one model; where orders find a product by its name, for those that a
    customer shares. One front picture counts for products of one model. `variants` are other contents of
    these products: one is like what any of its contents is like, and nobody's double for certain.
    """
    found, unsure, contents = [], {one.row.id for one in variants}, [*products, *variants]
    for group in _by_name(provider, contents):
        equal = len({_listed(provider, one) for one in group}) == 1
        equal = equal and unsure.isdisjoint(one.row.id for one in group)
        found.append(LookAlikes(Resemblance.DOUBLE if equal else Resemblance.NAME, _each_once(group)))
    found += [LookAlikes(Resemblance.PICTURE, _each_once(group)) for group in _by_picture(provider, contents)]
    found, order = [group for group in found if len(group.products) > 1], list(Resemblance)
    return tuple(sorted(found, key=lambda group: order.index(group.resemblance)))


def _each_once(group: Sequence[ListedProduct]) -> tuple[ListedProduct, ...]:
    first: dict[str, ListedProduct] = {}
    for one in group:
        first.setdefault(one.row.id, one)
    return tuple(first.values())


def _by_name(provider: Provider, products: Sequence[ListedProduct]) -> Iterator[list[ListedProduct]]:
    named: dict[Hashable, list[ListedProduct]] = defaultdict(list)
    for one in products:
        if name := _name(provider, one):
            named[name, None if provider.info.unique_names else _model(provider, one)].append(one)
    for group in named.values():
        if len(group) > 1:
            yield from _sharing(provider, group) if provider.info.unique_names else [group]


def _sharing(provider: Provider, group: Sequence[ListedProduct]) -> Iterator[list[ListedProduct]]:
    """Split products of one name by shared customers; products without a shared customer are alone."""
    roles = provider.info.roles
    customers = [[str(each) for each in one.row.fields.get(roles.customers) or ()] for one in group]
    if any(roles.everybody in each for each in customers):
        yield list(group)
        return
    roots = list(range(len(group)))

    def root(index: int) -> int:
        while roots[index] != index:
            roots[index] = index = roots[roots[index]]
        return index

    first: dict[str, int] = {}
    for index, each in enumerate(customers):
        for customer in each:
            roots[root(index)] = root(first.setdefault(customer, index))
    parts: dict[int, list[ListedProduct]] = defaultdict(list)
    for index, one in enumerate(group):
        parts[root(index)].append(one)
    yield from (part for part in parts.values() if len(part) > 1)


def _by_picture(provider: Provider, products: Sequence[ListedProduct]) -> Iterator[list[ListedProduct]]:
    front = provider.info.roles.front
    shown: dict[Hashable, list[ListedProduct]] = defaultdict(list)
    for one in products if front else ():
        if url := one.row.fields.get(front):
            shown[url, _model(provider, one)].append(one)
    for group in shown.values():
        if len({_name(provider, one) for one in group}) > 1:
            yield group


def _listed(provider: Provider, one: ListedProduct) -> str:
    return canonical_json(provider.canonical(provider.listed_spec(one.row.fields)))


def _name(provider: Provider, one: ListedProduct) -> str:
    """Return what names have in common that people take for one: case, spaces and quotes do not count."""
    return folded(text(provider.name_of(one.row.fields)))


def _model(provider: Provider, one: ListedProduct) -> Hashable:
    return one.row.fields.get(provider.model_field) or ("code", one.row.facts.get("code"))
