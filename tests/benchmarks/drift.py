"""What `plan --refresh` and `drift` ask of a provider, and what comparing costs, by the number of products.

    python -m tests.benchmarks.drift [--products 1000,10000] [--out DIR]

Requests are counted at the sandbox. Processor time is that of the thread that reads and compares, so that of
the sandbox beside it is not in it; memory is the peak of what that allocates, in a second run.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass

from podsync.apply.lookup.preview import preview
from podsync.model.address import Address
from podsync.model.frozen import freeze
from podsync.plan.drift.seen import seen_by
from podsync.plan.drift.values import DriftKind
from podsync.state.events import Adopted
from podsync.state.model import State
from podsync.state.reducer.reducer import replay
from tests.apply.world import Life
from tests.benchmarks.accounts import Account, an_account
from tests.benchmarks.common import PROVIDERS, a_document, add_out, heading, kept, note, table

#: Rows of a listing's page, by provider.
_PAGES = {"kakaclo": 100, "gelato": 250}
_GOAL_MS = 0.2


@dataclass(frozen=True, slots=True)
class _Compared:
    reads: int
    changed: int
    cpu: float
    peak: int


def compare(products: Sequence[int]) -> None:
    """Print the table of both providers."""
    rows = []
    for provider in PROVIDERS:
        for count in products:
            note(f"{provider}: {count} products")
            told = _told(provider, count)
            pages = -(-count // _PAGES[provider]) + 1
            milliseconds = 1000 * told.cpu / count
            rows.append(
                (provider, f"{count:,}", told.reads, pages, told.changed, f"{milliseconds:.3f}",
                 "met" if milliseconds <= _GOAL_MS else "MISSED", f"{told.peak / 2**20:.1f}")
            )  # fmt: skip
    heading("A refresh of what is managed: requests, processor time, memory")
    columns = (
        "account",
        "products",
        "listing requests",
        "pages and one",
        "changed",
        "ms a product",
        "",
        "MiB",
    )
    table(columns, rows)


def _told(provider: str, count: int) -> _Compared:
    with an_account(provider) as place:
        state = _managed(place, count)
        place.clock.pass_by(3600)
        place.settings["rate_limit"] = place.settings["rate_limit"]._replace(burst=10**6, per_second=10**6)
        place.shops.set_rules(**{f"{provider}_bucket": None})
        before = len(place.shops.requests)
        began = time.thread_time()
        changed = _compared(place, state)
        cpu = time.thread_time() - began
        requests = [each.to_dict()["operation"] for each in place.shops.requests[before:]]
        tracemalloc.start()
        _compared(place, state)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return _Compared(requests.count("list"), changed, cpu, peak)


def _managed(place: Account, count: int) -> State:
    """Products that exist already, each under a document; the first ten are called otherwise by now."""
    events = []
    name_field = {"kakaclo": "enName", "gelato": "name"}[place.provider]
    for number in range(count):
        spec = a_document(place.provider, f"ours-{number}")["spec"]
        there = {**spec, name_field: f"Another {number}"} if number < 10 else spec
        made = place.shops.create_by_hand(place.provider, there)
        address = Address(PROVIDERS[place.provider], f"ours-{number}")
        identity = str(made["id"]).removeprefix("cp-")
        facts = (place.provider, "default", 1.0, identity, freeze(spec))
        events.append(Adopted(address, *facts, origin="imported"))
    return replay(State(lineage="l"), events)


def _compared(place: Account, state: State) -> int:
    connection = place._connection(place.provider, Life())
    looks = preview(
        place.plan(state, allow={"orphans": 10**9}), state, (), {place.provider: connection},
        clock=place.clock, lost=None, compares=True,
    )  # fmt: skip
    drift, _ = seen_by(looks, {place.provider: connection.known(state)}, lambda _: None)
    return sum(each.kind is DriftKind.CHANGED for each in drift)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--products", default="1000,10000", help="how many are managed")
    add_out(parser)
    told = parser.parse_args(argv)
    with kept(told.out, "drift"):
        compare([int(each) for each in told.products.split(",")])


if __name__ == "__main__":
    main()
