"""HTTP for all providers: sends once, and sorts what came back into our errors.

A write is "not sent" when its mark says so (`wire.Exchange`), or when the provider answered 429, the one
answer that is believed there; without a whole answer it is in doubt. Keys live in the headers of this
client and nowhere else: no redirect is followed, no `.netrc` is read, no cookie is kept, proxies are
those that are passed in, and an answer that repeats a key is masked before anybody sees it.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from podsync import __version__
from podsync.model.clock import Clock, Pace
from podsync.model.errors import (  # fmt: skip
    ConflictError,
    InDoubtError,
    NotSentError,
    ProviderError,
    RefusedError,
    UnauthorizedError,
    UnreachableError,
    UnreadableError,
)
from podsync.model.settings import ProviderSettings
from podsync.network import dates
from podsync.network.certificates import Trust, system
from podsync.network.faults import WireError
from podsync.network.request import Request
from podsync.network.secrets import Secrets
from podsync.network.wire import Exchange, RawResponse, Wire

#: Retry-After beyond it is not believed.
RETRY_AFTER_LIMIT = 300.0
#: How often a failing read is tried; reads change nothing.
READ_TRIES = 5
#: A provider's servers do not agree on the second: a `Date` is earlier than another by more than this.
CLOCKS_DIFFER = 2.0


@dataclass(frozen=True, slots=True)
class JsonResponse:
    """An answer that arrived whole.

    `body` is None when it is no JSON, or says two things; then `form` says what it is instead.

    `fresh` is False for an answer out of a cache, or of a server that lags: it has an `Age` above 0, or a
    `Date` that lags behind that of an answer that was there before this was asked for; its `date` is None
    then, since it is of no clock. `arrived` is our own clock's, in seconds since the epoch.
    """

    status: int
    body: Any
    date: float | None
    retry_after: float | None = None
    fresh: bool = True
    arrived: float | None = None
    form: str = ""

    @property
    def acknowledges(self) -> bool:
        """Whether the status says that it was done, or taken on, and the body not that it failed."""
        return is_success(self.status) and not _says_failed(self.body)

    @property
    def now(self) -> float | None:
        """The provider's clock, or else ours."""
        return self.arrived if self.date is None else self.date


class Http:
    """Speaks to one provider with one key, which is in `headers` too. Thread-safe; connections are reused."""

    def __init__(
        self,
        title: str,
        settings: ProviderSettings,
        headers: Mapping[str, str],
        *,
        key: str,
        clock: Clock,
        pace: Pace,
        proxies: Mapping[str, str],
        trust: Trust | None = None,
    ) -> None:
        self._title, self._settings, self._clock, self._pace = title, settings, clock, pace
        url = urlsplit(settings.base_url)
        proxy = proxies.get(url.scheme) or proxies.get("all") or ""
        self._base = url.path.rstrip("/")
        self._secrets = Secrets(_secrets(key, proxy))
        self._headers = {
            "User-Agent": f"podsync/{__version__}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            **headers,
        }
        self._wire = Wire(
            settings.base_url,
            proxy=proxy,
            trust=trust or system,
            timeout=settings.timeout_seconds,
            monotonic=clock.monotonic,
        )
        self._lock = threading.Lock()
        self._newest: float | None = None

    def write(self, request: Request, send_before: float) -> JsonResponse:
        """Send a create or an update once; raises the ProviderError that sorts a failure."""
        exchange = Exchange(self._clock.monotonic, send_before)
        try:
            answer = self._exchange(request, {}, exchange, {})
        except WireError as error:
            if exchange.sent:
                raise self._cut(error, exchange.status) from None
            message = f"{self._title} could not be reached: {error.words}"
            raise NotSentError(message, error.remedy, lasting=error.lasting) from None
        if answer.status == 429:
            self._pace.full(answer.retry_after)
        self._sort_status(answer)
        return answer

    def read(
        self,
        request: Request,
        params: Mapping[str, str] | None = None,
        inside: Callable[[Any], int | None] = lambda _: None,
    ) -> JsonResponse:
        """Send a read, again where that helps; raises UnauthorizedError or UnreadableError.

        `inside` returns the HTTP status that a body means although its answer has another one, None
        where it says nothing of the kind.
        """
        deadline = self._clock.monotonic() + self._settings.retry_seconds
        tries = 0
        while True:
            self._pace.take()
            tries += 1
            wait = min(2.0 ** (tries - 1), 16.0)
            exchange = Exchange(self._clock.monotonic)
            try:
                answer = self._exchange(request, params or {}, exchange, {"Cache-Control": "no-cache"})
            except WireError as error:
                kind = UnreadableError if exchange.sent else UnreachableError
                failure = kind(f"{self._title} could not be read: {error.words}", error.remedy)
                if error.lasting:
                    raise failure from None
                patient = False
            else:
                status = answer.status if answer.status != 200 else inside(answer.body) or 200
                if status in (401, 403):
                    raise self._unauthorized(status, answer.date)
                if status not in (408, 429) and status < 500:
                    return answer
                failure = UnreadableError(f"{self._title} could not be read: HTTP {status}", status=status)
                patient = status == 429
                if patient:
                    self._pace.full(answer.retry_after)
                    wait = answer.retry_after or wait
            late = self._clock.monotonic() + wait > deadline
            if late or (not patient and tries >= READ_TRIES):
                raise failure
            self._clock.sleep(wait)

    def full(self) -> None:
        """Take note that the provider wants it slower, where it says so inside an answer."""
        self._pace.full(None)

    def _exchange(
        self, request: Request, params: Mapping[str, str], exchange: Exchange, more: Mapping[str, str]
    ) -> JsonResponse:
        before = self._newest
        headers, body = {**self._headers, **more}, None
        if request.body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(request.body, ensure_ascii=False).encode()
        path = self._base + request.path + (f"?{urlencode(params)}" if params else "")
        raw = self._wire.ask(exchange, request.method, path, body, headers)
        date = dates.of_header(raw.headers.get("Date"))
        fresh, (answer, form) = self._fresh(raw, date, before), _json(raw, self._secrets)
        return JsonResponse(
            raw.status,
            answer,
            date if fresh else None,
            retry_after(raw.headers.get("Retry-After"), self._clock.now),
            fresh,
            self._clock.now(),
            form,
        )

    def _fresh(self, raw: RawResponse, date: float | None, before: float | None) -> bool:
        """Whether an answer is of now; only answers of success are compared, which caches keep.

        A `Date` that stood still while our clock went on is one that was kept.
        """
        ahead = None if date is None else date - self._clock.monotonic()
        if ahead is not None and 200 <= raw.status < 300:
            with self._lock:
                self._newest = ahead if self._newest is None else max(ahead, self._newest)
        aged = raw.headers.get("Age", "0").strip() not in ("", "0")
        return not aged and (ahead is None or before is None or ahead >= before - CLOCKS_DIFFER)

    def _cut(self, error: WireError, status: int | None) -> InDoubtError:
        """Return the doubt about a request whose answer did not come whole; its status may have come."""
        if status is None:
            return InDoubtError(f"{self._title} did not answer: {error.words}")
        message = f"{self._title} answered HTTP {status}, and no more of it can be read: {error.words}"
        return InDoubtError(message, acknowledged=is_success(status), status=status)

    def _sort_status(self, answer: JsonResponse) -> None:
        facts: dict[str, Any] = {"status": answer.status, "date": answer.date, "body": answer.body}
        said = _said(answer.body)
        if 200 <= answer.status < 300 and answer.status != 202:
            return
        if answer.status == 429:
            raise NotSentError(
                f"{self._title}: 429, too many requests", retry_after=answer.retry_after, **facts
            )
        if answer.status in (401, 403):
            raise self._unauthorized(answer.status, answer.date)
        if answer.status == 409:
            raise ConflictError(f"{self._title}: HTTP 409{said}", **facts)
        if answer.status in (400, 404, 422):
            raise RefusedError(f"{self._title}: HTTP {answer.status}{said}", **facts)
        raise InDoubtError(
            f"{self._title} answered HTTP {answer.status}{said}", acknowledged=answer.acknowledges, **facts
        )

    def _unauthorized(self, status: int, date: float | None) -> ProviderError:
        return UnauthorizedError(f"{self._title} refused the key ({status})", status=status, date=date)


