"""From a pull request to what is on sale: the workflows' own steps, executed."""

from __future__ import annotations

import json
import re
import threading
import time
from typing import NamedTuple

import pytest
import yaml

from podsync.cli.commands.init.workflows import OWN, Parameters, workflow_files
from podsync.sandbox import Fault
from tests.workflows.conftest import COMMIT, HOSTILE, SETTINGS, a_hub, a_shop, tee, tees
from tests.workflows.hub import CANARIES, TOKEN, Hub
from tests.workflows.runner import Run

#: Each create is carried out at once and answered late, so that something can happen meanwhile.
SLOW = Fault("kakaclo", "create", "slow", count=None, seconds=0.2)
_COMMAND = re.compile(r"^\s*::([\w-]+)(.*?)::|##\[(\w+)", re.MULTILINE)


def commands(log):
    """Every workflow command that a runner would find in a log, as (name, properties)."""
    return [(one or two, rest) for one, rest, two in _COMMAND.findall(log)]


class Story(NamedTuple):
    """One pull request's way, seen from several sides: nothing in it is written to by a test."""

    hub: Hub
    pull: Run
    fork: Run
    apply: Run
    after: Run


@pytest.fixture(scope="module")
def story(began, tmp_path_factory):
    with a_shop() as shops:
        hub = a_hub(began, tmp_path_factory.mktemp("story"), shops)
        hub.commit("two", {**tee("crimson"), **tee("hostile", HOSTILE)})
        pull = hub.pull("two")
        fork = hub.pull("two", fork=True)
        assert shops.counts == {}
        apply = hub.push(hub.merge("two"))
        yield Story(hub, pull, fork, apply, hub.pull("two"))


def test_a_pull_request_is_planned(story):
    plan = story.pull["plan"]

    assert plan.result == "success", plan.log
    assert plan.outputs["changes"] == "2"
    assert re.fullmatch("[0-9a-f]{64}", plan.outputs["hash"])
    assert plan.log.count("Plan: 2 to create, 0 to update, 0 to replace, 0 to orphan.") == 1
    assert "**2 new products, nothing else.**" in plan.summary
    assert "<title>" in (story.pull.artifacts["podsync-plan.html"] / "podsync-plan.html").read_text()


def test_a_pull_request_has_one_comment_which_is_renewed(story):
    (comment,) = story.hub.known()["comments"]

    assert story.pull["comment"].result == "success"
    assert comment["body"].startswith("<!-- podsync comment: . -->\n<!-- podsync:plan ")
    assert story.after["comment"].result == "success"
    assert "No changes. The catalog matches the state." in comment["body"]


def test_a_merge_applies_what_the_pull_request_showed(story):
    assert [job.result for job in story.apply.jobs.values()] == ["success"] * 3, story.apply["apply"].log
    assert story.apply["plan"].outputs["hash"] == story.pull["plan"].outputs["hash"]
    assert story.apply["apply"].outputs["exit-code"] == "0"
    assert "Apply complete: 2 created" in story.apply["apply"].summary
    assert len(story.hub.shops.products("kakaclo")) == 2
    assert story.after["plan"].outputs["changes"] == "0"


def test_no_text_of_the_catalog_becomes_a_command(story):
    jobs = [story.pull["plan"], story.apply["plan"], story.apply["apply"]]

    found = [command for job in jobs for command in commands(job.log)]

    assert {name for name, _ in found} == {"notice", "warning"}
    # The providers of this way are on this machine: that is told of no file.
    places = [place for _, place in found if not place.startswith(" title=foreign-host")]
    assert places
    assert all(re.match(r" file=catalog/(hostile|crimson)\.yaml,line=\d+,", place) for place in places)
    texts = [job.summary for job in jobs] + [c["body"] for c in story.hub.known()["comments"]]
    assert [text for text in texts if "<img src=x" in text] == []


def test_a_fork_sees_no_secret_and_writes_nothing(story):
    run = story.fork

    assert run["plan"].result == "success", run["plan"].log
    assert "2 new products" in run["plan"].summary
    assert run["comment"].result == "skipped"
    steps = run["plan"].steps
    told = [step.log for step in steps] + [f"{k}={v}" for step in steps for k, v in step.env.items()]
    told += [file.read_text() for place in run.artifacts.values() for file in place.iterdir()]
    assert [text for text in told if any(canary in text for canary in CANARIES)] == []


