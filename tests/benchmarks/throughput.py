"""How fast an apply sends, and what a product costs as there are more of them.

    python -m tests.benchmarks.throughput [rate] [bucket] [linear] [--sizes 100,1000,10000] [--out DIR]

rate    a server of 100 ms latency without a bucket, parallelism 8: creates a second of 80 possible
bucket  a server that enforces KakaClo's bucket, and a faster one: answers of 429, and the share of
        the permitted throughput, for an apply and for another one right behind it
linear  100, 1,000 and 10,000 products: time, CPU, bytes written and fsyncs for each

Rates are taken from the server's own record, so the start of the process does not count.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.benchmarks.common import (
    KEY,
    NAME_FIELD,
    PROVIDERS,
    Run,
    Shops,
    a_catalog,
    a_document,
    a_folder,
    add_out,
    applied,
    heading,
    kept,
    note,
    say,
    shops,
    table,
)

_PARTS = ("rate", "bucket", "linear")
_LATENCY, _PARALLELISM, _RATE_COUNT = 0.1, 8, 400
_BARE = "bare client"
#: burst and per second at the server, the creates of a first apply and of a second one behind it.
_BUCKETS = ((120, 2, 200, 30), (20, 20, 300, 200))


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(_PARTS)}; default: all")
    parser.add_argument("--sizes", default="100,1000,10000", help="how many products, for linear")
    add_out(parser)
    told = parser.parse_args(argv)
    parts = told.parts or list(_PARTS)
    if not set(parts) <= set(_PARTS):
        parser.error(f"known are {', '.join(_PARTS)}")
    with kept(told.out, "throughput"):
        if "rate" in parts:
            rate()
        if "bucket" in parts:
            bucket()
        if "linear" in parts:
            linear([int(size) for size in told.sizes.split(",")])


# -- latency, no bucket


def rate(*, runs: int = 5) -> None:
    """Creates a second where only the latency limits them."""
    ideal = _PARALLELISM / _LATENCY
    found: dict[str, list[float]] = {_BARE: [], **{provider: [] for provider in PROVIDERS}}
    for number in range(runs):
        note(f"{_RATE_COUNT} creates of {_LATENCY:.1f} s each, run {number + 1} of {runs}")
        for name, rates in found.items():
            rates.append(_bare_rate() if name == _BARE else _one_rate(name))
    bare, rows = statistics.median(found[_BARE]), []
    for name, rates in found.items():
        median = statistics.median(rates)
        spread = f"{min(rates):.1f} to {max(rates):.1f}"
        rows.append((name, f"{median:.1f}", spread, f"{median / ideal:.1%}", f"{median / bare:.1%}"))
    heading(
        f"Sending rate: {_RATE_COUNT} creates, {_LATENCY * 1000:.0f} ms latency, no bucket, "
        f"parallelism {_PARALLELISM}, medians of {runs}",
    )
    table(
        ("client", "a second", "slowest and fastest", f"of the ideal {ideal:.0f}", "of the bare client"), rows
    )
    say(
        "From the arrival of the first create to the end of the last one. Goal: at least 90 % of the ideal.\n"
        "The bare client is a loop over requests in 8 threads that writes nothing down: what it misses is\n"
        "the machine's, the server's and the HTTP library's.\n"
    )


def _bare_rate() -> float:
    """The same creates by threads that do nothing else."""
    specs = iter([a_document("gelato", f"bare-{number}")["spec"] for number in range(_RATE_COUNT)])
    lock = threading.Lock()
    with shops(latency=_LATENCY) as place, requests.Session() as session:
        session.trust_env = False
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=_PARALLELISM))
        session.headers["X-API-KEY"] = KEY

        def work() -> None:
            while True:
                with lock:
                    spec = next(specs, None)
                if spec is None:
                    return
                session.post(f"{place.url}/product/v1/customer-product", json=spec, timeout=30)

        threads = [threading.Thread(target=work) for _ in range(_PARALLELISM)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return _rate(_creates(place, "gelato"))


def _one_rate(provider: str) -> float:
    with shops(latency=_LATENCY) as place, a_folder() as folder:
        a_catalog(folder, {provider: _RATE_COUNT}, {provider: {"parallelism": _PARALLELISM}})
        applied(folder, place)
        return _rate(_creates(place, provider))


def _rate(creates: Sequence[float]) -> float:
    assert len(creates) == _RATE_COUNT
    return _RATE_COUNT / (creates[-1] + _LATENCY - creates[0])


def _creates(place: Shops, provider: str) -> list[float]:
    """When the creates arrived."""
    return [each["time"] for each in place.requests(provider) if each["operation"] == "create"]


# -- the bucket


def bucket() -> None:
    """Answers of 429 and the share of what the bucket permits."""
    rows = []
    for size, leak, first, second in _BUCKETS:
        note(f"bucket of {size}, {leak} a second: {first} creates, then {second}")
        for name, lot in zip(
            ("first", "right behind it"), _two_applies(size, leak, first, second), strict=True
        ):
            rows.append(
                (f"{size}, {leak}/s: {name}", lot.creates, lot.requests, lot.refused,
                 f"{lot.seconds:.1f}", f"{lot.permitted:.0f}", f"{lot.share:.1%}")
            )  # fmt: skip
    heading("KakaClo's bucket, enforced by the server")
    columns = ("bucket and apply", "creates", "requests", "429", "s", "permitted", "share")
    table(columns, rows)
    say(
        "Requests until the last create left, and how many the server would have let through in that time.\n"
        "Goal: no 429, share at least 95 %. The first row is the published bucket.\n"
    )


@dataclass(frozen=True, slots=True)
class _Lot:
    """The requests of one apply, up to its last create, against what the bucket permits."""

    creates: int
    requests: int
    refused: int
    seconds: float
    permitted: float

    @property
    def share(self) -> float:
        return self.requests / self.permitted


def _two_applies(size: int, leak: int, *counts: int) -> list[_Lot]:
    limits = {"burst": size, "per_second": leak}
    done, lots, level, at = 0, [], 0.0, None
    with shops(kakaclo_bucket=[size, leak]) as place, a_folder() as folder:
        for lot, count in enumerate(counts):
            a_catalog(folder, {"kakaclo": count}, {"kakaclo": {"rate_limit": limits}}, lot="ab"[lot])
            applied(folder, place)
            record = place.requests("kakaclo")[done:]
            done += len(record)
            began = record[0]["time"]
            level = 0.0 if at is None else max(0.0, level - (began - at) * leak)
            lots.append(measured(record, size - level, leak))
            level, at = _left(record, level, leak), record[-1]["time"]
    return lots


def measured(record: Sequence[dict[str, Any]], room: float, leak: float) -> _Lot:
    creates = [each for each in record if each["operation"] == "create"]
    made = [each for each in creates if each["status"] != 429]
    last = made[-1]["time"]
    until = [each for each in record if each["time"] <= last]
    seconds = last - record[0]["time"]
    refused = sum(each["status"] == 429 for each in record)
    # The last request needs whole room, so what is permitted is a whole number.
    return _Lot(len(made), len(until), refused, seconds, max(1.0, int(room + seconds * leak)))


def _left(record: Sequence[dict[str, Any]], level: float, leak: float) -> float:
    """How full the server's bucket is after these."""
    at = record[0]["time"]
    for each in record:
        level = max(0.0, level - (each["time"] - at) * leak)
        at = each["time"]
        level += each["status"] != 429
    return level


