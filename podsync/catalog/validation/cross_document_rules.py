"""Rules that look at several documents at once. Each fault names both places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from podsync.catalog.validation.fingerprints import FingerprintRow, adopted_id, former_addresses
from podsync.model.diagnostic import Diagnostic
from podsync.model.frozen import Path
from podsync.model.position import Position, Severity
from podsync.model.product import Product
from podsync.providers.knowledge import Provider

#: Makes the product of a number, which only a clash asks for.
Make = Callable[[int], Product]
#: Returns the source line of a position, for the diagnostic to show.
Line = Callable[[Position], str]
#: Whether faults at a path are reported; a fault of two places goes to the one that is.
Focus = Callable[[str], bool]


class _PairRule(NamedTuple):
    """A rule about two products: its id, and the message for the second with the place of the first.

    `path` is the place of the fault; "name" and "front" below `spec` are fields of that role.
    """

    rule: str
    severity: Severity
    path: Path
    summary: str
    detail: str


_DECLARED_TWICE = _PairRule(
    "declared-twice", "error", ("name",),
    "{address} is declared here and at {place}",
    "give one of the two another name, or remove it",
)  # fmt: skip
_INDISTINGUISHABLE = _PairRule(
    "indistinguishable", "error", ("spec", "name"),
    "{title} cannot tell this product from {other} at {place}: model, name and pictures are equal",
    "give each its own mock-up, or put the colour into {name_field}",
)  # fmt: skip
_SAME_NAME = _PairRule(
    "same-name", "error", ("spec", "name"),
    "{other} at {place} has the same name for a customer of both: orders could not tell them apart",
    "give one of the two another spec.{name_field}, or let them share no customer",
)  # fmt: skip
_SAME_PICTURE = _PairRule(
    "same-picture", "warning", ("spec", "front"),
    "the front picture is that of {other} at {place}, which has another colour",
    "is it the right picture? each colour should have its own mock-up",
)  # fmt: skip
_SAME_DESIGN = _PairRule(
    "same-design", "warning", ("spec", "name"),
    "model, artwork and colour are those of {other} at {place}, under another name",
    "if both are the same product, remove one",
)  # fmt: skip
_MOVED_IN_USE = _PairRule(
    "moved", "error", ("moved",),
    "'{former}' cannot be a former name: it is declared at {place}",
    "remove it from moved, or remove that document",
)  # fmt: skip
_MOVED_TWICE = _PairRule(
    "moved", "error", ("moved",),
    "'{former}' is a former name of {other} at {place} too",
    "one product cannot become two: keep it in one of them",
)  # fmt: skip
_ADOPTED_TWICE = _PairRule(
    "adopted-twice", "error", ("adopt",),
    "the product {former} is that of {other} at {place} too",
    "one product has one document: look at the id again, or remove one of the two",
)  # fmt: skip

#: Rules for products that a listing, or an order, cannot tell apart.
_ALIKE = (_INDISTINGUISHABLE, _SAME_NAME)


def cross_check(
    rows: Iterable[FingerprintRow], make: Make, providers: Mapping[str, Provider], line: Line, focus: Focus
) -> list[Diagnostic]:
    """Return the faults between products; `rows` are the candidates in file order."""
    check = _Check(make, providers, line, focus)
    unique: dict[str, FingerprintRow] = {}
    for row in rows:
        first = unique.setdefault(row.address, row)
        if first is not row:
            check.pair(_DECLARED_TWICE, first, row)
    in_file_order = list(unique.values())
    check.look_alikes(in_file_order)
    check.designs(in_file_order)
    check.former_names(in_file_order, unique)
    check.adopted_ids(in_file_order)
    return check.found


class _Check:
    def __init__(self, make: Make, providers: Mapping[str, Provider], line: Line, focus: Focus) -> None:
        self.found: list[Diagnostic] = []
        self._make = make
        self._providers = providers
        self._line = line
        self._focus = focus

    def pair(
        self,
        broken: _PairRule,
        first: FingerprintRow,
        second: FingerprintRow,
        path: Path = (),
        former: str = "",
    ) -> None:
        """Report at the later place, or at the earlier one if only that is in focus."""
        reported, other = self._make(second.number), self._make(first.number)
        if not former and not self._focus(reported.declared_at.path) and self._focus(other.declared_at.path):
            reported, other = other, reported
        provider = self._providers[reported.provider]
        names = {
            "address": reported.address,
            "other": other.address,
            "place": f"{other.declared_at.path}:{other.declared_at.line}",
            "title": provider.title,
            "name_field": provider.name_field,
            "former": former,
        }
        where = path or broken.path
        if where[0] == "spec":
            where = "spec", getattr(provider.info.roles, str(where[1]))
        at = reported.at(where)
        summary, detail = broken.summary.format_map(names), broken.detail.format_map(names)
        # Products that exist already, each under an id of its own, are told apart by that.
        both = broken in _ALIKE and reported.history.adopt is not None and other.history.adopt is not None
        severity: Severity = "warning" if both else broken.severity
        self.found.append(
            Diagnostic(severity, broken.rule, summary, at, detail, reported.address, self._line(at))
        )

    def look_alikes(self, rows: Iterable[FingerprintRow]) -> None:
        groups: dict[str, list[FingerprintRow]] = defaultdict(list)
        for row in rows:
            groups[row.traits.identity].append(row)
        for group in groups.values():
            if len(group) == 1:
                continue
            first = self._make(group[0].number)
            if self._providers[first.provider].unique_name(first.spec) is not None:
                self._namesakes(group)
                continue
            for row in group[1:]:
                self.pair(_INDISTINGUISHABLE, group[0], row)

    def _namesakes(self, group: Sequence[FingerprintRow]) -> None:
        """Report products of one name that clash; linear, for a name may serve thousands of customers."""
        products = {row: self._make(row.number) for row in group}
        by_customer: dict[str, FingerprintRow] = {}
        for index, row in enumerate(group):
            product = products[row]
            roles = self._providers[product.provider].info.roles
            customers = product.spec.get(roles.customers, ())
            everybody = roles.everybody
            met = [by_customer[customer] for customer in (*customers, everybody) if customer in by_customer]
            if everybody in customers and index:
                met.append(group[0])
            clash = self._providers[product.provider].clash
            first = next((one for one in met if clash(products[one].spec, product.spec)), None)
            if first is not None:
                self.pair(_SAME_NAME, first, row)
            for customer in customers:
                by_customer.setdefault(customer, row)

    def designs(self, rows: Iterable[FingerprintRow]) -> None:
        """Warn of a picture that serves two colours, and of one design under two names."""
        pictures: dict[str, FingerprintRow] = {}
        designs: dict[str, FingerprintRow] = {}
        for row in rows:
            traits = row.traits
            if not traits.picture:
                continue
            first = pictures.setdefault(traits.picture, row)
            # Products already reported as indistinguishable are not reported twice.
            if first.traits.colour != traits.colour and first.traits.identity != traits.identity:
                self.pair(_SAME_PICTURE, first, row)
            if not traits.design:
                continue
            first = designs.setdefault(traits.design, row)
            if first.traits.name != traits.name:
                self.pair(_SAME_DESIGN, first, row)

    def former_names(self, rows: Iterable[FingerprintRow], declared: Mapping[str, FingerprintRow]) -> None:
        """Report a former name that is in use, or that two documents claim."""
        claimed: dict[str, FingerprintRow] = {}
        for row in rows:
            names = former_addresses(row.address, row.history) if row.history else ()
            for index, former in enumerate(names):
                path, name = ("moved", index), former.partition(".")[2]
                if former in declared:
                    self.pair(_MOVED_IN_USE, declared[former], row, path, name)
                elif (first := claimed.setdefault(former, row)) is not row:
                    self.pair(_MOVED_TWICE, first, row, path, name)

    def adopted_ids(self, rows: Iterable[FingerprintRow]) -> None:
        """Report an existing product that two documents describe."""
        claimed: dict[tuple[str, str], FingerprintRow] = {}
        for row in rows:
            if row.history and (identity := adopted_id(row.history)):
                first = claimed.setdefault((row.address.partition(".")[0], identity), row)
                if first is not row:
                    self.pair(_ADOPTED_TWICE, first, row, former=identity)


def removed_and_declared(
    removed: Mapping[str, Position], declared: Container[str], product: Callable[[str], Product], line: Line
) -> list[Diagnostic]:
    """Report addresses that one document removes and another one describes."""
    found = []
    for address, at in removed.items():
        if address not in declared:
            continue
        there = product(address)
        place = f"{there.declared_at.path}:{there.declared_at.line}"
        summary = f"{address} is removed here, and its document is still there, at {place}"
        detail = "remove that document, or take the address out of removed"
        found.append(Diagnostic("error", "removed", summary, at, detail, there.address, line(at)))
    return found
