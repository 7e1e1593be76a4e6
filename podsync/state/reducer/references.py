"""Which readings of a listing are still referred to: a reading that decides nothing any more is dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import TypeAlias, TypeVar

from podsync.state.entries import Entry, Orphan, Refusal

_K = TypeVar("_K")
_V = TypeVar("_V")
#: A provider, and the number of one of its readings.
Reference: TypeAlias = tuple[str, int]


class References:
    """Counts references; `loose` are those that went to zero since it was cleared last."""

    def __init__(self) -> None:
        self._counts: Counter[Reference] = Counter()
        self.loose: set[Reference] = set()

    def __contains__(self, reference: Reference) -> bool:
        return self._counts[reference] > 0

    def add(self, references: Iterable[Reference]) -> None:
        """Count these."""
        self._counts.update(references)

    def drop(self, references: Iterable[Reference]) -> None:
        """Count these no longer."""
        for each in references:
            self._counts[each] -= 1
            if not self._counts[each]:
                self.loose.add(each)


class Referring(dict[_K, _V]):
    """A dict whose values refer to readings; they are counted as items are set and deleted."""

    def __init__(
        self,
        values: Mapping[_K, _V],
        references: References,
        of: Callable[[_V], Iterable[Reference]],
    ) -> None:
        super().__init__(values)
        self._references, self._of = references, of
        references.add(chain.from_iterable(map(of, self.values())))

    def __setitem__(self, key: _K, value: _V) -> None:
        self._references.add(self._of(value))
        if key in self:
            self._references.drop(self._of(self[key]))
        super().__setitem__(key, value)

    def __delitem__(self, key: _K) -> None:
        self._references.drop(self._of(self[key]))
        super().__delitem__(key)


def of_product(item: Entry | Orphan) -> list[Reference]:
    """Return what a doubt about a product, or its window, refers to."""
    return [
        (item.provider, each.reading)
        for each in (item.pending, item.window)
        if each is not None and each.reading is not None
    ]


def of_refusals(refusals: tuple[Refusal, ...]) -> list[Reference]:
    """Return what the refusals of an address refer to."""
    return [(each.provider, each.reading) for each in refusals if each.reading is not None]
