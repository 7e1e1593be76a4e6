"""The outputs of a step of GitHub Actions."""

from __future__ import annotations

import pytest

from tests.cli.conftest import TEE


@pytest.fixture
def outputs(folder, monkeypatch):
    """Return the outputs of the step so far, in order."""
    path = folder / "outputs"
    path.touch()
    monkeypatch.setenv("GITHUB_OUTPUT", str(path))
    return lambda: dict(line.split("=", 1) for line in path.read_text().splitlines())


def test_a_plan_tells_its_counts_and_its_hash(podsync, play, outputs):
    run = podsync("plan", "-o", "json")

    found = outputs()
    assert (found["changes"], found["to_create"], found["to_orphan"]) == ("2", "2", "0")
    assert f'"hash": "sha256:{found["hash"]}"' in run.out
    assert found["exit-code"] == "0"


def test_an_apply_tells_what_became_of_it(podsync, play, outputs):
    podsync("apply", "--auto-approve")

    found = outputs()
    assert (found["created"], found["failed"], found["left"], found["exit-code"]) == ("2", "0", "0", "0")


def test_there_is_nothing_but_numbers_and_hex_in_them(podsync, play, outputs):
    (play / "evil.yaml").write_text(TEE.replace("Test Tee", "x\\nhash=0").replace("tee", "evil"))
    podsync("plan")
    podsync("apply", "--auto-approve")

    assert [v for v in outputs().values() if not v or set(v) - set("0123456789abcdef")] == []


def test_a_command_that_fails_tells_its_exit_code(podsync, play, outputs):
    podsync("apply", "--auto-approve", "--expect", "0" * 12)

    assert outputs() == {"exit-code": "7"}


def test_a_fault_stands_in_the_summary(podsync, play, folder, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    podsync("apply", "--auto-approve", "--expect", "0" * 12)

    summary = (folder / "summary.md").read_text()
    assert summary.startswith("**⚠ this is not the plan that was expected: 000000000000 was")
    assert "podsync plan" in summary


def test_faults_of_the_settings_stand_in_the_summary(podsync, play, folder, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    (folder / "podsync.yaml").write_text("version: 2\n")

    assert podsync("plan").code == 3
    assert "Not valid: 1 error" in (folder / "summary.md").read_text()


def test_outputs_that_cannot_be_written_are_an_error(podsync, play, folder, monkeypatch):
    monkeypatch.setenv("GITHUB_OUTPUT", str(folder / "nowhere" / "outputs"))

    run = podsync("plan")

    assert run.code == 1
    assert "error: the outputs of this step cannot be written" in run.err


def test_a_code_that_says_more_is_kept_where_outputs_are_lost(podsync, play, folder, monkeypatch):
    monkeypatch.setenv("GITHUB_OUTPUT", str(folder / "nowhere" / "outputs"))

    assert podsync("apply", "--auto-approve", "--expect", "0" * 12).code == 7