def is_success(status: int | None) -> bool:
    """Whether a status says that the request was done, or taken on."""
    return status is not None and 200 <= status < 300


def _says_failed(body: Any) -> bool:
    """Whether a body says that the request failed, whatever its status; words for people say nothing."""
    if not isinstance(body, Mapping):
        return False
    return any(body.get(key) for key in ("error", "errors")) or body.get("success") is False


def _form(raw: RawResponse) -> str:
    """Say what a body is that is no JSON: a page comes from what stands between, or in the way."""
    start = raw.content.lstrip()[:1]
    if not start:
        return "an empty answer"
    if start == b"<" or "html" in raw.headers.get("Content-Type", "").lower():
        return "a web page, not with an answer of its own"
    return "no JSON"


def _secrets(key: str, proxy: str) -> list[str]:
    """What must not come back: the key, both halves of `key:secret`, and the password of a proxy."""
    return [key, *key.split(":"), urlsplit(proxy).password or ""]


class _TwoValuesError(ValueError):
    """A key stands twice in one object, each time with another value."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _json(raw: RawResponse, secrets: Secrets) -> tuple[Any, str]:
    """Parse what can be written down again: no NaN, no infinity, no half of a character, no key.

    Returns (None, what it is instead) for what is no JSON, or says two things: nothing of it is believed.
    """
    try:
        text = raw.content.decode("utf-8-sig")
        value = json.loads(
            text, object_pairs_hook=_one_value_each, parse_constant=lambda _: None, parse_float=_finite
        )
        value = secrets.hide_in(_whole(value) if "\\ud" in text.lower() else value)
    except _TwoValuesError as error:
        return None, f"two values of {secrets.hide(error.key)[:60]!r}"
    except (ValueError, RecursionError):
        return None, _form(raw)
    return value, _form(raw) if value is None else ""


def _one_value_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):  # as rare as it is fatal: every object of every listing passes here
        for key, value in pairs:
            if repr(value) != repr(found[key]):
                raise _TwoValuesError(key)
    return found


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


def retry_after(value: str | None, now: Callable[[], float]) -> float | None:
    """Read Retry-After (seconds or a date), capped; garbage and the past count as not said."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        moment = dates.of_header(value)
        if moment is None:
            return None
        seconds = moment - now()
    return min(seconds, RETRY_AFTER_LIMIT) if seconds > 0 else None
