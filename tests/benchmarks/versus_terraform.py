"""podsync and Terraform, killed with `kill -9` in the middle of making 150 things, and run again.

    python -m tests.benchmarks.versus_terraform [--runs 50] [--seed 3] [--minutes 8] [--out DIR]

Each thing takes 50 ms and is made at its end: a product at the sandbox (a process of its own, whose
record is the truth), a line in a file for Terraform (`terraform_data` with a `local-exec`
provisioner; local state). A run is killed when a fraction of the time has passed that an undisturbed
run takes from its first thing to its last; both tools get the same fractions, drawn from the seed.
Then the tool is run again, as a person would, until it says that it is done.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from podsync.model.errors import StateError
from podsync.state.local.store import LocalStore
from tests.benchmarks.common import (
    NAME_FIELD,
    SystemTime,
    a_catalog,
    a_folder,
    add_out,
    environment,
    heading,
    kept,
    note,
    say,
    shops,
    table,
)

THINGS = 150
_SECONDS_EACH = 0.05
#: Terraform's default; podsync gets five workers for each of its two providers.
_PARALLELISM = 10
#: What the shops really need, so that a doubt is settled as soon as it can be.
_SETTINGS = {"parallelism": _PARALLELISM // 2, "timeout_seconds": 2, "settle_seconds": 2}
#: So often a tool is run again before it counts as stuck.
_AGAIN = 3


class Scene(Protocol):
    """One tool at work in a folder of its own."""

    def command(self) -> Sequence[str]:
        """What a person types."""

    @property
    def environment(self) -> dict[str, str]:
        """What it runs in."""

    def made(self) -> list[str]:
        """The things that there truly are, a doubled one twice."""

    def count(self) -> int:
        """How many there are; cheap."""

    def state(self) -> set[str] | None:
        """Which things the tool knows of, made or in doubt; None when its state is damaged."""

    def empty(self) -> bool:
        """Whether a state file is there, and holds nothing."""


class Podsync:
    """150 products, half of each kind, at the sandbox."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._shops = stack.enter_context(shops(latency=_SECONDS_EACH))
        counts = {"kakaclo": THINGS // 2, "gelato": THINGS - THINGS // 2}
        a_catalog(folder, counts, dict.fromkeys(counts, _SETTINGS))

    def command(self) -> Sequence[str]:
        return (sys.executable, "-m", "podsync", "apply", "--auto-approve", "--first-contact")

    @property
    def environment(self) -> dict[str, str]:
        return environment(**self._shops.environment)

    def made(self) -> list[str]:
        found = self._shops.products()
        return [item[NAME_FIELD[shop]].split()[-1] for shop in found for item in found[shop]]

    def count(self) -> int:
        return self._shops.count()

    def state(self) -> set[str] | None:
        store = LocalStore(self._folder / "podsync.state.json", clock=SystemTime())
        try:
            return {address.name for address in store.load().entries}
        except StateError:
            return None

    def empty(self) -> bool:
        return _is_empty(self._folder / "podsync.state.json")


class Terraform:
    """150 resources, each of which adds its name to a file."""

    def __init__(self, folder: Path, _stack: ExitStack) -> None:
        self._log, self._state = folder / "things.log", folder / "terraform.tfstate"
        self._log.touch()
        make = f"sleep {_SECONDS_EACH}; echo ${{count.index}} >> {self._log.name}"
        thing = {"count": THINGS, "provisioner": [{"local-exec": {"command": make}}]}
        told = {"resource": {"terraform_data": {"thing": thing}}}
        (folder / "main.tf.json").write_text(json.dumps(told), encoding="utf-8")

    def command(self) -> Sequence[str]:
        return (
            "terraform",
            "apply",
            "-auto-approve",
            "-input=false",
            "-no-color",
            f"-parallelism={_PARALLELISM}",
        )

    @property
    def environment(self) -> dict[str, str]:
        return environment(TF_CLI_CONFIG_FILE=os.devnull, CHECKPOINT_DISABLE="1", TF_IN_AUTOMATION="1")

    def made(self) -> list[str]:
        return self._log.read_text(encoding="utf-8").split()

    def count(self) -> int:
        return len(self.made())

    def state(self) -> set[str] | None:
        if not self._state.exists():
            return set()
        try:
            told: Any = json.loads(self._state.read_text(encoding="utf-8"))
            found = [item for resource in told["resources"] for item in resource["instances"]]
        except (ValueError, KeyError):
            return None
        return {str(item["index_key"]) for item in found}

    def empty(self) -> bool:
        return _is_empty(self._state)


def _is_empty(path: Path) -> bool:
    return path.exists() and path.stat().st_size == 0


# -- one run


@dataclass
class Tally:
    """What happened to one tool."""

    runs: int = 0
    created: int = 0
    forgotten: int = 0
    doubled: int = 0
    missing: int = 0
    empty: int = 0
    damaged: int = 0
    stuck: int = 0
    bad_runs: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, one: Tally) -> None:
        """Take one run in."""
        for name in ("created", "forgotten", "doubled", "missing", "empty", "damaged", "stuck"):
            setattr(self, name, getattr(self, name) + getattr(one, name))
        self.runs += 1
        self.bad_runs += bool(one.forgotten or one.doubled or one.missing or one.damaged)
        self.seconds += one.seconds


