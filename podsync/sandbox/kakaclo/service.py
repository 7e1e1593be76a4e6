"""Simulated KakaClo: designed products and design models.

Source: docs.kakaclo.com, pages under admin-api/custom-product.
"""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from podsync.sandbox import listing
from podsync.sandbox.datafile import JsonObject
from podsync.sandbox.faults.kinds import FaultKind
from podsync.sandbox.kakaclo.checks import check_materials, json_object, number_of, page_of, text_of, texts_of
from podsync.sandbox.kakaclo.models import category_names, model_detail, search_models
from podsync.sandbox.kakaclo.rules import KakaCloRules, Model
from podsync.sandbox.store import Shop
from podsync.sandbox.wire import HttpRequest, HttpResponse, RefusalError, json_answer

BASE_PATH = "/openapi"
PREFIX = "/openapi/"
RULES = KakaCloRules
KEYS = "kakaclo_tokens"
INDEXED = ("modelId", "spu")
OPERATIONS = ("create", "list", "models")
KINDS = {"code": FaultKind("KakaClo's refusal: 200 with `code` N", numbers=range(10**9), provider="kakaclo")}
_PRODUCT = "/openapi/v1/product/"
# The host is spelled as the vendor spells it.
PICTURE_HOST = "oss-pubilc.kakaclo.com"

# What the search returns of a designed product; modelId, colorValue and materialImages are not in it.
LISTED = (
    "id", "customDesignedId", "modelCode", "price", "enName", "imageUrl", "backImageUrl",
    "kkProductId", "orderCount", "spu", "createDate", "modifyDate",
)  # fmt: skip


def operation(method: str, path: str) -> str | None:
    """What a request is about, in the words of `Fault`; None for a path that does not exist."""
    found = _endpoint(method, path)
    return found.operation if found is not None else None


