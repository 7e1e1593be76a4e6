"""Workflow annotations and SARIF: on the right line, within GitHub's limits, and never obeyed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema

from podsync.cli.app.formats import installed_rules
from podsync.model.address import Address
from podsync.model.diagnostic import Diagnostic
from podsync.model.position import Position
from podsync.output.escape import safe
from podsync.output.github.annotations import MOST, fault_remark, plan_remarks, workflow_commands
from podsync.output.github.sarif import MOST as MOST_RESULTS
from podsync.output.github.sarif import sarif
from podsync.output.style import PLAIN
from podsync.plan.model import Plan
from tests.output import samples
from tests.output.golden import Golden
from tests.output.naughty import NAUGHTY
from tests.output.test_goldens import PLANS
from tests.output.test_hostile import assert_harmless, plans

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")
SHOWN = [name for name in PLANS if name != "many"]

RULES = installed_rules()
URI = re.compile(r"[A-Za-z0-9%/_.~-]+")


def results(text: str) -> list[dict[str, Any]]:
    """Check a SARIF file against the published schema, GitHub's limits and itself; return its results."""
    assert_harmless(text, PLAIN)
    StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate_json(text)
    data = json.loads(text)
    [run] = data["runs"]
    assert len(run["results"]) <= MOST_RESULTS
    for one in run["results"]:
        [place] = one["locations"]
        assert one["message"]["text"]
        assert URI.fullmatch(place["physicalLocation"]["artifactLocation"]["uri"])
        assert place["physicalLocation"]["region"]["startLine"] >= 1
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in run["results"])
    prints = fingerprints(run["results"])
    assert len(set(prints)) == len(prints)
    found: list[dict[str, Any]] = run["results"]
    return found


def fingerprints(found: list[dict[str, Any]]) -> list[str]:
    return [one["partialFingerprints"]["primaryLocationLineHash"] for one in found]


def commands(text: str) -> list[tuple[str, str, str]]:
    """Read annotations as the runner does."""
    found = [COMMAND.fullmatch(line) for line in text.splitlines()]
    assert None not in found
    assert "##[" not in text
    return [(match[1], match[2], match[3]) for match in found if match is not None]


def fault(number: int, severity: Any = "error", line: int = 1, path: str = "catalog/a.yaml") -> Diagnostic:
    at = Position(path, line, 3, line, 9)
    return Diagnostic(severity, "schema", f"fault {number} (see {path}:{line}:3)", at, "do this")


@pytest.mark.parametrize("name", SHOWN)
def test_annotations_of_a_plan(name: str, golden: Golden) -> None:
    text = workflow_commands(plan_remarks(PLANS[name]()), root="shop")

    golden.check(f"plan-{name}.github.txt", text)
    commands(text)


@pytest.mark.parametrize("name", SHOWN)
def test_sarif_of_a_plan(name: str, golden: Golden) -> None:
    text = sarif(plan_remarks(PLANS[name]()), RULES, root="shop")

    golden.check(f"plan-{name}.sarif", text)
    results(text)


def test_an_annotation_stands_on_the_changed_value() -> None:
    assert workflow_commands(map(fault_remark, [fault(1, line=7)])) == (
        "::error file=catalog/a.yaml,line=7,col=3,endLine=7,endColumn=8,title=schema"
        "::fault 1 (see catalog/a.yaml:7:3)%0Ado this\n"
    )


def test_an_annotation_over_several_lines_has_no_columns() -> None:
    wide = fault(1)._replace(at=Position("a.yaml", 3, 5, 9, 2))

    assert "file=a.yaml,line=3,endLine=9,title=" in workflow_commands(map(fault_remark, [wide]))


def test_properties_and_messages_are_escaped_as_the_runner_asks() -> None:
    odd = Diagnostic("error", "a:b,c", "100% sure", Position("50%,a:b\n.yaml"))

    assert workflow_commands(map(fault_remark, [odd]), root="x,y") == (
        "::error file=x%2Cy/50%25%2Ca%3Ab\\n.yaml,line=1,endLine=1,title=a%3Ab%2Cc::100%25 sure\n"
    )


