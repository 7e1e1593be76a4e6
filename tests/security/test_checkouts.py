"""The steps by hand, as other machines run them: each is right or refused, never wrong with exit 0."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys

import pytest

from podsync.cli.environment.clock import SystemClock
from podsync.sandbox import Fault
from podsync.state.git.store import GitStore
from tests.cli.conftest import folder, podsync, shops
from tests.security.git_traps import NOBODY, SHARED, Ground, tee

__all__ = ["folder", "podsync", "shops"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="programs are shell scripts, owners POSIX's")

NAMES = ("tee", "tea", "cup", "hat")


@pytest.fixture
def ground(folder, shops, monkeypatch):
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in NOBODY.items():
        monkeypatch.setenv(name, value)
    return Ground(folder, os.environ)


@pytest.fixture
def applied(ground, podsync):
    """Four products that exist; the newest commit changes nothing about them."""
    for name in NAMES:
        ground.write(f"catalog/{name[0]}/{name}.yaml", tee(name))
    (ground.work / "catalog" / "tee.yaml").unlink()
    ground.commit("two")
    assert podsync("apply", "--auto-approve").code == 0
    return ground


def mend(ground, remedy, cwd):
    """Run a printed command as a person does."""
    command = remedy.partition("   ")[0].partition("; ")[0]
    setting = "-c protocol.file.allow=always"
    done = subprocess.run(
        shlex.split(command.replace("git ", f"git {setting} ")), cwd=cwd, env=ground.environ, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, (command, done.stderr)


def remedy(run):
    """Return the second line of an error."""
    lines = run.err.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("error: "))
    return lines[at + 1].strip()


# -- how the clone was made


def test_a_detached_head_of_depth_20_with_every_branch_is_right(applied, podsync, monkeypatch):
    clone = applied.clone("--depth=20", "--no-single-branch")
    applied.git("checkout", "--quiet", "--detach", cwd=clone)
    monkeypatch.chdir(clone)

    assert "No changes." in podsync("plan").out
    applied.write("catalog/new.yaml", tee("new"), root=clone)
    assert "1 created" in podsync("apply", "--auto-approve").out


@pytest.mark.parametrize("options", [["--depth=20"], ["--depth=1"], ["--single-branch"]])
def test_a_state_branch_that_was_not_fetched_is_refused_and_mended(applied, podsync, monkeypatch, options):
    clone = applied.clone(*options)
    monkeypatch.chdir(clone)

    for words in (("plan",), ("plan", "-o", "json"), ("state", "list"), ("state", "orphans")):
        run = podsync(*words)

        assert (run.code, run.out) == (1, "")
        assert "origin has a branch podsync-state with the state, and this clone does not know it" in run.err
    mend(applied, remedy(run), clone)

    assert "No changes." in podsync("plan").out


def test_a_checkout_of_one_commit_alone_is_refused(applied, podsync, monkeypatch):
    """As CI systems check out: no clone, one reference."""
    clone = applied.around / "runner"
    applied.git("init", "--quiet", str(clone), cwd=applied.around)
    applied.git("remote", "add", "origin", f"file://{applied.bare}", cwd=clone)
    applied.git(
        "fetch", "--quiet", "--depth=1", "origin", "+refs/heads/main:refs/remotes/origin/main", cwd=clone
    )
    applied.git("checkout", "--quiet", "--detach", "origin/main", cwd=clone)
    monkeypatch.chdir(clone)

    assert podsync("plan").code == 1


@pytest.mark.parametrize("options", [["--depth=20"], ["--depth=1"], ["--single-branch"]])
def test_an_apply_brings_the_state_here_by_itself(applied, podsync, monkeypatch, options, shops):
    clone = applied.clone(*options)
    applied.git("checkout", "--quiet", "--detach", cwd=clone)
    applied.write("catalog/new.yaml", tee("new"), root=clone)
    monkeypatch.chdir(clone)

    assert "1 created" in podsync("apply", "--auto-approve").out
    assert len(shops.products("kakaclo")) == 5


@pytest.mark.parametrize("depth", ["--depth=1", "--depth=20", "--unshallow"])
def test_an_old_commit_that_a_runner_checks_out_again_is_refused(applied, podsync, monkeypatch, depth, shops):
    """The newest state and an old catalog: what came between would be undone."""
    old = applied.git("rev-parse", "HEAD")
    for number in range(25):
        applied.git("commit", "--quiet", "--allow-empty", "--message", str(number))
    applied.write("catalog/new.yaml", tee("new"))
    applied.commit("three")
    assert "1 created" in podsync("apply", "--auto-approve").out
    clone = applied.around / "runner"
    applied.git("init", "--quiet", str(clone), cwd=applied.around)
    applied.git("remote", "add", "origin", f"file://{applied.bare}", cwd=clone)
    applied.git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=applied.bare)
    deep = [] if depth == "--unshallow" else [depth]
    applied.git("fetch", "--quiet", *deep, "origin", old, cwd=clone)
    applied.git("checkout", "--quiet", "--detach", old, cwd=clone)
    monkeypatch.chdir(clone)
    before = len(shops.requests)

    assert podsync("plan").code == 1  # the state's branch is not here
    run = podsync("apply", "--auto-approve", "--allow", "orphans=9")

    assert (run.code, len(shops.requests)) == (7, before), run.err
    assert "cannot be determined" in run.err


def test_without_a_right_to_push_nothing_is_sent(applied, podsync, shops):
    hook = applied.bare / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'You are not allowed to push code.'\nexit 1\n")
    hook.chmod(0o755)

    assert "No changes." in podsync("apply", "--auto-approve").out
    applied.write("catalog/new.yaml", tee("new"))
    before = len(shops.requests)

    run = podsync("apply", "--auto-approve")

    assert (run.code, len(shops.requests)) == (1, before)
    assert "the remote's own rules refuse it" in run.err
    for words in (("state", "rm", "designed_product.tee"), ("import", "designed_product.new", "1")):
        run = podsync(*words)
        assert (run.code, "the remote's own rules refuse it" in run.err) == (1, True), run.err
    assert len(shops.products("kakaclo")) == 4


def test_a_lock_file_that_a_killed_push_left_is_called_by_its_name(applied, podsync, shops):
    lock = applied.bare / "refs" / "heads" / "podsync-state.lock"
    lock.touch()
    applied.write("catalog/new.yaml", tee("new"))
    before = len(shops.requests)

    run = podsync("apply", "--auto-approve")

    told = " ".join(run.err.split())
    assert (run.code, len(shops.requests)) == (1, before)
    assert ("removes the .lock file there" in told, "own rules" in told) == (True, False), told
    lock.unlink()
    assert podsync("apply", "--auto-approve").code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("mv", "designed_product.no", "designed_product.x"), 64, "the state knows no designed_product.no"),
        (("mv", "designed_product.tee", "designed_product.cup"), 64, "is in the state already"),
        (("rm", "designed_product.no"), 64, "the state knows no designed_product.no"),
        (("settle", "designed_product.tee", "--not-created"), 64, "is not in doubt"),
        (("check", "--emptied", "kakaclo", "--yes-entries", "9"), 64, "at kakaclo is 4, not 9"),
        (("push", "../other.json"), 1, "is another state"),
        (("push", "../old.json"), 1, "is newer"),
        (("push", "../same.json"), 0, ""),
    ],
    ids=lambda value: "-".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_what_can_be_told_without_the_lock_takes_none(applied, podsync, words, code, said):
    """A lock on a branch is a push: others see it, and its history keeps it."""
    state = json.loads(podsync("state", "pull").out)
    files = {"same": {}, "old": {"serial": 1}, "other": {"lineage": "0" * 32}}
    for name, change in files.items():
        (applied.around / f"{name}.json").write_text(json.dumps(state | change))
    refs = applied.refs()

    run = podsync("state", *words)

    assert (run.code, said in run.err) == (code, True), run.err
    assert applied.refs() == refs


def test_a_missing_key_is_told_before_the_lock(applied, podsync, shops, monkeypatch):
    applied.write("catalog/new.yaml", tee("new"))
    shops.add_faults(Fault("kakaclo", "create", "fin", commit=False))
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8
    refs, before = applied.refs(), len(shops.requests)
    monkeypatch.delenv("KAKACLO_ACCESS_TOKEN")

    run = podsync("state", "settle", "designed_product.new", "--adopt", "5012")

    assert (run.code, applied.refs() == refs, len(shops.requests)) == (9, True, before), run.err


def test_a_repair_is_checked_against_the_newest_state_and_not_against_what_this_clone_knows(
    applied, podsync, monkeypatch
):
    clone = applied.clone("--no-single-branch")
    assert podsync("state", "mv", "designed_product.hat", "designed_product.cap").code == 0
    monkeypatch.chdir(clone)

    assert podsync("state", "mv", "designed_product.cap", "designed_product.hat").code == 0


def test_a_state_that_somebody_holds_is_told_to_be_held_whatever_is_asked(applied, podsync, monkeypatch):
    clone = applied.clone("--no-single-branch")
    monkeypatch.chdir(clone)
    store = GitStore(applied.work, clock=SystemClock(), environment=applied.environ, who=lambda: "ada")

    with store.lock("apply", 0):
        run = podsync("state", "mv", "designed_product.no", "designed_product.x")

    assert (run.code, "ada" in run.err) == (6, True), run.err


def test_a_linked_worktree_is_right(applied, podsync, monkeypatch):
    place = applied.around / "linked"
    applied.git("worktree", "add", "--quiet", "--detach", str(place))
    monkeypatch.chdir(place)

    assert "No changes." in podsync("plan").out
    applied.write("catalog/new.yaml", tee("new"), root=place)
    assert "1 created" in podsync("apply", "--auto-approve").out


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_checkout_of_another_user_s_is_refused_and_mended(applied, podsync, monkeypatch):
    for path in (applied.work, applied.work / ".git"):
        os.chown(path, 12345, 12345)

    for words in (("plan",), ("apply", "--auto-approve"), ("state", "list")):
        run = podsync(*words)
        assert (run.code, "git does not trust this repository" in run.err) == (1, True)
    assert "safe.directory" in remedy(run)

    for name, value in {"COUNT": "1", "KEY_0": "safe.directory", "VALUE_0": str(applied.work)}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    assert "No changes." in podsync("plan").out


def test_where_there_is_no_git(applied, podsync, monkeypatch):
    monkeypatch.setenv("PATH", str(applied.around / "nothing"))

    for words in (("plan",), ("apply", "--auto-approve")):
        run = podsync(*words)
        assert (run.code, "git was not found" in run.err) == (1, True)

    applied.write("podsync.yaml", "version: 1\n")
    assert podsync("plan").code == 0
    applied.write(".git/info/sparse-checkout", "/*\n")
    run = podsync("plan")
    assert run.code == 5
    assert "all files of the catalog are checked out cannot be determined: git was not found" in run.err


# -- files that are not there


def test_a_sparse_checkout_without_the_catalog_s_files_is_refused_and_mended(applied, podsync, monkeypatch):
    clone = applied.clone("--no-single-branch")
    applied.git("sparse-checkout", "set", "catalog/t", cwd=clone)
    monkeypatch.chdir(clone)

    for words in (
        ("plan",), ("plan", "--allow", "orphans=9"), ("apply", "--auto-approve"), ("validate",),
        ("validate", "-o", "json"), ("validate", "catalog/t"), ("render", "designed_product.cup"),
        ("import", "--match"), ("import", "designed_product.cup", "5012"),
    ):  # fmt: skip
        run = podsync(*words)
        assert (run.code, run.out) == (5, "")
        assert "2 files that are needed are not checked out, the first is catalog/c/cup.yaml" in run.err
    assert "designed_product.cup" in podsync("state", "list").out  # the state is all there
    mend(applied, remedy(run), clone)

    assert "No changes." in podsync("plan").out


def test_new_files_that_are_not_checked_out_are_no_less_missing(applied, podsync, monkeypatch):
    """Nothing would be an orphan: what they would create is what is not told."""
    applied.write("catalog/new/new.yaml", tee("new"))
    applied.commit("three")
    clone = applied.clone("--no-single-branch")
    applied.git("sparse-checkout", "set", *(f"catalog/{name[0]}" for name in NAMES), cwd=clone)
    monkeypatch.chdir(clone)

    assert podsync("plan").code == 5


@pytest.mark.parametrize("left_away", ["podsync.yaml", "podsync.state.json"])
def test_settings_and_a_committed_state_are_no_less_needed(ground, podsync, monkeypatch, left_away):
    """Without them the defaults hold, and every product looks new."""
    ground.write("podsync.yaml", "version: 1\nlimits: {max_creates: 3}\n")
    assert podsync("apply", "--auto-approve").code == 0
    ground.commit("state")
    clone = ground.clone()
    ground.git("sparse-checkout", "set", "--no-cone", "/*", f"!/{left_away}", cwd=clone)
    assert not (clone / left_away).exists()
    monkeypatch.chdir(clone)

    for words in (
        ("plan",), ("validate",), ("state", "list"), ("state", "orphans"), ("state", "check"),
        ("state", "pull"), ("state", "rm", "designed_product.tee"), ("state", "push", "-"),
    ):  # fmt: skip
        run = podsync(*words)

        assert (run.code, run.out) == (5, ""), words
        assert f"the first is {left_away}" in run.err
    assert not (clone / "podsync.state.json").is_file() or left_away == "podsync.yaml"


def test_a_sparse_checkout_that_has_the_whole_catalog_is_right(applied, podsync, monkeypatch):
    applied.write("elsewhere/a.txt", "a")
    applied.commit("three")
    clone = applied.clone("--no-single-branch")
    applied.git("sparse-checkout", "set", "catalog", cwd=clone)
    assert not (clone / "elsewhere").exists()
    monkeypatch.chdir(clone)

    assert "No changes." in podsync("plan").out


def test_a_file_that_git_was_told_to_leave_away_is_not_gone(applied, podsync):
    applied.git("update-index", "--skip-worktree", "catalog/h/hat.yaml")
    (applied.work / "catalog" / "h" / "hat.yaml").unlink()

    run = podsync("plan")

    assert run.code == 5
    assert "1 file that is needed is not checked out, the first is catalog/h/hat.yaml" in run.err
    mend(applied, remedy(run), applied.work)
    assert "No changes." in podsync("plan").out


def test_a_file_that_a_person_removed_is_gone(applied, podsync):
    (applied.work / "catalog" / "h" / "hat.yaml").unlink()

    assert "1 to orphan" in podsync("plan").out


@pytest.fixture
def outer(applied, podsync, monkeypatch):
    """A repository with the same catalog as a submodule, and a state of its own that knows it."""
    applied.git("push", "--quiet", "origin", ":podsync-state")
    around = Ground.__new__(Ground)
    vars(around).update(vars(applied))
    around.work, around.bare = applied.around / "outer", applied.around / "outer.git"
    around.git("init", "--quiet", "--bare", "--initial-branch=main", str(around.bare), cwd=applied.around)
    around.git("init", "--quiet", "--initial-branch=main", str(around.work), cwd=applied.around)
    around.git("remote", "add", "origin", f"file://{around.bare}")
    around.git("submodule", "--quiet", "add", f"file://{applied.bare}", "shop")
    around.write("podsync.yaml", SHARED + "catalog: shop/catalog\n")
    around.commit("outer")
    monkeypatch.chdir(around.work)
    assert podsync("apply", "--auto-approve").code == 0
    return around


def test_a_submodule_that_is_not_there_is_refused_and_mended(outer, podsync, monkeypatch):
    clone = outer.clone("--no-single-branch", name="again")
    monkeypatch.chdir(clone)

    for words in (("plan",), ("apply", "--auto-approve"), ("validate",)):
        run = podsync(*words)
        assert (run.code, run.out) == (5, "")
        assert "shop is a submodule that is not there" in run.err
    mend(outer, remedy(run), clone)

    assert "No changes." in podsync("plan").out


def test_a_submodule_that_was_left_behind_is_refused_and_mended(applied, outer, podsync, monkeypatch):
    clone = outer.clone("--no-single-branch", "--recurse-submodules", name="again")
    applied.write("catalog/new.yaml", tee("new"))
    applied.commit("three")
    outer.git("fetch", "--quiet", "origin", cwd=outer.work / "shop")
    outer.git("checkout", "--quiet", "origin/main", cwd=outer.work / "shop")
    outer.commit("newer")
    outer.git("pull", "--quiet", cwd=clone)
    monkeypatch.chdir(clone)

    run = podsync("plan")

    assert (run.code, "shop is a submodule that is older here" in run.err) == (5, True)
    mend(outer, remedy(run), clone)
    assert "1 to create" in podsync("plan").out


def test_work_in_a_submodule_is_nobody_s_mistake(outer, podsync):
    outer.write("shop/catalog/new.yaml", tee("new"))
    outer.git("add", "--all", cwd=outer.work / "shop")
    outer.git("commit", "--quiet", "-m", "mine", cwd=outer.work / "shop")

    assert "1 to create" in podsync("plan").out


def test_a_sparse_submodule_is_sparse(outer, podsync):
    outer.git("sparse-checkout", "set", "catalog/t", cwd=outer.work / "shop")

    assert (podsync("plan").code, podsync("validate").code) == (5, 5)


def test_a_whole_catalog_that_is_not_checked_out_is_not_missing(applied, podsync, monkeypatch):
    """Nor are the settings: what is said is not that there is nothing."""
    clone = applied.clone("--no-single-branch")
    applied.git("sparse-checkout", "set", "elsewhere", cwd=clone)
    monkeypatch.chdir(clone)

    assert not (clone / "catalog").exists()
    for words in (("validate",), ("plan",)):
        assert "files that are needed are not checked out" in podsync(*words).err
    applied.git("sparse-checkout", "set", "--no-cone", "elsewhere/", cwd=clone)
    assert not (clone / "podsync.yaml").exists()
    for words in (("validate",), ("plan",), ("state", "list")):
        run = podsync(*words)
        assert (run.code, "is not checked out, the first is podsync.yaml" in run.err) == (5, True), run.err


def test_files_that_are_not_the_catalog_s_are_nobody_s_business(ground, podsync):
    ground.write("docs/a.md", "a")
    ground.write(".gitmodules", f'[submodule "lib"]\n\tpath = lib\n\turl = {shlex.quote(str(ground.bare))}\n')
    ground.git("update-index", "--add", "--cacheinfo", f"160000,{ground.git('rev-parse', 'HEAD')},lib")
    ground.git("add", "docs")
    ground.git("update-index", "--skip-worktree", "docs/a.md")
    shutil.rmtree(ground.work / "docs")

    assert podsync("plan").code == 0


def test_a_hostile_name_drives_no_terminal_and_stands_in_no_command(ground, podsync):
    name = 'a\x1b[2J"; rm -rf $HOME; "'
    ground.write(f"catalog/{name}.yaml", tee("evil"))
    ground.write(".gitmodules", "")
    ground.git("add", "--all")
    ground.git("update-index", "--skip-worktree", f"catalog/{name}.yaml")
    (ground.work / "catalog" / f"{name}.yaml").unlink()

    run = podsync("plan")

    assert run.code == 5
    assert "\x1b" not in run.err
    assert remedy(run) == "git sparse-checkout disable; nothing was done"