def test_secrets_reach_only_the_step_that_applies(story):
    jobs = [*story.pull.jobs.values(), *story.apply.jobs.values()]

    holders = [
        (job.id, step.name)
        for job in jobs
        for step in job.steps
        if any(canary in value for value in step.env.values() for canary in CANARIES)
    ]

    assert holders == [("apply", "Run podsync")]
    texts = [job.log + job.summary for job in jobs]
    assert [text for text in texts if any(canary in text for canary in CANARIES)] == []


def test_comments_of_others_are_left_alone(hub):
    told = hub.known()
    body = "<!-- podsync comment: . -->\nmine"
    told["comments"] = [{"id": 1, "login": "ada", "body": body}]
    hub.forge.write_text(json.dumps(told))
    hub.commit("one", tee("crimson"))

    hub.pull("one")

    theirs, ours = hub.known()["comments"]
    assert theirs["body"] == body
    assert "1 new product" in ours["body"]


def test_a_pull_request_without_changes_gets_no_comment(hub):
    hub.commit("words", {"README.md": "# My shop\n"})

    run = hub.pull("words")

    assert run["plan"].outputs["changes"] == "0"
    assert run["comment"].result == "success"
    assert hub.known()["comments"] == []


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (tee("crimson", colorValue="red"), "Not valid: 1 error"),
        ({"podsync.yaml": "version: 2\n"}, "podsync plan ended with exit code 3"),
    ],
    ids=["catalog", "settings"],
)
def test_what_is_not_valid_is_said_in_the_summary_and_in_the_comment(hub, files, said):
    hub.commit("bad", files)

    run = hub.pull("bad")

    assert (run["plan"].result, run["comment"].result) == ("failure", "success")
    assert run["plan"].outputs["exit-code"] == "3"
    assert "Not valid: 1 error" in run["plan"].summary
    (comment,) = hub.known()["comments"]
    assert said in comment["body"]


def waits(run):
    """Return the products on a pull request's page, and whether each waits on main already."""
    page = (run.artifacts["podsync-plan.html"] / "podsync-plan.html").read_text()
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return {
        one["address"].partition(".")[2]: one.get("waiting", False) for one in json.loads(found)["changes"]
    }


def test_what_waits_on_main_already_stands_apart_from_what_a_pull_request_adds(hub):
    hub.commit("main", tees("crimson", "teal"), base="main")
    hub.commit("two", {**tee("mint"), **tee("teal", "Tee that is another one")})

    run = hub.pull("two")

    assert run["plan"].result == "success", run["plan"].log
    assert waits(run) == {"crimson": True, "teal": False, "mint": False}
    assert run["plan"].outputs["changes"] == "3"
    assert run["plan"].summary.count("podsync:plan") <= 1
    assert "3 new products" in run["plan"].summary


@pytest.mark.parametrize("main", [tee("crimson", colorValue="red"), {"podsync.yaml": "version: 2\n"}])
def test_a_main_that_has_no_plan_sets_nothing_apart_and_stops_nobody(hub, main):
    hub.commit("main", main, base="main")
    hub.commit("two", {**tee("crimson"), **tee("teal"), "podsync.yaml": json.dumps(SETTINGS)})

    run = hub.pull("two")

    assert run["plan"].result == "success", run["plan"].log
    assert waits(run) == {"crimson": False, "teal": False}
    assert "The plan of refs/remotes/origin/main alone ended with" in run["plan"].log


def test_a_catalog_that_is_new_has_nothing_that_waits(hub):
    about = Parameters(install=COMMIT, folder="shop", state_branch="podsync-state-shop")
    state = {**SETTINGS["state"], "branch": about.state}
    files = {str(place): text for place, text in workflow_files(about)}
    files["shop/podsync.yaml"] = json.dumps({**SETTINGS, "state": state})
    hub.commit("two", {**files, **{f"shop/{name}": text for name, text in tee("crimson").items()}})

    run = hub.pull("two", workflow="podsync-plan-shop.yml")

    assert run["plan"].result == "success", run["plan"].log
    assert waits(run) == {"crimson": False}


def test_a_pull_request_cannot_say_what_waits_on_main(hub):
    """The plan of main is made of main's files: a saved one of the branch's own counts for nothing."""
    hub.commit("evil", tee("crimson"))
    evil = {"podsync-base.json": "{}", "podsync-base/podsync.yaml": "version: 1\n", ".podsync-base": ""}

    run = hub.pull("evil")
    hub.commit("evil", evil, base="evil")
    again = hub.pull("evil")

    assert waits(run) == waits(again) == {"crimson": False}


