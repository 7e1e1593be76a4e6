"""What somebody changed at a provider since podsync last saw it. Pure.

Only listed fields are compared, one by one, with the state. A value that this provider is known to change is
not drift. A value that it may have changed by itself is not compared, and is counted as such.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from podsync.evidence.findings import Findings
from podsync.evidence.pairs import fields_beside
from podsync.evidence.state_view import Known
from podsync.model.address import Address
from podsync.model.frozen import EMPTY, Json, Spec, is_flat
from podsync.model.product import seen_ids
from podsync.plan.answers import quoted
from podsync.plan.change import Change
from podsync.plan.drift.values import DriftKind
from podsync.providers.contract import Match, Remote
from podsync.providers.habits import Habits
from podsync.providers.knowledge import Provider
from podsync.providers.name_forms import changes
from podsync.providers.normalise import text
from podsync.state.entries import Entry, Orphan


class ListedField(NamedTuple):
    """A field that is listed with another value than the state holds."""

    field: str
    known: Json
    listed: Json


@dataclass(frozen=True, slots=True)
class Drifted:
    """One product of the state that is not as the state holds it.

    `twins` are listed products that nobody here owns and that are the same. `missing_since` is when a whole
    reading first did not show it (epoch seconds), None where that is this one.
    """

    kind: DriftKind
    address: Address
    account: str
    id: str
    shown: Mapping[str, Json] = EMPTY
    spec: Spec = EMPTY
    fields: tuple[ListedField, ...] = ()
    twins: tuple[str, ...] = ()
    missing_since: float | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared with the listing of one provider.

    `products` counts those of which something was compared, `unlisted` those that no listing has shown yet.
    `fields` counts, by field, the products of which it was not: no listing tells it, or the provider may have
    changed it by itself. `unknown` counts those of which the state does not know it: the document of a
    product that was taken over did not say. `flaw` says why the listing is not whole, "" where it is: what it
    does not show is not missing then.
    """

    products: int = 0
    unlisted: int = 0
    fields: Mapping[str, int] = EMPTY
    unknown: Mapping[str, int] = EMPTY
    flaw: str = ""


def compare(known: Known, findings: Findings) -> tuple[tuple[Drifted, ...], Comparison]:
    """Return all drift that a look at everything shows, in the order of addresses, and what was compared."""
    rows, habits = findings.reading.rows, findings.habits
    spoken = {row.id for row in (*findings.adopted.values(), *findings.found.values())} | findings.managed
    unowned = [row for row in findings.unowned if row.id not in spoken]
    # What was gone and was made anew may come back: nobody has it, and it is on sale beside the new one.
    back = (
        (known.gone & rows.keys())
        - known.owned
        - known.foreign
        - {row.id for row in findings.adopted.values()}
    )
    unowned += [rows[identity] for identity in sorted(back)]
    gone = findings.gone | (known.gone & known.owned - rows.keys())
    missed = findings.missed - gone
    found: list[Drifted] = []
    uncompared: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    compared = unlisted = 0
    twins = _Twins(known.provider, unowned, habits)
    for entry in known.entries:
        row = rows.get(entry.id or "")
        if row is None or entry.spec is None or entry.pending is not None or entry.window is not None:
            unlisted += entry.id not in missed and entry.id not in gone
            continue
        compared += 1
        fields, left = differences(known, entry.spec, row, habits)
        uncompared.update(left)
        if entry.origin != "created":
            uncompared.update(known.provider.unlisted - entry.spec.keys())
        if entry.origin == "imported":
            unknown.update(_listed_fields(known.provider, row) - entry.spec.keys())
        if fields:
            found.append(_drifted(DriftKind.CHANGED, entry, row, fields=fields))
        if others := twins.of(entry.spec, row):
            found.append(_drifted(DriftKind.TWIN, entry, row, twins=others))
    for item in known.items:
        if item.id in gone:
            kind = DriftKind.ORPHAN_GONE if isinstance(item, Orphan) else DriftKind.GONE
        elif item.id in missed and isinstance(item, Entry):
            kind = DriftKind.MISSING
        else:
            continue
        absent = known.absent.get(item.id or "")
        found.append(_drifted(kind, item, None, missing_since=None if absent is None else absent.at))
    found += _taken_over(known, findings)
    ordered = sorted(found, key=lambda each: (each.address, each.kind))
    counts = dict(sorted(uncompared.items())), dict(sorted(unknown.items()))
    return tuple(ordered), Comparison(compared, unlisted, *counts, flaw=findings.reading.flaw)


