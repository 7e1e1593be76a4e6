"""The workflow files as files: this repository's own, and those that `init` makes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from podsync.cli.commands.init.workflows import OWN, Parameters, workflow_files
from podsync.cli.main import main
from tests.workflows.conftest import COMMIT

ROOT = Path(__file__).parent.parent.parent
_BIN = Path(sys.executable).parent
_YAMLLINT = """\
extends: default
rules:
  line-length: {max: 130}
  document-start: disable
  truthy: {check-keys: false}
  comments: {min-spaces-from-content: 1}
"""


#: Settings with environments, as their owner has to write them before the workflows are made.
ENVIRONMENTS = """\
state: {backend: git}
environments:
  eu-staging: {providers: {kakaclo: {account: try}}}
  production: {providers: {kakaclo: {account: shop}}}
"""


@pytest.fixture(scope="module", params=["own", "generated", "environments"])
def repository(request, tmp_path_factory):
    """A repository with workflows: this one's, and those of `init`: in a folder, and with environments."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "own":
        shutil.copytree(ROOT / ".github", folder / ".github")
        shutil.copy(ROOT / ".pre-commit-hooks.yaml", folder)
        return folder
    (folder / ".git").mkdir()
    if request.param == "environments":
        (folder / "podsync.yaml").write_text(ENVIRONMENTS)
        assert main(["init", str(folder), "--ci", "github", "--from", COMMIT]) == 0
        return folder
    assert main(["init", str(folder / "shop"), "--ci", "github", "--from", COMMIT]) == 0
    return folder


def generic(name):
    """Return the name of a workflow without the catalog that it is for."""
    return re.sub(r"^(?:podsync-)?(plan|apply|drift|repair)(?:-.*)?\.yml$", r"\1.yml", name)


def read(path):
    """Return a YAML file with nothing but texts in it: `on` is a key there."""
    return yaml.load(path.read_text(), yaml.BaseLoader)  # noqa: S506 (the most harmless loader)


def workflows(repository):
    """Every workflow, as (name, document)."""
    paths = sorted((repository / ".github" / "workflows").glob("*.yml"))
    return [(generic(path.name), read(path)) for path in paths]


def steps(repository):
    """Every step of every workflow and action, as (where, step, whether it names its shell)."""
    for name, document in workflows(repository):
        for job in document["jobs"].values():
            yield from ((name, step) for step in job["steps"])
    for path in (repository / ".github" / "actions").glob("*/action.yml"):
        yield from ((path.parent.name, step) for step in read(path)["runs"]["steps"])


