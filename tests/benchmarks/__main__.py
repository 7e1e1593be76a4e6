"""`python -m tests.benchmarks [NAME]…`: one table after another."""

from __future__ import annotations

import argparse

from tests.benchmarks import git_store, startup, stores, throughput, versus_terraform, views
from tests.benchmarks.common import facts, say

_ALL = {
    "startup": startup.main,
    "throughput": throughput.main,
    "stores": stores.main,
    "git_store": git_store.main,
    "versus_terraform": versus_terraform.main,
    "views": views.main,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(_ALL)}; default: all")
    names = parser.parse_args().names or list(_ALL)
    unknown = [name for name in names if name not in _ALL]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    say(f"{facts()}\n")
    for name in names:
        _ALL[name]([], headed=False)


if __name__ == "__main__":
    main()
