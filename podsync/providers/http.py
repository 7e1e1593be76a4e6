"""HTTP for both providers: sends once, sorts what came back into our errors. The only home of requests.

What an answer to a write means is RELIABILITY's last paragraph; `unsent` and `_sort_status` read
like it. Keys live in the session's headers and nowhere else: no redirects (requests would carry
`X-API-KEY` to another host), no `.netrc`, proxies only as they are passed in.
"""

from __future__ import annotations

import json
import math
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NoReturn

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from podsync import __version__
from podsync.errors import (
    ConflictError,
    InDoubtError,
    NotSentError,
    ProviderError,
    RefusedError,
    UnauthorizedError,
    UnreadableError,
)  # fmt: skip
from podsync.ports import Clock, Pace, Request
from podsync.settings import ProviderSettings

#: No page of a listing comes near it; a server that sends more is not read to the end.
BODY_LIMIT = 64 * 1024 * 1024
#: Retry-After beyond it is not believed.
RETRY_AFTER_LIMIT = 300.0
#: A connection idle for longer may be closed by the server just as a create is written to it.
IDLE_SECONDS = 5.0
#: How often a failing read is tried; reads change nothing.
READ_TRIES = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that arrived whole. `body` is None when it is no JSON."""

    status: int
    body: Any
    date: float | None
    retry_after: float | None = None


class _Session(requests.Session):
    """Never looks at where a redirect leads: requests would parse it, and read its body to the end."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        return None


class Http:
    """Speaks to one provider with one key. Thread-safe; connections are reused."""

    def __init__(
        self,
        title: str,
        settings: ProviderSettings,
        headers: Mapping[str, str],
        *,
        clock: Clock,
        pace: Pace,
        proxies: Mapping[str, str],
    ) -> None:
        self._title = title
        self._settings = settings
        self._clock = clock
        self._pace = pace
        self._last_use = clock.monotonic()
        session = _Session()
        self._secrets = [value.removeprefix("Bearer ").encode() for value in headers.values()]
        session.trust_env = False
        session.proxies = dict(proxies)
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.headers.clear()
        session.headers.update(
            {
                "User-Agent": f"podsync/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            }
        )
        session.headers.update(headers)
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=settings.parallelism + 2, max_retries=0)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        self._session = session

    def write(self, request: Request, send_before: float) -> Answer:
        """Send a create or an update once; raises the ProviderError that sorts a failure."""
        connect_timeout = min(self._settings.timeout_seconds, send_before - self._clock.monotonic())
        if connect_timeout <= 0:
            raise NotSentError("it was too late to send this request")
        try:
            answer = self._exchange(request, {}, connect_timeout)
        except requests.RequestException as error:
            self._failed(error)
        if answer.status == 429:
            self._pace.full(answer.retry_after)
        self._sort_status(answer)
        return answer

    def read(self, request: Request, params: Mapping[str, str] | None = None) -> Answer:
        """Send a read, again where that helps; raises UnauthorizedError or UnreadableError."""
        deadline = self._clock.monotonic() + self._settings.retry_seconds
        tries = 0
        while True:
            self._pace.take()
            tries += 1
            wait = min(2.0 ** (tries - 1), 16.0)
            try:
                answer = self._exchange(request, params or {}, self._settings.timeout_seconds)
            except requests.RequestException as error:
                problem, patient = _words(error), False
            else:
                if answer.status in (401, 403):
                    raise self._unauthorized(answer)
                if answer.status != 429 and answer.status < 500:
                    return answer
                problem, patient = f"HTTP {answer.status}", answer.status == 429
                if patient:
                    self._pace.full(answer.retry_after)
                    wait = answer.retry_after or wait
            late = self._clock.monotonic() + wait > deadline
            if late or (not patient and tries >= READ_TRIES):
                raise UnreadableError(f"{self._title} could not be read: {problem}")
            self._clock.sleep(wait)

    def _exchange(self, request: Request, params: Mapping[str, str], connect_timeout: float) -> Answer:
        now = self._clock.monotonic()
        if now - self._last_use > IDLE_SECONDS:
            self._session.close()
        self._last_use = now
        body = None if request.body is None else json.dumps(request.body, ensure_ascii=False).encode()
        url = self._settings.base_url.rstrip("/") + request.path
        with self._session.request(
            request.method,
            url,
            params=dict(params),
            data=body,
            headers={} if body is None else {"Content-Type": "application/json"},
            timeout=(connect_timeout, self._settings.timeout_seconds),
            allow_redirects=False,
            stream=True,
        ) as response:
            content = self._content(response, now + 2 * self._settings.timeout_seconds)
            return Answer(
                response.status_code,
                _json(content),
                _date(response.headers.get("Date")),
                retry_after(response.headers.get("Retry-After"), self._clock.now),
            )

    def _content(self, response: requests.Response, deadline: float) -> bytes:
        """Read the body, bounded in size and in time: each single receive is bounded already."""
        parts, size = [], 0
        for part in response.iter_content(16 * 1024):
            parts.append(part)
            size += len(part)
            if size > BODY_LIMIT or self._clock.monotonic() > deadline:
                raise requests.exceptions.ChunkedEncodingError("the answer does not end")
        content = b"".join(parts)
        for secret in self._secrets:
            # A server that repeats the key must not make us write it down.
            content = content.replace(secret, b"***")
        return content

    def _failed(self, error: requests.RequestException) -> NoReturn:
        """No whole answer to a write: unsent only where that is certain."""
        if unsent(error):
            raise NotSentError(f"{self._title} could not be reached: {_words(error)}") from None
        raise InDoubtError(f"{self._title} did not answer: {_words(error)}") from None

    def _sort_status(self, answer: Answer) -> None:
        facts: dict[str, Any] = {"status": answer.status, "date": answer.date}
        said = _said(answer.body)
        if 200 <= answer.status < 300:
            return
        if answer.status == 429:
            raise NotSentError(
                f"{self._title}: 429, too many requests", retry_after=answer.retry_after, **facts
            )
        if answer.status in (401, 403):
            raise self._unauthorized(answer)
        if answer.status == 409:
            raise ConflictError(f"{self._title}: HTTP 409{said}", **facts)
        if answer.status in (400, 404, 422):
            raise RefusedError(f"{self._title}: HTTP {answer.status}{said}", **facts)
        raise InDoubtError(f"{self._title} answered HTTP {answer.status}{said}", **facts)

    def _unauthorized(self, answer: Answer) -> ProviderError:
        message = f"{self._title} refused the key ({answer.status})"
        return UnauthorizedError(message, status=answer.status, date=answer.date)


