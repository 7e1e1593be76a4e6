"""An audit as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from podsync.inventory.audit import AccountAudit
from podsync.inventory.products import ListedProduct, Standing, pictures_of
from podsync.model.frozen import thaw
from podsync.output.json.text import iso, printable


def audit_json(audits: Sequence[AccountAudit]) -> Iterator[str]:
    """Yield the document, a product a line: a large account is never one text."""
    yield '{"format_version": "1.0", "accounts": ['
    for index, audit in enumerate(audits):
        yield (",\n" if index else "\n") + _json(_account(audit))[:-1] + ', "products": [\n'
        for at, one in enumerate(audit.products):
            yield (",\n" if at else "") + _json(_product(audit, one))
        yield "\n]}"
    yield "\n]}\n"


def _account(audit: AccountAudit) -> dict[str, Any]:
    return {
        "provider": audit.provider.name,
        "base_url": audit.base_url,
        "account": audit.account,
        "whole": audit.whole,
        "counts": {standing.value.replace(" ", "_"): audit.counts[standing] for standing in Standing},
        "unseen": [str(address) for address in audit.unseen],
        "models": [
            {
                "id": model,
                "name": known.name if (known := audit.models.get(model)) else None,
                "listed": not audit.has_left(model) if audit.models else None,
                "products": count,
            }
            for model, count in audit.by_model
        ],
        "alike": [
            {"by": group.resemblance.value, "ids": [one.row.id for one in group.products]}
            for group in audit.groups
        ],
    }


def _product(audit: AccountAudit, one: ListedProduct) -> dict[str, Any]:
    row = one.row
    hidden = {picture.field: None for picture in pictures_of(audit.provider, row.fields) if not picture.url}
    document = {
        "id": row.id,
        "standing": one.standing.value.replace(" ", "_"),
        "address": None if one.address is None else str(one.address),
        "name": audit.provider.name_of(row.fields),
        "model": audit.model_of(one) or None,
        "made_at": iso(row.created_at),
        "open_options": list(one.open_options),
        "fields": {**thaw(row.fields), **hidden},
        "shown": thaw(row.shown),
        "facts": thaw(row.facts),
    }
    if audit.picture_faults is not None:
        document["picture_faults"] = list(audit.picture_faults.get(row.id, ()))
    return document


def _json(value: Any) -> str:
    return printable(json.dumps(value, ensure_ascii=False, allow_nan=False))