def as_the_runner_reads(value: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        value = value.replace(code, character)
    return value


ODD = st.text(st.sampled_from("%0AaD2C3:,;=\r\n[]# é"), min_size=1, max_size=20)


@given(ODD, ODD, ODD)
@settings(deadline=None, max_examples=300)
def test_the_runner_reads_the_very_path_title_and_message(path: str, title: str, message: str) -> None:
    """Whatever a file, a key or a cell is called; only what drives a log is shown as an escape."""
    text = workflow_commands([fault_remark(Diagnostic("error", title, message, Position(path)))])

    [(_, told, data)] = commands(text)
    found = {
        key: as_the_runner_reads(value) for key, _, value in (one.partition("=") for one in told.split(","))
    }
    assert found == {"file": safe(path), "line": "1", "endLine": "1", "title": safe(title)}
    assert as_the_runner_reads(data) == "\n".join(map(safe, message.split("\n")))


@pytest.mark.parametrize(("errors", "warnings"), [(0, 0), (10, 1), (11, 10), (500, 500)])
def test_at_most_ten_of_a_kind_and_the_rest_is_counted(errors: int, warnings: int) -> None:
    faults = [fault(n, "warning") for n in range(warnings)] + [fault(n) for n in range(errors)]

    found = commands(workflow_commands(map(fault_remark, faults)))

    kinds = [kind for kind, _, _ in found]
    assert kinds == ["error"] * min(errors, MOST) + ["warning"] * min(warnings, MOST)
    if errors > MOST:
        assert found[MOST - 1][2].startswith(f"and {errors - MOST + 1} more")


def test_a_plan_is_told_worst_first() -> None:
    plan = samples.plan(
        [*samples.many(30).changes, samples.replaced(), samples.orphaned(), samples.renamed()]
    )

    found = commands(workflow_commands(plan_remarks(plan)))

    assert [kind for kind, _, _ in found] == ["warning"] * 3 + ["notice"] * MOST
    assert "title=replace designed_product.dino-crimson" in found[0][1]
    assert found[-1][2].startswith("and 21 more")


def test_fingerprints_stay_when_lines_move_and_tell_equal_faults_apart() -> None:
    before = results(sarif(map(fault_remark, [fault(1, line=3), fault(1, line=9), fault(2)]), RULES))
    after = results(sarif(map(fault_remark, [fault(1, line=40), fault(1, line=41), fault(2, line=2)]), RULES))

    assert fingerprints(before) == fingerprints(after)
    assert len(set(fingerprints(before))) == 3


def test_fingerprints_are_of_rule_file_product_and_words() -> None:
    one = fault(1)
    others = [
        one,
        one._replace(rule="other"),
        one._replace(at=Position("b.yaml")),
        one._replace(address=Address("designed_product", "tee")),
        one._replace(summary="fault one"),
    ]

    assert (
        len(
            {
                print_
                for other in others
                for print_ in fingerprints(results(sarif(map(fault_remark, [other]), RULES)))
            }
        )
        == 5
    )


def test_a_result_without_a_place_points_at_the_settings() -> None:
    found = results(
        sarif(map(fault_remark, [Diagnostic("warning", "max-creates", "too many")]), RULES, root="shop")
    )

    place = found[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "shop/podsync.yaml"


def test_a_path_becomes_a_relative_uri() -> None:
    found = results(sarif(map(fault_remark, [fault(1, path="catalog/a b:c#d?é%.yaml")]), RULES))

    place = found[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "catalog/a%20b%3Ac%23d%3F%C3%A9%25.yaml"


def test_sarif_of_10_000_changes_keeps_what_github_keeps() -> None:
    plan = samples.plan([*samples.many(10_000).changes, samples.replaced()])

    text = sarif(plan_remarks(plan), RULES)

    found = results(text)
    assert len(found) == MOST_RESULTS
    assert found[0]["ruleId"] == "plan-replace"
    assert "5,001 more results" in text


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_naughty_text_is_one_command_and_one_result(text: str) -> None:
    odd = Diagnostic("error", "schema", text, Position(text or "a.yaml", 1), text)

    assert len(commands(workflow_commands(map(fault_remark, [odd])))) == 1
    assert len(results(sarif(map(fault_remark, [odd]), RULES))) == 1


@given(plans())
@settings(deadline=None, max_examples=60)
def test_no_plan_gives_another_command(plan: Plan) -> None:
    found = commands(workflow_commands(plan_remarks(plan)))

    assert len(found) <= 3 * MOST
    results(sarif(plan_remarks(plan), RULES))
