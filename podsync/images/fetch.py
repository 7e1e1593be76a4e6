"""The adapter: follows an address to its end and reads as much of the picture as is asked for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urljoin

from podsync.images.facts import Mode, SeenImage, UnseenImage
from podsync.images.formats import Header, read_header
from podsync.images.https import Deadline, ImageResponse, Network, UnseenError, header_number, opened, target
from podsync.model.clock import Clock
from podsync.network.signed_url import signing_key

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PIECE = 16 * 1024
#: Bytes that are enough to distinguish two files by their beginning.
START_BYTES = 4096
#: Longer words of a server are not kept, nor sent back to it.
_LONGEST_WORD = 200
_EXPIRY: Final = re.compile(r"x-[a-z0-9]+-expiration")
_GONE: Final = "upload it again, or correct the address"


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Limits for one picture: bytes read, seconds over all tries and redirects, tries, redirects."""

    head_bytes: int = 256 * 1024
    full_bytes: int = 100 * 1000 * 1000
    head_seconds: float = 20.0
    full_seconds: float = 120.0
    tries: int = 3
    redirects: int = 5
    wait_seconds: float = 10.0


LIMITS: Final = FetchLimits()


class Fetcher:
    """Looks at pictures over HTTPS. Thread-safe."""

    def __init__(self, mode: Mode, network: Network, clock: Clock, limits: FetchLimits = LIMITS) -> None:
        self._full = mode == "full"
        self._network = network
        self._context = network.trusted()
        self._clock, self._limits = clock, limits

    def look(self, url: str, known: SeenImage | None) -> SeenImage | UnseenImage:
        """Return the picture, or why there is none; `known` if the server says that it is unchanged.

        Redirects are followed explicitly, and every hop is judged; what may help is tried again. Never
        raises, whatever the server does.
        """
        seconds = self._limits.full_seconds if self._full else self._limits.head_seconds
        until = Deadline(self._clock.monotonic() + seconds, self._clock.monotonic)
        if known is not None and self._full and known.digest is None:
            known = None
        for count in range(1, self._limits.tries + 1):
            try:
                return self._followed(url, known, until)
            except UnseenError as error:
                wait = min(error.wait or 2.0 ** (count - 1), self._limits.wait_seconds)
                too_late = until.at - self._clock.monotonic() <= wait
                if not error.again or too_late or count == self._limits.tries:
                    return error.unseen
                self._clock.sleep(wait)
        raise AssertionError("the last try returns")

    def _followed(self, url: str, known: SeenImage | None, until: Deadline) -> SeenImage:
        location = url
        for _ in range(self._limits.redirects + 1):
            try:
                got = self._hop(location, known, until, redirected=location != url)
            except UnseenError as error:
                if location != url:
                    reason = f"after a redirect: {error.unseen.reason}"
                    error.unseen = replace(error.unseen, reason=reason)
                raise
            if isinstance(got, SeenImage):
                return got
            location = got
        raise UnseenError(UnseenImage("it leads from address to address without end", _GONE))

    def _hop(
        self, url: str, known: SeenImage | None, until: Deadline, *, redirected: bool
    ) -> SeenImage | str:
        """Send one request; return the picture, or the address of a redirect."""
        to = target(url)
        same = known if known is not None and known.final == _identity(url) else None
        with opened(to, self._asks(same), self._network, self._context, until) as got:
            if got.status in _REDIRECTS:
                return _next(url, got)
            if got.status == 304 and same is not None:
                return same
            if got.status == 416 and _length(got) == 0:  # an empty file has no first bytes
                return self._seen(ImageResponse(200, {}, lambda _: b""), url, redirected=redirected)
            return self._seen(got, url, redirected=redirected)

    def _asks(self, known: SeenImage | None) -> dict[str, str]:
        headers = {} if self._full else {"Range": f"bytes=0-{self._limits.head_bytes - 1}"}
        if known is not None and known.etag:
            headers["If-None-Match"] = known.etag
        elif known is not None and known.modified:
            headers["If-Modified-Since"] = known.modified
        return headers

    def _seen(self, got: ImageResponse, url: str, *, redirected: bool) -> SeenImage:
        _check_status(got, partial=not self._full)
        if got.headers.get("content-encoding", "identity").strip().lower() != "identity":
            reason = "the server packs it although it was asked not to (Content-Encoding)"
            raise UnseenError(UnseenImage(reason, "serve pictures as they are"))
        return replace(
            self._body(got),
            etag=_word(got.headers.get("etag")),
            modified=_word(got.headers.get("last-modified")),
            final=_identity(url),
            signed=(signing_key(url) or "")[:_LONGEST_WORD] if redirected else "",
            expires=_expires(got.headers),
            media_type=_word(got.headers.get("content-type")).partition(";")[0].strip().lower(),
        )

    def _body(self, got: ImageResponse) -> SeenImage:
        """Read the beginning, or all of it, never beyond the limit."""
        length, most = _length(got), self._limits.head_bytes
        whole = self._full and (length is None or length <= self._limits.full_bytes)
        header: Header | None = None
        head, size, digest, ended = bytearray(), 0, hashlib.sha256(), False
        while whole or (size < most and (header is None or size < START_BYTES)):
            piece = got.read(_PIECE)
            if not piece:
                ended = True
                break
            size += len(piece)
            digest.update(piece)
            if len(head) < most:
                head += piece[: most - len(head)]
                header = header or read_header(bytes(head), "more")
            if size > self._limits.full_bytes:
                break
        partial = got.status == 206
        if ended and not partial and length is not None and size < length:
            raise UnseenError(
                UnseenImage("the answer breaks off", "try again later", silent=True), again=True
            )
        complete = ended and (not partial or length == size)
        header = header or read_header(bytes(head), "nothing" if complete and size <= most else "unasked")
        assert header is not None  # noqa: S101 (only "more" asks for more)
        start = hashlib.sha256(bytes(head[:START_BYTES])).hexdigest()
        known = size if complete or (whole and not ended and length is None) else length
        return SeenImage(header, known, start, digest.hexdigest() if complete else None)


