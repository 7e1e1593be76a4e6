"""Two environments on the way from a pull request to what is on sale, each with a shop and keys."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from podsync.sandbox import Rules, Sandbox, parse_fault
from tests.workflows.conftest import COMMIT, SETTINGS, a_hub, tees
from tests.workflows.hub import Hub

STAGING, PRODUCTION = "canary-staging-5d1e", "canary-production-77aa"


def a_shop(key: str) -> Sandbox:
    return Sandbox(Rules(kakaclo_tokens=(key,), gelato_keys=(key,), kakaclo_bucket=None, gelato_bucket=None))


@pytest.fixture
def shops() -> Iterator[tuple[Sandbox, Sandbox]]:
    with a_shop(STAGING) as one, a_shop(PRODUCTION) as other:
        yield one, other


@pytest.fixture
def hub(began: Path, tmp_path: Path, shops: tuple[Sandbox, Sandbox]) -> Hub:
    """A repository whose workflows were made again after its settings had got environments."""
    made = a_hub(began, tmp_path, shops[0])
    made.variables = {}
    made.secrets_of = {
        name: {"KAKACLO_ACCESS_TOKEN": key, "GELATO_API_KEY": key}
        for name, key in (("staging", STAGING), ("production", PRODUCTION))
    }
    settings: dict[str, Any] = {
        **SETTINGS,
        "environments": {
            name: {"providers": {each: {"base_url": shop.url_of(each)} for each in ("kakaclo", "gelato")}}
            for name, shop in zip(("staging", "production"), shops, strict=True)
        },
    }
    shutil.rmtree(made.clone / ".github")
    (made.clone / "podsync.yaml").write_text(json.dumps(settings))
    words = [sys.executable, "-m", "podsync", "init", "--ci", "github", "--from", COMMIT]
    subprocess.run(words, cwd=made.clone, check=True, capture_output=True)
    made.commit("main", {"podsync.yaml": json.dumps(settings)}, base="main")
    return made


def names(shop: Sandbox) -> list[str]:
    return sorted(str(product["enName"]) for product in shop.products("kakaclo"))


def holders(run: Any, key: str) -> set[str]:
    """The jobs of which a step was given a key."""
    return {
        job.id for job in run.jobs.values() for step in job.steps if any(key in v for v in step.env.values())
    }


def test_a_pull_request_has_a_plan_of_each_in_one_comment(hub, shops):
    hub.commit("two", tees("crimson", "teal"))

    run = hub.pull("two")

    assert [job.result for job in run.jobs.values()] == ["success"] * 4, run["plan-staging"].log
    assert run["plan"].outputs == {"exit-code": "0", "changes": "4"}
    (comment,) = hub.known()["comments"]
    assert comment["body"].count("**2 new products, nothing else.**") == 2
    at = [comment["body"].index(f"**Environment {name}.**") for name in ("STAGING", "PRODUCTION")]
    assert at == sorted(at)
    assert sorted(run.artifacts) == [
        "podsync-comment-production", "podsync-comment-staging",
        "podsync-plan-production.html", "podsync-plan-staging.html",
    ]  # fmt: skip
    assert [shop.counts for shop in shops] == [{}, {}]


def test_the_check_fails_where_one_plan_is_missing(hub):
    hub.commit("bad", {"podsync.yaml": "version: 2\n"})

    run = hub.pull("bad")

    assert [run[job].result for job in ("plan-staging", "plan-production", "plan")] == ["failure"] * 3
    (comment,) = hub.known()["comments"]
    assert "podsync plan of production ended with exit code 3" in comment["body"]


def test_production_follows_when_staging_is_complete_each_with_its_own_keys(hub, shops):
    asked = []

    def approve(run):
        asked.append([names(shop) for shop in shops])
        return True

    hub.approve = approve
    run = hub.push(hub.commit("main", tees("crimson", "teal"), base="main"))

    both = ["Tee crimson", "Tee teal"]
    assert [job.result for job in run.jobs.values()] == ["success"] * 6, run["apply-production"].log
    assert asked == [[[], []], [both, []]]
    assert [names(shop) for shop in shops] == [both, both]
    assert (holders(run, STAGING), holders(run, PRODUCTION)) == ({"apply-staging"}, {"apply-production"})
    assert run["plan-staging"].outputs["commit"] == run["plan-production"].outputs["commit"]
    assert {"podsync-state-staging", "podsync-state-production"} <= set(
        hub.git("ls-remote", "--heads", str(hub.origin)).replace("refs/heads/", "").split()
    )


def test_what_staging_does_not_complete_never_reaches_production_until_it_does(hub, shops):
    shops[0].add_faults(parse_fault("kakaclo:create:status:400"))
    sha = hub.commit("main", tees("crimson", "teal"), base="main")

    run = hub.push(sha)

    assert run["apply-staging"].outputs["exit-code"] == "4", run["apply-staging"].log
    assert [run[job].result for job in ("plan-production", "apply-production")] == ["skipped"] * 2
    assert names(shops[1]) == []
    (issue,) = hub.known()["issues"]
    assert issue["labels"] == ["podsync-staging"]

    again = hub.rerun_failed(run)

    assert again["apply-production"].outputs["exit-code"] == "0", again["apply-staging"].log
    assert names(shops[1]) == ["Tee crimson", "Tee teal"]
    assert hub.known()["issues"][0]["open"] is False


def test_what_staging_has_already_goes_to_production_alone(hub, shops):
    hub.approve = lambda run: "apply-staging" not in run.jobs  # nobody looks at production yet
    hub.push(hub.commit("main", tees("crimson"), base="main"))
    assert [names(shop) for shop in shops] == [["Tee crimson"], []]

    hub.approve = lambda _run: True
    run = hub.start("apply.yml", "workflow_dispatch", hub.git("rev-parse", "main"))

    assert run["apply-staging"].result == "skipped"
    assert run["apply-production"].outputs["exit-code"] == "0"
    assert names(shops[1]) == ["Tee crimson"]


def test_a_repair_is_of_the_environment_that_is_chosen(hub, shops):
    hub.push(hub.commit("main", tees("crimson"), base="main"))
    about = {"action": "show everything", "environment": "production"}

    run = hub.start("podsync-repair.yml", "workflow_dispatch", hub.git("rev-parse", "main"), inputs=about)

    assert run["look"].result == "success", run["look"].log
    assert "Environment PRODUCTION." in run["look"].log
    assert "designed_product.crimson" in run["look"].log
