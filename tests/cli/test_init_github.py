"""`podsync init --ci github`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from podsync.catalog import settings_file
from podsync.cli.commands.init.installed import source
from podsync.model.errors import UsageError
from tests.workflows import gh
from tests.workflows.conftest import COMMIT

MADE = {
    ".github/workflows/plan.yml", ".github/workflows/apply.yml", ".github/workflows/podsync-repair.yml",
    ".github/workflows/drift.yml",
    ".github/actions/podsync/action.yml", ".github/actions/podsync/requirements.txt",
    ".github/dependabot.yml",
    ".github/CODEOWNERS", ".github/podsync-setup.sh",
}  # fmt: skip


def listed(out, word):
    return {line.split()[1] for line in out.splitlines() if line.startswith(word + " ")}


def test_it_makes_the_workflows_and_keeps_the_state_on_a_branch(podsync, folder):
    run = podsync("init", "--ci", "github", "--from", COMMIT)

    assert run.code == 0, run.err
    assert listed(run.out, "made") >= MADE
    assert settings_file.load(folder / "podsync.yaml").state.backend == "git"
    assert not (folder / "podsync.state.json").exists()


def test_it_warns_of_environments_without_rules_and_prints_what_sets_github_up(podsync, folder):
    out = podsync("init", "--ci", "github", "--from", COMMIT).out

    assert "creates it without rules" in " ".join(out.split())
    script = (folder / ".github" / "podsync-setup.sh").read_text()
    _, _, sets = script.partition("\n# 2. ")
    commands = [line for line in sets.splitlines()[1:] if line and line[0] != "#"]
    assert len(commands) > 50
    assert [line for line in commands if line not in out.splitlines()] == []
    assert "gh secret set" in out


def test_it_overwrites_nothing(podsync, folder):
    (folder / ".github" / "workflows").mkdir(parents=True)
    (folder / ".github" / "workflows" / "plan.yml").write_text("mine\n")
    (folder / "podsync.yaml").write_text("version: 1\n")

    run = podsync("init", "--ci", "github", "--from", COMMIT)

    assert listed(run.out, "kept") == {".github/workflows/plan.yml", "podsync.yaml"}
    assert (folder / ".github" / "workflows" / "plan.yml").read_text() == "mine\n"
    assert "Put this into it: state: {backend: git}" in run.out


def test_settings_that_are_not_valid_are_left_to_validate(podsync, folder):
    (folder / "podsync.yaml").write_text("version: 2\n")

    run = podsync("init", "--ci", "github", "--from", COMMIT)

    assert run.code == 0
    assert listed(run.out, "made") >= MADE


def test_in_a_folder_of_a_repository_the_workflows_are_at_its_root(podsync, folder):
    (folder / ".git").mkdir()

    run = podsync("init", "mine", "--ci", "github", "--from", COMMIT)

    assert run.code == 0, run.err
    shared = {name for name in MADE if "workflows" not in name and "setup" not in name}
    assert {name for name in shared if not (folder / name).is_file()} == set()
    workflow = (folder / ".github" / "workflows" / "podsync-plan-mine.yml").read_text()
    assert 'working-directory: "mine"' in workflow
    assert "name: podsync plan (mine)\n" in workflow
    script = (folder / ".github" / "podsync-setup-mine.sh").read_text()
    assert "'/mine/podsync.yaml' '/mine/.podsync' '/mine/schemas/' '/mine/*.py' '/*.py'" in script
    assert "environments=(production-mine) states=(podsync-state-mine)" in script
    assert settings_file.load(folder / "mine" / "podsync.yaml").state.keys["branch"] == "podsync-state-mine"
    assert "its state is the branch podsync-state-mine" in " ".join(run.out.split())


@pytest.mark.parametrize("link", [".github", ".github/workflows", "catalog", ".gitignore", "schemas"])
def test_a_link_that_came_with_a_repository_leads_nothing_out_of_it(podsync, folder, link):
    (folder / ".git").mkdir()
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "rc").write_text("mine\n")
    (folder / link).parent.mkdir(exist_ok=True)
    (folder / link).symlink_to(outside / "rc" if link == ".gitignore" else outside)

    run = podsync("init", "--ci", "github", "--from", COMMIT)

    assert (run.code, "is a link that leads out of the repository" in run.err) == (1, True), run.err
    assert [(path.name, path.read_text()) for path in outside.iterdir()] == [("rc", "mine\n")]


def test_a_link_within_the_repository_is_followed(podsync, folder):
    (folder / ".git").mkdir()
    (folder / "shared").mkdir()
    (folder / "catalog").symlink_to("shared")

    assert podsync("init", "--ci", "github", "--from", COMMIT).code == 0
    assert (folder / "shared" / "_examples").is_dir()


def test_another_ci_is_refused(podsync, folder):
    run = podsync("init", "--ci", "jenkins")

    assert run.code == 64
    assert list(folder.iterdir()) == []


IDENTITY = {
    f"GIT_{who}_{what}": "ada@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}


def git(*words, folder="."):
    env = {**os.environ, **IDENTITY, "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(["git", *words], cwd=folder, env=env, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def setup(podsync, folder):
    """Run the script that sets GitHub up; `typed` are the keys. What `gh` did then is returned."""
    missing = [name for name in ("bash", "git", "jq") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"needs {' and '.join(missing)}")
    git("init", "--quiet", "--bare", "--initial-branch=trunk", "../origin.git")
    git("init", "--quiet", "--initial-branch=trunk")
    git("remote", "add", "origin", "../origin.git")
    podsync("init", "--ci", "github", "--from", COMMIT)
    git("add", "--all")
    git("commit", "--quiet", "--message", "Start a catalog")
    git("push", "--quiet", "origin", "HEAD:trunk")
    programs = folder.parent / "bin"
    programs.mkdir()
    (programs / "gh").write_text(f'#!/bin/sh\nexec {sys.executable} -IS {Path(gh.__file__)} "$@"\n')
    (programs / "gh").chmod(0o755)
    forge = folder.parent / "gh.json"
    forge.write_text(json.dumps({"calls": [], "comments": [], "issues": [], "settings": {}, "secrets": {}}))

    def run(*words, typed="one\ntwo\n", told=None):
        env = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "FAKE_GH": str(forge), "GH_TOKEN": ""}
        env |= IDENTITY
        script = [str(folder / ".github" / "podsync-setup.sh"), *words]
        done = subprocess.run(
            ["bash", *script], env=env, input=typed, text=True, check=False, capture_output=True
        )
        assert done.returncode == (0 if told is None else 1), done.stderr
        if told is not None:
            told += done.stderr.splitlines()
        return json.loads(forge.read_text())

    return run


def test_the_script_asks_for_a_reviewer_and_for_the_keys(setup):
    done = setup()

    environment = done["settings"]["environments/production"]
    assert environment["reviewers"] == [{"type": "User", "id": 4711}]
    assert done["settings"]["environments/production/deployment-branch-policies"] == ["trunk"]
    assert done["secrets"] == {"production KAKACLO_ACCESS_TOKEN": "one", "production GELATO_API_KEY": "two"}
    assert done["settings"]["rulesets"] == ["podsync: trunk", "podsync: state"]
    assert "one" not in json.dumps(done["calls"])


def test_the_script_can_be_run_again(setup):
    setup()

    done = setup(typed="\n\n")

    assert done["settings"]["rulesets"] == ["podsync: trunk", "podsync: state"]
    assert done["settings"]["environments/production/deployment-branch-policies"] == ["trunk"]
    assert done["secrets"]["production KAKACLO_ACCESS_TOKEN"] == "one"


def test_the_script_does_without_reviewers_only_when_told(setup):
    assert setup("--without-reviewers")["settings"]["environments/production"]["reviewers"] == []


def test_the_script_puts_the_reviewers_name_into_the_owners_and_pushes_them(setup, folder):
    setup()

    owners = git("show", "trunk:.github/CODEOWNERS", folder=folder.parent / "origin.git").splitlines()
    assert {line for line in owners if not line.startswith("#")} == {
        f"{place} @ada" for place in ("/.github/", "/podsync.yaml", "/.podsync", "/schemas/", "/*.py")
    }
    assert not git("status", "--porcelain")


def test_the_script_binds_the_check_to_its_app_and_asks_for_the_last_push(setup):
    rules = {rule["type"]: rule.get("parameters") for rule in setup()["rules"]["podsync: trunk"]["rules"]}

    (check,) = rules["required_status_checks"]["required_status_checks"]
    assert check == {"context": "podsync plan", "integration_id": 15368}
    asked = rules["pull_request"]
    assert (asked["require_last_push_approval"], asked["required_approving_review_count"]) == (True, 1)
    assert asked["require_code_owner_review"] is True


def test_one_person_alone_is_asked_for_pull_requests_without_approvals(setup):
    rules = {r["type"]: r.get("parameters") for r in setup("--alone")["rules"]["podsync: trunk"]["rules"]}

    assert rules["pull_request"]["required_approving_review_count"] == 0
    assert rules["pull_request"]["require_code_owner_review"] is False


def test_the_script_keeps_what_others_have_set(setup, folder):
    forge = folder.parent / "gh.json"
    told = json.loads(forge.read_text())
    theirs = {
        "wait_timer": 30, "prevent_self_review": True, "reviewers": [{"type": "Team", "id": 7}],
        "deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": False},
    }  # fmt: skip
    told["settings"]["environments/production"] = theirs
    told["settings"]["rulesets"] = ["podsync: state"]
    forge.write_text(json.dumps(told))
    owners = folder / ".github" / "CODEOWNERS"
    owners.write_text("/.github/ @security\n")
    git("commit", "--quiet", "--all", "--message", "Owners")

    done = setup()

    assert done["settings"]["environments/production"] == theirs
    assert "environments/production/deployment-branch-policies" not in done["settings"]
    assert list(done["rules"]) == ["podsync: trunk"]
    assert owners.read_text().splitlines()[:2] == ["/.github/ @security", "/podsync.yaml @ada"]


@pytest.fixture
def owners(folder):
    """Replace the owners, as somebody's merged pull request does; `inside`: where the file is."""

    def write(*lines, inside=".github/CODEOWNERS"):
        (folder / inside).parent.mkdir(exist_ok=True)
        (folder / inside).write_text("\n".join(lines) + "\n")
        git("add", "--all")
        git("commit", "--quiet", "--message", "Owners")
        return folder / inside

    return write


