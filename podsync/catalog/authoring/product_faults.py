"""What is wrong with the products of one document, said once for all that have it in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from podsync.catalog.authoring.expansion import among
from podsync.catalog.parsing.document import Document
from podsync.model.diagnostic import Diagnostic

#: So many different values behind one place are told; more are one fault.
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
        """Note what is wrong with a product."""
        self.count += bool(faults)
        if not document.suffix:
            self._plain += faults
            return
        for each in faults:
            groups = self._found.setdefault((each.rule, each.severity, each.at), {})
            groups.setdefault(each.detail, []).append((each, document.suffix))

    def look(self) -> None:
        """Count a product that was looked at: what is wrong with all of them is no fault of one value."""
        self._all += 1

    def skip(self) -> None:
        """Count a product that was not looked at any more."""
        self._skipped += 1

    def told(self) -> Iterable[Diagnostic]:
        """Yield each fault once, with the products that it is about."""
        yield from self._plain
        for groups in self._found.values():
            together = list(groups.values())
            every = sum(map(len, together)) == self._all and together[0][0][0].detail.count("\n${") > 1
            if len(together) > _MOST_VALUES or every:
                together = [[one for group in together for one in group]]
            for group in together:
                fault, index = group[0]
                yield fault._replace(summary=fault.summary + among(index, len(group) + self._skipped))
