"""A server on loopback that plays every host of the internet, and the network that leads to it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from podsync.images.addresses import refusal
from podsync.images.https import Network

_CERTIFICATE = Path(__file__).parent / "loopback.pem"  # for cdn.test, *.cdn.test and other.test
LOOPBACK = "127.0.0.1"

Behaviour = Callable[[BaseHTTPRequestHandler], None]


def body(
    data: bytes, status: int = 200, ranges: bool = True, **headers: str
) -> Callable[[BaseHTTPRequestHandler], None]:
    """Serve `data`, in part when that is asked for."""

    def serve(request: BaseHTTPRequestHandler) -> None:
        wanted, sent = request.headers.get("Range", ""), status
        told = {"Content-Type": "image/png", **{k.replace("_", "-"): v for k, v in headers.items()}}
        part = data
        if ranges and wanted.startswith("bytes=0-") and status == 200:
            if not data:
                answer(request, 416, {"Content-Range": "bytes */0"}, b"<p>no such range</p>")
                return
            part, sent = data[: int(wanted.removeprefix("bytes=0-")) + 1], 206
            told["Content-Range"] = f"bytes 0-{len(part) - 1}/{len(data)}"
        answer(request, sent, told, part)

    return serve


def tagged(data: bytes, etag: str) -> Behaviour:
    """Serve `data` with an ETag, and 304 to whoever knows it."""

    def serve(request: BaseHTTPRequestHandler) -> None:
        if request.headers.get("If-None-Match") == etag:
            answer(request, 304, {"ETag": etag}, b"")
        else:
            body(data, ETag=etag)(request)

    return serve


def redirect(to: str, status: int = 302) -> Behaviour:
    """Lead elsewhere; the address is sent as UTF-8, as servers do it."""
    location = to.encode().decode("latin-1")
    return lambda request: answer(request, status, {"Location": location}, b"elsewhere")


def answer(request: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], data: bytes) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    if "Content-Length" not in headers:
        request.send_header("Content-Length", str(len(data)))
    request.end_headers()
    request.wfile.write(data)


@dataclass
class Server:
    """`behaviours` maps `host/path` or `/path` to what is done; `seen` is what was asked for."""

    port: int = 0
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    most_at_once: int = 0
    now: int = 0

    def url(self, path: str, host: str = "cdn.test") -> str:
        return f"https://{host}:{self.port}{path}"


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host = self.headers.get("Host", "").partition(":")[0]
            with lock:
                server.seen.append(f"{host}{self.path}")
                server.headers.append({name.lower(): value for name, value in self.headers.items()})
                server.now += 1
                server.most_at_once = max(server.most_at_once, server.now)
            bare = self.path.partition("?")[0]
            act = server.behaviours.get(f"{host}{bare}") or server.behaviours.get(bare) or body(b"", 404)
            try:
                with suppress(OSError):  # whoever has seen enough hangs up
                    act(self)
            finally:
                with lock:
                    server.now -= 1
                self.close_connection = True

        def log_message(self, *_args: object) -> None:
            pass

    class Listener(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_args: object) -> None:
            """Those who do not like the certificate hang up."""

    http = Listener((LOOPBACK, 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_CERTIFICATE)
    http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    server.port = http.server_address[1]
    thread = threading.Thread(target=lambda: http.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def network(**changes: object) -> Network:
    """The network in which every name of the tests is loopback, and nothing else of it is allowed."""
    facts: dict[str, object] = {
        "refused": lambda address: "" if address == LOOPBACK else refusal(address),
        "resolve": names({}),
        "trusted": trusted,
    }
    return Network(**{**facts, **changes})  # type: ignore[arg-type]


def names(more: Mapping[str, list[str]]) -> Callable[[str, int], list[str]]:
    """A resolver that knows `more`, and the hosts of the certificate."""

    def resolve(host: str, _port: int) -> list[str]:
        if host in more:
            return more[host]
        if host.endswith(".test"):
            return [LOOPBACK]
        raise socket.gaierror(-2, "Name or service not known")

    return resolve


def trusted() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=_CERTIFICATE)


class FastClock:
    """A clock that runs a second ahead at every look: what takes long takes a moment here."""

    def __init__(self, step: float = 0.0) -> None:
        self.slept: list[float] = []
        self._now = 1000.0
        self._step = step

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        self._now += self._step
        return self._now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += seconds
