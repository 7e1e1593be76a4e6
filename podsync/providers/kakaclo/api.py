"""KakaClo over the network: lists designed products, and creates them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from podsync.model.digests import canonical_json
from podsync.model.errors import InDoubtError, RefusedError, UnreachableError, UnreadableError
from podsync.model.frozen import FrozenDict, freeze
from podsync.model.known_ids import KnownModel
from podsync.network import dates
from podsync.network.request import Request
from podsync.providers.contract import Listing, Query, Receipt, Remote
from podsync.providers.kakaclo.models import Models
from podsync.providers.normalise import as_id, as_text, as_words
from podsync.providers.paging import Page, joined, read_all, unheard

SEARCH = "/v1/product/custom/customDesigned/search"
MODELS = "/v1/product/custom/designModel/search"
MODEL = "/v1/product/custom/designModel/detail"
SUCCESS = 10000
PAGE_SIZE = 100
#: SPUs that are asked for at once: their products fit on one page.
LOOKUPS = 100


def client(http: Any) -> tuple[KakaCloReader, KakaCloWriter]:
    """Return what reads and what writes over this connection."""
    return KakaCloReader(http), KakaCloWriter(http)


class KakaCloReader:
    """Lists designed products; the model list is read once and kept."""

    def __init__(self, http: Any) -> None:
        self._http = http
        self._lock = threading.Lock()
        self._listed: tuple[KnownModel, ...] | None = None
        self.on_long_reading: Callable[[int, int], None] = unheard
        self.on_page: Callable[[int, int], None] = unheard

    def find(self, query: Query) -> Listing:
        """Read all pages of what fits the query.

        Of `Query.known`, products are looked up by their SPU; where one has none, everything is read.
        """
        models = Models(self._model_list(), query.pairs)
        codes = models.filter(sorted(query.models))
        met: set[str | None] = set()

        def read(filters: Mapping[str, Any], wanted: Collection[str] = ()) -> Listing:
            def page(number: int, _: int, size: int) -> Page:
                rows, total, answer = self._rows(SEARCH, {**filters, "pageNumber": number, "pageSize": size})
                met.update(as_text(row.get("modelCode")) for row in rows)
                items = tuple(_remote(row, models, answer.now) for row in rows)
                return Page(items, total, answer.date, answer.fresh)

            heard, paged = self.on_long_reading, self.on_page
            return read_all(page, PAGE_SIZE, absence=query.absence, wanted=wanted, heard=heard, paged=paged)

        if query.known:
            found = joined([read(filters, ids) for filters, ids in _lookups(query.known)])
        elif query.name is not None:
            found = read({"searchContent": query.name})
        else:
            found = read({"modelCodes": list(codes)} if codes else {})
        # A server that does not know the filter gives everything: then nothing was filtered.
        filtered = bool(codes) and not query.search and met <= set(codes)
        return replace(found, filtered=filtered, pairs=models.now())

    def models(self) -> tuple[KnownModel, ...]:
        """Read the whole model list; it is kept."""
        with self._lock:
            if not self._listed:
                self._listed = self._read_models()
            return self._listed

    def details(self, model: KnownModel) -> KnownModel:
        """Return the model with its sizes."""
        answer = self._http.read(Request("GET", f"{MODEL}/{quote(model.id, safe='')}", None), inside=_meant)
        data = answer.body.get("data") if isinstance(answer.body, dict) else None
        if answer.status != 200 or not isinstance(data, dict):
            raise UnreadableError(
                f"KakaClo did not tell of model {model.id}: HTTP {answer.status}", status=answer.status
            )
        return model._replace(sizes=_sizes(data))

    def _model_list(self) -> tuple[tuple[str, str], ...]:
        """Return (model, code) as the model list tells them; nothing while it is down.

        Then what the state has seen stands, and a model that it has not seen is unknown.
        """
        with self._lock:
            if self._listed is None:
                try:
                    self._listed = self._read_models()
                except UnreachableError:
                    raise  # so is everything else
                except UnreadableError:
                    self._listed = ()
            return tuple((model.id, model.code) for model in self._listed if model.code)

    def _read_models(self) -> tuple[KnownModel, ...]:
        found: dict[tuple[str, str], KnownModel] = {}

        def page(number: int, _: int, size: int) -> Page:
            rows, total, answer = self._rows(MODELS, {"pageNumber": number, "pageSize": size})
            models = [_model(row) for row in rows]
            found.update({(model.id, model.code): model for model in models if model.id})
            # A row is known by both: two rows may share one of them.
            items = tuple(Remote(canonical_json([m.id, m.code]), FrozenDict()) for m in models)
            return Page(items, total, answer.date, answer.fresh)

        read_all(page, PAGE_SIZE)
        return tuple(found.values())

    def _rows(self, path: str, body: Mapping[str, Any]) -> tuple[list[dict[str, Any]], int | None, Any]:
        answer = self._http.read(Request("POST", path, body), inside=_meant)
        envelope = answer.body
        if answer.status != 200 or not isinstance(envelope, dict) or envelope.get("code") != SUCCESS:
            said = envelope.get("message", "") if isinstance(envelope, dict) else answer.form or "no JSON"
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
            raise UnreadableError("KakaClo's answer is not a listing", status=answer.status)
        return rows, total, answer


def _lookups(known: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], list[str]]]:
    spus = {identity: as_text(_shown(shown).get("spu")) for identity, shown in known.items()}
    if None in spus.values():
        yield {}, list(known)
        return
    ids = list(known)
    for start in range(0, len(ids), LOOKUPS):
        part = ids[start : start + LOOKUPS]
        yield {"spus": [spus[identity] for identity in part]}, part


def _shown(shown: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ids that people see, which a state keeps under `product`."""
    product = shown.get("product")
    return product if isinstance(product, Mapping) else shown


