"""KakaClo: designed products. They can be made and listed, not changed and not deleted.

Facts: docs.kakaclo.com, "Save POD Designed Product", "Get Custom Designed List", "Get Design Model
List", "Rate limits". A create answers `{"data": "", "code": 10000}`: no id; only `code` 10000 is
success, HTTP 200 with another code is a refusal. The listing returns neither `modelId` (it has
`modelCode`; the model list maps them) nor `colorValue` nor `materialImages`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from podsync.errors import InDoubtError, RefusedError, UnreadableError
from podsync.model import FrozenDict, Json, Path, Spec, canonical_json, freeze
from podsync.ports import (
    Clock,
    Depiction,
    Fault,
    Listing,
    Match,
    Pace,
    Query,
    Reader,
    Receipt,
    Remote,
    Request,
    Role,
    Writer,
)
from podsync.providers.compare import cut_alike, present, text
from podsync.providers.paging import Page, read_all
from podsync.providers.registry import Plugin
from podsync.settings import ProviderSettings

ADD = "/v1/product/custom/customDesigned/addProduct"
SEARCH = "/v1/product/custom/customDesigned/search"
MODELS = "/v1/product/custom/designModel/search"
SUCCESS = 10000
PAGE_SIZE = 100
#: The vendor's withdrawn custom-order page allowed 100 characters; nothing newer is documented.
NAME_ADVICE = 100
#: Milliseconds from here on are no date (NaN is none either).
_NO_DATE = 10**15


@dataclass(frozen=True, slots=True)
class KakaClo:
    """What KakaClo is. `pictures`: what its listing does to picture URLs (a setting: not documented)."""

    pictures: Literal["unknown", "kept", "rehosted"] = "unknown"

    name = "kakaclo"
    title = "KakaClo"
    kind = "designed_product"
    mutable: frozenset[str] = frozenset()
    unlisted = frozenset({"colorValue", "materialImages"})
    replaces = True
    model_field = "modelId"
    name_field = "enName"
    telling = ("enName", "imageUrl")

    def check(self, spec: Spec) -> Iterable[Fault]:
        """Offline rules that a JSON Schema cannot say."""
        length = len(spec.get("enName", ""))
        if length > NAME_ADVICE:
            summary = f"the name has {length} characters; KakaClo may cut or refuse more than {NAME_ADVICE}"
            yield Fault("long-name", ("enName",), summary, "shorten it", "warning")

    def depictions(self, spec: Spec) -> Iterable[Depiction]:
        """Both mock-ups, and the artwork."""
        for field, role in (("imageUrl", Role.FRONT), ("backImageUrl", Role.BACK)):
            if spec.get(field):
                yield Depiction((field,), spec[field], role)
        for index, image in enumerate(spec.get("materialImages", ())):
            path = ("materialImages", index, "imageUrl")
            yield Depiction(path, image["imageUrl"], Role.ARTWORK, image["imageName"])

    def request(self, spec: Spec) -> Request:
        """Exactly what a create sends."""
        return Request("POST", ADD, spec)

    def update_request(self, id: str, fields: Spec) -> Request:  # noqa: A002
        """Never called: `mutable` is empty."""
        raise NotImplementedError(f"KakaClo cannot update {id}: {sorted(fields)}")

    def canonical(self, spec: Spec) -> Json:
        """Colours compare without case; absent and empty are one."""
        fields = present(spec)
        if "colorValue" in fields:
            fields["colorValue"] = str(fields["colorValue"]).upper()
        return freeze(fields)

    def identity(self, spec: Spec) -> Json:
        """Model, name and, unless the listing shows other URLs, both pictures."""
        fields = ("modelId", "enName")
        if self.pictures != "rehosted":
            fields += ("imageUrl", "backImageUrl")  # type: ignore[assignment]
        return tuple(text(spec.get(field)) for field in fields)

    def likeness(self, spec: Spec) -> frozenset[str]:
        """One model with the same name or the same front picture."""
        model = spec.get("modelId")
        return frozenset(f"{model} {field} {spec.get(field)}" for field in ("enName", "imageUrl"))

    def unique_name(self, spec: Spec) -> str | None:  # noqa: ARG002
        """Names may repeat: nothing at KakaClo is found by its name."""
        return None

    def clash(self, one: Spec, other: Spec) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def takes(self, before: Spec, after: Spec) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def natural_key(self, path: Path) -> str | None:
        """Artworks are known by their names."""
        return "imageName" if path == ("materialImages",) else None

    def risks(self, before: Spec | None, after: Spec | None) -> tuple[str, ...]:
        """Say so when a replace leaves two products that look alike."""
        if before is None or after is None:
            return ()
        one, other = self.canonical(before), self.canonical(after)
        changed = {key for key in {*one, *other} if one.get(key) != other.get(key)}
        if changed and changed <= self.unlisted:
            return ("the old and the new one look alike at KakaClo: change name or picture as well",)
        return ()

    def match(self, spec: Spec, remote: Remote) -> Match:
        """Compare by model, name and pictures; see PROTOCOL, "Identity"."""
        model = remote.fields.get("modelId")
        if model is not None and text(model) != text(spec.get("modelId")):
            return Match.DIFFERENT
        names_equal = text(spec.get("enName")) == text(remote.name)
        front, back = (text(spec.get(f)) == text(remote.fields.get(f)) for f in ("imageUrl", "backImageUrl"))
        if model is not None and names_equal and ((front and back) or self.pictures == "rehosted"):
            return Match.SAME
        if names_equal and not (front and back) and self.pictures == "kept":
            return Match.DIFFERENT
        if front or cut_alike(str(spec.get("enName", "")), remote.name):
            return Match.MAYBE
        return Match.DIFFERENT


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


def _connect(
    settings: ProviderSettings, key: str, clock: Clock, pace: Pace, proxies: Mapping[str, str]
) -> tuple[Reader, Writer]:
    from podsync.providers.http import Http

    headers = {"Authorization": f"Bearer {key}"}
    http = Http("KakaClo", settings, headers, clock=clock, pace=pace, proxies=proxies)
    return KakaCloReader(http), KakaCloWriter(http)


PLUGIN = Plugin(
    key_variable="KAKACLO_ACCESS_TOKEN",
    url_variable="KAKACLO_BASE_URL",
    renew="https://kakaclo.com/personal-center/api-setting",
    provider=lambda settings: KakaClo(settings.pictures),
    connect=_connect,
)
