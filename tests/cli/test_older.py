"""A catalog that is older than what was applied last is not applied by accident."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.cli.conftest import TEE

SHARED = "state: {backend: git}\n"


@pytest.fixture
def git(folder, monkeypatch):
    """Run git in the folder, which is a repository with a remote."""
    for name, value in {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}.items():
        monkeypatch.setenv(name, value)

    def run(*words, cwd=folder):
        person = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        done = subprocess.run(["git", *person, *words], cwd=cwd, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    run("init", "--quiet", "--bare", str(folder.parent / "origin.git"))
    run("init", "--quiet", "--initial-branch=main", ".")
    run("remote", "add", "origin", str(folder.parent / "origin.git"))
    return run


@pytest.fixture
def second(folder, git, shops, podsync):
    """A catalog of two commits, the second one applied; the first one's commit."""
    (folder / "podsync.yaml").write_text(SHARED)
    (folder / "catalog").mkdir()
    (folder / "catalog" / "tee.yaml").write_text(TEE)
    git("add", "podsync.yaml", "catalog")
    git("commit", "--quiet", "-m", "one")
    first = git("rev-parse", "HEAD")
    (folder / "catalog" / "tea.yaml").write_text(TEE.replace("tee", "tea").replace("Tee", "Tea"))
    git("add", "catalog")
    git("commit", "--quiet", "-m", "two")
    assert podsync("apply", "--auto-approve").code == 0
    return first


def test_an_older_commit_is_refused_before_anything_is_sent(podsync, git, second, shops):
    git("checkout", "--quiet", second)
    before = len(shops.requests)

    run = podsync("apply", "--auto-approve")

    assert run.code == 7
    assert "error: this catalog is older than the one that was applied last: commit " in run.err
    assert "--older-catalog" in run.err
    assert len(shops.requests) == before


def test_an_older_commit_is_applied_on_purpose(podsync, git, second):
    git("checkout", "--quiet", second)

    run = podsync("apply", "--auto-approve", "--older-catalog")

    assert run.code == 0, run.err
    assert "1 orphaned" in run.out


def test_an_older_commit_with_nothing_to_do_is_no_fault(podsync, folder, git, second):
    git("checkout", "--quiet", second)
    git("checkout", "main", "--", "catalog")

    assert podsync("apply", "--auto-approve").code == 0


def test_a_commit_that_undoes_another_is_a_newer_one(podsync, git, second):
    git("revert", "--no-edit", "HEAD")

    run = podsync("apply", "--auto-approve")

    assert run.code == 0, run.err
    assert "1 orphaned" in run.out


def test_another_branch_is_not_older(podsync, folder, git, second):
    git("checkout", "--quiet", "-b", "other", second)
    (folder / "catalog" / "third.yaml").write_text(TEE.replace("tee", "third").replace("Tee", "Third"))
    git("add", "catalog")
    git("commit", "--quiet", "-m", "three")

    assert podsync("apply", "--auto-approve").code == 0


def test_a_clone_whose_age_cannot_be_told_is_refused(podsync, folder, git, second, monkeypatch, shops):
    shallow = folder.parent / "shallow"
    newest = git("rev-parse", "main")
    git("push", "--quiet", "origin", f"{second}:refs/heads/main")
    git("clone", "--quiet", "--depth=1", f"file://{folder.parent}/origin.git", str(shallow), "--branch=main")
    monkeypatch.chdir(shallow)
    refs, before = git("ls-remote", "origin"), len(shops.requests)

    run = podsync("apply", "--auto-approve")

    assert run.code == 7
    assert (
        f"error: whether this catalog is older than the one that was applied last (commit {newest[:12]}) "
        "cannot be determined: this clone is shallow" in run.err
    )
    assert "git fetch --unshallow" in run.err
    assert (git("ls-remote", "origin"), len(shops.requests)) == (refs, before)

    git("push", "--quiet", "origin", f"{newest}:refs/heads/main", cwd=folder)
    git("fetch", "--quiet", "--unshallow", cwd=shallow)

    assert "comes after what is checked out here" in podsync("apply", "--auto-approve").err
    assert podsync("apply", "--auto-approve", "--older-catalog").code == 0


def test_a_cut_history_proves_nothing(podsync, folder, git, second, monkeypatch):
    """Both commits are there, and what leads from the one to the other is not."""
    shallow = folder.parent / "shallow"
    newest = git("rev-parse", "main")
    git("push", "--quiet", "origin", f"{second}:refs/heads/main", f"{newest}:refs/heads/new")
    git("clone", "--quiet", "--depth=1", f"file://{folder.parent}/origin.git", str(shallow), "--branch=main")
    git("fetch", "--quiet", "--depth=1", "origin", newest, cwd=shallow)
    monkeypatch.chdir(shallow)

    assert podsync("apply", "--auto-approve").code == 7


def test_a_newer_commit_needs_no_more_than_the_history_since_then(podsync, folder, git, second, monkeypatch):
    shallow = folder.parent / "shallow"
    (folder / "catalog" / "third.yaml").write_text(TEE.replace("tee", "third").replace("Tee", "Third"))
    git("add", "catalog")
    git("commit", "--quiet", "-m", "three")
    git("push", "--quiet", "origin", "main")
    git("clone", "--quiet", "--depth=2", f"file://{folder.parent}/origin.git", str(shallow), "--branch=main")
    monkeypatch.chdir(shallow)

    run = podsync("apply", "--auto-approve")

    assert run.code == 0, run.err
    assert "1 created" in run.out


def test_the_sandbox_is_play(podsync, git, second):
    git("checkout", "--quiet", "main")
    assert podsync("apply", "--auto-approve", "--sandbox").code == 0
    git("checkout", "--quiet", second)

    assert podsync("apply", "--auto-approve", "--sandbox").code == 0


def test_the_commit_is_what_is_checked_out_and_not_what_started_the_run(
    podsync, folder, git, second, monkeypatch
):
    monkeypatch.setenv("GITHUB_SHA", "f" * 40)
    (folder / "catalog" / "third.yaml").write_text(TEE.replace("tee", "third").replace("Tee", "Third"))
    git("add", "catalog")
    git("commit", "--quiet", "-m", "three")
    podsync("apply", "--auto-approve")
    git("checkout", "--quiet", second)

    assert f"commit {git('rev-parse', 'main')[:12]} comes after" in podsync("apply", "--auto-approve").err
