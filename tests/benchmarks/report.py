"""The figures of a run as Markdown: every figure, the goals, and the short form that the README shows."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tests.benchmarks.chart import Line, svg
from tests.benchmarks.common import as_table
from tests.benchmarks.figures import Figure, Figures
from tests.benchmarks.tools import AS_COLD, CASES, NEW, ONE, PODSYNC, SAME, TERRAFORM, TOOLS, WARM

BARE, HELP = "bare interpreter", "podsync --help"
COMMAND = "python -m tests.benchmarks.speed"
#: Terraform's plan of 10,000 new products where the goals in seconds were set.
_YARDSTICK = 19.3
_SMALL, _MIDDLE, _LARGE = 1_000, 10_000, 100_000
_MIB = 2**20
_HOW = f"""\
Whole processes, all tools in turn in each round, medians. Peak memory is that of the process and all it
starts, from a round of its own. `× Terraform` is how much longer Terraform took for the same work in the
same run; it and octoDNS keep nothing between runs, so they have no warm cases.
[What is compared, and how](../README.md); again: `{COMMAND}`.
"""
_COST = """\
What a larger catalog takes longer than a smaller one, divided by the products that it has more. CPU is of
all cores, so it shows what the wall clock hides where a second core comes in.
"""


def seconds(value: float) -> str:
    """Three digits are as many as a measurement has."""
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def times(value: float) -> str:
    """How often one goes into the other."""
    return f"{value:.1f} ×" if value < 10 else f"{value:,.0f} ×"


def mib(value: float) -> str:
    """Bytes as MiB."""
    return f"{value / _MIB:,.0f}"


def against(found: Figures, figure: Figure) -> Figure | None:
    """Terraform's figure for the same work."""
    return found.of(TERRAFORM, AS_COLD[figure.case], figure.size)


# -- every figure


def page(found: Figures) -> str:
    """Return the whole report."""
    return "\n".join(
        (
            "# How fast podsync plans\n",
            f"{found.about}\n{versions(found)}\n",
            "![Seconds a plan takes, by the number of products](speed.svg)\n",
            _HOW,
            _everything(found),
            "## Goals\n",
            as_table(("goal", "wanted", "found", ""), [goal.row() for goal in goals(found)], words=4),
            "## What one more product costs\n",
            _each(found),
            _COST,
            "## Start-up\n",
            _starts(found),
        )
    )


def versions(found: Figures) -> str:
    """Say what was measured, and what was not there to be."""
    there = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    gone = "".join(f" {name} was not found, so it was not measured." for name in found.missing)
    return f"{there}.{gone}"


def _everything(found: Figures) -> str:
    rows = [row for size in found.sizes for row in _rows(found, size)]
    columns = ("products", "case", "tool", "s", "fastest", "CPU s", "peak MiB", "× Terraform")
    return as_table(columns, rows, words=3)


def _rows(found: Figures, size: int) -> Iterator[tuple[str, ...]]:
    for case in CASES:
        for tool in TOOLS:
            figure = found.of(tool, case, size)
            if figure is None:
                continue
            other = against(found, figure) if tool == PODSYNC else None
            yield (
                f"{size:,}", case, tool, seconds(figure.median), seconds(min(figure.seconds)),
                seconds(statistics.median(figure.cpu)), mib(figure.peak),
                times(other.median / figure.median) if other else "",
            )  # fmt: skip
    peers = " and ".join(name for name in found.versions if name != PODSYNC)
    if peers and size > found.peers_to:
        yield (f"{size:,}", "all", peers, "not run", "", "", "", "")


def _each(found: Figures) -> str:
    rows = []
    for case in (NEW, SAME, WARM):
        first = None
        for size, larger in pairwise((_SMALL, _MIDDLE, _LARGE)):
            cost = per_product(found, case, size, larger)
            if cost is None:
                continue
            first = first or cost
            told = (f"{cost[0] * 1000:.3f}", f"{cost[0] / first[0]:.2f}", f"{cost[1] * 1000:.3f}",
                    f"{cost[1] / first[1]:.2f}")  # fmt: skip
            rows.append((case, f"{size:,} to {larger:,}", *told))
    return as_table(("case", "products", "ms each", "of the first", "ms CPU each", "of the first"), rows)


def per_product(found: Figures, case: str, size: int, larger: int) -> tuple[float, float] | None:
    """Return podsync's seconds and CPU seconds for each product that only the larger catalog has."""
    few, many = found.of(PODSYNC, case, size), found.of(PODSYNC, case, larger)
    if few is None or many is None:
        return None
    cpu = statistics.median(many.cpu) - statistics.median(few.cpu)
    return max(many.median - few.median, 1e-9) / (larger - size), max(cpu, 1e-9) / (larger - size)


def _starts(found: Figures) -> str:
    medians = {name: statistics.median(values) for name, values in found.starts.items()}
    bare = medians.get(BARE, 0.0)
    rows = [
        (name, f"{median:.0f}", f"{median - bare:+.0f}", f"{min(found.starts[name]):.0f}")
        for name, median in medians.items()
    ]
    return as_table(("process", "ms", "above bare", "fastest"), rows)


