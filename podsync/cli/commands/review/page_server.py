"""Serves one page on loopback, only to those who know its address.

The address holds a token, which another page in the same browser cannot learn. A request for another host
(DNS rebinding) or on behalf of another origin is refused. Only GET and HEAD are allowed, so nothing can be
changed.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from threading import Condition, Thread
from typing import Any, Self, TypeAlias

#: Makes the page of a version, piece by piece.
Render: TypeAlias = Callable[[int], Iterator[str]]

#: Seconds after which an open page is told that nothing changed, to see if it is still there.
_STILL_HERE = 10.0
#: Seconds within which a request must arrive.
_PATIENCE = 30.0
_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "frame-ancestors 'none'"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)


class PageServer(ThreadingHTTPServer):
    """Serves the page that was last given to `show`, inside its block; OSError if the port is taken."""

    daemon_threads = True
    block_on_close = False
    # On Windows it would let another program take the same port.
    allow_reuse_address = os.name != "nt"

    def __init__(self, port: int = 0) -> None:
        self._token = secrets.token_urlsafe(24)
        self._news = Condition()
        self._render: Render = lambda _version: iter(())
        self._version = 0
        self._closed = False
        super().__init__(("127.0.0.1", port), _Handler)
        self._thread = Thread(target=self.serve_forever, args=(0.1,), name="page", daemon=True)

    @property
    def port(self) -> int:
        """The port; the free one that was found, if none was given."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """The page's address, token included."""
        return f"http://127.0.0.1:{self.port}/{self._token}/"

    def show(self, render: Render) -> None:
        """Serve another page, and tell the open ones at once."""
        with self._news:
            self._render = render
            self._version += 1
            self._news.notify_all()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        with self._news:
            self._closed = True
            self._news.notify_all()
        self.shutdown()
        self.server_close()
        self._thread.join(5)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore browsers that went away."""

    # -- what a request asks

    def place(self, path: str) -> str | None:
        """Return the path behind the token, None for a wrong token."""
        token, slash, rest = path.removeprefix("/").partition("/")
        right = hmac.compare_digest(token.encode("utf-8", "replace"), self._token.encode())
        return rest if right and slash else None

    def trusts(self, host: str, origin: str | None, site: str | None) -> bool:
        """Whether a request names this server as its host, and does not come from another page."""
        own = {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}
        if host.lower() not in own or site in {"cross-site", "same-site"}:
            return False
        return origin is None or origin.lower() in {f"http://{name}" for name in own}

    def page(self) -> Iterator[str]:
        """Yield the current page, piece by piece."""
        with self._news:
            render, version = self._render, self._version
        return render(version)

    def versions(self) -> Iterator[int | None]:
        """Yield the current version and each later one, None after a while without a new one."""
        sent = None
        while True:
            with self._news:
                if self._version == sent and not self._closed:
                    self._news.wait(_STILL_HERE)
                version, closed = self._version, self._closed
            if closed:
                return
            yield None if version == sent else version
            sent = version


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    timeout = _PATIENCE

    def do_GET(self) -> None:
        headers, pages = self.headers, self.server
        origin, site = headers.get("Origin"), headers.get("Sec-Fetch-Site")
        if len(headers.get_all("Host") or ()) != 1 or not pages.trusts(headers["Host"], origin, site):
            self._refuse(HTTPStatus.FORBIDDEN)
            return
        place = pages.place(self.path)
        if place == "":
            self._begin("text/html; charset=utf-8")
            self._write(pages.page())
        elif place == "events":
            self._begin("text/event-stream")
            self._write(chain(["retry: 1000\n\n"], map(_event, pages.versions())))  # how soon to come back
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def do_HEAD(self) -> None:
        self.do_GET()

    def send_error(self, code: int, *_words: Any, **_more: Any) -> None:
        """Refuse without repeating what was asked: another method, or no HTTP."""
        self._refuse(
            HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else HTTPStatus(code)
        )

    def version_string(self) -> str:
        return "podsync"

    def log_message(self, *_args: Any, **_more: Any) -> None:
        """Log nothing: a line would hold the token."""

    def _begin(self, content_type: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", content_type)
        for name, value in _HEADERS:
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True

    def _write(self, pieces: Iterator[str]) -> None:
        if self.command == "HEAD":
            return
        with suppress(ConnectionError, TimeoutError):
            for piece in pieces:
                self.wfile.write(piece.encode("utf-8", "backslashreplace"))
                self.wfile.flush()

    def _refuse(self, status: HTTPStatus) -> None:
        self.send_response(status)
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        for name, value in (*_HEADERS, ("Content-Length", "0"), ("Connection", "close")):
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True


def _event(version: int | None) -> str:
    return ": still here\n\n" if version is None else f"event: version\ndata: {version}\n\n"
