"""What a product costs with a state in PostgreSQL: requests, round trips and bytes on the wire.

    python -m tests.benchmarks.stores [--sizes 100,1000] [--out DIR]

A server of its own (see `tests/postgres/server.py`) behind a wire that counts what goes through. The same
with a local state tells what the database adds.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.common import (
    a_catalog,
    a_folder,
    add_out,
    heading,
    kept,
    note,
    podsync,
    say,
    shops,
    table,
)
from tests.postgres.server import Server, binaries
from tests.postgres.wire import Wire

_COLUMNS = (
    "state",
    "products",
    "requests",
    "round trips",
    "bytes sent",
    "bytes received",
    "s in all",
    "ms CPU",
)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="100,1000", help="how many products")
    add_out(parser)
    told = parser.parse_args(argv)
    with kept(told.out, "stores"):
        _report([int(size) for size in told.sizes.split(",")])


def _report(sizes: Sequence[int]) -> None:
    programs = binaries()
    if programs is None:
        say("No PostgreSQL server here: the stores are not compared.")
        return
    server = Server(programs)
    try:
        server.start()
        rows = [row for size in sizes for row in (_local(size), _postgres(server, size))]
    finally:
        server.remove()
    heading("What a product costs, by where the state is kept")
    table(_COLUMNS, rows)
    say(
        "Each per product, but for the seconds. Requests are those to the providers; a round trip is a\n"
        "message to the database that an answer is waited for. Workers share a commit, so that there are\n"
        "fewer round trips than the two events of a product.\n"
    )


@dataclass(frozen=True, slots=True)
class _Cost:
    requests: int
    seconds: float
    cpu: float


def _apply(size: int, state: str, **environ: str) -> _Cost:
    counts = {"kakaclo": size - size // 2, "gelato": size // 2}
    with shops() as place, a_folder() as folder:
        a_catalog(folder, counts, {})
        settings = folder / "podsync.yaml"
        settings.write_text(f'{settings.read_text().rstrip().rstrip("}")}, "state": {state}}}\n')
        run = podsync(folder, "apply", "--auto-approve", **place.environment, **environ)
        assert run.code == 0, run.out[-2000:]
        assert sum(map(len, place.products().values())) == size
        return _Cost(sum(len(place.requests(name)) for name in counts), run.seconds, run.cpu)


def _local(size: int) -> tuple[str, ...]:
    note(f"{size} products, a local state")
    return _row("local", size, _apply(size, '{"backend": "local"}'), "0", "0", "0")


def _postgres(server: Server, size: int) -> tuple[str, ...]:
    note(f"{size} products, a state in PostgreSQL")
    wire = Wire(server)
    try:
        state = f'{{"backend": "postgres", "schema": "b{size}"}}'
        cost = _apply(size, state, PODSYNC_POSTGRES_URL=wire.url)
    finally:
        wire.close()
    each = (f"{wire.requests / size:.2f}", f"{wire.sent / size:,.0f}", f"{wire.received / size:,.0f}")
    return _row("postgres", size, cost, *each)


def _row(name: str, size: int, cost: _Cost, *wire: str) -> tuple[str, ...]:
    requests = f"{cost.requests / size:.2f}"
    return (name, f"{size:,}", requests, *wire, f"{cost.seconds:.1f}", f"{cost.cpu / size * 1000:.2f}")


if __name__ == "__main__":
    main()