def test_nothing_is_applied_without_approval(hub, made):
    hub.approve = lambda _run: False

    run = hub.push(hub.commit("main", tee("crimson"), base="main"))

    assert run["plan"].result == "success"
    assert run["apply"].result == "failure"
    assert made() == []


def test_what_is_merged_before_an_approval_waits_for_its_own(hub, made):
    hub.commit("second", tee("teal"))

    def merge_meanwhile(_run):
        hub.approve = lambda _run: True
        hub.merge("second")
        return True

    hub.approve = merge_meanwhile
    first = hub.push(hub.commit("main", tee("crimson"), base="main"))
    seen = [made()]
    second = hub.push(hub.git("rev-parse", "main"))

    assert first["apply"].outputs["exit-code"] == "0", first["apply"].log
    assert seen == [["Tee crimson"]]
    assert second["apply"].outputs["exit-code"] == "0"
    assert made() == ["Tee crimson", "Tee teal"]


def test_a_second_merge_while_the_first_applies(hub, shops, made):
    names = [f"first-{number}" for number in range(8)]
    shops.add_faults(SLOW)
    sha = hub.commit("main", tees(*names), base="main")
    first = []
    thread = threading.Thread(target=lambda: first.append(hub.push(sha)))
    thread.start()
    while not made() and thread.is_alive():
        time.sleep(0.01)

    hub.commit("second", tee("second"))
    second = hub.push(hub.merge("second"))
    thread.join()

    assert first[0]["apply"].outputs["exit-code"] == "0", first[0]["apply"].log
    # It was planned from a state that was on its way: what it would have done is not what is left to do.
    assert second["apply"].outputs["exit-code"] == "7", second["apply"].log
    again = hub.start("apply.yml", "workflow_dispatch", hub.git("rev-parse", "main"))
    assert again["plan"].outputs["changes"] == "1"
    assert again["apply"].outputs["exit-code"] == "0", again["apply"].log
    assert made() == sorted([*(f"Tee {name}" for name in names), "Tee second"])


def test_a_cancelled_apply_is_finished_by_running_failed_jobs_again(hub, shops, made):
    names = [f"tee-{number}" for number in range(12)]
    shops.add_faults(SLOW)
    sha = hub.commit("main", tees(*names), base="main")

    run = hub.push(sha, cancel=lambda: len(made()) >= 3)

    assert run["apply"].result == "cancelled", run["apply"].log
    assert run["apply"].outputs["exit-code"] == "130"
    assert "Stopped by" in run["apply"].summary
    assert run["report"].result == "skipped"
    again = hub.rerun_failed(run)
    assert again["plan"] is run["plan"]
    assert again["apply"].outputs["exit-code"] == "0", again["apply"].log
    assert made() == sorted(f"Tee {name}" for name in names)


@pytest.mark.campaign  # a request of the dead one may arrive for half a minute: so long it is waited
def test_a_runner_that_dies_with_its_disk_loses_and_doubles_nothing(hub, shops, made):
    names = [f"tee-{number}" for number in range(8)]
    shops.add_faults(SLOW)
    sha = hub.commit("main", tees(*names), base="main")

    run = hub.push(sha, die=lambda: len(made()) >= 3)

    assert (run["apply"].result, run["apply"].outputs["exit-code"]) == ("failure", "")
    assert len(made()) < len(names)
    again = hub.rerun_failed(run)
    assert again["apply"].outputs["exit-code"] == "0", again["apply"].log
    assert made() == sorted(f"Tee {name}" for name in names)


def test_a_refused_key_opens_an_issue_and_the_next_complete_apply_closes_it(hub, made):
    hub.environment_secrets["KAKACLO_ACCESS_TOKEN"] = "wrong-key-0123"
    sha = hub.commit("main", tees("crimson", "teal"), base="main")

    run = hub.push(sha)

    assert run["apply"].outputs["exit-code"] == "9", run["apply"].log
    assert "Re-run failed jobs" in run["apply"].summary
    (issue,) = hub.known()["issues"]
    assert (issue["open"], issue["labels"]) == (True, ["podsync"])
    assert "Apply incomplete" in issue["texts"][0]
    assert "https://github.example/shop/catalog/actions/runs/1" in issue["texts"][0]
    assert hub.rerun_failed(run)["apply"].outputs["exit-code"] == "9"
    assert len(hub.known()["issues"]) == 1
    assert len(hub.known()["issues"][0]["texts"]) == 2

    hub.environment_secrets["KAKACLO_ACCESS_TOKEN"] = TOKEN
    assert hub.rerun_failed(run)["apply"].outputs["exit-code"] == "0"

    assert hub.known()["issues"][0]["open"] is False
    assert made() == ["Tee crimson", "Tee teal"]


