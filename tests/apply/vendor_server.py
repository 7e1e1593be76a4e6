"""A second server that follows the vendors' pages; it shares no code and no author's habit with the sandbox.

KakaClo: `addProduct` answers without an id, `customDesigned/search` lists, `designModel/search` tells the
models. Gelato Connect: `POST customer-product`, `GET` and `PATCH customer-products`, `POST variant-values`,
which adds a value as often as it is sent. How it misbehaves is
set by attributes (what it is), by `misbehave` (what becomes of the next requests) and by `always` (of
every request, until `behave`). It keeps books: what each body became (`books`, `doubled`, `body_of`).
Nothing in it is left to chance but `chaos` and `shuffled`, and those go by `random`, which tests seed.
"""

from __future__ import annotations

import json
import math
import random
import threading
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.apply.vendor_ways import customers, named, pictured
from tests.apply.vendor_wire import Handler, Odd, Seen, envelope, operation_of

__all__ = ["ALL_KINDS", "CREATES", "PLAIN_KINDS", "Odd", "Seen", "VendorServer", "operation_of"]

CREATES = ("kakaclo.create", "gelato.create")
LISTINGS = ("kakaclo.search", "gelato.list")
#: What `chaos` draws from: by itself, and when `chaos_kinds` is set to it, what answers can say untruly.
PLAIN_KINDS = ("cut", "reset", "half", "html", "empty", "status")
ALL_KINDS = (*PLAIN_KINDS, "code", "refusal", "error text", "job")
CREATED_STATUS = 201


