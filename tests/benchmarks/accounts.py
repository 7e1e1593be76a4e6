"""What an apply asks of a provider and how long it waits, by the size of the account, by a clock of its own.

    python -m tests.benchmarks.accounts [account] [bucket] [pictures] [--creates 1,10,300,10000]
                                        [--accounts 10,1000,50000] [--out DIR]

account   requests and seconds for so many creates in accounts of several sizes, a first apply and a later one
bucket    300 creates in an account of 1,000, the state up to date: answers of 429, share of the bucket
pictures  variants of one name and model: how many are made, bound, waited for and refused

In this process, at the sandbox, which enforces the published buckets by the same clock. Requests take no
time: the seconds are those of the buckets and of what is waited for. That they do not depend on the machine
is what they are for; how fast it really is, `throughput` says.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podsync.apply.report import Report, Result
from podsync.model.address import Address
from podsync.model.errors import StoppedError
from podsync.model.frozen import freeze
from podsync.model.product import Product
from podsync.model.settings import Limits
from podsync.providers.registry import default_settings
from podsync.sandbox import Rules, Sandbox
from podsync.sandbox.kakaclo.rules import Model
from tests.apply.world import FakeClock, World
from tests.benchmarks.common import (
    MODELS,
    PROVIDERS,
    a_document,
    a_folder,
    add_out,
    heading,
    kept,
    note,
    say,
    table,
)
from tests.benchmarks.throughput import measured
from tests.machine.floor import Door

_PARTS = ("account", "bucket", "pictures")
_BUCKETS = {"kakaclo": (120.0, 2.0), "gelato": (100.0, 100.0)}
_DAY = 86400.0
#: Variants that only pictures tell apart.
_VARIANTS = 12


class VirtualClock(FakeClock):
    """Time that passes by waiting only, for as long as it takes."""

    def sleep(self, seconds: float) -> None:
        """Wait; a signal ends it."""
        if self.stop is not None and self.stop.signal:
            raise StoppedError("Stopped.")
        self.pass_by(seconds)


@dataclass(frozen=True, slots=True)
class Cost:
    """One apply: requests by operation, answers of 429, seconds until the last create and in all."""

    requests: Counter[str]
    refused: int
    creating: float
    seconds: float
    share: float
    real: float


class Account(World):
    """One provider with so many products of others, all of them older than a month."""

    def __init__(self, folder: Path, shops: Sandbox, clock: FakeClock, provider: str) -> None:
        super().__init__(folder, clock, Door(shops))  # type: ignore[arg-type]
        plain, rules = default_settings()[provider], Rules()
        self.shops, self.provider = shops, provider
        self.keys = {"kakaclo": rules.kakaclo_tokens[0], "gelato": rules.gelato_keys[0]}
        # Several threads would let the one clock pass several times.
        self.settings |= {"rate_limit": plain.rate_limit, "settle_seconds": plain.settle_seconds}
        self.settings["parallelism"] = 1
        self.limits = Limits(None, None, None)

    def fill(self, count: int) -> None:
        """Others' products, of all models."""
        for number in range(count):
            self.shops.create_by_hand(self.provider, a_document(self.provider, f"theirs-{number}")["spec"])
        self.clock.pass_by(30 * _DAY)

    def write(self, names: Sequence[str], **changes: Any) -> None:
        """Write a document for each name; `changes` are made to every spec."""
        for name in names:
            told = a_document(self.provider, name)
            address = Address(PROVIDERS[self.provider], name)
            spec = {**told["spec"], **changes}
            self.documents[address] = Product(address, self.provider, "default", freeze(spec))

    def cost(self, **options: Any) -> tuple[Report, Cost]:
        """Apply, and say what it took."""
        before, began, real = len(self.shops.requests), self.clock.passed, time.monotonic()
        report = self.apply(**options)
        record = [each.to_dict() for each in self.shops.requests[before:]]
        creates = [each["time"] for each in record if each["operation"] == "create"]
        lot = measured(record, *_BUCKETS[self.provider]) if creates else None
        counted = Counter(each["operation"] for each in record)
        refused = sum(each["status"] == 429 for each in record)
        until = creates[-1] - self.clock.true() + self.clock.passed - began if creates else 0.0
        passed = self.clock.passed - began
        return report, Cost(
            counted, refused, until, passed, lot.share if lot else 0.0, time.monotonic() - real
        )


@contextmanager
def an_account(provider: str, **rules: Any) -> Iterator[Account]:
    """An account that enforces the published bucket."""
    clock = VirtualClock()
    buckets = {f"{name}_bucket": bucket for name, bucket in _BUCKETS.items()}
    rules = {**buckets, "models": [Model.from_dict(each) for each in MODELS], **rules}
    with Sandbox(Rules(**rules), clock=clock.true) as shops, a_folder() as folder:
        yield Account(folder, shops, clock, provider)


# -- requests and seconds