def test_a_missing_key_says_so_in_the_summary_and_in_the_issue(hub, made):
    hub.environment_secrets = {}

    run = hub.push(hub.commit("main", tee("crimson"), base="main"))

    assert run["apply"].outputs["exit-code"] == "9"
    assert "is empty. Nothing was sent." in run["apply"].summary
    (issue,) = hub.known()["issues"]
    assert "Nothing was sent." in issue["texts"][0]
    assert made() == []


def test_products_that_nobody_knows_stop_the_first_apply_until_somebody_says_go_on(hub, shops, made):
    stranger = yaml.safe_load(next(iter(tee("stranger").values())))["spec"]
    shops.create_by_hand("kakaclo", stranger)
    sha = hub.commit("main", tee("crimson"), base="main")

    stopped = hub.push(sha)
    gone_on = hub.start("apply.yml", "workflow_dispatch", sha, inputs={"first-contact": "true"})

    assert stopped["apply"].outputs["exit-code"] == "5"
    assert "first-contact" in stopped["apply"].summary
    assert gone_on["apply"].outputs["exit-code"] == "0", gone_on["apply"].log
    assert made() == ["Tee crimson", "Tee stranger"]


class History(NamedTuple):
    """Two merges that one run applied, a run of the first one, and main forced back to the first one."""

    hub: Hub
    again: Run
    back: Run


@pytest.fixture(scope="module")
def history(began, tmp_path_factory):
    with a_shop() as shops:
        hub = a_hub(began, tmp_path_factory.mktemp("history"), shops)
        old = hub.commit("main", tee("crimson"), base="main")
        hub.push(hub.commit("main", tee("teal"), base="main"))
        again = hub.push(old)
        hub.git("push", "--quiet", "--force", "origin", f"{old}:refs/heads/main")
        yield History(hub, again, hub.push(old))


def test_an_old_run_that_is_started_again_brings_nothing_old_back(history):
    assert history.again["plan"].outputs["changes"] == "0"
    assert history.again["apply"].result == "skipped"


def test_a_main_that_was_forced_back_is_refused(history):
    apply = history.back["apply"]

    assert apply.outputs["exit-code"] == "7", apply.log
    assert "this catalog is older than the one that was applied last" in apply.summary
    assert len(history.hub.shops.products("kakaclo")) == 2


def test_the_state_can_be_looked_at_from_a_browser(history):
    sha = history.hub.git("rev-parse", "origin/main")

    run = history.hub.start(
        "podsync-repair.yml", "workflow_dispatch", sha, inputs={"action": "show everything"}
    )

    assert (run["look"].result, run["repair"].result) == ("success", "skipped")
    assert "designed_product.teal" in run["look"].log


@pytest.fixture
def doubtful(hub, shops, made):
    """An apply that ended with a product of which nobody knows whether it was made; it was."""
    shops.set_rules(kakaclo_lag=3600)
    shops.add_faults(Fault("kakaclo", "create", "fin", commit=True))
    run = hub.push(hub.commit("main", tee("crimson"), base="main"))
    assert run["apply"].outputs["exit-code"] == "8", run["apply"].log
    shops.set_rules(kakaclo_lag=0)
    (product,) = shops.products("kakaclo")
    answer = {"action": "settle, it was made", "address": "designed_product.crimson", "id": product["id"]}
    return {name: str(value) for name, value in answer.items()}


def test_a_doubt_is_settled_from_a_browser(hub, made, doubtful):
    sha = hub.git("rev-parse", "origin/main")

    run = hub.start("podsync-repair.yml", "workflow_dispatch", sha, inputs=doubtful)

    assert (run["look"].result, run["repair"].result) == ("skipped", "success"), run["repair"].log
    assert f"designed_product.crimson: it is {doubtful['id']}" in run["repair"].log
    holders = {
        step.name for step in run["repair"].steps if any(c in v for v in step.env.values() for c in CANARIES)
    }
    assert holders == {"Settle what was made"}
    assert [canary for canary in CANARIES if canary in run["repair"].log + run["repair"].summary] == []
    again = hub.start("apply.yml", "workflow_dispatch", sha)
    assert again["plan"].outputs["changes"] == "0"
    assert made() == ["Tee crimson"]


