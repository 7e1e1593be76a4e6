"""Answers a request to any provider: checks its key, records it, applies faults. No sockets here."""

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from podsync.sandbox.datafile import JsonObject
from podsync.sandbox.faults.answers import FaultFacts
from podsync.sandbox.faults.delivery import UNANSWERED, Pause
from podsync.sandbox.faults.schedule import Fault, Schedule
from podsync.sandbox.rules import Rules
from podsync.sandbox.sides import Side, all_answers, sides
from podsync.sandbox.store import Shop, Store
from podsync.sandbox.wire import HttpRequest, HttpResponse, RefusalError, json_answer


@dataclass(slots=True)
class Recorded:
    """A request as it arrived. `path` is with its query, `time` in epoch seconds.

    `operation` is a word of `Fault`, empty for an unknown path. `status` is what was answered: None
    while it is not, and for ever where the connection was closed or reset instead.
    """

    provider: str
    operation: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    time: float
    status: int | None = None

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def to_dict(self) -> JsonObject:
        """Plain JSON data, the body as text."""
        shown = {name: getattr(self, name) for name in self.__slots__}
        return {**shown, "body": self.body.decode("utf-8", "replace")}


@dataclass(frozen=True, slots=True)
class Reply:
    """What becomes of a request; no answer means that the connection is not to give any.

    `date` is what the Date header tells, None for no header.
    """

    answer: HttpResponse | None
    fault: Fault | None = None
    date: float | None = None


class LeakyBucket:
    """Each request puts one marble in; marbles leak away steadily; a full bucket takes none.

    Not thread-safe by itself. The limits are passed in every call, for rules can change meanwhile.
    """

    def __init__(self) -> None:
        self._level = 0.0
        self._at: float | None = None

    def take(self, now: float, size: float, leak_per_second: float) -> bool:
        """Whether there was room; `now` in seconds, and a clock that goes back leaks nothing."""
        if self._at is not None:
            self._level = max(0.0, self._level - max(0.0, now - self._at) * leak_per_second)
        self._at = now
        if self._level + 1 > size:
            return False
        self._level += 1
        return True


class Service:
    """Answers requests. Thread-safe."""

    def __init__(
        self,
        store: Store,
        rules: Rules,
        faults: Iterable[Fault],
        clock: Callable[[], float],
        record: int | None,
    ) -> None:
        self.store, self.rules, self.clock = store, rules, clock
        self.schedule = Schedule(faults, clock)
        self._requests: deque[Recorded] = deque(maxlen=record)
        self._counts: Counter[str] = Counter()
        self._lock = Lock()
        self._buckets: dict[str, LeakyBucket] = {}
        self._dated: float | None = None

    def handle(self, request: HttpRequest, pause: Pause) -> Reply:
        """Answer a request to a provider; `pause` waits, and is true if the sandbox stops meanwhile."""
        provider = next((n for n, side in sides().items() if request.path.startswith(side.PREFIX)), None)
        if provider is None:
            return Reply(json_answer(404, {"message": "Not Found"}))
        recorded = self._record(provider, request)
        rules = self.schedule.rules(self.rules, provider, recorded.operation, request.body)
        if rules.latency > 0 and pause(rules.latency):
            return Reply(None)
        fault = self.schedule.take(provider, recorded.operation, request.body)
        if fault is not None and fault.kind == "late" and pause(fault.seconds):
            return Reply(None, fault)
        answer = self._answer(provider, request, rules) if fault is None else None
        if fault is not None:
            answer = self._spoiled(fault, provider, request, rules)
        if answer is not None and rules.age is not None and recorded.operation == "list":
            answer = replace(answer, headers=(*answer.headers, ("Age", str(rules.age))))
        if answer is not None and (fault is None or fault.word not in UNANSWERED):
            recorded.status = answer.status
        return Reply(answer, fault, self._date(rules))

    @property
    def requests(self) -> list[Recorded]:
        """The requests to the providers, or the last of them, in the order of their arrival."""
        with self._lock:
            return list(self._requests)

    @property
    def counts(self) -> dict[str, int]:
        """How many requests each operation had so far, as in `{"provider.create": 3}`."""
        with self._lock:
            return dict(self._counts)

    def shop(self, name: str) -> Shop:
        """The shop of that name: a provider's, or for further keys `provider#2`. Raises ValueError."""
        if name.partition("#")[0] not in sides():
            raise ValueError(f"no such provider: {name!r}")
        return self.store.shop(name)

    def products(self, provider: str) -> list[JsonObject]:
        """What is truly committed, lag or not, oldest first: listed fields and unlisted ones.

        Ids are as in listings. `provider` is the name of a shop.
        """
        return [dict(body) for body in self.shop(provider).committed()]

    # -- what a test or a person does

    def set_rules(self, rules: Rules | None = None, **changes: Any) -> None:
        """Other rules from now on, or the same ones with changes: `set_rules(latency=3)`."""
        self.rules = (rules or self.rules).with_changes(changes)

    def add_faults(self, *faults: Fault) -> None:
        """Let these happen too, after the ones that are there."""
        self.schedule.add(faults)

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        self.schedule.clear()

    def fill(self, provider: str, count: int) -> int:
        """Let a shop hold so many products of other people's; returns how many it has then."""
        shop, side = self.shop(provider), _side(provider)
        for number in range(count):
            side.add(side.foreign(number), shop, self.rules, self.clock())
        return len(shop.committed())

    def create_by_hand(self, provider: str, spec: JsonObject) -> JsonObject:
        """Commit a product as a person does on the web page. Raises ValueError if it is refused."""
        shop = self.shop(provider)
        try:
            return dict(_side(provider).add(spec, shop, self.rules, self.clock()))
        except RefusalError as error:
            raise ValueError(str(error)) from error

    def delete(self, provider: str, product_id: str | int) -> bool:
        """Remove a product, by any id that people have, as a person does; whether it was there."""
        shop = self.shop(provider)
        key = _side(provider).find_key(shop, str(product_id))
        return key is not None and shop.remove(key, self.clock())

    # -- one request

    def _record(self, provider: str, request: HttpRequest) -> Recorded:
        operation = sides()[provider].operation(request.method, request.path) or ""
        recorded = Recorded(
            provider, operation, request.method, request.target, request.headers, request.body, self.clock()
        )
        with self._lock:
            self._requests.append(recorded)
            self._counts[f"{provider}.{operation or 'unknown'}"] += 1
        return recorded

    def _spoiled(
        self, fault: Fault, provider: str, request: HttpRequest, rules: Rules
    ) -> HttpResponse | None:
        """The answer under a fault, the request carried out before if the fault does so."""
        name = self._shop_name(provider, request, rules)
        shop = self.store.shop(name) if name else None
        side = sides()[provider]
        before = None if shop is None else side.before(request, shop, rules)
        # What is in force only later is committed with a moment that has not come yet.
        ahead = fault.seconds if fault.kind == "later" else 0.0
        true = self._answer(provider, request, rules, ahead) if fault.carries_out else None
        # Of half an answer there has to be one.
        spoil = all_answers().get("garbage" if fault.word == "half" and true is None else fault.word)
        if spoil is None:
            return true
        facts = FaultFacts(
            request, side.error_body, side.empty_listing,
            fault.number, fault.body, fault.headers, true, before,
        )  # fmt: skip
        return spoil(facts)

    def _answer(self, provider: str, request: HttpRequest, rules: Rules, ahead: float = 0.0) -> HttpResponse:
        now, side = self.clock(), sides()[provider]
        name = self._shop_name(provider, request, rules)
        if name is None:
            return side.unauthorized()
        bucket = getattr(rules, f"{provider}_bucket")
        with self._lock:
            room = bucket is None or self._buckets.setdefault(name, LeakyBucket()).take(now, *bucket)
        if not room:
            headers = (("Retry-After", rules.retry_after),) if rules.retry_after else ()
            return json_answer(429, {"code": 429, "message": "Too Many Requests"}, headers)
        return side.answer(request, self.store.shop(name), rules, now + ahead)

    def _shop_name(self, provider: str, request: HttpRequest, rules: Rules) -> str | None:
        """The shop that the request's key opens; None: the key is refused."""
        side = sides()[provider]
        accepted, token = getattr(rules, side.KEYS), side.key(request)
        if token not in accepted:
            return None
        place = accepted.index(token)
        return provider if place == 0 else f"{provider}#{place + 1}"

    def _date(self, rules: Rules) -> float | None:
        if not rules.date_header:
            return None
        with self._lock:
            went_back = rules.date_back > 0 and self._dated is not None
            date = self._dated - rules.date_back if went_back and self._dated is not None else self.clock()
            self._dated = date if rules.date_back > 0 else None
            return date + rules.date_offset


def _side(shop: str) -> Side:
    """The side of a shop's provider: `provider#2` is the second shop of `provider`."""
    return sides()[shop.partition("#")[0]]
