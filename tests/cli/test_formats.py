"""Markdown, HTML, annotations and SARIF on the command line, and the summary of a step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from podsync.cli.environment.github_actions import LIMIT

FROZEN = "Plan: 2 to create, 0 to update, 0 to replace, 0 to orphan."
HEAD = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def summary(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = folder / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def test_every_format_of_a_plan_beside_the_text(podsync, catalog):
    names = ("json", "markdown", "html", "github", "sarif")
    words = [word for name in names for word in ("-o", f"{name}=plan.{name}")]

    run = podsync("plan", *words)

    assert run.code == 0
    assert run.out.endswith(FROZEN + "\n")
    assert Path("plan.markdown").read_text().startswith("<!-- podsync:plan v=1 env=default {")
    assert Path("plan.html").read_text().startswith("<!")
    assert Path("plan.github").read_text().startswith("::notice file=catalog/")
    assert json.loads(Path("plan.sarif").read_text())["version"] == "2.1.0"


@pytest.mark.parametrize("order", [("text", "github"), ("github", "text")])
def test_annotations_share_stdout_with_text_which_stands_last(podsync, catalog, order):
    run = podsync("plan", "-o", order[0], "-o", order[1])

    lines = run.out.splitlines()
    assert [line.startswith("::notice ") for line in lines[:3]] == [True, True, False]
    assert lines[-1] == FROZEN


def test_annotations_alone(podsync, catalog):
    run = podsync("plan", "-o", "github")

    assert all(line.startswith("::notice ") for line in run.out.splitlines())


def test_a_saved_plan_is_shown_in_markdown_and_html(podsync, catalog):
    podsync("plan", "-o", "json=plan.json")

    run = podsync("show", "plan.json", "-o", "markdown", "-o", "html=plan.html")

    assert f"`{FROZEN}`" in run.out
    assert Path("plan.html").is_file()


def test_faults_as_annotations_and_sarif_are_relative_to_the_repository(
    podsync, catalog, folder, monkeypatch
):
    (folder / ".git").mkdir()
    shop = folder / "shop"
    (shop / "catalog").mkdir(parents=True)
    (shop / "catalog" / "bad.yaml").write_text("kind: nonsense\n")

    run = podsync("-C", "shop", "validate", "-o", "github", "-o", "sarif=faults.sarif")

    assert run.code == 3
    assert run.out.startswith("::error file=shop/catalog/bad.yaml,line=1,")
    found = json.loads((shop / "faults.sarif").read_text())["runs"][0]["results"][0]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "shop/catalog/bad.yaml"


def test_plan_and_validate_append_to_the_summary(podsync, catalog, summary):
    assert podsync("validate").code == 0
    assert podsync("plan", "-o", "json").code == 0

    text = summary.read_text()
    assert text.startswith("**Valid: 2 products in 2 files.**\n\n<!-- podsync:plan ")
    assert f"`{FROZEN}`" in text


def test_an_invalid_catalog_is_in_the_summary(podsync, catalog, summary):
    (catalog / "bad.yaml").write_text("kind: nonsense\n")

    assert podsync("validate").code == 3
    assert "**Not valid: 3 errors.**" in summary.read_text()


def test_a_plan_of_an_invalid_catalog_is_told_where_ci_looks_for_a_plan(podsync, catalog, summary):
    (catalog / "bad.yaml").write_text("kind: nonsense\n")
    names = ("json", "markdown", "html", "sarif")
    words = [word for name in names for word in ("-o", f"{name}=plan.{name}")]

    run = podsync("plan", "-o", "text", "-o", "github", *words)

    assert run.code == 3
    assert run.out.startswith("::error file=catalog/bad.yaml,line=1,")
    assert {line.partition(" ")[0] for line in run.out.splitlines()} == {"::error"}
    assert "catalog/bad.yaml:1:" in run.err
    marker, verdict = Path("plan.markdown").read_text().splitlines()[:2]
    assert marker.startswith('<!-- podsync:plan v=1 env=default {"plan_hash": "", ')
    assert verdict == "**Not valid: 3 errors.**"
    assert verdict in summary.read_text()
    results = json.loads(Path("plan.sarif").read_text())["runs"][0]["results"]
    assert {one["level"] for one in results} == {"error"}
    assert not Path("plan.json").exists()
    assert not Path("plan.html").exists()


def test_no_plan_of_an_invalid_catalog_is_on_stdout(podsync, catalog):
    (catalog / "bad.yaml").write_text("kind: nonsense\n")

    assert [podsync("plan", "-o", name).out for name in ("text", "json", "html")] == ["", "", ""]


def test_no_summary_is_above_what_github_takes(podsync, catalog, summary):
    summary.write_bytes(b"x" * (LIMIT - 1000))

    run = podsync("plan")

    assert run.code == 0
    assert summary.stat().st_size == LIMIT - 1000
    assert "the summary of this step is full" in run.err


def test_a_summary_that_cannot_be_written_is_no_failure(podsync, catalog, folder, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "nowhere" / "summary.md"))

    run = podsync("plan")

    assert run.code == 0
    assert "cannot be written" in run.err


def test_the_marker_names_the_commit_of_the_pull_request(podsync, catalog, folder, monkeypatch):
    event = folder / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"sha": HEAD}}}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    monkeypatch.setenv("GITHUB_SHA", "f" * 40)

    first = podsync("plan", "-o", "markdown").out.splitlines()[0]

    assert f'"head_sha": "{HEAD}"' in first


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pull_request": null}'])
def test_without_a_pull_request_it_is_the_commit_of_the_run(podsync, catalog, folder, monkeypatch, content):
    (folder / "event.json").write_text(content)
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(folder / "event.json"))
    monkeypatch.setenv("GITHUB_SHA", "f" * 40)

    assert f'"head_sha": "{"f" * 40}"' in podsync("plan", "-o", "markdown").out


def test_an_apply_leaves_a_report_in_markdown_and_in_the_summary(podsync, catalog, shops, summary):
    run = podsync("apply", "--auto-approve", "-o", "markdown=report.md")

    assert run.code == 0, run.err
    for text in (Path("report.md").read_text(), summary.read_text()):
        assert text.startswith("**Apply complete: 2 created, 0 updated, 0 replaced, 0 orphaned.**")
        assert "### 2 created" in text
