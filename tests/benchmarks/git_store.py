"""What a product costs when the state is on a branch: pushes, bytes, requests, seconds.

    python -m tests.benchmarks.git_store [--sizes 10,100,400]

The remote is a bare repository beside the runner; a hook lets each push take half a second, as one over
a network does. `bucket` is KakaClo's own (the sandbox enforces it), with its burst used up.
Bytes are the packs that the remote received.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.common import (
    Shops,
    a_catalog,
    a_folder,
    add_out,
    applied,
    heading,
    kept,
    note,
    shops,
    table,
)

_BUCKET = {"burst": 2, "per_second": 2}
#: provider, how its requests are held back, the rules of the sandbox.
_WAYS = (
    ("gelato", "no bucket", None),
    ("kakaclo", "bucket 2/s", _BUCKET),
)
_BUCKET_SIZE = 60


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout


def _remote(folder: Path) -> Path:
    bare, work = folder / "remote.git", folder / "work"
    _git(folder, "init", "--quiet", "--bare", str(bare))
    _git(bare, "config", "receive.unpackLimit", "1")  # each push stays the pack that was received
    hook = bare / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nsleep 0.5\n")
    hook.chmod(0o755)
    _git(folder, "init", "--quiet", str(work))
    _git(work, "remote", "add", "origin", str(bare))
    return bare


def _measure(provider: str, told: str, bucket: object, count: int) -> list[object]:
    note(f"{provider}, {told}: {count} products")
    rules = {"kakaclo_bucket": [2, 2]} if bucket else {}
    with a_folder() as folder, shops(**rules) as place:
        bare, work = _remote(folder), folder / "work"
        speak = {"settle_seconds": 5, **({"rate_limit": bucket} if bucket else {})}
        a_catalog(work, {provider: count}, {provider: speak})
        settings = json.loads((work / "podsync.yaml").read_text())
        (work / "podsync.yaml").write_text(json.dumps(settings | {"state": {"backend": "git"}}))
        run = applied(work, place)
        pushes = int(_git(bare, "rev-list", "--count", "podsync-state"))
        received = sum(path.stat().st_size for path in (bare / "objects" / "pack").glob("*.pack"))
        snapshot = len(_git(bare, "show", "podsync-state:podsync.state.json"))
        sent = _creates(place, provider)
        figures = (received / count, snapshot / count, run.cpu * 1000 / count)
        rest = [f"{each:,.0f}" for each in figures]
        return [
            f"{provider}, {told}",
            count,
            pushes,
            f"{pushes / count:.2f}",
            *rest,
            sent,
            f"{run.seconds:.0f}",
        ]


def _creates(place: Shops, provider: str) -> int:
    return sum(each["operation"] == "create" for each in place.requests(provider))


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.git_store", description=__doc__)
    parser.add_argument("--sizes", default="10,100,400")
    add_out(parser)
    told = parser.parse_args(words)
    with kept(told.out, "git_store"):
        _report([int(each) for each in told.sizes.split(",")])


def _report(sizes: Sequence[int]) -> None:
    heading("The state on a branch: one apply of new products")
    rows = []
    for provider, way, bucket in _WAYS:
        wanted = sizes if bucket is None else [_BUCKET_SIZE]
        rows += [_measure(provider, way, bucket, count) for count in wanted]
    table(
        [
            "", "products", "pushes", "pushes a product", "bytes a product", "of it snapshot, unpacked",
            "CPU ms a product", "creates", "seconds",
        ],
        rows,
    )  # fmt: skip


if __name__ == "__main__":
    main()
