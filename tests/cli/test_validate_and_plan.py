from __future__ import annotations

import json
import os
from pathlib import Path

import pytest


def test_a_valid_catalog(podsync, catalog):
    assert podsync("validate") == (0, "Valid: 2 products in 2 files.\n", "")


def test_an_invalid_catalog_is_told_on_stdout_with_its_place(podsync, catalog):
    (catalog / "bad.yaml").write_text("kind: designed_product\nname: bad\nspec:\n  colorValue: #A72525\n")

    run = podsync("validate")

    assert run.code == 3
    assert "catalog/bad.yaml:4:" in run.out
    assert "error[" in run.out
    assert run.err == ""


def test_validate_as_json(podsync, catalog):
    (catalog / "bad.yaml").write_text("kind: nonsense\n")

    run = podsync("validate", "-o", "json")

    data = json.loads(run.out)
    assert run.code == 3
    assert data["valid"] is False
    assert data["diagnostics"][0]["range"]["filename"] == "catalog/bad.yaml"


def test_validate_narrows_to_the_paths(podsync, catalog):
    (catalog / "bad.yaml").write_text("kind: nonsense\n")

    assert podsync("validate", "catalog/tee.yaml").code == 0
    assert podsync("validate", "catalog/bad.yaml").code == 3


@pytest.mark.parametrize("args", [["plan"], ["apply"], ["render", "designed_product.tee"]])
def test_other_commands_tell_faults_on_stderr(podsync, catalog, args):
    (catalog / "bad.yaml").write_text("kind: nonsense\n")

    run = podsync(*args)

    assert (run.code, run.out) == (3, "")
    assert "catalog/bad.yaml:1:" in run.err


def test_invalid_settings_are_told_with_their_place(podsync, catalog, folder):
    (folder / "podsync.yaml").write_text("version: 1\nlimit: {}\n")

    run = podsync("plan")

    assert run.code == 3
    assert "podsync.yaml:2:1: error[" in run.err


def test_plan_shows_what_would_be_made(podsync, catalog):
    run = podsync("plan")

    assert run.code == 0
    assert "designed_product.tee" in run.out
    assert run.out.splitlines()[-1] == "Plan: 2 to create, 0 to update, 0 to replace, 0 to orphan."
    assert run.err == ""


def test_plan_writes_nothing(podsync, catalog, folder):
    before = sorted(folder.rglob("*"))

    podsync("plan")

    assert sorted(folder.rglob("*")) == before


def test_detailed_exitcode(podsync, catalog):
    assert podsync("plan", "--detailed-exitcode").code == 2


def test_the_selection_narrows(podsync, catalog):
    run = podsync("plan", "--target", "designed_product.*", "-l", "season=spring")

    assert "Plan: 1 to create" in run.out
    assert "customer_product.tote" not in run.out


def test_a_plan_over_a_limit_is_shown_and_saved_all_the_same(podsync, catalog, folder):
    (folder / "podsync.yaml").write_text("version: 1\nlimits: {max_creates: 1}\n")

    run = podsync("plan", "-o", "json=plan.json")

    assert run.code == 5
    assert "Plan: 2 to create" in run.out
    assert json.loads(Path("plan.json").read_text())["applyable"] is False
    assert podsync("plan", "--allow", "creates=2").code == 0


def test_a_saved_plan_is_shown_again(podsync, catalog):
    text = podsync("plan", "-o", "json=plan.json").out

    run = podsync("show", "plan.json")

    assert run.code == 0
    assert run.out.splitlines()[-1] == text.splitlines()[-1]
    assert podsync("show", "plan.json", "-o", "json").out == Path("plan.json").read_text()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "nonsense", '{"format_version": "9.0"}', "[" * 100_000, '{"a": NaN}', "null", "\ufeff{}"],
)
def test_what_is_no_plan_is_one_sentence(podsync, catalog, text):
    Path("plan.json").write_text(text, encoding="utf-8")

    for args in (["show", "plan.json"], ["apply", "plan.json"]):
        run = podsync(*args)

        assert run.code == 1
        assert run.err.startswith("error: ")
        assert "bug" not in run.err


def test_a_plan_that_somebody_edited_is_refused(podsync, catalog):
    podsync("plan", "-o", "json=plan.json")
    path = Path("plan.json")
    path.write_text(path.read_text().replace("Test Tee", "Best Tee"))

    assert podsync("show", "plan.json").code == 7


