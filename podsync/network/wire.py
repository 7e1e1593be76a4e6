"""Sends one request over urllib3 and reads its answer; knows when its first byte was handed over.

Whether a request may have arrived is known by its own mark alone (`Exchange.sent`): it is set after the
connection, the proxy's tunnel and TLS have come about, immediately before the first byte of the request is
handed to the connection. No exception tells it: behind a proxy, a cut after the answer looks like a
proxy's error. What goes wrong here is a `WireError`; no other exception leaves.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection, ProxyConfig
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from podsync.network.certificates import Trust
from podsync.network.faults import ProxyRefusalError, Route, WireError, broken, unreachable
from podsync.network.hosts import authority, proxy_headers
from podsync.network.watchdog import WATCHDOG, ConnectionDeadline

#: No page of a listing comes near it; a server that sends more is not read to the end.
BODY_LIMIT = 64 * 1024 * 1024
#: A connection idle for longer may be closed by the server just as a create is written to it.
IDLE_SECONDS = 5.0
#: Statuses of what is said before an answer; http.client knows 100 alone. After 101 it is not HTTP any more.
_BEFORE = range(102, 200)
#: Everything that sockets, TLS, http.client and urllib3 raise for what a peer does.
FOREIGN = (OSError, http.client.HTTPException, HTTPError, ValueError)


@dataclass(slots=True)
class Exchange:
    """One request on its way. `sent` is set when its first byte is about to be handed over.

    `send_before` is the moment of `monotonic` after which nothing may leave; None for reads. `status` is that
    of its answer, which may break off after it.
    """

    monotonic: Callable[[], float]
    send_before: float | None = None
    sent: bool = field(default=False, init=False)
    status: int | None = field(default=None, init=False)

    def leave(self) -> None:
        """Set the mark; raises WireError when it is too late."""
        if self.send_before is not None and self.monotonic() > self.send_before:
            raise WireError("it was too late to send this request")
        self.sent = True


class RawResponse(NamedTuple):
    """An answer as it arrived, whole."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Peer:
    """Where a connection leads: the host, and the proxy on the way to it."""

    url: SplitResult
    proxy: SplitResult | None = None

    @property
    def host(self) -> str:
        """The provider's host."""
        return self.url.hostname or ""

    @property
    def port(self) -> int:
        """The provider's port."""
        return self.url.port or (443 if self.url.scheme == "https" else 80)

    @property
    def nearest(self) -> tuple[str, int]:
        """Host and port to which the connection itself goes."""
        if self.proxy is None:
            return self.host, self.port
        return self.proxy.hostname or "", self.proxy.port or (443 if self.proxy.scheme == "https" else 80)

    def route(self, *, through: bool) -> Route:
        """Return how people know it, without what is secret in the proxy's URL."""
        proxy = "" if self.proxy is None else ":".join(map(str, self.nearest))
        return Route(self.host, proxy, through)

    @property
    def authority(self) -> str:
        """Host and port as a tunnel names them."""
        return authority(self.host, self.port)

    @property
    def proxy_headers(self) -> dict[str, str]:
        """What is said to the proxy alone."""
        return {} if self.proxy is None else proxy_headers(self.proxy)


class _Answer(http.client.HTTPResponse):
    """The answer to a request; what a server says before it (103, say) is not that."""

    def begin(self) -> None:
        """Read the head of the answer."""
        super().begin()
        while self.status in _BEFORE:
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()


class _PlainConnection(HTTPConnection):
    """A connection that hands a request over in one piece, and whose making has an end.

    `handle` is a second hold on the same TCP connection: it shuts what TLS and tunnels have wrapped.
    `arriving` is the answer that is being read.
    """

    peer: Peer
    arriving: _Answer | None = None
    until: float
    handle: socket.socket | None = None
    tunnelled = False
    _deadline: ConnectionDeadline | None = None
    _parts: list[bytes] | None = None

    def _new_conn(self) -> socket.socket:
        """Connect to one address after the other, all of them within the time that there is."""
        problem: OSError | None = None
        for family, kind, protocol, _, where in socket.getaddrinfo(
            *self.peer.nearest, type=socket.SOCK_STREAM
        ):
            left = self.until - time.monotonic()
            if left <= 0:
                break
            line = socket.socket(family, kind, protocol)
            try:
                line.settimeout(left)
                line.connect(where)
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.handle = line.dup()
            except OSError as error:
                problem = error
                line.close()
            else:
                self._deadline = WATCHDOG.watch(self.handle, left)
                return line
        raise problem or TimeoutError

    def open(self) -> None:
        """Connect, tunnel, TLS: all of it ends in time, also where a peer answers in drops."""
        try:
            self.connect()
        except FOREIGN as error:
            if self._expired():
                raise TimeoutError from error
            raise
        if self._expired():
            raise TimeoutError

    def _expired(self) -> bool:
        return self._deadline is not None and self._deadline.cancel()

    def _tunnel(self) -> None:
        """Have the proxy connect to the host. Nothing of the request is known to it."""
        lines = {"Host": self.peer.authority, **self.peer.proxy_headers}
        header = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        line: Any = self.sock
        line.sendall(f"CONNECT {self.peer.authority} HTTP/1.1\r\n{header}\r\n".encode("ascii"))
        with closing(_Answer(line, method="CONNECT")) as response:
            response.begin()
            if not 200 <= response.status < 300:
                raise ProxyRefusalError(response.status)
        self.tunnelled = True

    def send(self, data: Any) -> None:
        """Keep what http.client would send piece by piece."""
        if self._parts is None:
            super().send(data)
        else:
            self._parts.append(data)

    def hand_over(
        self, exchange: Exchange, method: str, target: str, body: bytes | None, headers: Mapping[str, str]
    ) -> None:
        """Send the whole request at once: nothing of it leaves later than its first byte's check."""
        parts: list[bytes] = []
        self._parts = parts
        self.request(method, target, body, headers, preload_content=False)
        self._parts = None
        exchange.leave()
        line: Any = self.sock
        line.sendall(b"".join(parts))

    def response_class(self, *args: Any, **options: Any) -> _Answer:  # type: ignore[override]
        """Make the answer that is about to be read; http.client calls it so."""
        self.arriving = _Answer(*args, **options)
        return self.arriving

    @property
    def status(self) -> int | None:
        """The status of the answer, as soon as its first line has come."""
        status = self.arriving.status if self.arriving is not None else None
        return status if isinstance(status, int) else None

    def discard(self) -> None:
        """Close it for good."""
        self.close()
        if self.handle is not None:
            self.handle.close()


