"""Servers and proxies on loopback that say every byte themselves, with and without TLS."""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CERTIFICATE = Path(__file__).parent / "loopback.pem"  # for localhost, api.test and 127.0.0.1
LOOPBACK = "127.0.0.1"
#: A connection's script; it is closed when it returns.
Script = Callable[["Line"], None]


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATE)


def serving_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


class Line:
    """One connection, as its server sees it."""

    def __init__(self, line: socket.socket, number: int) -> None:
        self.line = line
        self.number = number

    def request(self) -> bytes:
        """Read one request with its body; empty when the client has hung up."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.line.recv(65536)
            if not more:
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for each in head.split(b"\r\n"):
            name, _, value = each.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(body) < length:
            body += self.line.recv(65536)
        return head + b"\r\n\r\n" + body

    def say(self, data: bytes) -> None:
        self.line.sendall(data)

    def drip(self, data: bytes, *, then: bytes = b"", seconds: float = 8.0) -> None:
        """Say some bytes, and then others for ever, a few at a time."""
        self.say(data)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.say(then or b"x")
            time.sleep(0.02)


class Peer:
    """Listens; runs a script for each connection. `requests` are the bytes that scripts have noted."""

    def __init__(self, script: Script, context: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._context = context
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        self.requests: list[bytes] = []
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._closed = False
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            if self._closed:
                line.close()
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(line, self.connections), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket, number: int) -> None:
        line.settimeout(10)
        self._open.append(line)
        try:
            if self._context is not None:
                line = self._context.wrap_socket(line, server_side=True)
                self._open.append(line)
            self._script(Line(line, number))
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the client has hung up, or does not like the certificate
        finally:
            line.close()

    def hang_up(self) -> None:
        """Shut every connection, in the middle of whatever it is."""
        for line in self._open:
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)

    def close(self) -> None:
        self._closed = True
        with suppress(OSError), socket.create_connection((LOOPBACK, self.port), 1):
            pass
        self._accepting.join(5)
        self._listener.close()
        self.hang_up()
        for thread in self._threads:
            thread.join(5)
        for line in self._open:
            line.close()


@contextmanager
def peer(script: Callable[[Peer, Line], None], context: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """Serve by a script that may note what it sees."""
    made: list[Peer] = []
    made.append(Peer(lambda line: script(made[0], line), context))
    try:
        yield made[0]
    finally:
        made[0].close()


def tunnel(to: int) -> Callable[[Peer, Line], None]:
    """A proxy's script: every CONNECT leads to port `to`."""

    def script(proxy: Peer, line: Line) -> None:
        proxy.requests.append(line.request())
        with socket.create_connection((LOOPBACK, to), 5) as upstream:
            line.say(b"HTTP/1.1 200 Connection established\r\nVia: nobody\r\n\r\n")
            with suppress(OSError):
                _relay(line.line, upstream)

    return script


def _relay(line: socket.socket, upstream: socket.socket) -> None:
    """Carry bytes both ways until one side ends, in one thread: two may not use one TLS connection."""
    other = {line: upstream, upstream: line}
    while True:
        held = [each for each in other if isinstance(each, ssl.SSLSocket) and each.pending()]
        for source in held or select.select([*other], [], [], 30)[0]:
            if not (data := source.recv(65536)):
                return
            other[source].sendall(data)
