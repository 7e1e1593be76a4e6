"""What can go wrong on request, and the choice of the requests that it happens to."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from threading import Lock
from typing import Any, Self

from podsync.sandbox.wire import Answer, json_answer

PROVIDERS = ("kakaclo", "gelato", "any")
OPERATIONS = ("create", "update", "list", "models", "values", "products", "any")

# Those that play on the socket; the rest only replace the answer.
SOCKET_KINDS = frozenset({"fin", "rst", "half", "hang", "late", "slow"})
ANSWER_KINDS = frozenset({"html", "empty", "garbage", "nothing-listed"})

# `late` and `slow` are about a request that is carried out, just not at once.
ALWAYS_COMMIT = frozenset({"late", "slow"})


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault and the requests that it befalls.

    kind:
      fin             the connection is closed without an answer
      rst             the connection is reset without an answer
      half            half of the body, then closed
      hang            no answer for `seconds`, then closed
      late            nothing for `seconds`, only then carried out and answered
      slow            carried out, and the bytes dripped over `seconds`
      status:N        HTTP N, with `headers` (Retry-After, Location) and `body` if given
      html            200 with an HTML page
      empty           200 with no body
      garbage         200 with something that is not JSON
      code:N          KakaClo's refusal: 200 with `{"code": N}`
      nothing-listed  a well-formed listing without a single row

    `commit` says whether the effect happens before the fault (`late` and `slow`: always).
    Of the requests that fit `provider`, `operation` and `contains` (a text in the body), the first
    `skip` pass; the next `count` (None: all) are hit, each with `probability` if there is one.
    """

    provider: str
    operation: str
    kind: str
    count: int | None = 1
    skip: int = 0
    probability: float | None = None
    seed: int = 0
    commit: bool = False
    seconds: float = 30.0
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    contains: str = ""

    def __post_init__(self) -> None:
        """Refuse what would silently never happen."""
        if self.provider not in PROVIDERS:
            raise ValueError(f"fault for an unknown provider: {self.provider!r}")
        if self.operation not in OPERATIONS:
            raise ValueError(f"fault for an unknown operation: {self.operation!r}")
        if not self._kind_is_known():
            raise ValueError(f"unknown kind of fault: {self.kind!r}")

    @property
    def carries_out(self) -> bool:
        """Whether the request takes effect all the same."""
        return self.commit or self.kind in ALWAYS_COMMIT

    @property
    def on_socket(self) -> bool:
        """Whether the socket is played on, rather than the answer replaced."""
        return self.kind in SOCKET_KINDS

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data; `headers` as an object."""
        return {**asdict(self), "headers": dict(self.headers)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote. Raises ValueError for what it does not know."""
        headers = data.get("headers", {})
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        try:
            return cls(**{**data, "headers": tuple((str(name), str(value)) for name, value in pairs)})
        except TypeError as error:
            raise ValueError(f"not a fault: {error}") from error

    def _kind_is_known(self) -> bool:
        word, _, number = self.kind.partition(":")
        if not number:
            return self.kind in SOCKET_KINDS | ANSWER_KINDS
        if not (number.isascii() and number.isdigit()):
            return False
        # A 1xx or 204 with a body would break the framing instead of being an answer.
        return (word == "status" and 200 <= int(number) <= 599) or (
            word == "code" and self.provider == "kakaclo"
        )


class Schedule:
    """The faults that are still to come; thread-safe, and deterministic for a given order of requests."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = Lock()
        self._pending: list[_Pending] = []
        self.add(faults)

    def add(self, faults: Iterable[Fault]) -> None:
        """Put these behind the ones that are there."""
        with self._lock:
            self._pending.extend(_Pending(fault) for fault in faults)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._pending.clear()

    def pending(self) -> tuple[Fault, ...]:
        """Those that can still happen."""
        with self._lock:
            return tuple(item.fault for item in self._pending)

    def take(self, provider: str, operation: str, body: bytes) -> Fault | None:
        """The fault for this request. It is offered in order; the first that fires takes it."""
        with self._lock:
            for item in self._pending:
                if item.fires(provider, operation, body):
                    if item.left == 0:
                        self._pending.remove(item)
                    return item.fault
        return None


class _Pending:
    """A fault with its counters."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.left = fault.count
        self._skip = fault.skip
        self._random = random.Random(fault.seed)

    def fires(self, provider: str, operation: str, body: bytes) -> bool:
        fault = self.fault
        if fault.provider not in {provider, "any"} or fault.operation not in {operation, "any"}:
            return False
        if fault.contains and fault.contains.encode() not in body:
            return False
        if self.left == 0:
            return False
        if self._skip:
            self._skip -= 1
            return False
        if fault.probability is not None and self._random.random() >= fault.probability:
            return False
        if self.left is not None:
            self.left -= 1
        return True


def spoiled_answer(fault: Fault, provider: str) -> Answer:
    """What is answered in place of the truth; for `half`, what the half is taken of."""
    word, _, number = fault.kind.partition(":")
    if word == "status":
        return _status_answer(int(number), fault, provider)
    if word == "code":
        return json_answer(200, {"code": int(number), "message": "refused on request"}, fault.headers)
    if word == "nothing-listed":
        empty = {"code": 10000, "message": "Success!", "data": {"list": [], "total": 0}}
        return json_answer(200, empty if provider == "kakaclo" else {"customerProducts": []}, fault.headers)
    if word == "html":
        page = fault.body or "<!doctype html><title>Just a moment</title><h1>Checking your browser</h1>"
        return Answer(200, page.encode(), "text/html; charset=utf-8", fault.headers)
    text = "" if word == "empty" else fault.body or '{"code": 10000, "data": {"list"'
    return Answer(200, text.encode(), headers=fault.headers)


def _status_answer(status: int, fault: Fault, provider: str) -> Answer:
    if status in {204, 304}:  # these never have a body
        return Answer(status, b"", headers=fault.headers)
    if fault.body is not None:
        return Answer(status, fault.body.encode(), headers=fault.headers)
    if provider == "kakaclo" and status == 400:
        return json_answer(400, {"error": "Invalid request"}, fault.headers)
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = "Unknown"
    body = {"code": status, "message": reason} if provider == "kakaclo" else {"message": reason}
    return json_answer(status, body, fault.headers)
