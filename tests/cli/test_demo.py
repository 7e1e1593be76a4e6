from __future__ import annotations

import re
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
    ]
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
    assert podsync("-C", folder[1], "state", "list").code == 0
    assert "designed_product.dinosaur-tee" in podsync("-C", folder[1], "state", "list").out
    assert podsync("-C", folder[1], "state", "show", "designed_product.dinosaur-tee").code == 0


def test_a_step_that_fails_fails_the_demonstration(podsync, monkeypatch):
    monkeypatch.setattr("podsync.cli.demo._STEPS", ((("plan", "--target", "no.one"), "It fails."),))

    run = podsync("demo")

    assert run.code == 64
    assert "this step ended with exit code 64" in run.err
