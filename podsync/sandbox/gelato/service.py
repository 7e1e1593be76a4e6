"""Simulated GelatoConnect: customer products and the values of their options.

Source: connect.test.gelato.tech/docs/product/api (add, list, update, variant option values).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from podsync.sandbox import listing
from podsync.sandbox.datafile import JsonObject
from podsync.sandbox.faults.answers import FaultFacts
from podsync.sandbox.faults.kinds import FaultKind
from podsync.sandbox.gelato.checks import check_create, check_patch, check_values
from podsync.sandbox.gelato.rules import GelatoRules, IdForm
from podsync.sandbox.store import Shop
from podsync.sandbox.wire import HttpRequest, HttpResponse, RefusalError, json_answer

ONE = "/product/v1/customer-product"  # singular, for the create alone
MANY = "/product/v1/customer-products"
MAX_PAGE = 250
BASE_PATH = ""
PREFIX = "/product/"
RULES = GelatoRules
KEYS = "gelato_keys"
INDEXED = ("productModelId", "name")
OPERATIONS = ("create", "update", "list", "values")
KINDS = {
    "other-id": FaultKind(
        "the answer shows the id of the shop's oldest product", commits=True, provider="gelato"
    ),
    "last-id": FaultKind("the answer shows the id that was given last", commits=True, provider="gelato"),
    "unchanged": FaultKind("a PATCH shows the product as it was", provider="gelato", default="update"),
}
_NOBODYS = "cp-00000000-0000-4000-8000-000000000000"

# What customerIds become in a listing.
CUSTOMERS: Mapping[str, Callable[[list[str]], object]] = {
    "ids": list,
    "objects": lambda ids: [{"id": one} for one in ids],
    "joined": ",".join,
    "upper": lambda ids: [one.upper() for one in ids],
}


def operation(method: str, path: str) -> str | None:
    """What a request is about, in the words of `Fault`; None for a path that does not exist."""
    if path == ONE:
        return "create" if method == "POST" else None
    if path == MANY:
        return "list" if method == "GET" else None
    if not path.startswith(MANY + "/"):
        return None
    rest = path[len(MANY) + 1 :].split("/")
    if len(rest) == 1:
        return "update" if method == "PATCH" else None
    return "values" if rest[1:] == ["variant-values"] and method == "POST" else None


def key(request: HttpRequest) -> str:
    """The key of the request."""
    return request.header("X-API-KEY")


def unauthorized() -> HttpResponse:
    """401; the vendor shows no body."""
    return json_answer(401, {"message": "Unauthorized"})


def answer(request: HttpRequest, shop: Shop, rules: GelatoRules, now: float) -> HttpResponse:
    """The answer to an authorised request, its effect committed; `now` in epoch seconds."""
    try:
        match operation(request.method, request.path):
            case "create":
                body = add(request.declared_json(), shop, rules, now)
                return json_answer(rules.gelato_created_status, _created(body, rules))
            case "update":
                return json_answer(200, _update(request, shop, rules, now))
            case "values":
                return json_answer(200, _add_values(request, shop, rules, now))
            case "list":
                return json_answer(200, _list(request, shop, rules, now))
    except RefusalError as error:
        return json_answer(error.status, {"message": str(error)})
    return json_answer(404, {"message": "Not Found"})


def add(spec: object, shop: Shop, rules: GelatoRules, now: float) -> JsonObject:
    """Commit a customer product. Raises RefusalError. Returns it as committed, its id a bare uuid."""
    wanted = check_create(spec, rules)
    name = rules.treated_name(wanted["name"])
    with shop.lock:
        _refuse_namesake(shop, rules, name, wanted["customerIds"], besides=None)

        def build(number: int) -> tuple[str, JsonObject]:
            key = str(uuid5(NAMESPACE_URL, f"podsync-sandbox:{shop.name}:{number}"))
            return key, _product(key, wanted, name, rules, now)

        return shop.add(build, now)


def foreign(number: int) -> JsonObject:
    """The spec of a product that somebody else made."""
    return {
        "name": f"Foreign {number}",
        "customerIds": ["customer-of-theirs"],
        "productModelId": "model-of-theirs",
        "variantOptions": [],
    }


@dataclass(frozen=True, slots=True)
class Before:
    """The shop before a request: the ids of its products, oldest first, in the form of an answer to a create.

    `shown` is what an answer to a PATCH would show if it changed nothing; None if there is no such product.
    """

    ids: tuple[str, ...]
    shown: HttpResponse | None


def before(request: HttpRequest, shop: Shop, rules: GelatoRules) -> Before:
    """What there was."""
    ids = tuple(_id(row, rules.gelato_create_id) for row in shop.committed())
    update = operation(request.method, request.path) == "update"
    body = shop.get(key_of(request.path.rpartition("/")[2])) if update else None
    return Before(ids, None if body is None else json_answer(200, _created(body, rules, state=True)))


def error_body(_status: int, reason: str) -> JsonObject:
    """The body of an error."""
    return {"message": reason}


def empty_listing() -> JsonObject:
    """A listing without a row."""
    return {"customerProducts": []}


def find_key(_shop: Shop, product_id: str) -> str:
    """The shop's key for an id in either form."""
    return key_of(product_id)


