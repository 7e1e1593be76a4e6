"""Gelato Connect over the network: lists customer products, and writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from podsync.model.errors import ConflictError, InDoubtError, ProviderError, UnreadableError
from podsync.model.frozen import freeze
from podsync.network import dates
from podsync.network.request import Request
from podsync.providers.contract import Listing, Query, Receipt, Remote
from podsync.providers.gelato import INFO
from podsync.providers.gelato.provider import LIST, VALUES
from podsync.providers.normalise import as_id, as_text, text
from podsync.providers.paging import Page, joined, read_all, unheard

PAGE_SIZE = 250
#: Characters of a list in a query: URLs of more than 2,000 or so are not taken everywhere.
LONGEST_LIST = 1500
#: What the answer to a create has to show as it was sent.
_TELLING = ("name", "productModelId")
_LISTED = ("name", "customerIds", "productModelId", "variantOptions", "partQuantities")


def client(http: Any) -> tuple[GelatoReader, GelatoWriter]:
    """Return what reads and what writes over this connection."""
    return GelatoReader(http), GelatoWriter(http)


class GelatoReader:
    """Lists customer products."""

    def __init__(self, http: Any) -> None:
        self._http = http
        self.on_long_reading: Callable[[int, int], None] = unheard
        self.on_page: Callable[[int, int], None] = unheard

    def find(self, query: Query) -> Listing:
        """Read all pages of what fits the query; lists that make a URL too long are asked for in parts."""
        filters: Iterable[Mapping[str, str]] = [{}]
        if query.known:
            filters = [{"customerProductIds": part} for part in _parts(query.known)]
        elif query.name is not None:
            filters = [{"search": query.name}]
        elif query.models and not any("," in model for model in query.models):
            filters = [{"productModelIds": part} for part in _parts(query.models)]
        found = joined([self._all(each, query) for each in filters])
        models = {item.fields.get("productModelId") for item in found.items}
        # A server that does not know the filter gives everything: then nothing was filtered.
        asked = "productModelIds" in next(iter(filters), {})
        return replace(found, filtered=asked and models <= query.models)

    def _all(self, filters: Mapping[str, str], query: Query) -> Listing:
        def page(_: int, offset: int, size: int) -> Page:
            return self._page({**filters, "offset": str(offset), "limit": str(size)})

        wanted = filters.get("customerProductIds", "")
        ids, heard = wanted.split(",") if wanted else (), self.on_long_reading
        return read_all(page, PAGE_SIZE, absence=query.absence, wanted=ids, heard=heard, paged=self.on_page)

    def _page(self, params: Mapping[str, str]) -> Page:
        answer = self._http.read(Request("GET", LIST, None), params)
        body = answer.body
        rows = body.get("customerProducts") if isinstance(body, dict) else None
        good = answer.status == 200 and isinstance(rows, list) and all(isinstance(r, dict) for r in rows)
        if not good or not isinstance(rows, list):
            said = body.get("message", "") if isinstance(body, dict) else answer.form or "no JSON"
            raise UnreadableError(
                f'Gelato did not answer with a listing: HTTP {answer.status} "{said}"', status=answer.status
            )
        paging = body.get("pagination")
        total = paging.get("total") if isinstance(paging, dict) else None
        total = total if isinstance(total, int) and not isinstance(total, bool) else None
        return Page(tuple(_remote(row, answer.now) for row in rows), total, answer.date, answer.fresh)


def _parts(values: Iterable[str]) -> Iterator[str]:
    """Join values by commas, in as few texts as are not too long."""
    part = ""
    for value in sorted(values):
        if part and len(part) + 1 + len(value) > LONGEST_LIST:
            yield part
            part = ""
        part = f"{part},{value}" if part else value
    yield part


def _remote(row: Mapping[str, Any], now: float | None) -> Remote:
    identity = INFO.bare_id(as_id(row.get("id")) or "")
    if not identity:
        raise UnreadableError("Gelato listed a product without an id, or one that is no word")
    row = _ids_as_text(row)
    if not _understood(row):
        raise UnreadableError(f"Gelato listed a product that is not understood: {identity[:100]}")
    fields = {field: row[field] for field in _LISTED if row.get(field) is not None}
    shown = {"state": row["state"]} if isinstance(row.get("state"), str) else {}
    return Remote(
        identity, freeze(fields), dates.of_iso(row.get("createdAt"), now), freeze({"product": shown})
    )


def _ids_as_text(row: Mapping[str, Any]) -> Mapping[str, Any]:
    texts = dict(row)
    texts["productModelId"] = _or_itself(row.get("productModelId"))
    customers = row.get("customerIds")
    if isinstance(customers, list):
        texts["customerIds"] = [_or_itself(customer) for customer in customers]
    return texts


def _or_itself(value: Any) -> Any:
    found = as_text(value)
    return value if found is None else found


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


class GelatoWriter:
    """Creates and updates customer products, and adds values to their options."""

    def __init__(self, http: Any) -> None:
        self._http = http

    def send(self, request: Request, send_before: float) -> Receipt:
        """Send once. A create was made only if the answer shows what was sent, with an id.

        The answer to an update is acknowledged whatever it shows: whoever sent it compares.
        """
        try:
            answer = self._http.write(request, send_before)
        except ProviderError as error:
            if error.status != 202:  # its id may be that of a job
                error.shown = _perhaps(error.body, request, sure=isinstance(error, ConflictError))
            raise
        shown = _shown(answer.body, answer.now)
        if request.method == "PATCH":
            if answer.status != 204 and not isinstance(answer.body, dict):
                raise self._doubt(answer, f"with {answer.form or 'no product'}")
            if shown is not None and shown.id != INFO.bare_id(unquote(request.path.rpartition("/")[2])):
                shown = None
            return Receipt(shown, answer.status, None, answer.date)
        if request.path.endswith(f"/{VALUES}"):
            return self._added(request, answer, shown)
        words = ""
        if shown is None:
            words = f"with {answer.form or 'no product'}"
        elif other := [field for field in _TELLING if not _as_sent(request, shown, field)]:
            words = f"with another {other[0]} than was sent"
        elif answer.body.get("error") or answer.body.get("errors"):
            words = "with an error"
        if words:
            doubt = self._doubt(answer, words)
            doubt.shown = _perhaps(answer.body, request, sure=not _is_error(answer.body))
            raise doubt
        return Receipt(shown, answer.status, None, answer.date)

    def _added(self, request: Request, answer: Any, shown: Remote | None) -> Receipt:
        """Judge the answer to values: what it holds is not documented, so that whoever sent them compares."""
        if answer.status != 204 and answer.body is None:
            raise self._doubt(answer, f"with {answer.form}")
        if _is_error(answer.body):
            raise self._doubt(answer, "with an error")
        if shown is not None and shown.id != INFO.bare_id(unquote(request.path.split("/")[-2])):
            raise self._doubt(answer, "with another product")
        return Receipt(shown, answer.status, None, answer.date)

    def _doubt(self, answer: Any, words: str) -> InDoubtError:
        message, acknowledged = f"Gelato answered HTTP {answer.status} {words}", answer.acknowledges
        return InDoubtError(message, acknowledged=acknowledged, status=answer.status, date=answer.date)


def _is_error(body: Any) -> bool:
    """Whether an answer of success holds an error; a message may come with a product."""
    words = ("error", "errors") if _shown(body, None) is not None else ("error", "errors", "message")
    return isinstance(body, dict) and any(body.get(word) for word in words)


def _as_sent(request: Request, shown: Remote, field: str) -> bool:
    sent = text(request.body.get(field))
    return bool(sent) and text(shown.fields.get(field)) == sent


def _perhaps(body: Any, request: Request, *, sure: bool) -> Remote | None:
    """Return the product in an answer that does not say what was made, be it inside something else.

    `sure`: any id counts; else one beside the name or the model that was sent. A model that was not sent is
    left out: what is not known may be the sent one.
    """
    outer = body if isinstance(body, list) else [body, *(body.values() if isinstance(body, dict) else ())]
    for each in outer:
        if isinstance(each, dict) and isinstance(each.get("id"), int):
            each = {**each, "id": str(each["id"])}  # noqa: PLW2901
        shown = _shown(each, None)
        if shown is None or not (sure or any(_as_sent(request, shown, field) for field in _TELLING)):
            continue
        if _as_sent(request, shown, "productModelId"):
            return shown
        fields = {key: shown.fields[key] for key in shown.fields if key != "productModelId"}
        return replace(shown, fields=freeze(fields))
    return None


def _shown(body: Any, now: float | None) -> Remote | None:
    """Return the product that the answer to a write shows, None where it shows none."""
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        return None
    try:
        return _remote(body, now)
    except UnreadableError:
        return None
