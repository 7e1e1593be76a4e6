"""Inkpress's API, simulated. It knows nothing of the provider beside it: both are written from one page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from podsync.sandbox import listing
from podsync.sandbox.datafile import JsonObject
from podsync.sandbox.faults.answers import FaultFacts
from podsync.sandbox.faults.kinds import FaultKind
from podsync.sandbox.rules import Rules
from podsync.sandbox.store import Shop
from podsync.sandbox.wire import HttpRequest, HttpResponse, RefusalError, json_answer


@dataclass(frozen=True)
class InkpressRules(Rules):
    """The switches of Inkpress."""

    inkpress_keys: tuple[str, ...] = ("sandbox-inkpress-token",)
    inkpress_bucket: tuple[float, float] | None = (5.0, 20.0)
    inkpress_lag: float = 0.0


BASE_PATH = ""
PREFIX = "/v1/posters"
RULES = InkpressRules
KEYS = "inkpress_keys"
INDEXED = ("headline",)
OPERATIONS = ("create", "release", "update", "delete", "list")
KINDS: Mapping[str, FaultKind] = {}
ANSWERS: Mapping[str, Callable[[FaultFacts], HttpResponse]] = {}
_MUTABLE = ("headline", "price", "shops")


def operation(method: str, path: str) -> str | None:
    """What a request is about."""
    if path == PREFIX:
        return {"POST": "create", "GET": "list"}.get(method)
    if not path.startswith(f"{PREFIX}/"):
        return None
    if path.endswith("/release"):
        return "release" if method == "POST" else None
    return {"PUT": "update", "DELETE": "delete"}.get(method)


def key(request: HttpRequest) -> str:
    """The key of the request."""
    return request.header("X-Inkpress-Token").removeprefix("Token ")


def unauthorized() -> HttpResponse:
    """401."""
    return json_answer(401, {"message": "unknown token"})


def answer(request: HttpRequest, shop: Shop, rules: InkpressRules, now: float) -> HttpResponse:
    """The answer to an authorised request, its effect committed."""
    identity = request.path.rpartition("/")[2]
    try:
        match operation(request.method, request.path):
            case "create":
                return json_answer(201, add(request.json(), shop, rules, now))
            case "list":
                return json_answer(200, _listed(request, shop, rules, now))
            case "release":
                released = _release(request.path.split("/")[-2], request.json(), shop, now)
                return (
                    json_answer(200, released)
                    if released
                    else json_answer(404, {"message": "no such poster"})
                )
            case "update":
                changes = {field: value for field, value in request.json().items() if field in _MUTABLE}
                body = shop.change(identity, changes, now)
                return json_answer(200, body) if body else json_answer(404, {"message": "no such poster"})
            case "delete":
                return json_answer(204 if shop.remove(identity, now) else 404, {})
    except RefusalError as error:
        return json_answer(error.status, {"message": str(error)})
    return json_answer(404, {"message": "not found"})


def add(spec: JsonObject, shop: Shop, rules: InkpressRules, now: float) -> JsonObject:
    """Commit a poster."""
    for field in ("headline", "sheet", "artUrl"):
        if not isinstance(spec.get(field), str):
            raise RefusalError(f"{field} is required")

    def build(number: int) -> tuple[str, JsonObject]:
        made = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        told = {**spec, "headline": rules.treated_name(spec["headline"])}
        return f"ink{number}", {
            "id": f"ink{number}",
            "number": number,
            "madeAt": made,
            "channels": [],
            **told,
        }

    return shop.add(build, now)


def _release(identity: str, body: JsonObject, shop: Shop, now: float) -> JsonObject | None:
    """Release a poster; one that is released twice is in a channel twice."""
    there = shop.get(identity)
    if there is None:
        return None
    return shop.change(identity, {"channels": [*there.get("channels", []), *body["channels"]]}, now)


def foreign(number: int) -> JsonObject:
    """The spec of a poster that somebody else made."""
    picture = f"https://elsewhere.example/{number}.png"
    return {"headline": f"Foreign {number}", "sheet": "A4", "artUrl": picture, "price": 1}


def find_key(_shop: Shop, product_id: str) -> str:
    """The id itself."""
    return product_id


def before(_request: HttpRequest, _shop: Shop, _rules: InkpressRules) -> None:
    """Nothing: it has no kinds of fault of its own."""


def error_body(_status: int, reason: str) -> JsonObject:
    """The body of an error."""
    return {"message": reason}


def empty_listing() -> JsonObject:
    """A listing without a row."""
    return {"posters": [], "total": 0}


def _listed(request: HttpRequest, shop: Shop, rules: InkpressRules, now: float) -> JsonObject:
    rows = shop.visible(listing.seen_until(shop, rules, rules.inkpress_lag, now))
    rows = listing.ordered(rows, rules, "headline", lambda row: row["id"])
    size = listing.page_size(int(request.query.get("limit", "50")), 50, rules)
    page = listing.page(rows, rules, int(request.query.get("offset", "0")), size)
    return {"posters": list(page), "total": listing.total(rows, page, rules)}