def _with_id(facts: FaultFacts, place: int) -> HttpResponse:
    """The true answer with the id at a place among the shop's; one that shows no id stays as it is."""
    identity = facts.before.ids[place] if facts.before and facts.before.ids else _NOBODYS
    true = facts.true or HttpResponse(200, b"", headers=facts.headers)
    shown = json.loads(true.body) if true.body else None
    if not isinstance(shown, dict) or "id" not in shown:
        return true
    return json_answer(true.status, {**shown, "id": identity}, facts.headers)


def _unchanged(facts: FaultFacts) -> HttpResponse:
    return (facts.before and facts.before.shown) or HttpResponse(200, b"", headers=facts.headers)


ANSWERS = {
    "other-id": lambda facts: _with_id(facts, 0),
    "last-id": lambda facts: _with_id(facts, -1),
    "unchanged": _unchanged,
}


def key_of(product_id: str) -> str:
    """The shop's key for an id in either form."""
    return product_id.removeprefix("cp-")


def _update(request: HttpRequest, shop: Shop, rules: GelatoRules, now: float) -> JsonObject:
    changes = check_patch(request.declared_json(), rules)
    key = key_of(request.path.rpartition("/")[2])
    with shop.lock:
        old = _existing(shop, key)
        if "name" in changes:
            changes["name"] = rules.treated_name(changes["name"])
        new = {**old, **changes}
        _refuse_namesake(shop, rules, new["name"], new["customerIds"], besides=key)
        shop.change(key, {**changes, "updatedAt": _time(now, rules)}, now)
        return _created(_existing(shop, key), rules, state=True)


def _add_values(request: HttpRequest, shop: Shop, rules: GelatoRules, now: float) -> JsonObject:
    key = key_of(request.path.split("/")[-2])
    given = check_values(request.declared_json())
    with shop.lock:
        old = _existing(shop, key)
        options = {option["id"]: dict(option) for option in old["variantOptions"]}
        for item in given:
            option = options.get(item["variantOptionId"])
            if option is None:
                raise RefusalError(f"no variant option {item['variantOptionId']!r}")
            _take_values(option, item["values"], rules)
        changes = {"variantOptions": list(options.values()), "updatedAt": _time(now, rules)}
        shop.change(key, changes, now)
        return _created(_existing(shop, key), rules, state=True)


def _take_values(option: JsonObject, values: list[JsonObject], rules: GelatoRules) -> None:
    held = list(option.get("values", []))
    for value in values:
        if value["value"] not in held or rules.gelato_repeated_values == "twice":
            held.append(value["value"])
        elif rules.gelato_repeated_values == "409":
            raise RefusalError(f"value {value['value']!r} exists already", 409)
        if value.get("isDefault"):
            option["defaultValue"] = value["value"]
    option["values"] = held


def _list(request: HttpRequest, shop: Shop, rules: GelatoRules, now: float) -> JsonObject:
    query = request.query
    offset = _integer(query, "offset", 0, least=0)
    limit = listing.page_size(_integer(query, "limit", MAX_PAGE, least=1), MAX_PAGE, rules)
    rows = _filtered(query, shop, rules, listing.seen_until(shop, rules, rules.gelato_lag, now))
    rows = listing.ordered(rows, rules, "name", lambda row: row["id"])
    page = listing.page(rows, rules, offset, limit)
    result: JsonObject = {"customerProducts": [_listed(row, rules) for row in page]}
    if rules.gelato_pagination:
        total = listing.total(rows, page, rules)
        count = {} if total is None else {"total": total}
        result["pagination"] = {**count, "offset": offset, "limit": limit}
    return result