# -- goals


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted, what was found, and whether that will do; None when it was not measured."""

    what: str
    wanted: str
    found: str
    met: bool | None

    def row(self) -> tuple[str, ...]:
        """Return it as cells of a table."""
        return self.what, self.wanted, self.found, {True: "met", False: "MISSED", None: ""}[self.met]


def goals(found: Figures) -> list[Goal]:
    """Judge a run."""
    faster = {NEW: 10, SAME: 15, WARM: 100, ONE: 80}
    return [
        *(_faster(found, case, least) for case, least in faster.items()),
        *_large(found),
        _memory(found),
        *(_linear(found, case) for case in (NEW, SAME, WARM)),
        _start(found),
    ]


def _judged(what: str, wanted: str, value: float | None, say: Callable[[float], str], *, met: bool) -> Goal:
    if value is None:
        return Goal(what, wanted, "not measured", None)
    return Goal(what, wanted, say(value), met)


def _faster(found: Figures, case: str, least: int) -> Goal:
    figure = found.of(PODSYNC, case, _MIDDLE)
    other = against(found, figure) if figure else None
    value = other.median / figure.median if figure and other else None
    what = f"{_MIDDLE:,} products, {case}"
    return _judged(what, f"≥ {least} × Terraform", value, times, met=(value or 0) >= least)


def _large(found: Figures) -> Iterator[Goal]:
    yardstick = found.of(TERRAFORM, NEW, _MIDDLE)
    slower = yardstick.median / _YARDSTICK if yardstick else None
    for case in CASES:
        limit, room = (12.0, 400) if case in {NEW, SAME} else (1.3, 250)
        figure = found.of(PODSYNC, case, _LARGE)
        took, peak = (figure.median, figure.peak / _MIB) if figure else (None, None)
        here = "not comparable" if slower is None else f"here {seconds(limit * slower)} s"
        wanted = f"≤ {limit:g} s where Terraform takes {_YARDSTICK} s for {_MIDDLE:,}: {here}"
        goal = _judged(
            f"{_LARGE:,} products, {case}", wanted, took, lambda value: f"{seconds(value)} s",
            met=(took or 0) <= limit * (slower or 0),
        )  # fmt: skip
        yield goal if slower else Goal(goal.what, goal.wanted, goal.found, None)
        yield _judged(
            f"{_LARGE:,} products, {case}", f"≤ {room} MiB", peak, lambda value: f"{value:,.0f} MiB",
            met=(peak or 0) <= room,
        )  # fmt: skip


def _memory(found: Figures) -> Goal:
    """The case in which Terraform's is the smallest multiple of podsync's counts."""
    figures = [each for case in CASES if (each := found.of(PODSYNC, case, _MIDDLE))]
    ratios = [other.peak / each.peak for each in figures if (other := against(found, each))]
    value = min(ratios, default=None)
    what = f"{_MIDDLE:,} products, memory"
    return _judged(what, "≤ 1/8 of Terraform's", value, lambda v: f"1/{v:.1f}", met=(value or 0) >= 8)


def _linear(found: Figures, case: str) -> Goal:
    first = per_product(found, case, _SMALL, _MIDDLE)
    last = per_product(found, case, _MIDDLE, _LARGE)
    value = last[0] / first[0] if first and last else None
    what = f"cost of each product, {_SMALL:,} to {_LARGE:,}, {case}"
    return _judged(what, "≤ 1.25 times", value, lambda v: f"{v:.2f} times", met=(value or 0) <= 1.25)


def _start(found: Figures) -> Goal:
    starts = found.starts
    value = (
        statistics.median(starts[HELP]) - statistics.median(starts[BARE])
        if BARE in starts and HELP in starts
        else None
    )
    what = f"{HELP}, above a bare interpreter"
    return _judged(what, "≤ 100 ms", value, lambda v: f"{v:.0f} ms", met=(value or 0) <= 100)


# -- the short form


def short(found: Figures) -> str:
    """Return what the README shows: seconds and MiB of each tool, and how much faster podsync is."""
    tools = [name for name in TOOLS if name in found.versions]
    rows = []
    for size in found.sizes:
        for case in CASES:
            mine = found.of(PODSYNC, case, size)
            if mine is None:
                continue
            other = against(found, mine)
            cells = [_cell(found, tool, case, size) for tool in tools]
            rows.append((f"{size:,}", case, *cells, times(other.median / mine.median) if other else ""))
    names = [f"{name} {found.versions[name]}" for name in tools]
    told = as_table(("products", "case", *names, "against Terraform"), rows, words=2)
    return f"{told}\n{found.about}{_gone(found)}\n"


def _cell(found: Figures, tool: str, case: str, size: int) -> str:
    figure = found.of(tool, case if tool == PODSYNC else AS_COLD[case], size)
    if figure is None:
        return "not run"
    return f"{seconds(figure.median)} s, {mib(figure.peak)} MiB"


def _gone(found: Figures) -> str:
    return "".join(f" {name} was not installed." for name in found.missing)


# -- the picture


def picture(found: Figures) -> str:
    """Return the seconds of every tool over the number of products."""
    lines = []
    for group, tool in enumerate(TOOLS):
        for style, case in enumerate(CASES):
            figures = [each for size in found.sizes if (each := found.of(tool, case, size))]
            # One changed product costs what none does; it would only cover the line.
            if figures and case != ONE:
                points = tuple((float(each.size), each.median) for each in figures)
                lines.append(Line(f"{tool}, {case}", points, group, style))
    return svg("Seconds a plan takes", lines, across="products", up="seconds, median")


def replaced(readme: str, block: str) -> str:
    """Put the block between the two marks of the README. Raises ValueError where they are not."""
    begin, end = "<!-- speed:begin -->\n", "<!-- speed:end -->"
    head, found, rest = readme.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError("the README has no place for the figures")
    return f"{head}{begin}{block}{end}{tail}"
