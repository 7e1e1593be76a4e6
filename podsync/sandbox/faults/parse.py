"""Faults as a person types them."""

import re
from dataclasses import replace
from typing import Any

from podsync.sandbox.faults.schedule import KINDS, OPERATIONS, PROVIDERS, RULE, Fault

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
