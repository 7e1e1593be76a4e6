from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from podsync.cli.app.outputs import Outputs
from podsync.model.errors import PodsyncError, UsageError

FORMS = {"text": lambda: "as text", "json": lambda: "{}"}


def test_without_an_option_the_text_goes_to_stdout():
    with Outputs.parse([]) as outputs:
        assert outputs.write(FORMS) == "as text"


def test_a_format_without_a_file_replaces_the_text():
    with Outputs.parse(["json"]) as outputs:
        assert outputs.write(FORMS) == "{}"


def test_a_format_with_a_file_stands_beside_the_text(folder):
    with Outputs.parse(["json=plan.json"]) as outputs:
        assert outputs.write(FORMS) == "as text"

    assert Path("plan.json").read_text() == "{}\n"
    assert [path.name for path in folder.iterdir()] == ["plan.json"]


def test_a_dash_means_stdout():
    with Outputs.parse(["json=-"]) as outputs:
        assert outputs.write(FORMS) == "{}"


def test_without_a_result_nothing_is_left_behind(folder):
    Path("plan.json").write_text("before")

    with pytest.raises(ZeroDivisionError), Outputs.parse(["json=plan.json", "text=new.txt"]):
        raise ZeroDivisionError

    assert Path("plan.json").read_text() == "before"
    assert [path.name for path in folder.iterdir()] == ["plan.json"]


def test_a_text_may_come_in_pieces():
    with Outputs.parse(["json", "json=plan.json"]) as outputs:
        shown = outputs.write({"json": lambda: iter(["{", "}\n"])})

    assert "".join(shown) == "{}\n"
    assert Path("plan.json").read_text() == "{}\n"


@pytest.mark.parametrize("there", [None, "before"])
def test_a_text_that_breaks_off_is_not_written(folder, there):
    def pieces():
        yield "{" * 100_000
        raise ZeroDivisionError

    if there is not None:
        Path("plan.json").write_text(there)

    with pytest.raises(ZeroDivisionError), Outputs.parse(["json=plan.json"]) as outputs:
        outputs.write({"json": pieces, "text": lambda: ""})

    assert [path.read_text() for path in folder.iterdir()] == [there] * (there is not None)


@pytest.mark.parametrize(
    ("word", "reason"), [("json=nowhere/plan.json", "No such file"), ("json=.", "folder")]
)
def test_a_file_that_cannot_be_written_is_known_at_once(word, reason):
    with pytest.raises(PodsyncError, match=reason), Outputs.parse([word]):
        pytest.fail("the command ran")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_is_protected_is_known_at_once():
    Path("plan.json").touch(0o400)

    with pytest.raises(PodsyncError, match="Permission denied"), Outputs.parse(["json=plan.json"]):
        pytest.fail("the command ran")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX devices")
def test_a_device_is_written_to_and_not_replaced():
    with Outputs.parse([f"json={os.devnull}"]) as outputs:
        outputs.write(FORMS)

    assert not Path(os.devnull).is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_stays_a_link(folder):
    (folder / "real.json").write_text("before")
    (folder / "plan.json").symlink_to("real.json")

    with Outputs.parse(["json=plan.json"]) as outputs:
        outputs.write(FORMS)

    assert (folder / "plan.json").is_symlink()
    assert (folder / "real.json").read_text() == "{}\n"


@pytest.mark.parametrize("given", [["html"], ["markdown=x"], ["nonsense"], ["json="], ["json", "text"]])
def test_what_cannot_be_meant_is_refused(given):
    with pytest.raises(UsageError):
        Outputs.parse(given)


@pytest.mark.parametrize(
    "file",
    ["podsync.state.json", "podsync.state.json.journal", "podsync.yaml", "catalog/tee.yaml", "catalog/x"],
)
def test_no_output_overwrites_what_podsync_lives_on(podsync, catalog, file):
    run = podsync("plan", "-o", f"json={file}")

    assert run.code == 64
    assert "would overwrite" in run.err


def test_a_plan_is_saved_and_shown(podsync, catalog):
    run = podsync("plan", "-o", "json=plan.json")

    assert run.out.splitlines()[-1] == "Plan: 2 to create, 0 to update, 0 to replace, 0 to orphan."
    assert json.loads(Path("plan.json").read_text())["summary"]["create"] == 2


def test_json_on_stdout_is_nothing_but_json(podsync, catalog):
    assert json.loads(podsync("plan", "-o", "json").out)["applyable"] is True


def test_relative_outputs_are_relative_to_the_chosen_folder(podsync, catalog, folder, monkeypatch):
    monkeypatch.chdir(folder.parent)

    assert podsync("-C", "work", "plan", "-o", "json=plan.json").code == 0
    assert (folder / "plan.json").is_file()


def test_a_new_table_may_lie_beside_documents_and_nothing_that_is_there_is_lost(podsync, catalog):
    first = podsync("plan", "-o", "csv=catalog/rows.csv")
    again = podsync("plan", "-o", "csv=catalog/rows.csv")
    page = podsync("plan", "-o", "html=catalog/plan.html")

    assert (first.code, again.code, page.code) == (0, 64, 64)
    assert (catalog / "rows.csv").read_text(encoding="utf-8").startswith("address,action,")
    assert "would overwrite" in again.err
