"""The JSON form of drift: Terraform's `resource_drift`, and what was compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from podsync.model.address import Address
from podsync.model.frozen import EMPTY, freeze
from podsync.model.position import Position
from podsync.plan.drift.values import Compared, Drift, DriftedField, DriftKind

_ACTIONS: Mapping[DriftKind, Sequence[str]] = {
    DriftKind.CHANGED: ("update",),
    DriftKind.GONE: ("delete",),
    DriftKind.ORPHAN_GONE: ("delete",),
}


def drift_json(drift: Sequence[Drift], compared: Sequence[Compared]) -> dict[str, Any]:
    """Return `resource_drift` and `compared`; `load_drift` and `load_compared` read them again.

    In `change`, `before` is what the state holds, `after` what is listed, `wanted` what the document says.
    """
    return {
        "resource_drift": [_drift_json(each) for each in drift],
        "compared": {
            each.provider: {
                "products": each.products,
                "unlisted": each.unlisted,
                "not_compared": each.fields,
                "not_known": each.unknown,
                **({"flaw": each.flaw} if each.flaw else {}),
            }
            for each in compared
        },
    }


def _drift_json(drift: Drift) -> dict[str, Any]:
    there = drift.kind in (DriftKind.CHANGED, DriftKind.TWIN)
    change = {
        "actions": list(_ACTIONS.get(drift.kind, ("no-op",))),
        "before": {each.field: each.known for each in drift.fields},
        "after": {each.field: each.listed for each in drift.fields} if there else None,
        "wanted": {each.field: each.wanted for each in drift.fields},
        "lines": {each.field: each.at.line for each in drift.fields if each.at is not None},
    }
    source = drift.source
    return {
        "address": str(drift.address),
        "type": drift.address.kind,
        "name": drift.address.name,
        "provider_name": drift.provider,
        "account": drift.account,
        "kind": drift.kind.value,
        "id": drift.id,
        "shown": drift.shown,
        "title": drift.name,
        "source": None if source is None else {"file": source.path, "line": source.line},
        "twins": list(drift.twins),
        "missing_since": drift.missing_since,
        "settable": drift.settable,
        "change": change,
    }


def load_drift(data: Mapping[str, Any]) -> tuple[Drift, ...]:
    """Return the drift of a plan that was saved; nothing where it was not refreshed."""
    return tuple(_drift(each) for each in data.get("resource_drift", ()))


def _drift(data: Mapping[str, Any]) -> Drift:
    change, source = data["change"], data.get("source")
    at = None if source is None else Position(source["file"], int(source["line"]))
    lines, after = change.get("lines", {}), change["after"] or {}
    fields = tuple(
        DriftedField(
            field,
            freeze(known),
            freeze(change["wanted"].get(field)),
            freeze(after.get(field)),
            Position(at.path, int(lines[field])) if at is not None and field in lines else None,
        )
        for field, known in change["before"].items()
    )
    return Drift(
        DriftKind(data["kind"]),
        Address.parse(data["address"]),
        data["provider_name"],
        data["account"],
        data["id"],
        freeze(data.get("shown", {})) or EMPTY,
        data.get("title", ""),
        fields,
        tuple(data.get("twins", ())),
        data.get("missing_since"),
        at,
        bool(data.get("settable")),
    )


def load_compared(data: Mapping[str, Any]) -> tuple[Compared, ...]:
    """Return the comparisons of a saved plan."""
    return tuple(
        Compared(
            name,
            int(counts["products"]),
            int(counts["unlisted"]),
            freeze(counts["not_compared"]),
            freeze(counts.get("not_known", {})),
            counts.get("flaw", ""),
        )
        for name, counts in sorted(data.get("compared", {}).items())
    )
