from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest

from podsync.cli.environment.clock import SystemClock
from podsync.model.address import Address
from podsync.model.errors import LockedError, StateError
from podsync.state.events import Doubted, Made, NotSent
from podsync.state.git.branch import Branch, OvertakenError, TreeItem
from podsync.state.git.command import Git
from podsync.state.git.layout import BranchFiles
from podsync.state.git.recovery import fitting
from podsync.state.git.writer import UndeliveredEvent
from podsync.state.model import State
from podsync.state.reducer.reducer import replay
from tests.contracts import apply, intent
from tests.state.git.places import BRANCH, ENVIRON, Remote, git

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="hooks and wrappers are shell scripts")


@pytest.fixture
def remote(tmp_path):
    return Remote(tmp_path)


def made(name, at=1_767_323_046.0):
    return Made(Address("designed_product", name), at, f"id-{name}")


def names(state):
    return sorted(address.name for address in state.entries)


def branch_of(clone, environ=ENVIRON):
    return Branch(Git(clone, environ, "origin"), "origin", BRANCH, SystemClock())


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def with_git(folder: Path, text: str) -> dict[str, str]:
    """An environment in which `text` decides about each call of git; `real` is the real one."""
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    script(folder / "git", f'real() {{ {real} "$@"; }}\n{text}')
    return {**ENVIRON, "PATH": f"{folder}{os.pathsep}{ENVIRON['PATH']}"}


def forgotten(store):
    """Take the lock and die: nobody renews it, nobody lets go of it."""
    holding = store.lock("apply", 0)
    holding.__enter__()
    store._writer.stop()
    return holding


# -- compare and swap


def test_two_clones_never_make_the_same_commit(remote):
    one, other = branch_of(remote.clone()), branch_of(remote.clone())

    first, second = (branch.make({"a": branch.write(b"a")}, None, "x") for branch in (one, other))
    one.publish(first, None, patience=1)

    assert first != second
    with pytest.raises(OvertakenError):
        other.publish(second, None, patience=1)
    assert remote.head() == first


def test_of_eight_pushes_onto_one_head_one_wins(remote):
    root = branch_of(remote.clone())
    start = root.make({}, None, "start")
    root.publish(start, None, patience=1)
    wins, losses = [], []

    def race(branch, commit):
        try:
            branch.publish(commit, start, patience=10)
            wins.append(commit)
        except OvertakenError:
            losses.append(commit)

    racers = []
    for _ in range(8):
        branch = branch_of(remote.clone())
        branch.fetch()
        racers.append(Thread(target=race, args=(branch, branch.make({}, start, "mine"))))
    for each in racers:
        each.start()
    for each in racers:
        each.join(60)

    assert (len(wins), len(losses)) == (1, 7)
    assert remote.head() == wins[0]


def test_a_push_whose_answer_was_lost_has_won(remote, tmp_path):
    lost = 'case "$*" in *" push "*) real "$@" >/dev/null 2>&1; echo "fatal: hung up" >&2; exit 128;; esac'
    environ = with_git(tmp_path / "bin", f'{lost}\nreal "$@"')
    store = remote.store(environment=environ)

    apply(store, [intent("one"), made("one")])

    assert names(remote.load()) == ["one"]


def test_a_remote_that_is_away_for_a_moment_is_asked_again(remote, tmp_path):
    flag = tmp_path / "failed"
    once = f'case "$*" in *" push "*) [ -e {flag} ] || {{ touch {flag}; exit 128; }};; esac'
    environ = with_git(tmp_path / "bin", f'{once}\nreal "$@"')

    apply(remote.store(environment=environ), [intent("one")])

    assert flag.exists()
    assert names(remote.load()) == ["one"]


def refusing(remote, text):
    script(remote.bare / "hooks" / "pre-receive", f"echo '{text}' >&2; exit 1")


def test_a_refusal_in_the_middle_stops_the_intents_and_keeps_what_was_there(remote):
    store = remote.store()
    with store.lock("apply", 0):
        store.append([intent("one")])
        refusing(remote, "frozen until Monday")
        with pytest.raises(StateError) as caught:
            store.append([intent("two")])

    assert "pre-receive hook declined" in caught.value.message
    assert "frozen until Monday" in caught.value.message
    assert caught.value.remedy
    (remote.bare / "hooks" / "pre-receive").unlink()
    assert names(remote.load()) == ["one"]


# -- what becomes of a run that was overtaken


