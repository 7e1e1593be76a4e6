"""Rules that look at several documents at once. Each fault names both places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from podsync.diagnostics import Diagnostic
from podsync.model import Address, Path, Position, Product, Severity, canonical_json
from podsync.ports import Provider

#: The customer id that means all of them.
EVERYBODY = "*"
#: Tells the source line of a position, for the diagnostic to show.
Line = Callable[[Position], str]
#: Tells whether faults at a path are asked for; a fault of two places is put where they are.
Focus = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule about two products: its name, and what to say of the one when the other stands at a place."""

    name: str
    severity: Severity
    path: Path
    summary: str
    detail: str


_DECLARED_TWICE = _Rule(
    "declared-twice", "error", ("name",),
    "{address} is declared here and at {place}",
    "give one of the two another name, or remove it",
)  # fmt: skip
_INDISTINGUISHABLE = _Rule(
    "indistinguishable", "error", ("spec",),
    "{title} cannot tell this product from {other} at {place}: model, name and pictures are equal",
    "give each its own mock-up, or put the colour into {name_field}",
)  # fmt: skip
_SAME_NAME = _Rule(
    "same-name", "error", ("spec", "name"),
    "{other} at {place} has the same name for a customer of both: orders could not tell them apart",
    "give one of the two another spec.name, or let them share no customer",
)  # fmt: skip
_SAME_PICTURE = _Rule(
    "same-picture", "warning", ("spec", "imageUrl"),
    "the front picture is that of {other} at {place}, which has another colour",
    "is it the right picture? each colour should have its own mock-up",
)  # fmt: skip
_SAME_DESIGN = _Rule(
    "same-design", "warning", ("spec", "enName"),
    "model, artwork and colour are those of {other} at {place}, under another name",
    "if both are the same product, remove one",
)  # fmt: skip
_MOVED_IN_USE = _Rule(
    "moved", "error", ("moved",),
    "'{former}' cannot be a former name: it is declared at {place}",
    "remove it from moved, or remove that document",
)  # fmt: skip
_MOVED_TWICE = _Rule(
    "moved", "error", ("moved",),
    "'{former}' is a former name of {other} at {place} too",
    "one product cannot become two: keep it in one of them",
)  # fmt: skip


def cross_check(
    products: Sequence[Product], providers: Mapping[str, Provider], line: Line, focus: Focus
) -> tuple[tuple[Product, ...], tuple[Diagnostic, ...]]:
    """Return the products, each address once and in order, and what is wrong between them."""
    check = _Check(providers, line, focus)
    unique: dict[Address, Product] = {}
    for product in products:
        first = unique.setdefault(product.address, product)
        if first is not product:
            check.pair(_DECLARED_TWICE, first, product)
    ordered = tuple(unique[address] for address in sorted(unique))
    in_file_order = list(unique.values())
    check.look_alikes(in_file_order)
    check.designs(in_file_order)
    check.former_names(in_file_order, unique)
    return ordered, tuple(check.found)


class _Check:
    """Collects what the rules find."""

    def __init__(self, providers: Mapping[str, Provider], line: Line, focus: Focus) -> None:
        self.found: list[Diagnostic] = []
        self._providers = providers
        self._line = line
        self._focus = focus

    def pair(self, rule: _Rule, first: Product, second: Product, path: Path = (), former: str = "") -> None:
        """Report at the later place, or at the earlier if only that is asked for."""
        here, other = second, first
        if not former and not self._focus(here.declared_at.path) and self._focus(other.declared_at.path):
            here, other = other, here
        provider = self._providers[here.provider]
        names = {
            "address": here.address,
            "other": other.address,
            "place": f"{other.declared_at.path}:{other.declared_at.line}",
            "title": provider.title,
            "name_field": provider.name_field,
            "former": former,
        }
        at = here.at(path or rule.path)
        if rule is _INDISTINGUISHABLE:
            at = here.at(("spec", provider.name_field))
        summary, detail = rule.summary.format_map(names), rule.detail.format_map(names)
        self.found.append(
            Diagnostic(rule.severity, rule.name, summary, at, detail, here.address, self._line(at))
        )

    def look_alikes(self, products: Iterable[Product]) -> None:
        """Report products that a listing, or an order, cannot tell apart."""
        groups: dict[Hashable, list[Product]] = defaultdict(list)
        for product in products:
            key = canonical_json(self._providers[product.provider].identity(product.spec))
            groups[product.provider, product.account, key].append(product)
        for group in groups.values():
            if self._providers[group[0].provider].unique_name(group[0].spec) is not None:
                self._namesakes(group)
                continue
            for product in group[1:]:
                self.pair(_INDISTINGUISHABLE, group[0], product)

    def _namesakes(self, group: Sequence[Product]) -> None:
        """Report products of one name that clash; linear, for a name may serve thousands of customers."""
        by_customer: dict[str, Product] = {}
        for index, product in enumerate(group):
            customers = product.spec.get("customerIds", ())
            met = [by_customer[customer] for customer in (*customers, EVERYBODY) if customer in by_customer]
            if EVERYBODY in customers and index:
                met.append(group[0])
            clash = self._providers[product.provider].clash
            first = next((one for one in met if clash(one.spec, product.spec)), None)
            if first is not None:
                self.pair(_SAME_NAME, first, product)
            for customer in customers:
                by_customer.setdefault(customer, product)

    def designs(self, products: Iterable[Product]) -> None:
        """Warn of a picture that serves two colours, and of one design under two names."""
        pictures: dict[Hashable, Product] = {}
        designs: dict[Hashable, Product] = {}
        for product in products:
            if "imageUrl" not in product.spec:
                continue
            owner = product.provider, product.account
            first = pictures.setdefault((*owner, product.spec["imageUrl"]), product)
            if _colour(first) != _colour(product) and not self._alike(first, product):
                self.pair(_SAME_PICTURE, first, product)
            artwork = tuple(
                sorted(str(image["imageUrl"]) for image in product.spec.get("materialImages", ()))
            )
            if not artwork:
                continue
            first = designs.setdefault(
                (*owner, product.spec.get("modelId"), artwork, _colour(product)), product
            )
            if first.spec.get("enName") != product.spec.get("enName"):
                self.pair(_SAME_DESIGN, first, product)

    def _alike(self, one: Product, other: Product) -> bool:
        """Whether they are reported as indistinguishable already."""
        provider = self._providers[one.provider]
        return bool(provider.identity(one.spec) == provider.identity(other.spec))

    def former_names(self, products: Iterable[Product], declared: Mapping[Address, Product]) -> None:
        """Report a former name that is in use, or that two documents claim."""
        claimed: dict[Address, Product] = {}
        for product in products:
            for index, name in enumerate(product.moved or ()):
                former = Address(product.address.kind, name)
                path = ("moved", index)
                if former in declared:
                    self.pair(_MOVED_IN_USE, declared[former], product, path, name)
                elif (first := claimed.setdefault(former, product)) is not product:
                    self.pair(_MOVED_TWICE, first, product, path, name)


def _colour(product: Product) -> str:
    return str(product.spec.get("colorValue", "")).upper()