class VendorServer:
    """Both vendors on one port of 127.0.0.1."""

    def __init__(self, clock: Callable[[], float], *, kakaclo_key: str, gelato_key: str) -> None:
        self.clock = clock
        #: key -> account; a key that is not here is refused.
        self.accounts = {"kakaclo": {kakaclo_key: "main"}, "gelato": {gelato_key: "main"}}
        self.requests: list[Seen] = []
        self.leaks: list[str] = []
        # What becomes of values: ways of `vendor_ways`, and whether pictures are copied.
        self.names = "keep"
        self.unique_names = False
        self.rehost = False
        self.own_kept = False  # pictures on the vendor's own host stay where they are
        # Clocks. `dates` takes the operation and the number of the answer (from 1): the Date, so many
        # seconds off, or None for none.
        self.date_header = True
        self.dates: Callable[[str, int], float | None] | None = None
        self.date_hours = 0.0  # createDate and createdAt, off UTC
        self.made_at: Any = None  # what is shown in their place
        # Listings. `total` takes the number of all rows and of the page's.
        self.lag = 0.0
        self.tell_total = True
        self.total: Callable[[int, int], int] = lambda rows, _page: rows
        self.page_limit = 10_000
        self.pages = "steady"
        self.order = "newest"
        self.replicas: Sequence[float] = (0.0,)  # how old the answers of each are; they take turns
        self.search_misses: set[str] = set()  # names that no search finds
        self.cache_seconds = 0.0  # a cache in front answers listings for so long
        self.cache_tells_age = True
        self.customers_as = "ids"
        self.values_as = "texts"  # hidden, empty, upper: how Gelato's rows tell the values of an option
        self.values_answer: Any = "product"  # or what the answer to values holds, whatever was done
        self.model_ids_as = "hidden"  # number, text: how KakaClo's rows tell modelId
        self.model_field_as = "text"  # number, missing: how Gelato's tell productModelId
        self.codes: dict[str, str] = {}  # model -> code, where it is not CODE-model
        self.model_names = {str(number): f"Model {number}" for number in range(1, 9)}  # what is on offer
        self.count_per_account = False  # every account's ids begin at the same number
        self.chaos = 0.0
        self.chaos_kinds: Sequence[str] = PLAIN_KINDS
        self.random = random.Random(7)
        self._odd: dict[str, list[Odd | None]] = defaultdict(list)
        self._always: dict[str, Odd] = {}
        self._products: list[dict[str, Any]] = []
        self._hidden: dict[str, float] = {}
        self._due: list[tuple[float, Callable[[], object]]] = []
        self._kept: dict[str, tuple[bytes, float]] = {}
        self._listed = 0
        self._answers: Counter[str] = Counter()
        self._made: Counter[str] = Counter()
        self._ids = random.Random(11)
        self._lock = threading.RLock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Owned", (Handler,), {"owner": self}))
        self._http.daemon_threads = True
        self._http.block_on_close = False
        self._http.handle_error = lambda *_: None  # type: ignore[method-assign]
        serve = {"poll_interval": 0.01}
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs=serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def urls(self) -> dict[str, str]:
        return {"kakaclo": f"{self.url}/openapi", "gelato": self.url}

    # -- what a test does and asks

    def misbehave(self, operation: str, *odd: Odd | None) -> None:
        """Let these befall the next requests of that operation, one each; None: nothing."""
        with self._lock:
            self._odd[operation] += odd

    def always(self, operation: str, odd: Odd) -> None:
        """Let this befall every request of that operation, after those of `misbehave`, until `behave`."""
        with self._lock:
            self._always[operation] = odd

    def behave(self) -> None:
        """Be well again; what was set by attributes about names, pictures and clocks stays."""
        with self._lock:
            self._odd.clear()
            self._always.clear()
            self._hidden.clear()
            for product in self._products:
                since, until = product["hidden"]
                product["hidden"] = (since, min(until, self.clock()))
            self.chaos, self.pages, self.replicas, self.cache_seconds = 0.0, "steady", (0.0,), 0.0

    def products(self, provider: str, account: str = "main") -> list[dict[str, Any]]:
        """What is truly there, oldest first."""
        with self._lock:
            self._catch_up()
            return [p for p in self._products if (p["provider"], p["account"]) == (provider, account)]

    def books(self) -> Counter[tuple[str, str, str]]:
        """How many products each body became that a program sent: (provider, account, body) -> number."""
        with self._lock:
            self._catch_up()
            return Counter(
                (p["provider"], p["account"], json.dumps(p["body"], sort_keys=True))
                for p in self._products
                if not p["hand"]
            )

    def doubled(self) -> list[str]:
        """The bodies that became more than one product of an account."""
        return [body for (_provider, _account, body), count in self.books().items() if count > 1]

    def never_told(self, settle_seconds: float) -> dict[str, str]:
        """Products of which nobody could know when their body was made again, by id, with that body.

        The answer to the create was no success, or none at all; no answer to a listing showed it, for
        `settle_seconds` and longer; and it was hidden from every listing when its body was made again.
        """
        with self._lock:
            made: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
            for each in self._products:
                if not each["hand"]:
                    made[each["provider"], each["account"], json.dumps(each["body"], sort_keys=True)].append(
                        each
                    )
            return {
                one["id"]: body
                for (*_, body), products in made.items()
                for one, other in pairwise(products)
                if not one["said"]
                and (one["shown"] is None or one["shown"] > other["at"])
                and other["at"] - one["at"] >= settle_seconds
                and one["hidden"][0] <= other["at"] <= one["hidden"][1]
            }

    def body_of(self, identity: str) -> Any:
        """What was sent to make this product (with what a PATCH has set since)."""
        with self._lock:
            self._catch_up()
            return next(p["body"] for p in self._products if p["id"] == identity)

    def by_hand(
        self, provider: str, spec: Mapping[str, Any], *, account: str = "main", age: float = 0
    ) -> str:
        """A person makes a product on the web page; returns its id."""
        with self._lock:
            return str(self._commit(provider, account, dict(spec), hand=True, age=age)["id"])

    def fill(self, provider: str, count: int, *, account: str = "main", age: float = 86400.0) -> list[str]:
        """Products of other people's, of one model that no test asks for; returns the ids."""
        specs = (_foreign(provider, number) for number in range(count))
        return [self.by_hand(provider, spec, account=account, age=age) for spec in specs]

    def hide(self, identity: str, seconds: float) -> None:
        """Moderation: the product is in no listing for so long."""
        with self._lock:
            now = self.clock()
            for product in self._products:
                if product["id"] == identity:
                    since = product["hidden"][0] if self._hidden.get(identity, 0.0) > now else now
                    product["hidden"] = (since, now + seconds)
            self._hidden[identity] = now + seconds

    def remove(self, identity: str) -> None:
        """A person removes a product on the web page."""
        with self._lock:
            kept = [p for p in self._products if p["id"] != identity]
            assert len(kept) == len(self._products) - 1
            self._products = kept

    def change(self, identity: str, **fields: Any) -> None:
        """A person changes a product on the web page."""
        with self._lock:
            product = next(p for p in self._products if p["id"] == identity)
            product["spec"] = {**product["spec"], **fields}

    def sent(self, *operations: str) -> list[Seen]:
        with self._lock:
            return [r for r in self.requests if r.operation in operations]

    def forget_requests(self) -> None:
        """Count from here."""
        with self._lock:
            self.requests.clear()
            self._answers.clear()

    # -- the shops

    def _commit(
        self, provider: str, account: str, spec: dict[str, Any], *, hand: bool = False, age: float = 0
    ) -> dict[str, Any]:
        who = f"{provider} {account}" if self.count_per_account else provider
        number = 5000 + 10 * self._made[who]
        self._made[who] += 1
        identity = str(uuid.UUID(int=self._ids.getrandbits(128), version=4))
        name = "enName" if provider == "kakaclo" else "name"
        kept = {**spec, name: named(str(spec[name]), self.names)}
        if provider == "kakaclo":
            identity = str(number)
            if self.rehost and not hand:
                pictures = [field for field in ("imageUrl", "backImageUrl") if kept.get(field)]
                kept |= {field: pictured(kept[field], number, own_kept=self.own_kept) for field in pictures}
        made = {
            "provider": provider, "account": account, "id": identity, "spec": kept, "body": spec,
            "lag": self.lag, "at": self.clock() - age, "hand": hand, "number": number, "was": [],
            # Whether the answer to the create was a success, be it unreadable, when a listing showed it
            # first, and from when until when it was hidden last.
            "said": False, "shown": None, "hidden": (math.inf, 0.0),
        }  # fmt: skip
        self._products.append(made)
        return made

    def postpone(self, seconds: float, operation: str, account: str, target: str, body: Any) -> Any:
        """Answer as if it were done; do it later."""
        with self._lock:
            when = self.clock() + seconds
            self._due.append((when, lambda: self.answer(operation, account, target, body)))
            if operation == "gelato.values":
                return {}
            if operation == "gelato.update":
                product = self._product(account, target)
                told = {**product, "spec": {**product["spec"], **_patched(body)}}
                return self._customer_product(told, "cp-")
            return envelope("") if operation == "kakaclo.create" else {**body, "id": "cp-later"}

    def _catch_up(self) -> None:
        """What was put off, and is due by now."""
        due = [what for when, what in self._due if when <= self.clock()]
        self._due = [each for each in self._due if each[0] > self.clock()]
        for what in due:
            what()

    def _visible(self, provider: str, account: str) -> list[dict[str, Any]]:
        seen = self.clock() - self.replicas[self._listed % len(self.replicas)]
        self._listed += 1
        hidden = {one for one, until in self._hidden.items() if until > self.clock()}
        there = self.products(provider, account)
        rows = [_as_of(p, seen) for p in there if p["at"] + p["lag"] <= seen and p["id"] not in hidden]
        if self.order == "newest":
            rows.reverse()
        if self.order == "shuffled":
            self.random.shuffle(rows)
        return rows

    def _found(self, rows: list[dict[str, Any]], text: str, name: str) -> list[dict[str, Any]]:
        fits = [r for r in rows if text.lower() in r["spec"][name].lower() or text == _spu(r)]
        return [r for r in fits if r["body"][name] not in self.search_misses]

    def _page(self, rows: list[Any], offset: int, size: int) -> list[Any]:
        size = min(size, self.page_limit)
        moved = offset // size
        start = max(0, offset + {"steady": 0, "repeat": -moved, "skip": moved}[self.pages])
        page = rows[start : start + size]
        for row in page:
            product = next(each for each in self._products if each["id"] == row["id"])
            product["shown"] = product["shown"] or self.clock()
        return page

    def code_of(self, model: str) -> str:
        return self.codes.get(model, f"CODE-{model}")

    # -- answers

    def answer(
        self, operation: str, account: str, target: str, body: Any, *, said: bool = False
    ) -> tuple[int, Any]:
        """Carry a request out; `said` is whether its answer tells the program so."""
        with self._lock:
            self._catch_up()
            number = len(self._products)
            answer = self._carried_out(operation, account, target, body)
            for product in self._products[number:]:
                product["said"] = said
            return answer

    def _carried_out(self, operation: str, account: str, target: str, body: Any) -> tuple[int, Any]:
        if operation == "kakaclo.create":
            return self._add(account, body)
        if operation == "kakaclo.search":
            return 200, envelope(self._search(account, body))
        if operation == "kakaclo.models":
            return 200, envelope(self._models(body))
        if operation == "kakaclo.model":
            return 200, envelope(self._model_page(target.rpartition("/")[2]))
        if operation == "gelato.create":
            return self._create(account, body)
        if operation == "gelato.update":
            return self._update(account, target, body)
        if operation == "gelato.values":
            return self._add_values(account, target, body)
        if operation == "gelato.list":
            query = {key: values[0] for key, values in parse_qs(urlsplit(target).query).items()}
            return 200, self._list(account, query)
        return 404, {"message": "Not Found"}

    def _add(self, account: str, body: Any) -> tuple[int, Any]:
        wanted = {"modelId", "enName", "imageUrl", "colorValue"}
        if not isinstance(body, dict) or not wanted <= set(body):
            return 200, {"code": 20001, "message": "missing field"}
        self._commit("kakaclo", account, body)
        return 200, {"data": "", "code": 10000, "message": "Success!"}

    def _search(self, account: str, body: Any) -> dict[str, Any]:
        rows = self._visible("kakaclo", account)
        if "modelCodes" in body:
            rows = [r for r in rows if self.code_of(_model(r)) in body["modelCodes"]]
        if "spus" in body:
            rows = [r for r in rows if _spu(r) in body["spus"]]
        if "searchContent" in body:
            rows = self._found(rows, body["searchContent"], "enName")
        size = min(int(body.get("pageSize", 20)), 100, self.page_limit)
        page = self._page(rows, (int(body.get("pageNumber", 1)) - 1) * size, size)
        listed = {"list": [self._designed(r) for r in page]}
        return listed | ({"total": self.total(len(rows), len(page))} if self.tell_total else {})

    def _designed(self, row: dict[str, Any]) -> dict[str, Any]:
        spec, made = row["spec"], round((row["at"] + self.date_hours * 3600) * 1000)
        made = made if self.made_at is None else self.made_at
        model = {"number": {"modelId": int(_model(row))}, "text": {"modelId": spec["modelId"]}}
        return {
            "id": int(row["id"]), "customDesignedId": 900_000_000 + int(row["id"]),
            "modelCode": self.code_of(_model(row)), "price": 6.41, "enName": spec["enName"],
            "imageUrl": spec["imageUrl"], "backImageUrl": spec.get("backImageUrl"),
            "kkProductId": 3_300_000 + int(row["id"]), "orderCount": 0, "spu": _spu(row),
            "createDate": made, "modifyDate": made, "news": {"to": ["nobody"]},
            **model.get(self.model_ids_as, {}),
        }  # fmt: skip

    def _models(self, body: Any) -> dict[str, Any]:
        models = [
            {
                "id": int(n),
                "modelCode": self.code_of(n),
                "enName": name,
                "categoryName": "T-shirt",
                "price": 6.41,
            }
            for n, name in self.model_names.items()
        ]
        start = (int(body.get("pageNumber", 1)) - 1) * int(body.get("pageSize", 20))
        return {"list": models[start : start + int(body.get("pageSize", 20))], "total": len(models)}

    def _model_page(self, number: str) -> dict[str, Any]:
        sizes = [{"size": size, "weight": 180.5} for size in ("S", "M", "L", "M")]
        return {"id": int(number), "enName": self.model_names[number], "status": 1, "variants": sizes}

    def _create(self, account: str, body: Any) -> tuple[int, Any]:
        wanted = {"name", "customerIds", "productModelId", "variantOptions"}
        if not isinstance(body, dict) or not wanted <= set(body):
            return 400, {"message": "missing field"}
        if any("values" in option for option in body["variantOptions"]):
            return 400, {"message": "options take no values here"}
        name = named(body["name"], self.names)
        if self.unique_names and name in {p["spec"]["name"] for p in self.products("gelato", account)}:
            return 409, {"message": f"{name} exists"}
        return CREATED_STATUS, self._customer_product(self._commit("gelato", account, body), "cp-")

    def _update(self, account: str, target: str, body: Any) -> tuple[int, Any]:
        product = self._product(account, target)
        if product is None:
            return 404, {"message": "no such customer product"}
        changed = _patched(body)
        product["was"].append((self.clock(), product["spec"]))
        product["body"] = {**product["body"], **changed}
        if "name" in changed:
            changed["name"] = named(changed["name"], self.names)
        product["spec"] = {**product["spec"], **changed}
        return 200, self._customer_product(product, "cp-")

    def _add_values(self, account: str, target: str, body: Any) -> tuple[int, Any]:
        product = self._product(account, target.removesuffix("/variant-values"))
        if product is None:
            return 404, {"message": "no such customer product"}
        given = {item["variantOptionId"]: item["values"] for item in body}
        if not set(given) <= {option["id"] for option in product["body"]["variantOptions"]}:
            return 400, {"message": "no such option"}
        product["was"].append((self.clock(), product["spec"]))
        for kept in ("body", "spec"):
            options = [
                {**option, "values": [*option.get("values", []), *given[option["id"]]]}
                if option["id"] in given
                else option
                for option in product[kept]["variantOptions"]
            ]
            product[kept] = {**product[kept], "variantOptions": options}
        whole = self.values_answer == "product"
        return 200, self._customer_product(product, "cp-") if whole else self.values_answer

    def add_value(self, name: str, value: Any) -> None:
        """A value comes to be on a product, on its first option."""
        with self._lock:
            for product in self._products:
                if product["spec"]["name"] == name:
                    body = [
                        {"variantOptionId": product["spec"]["variantOptions"][0]["id"], "values": [value]}
                    ]
                    self._add_values(product["account"], f"/x/{product['id']}/variant-values", body)

    def values_twice(self) -> list[str]:
        """The values that an option of a product has more than once: nobody can take one away."""
        with self._lock:
            self._catch_up()
            return [
                f"{p['spec']['name']}: {value}"
                for p in self._products
                for option in p["spec"].get("variantOptions", ())
                for value, count in Counter(v["value"] for v in option.get("values", ())).items()
                if count > 1
            ]

    def namesakes(self) -> list[str]:
        """Names that two customer products of an account have for a shared customer."""
        with self._lock:
            self._catch_up()
            rows = [p for p in self._products if p["provider"] == "gelato"]
            held = Counter(
                (p["account"], p["spec"]["name"], c) for p in rows for c in p["spec"]["customerIds"]
            )
            return sorted({name for (_, name, _), count in held.items() if count > 1})

    def _valued(self, option: dict[str, Any]) -> dict[str, Any]:
        """The option as a listing and an answer show it."""
        values = option.get("values", [])
        shown = {key: item for key, item in option.items() if key != "values"}
        default = next((v["value"] for v in values if v.get("isDefault")), "")
        told = {
            "texts": {"values": [v["value"] for v in values], "defaultValue": default},
            "upper": {"values": [v["value"].upper() for v in values], "defaultValue": default.upper()},
            "empty": {"values": [], "defaultValue": ""},
        }
        return shown | told.get(self.values_as, {})

    def _product(self, account: str, target: str) -> Any:
        identity = urlsplit(target).path.rpartition("/")[2].removeprefix("cp-")
        return next((p for p in self.products("gelato", account) if p["id"] == identity), None)

    def shown_before(self, target: str) -> Any:
        """The product of a PATCH as it is now, in the form of an answer to it."""
        with self._lock:
            identity = urlsplit(target).path.rpartition("/")[2].removeprefix("cp-")
            return next((self._customer_product(p, "cp-") for p in self._products if p["id"] == identity), {})

    def _list(self, account: str, query: Mapping[str, str]) -> dict[str, Any]:
        rows = self._visible("gelato", account)
        if "customerProductIds" in query:
            ids = {one.removeprefix("cp-") for one in query["customerProductIds"].split(",")}
            rows = [r for r in rows if r["id"] in ids]
        if "productModelIds" in query:
            rows = [r for r in rows if r["spec"]["productModelId"] in query["productModelIds"].split(",")]
        if "search" in query:
            rows = self._found(rows, query["search"], "name")
        offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 250)), 250)
        page = [self._customer_product(r, "") for r in self._page(rows, offset, limit)]
        total = {"total": self.total(len(rows), len(page)), "offset": offset}
        return {"customerProducts": page, **({"pagination": total} if self.tell_total else {})}

    def _customer_product(self, row: dict[str, Any], prefix: str) -> dict[str, Any]:
        moment = datetime.fromtimestamp(row["at"] + self.date_hours * 3600, UTC)
        made = moment.strftime("%Y-%m-%dT%H:%M:%SZ") if self.made_at is None else self.made_at
        answer = {"id": prefix + row["id"], **row["spec"], "createdAt": made, "updatedAt": made}
        answer["variantOptions"] = [self._valued(option) for option in answer["variantOptions"]]
        if prefix:
            return answer
        answer.pop("partQuantities", None)
        answer["state"] = "published"
        base = {
            "id": "base_attributes",
            "name": "Base Attributes",
            "values": ["none"],
            "attributesMapping": [],
        }
        answer["variantOptions"] = [base, *({**o, "state": "x"} for o in answer["variantOptions"])]
        answer["customerIds"] = customers(answer["customerIds"], self.customers_as)
        if self.model_field_as == "missing":
            del answer["productModelId"]
        elif self.model_field_as == "number" and answer["productModelId"].isdigit():
            answer["productModelId"] = int(answer["productModelId"])
        return answer

    # -- on the wire

    def arrived(self, seen: Seen) -> None:
        with self._lock:
            self.requests.append(seen)

    def account_of(self, provider: str, headers: Mapping[str, str]) -> str | None:
        """Who asks; None: the key is refused. A key that reaches the other vendor is noted."""
        if provider == "kakaclo":
            key = headers.get("authorization", "").removeprefix("Bearer ")
            foreign = self.accounts["gelato"]
        else:
            key = headers.get("x-api-key", "")
            foreign = self.accounts["kakaclo"]
        told = str(dict(headers))
        self.leaks += [f"{provider} was shown {other}" for other in foreign if other in told]
        return self.accounts[provider].get(key)

    def odd_for(self, operation: str) -> Odd | None:
        with self._lock:
            if self._odd[operation]:
                return self._odd[operation].pop(0)
            if operation in self._always:
                return self._always[operation]
            if self.chaos and self.random.random() < self.chaos:
                return self._any_odd(operation)
        return None

    def _any_odd(self, operation: str) -> Odd:
        kinds = self.chaos_kinds if operation in CREATES else PLAIN_KINDS
        kind = self.random.choice(kinds)
        commit = self.random.random() < 0.5 if operation in CREATES else False
        if kind == "code":
            return Odd("code", commit=commit, status=self.random.choice([403, 408, 429, 500, 503, 50000]))
        if kind == "refusal":
            return Odd("status", commit=commit, status=self.random.choice([400, 404, 422]))
        if kind == "error text":
            return Odd("text", commit=commit, body=b'{"message": "Internal error"}')
        return Odd(kind, commit=commit, status=self.random.choice([500, 502, 503, 504]))

    def date_for(self, operation: str) -> float | None:
        """The moment that the next answer's Date tells."""
        with self._lock:
            self._answers[operation] += 1
            off = 0.0 if self.dates is None else self.dates(operation, self._answers[operation])
            return self.clock() + off if self.date_header and off is not None else None

    def cached(self, seen: Seen, account: str) -> tuple[bytes, float, float] | None:
        """The body that a cache in front has for this listing, its age, and when it was made."""
        with self._lock:
            body, at = self._kept.get(_line(seen, account), (b"", 0.0))
            fresh = body and self.clock() - at < self.cache_seconds
            return (body, self.clock() - at, at) if fresh else None

    def keep(self, seen: Seen, account: str, body: bytes) -> None:
        """Let the cache have an answer, if there is a cache."""
        with self._lock:
            if self.cache_seconds and seen.operation in LISTINGS:
                self._kept[_line(seen, account)] = (body, self.clock())


def _as_of(product: dict[str, Any], moment: float) -> dict[str, Any]:
    """The product as it was then."""
    spec = next((old for until, old in product["was"] if until > moment), product["spec"])
    return {**product, "spec": spec}


def _patched(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key in ("name", "customerIds")}


def _model(row: Mapping[str, Any]) -> str:
    """KakaClo's number of a model: `007` is 7."""
    text = str(row["spec"]["modelId"])
    return text.lstrip("0") or text


def _spu(row: Mapping[str, Any]) -> str:
    """Every SPU is one shop's, also where two shops count alike."""
    return f"SPU{'' if row['account'] == 'main' else row['account'].upper()}{row['id']}"


def _line(seen: Seen, account: str) -> str:
    return f"{account} {seen.path} {dict(seen.query)} {seen.body}"


def _foreign(provider: str, number: int) -> dict[str, Any]:
    if provider == "kakaclo":
        front = f"https://elsewhere.example/{number}.png"
        return {"modelId": "8", "enName": f"Foreign {number}", "imageUrl": front, "colorValue": "#000000"}
    return {
        "name": f"Foreign {number}", "customerIds": ["customer-9"], "productModelId": "model-foreign",
        "variantOptions": [],
    }  # fmt: skip