def account(creates: Sequence[int], sizes: Sequence[int]) -> None:
    """Print the table of both providers."""
    rows = []
    for provider in PROVIDERS:
        for size in sizes:
            for count in creates:
                note(f"{provider}: {count} creates in an account of {size}")
                first, later = _first(provider, size, count), _later(provider, size, count)
                for word, cost in (("first", first), ("later", later)):
                    lists = cost.requests["list"] + cost.requests["models"]
                    rows.append(
                        (f"{provider}, {word}", f"{size:,}", f"{count:,}", f"{sum(cost.requests.values()):,}",
                         f"{lists:,}", cost.refused, f"{cost.creating:,.0f}", f"{cost.seconds:,.0f}",
                         f"{cost.share:.1%}")
                    )  # fmt: skip
    heading("Requests and seconds, by a clock that only waits move")
    columns = (
        "apply", "account", "creates", "requests", "reads", "429", "s to the last create", "s", "share"
    )  # fmt: skip
    table(columns, rows)
    say(
        "First: a new state and --first-contact; later: an up-to-date state that knows one product. Share\n"
        "is what was sent until the last create, of what the bucket would have let through. After the last\n"
        "create KakaClo's ids are read.\n"
    )


def _first(provider: str, size: int, count: int) -> Cost:
    with an_account(provider) as place:
        place.fill(size)
        place.write([f"n{number}" for number in range(count)])
        return _made(place, count, first_contact=True)


def _later(provider: str, size: int, count: int) -> Cost:
    with an_account(provider) as place:
        place.fill(size)
        place.write(["zero"])
        _made(place, 1, first_contact=True)
        place.clock.pass_by(_DAY)
        place.write([f"n{number}" for number in range(count)])
        return _made(place, count)


def _made(place: Account, count: int, **options: Any) -> Cost:
    before = len(place.shops.products(place.provider))
    report, cost = place.cost(**options)
    assert report.exit_code == 0, [o.error for o in report.outcomes if o.error][:3] or report.refused
    assert len(place.shops.products(place.provider)) == before + count
    return cost


# -- the bucket


def bucket() -> None:
    """300 creates in an account of 1,000 with an up-to-date state."""
    rows = []
    for provider in PROVIDERS:
        note(f"{provider}: 300 creates in an account of 1,000")
        cost = _later(provider, 1000, 300)
        requests = sum(cost.requests.values())
        rows.append((provider, requests, cost.refused, f"{cost.creating:.1f}", f"{cost.share:.1%}"))
    heading("300 creates in an account of 1,000, the state up to date")
    table(("provider", "requests", "429", "s to the last create", "share of the bucket"), rows)
    say("Goal at KakaClo: no 429, at least 95 %.\n")


# -- what only pictures tell apart


def pictures() -> None:
    """Twelve colours of one name and model, each with mock-ups of its own."""
    rows = []
    for setting, truly in (
        ("unknown", "kept"), ("unknown", "rehosted"), ("kept", "kept"), ("rehosted", "rehosted"),
        ("kept", "rehosted"), ("rehosted", "kept"),
    ):  # fmt: skip
        note(f"pictures: {setting}, and the shop has them {truly}")
        rows.append((setting, truly, *_variants(setting, truly)))
    heading(f"{_VARIANTS} variants of one name and model, told apart by their pictures only")
    columns = (
        "setting", "shop", "made", "bound", "wrongly", "refused", "others", "s to the last create", "s"
    )  # fmt: skip
    table(columns, rows)
    say(
        "One apply with a new state in an empty account. Bound: the id is known; wrongly: it is another\n"
        "variant's. Refused: nothing of it was sent, a name of its own is asked for. Others: what was not\n"
        "made for another reason.\n"
    )


def _variants(setting: str, truly: str) -> tuple[object, ...]:
    with an_account("kakaclo", kakaclo_pictures=truly) as place:
        place.pictures = setting
        names = [f"v{number}" for number in range(_VARIANTS)]
        place.write(names, enName="Dino", modelId="1")
        report, cost = place.cost()
        refused = [o for o in report.outcomes if "nobody could tell which is which" in (o.error or "")]
        others = [o for o in report.outcomes if o.result is not Result.CREATED and o not in refused]
        colours = _colours(place)
        wrong = sum(
            colours[entry.id] != address.name for address, entry in place.state.entries.items() if entry.id
        )
        made = len(place.shops.products("kakaclo"))
        bound = sum(entry.id is not None for entry in place.state.entries.values())
        return made, bound, wrong, len(refused), len(others), f"{cost.creating:.0f}", f"{cost.seconds:.0f}"


def _colours(place: Account) -> Mapping[str, str]:
    """Which variant each id was made for: the artwork, which nobody changes, says it."""
    found = {}
    for product in place.shops.products("kakaclo"):
        artwork = product["materialImages"][0]["imageUrl"]
        found[str(product["id"])] = artwork.split("/")[-2]
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Measure what is named, or all of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(_PARTS)}; default: all")
    parser.add_argument("--creates", default="1,10,300,10000", help="how many, for account")
    parser.add_argument("--accounts", default="10,1000,50000", help="products of others, for account")
    add_out(parser)
    told = parser.parse_args(argv)
    parts = told.parts or list(_PARTS)
    if not set(parts) <= set(_PARTS):
        parser.error(f"known are {', '.join(_PARTS)}")
    with kept(told.out, "accounts"):
        if "account" in parts:
            account(*([int(each) for each in text.split(",")] for text in (told.creates, told.accounts)))
        if "bucket" in parts:
            bucket()
        if "pictures" in parts:
            pictures()


if __name__ == "__main__":
    main()
