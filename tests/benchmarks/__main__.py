"""Every benchmark, or those that are named, one after the other, each in a process of its own."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.common import ROOT, note

NAMES = (
    "speed", "startup", "matrix", "throughput", "accounts", "drift", "stores", "git_store",
    "versus_terraform", "views",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)}; default: all")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write each report to a file there, too")
    parser.add_argument("--octodns", metavar="PYTHON", help="for speed: where octoDNS is installed")
    told = parser.parse_args(argv)
    unknown = [name for name in told.names if name not in NAMES]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    failed = [name for name in told.names or NAMES if not _ran(name, told.out, told.octodns)]
    if failed:
        note(f"Without a result: {', '.join(failed)}.")
    return 1 if failed else 0


def _ran(name: str, out: Path | None, octodns: str | None) -> bool:
    words = [sys.executable, "-m", f"tests.benchmarks.{name}"]
    words += ["--out", str(out.absolute())] if out else []
    words += ["--octodns", octodns] if octodns and name == "speed" else []
    note(f"== {name}")
    return subprocess.run(words, cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