def key(request: HttpRequest) -> str:
    """The access token of the request, empty where there is none."""
    scheme, _, token = request.header("Authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def unauthorized() -> HttpResponse:
    """401; the vendor shows no body."""
    return json_answer(401, {"code": 401, "message": "Permission denied"})


def answer(request: HttpRequest, shop: Shop, rules: KakaCloRules, now: float) -> HttpResponse:
    """The answer to an authorised request, its effect committed; `now` in epoch seconds."""
    found = _endpoint(request.method, request.path)
    if found is None:
        return json_answer(404, {"code": 404, "message": "Not Found"})
    try:
        data = found.handler(request, shop, rules, now)
    except RefusalError as error:
        return _refused(str(error), rules)
    return json_answer(200, {"code": 10000, "message": rules.kakaclo_message, "data": data})


def add(spec: JsonObject, shop: Shop, rules: KakaCloRules, now: float) -> JsonObject:
    """Commit a designed product, as the web designer's Save does. Raises RefusalError.

    Returns the listed fields and, beside them, those that no listing shows.
    """
    model = rules.model(spec.get("modelId"))
    if model is None:
        raise RefusalError("modelId: no such design model")
    for field in ("enName", "imageUrl", "colorValue"):
        if not isinstance(spec.get(field), str) or not spec[field].strip():
            raise RefusalError(f"{field} is required")
    if not isinstance(spec.get("backImageUrl"), str | None):
        raise RefusalError("backImageUrl must be a string")
    check_materials(spec.get("materialImages"))

    def build(number: int) -> tuple[str, JsonObject]:
        body = _product(number, spec, model, rules, now)
        return str(body["id"]), body

    return shop.add(build, now)


def foreign(number: int) -> JsonObject:
    """The spec of a product that somebody else made."""
    picture = f"https://elsewhere.example/{number}.png"
    return {"modelId": "3", "enName": f"Foreign {number}", "imageUrl": picture, "colorValue": "#000000"}


def find_key(shop: Shop, product_id: str) -> str | None:
    """The shop's key for an id, a customDesignedId or an SPU."""
    if shop.get(product_id) is not None:
        return product_id
    for body in shop.committed():
        if product_id in {str(body["customDesignedId"]), body["spu"]}:
            return str(body["id"])
    return None


def before(_request: HttpRequest, _shop: Shop, _rules: KakaCloRules) -> None:
    """Nothing: no answer shows a product."""


def error_body(status: int, reason: str) -> JsonObject:
    """The body of an error; that of 400 is another one."""
    return {"error": "Invalid request"} if status == 400 else {"code": status, "message": reason}


def empty_listing() -> JsonObject:
    """A listing without a row."""
    return {"code": 10000, "message": "Success!", "data": {"list": [], "total": 0}}


ANSWERS = {
    "code": lambda facts: json_answer(
        200, {"code": facts.number, "message": "refused on request"}, facts.headers
    )
}


def _add_product(request: HttpRequest, shop: Shop, rules: KakaCloRules, now: float) -> object:
    add(json_object(request), shop, rules, now)
    return ""  # no id: documented so


def _search_products(request: HttpRequest, shop: Shop, rules: KakaCloRules, now: float) -> object:
    wanted = json_object(request)
    codes, spus = texts_of(wanted, "modelCodes"), texts_of(wanted, "spus")
    keys: list[str] | None = None
    if spus:
        keys = shop.keys_having("spu", spus)
    elif codes:
        # Sorted back into the order of creation: with several models the index gives model by model.
        models = [model for model in shop.values_of("modelId") if _code(model, rules) in codes]
        keys = shop.keys_having("modelId", models)
        if len(models) > 1:
            keys.sort(key=int)
    rows = shop.visible(listing.seen_until(shop, rules, rules.kakaclo_lag, now), keys)
    if spus and codes:
        rows = [row for row in rows if _code(row["modelId"], rules) in codes]
    rows = listing.found(rows, rules, "enName", text_of(wanted, "searchContent"), "spu")
    if since := number_of(wanted, "lastUpdatedTime", 0):
        rows = [row for row in rows if row["modifyDate"] >= since]
    rows = listing.ordered(rows, rules, "enName", lambda row: row["id"])
    page = page_of(rows, wanted, rules)
    total = listing.total(rows, page, rules)
    return {"list": [_listed(row, rules) for row in page]} | ({} if total is None else {"total": total})


class _Endpoint(NamedTuple):
    """`path` is below _PRODUCT; one that ends with a slash is followed by an id."""

    method: str
    path: str
    operation: str
    handler: Callable[[HttpRequest, Shop, KakaCloRules, float], object]


_ENDPOINTS = (
    _Endpoint("POST", "custom/customDesigned/addProduct", "create", _add_product),
    _Endpoint("POST", "custom/customDesigned/search", "list", _search_products),
    _Endpoint("POST", "custom/designModel/search", "models", search_models),
    _Endpoint("GET", "custom/designModel/detail/", "models", model_detail),
    _Endpoint("GET", "custom/modelCategoryName/search", "models", category_names),
)


def _endpoint(method: str, path: str) -> _Endpoint | None:
    below = path.removeprefix(_PRODUCT) if path.startswith(_PRODUCT) else ""
    for each in _ENDPOINTS:
        fits = below.startswith(each.path) if each.path.endswith("/") else below == each.path
        if fits and method == each.method:
            return each
    return None


def _refused(why: str, rules: KakaCloRules) -> HttpResponse:
    if rules.kakaclo_refusal == "400":
        return json_answer(400, {"error": "Invalid request"})
    return json_answer(200, {"code": rules.kakaclo_refusal_code, "message": why})


def _product(number: int, spec: JsonObject, model: Model, rules: KakaCloRules, now: float) -> JsonObject:
    designed = 900_100_000 + number
    made = int((now + rules.create_date_hours * 3600) * 1000)
    return {
        "id": 5000 + number,
        "customDesignedId": str(designed) if rules.kakaclo_text_ids else designed,
        "modelCode": model.code,
        "price": model.price,
        "enName": rules.treated_name(spec["enName"]),
        "imageUrl": kept_picture(spec["imageUrl"], number, rules.kakaclo_pictures),
        "backImageUrl": kept_picture(spec.get("backImageUrl"), number, rules.kakaclo_pictures),
        "kkProductId": 3_300_000 + number,
        "orderCount": 0,
        "spu": f"QCUT{number:05d}",
        "createDate": made,
        "modifyDate": made,
        "modelId": spec["modelId"],
        "colorValue": spec["colorValue"],
        "materialImages": spec.get("materialImages") or [],
    }


def kept_picture(url: str | None, number: int, how: str) -> str | None:
    """The address under which the shop shows a picture.

    how: `kept`, `rehosted`, or `foreign`: re-hosted unless it is on the shop's own host.
    """
    if not url or how == "kept" or (how == "foreign" and urlsplit(url).hostname == PICTURE_HOST):
        return url
    return f"https://{PICTURE_HOST}/images/{uuid5(NAMESPACE_URL, f'{number}:{url}')}.png"


def _code(model_id: str, rules: KakaCloRules) -> str | None:
    model = rules.model(model_id)
    return None if model is None else model.code


def _listed(row: JsonObject, rules: KakaCloRules) -> JsonObject:
    shown = {field: row[field] for field in LISTED}
    shown["modelCode"] = _code(row["modelId"], rules) or row["modelCode"]
    if rules.kakaclo_model_id != "absent":
        shown["modelId"] = int(row["modelId"]) if rules.kakaclo_model_id == "number" else row["modelId"]
    return rules.shown(shown)