def test_the_result_is_the_same_whatever_the_environment(process, catalog):
    ways = (("1", "C", "UTC"), ("2", "C.UTF-8", "Asia/Tokyo"), ("3", "C", "America/Lima"))
    runs = {
        process("plan", "-o", "json", env={"PYTHONHASHSEED": seed, "LC_ALL": lang, "TZ": zone}).out
        for seed, lang, zone in ways
    }

    assert len(runs) == 1


def test_render_shows_the_request_without_the_key(podsync, catalog, monkeypatch):
    monkeypatch.setenv("KAKACLO_ACCESS_TOKEN", "canary-0123456789")

    run = podsync("render", "designed_product.tee")

    head, _, body = run.out.partition("\n\n")
    assert run.code == 0
    assert head.startswith("POST https://developer.kakaclo.com/openapi/")
    assert "Authorization: Bearer ***" in head
    assert json.loads(body)["enName"] == "Test Tee"
    assert "canary" not in run.out + run.err


@pytest.mark.parametrize(
    "kind", ["designed_product", "customer_product", "catalog", "podsync", "plan", "state"]
)
def test_schema_prints_json(podsync, kind):
    run = podsync("schema", kind)

    assert run.code == 0
    assert json.loads(run.out)["$schema"]


def test_a_catalog_folder_that_is_empty_is_valid(podsync, folder):
    (folder / "catalog").mkdir()

    run = podsync("validate")

    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("Valid: 0 products in 0 files.")
    assert podsync("plan").out.splitlines()[-1] == "No changes. The catalog matches the state."


@pytest.mark.parametrize("text", ["", "{", "[]", "nonsense", '{"version": 99}'])
def test_a_state_that_cannot_be_read_is_refused_and_left_alone(podsync, catalog, text):
    path = Path("podsync.state.json")
    path.write_text(text)

    for args in (["plan"], ["state", "list"], ["apply", "--auto-approve"]):
        run = podsync(*args)

        assert run.code == 1
        assert run.err.startswith("error: ")
        assert "bug" not in run.err
    assert path.read_text() == text


def test_verbose_says_which_files_hold(podsync, catalog):
    assert "settings: none, defaults hold" in podsync("-v", "plan").err


def test_names_cannot_drive_the_terminal(podsync, catalog):
    text = (catalog / "tee.yaml").read_text().replace("Test Tee", "Tee \u202e evil")
    (catalog / "tee.yaml").write_text(text, encoding="utf-8")

    for args in (["plan"], ["render", "designed_product.tee"], ["validate"]):
        run = podsync(*args)

        assert "\u202e" not in run.out + run.err


def test_a_name_with_line_feeds_on_the_command_line_stays_one_line(podsync, catalog):
    run = podsync("plan", "--target", "x\n::error::evil\x1b[31m")

    assert run.code == 64
    assert "\x1b" not in run.err
    assert not any(line.lstrip().startswith("::") for line in run.err.splitlines())


def test_no_home_and_no_tmp_are_no_reason_to_fail(process, catalog):
    assert process("plan", env={"HOME": os.devnull, "TMPDIR": os.devnull}).code == 0


def test_warnings_about_what_changes_are_part_of_the_plan_and_others_are_not(podsync, catalog):
    tee = (catalog / "tee.yaml").read_text()
    other = tee.replace("name: tee", "name: blue").replace("A72525", "10204A").replace("Test Tee", "Blue Tee")
    (catalog / "blue.yaml").write_text(other)
    (catalog / "stray.txt").write_text("not a product")

    run = podsync("plan", "-o", "markdown")

    assert run.code == 0
    assert "`same-picture`" in run.out
    assert "same-picture" not in run.err
    assert "warning[not-read]" in run.err
    assert "not-read" not in run.out


def test_an_orphan_says_where_its_document_stood(podsync, catalog, shops):
    assert podsync("apply", "--auto-approve").code == 0
    tee = catalog / "tee.yaml"
    (catalog / "moved.yaml").write_text("# one line\n# and another\n" + tee.read_text())
    tee.unlink()
    before = Path("podsync.state.json").read_bytes()
    assert podsync("apply", "--auto-approve").out.endswith("No changes. The catalog matches the state.\n")
    assert Path("podsync.state.json").read_bytes() == before  # a document that moved is nothing to write down
    (catalog / "moved.yaml").unlink()

    run = podsync("plan", "-o", "json")

    [orphan] = json.loads(run.out)["resource_changes"]
    assert orphan["source"] == {"file": "catalog/tee.yaml", "line": 1}
    assert "was catalog/tee.yaml:1\n" in podsync("plan").out