def _check_status(got: ImageResponse, *, partial: bool) -> None:
    if got.status == 200:
        return
    if got.status == 206 and partial and re.match(r"bytes 0-", got.headers.get("content-range", "")):
        return
    again = got.status == 429 or got.status >= 500
    remedy = "try again later" if again else _GONE
    if got.status in (401, 403):
        remedy = "let everybody read it: the provider has to"
    wait = header_number(got.headers.get("retry-after"))
    raise UnseenError(UnseenImage(f"HTTP {got.status}", remedy), again=again, wait=wait)


def _next(url: str, got: ImageResponse) -> str:
    """Return where a redirect leads. `http.client` reads header bytes as Latin-1."""
    location = got.headers.get("location", "").strip()
    try:
        location = location.encode("latin-1").decode("utf-8")
        following = urljoin(url, location)
    except ValueError:
        following = ""
    if not location or not following:
        raise UnseenError(UnseenImage(f"HTTP {got.status} without an address to go to", _GONE))
    return following


def _identity(url: str) -> str:
    """Return a digest of the part of an address that a new signature does not change."""
    bare = url.partition("#")[0]
    bare = bare.partition("?")[0] if signing_key(bare) else bare
    return hashlib.sha256(bare.encode("utf-8", "surrogatepass")).hexdigest()


def _length(got: ImageResponse) -> int | None:
    if got.status in (206, 416):
        return header_number(got.headers.get("content-range", "").rpartition("/")[2])
    if "transfer-encoding" in got.headers:
        return None
    return header_number(got.headers.get("content-length"))


def _expires(headers: Mapping[str, str]) -> str:
    """Return when the store deletes the file by a rule of its own: S3, OSS, COS; Azure's data lake."""
    for name, value in headers.items():
        if _EXPIRY.fullmatch(name):
            date = re.search(r'expiry-date="([^"]+)"', value)
            return _word(date[1] if date else value)
    return _word(headers.get("x-ms-expiry-time"))


def _word(value: str | None) -> str:
    """Return a header's value if it may be kept and sent back: short, printable ASCII."""
    text = (value or "").strip()
    return text if len(text) <= _LONGEST_WORD and text.isascii() and text.isprintable() else ""
