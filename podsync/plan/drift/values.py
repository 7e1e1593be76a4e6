"""Drift as a plan shows it: the values of the state, the document and the listing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from podsync.model.address import Address
from podsync.model.frozen import EMPTY, Json
from podsync.model.position import Position
from podsync.providers.normalise import unmarked


class DriftKind(StrEnum):
    """What became of a product: `missing` is not listed, and not yet gone."""

    CHANGED = "changed"
    GONE = "gone"
    MISSING = "missing"
    TWIN = "twin"
    ORPHAN_GONE = "orphan-gone"


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

    @property
    def has_taken_over(self) -> bool:
        """Whether what waits for a name, as the state knows it, is listed under that: an exchange is done."""
        if not (isinstance(self.known, str) and isinstance(self.listed, str)):
            return False
        return unmarked(self.known) == self.listed != self.known


@dataclass(frozen=True, slots=True)
class Drift:
    """One product that somebody changed, removed or doubled at the provider.

    `twins`, `missing_since`: see `compare.Drifted`. `source` is where its document stands, None where
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
    """What was compared at one provider: see `compare.Comparison`."""

    provider: str
    products: int
    unlisted: int
    fields: Mapping[str, int]
    unknown: Mapping[str, int] = EMPTY
    flaw: str = ""
