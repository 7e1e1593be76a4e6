"""What somebody who may write to the tree tries on the workflows: carried out, and it finds nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from podsync.cli.commands.init.workflows import Parameters, workflow_files
from tests.workflows.conftest import COMMIT, SETTINGS, tee
from tests.workflows.hub import CANARIES, NAME, TOKEN

ACTION = ".github/actions/podsync/action.yml"
APPLY = ".github/workflows/apply.yml"


def evil_action(hub, proof):
    """Return the action with a step that gives the keys away."""
    text = (hub.clone / ACTION).read_text()
    mark = '        words=("$COMMAND" -o text)\n'
    assert mark in text
    return text.replace(mark, f'        printf %s "$KAKACLO_ACCESS_TOKEN" >>{proof}\n{mark}')


def changed(hub, path, *pairs):
    """Return a file of the repository with each first text replaced by the second one."""
    text = (hub.clone / path).read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return {path: text}


def test_a_merge_that_changes_only_the_action_while_a_run_waits_does_not_run(hub, made, tmp_path):
    proof = tmp_path / "proof"
    hub.commit("evil", {ACTION: evil_action(hub, proof)})

    def merge_meanwhile(_run):
        hub.approve = lambda _run: True
        hub.merge("evil")
        return True

    hub.approve = merge_meanwhile
    run = hub.push(hub.commit("main", tee("crimson"), base="main"))

    assert run["apply"].outputs["exit-code"] == "0", run["apply"].log
    assert made() == ["Tee crimson"]
    assert not proof.exists() or TOKEN not in proof.read_text()
    # The attack is a real one: a run of that commit, approved by somebody, would have brought the key out.
    later = hub.commit("main", tee("teal"), base="main")
    hub.push(later)
    assert TOKEN in proof.read_text()


@pytest.mark.parametrize("step", ["Run podsync", "Name the commit"])
def test_outputs_that_cannot_be_written_end_before_anybody_is_asked(hub, made, step):
    asked = []
    hub.approve = lambda run: asked.append(run) or True
    hub.unwritable.add((step, "GITHUB_OUTPUT"))

    run = hub.push(hub.commit("main", tee("crimson"), base="main"))

    assert (run["plan"].result, run["apply"].result) == ("failure", "skipped")
    assert asked == []
    assert made() == []


@pytest.mark.parametrize("lost", ["hash", "commit", "changes"])
def test_an_output_of_the_plan_that_gets_lost_is_no_approval(hub, made, lost):
    asked = []
    hub.approve = lambda run: asked.append(run) or True
    step = "commit" if lost == "commit" else "plan"
    files = changed(hub, APPLY, (f"{lost}: ${{{{ steps.{step}.outputs.{lost} }}}}", f'{lost}: ""'))

    run = hub.push(hub.commit("main", {**files, **tee("crimson")}, base="main"))

    assert (run["plan"].result, run["apply"].result) == ("success", "skipped")
    assert asked == []
    assert made() == []


@pytest.mark.parametrize("expect", ['""', '"0123456789ab"', '"--first-contact"'])
def test_the_action_applies_nothing_without_a_whole_hash(hub, made, expect):
    files = changed(hub, APPLY, ("expect: ${{ needs.plan.outputs.hash }}", f"expect: {expect}"))

    run = hub.push(hub.commit("main", {**files, **tee("crimson")}, base="main"))

    assert run["apply"]["Run podsync"].code == 64
    assert "There is no hash of an approved plan" in run["apply"].log
    assert made() == []


def test_a_plan_of_nothing_but_a_lost_hash_ends_with_an_error(hub):
    files = changed(hub, APPLY, ("HASH: ${{ steps.plan.outputs.hash }}", 'HASH: ""'))

    run = hub.push(hub.commit("main", {**files, **tee("crimson")}, base="main"))

    assert run["plan"].result == "failure"
    assert "::error::The plan's count, hash or commit was lost" in run["plan"].log


def test_a_run_that_waits_for_an_approval_holds_no_other_run(hub, made):
    entered, let_go = threading.Event(), threading.Event()

    def wait(_run):
        hub.approve = lambda _run: True
        entered.set()
        return let_go.wait(120) and False  # rejected in the end

    hub.approve = wait
    sha = hub.commit("main", tee("crimson"), base="main")
    waiting = threading.Thread(target=lambda: hub.push(sha), daemon=True)
    waiting.start()
    assert entered.wait(60)
    ended = []
    other = threading.Thread(target=lambda: ended.append(hub.push(sha)), daemon=True)
    other.start()
    other.join(60)
    let_go.set()
    waiting.join(60)

    assert ended, "the second run waits for the first one's approval"
    assert ended[0]["apply"].outputs["exit-code"] == "0"
    assert made() == ["Tee crimson"]


def test_an_approval_that_comes_after_a_newer_run_applied_brings_nothing_old_back(hub, made):
    def approve_later(_run):
        hub.approve = lambda _run: True
        hub.push(hub.commit("main", {"catalog/crimson.yaml": None, **tee("teal")}, base="main"))
        return True

    hub.approve = approve_later
    run = hub.push(hub.commit("main", tee("crimson"), base="main"))

    assert run["apply"].outputs["exit-code"] == "7", run["apply"].log
    assert hub.rerun_failed(run)["apply"].outputs["exit-code"] == "7"
    assert made() == ["Tee teal"]


def test_a_pull_request_that_edits_the_workflows_reaches_no_key_and_writes_nothing(hub):
    plan = (hub.clone / ".github/workflows/plan.yml").read_text()
    stolen = plan.replace(
        "          command: plan\n",
        "          command: plan\n          kakaclo-access-token: ${{ secrets.KAKACLO_ACCESS_TOKEN }}\n",
    ).replace("persist-credentials: false", "persist-credentials: true")
    assert stolen.count("secrets.") == 1
    hub.commit("evil", {".github/workflows/plan.yml": stolen, **tee("crimson")})

    for fork in (False, True):
        run = hub.pull("evil", fork=fork)

        assert run["plan"].result == "success", run["plan"].log
        told = [f"{k}={v}" for step in run["plan"].steps for k, v in step.env.items()] + [run["plan"].log]
        assert [text for text in told if any(canary in text for canary in CANARIES)] == []


@pytest.mark.parametrize("pip", [("pip.py",), ("pip/__init__.py", "pip/__main__.py")], ids=["file", "folder"])
def test_python_files_beside_the_catalog_are_never_run(hub, tmp_path, pip):
    proof = tmp_path / "proof"
    names = (*pip, "sitecustomize.py", "usercustomize.py", "podsync.py", "click.py")
    evil = {name: f"open({str(proof)!r}, 'a').write({name!r})\n" for name in names}
    hub.commit("evil", {**evil, **tee("crimson")})

    pull = hub.pull("evil")
    run = hub.push(hub.merge("evil"))

    assert pull["plan"].outputs["changes"] == "1"
    assert run["apply"].outputs["exit-code"] == "0"
    assert not proof.exists()


def test_without_isolation_such_a_file_would_have_run(hub, tmp_path):
    """What the test above relies on: the runner's `python -m pip` does look into the checkout."""
    proof = tmp_path / "proof"
    files = changed(hub, ACTION, ("python -I -m pip", "python -m pip"))
    hub.commit("evil", {**files, "pip.py": f"open({str(proof)!r}, 'w').close()\n"})

    hub.pull("evil")

    assert proof.exists()