def _meant(body: Any) -> int | None:
    """Return the HTTP status that a code inside an answer means: key, pace and trouble, nothing else."""
    code = body.get("code") if isinstance(body, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        return None
    return code if code in (401, 403, 408, 429) or 500 <= code <= 599 else None


def _remote(row: Mapping[str, Any], models: Models, now: float | None) -> Remote:
    """Read one row; a model that is not known for certain is left out."""
    identity = as_id(row.get("id"))
    if identity is None:
        raise UnreadableError("KakaClo listed a product without an id, or one that is no word")
    fields = {field: row.get(field) for field in ("enName", "imageUrl", "backImageUrl")}
    model = models.model(as_text(row.get("modelCode")) or "", as_text(row.get("modelId")) or "")
    if model is not None:
        fields["modelId"] = model
    ids = {key: as_text(row.get(key)) for key in ("customDesignedId", "spu")}
    shown = {key: value for key, value in ids.items() if value is not None}
    made = dates.of_milliseconds(row.get("createDate"), now)
    facts = {word: as_words(row.get(key)) for word, key in _FACTS.items()}
    facts = {word: value for word, value in facts.items() if value}
    return Remote(identity, freeze(fields), made, freeze({"product": shown}), freeze(facts))


#: What a row tells people besides.
_FACTS = {"code": "modelCode", "price": "price", "orders": "orderCount"}


def _model(row: Mapping[str, Any]) -> KnownModel:
    """Read one row of the model list, without an id where it tells none."""
    return KnownModel(
        as_text(row.get("id")) or "",
        as_words(row.get("enName")),
        as_text(row.get("modelCode")) or "",
        as_words(row.get("categoryName")),
        as_words(row.get("price")),
    )


def _sizes(data: Mapping[str, Any]) -> tuple[str, ...]:
    variants = data.get("variants")
    rows = variants if isinstance(variants, list) else []
    sizes = [as_words(row.get("size")) for row in rows if isinstance(row, dict)]
    return tuple(dict.fromkeys(filter(None, sizes)))


class KakaCloWriter:
    """Creates designed products."""

    def __init__(self, http: Any) -> None:
        self._http = http

    def send(self, request: Request, send_before: float) -> Receipt:
        """Send once; only an envelope with `code` 10000 says that it was made.

        A code that speaks of the key, of the pace or of trouble says nothing about the product: it may
        come from behind the insert.
        """
        try:
            answer = self._http.write(request, send_before)
        except (RefusedError, InDoubtError) as error:
            if _code(error.body) != SUCCESS:
                raise
            # Whoever has answered with this status, the provider was done.
            words = f"{error.message}, with code {SUCCESS}"
            raise InDoubtError(words, acknowledged=True, status=error.status, date=error.date) from None
        envelope = answer.body
        code = _code(envelope)
        facts = {"status": answer.status, "date": answer.date}
        if code is None:
            words = f"with {answer.form}" if answer.form else "without a code"
            acknowledged = answer.acknowledges and not _other_code(envelope)
            message = f"KakaClo answered HTTP {answer.status} {words}"
            raise InDoubtError(message, acknowledged=acknowledged, **facts)
        if code == SUCCESS:
            return Receipt(None, answer.status, code, answer.date)
        message = f"KakaClo: code {code} {canonical_json(str(envelope.get('message', '')))[:200]}"
        meant = _meant(envelope)
        if meant is None:
            raise RefusedError(message, code=code, **facts)
        if meant == 429:
            self._http.full()
        raise InDoubtError(message, code=code, stops=meant in (401, 403), **facts)


def _code(envelope: Any) -> int | None:
    """Return the code of an envelope, None where it has none that is a whole number."""
    code = envelope.get("code") if isinstance(envelope, dict) else None
    return None if isinstance(code, bool) or not isinstance(code, int) else code


def _other_code(envelope: Any) -> bool:
    """Whether an envelope has a code that is no number, and reads as another one than that of a success."""
    code = envelope.get("code") if isinstance(envelope, dict) else None
    words = str(code).removesuffix(".0") if isinstance(code, str | float) else ""
    return words.removeprefix("-").isdecimal() and words != str(SUCCESS)