def run(*words):
    done = subprocess.run(
        [str(_BIN / words[0]), *map(str, words[1:])], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_zizmor_finds_nothing(repository):
    code, told = run(
        "zizmor", "--offline", "--strict-collection", "--no-config", "--persona", "pedantic", repository
    )

    assert code == 0, told
    assert "No findings to report" in told


@pytest.mark.parametrize(
    ("schema", "pattern"), [("workflows", "workflows/*.yml"), ("actions", "actions/*/action.yml")]
)
def test_the_schemas_hold(repository, schema, pattern):
    files = sorted((repository / ".github").glob(pattern))

    assert files
    code, told = run("check-jsonschema", "--builtin-schema", f"vendor.github-{schema}", *files)
    assert code == 0, told


def test_yamllint_finds_nothing(repository):
    code, told = run("yamllint", "--strict", "-d", _YAMLLINT, repository)

    assert code == 0, told


def test_shellcheck_finds_nothing(repository, tmp_path):
    scripts = [*(repository / ".github").glob("podsync-setup*.sh")]
    for number, (_, step) in enumerate(steps(repository)):
        if "run" in step:
            scripts.append(tmp_path / f"{number}.sh")
            scripts[-1].write_text(f"#!/bin/bash\nset -e\n{step['run']}")

    assert len(scripts) > 6
    code, told = run("shellcheck", *scripts)
    assert code == 0, told


def test_every_action_is_pinned_and_says_its_version(repository):
    texts = [path.read_text() for path in (repository / ".github").rglob("*.yml")]
    used = [
        line.strip().removeprefix("- ") for text in texts for line in text.splitlines() if "uses: " in line
    ]
    pinned = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+( .*)?")

    assert len(used) > 9
    assert [one for one in used if "uses: ./" not in one and pinned.fullmatch(one) is None] == []


def test_no_script_holds_an_expression(repository):
    scripts = [(where, step["run"]) for where, step in steps(repository) if "run" in step]

    assert [where for where, script in scripts if "${{" in script] == []


def test_podsync_is_what_a_step_becomes(repository):
    """A cancelled run signals only the process that the step began with."""
    scripts = [
        step["run"]
        for _, step in steps(repository)
        if re.search(r"\bpodsync (\"|state|validate)", step.get("run", ""))
        # That one only reads, and its failure is no failure of the job.
        and step["name"] != "Plan what waits on the default branch already"
    ]

    assert len(scripts) == 4  # the action, a look, two repairs
    for script in scripts:
        assert [
            line for line in script.splitlines() if re.search(r"(?<!exec )podsync (\"|state|validate)", line)
        ] == []


def test_a_pull_request_has_no_secret_no_environment_and_no_right_to_write(repository):
    for name, document in workflows(repository):
        assert "pull_request_target" not in document["on"]
        if "pull_request" not in document["on"]:
            continue
        assert document["permissions"] in ({}, {"contents": "read"}), name
        for job in document["jobs"].values():
            assert "environment" not in job
            assert "secrets." not in json.dumps(job)
            rights = job.get("permissions", {})
            if rights == {"pull-requests": "write"}:  # the comment: nothing of the pull request runs there
                assert "head.repo.full_name == github.repository" in job["if"]
                assert {s["uses"].partition("@")[0] for s in job["steps"] if "uses" in s} == {
                    "actions/download-artifact"
                }
            else:
                assert set(rights.values()) <= {"read"}


def test_every_job_has_the_least_and_an_end(repository):
    for name, document in workflows(repository):
        if name == "ci.yml":
            continue
        assert document["permissions"] == {}
        for job in document["jobs"].values():
            assert "permissions" in job, name
            assert int(job["timeout-minutes"]) <= 300
            for step in job["steps"]:
                if step.get("uses", "").startswith("actions/checkout@"):
                    keeps = job["permissions"] == {"contents": "write"}
                    assert step["with"]["persist-credentials"] == str(keeps).lower()


def test_names_that_branch_rules_use_stay(repository):
    names = {(w, k): job["name"] for w, d in workflows(repository) for k, job in d["jobs"].items()}

    label = "" if (repository / ".github" / "workflows" / "plan.yml").is_file() else " (shop)"
    assert names["plan.yml", "plan"] == f"podsync plan{label}"
    if ("apply.yml", "apply") in names:
        assert names["apply.yml", "apply"] == f"podsync apply{label}"
    else:
        assert names["apply.yml", "apply-production"] == "podsync apply to production"
        assert read(repository / ".github" / "workflows" / "plan.yml")["jobs"]["plan"]["needs"] == [
            "plan-eu-staging",
            "plan-production",
        ]


def test_secrets_are_those_of_the_environment(repository):
    found = [
        (name, key, step["name"], job.get("environment"))
        for name, document in workflows(repository)
        for key, job in document["jobs"].items()
        for step in (job, *job["steps"])
        if "secrets." in json.dumps({k: v for k, v in step.items() if k != "steps"})
    ]

    step, look = "Apply what was approved", "Compare"
    repairs = [
        ("repair.yml", "ask", "Ask the providers"),
        ("repair.yml", "repair", "Import the pairs"),
        ("repair.yml", "repair", "Settle what was made"),
    ]
    if ("apply.yml", "apply", step) in [place[:3] for place in found]:
        own = "-shop" if (repository / "shop").is_dir() else ""
        assert sorted(found) == [
            ("apply.yml", "apply", step, f"production{own}"),
            ("drift.yml", "drift", look, f"podsync-drift{own}"),
            *((*repair, f"production{own}") for repair in repairs),
        ]
    else:
        assert sorted(found) == [
            ("apply.yml", "apply-eu-staging", step, "eu-staging"),
            ("apply.yml", "apply-production", step, "production"),
            ("drift.yml", "drift-eu-staging", look, "podsync-drift-eu-staging"),
            ("drift.yml", "drift-production", look, "podsync-drift-production"),
            *((*repair, "${{ inputs.environment }}") for repair in repairs),
        ]


def test_a_job_with_keys_that_nobody_approved_only_reads(repository):
    for name, document in workflows(repository):
        for job in document["jobs"].values():
            if str(job.get("environment", "")).startswith("podsync-drift"):
                assert job["permissions"] == {"contents": "read"}, name
                assert "schedule" in document["on"]
            elif name == "drift.yml":
                assert "secrets." not in json.dumps(job)


def test_a_job_with_keys_runs_the_commit_that_was_approved(repository):
    """A branch's name would be whatever it leads to by the time somebody has approved."""
    refs = [
        step["with"]["ref"]
        for _, document in workflows(repository)
        for job in document["jobs"].values()
        if "environment" in job
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/checkout@")
    ]

    planned = [ref for ref in refs if ref != "${{ github.sha }}"]
    assert refs[-1] == "${{ github.sha }}"
    assert planned in (
        ["${{ needs.plan.outputs.commit }}"],
        ["${{ needs.plan-eu-staging.outputs.commit }}", "${{ needs.plan-production.outputs.commit }}"],
    )


def test_this_repository_has_what_the_templates_make_of_its_values():
    for place, text in workflow_files(OWN):
        assert (ROOT / place).read_text() == text, (
            f"{place}: .ci/own-workflows writes it anew from podsync/cli/github; "
            "where Dependabot changed it: .ci/own-workflows --back"
        )


def test_what_dependabot_changes_here_is_taken_over_by_the_templates(tmp_path):
    """It knows the files in .github; what `init` writes would stay as old as it was."""
    for name in (".ci", ".github", "podsync"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    new, lock = f"uses: actions/checkout@{'0123' * 10} # v9.9.9", ".github/actions/podsync/requirements.txt"
    for path in (tmp_path / ".github").rglob("*.yml"):
        path.write_text(re.sub(r"uses: actions/checkout@\S+ # v\S+", new, path.read_text()))
    newer = (tmp_path / lock).read_text().replace("click==", "click==99.")
    (tmp_path / lock).write_text(newer)

    done = subprocess.run(
        [sys.executable, tmp_path / ".ci" / "own-workflows", "--back"],
        env={"PYTHONPATH": str(tmp_path)}, check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    for place, text in workflow_files(OWN):
        ours = re.sub(r"uses: actions/checkout@\S+ # v\S+", new, text).replace("click==", "click==99.")
        assert (tmp_path / place).read_text() == ours, place
    templates = tmp_path / "podsync" / "cli" / "github"
    assert (templates / "requirements.txt").read_text() == newer
    assert sum(path.read_text().count(new) for path in templates.glob("*.yml")) == 9


def test_a_commit_is_installed_by_its_whole_id():
    files = dict(workflow_files(Parameters(install=COMMIT)))
    action = files[Path(".github/actions/podsync/action.yml")]

    assert yaml.safe_load(action)["inputs"]["version"]["default"] == COMMIT
    assert "@@" not in "".join(files.values())


def test_the_hook_checks_the_whole_catalog(tmp_path, monkeypatch):
    hook, form = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "bad.yaml").write_text("kind: designed_product\n")
    monkeypatch.chdir(tmp_path)

    code, told = run(*hook["entry"].split())

    assert (hook["id"], hook["pass_filenames"]) == ("podsync-validate", False)
    assert code == 3, told
    assert (form["id"], form["pass_filenames"]) == ("podsync-fmt", False)
    assert run(*form["entry"].split())[0] == 3


def test_folders_that_differ_in_case_share_no_name() -> None:
    """GitHub takes the names of environments without regard to case: one's keys would be the other's."""
    names = {Parameters("podsync", folder).suffix.lower() for folder in ("shop", "Shop", "SHOP", "shop-")}

    assert len(names) == 4