def _filtered(
    query: dict[str, str], shop: Shop, rules: GelatoRules, seen_until: float | None
) -> list[JsonObject]:
    keys: list[str] | None = None
    if "customerProductIds" in query:
        keys = list(dict.fromkeys(key_of(item) for item in _words(query, "customerProductIds")))
    rows = shop.visible(seen_until, keys)
    if "productModelIds" in query:
        models = set(_words(query, "productModelIds"))
        rows = [row for row in rows if row["productModelId"] in models]
    if "customerIds" in query:
        customers = set(_words(query, "customerIds"))
        if rules.gelato_star_matches:
            customers.add("*")
        rows = [row for row in rows if not customers.isdisjoint(row["customerIds"])]
    return listing.found(rows, rules, "name", query.get("search", ""))


def _product(key: str, spec: JsonObject, name: str, rules: GelatoRules, now: float) -> JsonObject:
    fields = ("customerIds", "productModelId", "variantOptions", "partQuantities")
    body: JsonObject = {"id": key, "name": name, **{field: spec[field] for field in fields if field in spec}}
    if rules.gelato_base_attributes:
        base = {
            "id": "base_attributes",
            "name": "Base Attributes",
            "values": ["none"],
            "attributesMapping": [{"partModelId": spec["productModelId"], "attributeIds": ["PaperType"]}],
        }
        body["variantOptions"] = [*spec["variantOptions"], base]
    body["createdAt"] = body["updatedAt"] = _time(now, rules)
    return body


def _created(row: JsonObject, rules: GelatoRules, *, state: bool | None = None) -> JsonObject:
    shown = {**row, "id": _id(row, rules.gelato_create_id)}
    if rules.gelato_create_state if state is None else state:
        shown["state"] = "published"
    return rules.shown(shown)


def _listed(row: JsonObject, rules: GelatoRules) -> JsonObject:
    shown = {**row, "id": _id(row, rules.gelato_list_id), "state": "published"}
    shown["variantOptions"] = [
        {"values": [], "defaultValue": "", **option, "state": "published"} for option in row["variantOptions"]
    ]
    if not rules.gelato_list_values:
        shown["variantOptions"] = [
            {key: value for key, value in option.items() if key not in ("values", "defaultValue")}
            for option in shown["variantOptions"]
        ]
    shown["customerIds"] = CUSTOMERS[rules.gelato_customers](row["customerIds"])
    if rules.gelato_model == "missing":
        del shown["productModelId"]
    elif rules.gelato_model == "number" and row["productModelId"].isdecimal():
        shown["productModelId"] = int(row["productModelId"])
    if not rules.gelato_list_quantities:
        shown.pop("partQuantities", None)
    return rules.shown(shown)


def _id(row: JsonObject, form: IdForm) -> str:
    return f"cp-{row['id']}" if form == "cp" else str(row["id"])


def _existing(shop: Shop, key: str) -> JsonObject:
    body = shop.get(key)
    if body is None:
        raise RefusalError("Customer product not found.", 404)
    return body


def _refuse_namesake(
    shop: Shop, rules: GelatoRules, name: str, customers: list[str], *, besides: str | None
) -> None:
    """409 if a product that a shared customer can order has this name, where the rules say so."""
    if rules.gelato_names == "allow":
        return
    for other in shop.having("name", name):
        shared = "*" in {*customers, *other["customerIds"]} or set(customers) & set(other["customerIds"])
        if other["id"] != besides and shared:
            raise RefusalError(f"A customer product named {name!r} exists already.", 409)


def _words(query: dict[str, str], name: str) -> list[str]:
    return [word for word in query[name].split(",") if word]


def _integer(query: dict[str, str], name: str, default: int, *, least: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise RefusalError(f"{name} must be an integer of {least} or more")
    return int(text)


def _time(now: float, rules: GelatoRules) -> str:
    moment = datetime.fromtimestamp(now + rules.create_date_hours * 3600, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
