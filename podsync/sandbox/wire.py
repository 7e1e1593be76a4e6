"""HTTP/1.1 on a socket: one request in, one answer out, the connection kept.

Written by hand instead of with `http.server`, whose header parser costs more than all the rest of
a request here, and because faults need the bare socket: half an answer, a reset, silence.
"""

import json
import socket
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

JsonObject = dict[str, Any]

MAX_HEAD = 64 * 1024
MAX_BODY = 64 * 1024 * 1024


class RefusalError(Exception):
    """The request is understood and not accepted, with `status`; the text says why."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class BadRequestError(Exception):
    """What arrived is not HTTP that this server speaks; the connection cannot be kept."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request. `path` is decoded and without its query; `headers` are named as they were sent."""

    method: str
    target: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    keep_alive: bool

    def header(self, name: str) -> str:
        """The header's value, found without regard to case; empty where there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), "")

    def json(self) -> Any:
        """The body as JSON. Raises ValueError for everything that is none, NaN and Infinity included."""
        try:
            return json.loads(self.body, parse_constant=_refuse_constant)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error

    def declared_json(self) -> Any:
        """The body as JSON, which the request must say that it is. Raises RefusalError."""
        if self.header("Content-Type").partition(";")[0].strip().lower() != "application/json":
            raise RefusalError("Content-Type must be application/json")
        try:
            return self.json()
        except ValueError as error:
            raise RefusalError(f"the body is not JSON: {error}") from error


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One answer, not yet on the wire. `headers` are those beside Content-Type, -Length and Date."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = field(default=())


def json_answer(status: int, value: object, headers: tuple[tuple[str, str], ...] = ()) -> HttpResponse:
    """An answer with `value` as UTF-8 JSON. A lone surrogate, which UTF-8 cannot hold, becomes `?`."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(status, text.encode("utf-8", "replace"), headers=headers)


def encode(answer: HttpResponse, *, date: float | None, keep_alive: bool) -> tuple[bytes, bytes]:
    """Head and body as they go out; `date` is the epoch second of the Date header, None for none."""
    try:
        reason = HTTPStatus(answer.status).phrase
    except ValueError:
        reason = "Unknown"
    lines = [
        f"HTTP/1.1 {answer.status} {reason}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
    ]
    if date is not None and not any(name.lower() == "date" for name, _ in answer.headers):
        lines.append(f"Date: {formatdate(date, usegmt=True)}")
    lines.extend(f"{name}: {value}" for name, value in answer.headers)
    if not keep_alive:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace"), answer.body


class ClientConnection:
    """A client's connection, read with a buffer of its own so that `close` really closes the socket."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self._buffer = bytearray()

    def read_request(self) -> HttpRequest | None:
        """The next request; None when the client has closed. Raises BadRequestError and OSError."""
        head = self._read_head()
        if head is None:
            return None
        lines = head.split("\r\n")
        parts = lines[0].split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise BadRequestError(lines[0][:80])
        method, target, version = parts
        headers = _parse_headers(lines[1:])
        lowered = {name.lower(): value for name, value in headers.items()}
        body = self._read_body(lowered)
        path, _, query = target.partition("?")
        connection = lowered.get("connection", "").lower()
        return HttpRequest(
            method=method,
            target=target,
            path=unquote(path),
            query=dict(parse_qsl(query, keep_blank_values=True)),
            headers=headers,
            body=body,
            keep_alive="close" not in connection and (version != "HTTP/1.0" or "keep-alive" in connection),
        )

    def send(self, data: bytes) -> None:
        """Send all of it; nothing for no bytes."""
        if data:
            self.sock.sendall(data)

    def _read_head(self) -> str | None:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > MAX_HEAD:
                raise BadRequestError("the head is too long")
            if not self._fill():
                if self._buffer:
                    raise BadRequestError("the head is not complete")
                return None
        head = self._buffer[:end].decode("latin-1")
        del self._buffer[: end + 4]
        return head

    def _read_body(self, headers: dict[str, str]) -> bytes:
        if "transfer-encoding" in headers:
            raise BadRequestError("only bodies with a Content-Length are read")
        text = headers.get("content-length", "0")
        if not (text.isascii() and text.isdigit()) or int(text) > MAX_BODY:
            raise BadRequestError(f"Content-Length: {text[:20]}")
        if headers.get("expect", "").lower() == "100-continue":
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = int(text)
        while len(self._buffer) < length:
            if not self._fill():
                # A client that died while sending: no such request ever was.
                raise BadRequestError("the body is not complete")
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _fill(self) -> bool:
        data = self.sock.recv(65536)
        self._buffer += data
        return bool(data)


def _parse_headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip() or not name:
            raise BadRequestError(f"header: {line[:40]}")
        headers[name] = value.strip()
    return headers


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