#: A later line of the owners, and the first file that it takes.
TAKING = {
    "* @everybody": ".github/CODEOWNERS",
    "*.yml @everybody": ".github/actions/podsync/action.yml",
    "/.github/workflows/ @everybody": ".github/workflows/apply.yml",
    "  /.github/workflows/*\t@everybody # tidy": ".github/workflows/apply.yml",
    "any.yaml @everybody": ".github/workflows/any.yaml",
    ".github @everybody @ada": ".github/CODEOWNERS",
    "**/podsync/ @everybody": ".github/actions/podsync/action.yml",
    "workflows": ".github/workflows/apply.yml",
    "/*.yaml @everybody": "podsync.yaml",
    "/.pod* @everybody": ".podsync",
    "*.json\r": "schemas/catalog.schema.json",
    "build.py @everybody": "build.py",
    "/t*.py @everybody": "täglich.py",
}
HARMLESS = (
    "/docs/ @everybody", "README.md @everybody", "/.github/ISSUE_TEMPLATE/ @everybody", "# * @everybody",
    "/catalog/**/*.yaml @everybody", "!*.yml @everybody", "* @ada", "/sub/*.py", "", "  ",
)  # fmt: skip


def test_a_later_line_that_takes_a_file_from_its_owner_is_told_and_left(setup, folder, owners):
    for name in ("build.py", "täglich.py", ".github/ISSUE_TEMPLATE/bug.yml", "sub/a.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("")
    setup()
    before = (folder / ".github" / "CODEOWNERS").read_text().splitlines()
    lines = [*before, *HARMLESS, *TAKING]
    file, told = owners(*lines), []

    done = setup(typed="\n\n", told=told)

    at = len(before) + len(HARMLESS) + 1
    said = [line.partition(" from @ada: the last line that matches decides. Move line ")[0] for line in told]
    for number, (later, taken) in enumerate(TAKING.items(), at):
        words = later.partition("#")[0].split()
        people = " ".join(words[1:]) or "(nobody)"
        assert f".github/CODEOWNERS:{number}: {words[0]} {people} takes {taken}" in said
    assert {int(line.split(":")[1]) for line in told[:-1]} == set(range(at, at + len(TAKING)))
    assert told[-1] == "All else is set up. See to what is said above, then run this again."
    assert file.read_bytes().decode().split("\n")[:-1] == lines
    assert done["settings"]["rulesets"] == ["podsync: trunk", "podsync: state"]


def test_later_lines_for_other_files_or_of_the_same_owner_are_nobody_s_business(setup, owners, folder):
    setup()
    owners(*(folder / ".github" / "CODEOWNERS").read_text().splitlines(), *HARMLESS)

    setup(typed="\n\n")


def test_owners_of_everything_that_were_there_before_give_way(setup, owners):
    file = owners("* @everybody")

    setup()

    assert file.read_text().splitlines()[:2] == ["* @everybody", "/.github/ @ada"]


def test_a_place_that_nobody_owns_is_told(setup, owners):
    owners("/.github/ # @ada")
    told = []

    setup(told=told)

    assert told[0] == ".github/CODEOWNERS:1: nobody owns /.github/; put a name after it."


@pytest.mark.parametrize("place", ["CODEOWNERS", "docs/CODEOWNERS"])
def test_owners_that_are_elsewhere_stay_in_force(podsync, folder, setup, owners, place):
    """GitHub reads one file alone, and the one in .github first."""
    (folder / ".github" / "CODEOWNERS").unlink()
    file = owners("* @everybody", inside=place)

    out = podsync("init", "--ci", "github", "--from", COMMIT).out
    setup()

    assert not (folder / ".github" / "CODEOWNERS").exists()
    assert ".github/CODEOWNERS" not in listed(out, "made")
    assert file.read_text().splitlines()[0] == "* @everybody"
    assert f"/{place} @ada" in file.read_text().splitlines()


def test_rules_and_branches_beyond_the_first_page_are_seen(setup, folder):
    forge = folder.parent / "gh.json"
    told = json.loads(forge.read_text())
    many = [f"{number}" for number in range(30)]
    told["settings"]["rulesets"] = [*many, "podsync: trunk", "podsync: state"]
    told["settings"]["environments/production/deployment-branch-policies"] = [*many, "trunk"]
    forge.write_text(json.dumps(told))

    done = setup()

    assert done["settings"]["rulesets"].count("podsync: trunk") == 1
    assert done["settings"]["environments/production/deployment-branch-policies"].count("trunk") == 1
    assert "rules" not in done


def test_rules_that_are_switched_off_are_told(setup, folder):
    forge, said = folder.parent / "gh.json", []
    told = json.loads(forge.read_text())
    told["settings"]["rulesets"] = ["podsync: trunk"]
    told["rules"] = {"podsync: trunk": {"enforcement": "disabled"}}
    forge.write_text(json.dumps(told))

    done = setup(told=said)

    assert said[0] == 'The rules "podsync: trunk" are switched off: Settings > Rules > Rulesets.'
    assert done["settings"]["rulesets"] == ["podsync: trunk", "podsync: state"]


def test_where_github_does_not_answer_nothing_is_overwritten(setup, folder):
    (folder.parent / "bin" / "gh").write_text(
        "#!/bin/sh\n"
        'case "$*" in "api user"*) echo 1 ;; *PUT*) touch "$FAKE_GH.put" ;; '
        '*) echo "HTTP 502" >&2; exit 1 ;; esac\n'
    )

    with pytest.raises(AssertionError, match="HTTP 502"):
        setup()

    assert not (folder.parent / "gh.json.put").exists()


@pytest.mark.parametrize("name", ['it\'s a "shop"', "a b/c", "täglich", "-x", "a: b #c", "$(id)`id`"])
def test_folders_with_quotes_and_spaces_are_named_as_they_are(podsync, folder, name):
    (folder / ".git").mkdir()

    run = podsync("init", f"./{name}", "--ci", "github", "--from", COMMIT)

    assert run.code == 0, run.err
    (path,) = (folder / ".github" / "workflows").glob("podsync-plan-*.yml")
    steps = yaml.safe_load(path.read_text())["jobs"]["plan"]["steps"]
    assert [s["with"]["working-directory"] for s in steps if s.get("id") == "plan"] == [name]
    assert (
        settings_file.load(folder / name / "podsync.yaml").state.keys["branch"]
        == "podsync-state-" + path.stem[13:]
    )


def test_a_folder_that_is_an_expression_is_refused_before_anything_is_written(podsync, folder):
    (folder / ".git").mkdir()

    run = podsync("init", "${{ secrets.OTHER }}", "--ci", "github", "--from", COMMIT)

    assert run.code == 64
    assert [path.name for path in folder.iterdir()] == [".git"]


def test_two_folders_never_share_names(podsync, folder):
    (folder / ".git").mkdir()
    for name in ("a-b", "a/b", "a b"):
        assert podsync("init", name, "--ci", "github", "--from", COMMIT).code == 0

    applies = sorted(path.name for path in (folder / ".github" / "workflows").glob("podsync-apply-*"))
    assert len(applies) == 3
    branches = {
        settings_file.load(folder / n / "podsync.yaml").state.keys["branch"] for n in ("a-b", "a/b", "a b")
    }
    assert len(branches) == 3


def test_workflows_take_the_branch_that_the_repository_has(podsync, folder):
    git("init", "--quiet", "--initial-branch=release/2026")

    run = podsync("init", "--ci", "github", "--from", COMMIT)

    assert "Default branch: release/2026." in run.out
    text = (folder / ".github" / "workflows" / "apply.yml").read_text()
    assert 'branches: ["release/2026"]' in text
    assert 'ref: "release/2026"' in text


@pytest.mark.parametrize(
    "source",
    [
        "podsync", "podsync==1.2.3", "git+https://github.com/acme/podsync", COMMIT[:-1],
        COMMIT.replace("https", "http"), "git+https://github.com/acme/podsync@main",
        "podsync==1 --hash=sha256:abc", COMMIT + "\n", COMMIT + "#egg=x", "-r x",
        "git+https://user:pw@github.com/acme/podsync@" + "0" * 40,
        "git+https://h/${{ secrets.X }}@" + "0" * 40,
    ],
)  # fmt: skip
def test_what_names_no_commit_and_no_hash_is_refused(podsync, folder, source):
    run = podsync("init", "--ci", "github", "--from", source)

    assert run.code == 64
    assert "--from" in run.err
    assert list(folder.iterdir()) == []


def test_a_podsync_that_does_not_know_where_it_came_from_asks(podsync, folder):
    """The tests' own one is installed from a folder of this machine."""
    run = podsync("init", "--ci", "github")

    assert run.code == 64
    assert "--from git+https://HOST/OWNER/podsync@" in run.err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("note", "found"),
    [
        ({"url": "https://h/o/podsync.git", "vcs_info": {"vcs": "git", "commit_id": "a" * 40}},
         "git+https://h/o/podsync.git@" + "a" * 40),
        ({"url": "https://h/p.whl", "archive_info": {"hashes": {"sha256": "b" * 64}}},
         "podsync @ https://h/p.whl --hash=sha256:" + "b" * 64),
        ({"url": "file:///home/me/podsync", "dir_info": {"editable": True}}, None),
        ({"url": "file:///r", "vcs_info": {"vcs": "git", "commit_id": "a" * 40}}, None),
        ({"url": "https://h/p.whl", "archive_info": {}}, None),
        (["no", "note"], None),
    ],
)  # fmt: skip
def test_what_pip_noted_is_what_is_installed(note, found):
    if found is None:
        with pytest.raises(UsageError):
            source(None, json.dumps(note))
    else:
        assert source(None, json.dumps(note)) == found


def test_files_that_are_something_else_are_named(podsync, folder):
    (folder / ".github" / "workflows").mkdir(parents=True)
    (folder / ".github" / "workflows" / "apply.yml").write_text("mine\n")

    out = podsync("init", "--ci", "github", "--from", COMMIT).out

    assert "Kept, though they are not what init writes: .github/workflows/apply.yml" in out
