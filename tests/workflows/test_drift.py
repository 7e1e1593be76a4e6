"""The nightly look: what it finds, what it keeps an issue about, and what it may write."""

from __future__ import annotations

import pytest

from tests.workflows.conftest import tees
from tests.workflows.hub import KEY, TOKEN


def nightly(hub):
    """The run of one night, on the head of the default branch."""
    hub.git("fetch", "--quiet", "origin")
    return hub.start("drift.yml", "schedule", hub.git("rev-parse", "origin/main"))


@pytest.fixture
def applied(hub, shops):
    hub.push(hub.commit("main", tees("crimson", "teal", "plum"), base="main"))
    return {product["enName"]: product for product in shops.products("kakaclo")}


def test_drift_opens_an_issue_and_a_branch_and_both_are_done_with_once_it_is_accepted(hub, shops, applied):
    shops.delete("kakaclo", applied["Tee teal"]["id"])
    twin = shops.create_by_hand("kakaclo", dict(tee_spec(applied["Tee plum"])))

    first = nightly(hub)

    assert {name: job.result for name, job in first.jobs.items()} == dict.fromkeys(first.jobs, "success")
    assert first["drift"].outputs["exit-code"] == "2", first["drift"].log
    (issue,) = hub.known()["issues"]
    assert (issue["open"], issue["labels"]) == (True, ["podsync-drift"])
    assert "1 gone, 1 twin" in issue["texts"][0]
    assert "Last looked: " in issue["texts"][0]
    assert "compare/main...podsync-drift?expand=1" in first["branch"].summary
    # Who has the keys, and who may write, are never the same.
    for name, job in first.jobs.items():
        held = [
            step.name for step in job.steps if any(k in v for v in step.env.values() for k in (KEY, TOKEN))
        ]
        assert held == (["Compare"] if name == "drift" else [])

    nightly(hub)
    (issue,) = hub.known()["issues"]
    assert len(issue["texts"]) == 1  # renewed, not told again
    hub.git("fetch", "--quiet", "origin", "+podsync-drift:podsync-drift")
    assert "designed_product.teal" in hub.git("show", "podsync-drift:catalog/removed.yaml")
    assert str(twin["id"]) in hub.git("show", "podsync-drift:podsync.yaml")
    applying = hub.push(hub.merge("podsync-drift"))
    assert applying["apply"].outputs["exit-code"] == "0", applying["apply"].log

    last = nightly(hub)

    assert last["drift"].outputs["exit-code"] == "0", last["drift"].log
    assert last["branch"].result == "skipped"
    (issue,) = hub.known()["issues"]
    assert not issue["open"]


def test_a_night_without_keys_says_so_and_opens_nothing(hub, applied):
    hub.secrets_of["podsync-drift"] = {}

    run = nightly(hub)

    assert run["drift"].result == "failure"
    assert run["drift"].outputs["exit-code"] == "9"
    assert hub.known()["issues"] == []


def tee_spec(product):
    return {key: product[key] for key in ("modelId", "enName", "imageUrl", "backImageUrl", "colorValue")}