class _SecureConnection(_PlainConnection, HTTPSConnection):
    """The same under TLS."""


class Wire:
    """Connections to one host, by one way; they are reused. Thread-safe."""

    def __init__(
        self, base_url: str, *, proxy: str, trust: Trust, timeout: float, monotonic: Callable[[], float]
    ) -> None:
        self._peer = Peer(urlsplit(base_url), urlsplit(proxy) if proxy else None)
        self._trust, self._timeout, self._monotonic = trust, timeout, monotonic
        self._lock = threading.Lock()
        self._idle: list[tuple[_PlainConnection, float]] = []
        weakref.finalize(self, _discard, self._idle)
        self._context: Any = None

    def ask(
        self, exchange: Exchange, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> RawResponse:
        """Send a request once and read its answer to the end; raises WireError for everything else."""
        connection = self._taken() or self._opened(exchange)
        kept = False
        try:
            raw = self._asked(connection, exchange, method, path, body, headers)
            kept = connection.sock is not None and raw.status >= 200
        except FOREIGN as error:
            raise broken(error) from None
        finally:
            if kept:
                with self._lock:
                    self._idle.append((connection, self._monotonic()))
            else:
                connection.discard()
        return raw

    def _asked(
        self,
        connection: _PlainConnection,
        exchange: Exchange,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> RawResponse:
        target, sent = path, dict(headers)
        if self._peer.proxy is not None and self._peer.url.scheme == "http":
            target = f"http://{self._peer.authority}{path}"
            sent |= self._peer.proxy_headers
        assert connection.handle is not None  # noqa: S101 (an open connection has one)
        deadline = WATCHDOG.watch(connection.handle, 2 * self._timeout)
        try:
            connection.timeout, connection.arriving = self._timeout, None
            connection.hand_over(exchange, method, target, body, sent)
            response = connection.getresponse()
            with closing(response):
                content = _content(response)
        finally:
            exchange.status = connection.status
            late = deadline.cancel()
        if late:
            # What was shut in the middle may look like an end.
            raise WireError("the answer did not end in time")
        return RawResponse(response.status, response.headers, content)

    def _taken(self) -> _PlainConnection | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection, since = self._idle.pop()
            if self._monotonic() - since <= IDLE_SECONDS and connection.is_connected:
                return connection
            connection.discard()

    def _opened(self, exchange: Exchange) -> _PlainConnection:
        seconds = self._timeout
        if exchange.send_before is not None:
            seconds = min(seconds, exchange.send_before - self._monotonic())
        if seconds <= 0:
            raise WireError("it was too late to send this request")
        connection = self._made(seconds)
        try:
            connection.open()
        except FOREIGN as error:
            connection.discard()
            raise unreachable(error, self._peer.route(through=connection.tunnelled)) from None
        except BaseException:
            connection.discard()
            raise
        return connection

    def _made(self, seconds: float) -> _PlainConnection:
        peer = self._peer
        secure = peer.url.scheme == "https" or (peer.proxy is not None and peer.proxy.scheme == "https")
        extra: dict[str, Any] = {}
        if peer.proxy is not None:
            extra["proxy"] = parse_url(f"{peer.proxy.scheme}://{peer.proxy.netloc.rpartition('@')[2]}")
        if secure:
            context = self._trusted()
            extra["ssl_context"] = context
            if peer.proxy is not None:
                extra["proxy_config"] = ProxyConfig(context, False, None, None)
        connection = (_SecureConnection if secure else _PlainConnection)(
            *peer.nearest, timeout=seconds, **extra
        )
        if peer.proxy is not None and peer.url.scheme == "https":
            connection.set_tunnel(peer.host, peer.port, scheme=peer.proxy.scheme)
        connection.peer, connection.until = peer, time.monotonic() + seconds
        return connection

    def _trusted(self) -> Any:
        with self._lock:
            if self._context is None:
                self._context = self._trust()
            return self._context


def _discard(idle: list[tuple[_PlainConnection, float]]) -> None:
    while idle:
        idle.pop()[0].discard()


def _content(response: HTTPResponse) -> bytes:
    """Read a body to its end; it is bounded in size here, and in time by the watchdog."""
    parts, size = [], 0
    for part in response.stream(16 * 1024):
        parts.append(part)
        size += len(part)
        if size > BODY_LIMIT:
            raise WireError("the answer does not end")
    return b"".join(parts)