# -- linear


@dataclass(frozen=True, slots=True)
class _Cost:
    """What one apply took."""

    run: Run
    sending: float
    bytes: int | None = None
    fsyncs: int | None = None


def linear(sizes: Sequence[int]) -> None:
    """The cost of a product in applies of several sizes."""
    base = statistics.median(_apply(1).run.cpu for _ in range(5))
    rows, first = [], None
    for size in sizes:
        runs = max(1, min(5, 3000 // size))
        costs = []
        for number in range(runs):
            note(f"apply of {size} products, run {number + 1} of {runs}")
            costs.append(_apply(size))
        traced = _apply(size, traced=True) if shutil.which("strace") else None
        sending = statistics.median(cost.sending for cost in costs) / size * 1000
        cpu = (statistics.median(cost.run.cpu for cost in costs) - base) / size * 1000
        seconds = statistics.median(cost.run.seconds for cost in costs)
        written = traced.bytes / size if traced and traced.bytes else float("nan")
        fsyncs = traced.fsyncs / size if traced and traced.fsyncs else float("nan")
        first = first or (sending, cpu, written)
        ratios = [now / then for now, then in zip((sending, cpu, written), first, strict=True)]
        rows.append(
            (f"{size:,}", f"{seconds:.1f}", f"{sending:.2f}", f"{ratios[0]:.2f}", f"{cpu:.2f}",
             f"{ratios[1]:.2f}", f"{written:,.0f}", f"{ratios[2]:.2f}", f"{fsyncs:.2f}")
        )  # fmt: skip
    heading("What a product costs, buckets off, no latency, half of each kind")
    columns = (
        "products", "s in all", "ms sending", "×", "ms CPU", "×", "bytes written", "×", "fsyncs"
    )  # fmt: skip
    table(columns, rows)
    say(
        "Each per product, and how that compares with the first row (goal: 0.80 to 1.20). Sending is the\n"
        "server's record, first create to last; CPU is podsync's own for all of the run, less that of an\n"
        "apply of one product; bytes and fsyncs are those of a run under strace, to the state, its journal\n"
        "and backups, and .podsync/.\n"
    )


def _apply(size: int, *, traced: bool = False) -> _Cost:
    counts = {"kakaclo": size - size // 2, "gelato": size // 2}
    with shops() as place, a_folder() as folder:
        a_catalog(folder, counts, {})
        trace = folder / "trace"
        under = (
            ["strace", "-ff", "--seccomp-bpf", "-y", "-qq", "-o", str(trace),
             "-e", "trace=write,pwrite64,writev,fsync,fdatasync", "-e", "signal=none", "-s", "0"]
            if traced
            else []
        )  # fmt: skip
        run = applied(folder, place, under=under)
        times = [each for provider in counts for each in _creates(place, provider)]
        made = place.products()
        assert sum(len(made.get(provider, ())) for provider in counts) == size
        for provider in counts:
            names = [product[NAME_FIELD[provider]] for product in made.get(provider, ())]
            assert len(names) == len(set(names))
        sending = max(times) - min(times)
        return _Cost(run, sending, *_written(trace)) if traced else _Cost(run, sending)


def _written(trace: Path) -> tuple[int, int]:
    """Bytes and fsyncs to what podsync keeps."""
    ours = re.compile(r"(\w+)\(\d+<[^>]*(?:podsync\.state\.json|/\.podsync/)[^>]*>.*= (\d+)$")
    total = fsyncs = 0
    # A file for each thread, so that no call is cut in two by another one.
    traces = trace.parent.glob(f"{trace.name}.*")
    for line in (line for each in traces for line in each.read_text(errors="replace").splitlines()):
        found = ours.search(line)
        if found is not None and found[1].endswith("sync"):
            fsyncs += 1
        elif found is not None:
            total += int(found[2])
    return total, fsyncs


if __name__ == "__main__":
    main()
