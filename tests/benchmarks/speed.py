"""How fast podsync plans, beside Terraform and octoDNS where they are installed.

    python -m tests.benchmarks.speed [--sizes 1000,10000,100000] [--runs 5] [--out DIR]
        [--tools podsync,terraform,octodns] [--octodns PYTHON] [--peers-to 10000] [--starts 15]
        [--terraform-as fields|text|nested] [--readme FILE]
    python -m tests.benchmarks.speed --again DIR [--readme FILE]     the report anew from its figures

Whole processes, one after the other, all tools in turn for every case of every round, so that whatever
else the machine does meets all of them. A round before the others is watched for memory and counts
for nothing else. With --out, figures, report and picture go to speed.json, speed.md and speed.svg.
No network; octoDNS is looked for on PATH, or in the environment of the Python that --octodns names.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks import figures, measure, report, startup
from tests.benchmarks.common import a_folder, facts, kept, note, say
from tests.benchmarks.figures import Figure, Figures
from tests.benchmarks.tools import (
    CASES,
    FORMS,
    OCTODNS,
    ONE,
    PODSYNC,
    TERRAFORM,
    TOOLS,
    WARM,
    Tool,
    counts,
    due,
    octodns,
    podsync,
    terraform,
)


def main(argv: Sequence[str] | None = None) -> None:
    told = _arguments(argv)
    if told.again:
        found = figures.loads((told.again / "speed.json").read_text(encoding="utf-8"))
    else:
        # Through the file, whose digits are fewer: the report is that of what is kept.
        found = figures.loads(figures.dumps(_measured(told)))
    out = told.again or told.out
    with kept(out, "speed"):
        say(report.page(found))
    if out:
        (out / "speed.json").write_text(figures.dumps(found), encoding="utf-8")
        (out / "speed.svg").write_text(report.picture(found), encoding="utf-8")
    if told.readme:
        readme = told.readme.read_text(encoding="utf-8")
        told.readme.write_text(report.replaced(readme, report.short(found)), encoding="utf-8")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=report.COMMAND, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=_numbers, default=[1_000, 10_000, 100_000])
    parser.add_argument("--runs", type=int, default=5, help="timed rounds")
    parser.add_argument("--tools", default=",".join(TOOLS).lower(), help="podsync is always one of them")
    parser.add_argument("--starts", type=int, default=15, help="runs of podsync --help")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write figures, report and picture there")
    parser.add_argument("--again", type=Path, metavar="DIR", help="measure nothing: read the figures there")
    parser.add_argument("--octodns", metavar="PYTHON", help="the Python of an environment with octoDNS")
    parser.add_argument("--terraform-as", choices=FORMS, default=FORMS[0], help="how deep its data is")
    parser.add_argument("--peers-to", type=int, default=10_000, help="the other tools' largest size")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="put the short form between its marks")
    told = parser.parse_args(argv)
    told.tools = set(told.tools.lower().split(","))
    unknown = told.tools - {name.lower() for name in TOOLS}
    if unknown or min(told.runs, told.starts) < 1 or any(size < 2 for size in told.sizes):
        parser.error(f"known tools are {', '.join(TOOLS).lower()}; runs are 1 or more, sizes 2 or more")
    return told


def _numbers(text: str) -> list[int]:
    return sorted({int(each) for each in text.replace("_", "").split(",")})


# -- measuring


def _measured(told: argparse.Namespace) -> Figures:
    about = f"{facts()} Peaks below {measure.floor() / 2**20:.0f} MiB cannot be seen."
    others: dict[str, Tool | None] = {}
    if TERRAFORM.lower() in told.tools:
        others[TERRAFORM] = terraform(told.terraform_as)
    if OCTODNS.lower() in told.tools:
        others[OCTODNS] = octodns(told.octodns)
    peers = [tool for tool in others.values() if tool]
    missing = tuple(name for name, tool in others.items() if tool is None)
    for name in missing:
        note(f"{name} is not installed: measured without it.")
    tools = [podsync(), *peers]
    found: list[Figure] = []
    for size in told.sizes:
        there = tools if size <= told.peers_to else tools[:1]
        with a_folder() as folder:
            found += _at(size, there, told.runs, folder)
    with a_folder() as folder:
        words = {report.BARE: ("-c", "pass"), report.HELP: ("-m", "podsync", "--help")}
        starts = startup.measured(words, told.starts, folder)
    versions = {tool.name: tool.version for tool in tools}
    told_starts = {name: tuple(times) for name, times in starts.items()}
    return Figures(about, versions, missing, told.peers_to, tuple(found), told_starts)


def _at(size: int, tools: Sequence[Tool], runs: int, folder: Path) -> Iterator[Figure]:
    """Measure every tool at one size, in turns."""
    for tool in tools:
        note(f"{size:,} products: writing what {tool.name} reads")
        tool.make(folder / tool.name, size)
    took: dict[tuple[str, str], list[measure.Took]] = {}
    for number, case, tool in _turns(tools, runs, size):
        one = turn(tool, case, size, number, folder)
        took.setdefault((tool.name, case), []).append(one)
        what = "watched" if number == 0 else f"{number} of {runs}"
        note(f"{size:,} {case}, {tool.name}, {what}: {one.seconds:.2f} s, {one.peak / 2**20:.0f} MiB")
    for (name, case), (watched, *timed) in sorted(took.items()):
        peak = max(watched.peak, int(statistics.median(each.peak for each in timed)))
        seconds, cpu = tuple(each.seconds for each in timed), tuple(each.cpu for each in timed)
        yield Figure(name, case, size, seconds, cpu, peak)


def _turns(tools: Sequence[Tool], runs: int, size: int) -> Iterator[tuple[int, str, Tool]]:
    """Yield round, case and tool in the order of the runs; every other round goes through the tools back."""
    for number in range(runs + 1):
        for case in CASES:
            for tool in tools[:: -1 if number % 2 else 1]:
                if case in tool.cases:
                    yield number, case, tool


def turn(tool: Tool, case: str, size: int, number: int, folder: Path) -> measure.Took:
    """Run one tool once, in round `number`. Raises AssertionError where its plan is not the one due."""
    place, out = folder / tool.name, folder / "said.txt"
    product = 2 * (number * 7919 % max(size // 2, 1)) + 1
    if tool.name == PODSYNC and case in {WARM, ONE}:
        with tool.at(WARM, place, product):  # so that it has something to remember
            measure.run(tool.words, folder=place, env=tool.env, out=out)
    with tool.at(case, place, product):
        one = measure.run(tool.command(case), folder=place, env=tool.env, out=out, watched=number == 0)
    with out.open(encoding="utf-8", errors="replace") as said:
        plan = counts(said)
    if one.code != 0 or plan != due(case, size):
        tail = out.read_bytes()[-2000:].decode("utf-8", "replace")
        raise AssertionError(f"{tool.name}, {case}: exit {one.code}, {plan} of {due(case, size)}\n{tail}")
    return one


if __name__ == "__main__":
    main()
