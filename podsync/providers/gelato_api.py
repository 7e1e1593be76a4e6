"""Gelato Connect over the network: lists customer products, and writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from podsync.errors import InDoubtError, UnreadableError
from podsync.model import freeze
from podsync.ports import Listing, Query, Receipt, Remote, Request
from podsync.providers.gelato import LIST
from podsync.providers.paging import Page, read_all

PAGE_SIZE = 250
_LISTED = ("name", "customerIds", "productModelId", "variantOptions", "partQuantities")


class GelatoReader:
    """Lists customer products."""

    def __init__(self, http: Any) -> None:
        self._http = http

    def find(self, query: Query) -> Listing:
        """Read all pages of what fits the query."""
        filters: dict[str, str] = {}
        if query.models:
            filters["productModelIds"] = ",".join(sorted(query.models))
        if query.known:
            filters["customerProductIds"] = ",".join(sorted(query.known))
        if query.name is not None:
            filters["search"] = query.name
        return read_all(lambda _, offset: self._page(filters, offset))

    def _page(self, filters: Mapping[str, str], offset: int) -> Page:
        params = {**filters, "offset": str(offset), "limit": str(PAGE_SIZE)}
        answer = self._http.read(Request("GET", LIST, None), params)
        body = answer.body
        rows = body.get("customerProducts") if isinstance(body, dict) else None
        good = answer.status == 200 and isinstance(rows, list) and all(isinstance(r, dict) for r in rows)
        if not good or not isinstance(rows, list):
            said = body.get("message", "") if isinstance(body, dict) else "no JSON"
            raise UnreadableError(
                f'Gelato did not answer with a listing: HTTP {answer.status} "{said}"', status=answer.status
            )
        paging = body.get("pagination")
        total = paging.get("total") if isinstance(paging, dict) else None
        total = total if isinstance(total, int) and not isinstance(total, bool) else None
        return Page(tuple(_remote(row) for row in rows), total, answer.date)


def _remote(row: Mapping[str, Any]) -> Remote:
    identity = row.get("id")
    if not isinstance(identity, str) or not bare(identity):
        raise UnreadableError("Gelato listed a product without an id")
    if not _understood(row):
        raise UnreadableError(f"Gelato listed a product that is not understood: {identity[:100]}")
    fields = {field: row[field] for field in _LISTED if row.get(field) is not None}
    shown = {"state": row["state"]} if isinstance(row.get("state"), str) else {}
    made = row.get("createdAt")
    return Remote(bare(identity), freeze(fields), _moment(made), freeze({"product": shown}))


def _understood(row: Mapping[str, Any]) -> bool:
    """Whether what a match looks at has the documented types; absent and null are fine."""
    options = row.get("variantOptions")
    if not (
        _all(options, dict) and _all(row.get("customerIds"), str) and _all(row.get("partQuantities"), dict)
    ):
        return False
    if not all(isinstance(row.get(field), str | None) for field in ("name", "productModelId")):
        return False
    mappings = [option.get("attributesMapping") for option in options or ()]
    return all(_all(each, dict) for each in mappings) and all(
        _all(mapping.get("attributeIds"), str) for each in mappings for mapping in each or ()
    )


def _all(value: Any, kind: type) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(item, kind) for item in value))


def bare(identity: str) -> str:
    """Return the id without `cp-`, which creates have and the listing has not."""
    return identity.removeprefix("cp-")


def _moment(value: Any) -> float | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return None if moment is None else moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None


class GelatoWriter:
    """Creates and updates customer products."""

    def __init__(self, http: Any) -> None:
        self._http = http

    def send(self, request: Request, send_before: float) -> Receipt:
        """Send once; a 2xx with the product's id says that it was done."""
        answer = self._http.write(request, send_before)
        facts = {"status": answer.status, "date": answer.date}
        if request.method == "PATCH" and isinstance(answer.body, dict):
            return Receipt(None, answer.status, None, answer.date)
        if not isinstance(answer.body, dict) or not isinstance(answer.body.get("id"), str):
            raise InDoubtError(f"Gelato answered HTTP {answer.status} without an id", **facts)
        try:
            remote = _remote(answer.body)
        except (UnreadableError, TypeError, ValueError):
            raise InDoubtError(f"Gelato answered HTTP {answer.status} with no product", **facts) from None
        return Receipt(remote, answer.status, None, answer.date)
