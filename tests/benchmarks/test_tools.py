"""The tools' scenes: each at the same products, and its own words checked against what is due."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.benchmarks import corpus, scenes
from tests.benchmarks.tools import (
    CASES,
    FORMS,
    NEW,
    OCTODNS,
    ONE,
    PODSYNC,
    SAME,
    TERRAFORM,
    WARM,
    Tool,
    counts,
    due,
    octodns,
    one_more,
    version_of,
)


def tool(name: str, record: str) -> Tool:
    return Tool(name, "1", (), {}, name.lower(), record, CASES)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Plan: 4 to create, 1 to update, 0 to replace, 0 to orphan.\n", (4, 1)),
        ("Plan: 1000 to add, 2 to change, 0 to destroy.\n", (1000, 2)),
        ("*   Summary: Creates=500, Updates=0, Deletes=0\n*   Summary: Creates=7, Updates=1, D\n", (507, 1)),
        ("No changes. The catalog matches the state.\n", (0, 0)),
        ("No changes were planned\n", (0, 0)),
        ("INFO YamlProvider[target] plan:   No changes\n", None),
        ("error: no such thing\n", None),
        ('+ name = "Plan: 4 to add, 0 to change"\n', None),
    ],
)
def test_what_a_plan_would_do_is_read_from_its_words(said: str, found: tuple[int, int] | None) -> None:
    assert counts(iter(said.splitlines(keepends=True))) == found


def test_each_case_has_something_due() -> None:
    assert [due(case, 9) for case in CASES] == [(9, 0), (0, 0), (0, 0), (0, 1)]


@pytest.mark.parametrize("count", [3, 501])
def test_all_tools_get_all_products(tmp_path: Path, count: int) -> None:
    scenes.terraform(tmp_path / "t", count)
    scenes.octodns(tmp_path / "o", count)

    names = [document["name"] for document in corpus.documents(count)]
    blocks = "".join(path.read_text() for path in sorted((tmp_path / "t").glob("*.tf")))
    state = json.loads((tmp_path / "t/made/terraform.tfstate").read_text())
    zones = "".join(path.read_text() for path in sorted((tmp_path / "o/source").iterdir()))
    assert [line.split('"')[3] for line in blocks.splitlines() if line.startswith("resource")] == names
    assert [resource["name"] for resource in state["resources"]] == names
    assert sorted(line[:-1] for line in zones.splitlines() if line.endswith(":")) == sorted(names)


def test_terraform_s_state_holds_what_its_blocks_make_of_the_files(tmp_path: Path) -> None:
    values = {}
    for form in FORMS:
        scenes.terraform(tmp_path / form, 2, form)
        state = json.loads((tmp_path / form / "made/terraform.tfstate").read_text())
        values[form] = state["resources"][1]["instances"][0]["attributes"]["input"]["value"]

    document = list(corpus.documents(2))[1]
    assert tuple(scenes.FORMS) == FORMS
    assert values["nested"] == document
    assert json.loads(values["text"]) == document
    assert values["fields"]["name"] == document["spec"]["name"]
    assert json.loads(values["fields"]["variantOptions"]) == document["spec"]["variantOptions"]


def test_terraform_s_types_are_those_it_writes() -> None:
    value = {"id": "x", "sizes": ["s", "m"], "parts": [{"quantity": 2}]}

    assert scenes.hcl_type(value) == [
        "object",
        {
            "id": "string",
            "sizes": ["tuple", ["string", "string"]],
            "parts": ["tuple", [["object", {"quantity": "number"}]]],
        },
    ]


@pytest.mark.parametrize(
    ("name", "record"),
    [(PODSYNC, "podsync.state.json"), (TERRAFORM, "terraform.tfstate"), (OCTODNS, "target")],
)
def test_a_scene_is_as_the_case_says_and_cleared_again(tmp_path: Path, name: str, record: str) -> None:
    each = tool(name, record)
    {PODSYNC: scenes.podsync, TERRAFORM: scenes.terraform, OCTODNS: scenes.octodns}[name](tmp_path, 4)
    path, product = each.place(tmp_path, 3)
    before = path.read_text()

    with each.at(ONE, tmp_path, 3):
        changed = path.read_text()
        known = (tmp_path / record).exists()
    with each.at(NEW, tmp_path, 3):
        forgotten = not (tmp_path / record).exists()

    assert (known, forgotten) == (True, True)
    assert changed == one_more(before, product) != before
    assert path.read_text() == before


def test_only_a_cold_case_forgets_the_last_run(tmp_path: Path) -> None:
    each = tool(PODSYNC, "podsync.state.json")
    scenes.podsync(tmp_path, 2)
    cache = tmp_path / ".podsync"

    found = []
    for case in (WARM, SAME):
        cache.mkdir(exist_ok=True)
        with each.at(case, tmp_path, 1):
            found.append(cache.exists())

    assert found == [True, False]


def test_the_product_that_changes_is_where_the_corpus_puts_it() -> None:
    path, name = tool(PODSYNC, "").place(Path("f"), 1_001)

    assert (path, name) == (corpus.file_of(Path("f"), 1_001), corpus.name_of(1_001))


def test_one_more_change_needs_a_product_with_customers() -> None:
    with pytest.raises(ValueError, match="no customers"):
        one_more("name: a\n", "a")


@pytest.mark.parametrize(
    ("program", "version"),
    [
        ("print('octoDNS 1.22.0')", "1.22.0"),
        ("print('Terraform v1.11.4'); print('on linux_amd64')", "1.11.4"),
        ("print('no number')", None),
        ("print('1.0.0'); raise SystemExit(1)", None),
    ],
)
def test_a_tool_is_there_when_it_tells_its_version(program: str, version: str | None) -> None:
    assert version_of((sys.executable, "-c", program), {}) == version


def test_a_program_that_is_not_there_is_no_tool(tmp_path: Path) -> None:
    assert version_of((str(tmp_path / "terraform"), "version"), {}) is None
    assert octodns(str(tmp_path / "python")) is None
