"""A second server that follows the vendors' pages; it shares no code and no author's habit with the sandbox.

KakaClo: `addProduct` answers without an id, `customDesigned/search` lists, `designModel/search` tells the
models. Gelato Connect: `POST customer-product`, `GET` and `PATCH customer-products`. How it misbehaves is
set by attributes (what it is) and by `misbehave` (what becomes of the next requests).
"""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CREATES = ("kakaclo.create", "gelato.create")


@dataclass(frozen=True)
class Odd:
    """What becomes of one request.

    kind: cut (FIN), reset, half (half of the answer), hang, status, raw (`body` are the bytes on the
    wire), and answers with HTTP 200: html, empty, text (`body`), code (KakaClo's refusal, `status` is
    the code), blank (a listing without rows). `commit`: carried out before. `hook` is called in between.
    """

    kind: str
    commit: bool = False
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hook: Callable[[], object] | None = None


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    operation: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


class VendorServer:
    """Both vendors on one port of 127.0.0.1."""

    def __init__(self, clock: Callable[[], float], *, kakaclo_key: str, gelato_key: str) -> None:
        self.clock = clock
        #: key -> account; a key that is not here is refused.
        self.accounts = {"kakaclo": {kakaclo_key: "main"}, "gelato": {gelato_key: "main"}}
        self.requests: list[Seen] = []
        self.leaks: list[str] = []
        self.lag = 0.0
        self.names = "keep"
        self.unique_names = False
        self.rehost = False
        self.date_header = True
        self.date_hours = 0.0
        self.tell_total = True
        self.page_limit = 10_000
        self.pages = "steady"
        self.order = "newest"
        self.chaos = 0.0
        self.random = random.Random(7)
        self._odd: dict[str, list[Odd | None]] = defaultdict(list)
        self._products: list[dict[str, Any]] = []
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

    def behave(self) -> None:
        """Be well again; what was set by attributes about names, pictures and clocks stays."""
        with self._lock:
            self._odd.clear()
            self.chaos, self.pages = 0.0, "steady"

    def products(self, provider: str, account: str = "main") -> list[dict[str, Any]]:
        """What is truly there, oldest first."""
        with self._lock:
            return [p for p in self._products if (p["provider"], p["account"]) == (provider, account)]

    def by_hand(
        self, provider: str, spec: Mapping[str, Any], *, account: str = "main", age: float = 0
    ) -> str:
        """A person makes a product on the web page; returns its id."""
        with self._lock:
            return str(self._commit(provider, account, dict(spec), hand=True, age=age)["id"])

    def remove(self, identity: str) -> None:
        """A person removes a product on the web page."""
        with self._lock:
            kept = [p for p in self._products if p["id"] != identity]
            assert len(kept) == len(self._products) - 1
            self._products = kept

    def sent(self, *operations: str) -> list[Seen]:
        with self._lock:
            return [r for r in self.requests if r.operation in operations]

    # -- the shops

    def _commit(
        self, provider: str, account: str, spec: dict[str, Any], *, hand: bool = False, age: float = 0
    ) -> dict[str, Any]:
        name = "enName" if provider == "kakaclo" else "name"
        spec = {**spec, name: self._named(str(spec[name]))}
        if provider == "kakaclo" and self.rehost and not hand:
            for picture in ("imageUrl", "backImageUrl"):
                if spec.get(picture):
                    spec[picture] = (
                        f"https://img.kakaclo.example/{uuid.uuid5(uuid.NAMESPACE_URL, spec[picture])}"
                    )
        number = 5000 + len(self.requests) * 10 + len(self._products)
        identity = str(number) if provider == "kakaclo" else str(uuid.uuid4())
        made = {
            "provider": provider, "account": account, "id": identity, "spec": spec, "lag": self.lag,
            "at": self.clock() - age, "hand": hand, "number": number,
        }  # fmt: skip
        self._products.append(made)
        return made

    def _named(self, name: str) -> str:
        if self.names == "trim":
            return " ".join(name.split())
        return name[: int(self.names[4:])] if self.names.startswith("cut:") else name

    def _visible(self, provider: str, account: str) -> list[dict[str, Any]]:
        rows = [p for p in self.products(provider, account) if p["at"] + p["lag"] <= self.clock()]
        if self.order == "newest":
            rows.reverse()
        if self.order == "shuffled":
            self.random.shuffle(rows)
        return rows

    def _page(self, rows: list[Any], offset: int, size: int) -> list[Any]:
        size = min(size, self.page_limit)
        moved = offset // size
        start = max(0, offset + {"steady": 0, "repeat": -moved, "skip": moved}[self.pages])
        return rows[start : start + size]

    # -- answers

    def answer(self, operation: str, account: str, target: str, body: Any) -> tuple[int, Any]:
        """Carry a request out."""
        with self._lock:
            if operation == "kakaclo.create":
                return self._add(account, body)
            if operation == "kakaclo.search":
                return 200, _envelope(self._search(account, body))
            if operation == "kakaclo.models":
                return 200, _envelope(self._models(body))
            if operation == "gelato.create":
                return self._create(account, body)
            if operation == "gelato.update":
                return self._update(account, urlsplit(target).path.rpartition("/")[2], body)
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
            rows = [r for r in rows if f"CODE-{r['spec']['modelId']}" in body["modelCodes"]]
        if "spus" in body:
            rows = [r for r in rows if f"SPU{r['id']}" in body["spus"]]
        if "searchContent" in body:
            text = body["searchContent"].lower()
            rows = [r for r in rows if text in r["spec"]["enName"].lower() or text == f"spu{r['id']}"]
        size = min(int(body.get("pageSize", 20)), 100, self.page_limit)
        page = self._page(rows, (int(body.get("pageNumber", 1)) - 1) * size, size)
        listed = {"list": [self._designed(r) for r in page]}
        return listed | ({"total": len(rows)} if self.tell_total else {})

    def _designed(self, row: dict[str, Any]) -> dict[str, Any]:
        spec, made = row["spec"], round((row["at"] + self.date_hours * 3600) * 1000)
        return {
            "id": int(row["id"]), "customDesignedId": 900_000_000 + int(row["id"]),
            "modelCode": f"CODE-{spec['modelId']}", "price": 6.41, "enName": spec["enName"],
            "imageUrl": spec["imageUrl"], "backImageUrl": spec.get("backImageUrl"),
            "kkProductId": 3_300_000 + int(row["id"]), "orderCount": 0, "spu": f"SPU{row['id']}",
            "createDate": made, "modifyDate": made, "news": {"to": ["nobody"]},
        }  # fmt: skip

    def _models(self, body: Any) -> dict[str, Any]:
        models = [
            {"id": n, "modelCode": f"CODE-{n}", "enName": f"Model {n}", "price": 6.41} for n in range(1, 9)
        ]
        start = (int(body.get("pageNumber", 1)) - 1) * int(body.get("pageSize", 20))
        return {"list": models[start : start + int(body.get("pageSize", 20))], "total": len(models)}

    def _create(self, account: str, body: Any) -> tuple[int, Any]:
        wanted = {"name", "customerIds", "productModelId", "variantOptions"}
        if not isinstance(body, dict) or not wanted <= set(body):
            return 400, {"message": "missing field"}
        name = self._named(body["name"])
        if self.unique_names and name in {p["spec"]["name"] for p in self.products("gelato", account)}:
            return 409, {"message": f"{name} exists"}
        return 201, self._customer_product(self._commit("gelato", account, body), "cp-")

    def _update(self, account: str, identity: str, body: Any) -> tuple[int, Any]:
        for product in self.products("gelato", account):
            if product["id"] == identity.removeprefix("cp-"):
                changed = {key: value for key, value in body.items() if key in ("name", "customerIds")}
                product["spec"] = {**product["spec"], **changed}
                return 200, self._customer_product(product, "cp-")
        return 404, {"message": "no such customer product"}

    def _list(self, account: str, query: Mapping[str, str]) -> dict[str, Any]:
        rows = self._visible("gelato", account)
        if "customerProductIds" in query:
            ids = {one.removeprefix("cp-") for one in query["customerProductIds"].split(",")}
            rows = [r for r in rows if r["id"] in ids]
        if "productModelIds" in query:
            rows = [r for r in rows if r["spec"]["productModelId"] in query["productModelIds"].split(",")]
        if "search" in query:
            rows = [r for r in rows if query["search"].lower() in r["spec"]["name"].lower()]
        offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 250)), 250)
        page = [self._customer_product(r, "") for r in self._page(rows, offset, limit)]
        told = {"pagination": {"total": len(rows), "offset": offset}} if self.tell_total else {}
        return {"customerProducts": page, **told}

    def _customer_product(self, row: dict[str, Any], prefix: str) -> dict[str, Any]:
        moment = datetime.fromtimestamp(row["at"] + self.date_hours * 3600, UTC)
        made = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = {"id": prefix + row["id"], **row["spec"], "createdAt": made, "updatedAt": made}
        if not prefix:
            answer.pop("partQuantities", None)
            answer["state"] = "published"
            base = {
                "id": "base_attributes",
                "name": "Base Attributes",
                "values": ["none"],
                "attributesMapping": [],
            }
            answer["variantOptions"] = [base, *({**o, "state": "x"} for o in answer["variantOptions"])]
        return answer

    # -- on the wire

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
            if self.chaos and self.random.random() < self.chaos:
                return self._any_odd(operation)
        return None

    def _any_odd(self, operation: str) -> Odd:
        kinds = ["cut", "reset", "half", "html", "empty", "status"]
        kind = self.random.choice(kinds)
        commit = self.random.random() < 0.5 if operation in CREATES else False
        return Odd(kind, commit=commit, status=self.random.choice([500, 502, 503, 504]))