@pytest.mark.parametrize(
    ("version", "colour"), [("podsync does not ask", None), ("sent", "crimson"), ("document", "teal")]
)
def test_which_version_a_product_is_is_said_from_a_browser(hub, doubtful, version, colour):
    """The document has another colour by now, which no listing shows."""
    edited = {path: text.replace("#A72525", "#1F7A7A") for path, text in tee("crimson").items()}
    sha = hub.commit("main", edited, base="main")

    run = hub.start("podsync-repair.yml", "workflow_dispatch", sha, inputs={**doubtful, "version": version})

    assert run["repair"].result == ("success" if colour else "failure"), run["repair"].log
    assert ("--as document" in run["repair"].log) is (colour is None)
    if colour:
        left = "0" if colour == "teal" else "1"
        assert hub.start("apply.yml", "workflow_dispatch", sha)["plan"].outputs["changes"] == left


def test_a_version_that_is_no_choice_is_no_argument(hub, doubtful, tmp_path):
    """An API may send what the form does not offer."""
    sha = hub.git("rev-parse", "origin/main")
    typed = {**doubtful, "version": f"sent $(touch {tmp_path}/pwned)"}

    run = hub.start("podsync-repair.yml", "workflow_dispatch", sha, inputs=typed)

    assert (run["repair"].result, list(tmp_path.glob("pwned"))) == ("success", [])


def test_an_id_that_is_another_products_settles_nothing(hub, doubtful):
    sha = hub.git("rev-parse", "origin/main")

    run = hub.start("podsync-repair.yml", "workflow_dispatch", sha, inputs={**doubtful, "id": "999999"})

    assert (run["repair"].result, run["repair"]["Settle what was made"].code) == ("failure", 1)
    assert "1 to settle" in hub.start("apply.yml", "workflow_dispatch", sha)["plan"].log


def test_a_merge_while_a_repair_waits_for_its_approval_runs_nothing_beside_the_keys(hub, doubtful, tmp_path):
    proof, action = tmp_path / "proof", ".github/actions/podsync/action.yml"
    thief = f"#!/bin/sh\\nenv >{proof}\\n"
    mark = "        pip=(python -I -m pip"
    evil = (
        f'        printf "{thief}" >"$RUNNER_TEMP/podsync" && chmod +x "$RUNNER_TEMP/podsync"\n'
        f'        printf "%s\\n" "$RUNNER_TEMP" >>"$GITHUB_PATH"\n{mark}'
    )
    text = (hub.clone / action).read_text()
    assert text.count(mark) == 1
    hub.commit("evil", {action: text.replace(mark, evil)})
    sha = hub.git("rev-parse", "origin/main")

    def merge_meanwhile(_run):
        hub.approve = lambda _run: True
        hub.merge("evil")
        return True

    hub.approve = merge_meanwhile
    run = hub.start("podsync-repair.yml", "workflow_dispatch", sha, inputs=doubtful)

    assert run["repair"].result == "success", run["repair"].log
    assert not proof.exists()
    # The attack is a real one: a run of that commit, approved by somebody, would have brought the key out.
    hub.start("podsync-repair.yml", "workflow_dispatch", hub.git("rev-parse", "main"), inputs=doubtful)
    assert TOKEN in proof.read_text()


def test_what_is_typed_into_the_repair_form_is_an_argument_and_nothing_else(history, tmp_path):
    sha = history.hub.git("rev-parse", "origin/main")
    typed = f"$(touch {tmp_path}/pwned); touch {tmp_path}/pwned #"
    inputs = {"action": "settle, it was made", "address": typed, "id": "--not-created"}

    run = history.hub.start("podsync-repair.yml", "workflow_dispatch", sha, inputs=inputs)

    assert (run["look"].result, run["repair"].result) == ("skipped", "failure")
    assert run["repair"]["Settle what was made"].code == 64
    assert list(tmp_path.iterdir()) == []


def test_this_repository_plans_and_applies_its_demonstration_in_the_sandbox(hub, made):
    files = {str(place): text for place, text in workflow_files(OWN)}
    sha = hub.commit("main", {**files, **tee("crimson")}, base="main")

    run = hub.push(sha)

    assert [job.result for job in run.jobs.values()] == ["success"] * 3, run["apply"].log
    assert "SANDBOX" in run["plan"].log
    assert "Apply complete: 1 created" in run["apply"].summary
    first, second = (hub.bin / "python.log").read_text().splitlines()[:2]
    assert "--require-hashes --only-binary :all: -r " in first
    assert second.endswith("--no-deps --no-build-isolation --no-index .")
    assert made() == []
