"""Whoever can write into the tree tries to have Git run something, or read something else."""

from __future__ import annotations

import ast
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import KEY, TOKEN, folder, podsync, shops
from tests.security.git_traps import NOBODY, SHARED, Ground, tee

__all__ = ["folder", "podsync", "shops"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the traps are shell scripts")

PACKAGE = Path(__file__).parents[2] / "podsync"
STARTERS = (
    "subprocess.run", "subprocess.Popen", "subprocess.check_", "subprocess.call", "subprocess.getoutput",
    "os.system", "os.popen", "os.exec", "os.spawn", "os.posix_spawn",
)  # fmt: skip
#: What a person or a CI does on a branch of somebody else's, and with the keys after a merge.
COMMANDS = (
    ("validate",),
    ("plan",),
    ("apply", "--expect", "0" * 12),
    ("apply", "--auto-approve"),
    ("state", "list"),
    ("state", "pull"),
)


@pytest.fixture
def ground(folder, shops, monkeypatch):
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in NOBODY.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KAKACLO_ACCESS_TOKEN_STAGING", f"{TOKEN}-staging")
    return Ground(folder, os.environ)


@pytest.fixture
def commands(podsync):
    """Run all commands, and return how each ended."""
    return lambda *options: [podsync(*options, *words).code for words in COMMANDS]


def test_git_is_called_from_one_place():
    callers = []
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        names = {ast.unparse(call.func) for call in calls}
        if any(name.startswith(STARTERS) for name in names):
            callers.append(path.relative_to(PACKAGE).as_posix())

    assert callers == ["state/git/command.py"]


# -- a repository in the tree


def test_a_committed_repository_as_the_remote_runs_no_hook(ground, commands):
    remote = ground.work / "x" / "state.git"
    ground.git("init", "--quiet", "--bare", str(remote))
    for hook in ("pre-receive", "update", "post-receive"):
        ground.trap(remote / "hooks" / hook)
    assert ground.tried("push", "x/state.git", "HEAD:refs/heads/try").returncode == 0
    assert ground.goes_off()
    for name in ("x/state.git", "./x/state.git", str(remote), f"file://{remote}"):
        ground.write("podsync.yaml", f"version: 1\nstate: {{backend: git, remote: '{name}'}}\n")

        assert set(commands()) == {3}
        assert not ground.goes_off()


def test_a_folder_whose_name_could_be_a_remote_s_is_none(ground, podsync):
    remote = ground.work / "backup"
    ground.git("init", "--quiet", "--bare", str(remote))
    ground.trap(remote / "hooks" / "pre-receive")
    ground.write("podsync.yaml", "version: 1\nstate: {backend: git, remote: backup}\n")
    assert ground.tried("push", "backup", "HEAD:refs/heads/try").returncode == 0
    assert ground.goes_off()

    for words in (("plan",), ("apply", "--auto-approve"), ("apply", "--expect", "0" * 12)):
        run = podsync(*words)

        assert run.code == 1
        assert "there is no remote backup in this repository (there is origin)" in run.err
        assert "git remote add backup URL" in run.err
    assert not ground.goes_off()


@pytest.mark.parametrize(
    "address", ["x/state.git", "./x/state.git", "file://{work}/x/state.git", "{work}/x/state.git"]
)
def test_a_configured_remote_that_is_in_the_tree_is_not_spoken_to(ground, podsync, address):
    remote = ground.work / "x" / "state.git"
    ground.git("init", "--quiet", "--bare", str(remote))
    ground.trap(remote / "hooks" / "pre-receive")
    ground.git("remote", "set-url", "origin", address.format(work=ground.work))

    for words in (("plan",), ("apply", "--auto-approve"), ("state", "pull")):
        run = podsync(*words)

        assert (run.code, "is a folder of this work tree" in run.err) == (1, True)
    assert not ground.goes_off()


def test_a_folder_that_looks_like_a_repository_is_not_one(ground, podsync, monkeypatch):
    trap = ground.trap(ground.work / "shop" / "run.sh")
    ground.looks_bare(
        "shop", f"sshCommand = {trap}", f"fsmonitor = {trap}", '[remote "origin"]', "url = ssh://nowhere/x"
    )
    ground.write("shop/podsync.yaml", SHARED)
    ground.write("shop/catalog/tee.yaml", tee("tee"))
    commit = ground.commit("a trap")
    ground.tried("-C", "shop", "ls-remote", "origin")
    assert ground.goes_off()

    assert [podsync("-C", "shop", *words).code for words in COMMANDS] == [0, 0, 7, 0, 0, 0]

    assert not ground.goes_off()
    state = ground.git("show", "podsync-state:podsync.state.json", cwd=ground.bare)
    assert f'"commit": "{commit}"' in state


def test_such_a_folder_outside_of_any_repository_is_none_either(ground, podsync, monkeypatch):
    trap = ground.trap(ground.work / "shop" / "run.sh")
    ground.looks_bare("shop", f"sshCommand = {trap}", '[remote "origin"]', "url = ssh://nowhere/x")
    ground.write("shop/podsync.yaml", SHARED)
    ground.write("shop/catalog/tee.yaml", tee("tee"))
    unpacked = ground.around / "unpacked"
    shutil.copytree(ground.work / "shop", unpacked)
    monkeypatch.chdir(unpacked)

    run = podsync("apply", "--auto-approve")

    assert (run.code, "this folder is in no git repository" in run.err) == (1, True)
    assert not ground.goes_off()


def test_what_a_partial_clone_left_away_is_not_fetched_by_a_plan(ground, podsync):
    trap = ground.trap(ground.work / "shop" / "run.sh")
    ground.looks_bare(
        "shop",
        "[extensions]", "partialClone = origin",
        '[remote "origin"]', f"url = {ground.bare}", f"uploadpack = {trap}", "promisor = true",
    )  # fmt: skip
    head = ground.git("rev-parse", "HEAD")
    ground.write("shop/refs/heads/main", f"{head}\n")
    ground.write("shop/refs/remotes/origin/podsync-state", f"{head}\n")
    ground.write("shop/podsync.yaml", SHARED)
    ground.write("shop/catalog/tee.yaml", tee("tee"))
    ground.tried("-C", "shop", "log", "-1")
    assert ground.goes_off()

    assert podsync("-C", "shop", "plan").code == 0
    assert not ground.goes_off()


def test_an_own_partial_clone_asks_nobody_in_a_plan(ground, podsync, monkeypatch):
    assert podsync("apply", "--auto-approve").code == 0
    ground.git("config", "uploadpack.allowFilter", "true", cwd=ground.bare)
    clone = ground.clone("--filter=blob:none")
    trap = ground.trap(ground.around / "run.sh")
    ground.git("config", "remote.origin.uploadpack", str(trap), cwd=clone)
    ground.tried("cat-file", "-p", "origin/podsync-state:podsync.state.json", cwd=clone)
    assert ground.goes_off()
    monkeypatch.chdir(clone)

    run = podsync("plan")

    assert (run.code, "this clone is partial" in run.err) == (1, True)
    assert not ground.goes_off()


def test_the_command_that_mends_a_partial_clone_does(ground, podsync, monkeypatch):
    assert podsync("apply", "--auto-approve").code == 0
    ground.git("config", "uploadpack.allowFilter", "true", cwd=ground.bare)
    clone = ground.clone("--filter=blob:none")
    monkeypatch.chdir(clone)
    remedy = podsync("plan").err.split("bring it here: ")[1].partition(";")[0]

    for command in remedy.split(" && "):
        ground.git(*command.split()[1:], cwd=clone)

    assert "No changes." in podsync("plan").out


# -- what the tree's files have Git do


@pytest.fixture
def included(ground):
    """Settings of the tree, which somebody's own settings include."""
    trap = ground.trap(ground.work / "tools" / "run.sh")
    lines = ["[core]", f"sshCommand = {trap}", f"fsmonitor = {trap}", f"hooksPath = {trap.parent}"]
    lines += [f"alternateRefsCommand = {trap}", f"gitProxy = {trap}", f"askPass = {trap}", f"pager = {trap}"]
    lines += [
        "[credential]",
        f"helper = {trap}",
        "[diff]",
        f"external = {trap}",
        "[gpg]",
        f"program = {trap}",
    ]
    lines += ['[filter "x"]', f"clean = {trap}", f"smudge = {trap}", f"process = {trap}"]
    lines += ['[remote "origin"]', f"receivepack = {trap}", f"uploadpack = {trap}"]
    ground.write(".gitconfig", "\n".join(lines) + "\n")
    ground.write(".gitattributes", "* filter=x\n")
    ground.git("add", "--all", "--force", ".")
    ground.git("commit", "--quiet", "--message", "a trap")
    return ground


@pytest.mark.parametrize("kind", ["clean", "process"])
def test_a_page_that_leads_to_github_runs_no_filter(ground, podsync, kind):
    """The tree says which files a filter is for; to see what was edited, Git would run it."""
    ground.write("podsync.yaml", "version: 1\n")
    ground.write(".gitattributes", "* filter=x diff=x\n")
    ground.commit("attributes")
    ground.git("remote", "set-url", "origin", "https://github.com/acme/shop.git")
    trap = ground.trap(ground.around / "filter.sh")
    for name in (f"filter.x.{kind}", "diff.x.command", "diff.x.textconv"):
        ground.git("config", name, str(trap))

    def touch():
        os.utime(ground.work / "catalog" / "tee.yaml", (1, 1))

    touch()
    ground.tried("status")
    assert ground.goes_off()
    touch()

    assert podsync("plan", "-o", "html=../page.html").code == 0

    assert not ground.goes_off()
    assert "https://github.com/acme/shop/blob/" in (ground.around / "page.html").read_text()


@pytest.mark.parametrize("how", ["include", "includeIf", "home", "worktree"])
def test_settings_that_the_tree_carries_run_nothing(included, commands, podsync, monkeypatch, how):
    ground = included
    if how == "include":
        ground.git("config", "include.path", "../.gitconfig")
    elif how == "includeIf":
        ground.git("config", f"includeIf.gitdir:{ground.work}/.path", str(ground.work / ".gitconfig"))
    elif how == "worktree":
        ground.git("config", "extensions.worktreeConfig", "true")
        ground.git("config", "--worktree", "include.path", str(ground.work / ".gitconfig"))
    else:
        monkeypatch.delenv("GIT_CONFIG_GLOBAL")
        monkeypatch.setenv("HOME", str(ground.work))
        ground.environ = {**ground.environ, "HOME": str(ground.work)}
        del ground.environ["GIT_CONFIG_GLOBAL"]
    ground.tried("ls-remote", "origin")
    ground.tried("status")
    assert ground.goes_off()

    assert commands() == [0, 1, 1, 1, 1, 1]

    assert not ground.goes_off()
    assert "which belongs to the tree" in podsync("apply", "--auto-approve").err


def test_an_offline_plan_goes_on_beside_such_settings_and_runs_none(ground, podsync, monkeypatch):
    assert podsync("apply", "--auto-approve").code == 0
    trap = ground.trap(ground.work / "tools" / "run.sh")
    ground.write(".gitconfig", f"[core]\nfsmonitor = {trap}\npager = {trap}\nhooksPath = {trap.parent}\n")
    ground.git("config", "include.path", "../.gitconfig")
    ground.write(".gitmodules", "")
    ground.git("add", "--all", "--force", ".")
    ground.git("rm", "-r", "-q", "--cached", ".podsync")
    assert ground.goes_off()

    assert podsync("plan").code == 0
    assert not ground.goes_off()


@pytest.mark.parametrize("hook", ["reference-transaction", "pre-push", "post-checkout", "post-index-change"])
def test_hooks_of_the_tree_are_not_run(ground, podsync, hook):
    """`core.hooksPath = .husky` is how many set them up."""
    ground.git("config", "core.hooksPath", ".husky")
    ground.trap(ground.work / ".husky" / hook)
    ground.trap(ground.work / ".git" / "hooks" / hook)

    assert podsync("apply", "--auto-approve").code == 0
    assert not ground.goes_off()


def test_a_file_watcher_of_the_tree_is_not_run(ground, podsync):
    ground.trap(ground.work / "tools" / "watch")
    ground.git("config", "core.fsmonitor", "tools/watch")
    ground.git("ls-files", "--modified")
    assert ground.goes_off()
    ground.write(".gitmodules", "")

    assert podsync("plan").code == 0
    assert podsync("apply", "--auto-approve").code == 0
    assert not ground.goes_off()


@pytest.mark.parametrize("address", ["ext::{trap}", "fd::7"])
def test_an_address_that_is_a_command_is_not_run(ground, podsync, address):
    trap = ground.trap(ground.around / "run.sh")
    ground.git("config", "protocol.ext.allow", "always")
    ground.git("remote", "set-url", "origin", address.format(trap=trap))

    run = podsync("apply", "--auto-approve")

    assert (run.code, "which is not run" in run.err) == (1, True)
    assert not ground.goes_off()


def test_a_submodule_s_own_command_is_not_run(ground, podsync):
    trap = ground.trap(ground.around / "run.sh")
    ground.write(".gitmodules", f'[submodule "c"]\n\tpath = c\n\turl = {ground.bare}\n\tupdate = !{trap}\n')
    ground.git("update-index", "--add", "--cacheinfo", f"160000,{ground.git('rev-parse', 'HEAD')},c")
    ground.write("podsync.yaml", SHARED + "catalog: c/catalog\n")

    assert podsync("plan").code == 5
    assert not ground.goes_off()


@pytest.mark.parametrize("first", ["", ".", "tools", "{work}/tools"])
def test_a_program_called_git_in_the_tree_is_not_the_one(ground, commands, monkeypatch, first):
    for place in ("git", "tools/git", "tools/git-remote-https", "git-upload-pack", "ssh"):
        ground.trap(ground.work / place)
    path = f"{first.format(work=ground.work)}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)

    assert commands() == [0, 0, 7, 0, 0, 0]
    assert not ground.goes_off()


def test_parts_of_git_in_the_tree_are_not_run(ground, commands, monkeypatch):
    for name in ("git-push", "git-fetch", "git-remote-https", "git-receive-pack"):
        ground.trap(ground.work / "tools" / name)
    for value in ("tools", str(ground.work / "tools")):
        monkeypatch.setenv("GIT_EXEC_PATH", value)

        assert commands()[1] == 0
        assert not ground.goes_off()


def test_a_broken_repository_does_not_give_way_to_the_one_around_it(ground, podsync):
    inner = ground.work / "inner"
    ground.write("inner/podsync.yaml", SHARED)
    ground.write("inner/catalog/tee.yaml", tee("tee"))
    (inner / ".git").mkdir()
    before = ground.refs()

    assert podsync("-C", "inner", "apply", "--auto-approve").code == 1
    assert ground.refs() == before


# -- what the environment has Git do


def test_the_variables_of_a_hook_lead_nowhere_else(ground, podsync, monkeypatch):
    other = ground.around / "other"
    ground.git("init", "--quiet", "--initial-branch=main", str(other))
    ground.git("commit", "--quiet", "--allow-empty", "-m", "elsewhere", cwd=other)
    trap = ground.trap(ground.around / "run.sh")
    for name, value in {
        "GIT_DIR": f"{other}/.git",
        "GIT_WORK_TREE": str(other),
        "GIT_INDEX_FILE": f"{other}/.git/index",
        "GIT_OBJECT_DIRECTORY": f"{other}/.git/objects",
        "GIT_COMMON_DIR": f"{other}/.git",
        "GIT_NAMESPACE": "elsewhere",
        "GIT_SHALLOW_FILE": f"{other}/shallow",
        "GIT_REPLACE_REF_BASE": "refs/heads/",
        "GIT_CEILING_DIRECTORIES": str(ground.work),
        "GIT_EXTERNAL_DIFF": str(trap),
        "GIT_PAGER": str(trap),
        "GIT_EDITOR": str(trap),
        "GIT_TRACE": str(ground.around / "trace"),
        "GIT_TRACE2_EVENT": str(ground.around / "trace"),
        "GIT_DEFAULT_HASH": "sha256",
    }.items():
        monkeypatch.setenv(name, value)

    assert podsync("apply", "--auto-approve").code == 0

    state = ground.git("show", "podsync-state:podsync.state.json", cwd=ground.bare)
    assert f'"commit": "{ground.git("rev-parse", "HEAD")}"' in state
    assert not ground.goes_off()
    assert not (ground.around / "trace").exists()


def _canaries(text: str) -> list[str]:
    return [each for each in (TOKEN, KEY, f"{TOKEN}-staging") if each in text]


def test_nothing_that_git_starts_for_a_person_sees_a_key(ground, podsync, monkeypatch):
    """A person's own ssh command, credential helper and remote: they are run, and are given no key."""
    for hook in ("pre-receive", "post-receive"):
        ground.trap(ground.bare / "hooks" / hook)
    ssh = ground.around / "ssh"
    ssh.write_text(f'#!/bin/sh\nenv >>"{ground.proof}"\nshift $(($# - 1))\nexec sh -c "$1"\n')
    ssh.chmod(0o755)
    ground.git("remote", "set-url", "origin", f"ssh://host{ground.bare}")
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    monkeypatch.setenv("GIT_SSH_VARIANT", "simple")
    monkeypatch.setenv("AUTHORIZATION", f"Bearer {KEY}")
    monkeypatch.setenv("PODSYNC_POSTGRES_URL", f"postgresql://u:{KEY}@h/d")

    run = podsync("apply", "--auto-approve")

    assert run.code == 0, run.err
    seen = ground.proof.read_text()
    assert "GIT_SSH_COMMAND" in seen
    assert "post-receive" in seen
    assert _canaries(seen) == []


def test_what_asks_nobody_sees_no_secret_of_any_kind(ground, podsync, monkeypatch):
    assert podsync("apply", "--auto-approve").code == 0
    real = shutil.which("git")
    shim = ground.around / "bin" / "git"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nenv >>"{ground.proof}"\nexec {real} "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}{os.pathsep}{os.environ['PATH']}")
    for name in ("GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "GIT_ASKPASS", "SSH_AUTH_SOCK", "ACTIONS_ID_TOKEN"):
        monkeypatch.setenv(name, f"secret-{name}")

    assert podsync("plan").code == 0

    seen = ground.proof.read_text()
    assert "GIT_NO_LAZY_FETCH=1" in seen
    assert "secret-" not in seen
    assert _canaries(seen) == []


def test_an_unexpected_plan_pushes_nothing_and_runs_nothing(ground, podsync, shops):
    for hook in ("pre-receive", "post-receive", "update"):
        ground.trap(ground.bare / "hooks" / hook)
    before = ground.refs()

    for words in (
        ("--expect", "0" * 12),
        (),
        ("--auto-approve", "--allow", "creates=0", "--target", "designed_product.nothing"),
    ):
        assert podsync("apply", *words).code in {7, 64}

    assert ground.refs() == before
    assert not ground.goes_off()
    assert shops.requests == []


@pytest.mark.parametrize("missing", ["KAKACLO_ACCESS_TOKEN"])
def test_without_a_key_nothing_is_pushed(ground, podsync, monkeypatch, missing):
    monkeypatch.delenv(missing)
    before = ground.refs()

    assert podsync("apply", "--auto-approve").code == 9
    assert ground.refs() == before


# -- where the state is written


@pytest.mark.parametrize(
    "path", ["../s.json", "/var/s.json", ".git/hooks/s.json", "sub/.GIT/config", "link", "dir/s.json"]
)
def test_a_state_file_stays_in_the_tree(ground, podsync, path):
    (ground.work / "link").symlink_to(ground.around / "victim")
    (ground.work / "dir").symlink_to(ground.around, target_is_directory=True)
    ground.write("podsync.yaml", f"version: 1\nstate: {{path: {path}}}\n")

    run = podsync("apply", "--auto-approve")

    assert run.code == 3
    assert "error[outside]: state.path: " in run.err
    assert not (ground.around / "victim").exists()
    assert not (ground.around / "s.json").exists()


@pytest.mark.parametrize("path", ["..", "../else", "{around}/else", "link", ".git"])
def test_a_catalog_stays_in_the_tree(ground, podsync, path):
    """What is wrong with a file is shown with its line: in a log, of whatever file the settings choose."""
    ground.write("else/hosts.yml", "github.com:\n  oauth_token: [precious\n", root=ground.around)
    (ground.work / "link").symlink_to(ground.around / "else")
    ground.write("podsync.yaml", f"version: 1\ncatalog: {path.format(around=ground.around)}\n")

    for words in (("validate",), ("validate", "-o", "json"), ("plan",), ("apply", "--auto-approve")):
        run = podsync(*words)

        assert run.code == 3
        assert "outside" in run.err + run.out
        assert "precious" not in run.err + run.out


def test_settings_that_the_command_line_names_may_keep_it_elsewhere(ground, podsync):
    text = f"version: 1\nstate: {{path: {ground.around}/s.json}}\n"
    settings = ground.write("mine.yaml", text, root=ground.around)

    assert podsync("--config", str(settings), "apply", "--auto-approve").code == 0
    assert (ground.around / "s.json").exists()

    inside = ground.write("mine.yaml", text)
    assert podsync("--config", str(inside), "plan").code == 3


@pytest.mark.parametrize("end", ["", ".journal", ".lock", ".backup.1"])
def test_committed_links_beside_the_state_lead_nowhere(ground, podsync, end):
    ground.write("podsync.yaml", "version: 1\n")
    victim = ground.write("victim", "precious\n", root=ground.around)
    (ground.work / f"podsync.state.json{end}").symlink_to(victim)

    podsync("apply", "--auto-approve")
    podsync("apply", "--auto-approve")

    assert victim.read_text() == "precious\n"
    assert stat.S_ISREG(victim.lstat().st_mode)


@pytest.mark.parametrize(
    "branch",
    [
        "--upload-pack=x",
        "-x",
        "a b",
        "a..b",
        "x.lock",
        "a//b",
        "HEAD",
        "refs/heads/main",
        "main",
        "@{-1}",
        "a~1",
    ],
)
def test_a_branch_s_name_is_never_an_option_or_a_revision(ground, podsync, branch):
    ground.write("podsync.yaml", f"version: 1\nstate: {{backend: git, branch: '{branch}'}}\n")
    before = ground.git("rev-parse", "main", cwd=ground.bare)

    run = podsync("apply", "--auto-approve")

    assert run.code in {0, 1, 3}
    assert "Traceback" not in run.err
    assert ground.git("rev-parse", "main", cwd=ground.bare) == before
    assert branch != "main" or "branch main holds code" in run.err


STRANGE = (
    "it's", 'a "b"', "with space", "dino-\u00fc\U0001f995", "$(touch p)", "-x", "--upload-pack=touch p",
    "a;b", "`x`", "a\nb", "%s", ":(glob)*", "*",
)  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_folders_of_any_name_work(ground, podsync, monkeypatch, name):
    inner = f"{name}/catalog/{name}"
    ground.write(f"{name}/podsync.yaml", SHARED)
    ground.write(f"{inner}/tee.yaml", tee("tee"))
    ground.write(f"{inner}/tea.yaml", tee("tea"))
    ground.write(".gitmodules", "")
    ground.commit("strange")
    monkeypatch.chdir(ground.work / name)

    assert podsync("apply", "--auto-approve").code == 0
    assert "No changes." in podsync("plan").out

    ground.git("update-index", "--skip-worktree", "--", f"{inner}/tea.yaml")
    (ground.work / inner / "tea.yaml").unlink()
    assert podsync("plan").code == 5
    assert not (ground.work / name / "p").exists()


def test_a_repository_without_any_remote_has_no_state_yet(ground, podsync):
    ground.git("remote", "remove", "origin")

    run = podsync("plan")

    assert (run.code, "1 to create" in run.out) == (0, True)


def test_a_plan_says_whose_state_it_believes(ground, podsync):
    """Who reviews a branch may have its author's repository as a remote."""
    ground.git("remote", "add", "mallory", str(ground.bare))
    assert podsync("apply", "--auto-approve").code == 0
    ground.git("fetch", "--quiet", "mallory")
    ground.write("podsync.yaml", "version: 1\nstate: {backend: git, remote: mallory}\n")

    assert "branch podsync-state of mallory" in podsync("plan").out
