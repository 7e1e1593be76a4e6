"""`import --match`: which listed product may be which document's, from what one look has found. Pure.

The verdicts are those by which apply adopts and asks; here they are put side by side for a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from podsync.evidence.claims import age
from podsync.evidence.findings import Findings
from podsync.evidence.known import Known
from podsync.model import EMPTY, Address, Spec
from podsync.ports import Match, Remote


class Verdict(Enum):
    """What the listing says of a pair."""

    SAME = "same"
    LOOK_ALIKE = "look-alike"
    SEVERAL = "several"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Pair:
    """A document and a listed product. Without an address: the product looks like no document.

    SAME is one to one. SEVERAL: it is the same too, but so is another product, or another document.
    """

    verdict: Verdict
    row: Remote
    address: Address | None = None
    spec: Spec = EMPTY


def pairs_of(
    known: Known, found: Findings, wanted: Mapping[Address, Spec], documents: frozenset[str]
) -> tuple[Pair, ...]:
    """Return the pairs in the order of addresses, then what looks like no document, the oldest first.

    `wanted` are the products that the state does not have, `documents` the exact names of all.
    """
    pairs = list(_pairs(known, found, wanted, documents))
    spoken = {pair.row.id for pair in pairs} | {row.id for row in found.found.values()}
    rest = sorted((row for row in found.unowned if row.id not in spoken), key=age)
    ordered = sorted(pairs, key=lambda pair: (pair.address or ("", ""), age(pair.row)))
    return (*ordered, *(Pair(Verdict.NONE, row) for row in rest))


def _pairs(
    known: Known, found: Findings, wanted: Mapping[Address, Spec], documents: frozenset[str]
) -> Iterator[Pair]:
    for address, row in found.adopted.items():
        yield Pair(Verdict.SAME, row, address, wanted[address])
    near: dict[Address, tuple[Remote, ...]] = {**found.namesakes, **found.taken}
    near |= {address: question.rows for address, question in found.questions.items()}
    specs = dict(wanted)
    for entry in known.doubts:
        if entry.address in found.asks and entry.pending is not None:
            near[entry.address], specs[entry.address] = found.asks[entry.address], entry.pending.body
    for item in known.unbound:
        rows = found.overdue.get((item.address, item.created_at))
        if rows and item.address in known.state.entries:
            near[item.address], specs[item.address] = rows, item.spec or EMPTY
    match = known.provider.match
    for address, rows in near.items():
        for row in rows:
            same = match(specs[address], row, found.habits, documents) is Match.SAME
            yield Pair(Verdict.SEVERAL if same else Verdict.LOOK_ALIKE, row, address, specs[address])