_Tool = Callable[[Path, ExitStack], Scene]


@contextmanager
def _at_work(tool: _Tool) -> Iterator[tuple[Scene, Path]]:
    with a_folder() as folder, ExitStack() as stack:
        yield tool(folder, stack), folder


def _start(scene: Scene, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        scene.command(), cwd=folder, env=scene.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def undisturbed(tool: _Tool) -> float:
    """Seconds from the first thing to the last, of a run that nobody kills."""
    with _at_work(tool) as (scene, folder):
        process = _start(scene, folder)
        first = _wait_for(scene, 1, process)
        last = _wait_for(scene, THINGS, process)
        if process.wait() != 0 or len(scene.made()) != THINGS:
            raise AssertionError(f"{scene.command()[0]} does not work here")
        return last - first


def killed(tool: _Tool, after: float) -> Tally:
    """One run: killed so many seconds after its first thing, then run again to its end."""
    with _at_work(tool) as (scene, folder):
        process = _start(scene, folder)
        first = _wait_for(scene, 1, process)
        time.sleep(max(0.0, first + after - time.monotonic()))
        process.send_signal(signal.SIGKILL)
        process.wait()
        _wait_until_quiet(scene)
        made, known = scene.made(), scene.state()
        one = Tally(created=len(made), empty=scene.empty(), damaged=known is None and not scene.empty())
        one.forgotten = len(set(made) - (known or set()))
        began = time.monotonic()
        codes = [_start(scene, folder).wait()]
        while codes[-1] != 0 and len(codes) < _AGAIN:
            codes.append(_start(scene, folder).wait())
        one.seconds.append(time.monotonic() - began)
        one.stuck = codes[-1] != 0
        counts = Counter(scene.made())
        one.doubled = sum(count - 1 for count in counts.values())
        one.missing = THINGS - len(counts)
        return one


def _wait_for(scene: Scene, count: int, process: subprocess.Popen[bytes]) -> float:
    end = time.monotonic() + 120
    while scene.count() < count:
        if process.poll() is not None and scene.count() < count:
            raise AssertionError(f"{scene.command()[0]} ended with {process.returncode}")
        if time.monotonic() > end:
            raise AssertionError(f"{scene.command()[0]} makes nothing")
        time.sleep(0.01)
    return time.monotonic()


def _wait_until_quiet(scene: Scene) -> None:
    """What was on its way when the tool was killed still arrives."""
    before = -1
    while before != len(scene.made()):
        before = len(scene.made())
        time.sleep(4 * _SECONDS_EACH)


# -- all runs


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=60.0, help="stop early when this is over")
    add_out(parser)
    told = parser.parse_args(argv)
    with kept(told.out, "versus_terraform"):
        _report(told.runs, told.seed, told.minutes)


def _report(wanted: int, seed: int, minutes: float) -> None:
    tools: dict[str, _Tool] = {"podsync": Podsync}
    version = _terraform()
    if version is not None:
        tools[version] = Terraform
    else:
        note("Terraform is not installed: podsync is measured alone.")
    tallies = _all_runs(tools, wanted, seed, minutes)
    runs = next(iter(tallies.values())).runs
    heading(f"kill -9 in the middle of making {THINGS} things, {runs} runs each, seed {seed}")
    columns = (
        "tool", "made when killed", "forgotten by the state", "doubled after the re-run", "missing after it",
        "empty state files", "otherwise damaged", "runs with a fault", "s to run again",
    )  # fmt: skip
    table(columns, [_row(name, tally) for name, tally in tallies.items()])
    stuck = {name: tally.stuck for name, tally in tallies.items() if tally.stuck}
    for name, count in stuck.items():
        say(f"{name} did not reach its end in {_AGAIN} further runs: {count} times.\n")
    if version is None:
        say("Terraform was not installed.\n")


def _all_runs(tools: dict[str, _Tool], runs: int, seed: int, minutes: float) -> dict[str, Tally]:
    chance, end = random.Random(seed), time.monotonic() + 60 * minutes
    whole = {name: statistics.median(undisturbed(tool) for _ in range(3)) for name, tool in tools.items()}
    for name, seconds in whole.items():
        note(f"{name}: {THINGS} things in {seconds:.1f} s")
    tallies = {name: Tally() for name in tools}
    for number in range(runs):
        fraction = chance.random()
        for name, tool in tools.items():
            one = killed(tool, fraction * whole[name])
            tallies[name].add(one)
            note(f"{number + 1}/{runs} {name} at {fraction:.0%}: {one}")
        if time.monotonic() > end:
            break
    return tallies


def _row(name: str, tally: Tally) -> tuple[object, ...]:
    return (
        name, f"{tally.created:,}", f"{tally.forgotten:,}", f"{tally.doubled:,}", f"{tally.missing:,}",
        tally.empty, tally.damaged, f"{tally.bad_runs} of {tally.runs}",
        f"{statistics.median(tally.seconds):.1f}",
    )  # fmt: skip


def _terraform() -> str | None:
    if shutil.which("terraform") is None:
        return None
    told = subprocess.run(["terraform", "version", "-json"], capture_output=True, check=True).stdout
    return f"Terraform {json.loads(told)['terraform_version']}"


if __name__ == "__main__":
    main()
