"""How long podsync takes to start: whole processes, alternating with a bare interpreter.

python -m tests.benchmarks.startup [--runs 30] [--out DIR]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.common import ROOT, a_folder, add_out, environment, heading, kept, say, table

#: podsync's own goal for --help, milliseconds above a bare interpreter.
GOAL = 100


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    add_out(parser)
    told = parser.parse_args(argv)
    with kept(told.out, "startup"):
        _report(told.runs)


def _report(runs: int) -> None:
    with a_folder() as folder:
        for path in sorted((ROOT / "catalog").rglob("*.yaml"))[:4]:
            (folder / "catalog").mkdir(exist_ok=True)
            shutil.copy(path, folder / "catalog")
        cases = {
            "bare interpreter": ("-c", "pass"),
            "podsync --help": ("-m", "podsync", "--help"),
            "podsync --version": ("-m", "podsync", "--version"),
            "podsync validate, 4 files": ("-m", "podsync", "validate"),
            "podsync plan, 4 files": ("-m", "podsync", "plan"),
        }
        took = measured(cases, runs, folder)
    medians = {name: statistics.median(times) for name, times in took.items()}
    bare = medians["bare interpreter"]
    heading(f"Start-up, medians of {runs} whole processes, alternating")
    rows = [
        (name, f"{median:.0f}", f"{median - bare:+.0f}", f"{min(took[name]):.0f}")
        for name, median in medians.items()
    ]
    table(("process", "ms", "above bare", "fastest"), rows)
    above = medians["podsync --help"] - bare
    say(f"Goal: --help at most {GOAL} ms above bare: {'met' if above <= GOAL else 'MISSED'} ({above:.0f}).\n")


def measured(cases: Mapping[str, Sequence[str]], runs: int, folder: Path) -> dict[str, list[float]]:
    """Return the milliseconds of each run of each interpreter's command, taken in turns."""
    took: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(runs + 1):  # the first warms the file cache and writes the .pyc files
        for name, words in cases.items():
            took[name].append(_milliseconds(words, folder))
    return {name: times[1:] for name, times in took.items()}


def _milliseconds(words: Sequence[str], folder: Path) -> float:
    began = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment(), capture_output=True, check=False
    )
    if ended.returncode != 0:
        raise AssertionError(ended.stderr.decode())
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
