"""What an apply of a plan will cost: requests and time, from the providers' published rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from podsync.model.frozen import EMPTY
from podsync.model.settings import RateLimit
from podsync.output.wording import counted, duration, number, title
from podsync.plan.action import SWAP, Action
from podsync.plan.model import Plan
from podsync.providers.registry import plugins

#: What sends a request that changes something; the rest only looks.
_SENDING = (Action.CREATE, Action.UPDATE, Action.REPLACE)

PUBLISHED: Mapping[str, RateLimit] = {name: info.settings.rate_limit for name, info in plugins().items()}


@dataclass(frozen=True)
class PlanFacts:
    """What every view of a plan may know beside it.

    `levels`: how many requests of an earlier run each provider's bucket still holds. `orphans_before` is how
    many products earlier applies have left for a person to remove. `typed` returns a text with each command
    in it as it has to be typed.
    """

    rates: Mapping[str, RateLimit] = field(default_factory=lambda: PUBLISHED)
    levels: Mapping[str, float] = EMPTY
    sandbox: bool = False
    orphans_before: int = 0
    typed: Callable[[str], str] = str


class Forecast(NamedTuple):
    """How many requests go to the provider that takes longest, and how long that is."""

    requests: int
    slowest: str
    there: int
    seconds: float


def forecast(plan: Plan, rates: Mapping[str, RateLimit], levels: Mapping[str, float] = EMPTY) -> Forecast:
    """Return how long the writes take; lookups by apply are not counted. `levels` as in `PlanFacts`."""
    sent: Counter[str] = Counter()
    for change in plan.changes:
        if change.action in _SENDING:
            # Each step is a request, an exchange of names two.
            sent[change.provider] += max(1, len(change.steps_left) + change.steps_left.count(SWAP))
    waits = {
        provider: _seconds(count + levels.get(provider, 0.0), rates.get(provider))
        for provider, count in sorted(sent.items())
    }
    slowest = max(waits, key=lambda provider: waits[provider], default="")
    return Forecast(sent.total(), slowest, sent[slowest], waits.get(slowest, 0.0))


def _seconds(count: float, rate: RateLimit | None) -> float:
    """A leaky bucket lets `burst` through at once; the rest waits for it to leak."""
    return max(0.0, (count - rate.burst) / rate.per_second) if rate is not None else 0.0


def forecast_text(plan: Plan, rates: Mapping[str, RateLimit], levels: Mapping[str, float] = EMPTY) -> str:
    """Return one sentence about requests and time, "" when there is nothing to do."""
    known = forecast(plan, rates, levels)
    if not known.requests:
        return "Nothing is sent." if plan.work else ""
    only = [a for a in _SENDING if plan.summary[a] == known.requests]
    what = counted(known.requests, only[0].value if only else "request")
    about = f"about {duration(known.seconds)}"
    rate = rates.get(known.slowest)
    level = levels.get(known.slowest, 0.0)
    if rate is None or known.there + level <= rate.burst:
        return f"{what}, {about}."
    pace = f"at {rate.per_second:g}/s with a burst of {rate.burst}"
    if level >= 1:
        pace += f", of which {number(min(int(level), rate.burst))} are used up"
    if known.there < known.requests:
        return f"{what}, {number(known.there)} of them to {title(known.slowest)} {pace}: {about}."
    return f"{what} {pace}: {about}."