def test_a_podsync_folder_that_came_with_a_branch_is_removed_first(hub, shops):
    hub.push(hub.commit("main", tee("crimson"), base="main"))
    poisoned = {".podsync/cache/catalog": "No changes.", ".podsync/sandbox/data/x": "{}", **tee("teal")}
    hub.git("checkout", "--quiet", "-B", "evil", "main")
    (hub.clone / ".gitignore").write_text("")
    hub.commit("evil", poisoned, base="evil")

    pull = hub.pull("evil")

    assert pull["plan"].result == "success", pull["plan"].log
    assert pull["plan"].outputs["changes"] == "1"


def test_a_link_called_podsync_leads_nothing_out_and_removes_nothing(hub, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    hub.git("checkout", "--quiet", "-B", "evil", "main")
    (hub.clone / ".gitignore").write_text("")
    (hub.clone / ".podsync").symlink_to(outside)
    hub.commit("evil", tee("crimson"), base="evil")

    pull = hub.pull("evil")

    assert pull["plan"].outputs["changes"] == "1"
    assert [path.name for path in outside.iterdir()] == ["kept"]


@pytest.mark.parametrize("version", ["podsync==1.2.3", "podsync", "git+https://github.com/acme/podsync@main"])
def test_a_name_alone_is_never_installed(hub, version):
    files = changed(hub, ACTION, (COMMIT, version))
    hub.commit("evil", {**files, **tee("crimson")})

    run = hub.pull("evil")

    assert run["plan"]["Install podsync"].code == 64
    assert run["plan"].outputs["hash"] == ""


def test_a_merge_group_is_planned_and_gets_no_comment(hub):
    sha = hub.commit("gh-readonly-queue/main/pr-1", tee("crimson"))

    run = hub.start("plan.yml", "merge_group", sha, {"merge_group": {"head_sha": sha}})

    assert (run["plan"].result, run["plan"].outputs["changes"]) == ("success", "1")
    assert run["comment"].result == "skipped"


def begin(hub, folder):
    """Begin another catalog in a folder of the repository; return the parameters of its workflows."""
    words = [sys.executable, "-m", "podsync", "init", folder, "--ci", "github", "--from", COMMIT]
    subprocess.run(words, cwd=hub.clone, check=True, capture_output=True)
    settings = yaml.safe_load((hub.clone / folder / "podsync.yaml").read_text())
    files = {
        f"{folder}/podsync.yaml": json.dumps(
            {**SETTINGS, "state": {**SETTINGS["state"], **settings["state"]}}
        )
    }
    hub.commit("main", files, base="main")
    return Parameters(install=COMMIT, folder=folder)


@pytest.mark.parametrize(
    "folder", [pytest.param("second", marks=pytest.mark.campaign), 'it\'s a "shop"/$(id) `x`']
)
def test_a_second_catalog_has_a_state_of_its_own_and_orphans_nothing(hub, made, folder):
    hub.push(hub.commit("main", tee("crimson"), base="main"))
    about = begin(hub, folder)
    (apply,) = [p.name for p, _ in workflow_files(about) if p.name.startswith("podsync-apply")]
    (plan,) = [p.name for p, _ in workflow_files(about) if p.name.startswith("podsync-plan")]
    hub.commit("two", {f"{folder}/{name}": text for name, text in tee("teal").items()})

    pull = hub.pull("two", workflow=plan)
    sha = hub.merge("two")
    first = hub.push(sha)
    second = hub.start(apply, "push", sha, inputs={"first-contact": "true"})

    assert pull["plan"].outputs["changes"] == "1", pull["plan"].log
    assert pull["comment"].result == "success", pull["comment"].log
    assert first["plan"].outputs["changes"] == "0"
    assert second["apply"].outputs["exit-code"] == "0", second["apply"].log
    assert made() == ["Tee crimson", "Tee teal"]
    branches = hub.git("for-each-ref", "--format=%(refname:short)", "refs/heads", folder=hub.origin)
    assert {about.state, "podsync-state"} <= set(branches.split())
    assert hub.push(sha)["plan"].outputs["changes"] == "0"


def test_nothing_of_an_event_is_part_of_a_script(hub):
    """Names that a stranger chooses: they are data wherever they stand."""
    hostile = '"; touch pwned; echo "'
    hub.commit("evil", tee("crimson"))
    head = hub.git("rev-parse", "evil")
    told = {
        "number": 1, "title": hostile, "body": hostile, "user": {"login": "ada"},
        "head": {"sha": head, "ref": hostile, "label": hostile, "repo": {"full_name": NAME}},
    }  # fmt: skip

    run = hub.start("plan.yml", "pull_request", head, {"pull_request": told})

    assert run["plan"].result == "success"
    scripts = [step["run"] for step in _steps(hub) if "run" in step]
    assert scripts
    assert [script for script in scripts if "${{" in script] == []


def _steps(hub):
    for path in Path(hub.clone, ".github").rglob("*.yml"):
        document = yaml.safe_load(path.read_text())
        for job in document.get("jobs", {}).values():
            yield from job["steps"]
        yield from document.get("runs", {}).get("steps", [])