def unsent(error: requests.RequestException) -> bool:
    """Whether the request surely never left: no connection came about.

    requests raises ConnectionError both for "refused" and for "hung up after reading". A connect
    timeout, a NewConnectionError (refused, DNS), a proxy that was never reached (urllib3 says
    ProxyError for nothing else) and a certificate that was not accepted mean unsent.
    """
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    reason: Any = getattr(next(iter(error.args), None), "reason", None)
    if isinstance(error, requests.exceptions.SSLError):
        cause = next(iter(getattr(reason, "args", ())), None)
        return isinstance(cause, ssl.SSLCertVerificationError)
    return isinstance(reason, NewConnectionError)


def _words(error: requests.RequestException) -> str:
    """Say what happened without the library's repr (which holds URLs and object addresses)."""
    names: tuple[tuple[type[BaseException], str], ...] = (
        (requests.exceptions.ConnectTimeout, "no connection in time"),
        (requests.exceptions.ReadTimeout, "no answer in time"),
        (requests.exceptions.SSLError, "the TLS connection failed"),
        (requests.exceptions.ProxyError, "the proxy could not be reached"),
        (requests.exceptions.ChunkedEncodingError, "the answer broke off"),
    )
    for kind, words in names:
        if isinstance(error, kind):
            return words
    return "the connection was refused" if unsent(error) else "the connection broke"


def _json(content: bytes) -> Any:
    """Parse what can be written down again: no NaN, no infinity, no half of a character."""
    try:
        text = content.decode("utf-8-sig")
        value = json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
        return _whole(value) if "\\ud" in text.lower() else value
    except (ValueError, RecursionError):
        return None


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _whole(value: Any) -> Any:
    """Replace lone surrogates, which no file and no terminal takes."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value


def _said(body: Any) -> str:
    """What the provider says about it, short; views escape it."""
    if isinstance(body, Mapping):
        for key in ("message", "error"):
            if isinstance(body.get(key), str) and body[key]:
                return f' "{body[key][:200]}"'
    return ""


def _date(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def retry_after(value: str | None, now: Callable[[], float]) -> float | None:
    """Read Retry-After (seconds or a date), capped; garbage and the past count as not said."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        moment = _date(value)
        if moment is None:
            return None
        seconds = moment - now()
    return min(seconds, RETRY_AFTER_LIMIT) if seconds > 0 else None
