"""Faults of the products of one document; products with the same fault share one diagnostic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from podsync.catalog.authoring.expansion import among
from podsync.catalog.parsing.document import Document
from podsync.model.diagnostic import Diagnostic

#: Up to this many values at one place are reported one by one; more become one fault.
_MOST_VALUES = 5


class ProductFaults:
    """Collects the faults of products, in their order; `count` is how many had some."""

    def __init__(self) -> None:
        self.count = 0
        self._skipped = 0
        self._all = 0
        self._plain: list[Diagnostic] = []
        self._found: dict[tuple[object, ...], dict[str, list[tuple[Diagnostic, str]]]] = {}

    def add(self, document: Document, faults: Sequence[Diagnostic]) -> None:
        """Record the faults of a product."""
        self.count += bool(faults)
        if not document.suffix:
            self._plain += faults
            return
        for each in faults:
            groups = self._found.setdefault((each.rule, each.severity, each.at), {})
            groups.setdefault(each.detail, []).append((each, document.suffix))

    def count_product(self) -> None:
        """Count a checked product: a fault of all products is not the fault of one value."""
        self._all += 1

    def skip(self) -> None:
        """Count a product that was not checked."""
        self._skipped += 1

    def diagnostics(self) -> Iterable[Diagnostic]:
        """Yield each fault once, with the products that have it."""
        yield from self._plain
        for groups in self._found.values():
            together = list(groups.values())
            every = sum(map(len, together)) == self._all and together[0][0][0].detail.count("\n${") > 1
            if len(together) > _MOST_VALUES or every:
                together = [[one for group in together for one in group]]
            for group in together:
                fault, index = group[0]
                yield fault._replace(summary=fault.summary + among(index, len(group) + self._skipped))