def test_results_of_a_run_that_lost_the_lock_are_added_and_its_intents_are_not(remote):
    notes = []
    store = remote.store(notes.append)
    with store.lock("apply", 0):
        store.append([intent("one"), intent("two")])
        remote.store().unlock(remote.store().holder().id)
        with pytest.raises(StateError, match="somebody else"):
            store.append([intent("three")])
        store.append([made("one")])
        with pytest.raises(StateError, match="somebody else"):
            store.append([intent("four")])

    state = remote.load()
    assert names(state) == ["one", "two"]
    assert [entry.id for entry in state.entries.values()] == ["id-one", None]
    assert any("1 late results were added" in note for note in notes)
    assert "lock.json" not in remote.names()


def test_what_another_run_wrote_meanwhile_is_kept(remote):
    store = remote.store()
    with store.lock("apply", 0):
        store.append([intent("one")])
        remote.store().unlock(remote.store().holder().id)
        apply(remote.store(), [intent("other")])
        with pytest.raises(StateError):
            store.append([intent("late")])
        store.append([made("one")])

    state = remote.load()
    assert names(state) == ["one", "other"]
    assert state.entries[Address("designed_product", "one")].id == "id-one"


def test_a_result_fits_only_the_very_intent_that_it_answers():
    first, second = intent("one", 10.0), intent("one", 20.0)
    state = replay(State(), [second])

    assert fitting(state, [UndeliveredEvent(made("one"), 10.0)], 99.0) == []
    assert fitting(state, [UndeliveredEvent(made("one"), 20.0)], 99.0) == [made("one")]
    assert fitting(
        state, [UndeliveredEvent(made("one"), 20.0), UndeliveredEvent(made("one"), 20.0)], 99.0
    ) == [made("one")]
    assert fitting(replay(State(), [first]), [UndeliveredEvent(second, 20.0)], 99.0) == []


def test_an_intent_that_became_durable_after_all_is_written_down_as_not_sent():
    address = Address("designed_product", "one")

    assert fitting(
        replay(State(), [intent("one", 10.0)]), [UndeliveredEvent(intent("one", 10.0), 10.0)], 99.0
    ) == [NotSent(address, 99.0)]
    doubted = Doubted(address, 11.0)
    late = [UndeliveredEvent(intent("one", 10.0), 10.0), UndeliveredEvent(doubted, 10.0)]
    assert fitting(replay(State(), [intent("one", 10.0)]), late, 99.0) == [doubted]


# -- the lease


def test_a_dead_holder_needs_no_person(tmp_path):
    remote, notes = Remote(tmp_path, lease=1.0), []
    dead = forgotten(remote.store())

    with remote.store(notes.append).lock("apply", 10):
        pass

    assert any("took over the state from ann@host" in note for note in notes)
    dead.gen.close()


def test_a_lock_that_looks_dead_is_watched_even_by_who_would_not_wait(tmp_path):
    remote, notes = Remote(tmp_path, lease=1.0), []
    dead = forgotten(remote.store())
    time.sleep(2.1)

    with remote.store(notes.append).lock("apply", 0):
        pass

    assert "no sign of life since" in notes[0]
    dead.gen.close()


def test_a_holder_that_only_waits_keeps_its_lock(tmp_path):
    remote = Remote(tmp_path, lease=1.5)
    with remote.store().lock("apply", 0):
        before = remote.pushes()
        with pytest.raises(LockedError) as caught, remote.store().lock("apply", 4):
            pytest.fail("two runs hold one state")

        assert remote.pushes() >= before + 3
    assert "podsync state unlock" in caught.value.remedy


def test_a_holder_that_lives_after_its_lease_can_send_nothing_more(tmp_path):
    remote = Remote(tmp_path, lease=1.0)
    store = remote.store()
    holding = forgotten(store)
    other = remote.store()
    with other.lock("apply", 10):
        other.append([intent("theirs")])

    with pytest.raises(StateError):
        store._writer.release()
    holding.gen.close()
    assert names(remote.load()) == ["theirs"]


# -- batches and layout


