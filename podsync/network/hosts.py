"""Which server a URL names, in one form for all ways to write it."""

from __future__ import annotations

from binascii import b2a_base64
from urllib.parse import SplitResult, unquote, urlsplit

_DEFAULT_PORTS = {"https": 443, "http": 80}
_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]")


def host_and_port(url: str) -> tuple[str, int | None]:
    """Return host, in small letters, and port of a URL; its scheme's where it names none.

    Raises ValueError for what is no URL.
    """
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)


def authority(host: str, port: int) -> str:
    """Return host and port as a tunnel names them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def proxy_headers(proxy: SplitResult) -> dict[str, str]:
    """Return what is said to a proxy alone: the name and the password of its URL."""
    if proxy.username is None:
        return {}
    user = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b2a_base64(user.encode(), newline=False).decode()}"}


def host_of(url: str) -> str:
    """Return `host` or `host:port` of a URL, in small letters, without the port that its scheme has anyway.

    What is no such URL is returned whole: it is equal to no host.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    if not host or "@" in parts.netloc or not _HOST_CHARACTERS.issuperset(parts.netloc.lower()):
        return url
    bare = f"[{host}]" if ":" in host else host
    return bare if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{bare}:{port}"
