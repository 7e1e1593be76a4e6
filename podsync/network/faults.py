"""Network errors in words: which host, which certificate, which proxy, and what to do."""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass

from urllib3.exceptions import IncompleteRead, ProtocolError

#: OpenSSL's numbers (X509_V_ERR_…) for what people can do something about.
_CERTIFICATES = {
    9: "it is not valid yet", 10: "it has expired", 18: "it is signed by itself",
    19: "its chain ends in an authority that is not trusted here",
    20: "its authority is not trusted here", 21: "its authority is not trusted here",
    23: "it was revoked", 62: "it is for another name", 64: "it is for another address",
}  # fmt: skip
_CLOCK = frozenset({9, 10})
_NAME = frozenset({62, 64})


class WireError(Exception):
    """No whole answer. `lasting`: it will not pass by itself, so that a second try is no use."""

    def __init__(self, words: str, remedy: str = "", *, lasting: bool = False) -> None:
        super().__init__(words)
        self.words, self.remedy, self.lasting = words, remedy, lasting


class ProxyRefusalError(OSError):
    """The proxy answered CONNECT with something else than success."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Route:
    """The names of both ends, without anything secret; `proxy` is empty where there is none.

    `through` says that the proxy has let the connection pass: what goes wrong then is the host's.
    """

    host: str
    proxy: str = ""
    through: bool = False

    @property
    def end(self) -> str:
        """Whoever the connection is being made to."""
        return f"the proxy {self.proxy}" if self.proxy and not self.through else self.host


def unreachable(error: Exception, route: Route) -> WireError:
    """Say why no connection came about."""
    if isinstance(error, ProxyRefusalError):
        return _refused_by_proxy(error.status, route)
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(error, route)
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "").replace("_", " ").lower()
        detail = f" ({reason})" if reason else ""
        return WireError(f"no TLS connection to {route.end} could be made{detail}")
    if isinstance(error, socket.gaierror):
        return WireError(f"no address is known for {route.end} (DNS)", _dns_remedy(route))
    if isinstance(error, TimeoutError):
        return WireError(f"no connection to {route.end} in time")
    if isinstance(error, ConnectionRefusedError):
        return WireError(f"{route.end} refused the connection")
    if isinstance(error, http.client.HTTPException):
        return WireError(f"{route.end} does not answer as a proxy does" if route.proxy else "it is not HTTP")
    if isinstance(error, UnicodeError):
        return WireError(f"{route.end} is not a host name", lasting=True)
    why = error.strerror if isinstance(error, OSError) and error.strerror else "it broke"
    return WireError(f"no connection to {route.end}: {why}")


def broken(error: Exception) -> WireError:
    """Say what became of a request that was being sent, or of its answer."""
    if isinstance(error, WireError):
        return error
    if isinstance(error, TimeoutError):
        return WireError("no answer in time")
    if isinstance(error, IncompleteRead | http.client.IncompleteRead | ProtocolError):
        return WireError("the answer broke off")
    if isinstance(error, http.client.RemoteDisconnected | ConnectionError | ssl.SSLError):
        return WireError("the connection broke")
    if isinstance(error, http.client.HTTPException | ValueError):
        return WireError("the answer is not HTTP")
    return WireError("the connection broke")


def _refused_by_proxy(status: int, route: Route) -> WireError:
    if status == 407:
        remedy = f"put them into HTTPS_PROXY: http://NAME:PASSWORD@{route.proxy}"
        return WireError(f"{route.end} asks for a name and a password (407)", remedy, lasting=True)
    words = f"{route.end} does not let podsync reach {route.host} ({status})"
    if status < 500:
        remedy = f"ask whoever runs it to allow {route.host}, or list it in NO_PROXY to go without the proxy"
        return WireError(words, remedy, lasting=True)
    return WireError(words)


def _certificate(error: ssl.SSLCertVerificationError, route: Route) -> WireError:
    code = error.verify_code
    why = _CERTIFICATES.get(code) or (error.verify_message or "it is not valid").rstrip(".")
    words = f"the certificate of {route.end} is not accepted: {why}"
    if code in _CLOCK:
        return WireError(
            words, "is the clock of this machine right? Else its owner has to renew it", lasting=True
        )
    if code in _NAME:
        return WireError(words, "is the address right, and who answers there?", lasting=True)
    remedy = (
        "where a proxy of your company reads TLS, have its certificate trusted by this machine, "
        "or name it: SSL_CERT_FILE=FILE (PEM)"
    )
    return WireError(words, remedy, lasting=True)


def _dns_remedy(route: Route) -> str:
    if route.proxy and not route.through:
        return "is the proxy's name in HTTPS_PROXY right?"
    return "is this machine online? Where only a proxy leads out, name it: HTTPS_PROXY=http://HOST:PORT"
