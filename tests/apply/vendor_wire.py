"""The vendors on the wire: how requests arrive, and each way in which an answer is none."""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

#: How long an answer that does not end goes on when nobody hangs up, and its rhythm.
ENDLESS_SECONDS, DRIP_SECONDS = 20.0, 0.02


@dataclass(frozen=True)
class Odd:
    """What becomes of one request.

    On the wire: cut (FIN), reset, half (half of the answer), hang, raw (`body` are the bytes),
    drip-head, drip-body, continue (endless `100 Continue`). With HTTP `status`: status. With 200: html,
    empty, text (`body`), code (KakaClo's refusal, `status` is the code), blank (a listing without rows).
    Carried out, and told otherwise: id (the true answer with the id in `body`), otherwise (`body`, in
    which "PRODUCT" is the true answer, "ID" its id, and the key "WITH" the rest of it), job (202, the
    request's body with a job's id), unchanged (a PATCH's product as it was before). later: answered as if
    carried out, and done only `seconds` from now. pass: nothing of all this.

    `commit`: carried out before. `hook` is called in between. `date`: the Date of this answer, so many
    seconds off.
    """

    kind: str
    commit: bool = False
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hook: Callable[[], object] | None = None
    date: float | None = None
    seconds: float = 0.0

    @property
    def succeeds(self) -> bool:
        """Whether its status is that of a success, and its body does not say that it failed."""
        if self.kind == "raw":
            return self.body.startswith(b"HTTP/1.1 2")
        if self.kind in ("status", "otherwise"):
            return 200 <= self.status < 300
        if self.kind == "text":
            return b'"error' not in self.body
        return self.kind in ("half", "html", "empty", "drip-body", "job", "id", "unchanged")


@dataclass(frozen=True)
class Seen:
    """One request as it arrived; `at` is the world's time."""

    operation: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    at: float = 0.0


class Owner(Protocol):
    """What the wire asks of the shops; `vendor_server` says how."""

    clock: Callable[[], float]
    cache_tells_age: bool

    def arrived(self, seen: Seen) -> None: ...
    def account_of(self, provider: str, headers: Mapping[str, str]) -> str | None: ...
    def odd_for(self, operation: str) -> Odd | None: ...
    def answer(
        self, operation: str, account: str, target: str, body: Any, *, said: bool = False
    ) -> tuple[int, Any]: ...
    def shown_before(self, target: str) -> Any: ...
    def postpone(self, seconds: float, operation: str, account: str, target: str, body: Any) -> Any: ...
    def cached(self, seen: Seen, account: str) -> tuple[bytes, float, float] | None: ...
    def keep(self, seen: Seen, account: str, body: bytes) -> None: ...
    def date_for(self, operation: str) -> float | None: ...


def envelope(data: Any) -> dict[str, Any]:
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
        if method == "GET" and path.startswith("/openapi/v1/product/custom/designModel/detail/"):
            return "kakaclo.model"
        return f"kakaclo.{name}" if name and method == "POST" else ""
    if (method, path) == ("POST", "/product/v1/customer-product"):
        return "gelato.create"
    if path.startswith("/product/v1/customer-products/") and path.endswith("/variant-values"):
        return "gelato.values" if method == "POST" else ""
    if path.startswith("/product/v1/customer-products"):
        return {"GET": "gelato.list", "PATCH": "gelato.update"}.get(method, "")
    return ""


