from __future__ import annotations

import re
import shlex
import time
from pathlib import Path


def test_the_demonstration_walks_the_whole_way(process):
    began = time.monotonic()
    run = process("demo", env={"KAKACLO_ACCESS_TOKEN": "canary-123456", "PODSYNC_PLAN_TARGET": "nothing"})

    assert run.code == 0, run.err
    assert time.monotonic() - began < 20
    steps = re.findall(r"^\$ (podsync .*)$", run.out, re.MULTILINE)
    assert steps == [
        "podsync validate",
        "podsync plan",
        "podsync apply --auto-approve",
        "podsync plan --detailed-exitcode",
        "podsync plan -o text -o html=plan.html -o json=plan.json",
        "podsync apply plan.json --auto-approve",
        "podsync state orphans",
    ]
    assert "Plan: 0 to create, 0 to update, 1 to replace, 0 to orphan." in run.out
    assert "Apply complete: 0 created, 0 updated, 1 replaced, 0 orphaned." in run.out
    assert "Plan: 4 to create, 0 to update, 0 to replace, 0 to orphan." in run.out
    assert "Apply complete: 4 created, 0 updated, 0 replaced, 0 orphaned." in run.out
    assert "No changes. The catalog matches the state." in run.out
    assert "Try next" in run.out
    assert "canary" not in run.out + run.err


def test_what_it_says_to_try_next_works(podsync):
    run = podsync("demo")

    folder = re.search(r"copied to (\S*podsync-demo-\S+)", run.out)
    assert folder is not None
    assert list(Path.cwd().iterdir()) == []
    page = (Path(folder[1]) / "plan.html").read_text(encoding="utf-8")
    assert page.count("data:image/svg+xml;base64,") >= 3
    assert "img-src https: data:;" in page
    told = [line.strip() for line in run.out.splitlines() if line.strip().startswith("podsync -C")]
    assert len(told) >= 2
    for line in told:
        assert (
            podsync(*shlex.split(line)[1:], *(["--auto-approve"] if line.endswith("apply") else [])).code == 0
        )
    assert podsync("-C", folder[1], "state", "list").code == 0
    assert "designed_product.dinosaur-tee" in podsync("-C", folder[1], "state", "list").out
    assert podsync("-C", folder[1], "state", "show", "designed_product.dinosaur-tee").code == 0


def test_a_step_that_fails_fails_the_demonstration(podsync, monkeypatch):
    monkeypatch.setattr("podsync.cli.commands.demo._STEPS", ((("plan", "--target", "no.one"), "It fails."),))

    run = podsync("demo")

    assert run.code == 64
    assert "this step ended with exit code 64" in run.err
