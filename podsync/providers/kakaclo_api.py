"""KakaClo over the network: lists designed products, and creates them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podsync.errors import InDoubtError, RefusedError, UnreadableError
from podsync.model import FrozenDict, canonical_json, freeze
from podsync.ports import Listing, Query, Receipt, Remote, Request
from podsync.providers.paging import Page, read_all

SEARCH = "/v1/product/custom/customDesigned/search"
MODELS = "/v1/product/custom/designModel/search"
SUCCESS = 10000
PAGE_SIZE = 100
#: Milliseconds from here on are no date (NaN is none either).
_NO_DATE = 10**15


class KakaCloReader:
    """Lists designed products; the model list is read once and kept."""

    def __init__(self, http: Any) -> None:
        self._http = http
        self._ids: dict[str, str] | None = None

    def find(self, query: Query) -> Listing:
        """Read all pages of what fits the query."""
        ids = self._model_ids()
        body: dict[str, Any] = {}
        codes = [code for code, model in ids.items() if model in query.models]
        if query.models and len({ids[code] for code in codes}) == len(query.models):
            body["modelCodes"] = sorted(codes)
        if query.name is not None:
            body["searchContent"] = query.name
        spus = [str(shown["spu"]) for shown in query.known.values() if shown.get("spu")]
        if query.known and len(spus) == len(query.known):
            body["spus"] = spus
        return read_all(lambda number, _: self._page(body, number, ids))

    def _page(self, filters: Mapping[str, Any], number: int, models: Mapping[str, str]) -> Page:
        rows, total, date = self._rows(SEARCH, {**filters, "pageNumber": number, "pageSize": PAGE_SIZE})
        return Page(tuple(_remote(row, models) for row in rows), total, date)

    def _model_ids(self) -> dict[str, str]:
        """Return model code -> model id, from the model list (specs hold ids, the listing codes)."""
        if self._ids is None:
            found: dict[str, str] = {}

            def page(number: int, _: int) -> Page:
                rows, total, date = self._rows(MODELS, {"pageNumber": number, "pageSize": PAGE_SIZE})
                items = []
                for row in rows:
                    if row.get("id") is not None and row.get("modelCode"):
                        found[str(row["modelCode"])] = str(row["id"])
                        items.append(Remote(str(row["id"]), FrozenDict()))
                return Page(tuple(items), total, date)

            try:
                read_all(page)
            except UnreadableError as error:
                # There is no model list: then a model is compared by nothing, and a match is "maybe"
                # at best. One that is not understood says nothing at all.
                if error.status not in (404, 405, 501):
                    raise
            self._ids = found
        return self._ids

    def _rows(
        self, path: str, body: Mapping[str, Any]
    ) -> tuple[list[dict[str, Any]], int | None, float | None]:
        answer = self._http.read(Request("POST", path, body))
        envelope = answer.body
        if answer.status != 200 or not isinstance(envelope, dict) or envelope.get("code") != SUCCESS:
            said = envelope.get("message", "") if isinstance(envelope, dict) else "no JSON"
            code = envelope.get("code") if isinstance(envelope, dict) else None
            raise UnreadableError(
                f'KakaClo did not answer with a listing: HTTP {answer.status}, code {code} "{said}"',
                status=answer.status,
            )
        data = envelope.get("data")
        rows = data.get("list") if isinstance(data, dict) else None
        total = data.get("total") if isinstance(data, dict) else None
        total = total if isinstance(total, int) and not isinstance(total, bool) else None
        if rows is None and total == 0:
            rows = []
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise UnreadableError("KakaClo answered with something that is no listing", status=answer.status)
        return rows, total, answer.date


def _remote(row: Mapping[str, Any], models: Mapping[str, str]) -> Remote:
    """Read one row. `modelId` is there when the model list knows the code, or the row still tells it."""
    if isinstance(row.get("id"), bool) or not isinstance(row.get("id"), int | str) or row["id"] == "":
        raise UnreadableError("KakaClo listed a product without an id")
    fields = {field: row.get(field) for field in ("enName", "imageUrl", "backImageUrl")}
    model = models.get(str(row.get("modelCode")))
    if model is None and row.get("modelId") is not None:
        model = str(row["modelId"])
    if model is not None:
        fields["modelId"] = model
    made = row.get("createDate")
    shown = {key: str(row[key]) for key in ("customDesignedId", "spu") if row.get(key) not in (None, "")}
    return Remote(str(row["id"]), freeze(fields), _moment(made), freeze({"product": shown}))


def _moment(made: Any) -> float | None:
    """Read a date in milliseconds; what cannot be one counts as not told."""
    if isinstance(made, bool) or not isinstance(made, int | float) or not abs(made) < _NO_DATE:
        return None
    return made / 1000


class KakaCloWriter:
    """Creates designed products."""

    def __init__(self, http: Any) -> None:
        self._http = http

    def send(self, request: Request, send_before: float) -> Receipt:
        """Send once; only an envelope with `code` 10000 says that it was made."""
        answer = self._http.write(request, send_before)
        envelope = answer.body
        code = envelope.get("code") if isinstance(envelope, dict) else None
        if not isinstance(code, int) or isinstance(code, bool):
            raise InDoubtError(
                f"KakaClo answered HTTP {answer.status} without a code",
                status=answer.status,
                date=answer.date,
            )
        if code != SUCCESS:
            said = canonical_json(str(envelope.get("message", "")))[:200]
            facts = {"status": answer.status, "code": code, "date": answer.date}
            raise RefusedError(f"KakaClo: code {code} {said}", **facts)
        return Receipt(None, answer.status, code, answer.date)