def _filled(form: Any, done: dict[str, Any]) -> Any:
    if isinstance(form, dict):
        base = done if form.pop("WITH", None) else {}
        return {**base, **{key: _filled(each, done) for key, each in form.items()}}
    if isinstance(form, list):
        return [_filled(each, done) for each in form]
    return {"PRODUCT": done, "ID": done["id"]}.get(form, form) if isinstance(form, str) else form


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Owner
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
        now = self.owner.clock()
        seen = Seen(operation, self.command, parts.path, query, headers, _parsed(raw), now)
        self._seen = seen
        self.owner.arrived(seen)
        account = self.owner.account_of(provider, headers)
        if account is None:
            self._send(401, json.dumps({"message": "Unauthorized"}).encode(), {})
            return
        odd = self.owner.odd_for(operation)
        if odd is None:
            self._answer(account)
        else:
            self._misbehave(odd, account)

    do_POST = do_GET  # noqa: N815
    do_PATCH = do_GET  # noqa: N815

    def _answer(self, account: str, odd: Odd | None = None) -> None:
        """The truth, or what a cache in front of the vendor has kept of it."""
        seen, headers = self._seen, dict(odd.headers) if odd else {}
        kept = self.owner.cached(seen, account)
        if kept is not None:
            body, age, date = kept
            told = {"Age": str(int(age))} if self.owner.cache_tells_age else {}
            headers |= {**told, "Date": formatdate(date, usegmt=True)}
            self._send(200, body, headers)
            return
        status, answer = self.owner.answer(seen.operation, account, self.path, seen.body, said=True)
        body = json.dumps(answer).encode()
        if status == 200:
            self.owner.keep(seen, account, body)
        self._send(status, body, headers, odd)

    def _misbehave(self, odd: Odd, account: str) -> None:
        before = self.owner.shown_before(self.path) if odd.kind == "unchanged" else None
        done: Any = None
        if odd.commit or odd.kind in ("id", "otherwise"):
            _status, done = self.owner.answer(
                self._seen.operation, account, self.path, self._seen.body, said=odd.succeeds
            )
        if odd.hook is not None:
            odd.hook()
        if odd.kind == "pass":
            self._answer(account, odd)
        elif odd.kind in ("cut", "reset", "hang"):
            self._hang_up(odd)
        elif odd.kind in ("drip-head", "drip-body", "continue"):
            self._drip(odd.kind)
        elif odd.kind in ("raw", "half"):
            half = b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n" + b'{"code": 10000, "data"'
            self.wfile.write(odd.body if odd.kind == "raw" else half)
            self._hang_up(odd)
        else:
            status, body = self._untrue(odd, account, done, before)
            self._send(status, body, odd.headers, odd)

    def _untrue(self, odd: Odd, account: str, done: Any, before: Any) -> tuple[int, bytes]:
        """An answer that is whole, and does not say what happened."""
        seen = self._seen
        if odd.kind == "status":
            return odd.status, odd.body or b'{"message": "oops"}'
        if odd.kind == "blank":
            rows: Any = envelope({"list": [], "total": 0})
            if seen.operation.startswith("gelato"):
                rows = {"customerProducts": [], "pagination": {"total": 0}}
            return 200, json.dumps(rows).encode()
        if odd.kind == "later":
            told = self.owner.postpone(odd.seconds, seen.operation, account, self.path, seen.body)
        elif odd.kind == "code":
            told = {"code": odd.status, "message": "refused"}
        elif odd.kind == "job":
            return 202, json.dumps(
                {**(seen.body if isinstance(seen.body, dict) else {}), "id": "job-7f31", "status": "queued"}
            ).encode()
        elif odd.kind == "id":
            told = {**done, "id": odd.body.decode()}
        elif odd.kind == "otherwise":
            return odd.status, json.dumps(_filled(json.loads(odd.body), done)).encode()
        elif odd.kind == "unchanged":
            told = before
        else:
            return 200, {"html": b"<!doctype html><h1>Just a moment", "empty": b"", "text": odd.body}[
                odd.kind
            ]
        return 200, json.dumps(told).encode()

    def _drip(self, kind: str) -> None:
        """Bytes that come in time to satisfy any limit on silence, and never make an answer."""
        self.close_connection = True
        head = b"HTTP/1.1 200 OK\r\n"
        if kind == "drip-body":
            head += b'Content-Length: 1000000\r\n\r\n{"code": 10000, "message": "'
        self.wfile.write(b"" if kind == "continue" else head)
        drop = {
            "drip-body": b"a",
            "drip-head": b"X-Slow: 1\r\n",
            "continue": b"HTTP/1.1 100 Continue\r\n\r\n",
        }
        until = time.monotonic() + ENDLESS_SECONDS
        try:
            while time.monotonic() < until:
                self.wfile.write(drop[kind])
                if select.select([self.connection], [], [], DRIP_SECONDS)[0]:
                    return  # the client has hung up
        except OSError:
            return

    def _hang_up(self, odd: Odd) -> None:
        self.close_connection = True
        if odd.kind == "hang":
            # Until the client gives up: it closes, and there is nothing more to read.
            self.connection.settimeout(ENDLESS_SECONDS)
            self.rfile.read(1)
        if odd.kind == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        else:
            self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str], odd: Odd | None = None) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
        lines += [f"{key}: {value}" for key, value in headers.items()]
        date = self.owner.date_for(self._seen.operation)
        if odd is not None and odd.date is not None:
            date = self.owner.clock() + odd.date
        if date is not None and "Date" not in headers:
            lines.append(f"Date: {formatdate(date, usegmt=True)}")
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw
