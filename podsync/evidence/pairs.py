"""`import --match`: which listed product may belong to which document, from one look. Pure.

Apply adopts and asks by the same verdicts; here they are pairs for a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from podsync.evidence.findings import Findings
from podsync.evidence.listing import Versions, age
from podsync.evidence.state_view import Known
from podsync.model.address import Address
from podsync.model.frozen import EMPTY, Json, Spec
from podsync.providers.contract import Match, Remote
from podsync.providers.knowledge import Provider


class PairVerdict(Enum):
    """The verdict of the listing on a pair."""

    SAME = "same"
    LOOK_ALIKE = "look-alike"
    SEVERAL = "several"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ProposedPair:
    """A document and a listed product. Without an address: the product looks like no document.

    SAME is one to one. SEVERAL: it is the same too, but so is another product, or another document.
    `versions`: the row may be what was sent for the address, which its document does not say any more.
    """

    verdict: PairVerdict
    row: Remote
    address: Address | None = None
    spec: Spec = EMPTY
    versions: Versions | None = None


class FieldPair(NamedTuple):
    """A field of a spec with its listed value. `equal` is None if no listing shows it."""

    field: str
    wanted: Json
    listed: Json
    equal: bool | None


def fields_beside(provider: Provider, spec: Spec, row: Remote) -> Iterator[FieldPair]:
    """Yield each field of a spec with its listed value."""
    for field, wanted in spec.items():
        listed = row.fields.get(field)
        not_listed = field in provider.unlisted or field not in row.fields
        yield FieldPair(field, wanted, listed, None if not_listed else provider.shows(field, wanted, listed))


def pairs_of(
    known: Known, found: Findings, wanted: Mapping[Address, Spec], documents: frozenset[str]
) -> tuple[ProposedPair, ...]:
    """Return the pairs in the order of addresses, then what looks like no document, the oldest first.

    `wanted` are the products that the state does not have, `documents` the exact names of all.
    """
    pairs = list(_pairs(known, found, wanted, documents))
    spoken = {pair.row.id for pair in pairs} | {row.id for row in found.found.values()}
    rest = sorted((row for row in found.unowned if row.id not in spoken), key=age)
    ordered = sorted(pairs, key=lambda pair: (pair.address or ("", ""), age(pair.row)))
    return (*ordered, *(ProposedPair(PairVerdict.NONE, row) for row in rest))


def _pairs(
    known: Known, found: Findings, wanted: Mapping[Address, Spec], documents: frozenset[str]
) -> Iterator[ProposedPair]:
    for address, row in found.adopted.items():
        yield ProposedPair(PairVerdict.SAME, row, address, wanted[address])
    near: dict[Address, tuple[Remote, ...]] = {**found.namesakes, **found.taken}
    near |= {address: question.rows for address, question in found.questions.items()}
    specs, versions = dict(wanted), dict[Address, Versions | None]()
    for address, candidates in near.items():
        versions[address] = refused = found.versions(address, candidates)
        if refused is not None:
            specs[address] = refused.sent[-1].spec
    for entry in known.doubts:
        if entry.address in found.asks and entry.pending is not None:
            near[entry.address], specs[entry.address] = found.asks[entry.address], entry.pending.body
            versions[entry.address] = found.versions(entry)
    for entry in known.entries:
        rows = found.overdue.get((entry.address, entry.created_at))
        if rows and entry.unlisted:
            near[entry.address], specs[entry.address] = rows, entry.spec or EMPTY
            versions[entry.address] = found.versions(entry)
    match = known.provider.match
    for address, rows in near.items():
        for row in rows:
            same = match(specs[address], row, found.habits, documents) is Match.SAME
            verdict = PairVerdict.SEVERAL if same else PairVerdict.LOOK_ALIKE
            yield ProposedPair(verdict, row, address, specs[address], versions.get(address))
