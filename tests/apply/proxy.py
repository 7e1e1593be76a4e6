"""A proxy on loopback: CONNECT, and behind it the vendors with TLS, under a certificate of its own.

The tunnel ends here: what comes through is decrypted, passed on to the vendor server, and answered, so
that the proxy can do what proxies and gateways do with an answer. `host` is the vendors' name.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HOST = "vendor.example"
#: Headers that belong to one connection.
_HOP = {"connection", "transfer-encoding", "keep-alive", "proxy-authorization", "content-length"}


def certificate(folder: Path, host: str = HOST) -> Path:
    """A certificate for `host`, signed by itself, with its key, in one file."""
    key, cert, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "30", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
         "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    return both


class Proxy:
    """See the module. Thread-safe; `stop` ends it."""

    def __init__(self, vendor_port: int, pem: Path) -> None:
        self.vendor_port = vendor_port
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(pem)
        #: What the next CONNECTs are answered, one each: a status, or None for a tunnel.
        self.connects: list[int | None] = []
        #: Says of a request (method, path) whether its answer is cut off, after the vendor has given it.
        self.cuts: Callable[[str, str], bool] = lambda _method, _path: False
        #: Says of a request whether its answer comes from the cache if it is there.
        self.caches: Callable[[str, str], bool] = lambda _method, _path: False
        #: Tells the age of a cached answer in its header.
        self.tells_age = True
        self.clock: Callable[[], float] = lambda: 0.0
        self.tunnels = 0
        self.passed: list[str] = []
        self._cache: dict[tuple[Any, ...], tuple[int, dict[str, str], bytes, float]] = {}
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Owned", (_Tunnel,), {"owner": self}))
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
        """The vendors' addresses for who goes through this proxy."""
        return {"kakaclo": f"https://{HOST}/openapi", "gelato": f"https://{HOST}"}

    def connected(self) -> int | None:
        """A CONNECT has come: what it is refused with, None for a tunnel."""
        with self._lock:
            status = self.connects.pop(0) if self.connects else None
            self.tunnels += status is None
            return status

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes] | None:
        """The answer for a client; None: the connection is cut."""
        name = (method, path, body, headers.get("Authorization"), headers.get("X-API-KEY"))
        cached = self.caches(method, path)
        with self._lock:
            self.passed.append(f"{method} {path}")
            if cached and name in self._cache:
                status, told, content, at = self._cache[name]
                age = {"Age": str(int(self.clock() - at))} if self.tells_age else {}
                return status, {**told, **age}, content
        try:
            status, told, content = self._forward(method, path, headers, body)
        except (OSError, http.client.HTTPException):
            # The vendor hung up on the proxy; what a gateway says of it is not the vendor's word.
            return 502, {"Content-Type": "application/json"}, json.dumps({"message": "bad gateway"}).encode()
        if self.cuts(method, path):
            return None
        if cached:
            with self._lock:
                self._cache[name] = (status, told, content, self.clock())
        return status, told, content

    def _forward(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        vendor = http.client.HTTPConnection("127.0.0.1", self.vendor_port, timeout=30)
        try:
            sent = {key: value for key, value in headers.items() if key.lower() not in _HOP}
            vendor.request(method, path, body or None, sent)
            answer = vendor.getresponse()
            content = answer.read()
            told = {key: value for key, value in answer.getheaders() if key.lower() not in _HOP}
            return answer.status, told, content
        finally:
            vendor.close()


class _Tunnel(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Proxy

    def log_message(self, *_: object) -> None:
        pass

    def do_CONNECT(self) -> None:
        refused = self.owner.connected()
        if refused is not None:
            asks = "Proxy-Authenticate: Basic realm=x\r\n" if refused == 407 else ""
            line = f"HTTP/1.1 {refused} No\r\n{asks}Content-Length: 0\r\nConnection: close\r\n\r\n"
            self.wfile.write(line.encode())
            self.close_connection = True
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.close_connection = True
        with suppress(OSError), self.owner.tls.wrap_socket(self.connection, server_side=True) as inner:
            type("Inner", (_Inner,), {"owner": self.owner})(inner, self.client_address, self.server)


class _Inner(BaseHTTPRequestHandler):
    """The requests of one tunnel."""

    protocol_version = "HTTP/1.1"
    owner: Proxy

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.owner.answer(self.command, self.path, dict(self.headers), body)
        if answer is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, headers, content = answer
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(content)}"]
        lines += [f"{key}: {value}" for key, value in headers.items()]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + content)

    do_POST = do_GET  # noqa: N815
    do_PATCH = do_GET  # noqa: N815


@contextmanager
def a_proxy(vendor_port: int, pem: Path) -> Iterator[Proxy]:
    proxy = Proxy(vendor_port, pem)
    try:
        yield proxy
    finally:
        proxy.stop()