def test_intents_that_come_together_share_a_push(tmp_path):
    remote = Remote(tmp_path, quiet=0.2)
    store = remote.store()
    with store.lock("apply", 0):
        before = remote.pushes()
        threads = [Thread(target=store.append, args=([intent(f"n{n}")],)) for n in range(30)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(60)

        assert remote.pushes() - before == 2
    assert len(remote.load().entries) == 30


def test_a_result_waits_for_nobody_and_is_pushed_soon(tmp_path):
    remote = Remote(tmp_path, oldest=0.3)
    store = remote.store()
    with store.lock("apply", 0):
        store.append([intent("one")])
        before = remote.head()
        store.append([made("one")])
        assert remote.head() == before
        end = time.monotonic() + 30
        while remote.head() == before and time.monotonic() < end:
            time.sleep(0.05)

        assert remote.load().entries[Address("designed_product", "one")].id == "id-one"


def test_a_long_journal_is_spread_over_folders():
    files = BranchFiles()
    for number in range(1, 131):
        files.add(TreeItem("100644", "blob", "0"), number, number)

    assert [len(items) for items in files.journal.values()] == [64, 64, 2]


def test_the_branch_holds_the_snapshot_alone_after_a_run_and_what_others_put_there(remote):
    apply(remote.store(), [intent("one")])
    remote.put("README.md", "hands off")

    apply(remote.store(), [made("one")])

    assert remote.names() == ["README.md", "podsync.state.json"]
    assert git(remote.bare, "log", "-1", "--format=%s", BRANCH) == "apply: done, 1 made"


def test_commits_say_which_run_and_never_what_a_catalog_says(remote):
    apply(remote.store(run_url="https://github.com/a/b/actions/runs/8123"), [intent("::error::x")])

    log = git(remote.bare, "log", "--format=%B", BRANCH)
    assert "apply run 8123: 1 intent" in log
    assert "::" not in log
    assert log.count("[skip ci]") == log.count("nonce ") == remote.pushes()


# -- the repository it works in


def surroundings(clone):
    kept = ("HEAD", "index", "FETCH_HEAD", "ORIG_HEAD", "config")
    files = {name: (clone / ".git" / name).read_bytes() for name in kept if (clone / ".git" / name).exists()}
    refs = git(clone, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    tree = {path.name for path in clone.iterdir()}
    return files, [ref for ref in refs if "podsync-state" not in ref], tree


@pytest.mark.parametrize("kind", ["shallow", "single", "detached", "worktree"])
def test_the_work_tree_the_index_and_the_branches_stay_as_they_are(remote, kind):
    first = remote.clone()
    for number in range(3):
        (first / "a.txt").write_text(str(number))
        git(first, "add", "a.txt")
        git(first, "commit", "--quiet", "-m", str(number))
    git(first, "tag", "v1")
    git(first, "push", "--quiet", "origin", "main")
    options = {"shallow": ["--depth=1"], "single": ["--single-branch", "--no-tags"]}.get(kind, ["--quiet"])
    clone = remote.clone(*options)
    git(clone, "tag", "mine")
    if kind == "detached":
        git(clone, "checkout", "--quiet", "--detach")
    where = clone
    if kind == "worktree":
        where = remote.folder / "tree"
        git(clone, "worktree", "add", "--quiet", "-b", "side", str(where))
    before = surroundings(clone)

    apply(remote.store(clone=where), [intent("one")])
    apply(remote.store(), [made("one")])
    store = remote.store(clone=where)
    store.refresh()

    assert store.load().serial == 2
    assert surroundings(clone) == before
    assert git(remote.bare, "for-each-ref", "--format=%(refname)").split() == [
        "refs/heads/main",
        "refs/heads/podsync-state",
    ]
    shallow = git(clone, "rev-parse", "--is-shallow-repository")
    assert shallow == ("true" if kind == "shallow" else "false")


def test_a_shallow_clone_fetches_one_commit_however_long_the_history_is(remote):
    first = remote.clone()
    git(first, "commit", "--quiet", "--allow-empty", "-m", "x")
    git(first, "push", "--quiet", "origin", "HEAD:refs/heads/main")
    for number in range(2):
        apply(remote.store(), [intent(f"n{number}")])
    clone = remote.clone("--depth=1", "--single-branch")

    remote.store(clone=clone).refresh()

    assert git(clone, "rev-list", "--count", f"refs/remotes/origin/{BRANCH}") == "1"
    assert remote.pushes() > 4


def test_a_persons_settings_and_hooks_do_not_get_in_the_way(remote, tmp_path):
    script(tmp_path / "hooks" / "pre-push", "exit 1")
    config = tmp_path / "gitconfig"
    config.write_text(
        f"[core]\nhooksPath={tmp_path / 'hooks'}\nautocrlf=true\n[commit]\ngpgSign=true\n"
        "[push]\ngpgSign=true\nfollowTags=true\ndefault=nothing\n[fetch]\nprune=true\nrecurseSubmodules=true\n[color]\nui=always\n"
        "[log]\nshowSignature=true\n[user]\nuseConfigOnly=true\n[push]\npushOption=x\n[pager]\nshow=false\n"
    )
    clone = remote.clone()
    git(clone, "config", "remote.origin.mirror", "true")
    git(clone, "commit", "--quiet", "--allow-empty", "-m", "x")
    git(clone, "tag", "-a", "v1", "-m", "v1")
    environ = {**ENVIRON, "GIT_CONFIG_GLOBAL": str(config), "GIT_DIR": "/nowhere", "GIT_INDEX_FILE": "/no"}

    apply(remote.store(clone=clone, environment=environ), [intent("one"), made("one")])

    assert names(remote.load()) == ["one"]
    assert git(remote.bare, "for-each-ref", "--format=%(refname)").split() == [f"refs/heads/{BRANCH}"]


# -- without a network


def test_reading_asks_nobody_and_says_how_old_it_is(remote):
    clone, notes = remote.clone(), []
    apply(remote.store(clone=clone), [intent("one")])
    remote.bare.rename(remote.folder / "away")

    store = remote.store(notes.append, clone=clone)

    assert names(store.load()) == ["one"]
    assert "commit " in notes[0]
    assert " ago)" in notes[0]
    assert store.label.startswith("branch podsync-state at ")


def test_a_clone_that_knows_no_branch_is_refused_where_the_remote_has_one(remote):
    apply(remote.store(), [intent("one")])

    with pytest.raises(StateError) as caught:
        remote.store().load()

    assert caught.value.message == (
        "origin has a branch podsync-state with the state, and this clone does not know it"
    )
    command = caught.value.remedy.partition(";")[0]
    clone = remote.clone()
    git(clone, *command.split()[1:])
    assert names(remote.store(clone=clone).load()) == ["one"]


def test_where_nobody_has_the_branch_there_is_no_state_yet(remote):
    notes = []

    assert remote.store(notes.append).load() == State()
    assert notes == ["no origin/podsync-state is known here, so there is no state yet"]


def test_a_remote_that_cannot_be_asked_is_no_reason_to_believe_that_there_is_no_state(remote):
    clone = remote.clone()
    git(clone, "remote", "set-url", "origin", str(remote.folder / "away.git"))

    with pytest.raises(StateError, match="whether origin has a branch podsync-state with the state cannot"):
        remote.store(clone=clone).load()


def test_a_whole_clone_without_the_branch_is_believed_while_its_remote_is_away(remote):
    seed = remote.clone()
    (seed / "file").write_text("x")
    git(seed, "add", "file")
    git(seed, "commit", "--quiet", "-m", "one")
    git(seed, "push", "--quiet", "origin", "main")
    whole, single = remote.clone("--no-single-branch"), remote.clone("--single-branch")
    shallow = remote.clone("--depth=1", "--no-single-branch")
    for clone in (whole, single, shallow):
        git(clone, "remote", "set-url", "origin", str(remote.folder / "away.git"))

    assert remote.store(clone=whole).load() == State()
    for clone in (single, shallow):
        with pytest.raises(StateError, match="cannot be determined"):
            remote.store(clone=clone).load()


@pytest.mark.parametrize("checked_out", [True, False])
def test_a_branch_that_holds_code_is_no_place_for_a_state(remote, checked_out):
    seed = remote.clone()
    (seed / "podsync.state.json").write_text("{}")
    git(seed, "add", "podsync.state.json")
    git(seed, "commit", "--quiet", "-m", "one")
    git(seed, "push", "--quiet", "origin", "main", "main:other")
    if not checked_out:
        git(seed, "checkout", "--quiet", "-b", "mine")
    before = git(remote.bare, "for-each-ref")

    for branch in ("main", "other"):
        store = remote.store(clone=seed, branch=branch)
        assert f"branch {branch} holds code" in refused(store)
        with pytest.raises(StateError, match=f"branch {branch} holds code"):
            store.load()

    assert git(remote.bare, "for-each-ref") == before


def refused(store):
    with pytest.raises(StateError) as caught, store.lock("apply", 0):
        pytest.fail("it holds nothing")
    assert caught.value.remedy
    assert len(caught.value.message.splitlines()) == 1
    return caught.value.message


def test_without_git_it_is_said_so(remote, tmp_path):
    clone = remote.clone()

    store = remote.store(clone=clone, environment={**ENVIRON, "PATH": str(tmp_path / "nothing")})

    assert "git was not found" in refused(store)


def test_outside_of_a_repository_it_is_said_so(remote, tmp_path):
    (tmp_path / "plain").mkdir()

    assert "no git repository" in refused(remote.store(clone=tmp_path / "plain"))


def test_without_the_remote_it_is_said_so(remote):
    assert "there is no remote upstream" in refused(remote.store(remote="upstream"))


def test_a_remote_that_is_away_is_named_without_its_keys(remote):
    clone = remote.clone()
    git(clone, "remote", "set-url", "origin", "http://ann:hunter2@127.0.0.1:1/x.git")

    message = refused(remote.store(clone=clone))

    assert "hunter2" not in message
    assert "failed" in message


def test_a_remote_that_lets_nobody_push_is_refused_before_anything_is_sent(remote):
    refusing(remote, "GH006: Protected branch update failed")

    with pytest.raises(StateError) as caught, remote.store().lock("apply", 0):
        pytest.fail("it holds nothing")

    assert "contents: write" in caught.value.remedy
    assert remote.head() == ""


def test_a_branch_that_is_gone_is_not_a_new_project(remote):
    clone = remote.clone()
    apply(remote.store(clone=clone), [intent("one")])
    git(remote.bare, "update-ref", "-d", f"refs/heads/{BRANCH}")

    assert "is gone from origin" in refused(remote.store(clone=clone))


@pytest.mark.parametrize("how", ["whole", "shallow"])
@pytest.mark.parametrize("to", ["an older commit", "an older state anew", "another state", "the same state"])
def test_a_branch_that_was_set_back_is_told_before_what_is_known_is_forgotten(remote, how, to):
    apply(remote.store(), [intent("one")])
    old = remote.head()
    apply(remote.store(), [intent("two")])
    clone, notes, newer = remote.clone(*(["--depth=1"] if how == "shallow" else [])), [], []
    remote.store(clone=clone).refresh()
    new = remote.head()
    if to == "another state":
        git(remote.bare, "update-ref", "-d", f"refs/heads/{BRANCH}")
        apply(remote.store(), [intent("three")])
    else:
        tree = new if to == "the same state" else old
        anew = git(remote.bare, "commit-tree", f"{tree}^{{tree}}", "-m", "x")
        git(remote.bare, "update-ref", f"refs/heads/{BRANCH}", old if to == "an older commit" else anew)

    store = remote.store(notes.append, clone=clone, on_older=newer.append)
    store.refresh()

    assert store.load() == remote.load()
    told = to != "the same state"
    assert [names(state) for state in newer] == [["one", "two"]] * told
    assert ["was set back on origin" in note for note in notes] == [True] * told
    assert git(clone, "for-each-ref", "--format=%(refname)", "refs/podsync") == ""


@pytest.mark.parametrize("how", ["gap", "foreign", "edited", "no snapshot", "link", "submodule"])
def test_a_journal_that_a_person_edited_is_refused(remote, how):
    apply(remote.store(), [intent("one")])
    store = remote.store()
    with store.lock("apply", 0):
        store.append([made("one")])
        store.append([intent("two")])
        store.append([intent("three")])
    first = next(name for name in remote.names() if name.startswith("journal/"))
    clone = remote.clone()
    git(clone, "fetch", "--quiet", "origin", f"{BRANCH}:{BRANCH}")
    git(clone, "checkout", "--quiet", BRANCH)
    if how == "gap":
        git(clone, "rm", "--quiet", first)
    elif how in ("no snapshot", "link", "submodule"):
        (clone / "podsync.state.json").rename(clone / "whole.json")
        if how == "link":
            (clone / "podsync.state.json").symlink_to("whole.json")
    elif how == "edited":
        (clone / first).write_text((clone / first).read_text().replace("one", "eno"))
    else:
        (clone / "journal" / "notes.txt").write_text("x")
    git(clone, "add", "--all")
    if how == "submodule":
        git(clone, "update-index", "--add", "--cacheinfo", f"160000,{remote.head()},podsync.state.json")
    git(clone, "commit", "--quiet", "-m", "by hand")
    git(clone, "push", "--quiet", "origin", BRANCH)

    with pytest.raises(StateError) as caught:
        remote.load()

    assert "damaged" in caught.value.message
    if how in ("no snapshot", "link", "submodule"):
        assert "its files are not those of a state" in caught.value.message