def _envelope(data: Any) -> dict[str, Any]:
    return {"code": 10000, "message": "Success！", "data": data}


def operation_of(method: str, path: str) -> str:
    """The operation that a request means, empty for none of them."""
    if path.startswith("/openapi/v1/product/custom/"):
        names = {
            "customDesigned/addProduct": "create",
            "customDesigned/search": "search",
            "designModel/search": "models",
        }
        name = names.get(path.removeprefix("/openapi/v1/product/custom/"))
        return f"kakaclo.{name}" if name and method == "POST" else ""
    if (method, path) == ("POST", "/product/v1/customer-product"):
        return "gelato.create"
    if path.startswith("/product/v1/customer-products"):
        return {"GET": "gelato.list", "PATCH": "gelato.update"}.get(method, "")
    return ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: VendorServer
    # Two small writes would wait for each other's acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        headers = {key.lower(): value for key, value in self.headers.items()}
        parts = urlsplit(self.path)
        operation = operation_of(self.command, parts.path)
        provider = "kakaclo" if parts.path.startswith("/openapi/") else "gelato"
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        seen = Seen(operation, self.command, parts.path, query, headers, _parsed(raw))
        with self.owner._lock:
            self.owner.requests.append(seen)
        account = self.owner.account_of(provider, headers)
        if account is None:
            self._send(401, json.dumps({"message": "Unauthorized"}).encode(), {})
            return
        odd = self.owner.odd_for(operation)
        if odd is None:
            self._answer(operation, account, seen.body)
        else:
            self._misbehave(odd, operation, account, seen.body)

    do_POST = do_GET  # noqa: N815
    do_PATCH = do_GET  # noqa: N815

    def _answer(self, operation: str, account: str, body: Any) -> None:
        status, answer = self.owner.answer(operation, account, self.path, body)
        self._send(status, json.dumps(answer).encode(), {})

    def _misbehave(self, odd: Odd, operation: str, account: str, body: Any) -> None:
        if odd.commit:
            self.owner.answer(operation, account, self.path, body)
        if odd.hook is not None:
            odd.hook()
        if odd.kind == "pass":
            self._answer(operation, account, body)
        elif odd.kind in ("cut", "reset", "hang"):
            self._hang_up(odd)
        elif odd.kind == "raw":
            self.wfile.write(odd.body)
            self._hang_up(odd)
        elif odd.kind == "half":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n" + b'{"code": 10000, "data"')
            self._hang_up(odd)
        elif odd.kind == "status":
            self._send(odd.status, odd.body or b'{"message": "oops"}', odd.headers)
        elif odd.kind == "code":
            told = {"code": odd.status, "message": "refused"}
            self._send(200, json.dumps(told).encode(), {})
        elif odd.kind == "blank":
            rows: Any = _envelope({"list": [], "total": 0})
            if operation.startswith("gelato"):
                rows = {"customerProducts": [], "pagination": {"total": 0}}
            self._send(200, json.dumps(rows).encode(), {})
        else:
            bodies = {"html": b"<!doctype html><h1>Just a moment", "empty": b"", "text": odd.body}
            self._send(200, bodies[odd.kind], odd.headers)

    def _hang_up(self, odd: Odd) -> None:
        self.close_connection = True
        if odd.kind == "hang":
            # Until the client gives up: it closes, and there is nothing more to read.
            self.connection.settimeout(20)
            self.rfile.read(1)
        if odd.kind == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        else:
            self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
        lines += [f"{key}: {value}" for key, value in headers.items()]
        if self.owner.date_header and "Date" not in headers:
            lines.append(f"Date: {formatdate(self.owner.clock(), usegmt=True)}")
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw
