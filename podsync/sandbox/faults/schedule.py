"""Faults as values and as a person types them, and the choice of the requests that they befall."""

import json
import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from threading import Lock
from typing import Any, Self

from podsync.sandbox.rules import Rules
from podsync.sandbox.sides import all_kinds, rules_class, sides

KINDS = all_kinds()
AllRules = rules_class()
PROVIDERS = (*sides(), "any")
OPERATIONS = (*dict.fromkeys(word for side in sides().values() for word in side.OPERATIONS), "any")
RULE = re.compile(r"([a-z_]+)=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault and the requests that it befalls.

    kind: a word of KINDS, or `NAME=VALUE`: that rule is so while the fault lasts, VALUE being
    JSON or a text. Of the kinds that deliver with answers one befalls a request; of rules all that fit.

    `commit` says whether the effect happens before the fault, where the kind leaves that open.
    Of the requests that fit `provider`, `operation` and `contains` (a text in the body), the first
    `skip` pass; the next `count` (None: all) are hit, each with `probability` if there is one, and
    none after `lasts` seconds (None: until it is taken away), counted from when it was added.
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
    lasts: float | None = None

    def __post_init__(self) -> None:
        """Refuse what would silently never happen."""
        if self.provider not in PROVIDERS:
            raise ValueError(f"fault for an unknown provider: {self.provider!r}")
        if self.operation not in OPERATIONS:
            raise ValueError(f"fault for an unknown operation: {self.operation!r}")
        for value in (self.count, self.lasts):
            if value is not None and (not isinstance(value, int | float) or value <= 0):
                raise ValueError(f"fault that never happens: {value!r} requests or seconds")
        if not self.changes and not _is_known(self.kind, self.provider):
            raise ValueError(f"unknown kind of fault: {self.kind!r}")

    @property
    def word(self) -> str:
        """The kind without its number."""
        return self.kind.partition(":")[0]

    @property
    def number(self) -> int:
        """The number behind the kind's colon, 0 for none."""
        return int(self.kind.partition(":")[2] or 0)

    @property
    def carries_out(self) -> bool:
        """Whether the request takes effect all the same."""
        known = KINDS[self.word].commits
        return self.commit if known is None else known

    @property
    def changes(self) -> dict[str, Any]:
        """The rule that is another one while this lasts; empty for other kinds. Raises ValueError."""
        found = RULE.fullmatch(self.kind)
        if found is None:
            return {}
        name, text = found.groups()
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        try:
            AllRules().with_changes({name: value})
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{self.kind!r} cannot be set: {error}") from error
        return {name: value}

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


def _is_known(kind: str, provider: str) -> bool:
    word, colon, number = kind.partition(":")
    known = KINDS.get(word)
    if known is None or (known.provider and provider not in {known.provider, "any"}):
        return False
    if known.provider and known.numbers is not None and provider == "any":
        return False  # a number means something to one provider only
    if known.numbers is None:
        return not colon
    return number.isascii() and number.isdigit() and int(number) in known.numbers


class Schedule:
    """The faults that are still to come; thread-safe, and deterministic for a given order of requests."""

    def __init__(self, faults: Iterable[Fault], clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._pending: list[_CountedFault] = []
        self.add(faults)

    def add(self, faults: Iterable[Fault]) -> None:
        """Put these behind the ones that are there."""
        with self._lock:
            self._pending.extend(_CountedFault(fault, self._clock()) for fault in faults)

    def clear(self, faults: Iterable[Fault] | None = None) -> None:
        """Let none of these happen any more; None: nothing at all."""
        with self._lock:
            gone = None if faults is None else list(faults)
            self._pending = [p for p in self._pending if gone is not None and p.fault not in gone]

    def pending(self) -> tuple[Fault, ...]:
        """Those that can still happen."""
        with self._lock:
            self._forget()
            return tuple(item.fault for item in self._pending)

    def rules(self, rules: Rules, provider: str, operation: str, body: bytes) -> Rules:
        """The rules for this request: those in force, changed by every fault that does so."""
        with self._lock:
            self._forget()
            for item in self._pending:
                if item.changes and item.fires(provider, operation, body):
                    rules = rules.with_changes(item.changes)
            return rules

    def take(self, provider: str, operation: str, body: bytes) -> Fault | None:
        """The fault for this request. It is offered in order; the first that fires takes it."""
        with self._lock:
            self._forget()
            for item in self._pending:
                if not item.changes and item.fires(provider, operation, body):
                    self._forget()
                    return item.fault
        return None

    def _forget(self) -> None:
        now = self._clock()
        self._pending = [item for item in self._pending if not item.is_over(now)]


class _CountedFault:
    """A fault with its counters."""

    def __init__(self, fault: Fault, now: float) -> None:
        self.fault = fault
        self.changes = fault.changes
        self._left = fault.count
        self._until = None if fault.lasts is None else now + fault.lasts
        self._skip = fault.skip
        self._random = random.Random(fault.seed)

    def is_over(self, now: float) -> bool:
        return self._left == 0 or (self._until is not None and now >= self._until)

    def fires(self, provider: str, operation: str, body: bytes) -> bool:
        fault = self.fault
        if fault.provider not in {provider, "any"} or fault.operation not in {operation, "any"}:
            return False
        if fault.contains and fault.contains.encode() not in body:
            return False
        if self._left == 0:
            return False
        if self._skip:
            self._skip -= 1
            return False
        if fault.probability is not None and self._random.random() >= fault.probability:
            return False
        if self._left is not None:
            self._left -= 1
        return True


_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_CLAUSE = re.compile(
    r"\s+(?:(?P<committed>committed)|(?P<off>until off)|for (?P<lasts>[0-9.]+)(?P<unit>[smhd])"
    r"|for (?P<count>[0-9]+) requests?|after (?P<skip>[0-9]+)|taking (?P<taking>[0-9.]+)(?P<unit2>[smhd]))$"
)


def parse_fault(text: str) -> Fault:
    """Read a fault as a person types it: `[PROVIDER:[OPERATION:]]KIND [CLAUSE …]`.

    Clauses: `committed`, `after N` (requests that pass first), `taking 40s` (`Fault.seconds`), and how
    long it lasts: `for 10m`, `for N requests`, `until off`. Without: one request, a rule until off.
    Without more a kind befalls creates, a rule every request. Raises ValueError.
    """
    facts: dict[str, Any] = {}
    rest = text.strip()
    while (found := _CLAUSE.search(rest)) is not None:
        rest = rest[: found.start()]
        facts |= _clause(found)
    provider, operation, kind = _target(rest)
    if RULE.fullmatch(kind):
        facts.setdefault("count", None)
    if KINDS.get(kind.partition(":")[0]) is not None and provider == "any":
        provider = KINDS[kind.partition(":")[0]].provider or provider
    return replace(Fault(provider, operation, kind), **facts)


def _clause(found: re.Match[str]) -> dict[str, Any]:
    given = found.groupdict()
    if given["committed"]:
        return {"commit": True}
    if given["off"]:
        return {"count": None}
    if given["lasts"]:
        return {"count": None, "lasts": float(given["lasts"]) * _UNITS[given["unit"]]}
    if given["count"]:
        return {"count": int(given["count"])}
    if given["skip"]:
        return {"skip": int(given["skip"])}
    return {"seconds": float(given["taking"]) * _UNITS[given["unit2"]]}


def _target(text: str) -> tuple[str, str, str]:
    """Whom it befalls and the kind, which may hold a colon itself."""
    provider, operation = "any", ""
    head, colon, tail = text.partition(":")
    if head in PROVIDERS and colon:
        provider, text = head, tail
        head, colon, tail = text.partition(":")
    if head in OPERATIONS and colon:
        operation, text = head, tail
    known = KINDS.get(text.partition(":")[0])
    default = "any" if RULE.fullmatch(text) else known.default if known is not None else "create"
    return provider, operation or default, text
