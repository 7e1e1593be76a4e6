"""The report says what was measured, what was not, and what was missed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.benchmarks import figures, report, speed
from tests.benchmarks.common import ROOT, as_table
from tests.benchmarks.figures import Figure, Figures
from tests.benchmarks.tools import CASES, NEW, ONE, PODSYNC, SAME, TERRAFORM, WARM, Tool

RESULTS = ROOT / "tests" / "benchmarks" / "results"
_MIB = 2**20


def figure(tool: str, case: str, size: int, seconds: float, mib: int = 50) -> Figure:
    return Figure(tool, case, size, (seconds, seconds / 2, seconds * 9), (seconds,) * 3, mib * _MIB)


def a_run(*more: Figure, starts: Mapping[str, tuple[float, ...]] | None = None) -> Figures:
    told = starts or {report.BARE: (10.0, 20.0, 30.0), report.HELP: (100.0, 110.0, 500.0)}
    return Figures("Measured now.", {PODSYNC: "1", TERRAFORM: "2"}, ("octoDNS",), 10_000, more, told)


def verdicts(found: Figures) -> dict[str, bool | None]:
    return {f"{goal.what}, {goal.wanted}": goal.met for goal in report.goals(found)}


def test_figures_come_back_from_their_file() -> None:
    found = a_run(figure(PODSYNC, NEW, 10, 0.5), figure(TERRAFORM, SAME, 10, 2.0))

    assert figures.loads(figures.dumps(found)) == found


@pytest.mark.parametrize("text", ["[]", "{}", '{"format": 99}', "no"])
def test_another_file_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"format 1|Expecting value"):
        figures.loads(text)


def test_the_middle_run_counts() -> None:
    assert figure(PODSYNC, NEW, 10, 0.5).median == 0.5


@pytest.mark.parametrize(
    ("value", "said"), [(0.0712, "0.071"), (0.5, "0.50"), (9.994, "9.99"), (26.44, "26.4"), (141.6, "141.6")]
)
def test_seconds_have_three_digits(value: float, said: str) -> None:
    assert report.seconds(value) == said


def test_a_pipe_stays_in_its_cell() -> None:
    assert as_table(("a", "b"), [("x|y", 1)]) == "| a | b |\n|---|---:|\n| x\\|y | 1 |\n"


def test_what_keeps_nothing_is_compared_with_its_only_case() -> None:
    found = a_run(figure(PODSYNC, WARM, 10_000, 0.1), figure(TERRAFORM, SAME, 10_000, 20.0, 900))

    row = "| 10,000 | nothing changed, warm | podsync | 0.10 | 0.050 | 0.10 | 50 | 200 × |"
    assert row in report.page(found)


@pytest.mark.parametrize(("mine", "met"), [(1.0, True), (1.01, False)])
def test_a_goal_is_met_at_its_limit(mine: float, met: bool) -> None:
    found = a_run(figure(PODSYNC, NEW, 10_000, mine), figure(TERRAFORM, NEW, 10_000, 10.0))

    assert verdicts(found)["10,000 products, all new, cold, ≥ 10 × Terraform"] is met


def test_a_goal_that_was_not_measured_is_neither_met_nor_missed() -> None:
    found = a_run(figure(PODSYNC, NEW, 10, 1.0), starts={report.BARE: (1.0,)})

    assert set(verdicts(found).values()) == {None}
    assert "MISSED" not in report.page(found)


@pytest.mark.parametrize(("size_of_warm", "met"), [(100, True), (120, False)])
def test_the_worst_case_of_memory_counts(size_of_warm: int, met: bool) -> None:
    found = a_run(
        figure(PODSYNC, NEW, 10_000, 1.0, 10), figure(TERRAFORM, NEW, 10_000, 1.0, 800),
        figure(PODSYNC, WARM, 10_000, 1.0, size_of_warm), figure(TERRAFORM, SAME, 10_000, 1.0, 800),
    )  # fmt: skip

    assert verdicts(found)["10,000 products, memory, ≤ 1/8 of Terraform's"] is met


def test_seconds_are_judged_on_a_machine_as_slow_as_this_one() -> None:
    found = a_run(figure(PODSYNC, SAME, 100_000, 20.0), figure(TERRAFORM, NEW, 10_000, 38.6))

    limit = "≤ 12 s where Terraform takes 19.3 s for 10,000: here 24.0 s"
    assert verdicts(found)[f"100,000 products, nothing changed, cold, {limit}"] is True


def test_a_product_costs_what_a_larger_catalog_takes_longer() -> None:
    found = a_run(figure(PODSYNC, NEW, 1_000, 0.2), figure(PODSYNC, NEW, 10_000, 2.0))

    seconds, _ = report.per_product(found, NEW, 1_000, 10_000) or (0, 0)
    assert seconds == pytest.approx(0.0002)


@pytest.mark.parametrize(("large", "met"), [(13.4, True), (13.6, False)])
def test_the_cost_of_a_product_may_grow_by_a_quarter(large: float, met: bool) -> None:
    sizes = {1_000: 0.2, 10_000: 1.1, 100_000: 1.1 + large - 2.2}
    found = a_run(*(figure(PODSYNC, NEW, size, seconds) for size, seconds in sizes.items()))

    assert verdicts(found)["cost of each product, 1,000 to 100,000, all new, cold, ≤ 1.25 times"] is met


def test_start_up_is_judged_above_the_interpreter_s() -> None:
    assert verdicts(a_run())["podsync --help, above a bare interpreter, ≤ 100 ms"] is True


def test_what_was_not_there_and_what_was_not_run_is_said() -> None:
    found = a_run(figure(PODSYNC, NEW, 100_000, 7.0))

    page = report.page(found)
    assert "octoDNS was not found, so it was not measured." in page
    assert "| 100,000 | all | Terraform | not run |" in page


def test_the_short_form_has_a_column_for_each_tool() -> None:
    found = a_run(figure(PODSYNC, ONE, 10, 0.25, 30), figure(TERRAFORM, ONE, 10, 2.5, 100))

    assert report.short(found) == (
        "| products | case | podsync 1 | Terraform 2 | against Terraform |\n"
        "|---|---|---:|---:|---:|\n"
        "| 10 | one changed, warm | 0.25 s, 30 MiB | 2.50 s, 100 MiB | 10 × |\n"
        "\nMeasured now. octoDNS was not installed.\n"
    )


def test_the_figures_go_between_their_marks() -> None:
    readme = "before\n<!-- speed:begin -->\nold\n<!-- speed:end -->\nafter\n"

    assert report.replaced(readme, "new\n") == readme.replace("old", "new")


@pytest.mark.parametrize("readme", ["", "<!-- speed:begin -->\n", "<!-- speed:end -->"])
def test_a_readme_without_the_marks_is_left_alone(readme: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        report.replaced(readme, "new")


def test_one_changed_has_no_line_of_its_own() -> None:
    found = a_run(*(figure(PODSYNC, case, size, 1.0) for case in CASES for size in (1, 10, 100)))

    words = [each.text for each in ET.fromstring(report.picture(found)).iter()]  # noqa: S314 (our own)
    assert [word for word in words if word and word.startswith(PODSYNC)] == [
        f"{PODSYNC}, {case}" for case in (NEW, SAME, WARM)
    ]


# -- what is committed, and the whole of it


def test_the_committed_report_is_that_of_the_committed_figures() -> None:
    found = figures.loads((RESULTS / "speed.json").read_text(encoding="utf-8"))

    assert (RESULTS / "speed.md").read_text(encoding="utf-8") == report.page(found).strip() + "\n"
    assert (RESULTS / "speed.svg").read_text(encoding="utf-8") == report.picture(found)


def test_the_readme_shows_the_committed_figures() -> None:
    found = figures.loads((RESULTS / "speed.json").read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert report.replaced(readme, report.short(found)) == readme


def test_one_command_measures_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    speed.main(["--sizes", "4", "--runs", "1", "--starts", "1", "--tools", "podsync", "--out", str(tmp_path)])

    found = figures.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert [(each.case, each.size) for each in found.figures if each.size == 4] == [
        (case, 4) for case in sorted(CASES)
    ]
    assert all(min(each.seconds) > 0 < each.peak for each in found.figures)
    assert (tmp_path / "speed.md").read_text(encoding="utf-8").strip() in capsys.readouterr().out
    assert (tmp_path / "speed.md").read_text(encoding="utf-8") == report.page(found).strip() + "\n"
    assert ET.parse(tmp_path / "speed.svg").getroot().tag.endswith("svg")  # noqa: S314 (our own)


@pytest.mark.parametrize("said", ["Plan: 3 to create, 0 to update", "an error", "No changes."])
def test_a_plan_that_is_not_the_one_that_is_due_stops_it(tmp_path: Path, said: str) -> None:
    words = (sys.executable, "-c", f"print({said!r})")
    lazy = Tool("lazy", "1", words, {}, "lazy", "record", (NEW,))
    (tmp_path / "lazy").mkdir()

    with pytest.raises(AssertionError, match=f"lazy, all new, cold: exit 0.*\n{said}"):
        speed.turn(lazy, NEW, 4, 1, tmp_path)
