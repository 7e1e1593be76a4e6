"""A shop that is there, taken over from a browser: asked for by a job with keys, pushed by one without."""

from __future__ import annotations

import re

from tests.workflows.conftest import tee
from tests.workflows.hub import KEY, TOKEN

TEE = {
    "modelId": "1",
    "enName": "Old Tee",
    "imageUrl": "https://cdn.example.com/old/front.png",
    "backImageUrl": "https://cdn.example.com/old/back.png",
    "colorValue": "#A72525",
}


def asked(hub, action):
    hub.git("fetch", "--quiet", "origin")
    head = hub.git("rev-parse", "origin/main")
    run = hub.start("podsync-repair.yml", "workflow_dispatch", head, inputs={"action": action})
    for name, job in run.jobs.items():
        for step in job.steps:
            keys = any(key in value for value in step.env.values() for key in (KEY, TOKEN))
            assert not keys or (name, step.name) == ("ask", "Ask the providers")
        assert not re.search(f"{KEY}|{TOKEN}", job.log + job.summary)
    return run


def test_a_document_for_each_product_is_a_branch_that_a_person_opens(hub, shops):
    identity = shops.create_by_hand("kakaclo", TEE)["id"]

    run = asked(hub, "ask for a document for each product")

    assert (run["ask"].result, run["propose"].result) == ("success", "success"), [
        (step.name, step.code) for job in run.jobs.values() for step in job.steps
    ]
    assert "compare/main...podsync-export?expand=1" in run["propose"].summary
    hub.git("fetch", "--quiet", "origin", "+podsync-export:podsync-export")
    changed = hub.git("diff", "--name-only", "origin/main", "podsync-export").split()
    assert changed == ["catalog/imported/kakaclo/old-tee.yaml"]
    applying = hub.push(hub.merge("podsync-export"))
    assert applying["apply"].outputs["exit-code"] == "0", applying["apply"].log
    assert [product["id"] for product in shops.products("kakaclo")] == [identity]

    again = asked(hub, "ask for a document for each product")

    assert "Nothing is new." in again["propose"].summary


def test_models_are_kept_by_a_pull_request(hub, shops):
    run = asked(hub, "ask for the models, to keep them")

    assert run["propose"].result == "success", run["ask"].log + run["propose"].log
    hub.git("fetch", "--quiet", "origin", "+podsync-export:podsync-export")
    changed = hub.git("diff", "--name-only", "origin/main", "podsync-export").split()
    assert "catalog/_known.yaml" in changed
    assert all(path.startswith(("catalog/_known", "schemas/")) for path in changed)


def test_what_only_looks_pushes_nothing(hub, shops):
    shops.create_by_hand("kakaclo", TEE)
    for action in ("ask what the accounts hold", "ask whether everything is in order"):
        run = asked(hub, action)

        assert (run["ask"].result, run["propose"].result) == ("success", "skipped"), (
            run["ask"].log + run["propose"].log
        )
    assert "podsync-export" not in hub.git("ls-remote", "origin")


# -- a file of pairs that was reviewed


def imported(hub, file, ref="origin/main"):
    hub.git("fetch", "--quiet", "origin")
    inputs = {"action": "import a file of pairs", "file": file}
    return hub.start("podsync-repair.yml", "workflow_dispatch", hub.git("rev-parse", ref), inputs=inputs)


def without_a_state(hub, shops):
    """A product is in the shop as its document says, and the state is lost."""
    hub.push(hub.commit("main", tee("teal"), base="main"))
    hub.git("push", "--quiet", "origin", ":podsync-state")
    (product,) = shops.products("kakaclo")
    return str(product["id"])


def test_pairs_that_were_reviewed_are_imported_from_a_browser(hub, shops):
    identity = without_a_state(hub, shops)
    found = asked(hub, "ask which product is which document's")
    hub.commit("main", {"pairs.csv": (found.artifacts["podsync-found"] / "pairs.csv").read_text()})

    run = imported(hub, "pairs.csv")

    assert run["repair"].result == "success", run["repair"].log
    assert f"designed_product.teal: it is {identity}" in run["repair"].log
    assert [s.name for s in run["repair"].steps if TOKEN in s.env.values()] == ["Import the pairs"]
    sha = hub.git("rev-parse", "origin/main")
    assert hub.start("apply.yml", "workflow_dispatch", sha)["plan"].outputs["changes"] == "0"
    assert len(shops.products("kakaclo")) == 1


def test_what_nobody_reviewed_is_not_imported(hub, shops, tmp_path):
    identity = without_a_state(hub, shops)
    pairs = f"take,address,id\nyes,designed_product.teal,kakaclo:{identity}\n"
    (tmp_path / "pairs.csv").write_text(pairs)
    hub.commit("proposal", {"pairs.csv": pairs}, base="main")
    (hub.clone / "link.csv").symlink_to(tmp_path / "pairs.csv")
    hub.commit("main", {}, base="main")

    runs = [
        imported(hub, "pairs.csv"),
        imported(hub, "pairs.csv", "origin/proposal"),
        imported(hub, str(tmp_path / "pairs.csv")),
        imported(hub, "link.csv"),
        imported(hub, f"$(touch {tmp_path}/pwned)"),
        imported(hub, "*.yaml"),
        imported(hub, ""),
    ]

    assert [run["repair"]["Find the file of pairs on main"].code for run in runs] == [64] * len(runs)
    assert {run["repair"].result for run in runs} == {"failure"}
    assert not (tmp_path / "pwned").exists()
    assert "podsync-state" not in hub.git("ls-remote", "origin")
