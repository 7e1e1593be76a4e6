"""One HTTPS request to a public address, and nothing else: no answer and no name leads elsewhere.

The name is resolved here, every address is judged, and the connection goes to the very address that
was judged, so that a name which changes its meaning (DNS rebinding) gains nothing; the peer is judged
again. TLS is checked against the name. Every receive is bounded by one deadline, so that a peer that
sends a byte a second is cut off in time. There are no cookies, no credentials, no `.netrc` and no
redirects here.

Behind a proxy, it is the proxy that resolves and connects: what is plainly not public is refused
before it is asked (addresses in every spelling, local names, names that resolve here to something
private), the rest is the proxy's own rule. TLS ends here all the same: a server inside would need
a certificate for the name that was asked for.
"""

from __future__ import annotations

import io
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote, urlsplit

from podsync import __version__
from podsync.images.addresses import refusal, refused_name
from podsync.images.facts import UnseenImage
from podsync.network.certificates import Trust, system
from podsync.network.hosts import authority, proxy_headers

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: A connection that takes longer will not come.
CONNECT_SECONDS = 10.0
#: Of several addresses so many are tried.
MOST_ADDRESSES = 3
_HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?|[0-9a-f:.]+")
_SAFE: Final = "/%:@!$&'()*+,;=~-._"
_PUBLIC_ADDRESS = "use a picture that everybody can fetch: the provider has to"


class UnseenError(Exception):
    """The picture cannot be seen; `unseen` says why. `again` is whether a second try may help."""

    def __init__(self, unseen: UnseenImage, *, again: bool = False, wait: float | None = None) -> None:
        super().__init__(unseen.reason)
        self.unseen, self.again, self.wait = unseen, again, wait


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host, by the system's resolver; raises OSError if there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


@dataclass(frozen=True, slots=True)
class Network:
    """How the outside is reached. Values, so that a test can say otherwise and no setting can.

    `refused` tells why an address may not be reached, `proxy` which proxy (`http://…`) leads to a
    host, "" for none.
    """

    refused: Callable[[str], str] = refusal
    resolve: Callable[[str, int], Sequence[str]] = resolve
    trusted: Trust = system
    proxy: Callable[[str], str] = lambda _: ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of the monotonic clock, in seconds."""

    at: float
    now: Callable[[], float]

    @property
    def left(self) -> float:
        """Seconds until then; raises TimeoutError if there are none left."""
        seconds = self.at - self.now()
        if seconds <= 0:
            raise TimeoutError
        return seconds


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed URL: ASCII host, and the request target there."""

    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The host as HTTP names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 443 else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ImageResponse:
    """An answer whose body is still to be read. Header names are in small letters."""

    status: int
    headers: Mapping[str, str]
    read: Callable[[int], bytes]


