"""`podsync init --ci github`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from podsync.catalog import settings_file
from tests.workflows import gh

MADE = {
    ".github/workflows/plan.yml", ".github/workflows/apply.yml", ".github/workflows/podsync-repair.yml",
    ".github/actions/podsync/action.yml", ".github/CODEOWNERS", ".github/podsync-setup.sh",
}  # fmt: skip


def listed(out, word):
    return {line.split()[1] for line in out.splitlines() if line.startswith(word + " ")}


def test_it_makes_the_workflows_and_keeps_the_state_on_a_branch(podsync, folder):
    run = podsync("init", "--ci", "github")

    assert run.code == 0, run.err
    assert listed(run.out, "made") >= MADE
    assert settings_file.load(folder / "podsync.yaml").state.backend == "git"
    assert not (folder / "podsync.state.json").exists()


def test_it_warns_of_environments_without_rules_and_prints_what_sets_github_up(podsync, folder):
    out = podsync("init", "--ci", "github").out

    assert "creates it without rules" in " ".join(out.split())
    script = (folder / ".github" / "podsync-setup.sh").read_text()
    commands = [line for line in script.splitlines() if line and line[0] != "#"]
    assert [line for line in commands if line not in out.splitlines()] == []
    assert "gh secret set" in out


def test_it_overwrites_nothing(podsync, folder):
    (folder / ".github" / "workflows").mkdir(parents=True)
    (folder / ".github" / "workflows" / "plan.yml").write_text("mine\n")
    (folder / "podsync.yaml").write_text("version: 1\n")

    run = podsync("init", "--ci", "github")

    assert listed(run.out, "kept") == {".github/workflows/plan.yml", "podsync.yaml"}
    assert (folder / ".github" / "workflows" / "plan.yml").read_text() == "mine\n"
    assert "Put this into it: state: {backend: git}" in run.out


def test_settings_that_are_not_valid_are_left_to_validate(podsync, folder):
    (folder / "podsync.yaml").write_text("version: 2\n")

    run = podsync("init", "--ci", "github")

    assert run.code == 0
    assert listed(run.out, "made") >= MADE


def test_in_a_folder_of_a_repository_the_workflows_are_at_its_root(podsync, folder):
    (folder / ".git").mkdir()

    run = podsync("init", "shops/mine", "--ci", "github")

    assert run.code == 0, run.err
    assert {name for name in MADE if not (folder / name).is_file()} == set()
    assert 'working-directory: "shops/mine"' in (folder / ".github" / "workflows" / "plan.yml").read_text()
    assert "/shops/mine/schemas/" in (folder / ".github" / "CODEOWNERS").read_text()


def test_another_ci_is_refused(podsync, folder):
    run = podsync("init", "--ci", "jenkins")

    assert run.code == 64
    assert list(folder.iterdir()) == []


@pytest.fixture
def setup(podsync, folder):
    """Run the script that sets GitHub up; `typed` are the keys. What `gh` did then is returned."""
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    podsync("init", "--ci", "github")
    programs = folder.parent / "bin"
    programs.mkdir()
    (programs / "gh").write_text(f'#!/bin/sh\nexec {sys.executable} -IS {Path(gh.__file__)} "$@"\n')
    (programs / "gh").chmod(0o755)
    forge = folder.parent / "gh.json"
    forge.write_text(json.dumps({"calls": [], "comments": [], "issues": [], "settings": {}, "secrets": {}}))

    def run(*words, typed="one\ntwo\n"):
        env = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "FAKE_GH": str(forge), "GH_TOKEN": ""}
        script = [str(folder / ".github" / "podsync-setup.sh"), *words]
        subprocess.run(["bash", *script], env=env, input=typed, text=True, check=True, capture_output=True)
        return json.loads(forge.read_text())

    return run


def test_the_script_asks_for_a_reviewer_and_for_the_keys(setup):
    done = setup()

    environment = done["settings"]["environments/production"]
    assert environment["reviewers"] == [{"type": "User", "id": 4711}]
    assert done["settings"]["environments/production/deployment-branch-policies"] == ["main"]
    assert done["secrets"] == {"production KAKACLO_ACCESS_TOKEN": "one", "production GELATO_API_KEY": "two"}
    assert done["settings"]["rulesets"] == ["podsync: main", "podsync: state"]
    assert "one" not in json.dumps(done["calls"])


def test_the_script_can_be_run_again(setup):
    setup()

    done = setup(typed="\n\n")

    assert done["settings"]["rulesets"] == ["podsync: main", "podsync: state"]
    assert done["settings"]["environments/production/deployment-branch-policies"] == ["main"]
    assert done["secrets"]["production KAKACLO_ACCESS_TOKEN"] == "one"


def test_the_script_does_without_reviewers_only_when_told(setup):
    assert setup("--without-reviewers")["settings"]["environments/production"]["reviewers"] == []