def _listed_fields(provider: Provider, row: Remote) -> set[str]:
    """Return the fields that a listing has for a product and that a document could set."""
    listed = {field for field, value in row.fields.items() if value not in (None, "", ())}
    return listed & {*provider.info.required, *provider.telling}


def _taken_over(known: Known, findings: Findings) -> Iterator[Drifted]:
    """What is adopted by its id just now, and is listed otherwise than its document says."""
    for address, row in findings.named.items():
        product = findings.documents[address]
        fields, _ = differences(known, product.spec, row, findings.habits)
        if fields:
            yield Drifted(
                DriftKind.CHANGED, address, product.account, row.id, seen_ids(row.shown), product.spec, fields
            )


def _drifted(
    kind: DriftKind,
    item: Entry | Orphan,
    row: Remote | None,
    *,
    fields: tuple[ListedField, ...] = (),
    twins: tuple[str, ...] = (),
    missing_since: float | None = None,
) -> Drifted:
    shown = seen_ids(row.shown if row is not None else item.remote)
    return Drifted(
        kind,
        item.address,
        item.account,
        item.id or "",
        shown,
        item.spec or EMPTY,
        fields,
        twins,
        missing_since,
    )


def differences(
    known: Known, spec: Spec, row: Remote, habits: Habits
) -> tuple[tuple[ListedField, ...], tuple[str, ...]]:
    """Return the fields that are listed otherwise, and those that cannot be compared."""
    provider = known.provider
    changed: list[ListedField] = []
    left: list[str] = []
    for field, value, listed, equal in fields_beside(provider, spec, row):
        if equal is None:
            left.append(field)
        elif equal:
            continue
        elif may_be_habit(provider, field, value, habits):
            left.append(field)
        elif field != provider.name_field or not _is_habit(value, listed, habits):
            changed.append(ListedField(field, value, listed))
    return tuple(changed), tuple(left)


def may_be_habit(provider: Provider, field: str, value: Json, habits: Habits) -> bool:
    """Whether a value may be listed otherwise by the provider's own doing: its listing proves nothing."""
    roles = provider.info.roles
    if field == roles.customers:
        return habits.customers == "changed"
    return any(field == each for _, each in roles.pictures) and habits.picture(value, field) != "kept"


def _is_habit(sent: Json, listed: Json, habits: Habits) -> bool:
    """Whether a name is listed only as this provider is known to change names."""
    kinds = changes(sent, listed)
    return kinds is not None and all(habits.name(kind) == "changed" for kind in kinds)


class _Twins:
    """Rows that nobody here owns, found by their name."""

    def __init__(self, provider: Provider, rows: Collection[Remote], habits: Habits) -> None:
        self._provider, self._habits = provider, habits
        self._by_name: dict[str, list[Remote]] = defaultdict(list)
        for row in rows:
            self._by_name[text(provider.name_of(row.fields))].append(row)

    def of(self, spec: Spec, own: Remote) -> tuple[str, ...]:
        """Return the ids of those that are the same as this spec, or as the product that is listed for it."""
        if not self._by_name:
            return ()
        names = dict.fromkeys(text(self._provider.name_of(each)) for each in (spec, own.fields))
        near = (row for name in names for row in self._by_name.get(name, ()))
        return tuple(row.id for row in near if self._is_same(spec, own, row))

    def _is_same(self, spec: Spec, own: Remote, row: Remote) -> bool:
        return row.fields == own.fields or self._provider.match(spec, row, self._habits) is Match.SAME


def to_keep(listed: Iterable[Json]) -> str:
    """Return how a document takes what is listed: by a patch, or by hand where no patch can hold it."""
    if all(map(is_flat, listed)):
        return "a) to keep what is there: podsync drift -o patch=drift.patch, then: git apply drift.patch"
    return "a) to keep what is there: write it into the document too; to see all of it: podsync drift"


def renamed_there(provider: Provider, change: Change, listed: str | None) -> tuple[str, ...]:
    """Return why values must not be set back, and what to do: orders may say the name that is listed."""
    names = [provider.unique_name(spec or EMPTY) for spec in (change.before, change.after)]
    # A shop that shows our own name in a form of its own has renamed nothing.
    ours = any(changes(name, listed) is not None for name in (*names, change.gives_up))
    if listed is None or ours:
        return ()
    rename = f"write `renamed_from: {quoted(listed)}` into the document"
    return (
        f"somebody renamed it at {provider.title}: orders that say {quoted(listed)} would fail",
        to_keep([listed]),
        f'b) to take the name from them: {rename}, then: podsync apply --replace "{change.address}"',
    )