def target(url: str) -> Target:
    """Take a URL apart; raises UnseenError for one that is not https or names no public host."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        port = 443 if parts.port is None else parts.port
    except ValueError:  # UnicodeError is one
        raise UnseenError(UnseenImage("the address is not a URL")) from None
    if parts.scheme != "https":
        reason = f"the address is {parts.scheme or 'nothing'}:, not https:"
        raise UnseenError(UnseenImage(reason, "serve the picture by https"))
    if "@" in parts.netloc or not _HOST.fullmatch(host):
        raise UnseenError(UnseenImage("the address names no host"))
    why = refused_name(host)
    if why:
        raise UnseenError(_not_public(why))
    query = f"?{quote(parts.query, _SAFE + '?')}" if parts.query else ""
    return Target(host, port, (quote(parts.path, _SAFE) or "/") + query)


@contextmanager
def opened(
    to: Target, headers: Mapping[str, str], network: Network, context: ssl.SSLContext, until: Deadline
) -> Iterator[ImageResponse]:
    """Ask, and yield the answer; raises UnseenError for everything that goes wrong, also in the body."""
    try:
        with closing(_connected(to, network, until)) as plain:
            plain.settimeout(until.left)
            with context.wrap_socket(plain, server_hostname=to.host.rstrip(".")) as line:
                response = _asked(line, to, headers, until)
                with closing(response):
                    names = {name.lower(): value for name, value in response.getheaders()}
                    yield ImageResponse(response.status, names, response.read1)
    except ssl.SSLCertVerificationError as error:
        reason = f"its certificate is not valid ({error.verify_message.rstrip('.')})"
        raise UnseenError(UnseenImage(reason, "the server's owner has to renew it")) from None
    except ssl.SSLError:
        raise _silence("no TLS connection could be made") from None
    except TimeoutError:
        raise _silence("no answer in time") from None
    except (OSError, HTTPException, ValueError):
        raise _silence("the connection broke") from None


def _asked(line: socket.socket, to: Target, headers: Mapping[str, str], until: Deadline) -> HTTPResponse:
    lines = {
        "Host": to.authority,
        "User-Agent": f"podsync/{__version__} (picture check)",
        "Accept": "image/*,*/*;q=0.1",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    line.settimeout(until.left)
    line.sendall(f"GET {to.path} HTTP/1.1\r\n{text}\r\n".encode("ascii"))
    return _answer(line, "GET", until)


def _answer(line: socket.socket, method: str, until: Deadline) -> HTTPResponse:
    response = HTTPResponse(cast("socket.socket", _Receiver(line, until)), method=method)
    response.begin()
    return response


class _Receiver(io.RawIOBase):
    """A socket as far as `HTTPResponse` needs one: receives until a deadline, however slowly it is fed."""

    def __init__(self, line: socket.socket, until: Deadline) -> None:
        super().__init__()
        self._line, self._until = line, until

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._line.settimeout(self._until.left)
        return self._line.recv_into(buffer)


def _connected(to: Target, network: Network, until: Deadline) -> socket.socket:
    proxy = network.proxy(to.host)
    try:
        addresses = network.resolve(to.host, to.port)
    except (OSError, UnicodeError):
        addresses = ()
    for address in addresses:
        why = network.refused(address)
        if why:
            raise UnseenError(_not_public(why))
    if proxy:
        return _through(proxy, to, until)
    if not addresses:
        raise UnseenError(
            UnseenImage("no address is known for its host", "is the name right?", silent=True), again=True
        )
    for address in addresses[:MOST_ADDRESSES]:
        try:
            line = socket.create_connection((address, to.port), min(until.left, CONNECT_SECONDS))
        except OSError:
            until.left  # noqa: B018 (raises when the time is up)
            continue
        why = network.refused(line.getpeername()[0])
        if why:
            line.close()
            raise UnseenError(_not_public(why))
        return line
    raise _silence("no connection could be made")


def _through(proxy: str, to: Target, until: Deadline) -> socket.socket:
    host, port, headers = _proxy(proxy)
    end = authority(to.host, to.port)
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": end, **headers}.items())
    try:
        line = socket.create_connection((host, port), min(until.left, CONNECT_SECONDS))
    except OSError:
        until.left  # noqa: B018 (raises when the time is up)
        raise _silence("the proxy cannot be reached") from None
    try:
        line.sendall(f"CONNECT {end} HTTP/1.1\r\n{lines}\r\n".encode("ascii"))
        status = _answer(line, "CONNECT", until).status
        if status != 200:
            raise UnseenError(UnseenImage(f"the proxy refuses it (HTTP {status})"))
    except BaseException:
        line.close()
        raise
    return line


def _proxy(url: str) -> tuple[str, int, dict[str, str]]:
    """Take the address of a proxy apart; what it asks for (name and password) is for it alone."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        host = None
    if not host or parts.scheme != "http":
        raise UnseenError(UnseenImage("the proxy of the environment cannot be used (http://…)"))
    return host, port, proxy_headers(parts)


def _not_public(why: str) -> UnseenImage:
    return UnseenImage(f"its host is not public: {why}", _PUBLIC_ADDRESS, rule="picture-not-public")


def _silence(reason: str) -> UnseenError:
    return UnseenError(
        UnseenImage(reason, "is the address right? else try again later", silent=True), again=True
    )


def header_number(text: Any) -> int | None:
    """Return a length from a header, None for any other value."""
    return int(text) if isinstance(text, str) and re.fullmatch(r"[0-9]{1,15}", text) else None
