"""Whoever can write into a catalog's folder tries to have podsync believe what it keeps there for itself."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

import pytest

from podsync.apply.history import LastSend, Lost, StateHistory
from podsync.catalog.cache.record import digest_of
from podsync.catalog.cache.settings_cache import SettingsMemory
from podsync.catalog.cache.store import CatalogCache as CatalogMemory
from podsync.catalog.cache.store import provable
from podsync.catalog.cache.table import OF_FILES, OF_PRODUCTS, Table
from podsync.catalog.cache.workers import FileRecord
from podsync.catalog.loader import begin
from podsync.files.cache_file import CacheDraft
from podsync.files.seal import key_folder, own_seal
from podsync.images.cache import ImageCache as PictureCache
from podsync.images.facts import SeenImage as Picture
from podsync.images.formats import Header
from podsync.model.settings import Settings
from podsync.providers.registry import providers
from podsync.state.local.store import LocalStore
from podsync.state.model import State
from podsync.state.rate_limit_store import Levels
from podsync.state.run_history import LastSeenState, RunHistory, Sends
from tests.benchmarks import corpus

NOTHING = "No changes. The catalog matches the state."
ONE = "Plan: 0 to create, 0 to update, 1 to replace, 0 to orphan."
#: Older than this, a file may be known by what `stat` says of it.
TICK_SECONDS = 2.1


def _last(run):
    return run.out.strip().splitlines()[-1]


def _change(folder: Path) -> Path:
    path = corpus.file_of(folder, 0)
    path.write_text(path.read_text().replace("No. 0", "No. 0, changed"))
    return path


def _poison(folder: Path) -> None:
    """Change a document, and write a cache in which the new text still stands for the old product."""
    known = providers(Settings())
    with begin(folder, "catalog", known, remember_from=1) as run:
        run.finish()
    memory = CatalogMemory.beside(folder, known)
    past = memory.recall()
    assert past is not None
    columns = {name: list(past.table.column(name)) for name in (*OF_FILES, *OF_PRODUCTS)}
    changed = _change(folder)
    place = columns["paths"].index(changed.relative_to(folder).as_posix())
    columns["digests"][place] = digest_of(changed.read_bytes())
    with memory.cache.drafting() as draft:
        assert draft is not None
        memory.remember(draft, Table(columns.__getitem__), sound=True, digest=past.digest)


# -- the cache of the catalog


def test_a_poisoned_cache_in_a_fresh_clone_hides_nothing(shop, podsync, somebody_else):
    with somebody_else():
        _poison(shop)

    assert [_last(podsync("plan")) for _ in range(2)] == [ONE, ONE]


def test_the_same_attack_would_work_with_the_key(shop, podsync):
    """So the one above fails for want of the key and for nothing else."""
    _poison(shop)

    assert _last(podsync("plan")) == NOTHING


@pytest.mark.parametrize("where", ["mark", "key", "size", "digest", "section"])
def test_no_byte_of_a_cache_can_be_changed(shop, podsync, where):
    """A section is covered by the header, and all of the header by its mark."""
    podsync("plan")
    path = shop / ".podsync" / "cache" / "catalog"
    data = bytearray(path.read_bytes())
    header = data[:4096].decode()
    at = {
        "mark": 3,
        "key": header.index('"key": "') + 9,
        "size": header.index('"sizes": [') + 10,
        "digest": header.index('"digests": ["') + 14,
        "section": 4096 + 5,
    }[where]
    data[at] = ord("1") if data[at] != ord("1") else ord("2")
    path.write_bytes(data)
    known = CatalogMemory.beside(shop, providers(Settings()))

    assert known.recall() is None
    assert _last(podsync("plan")) == NOTHING


def test_a_cache_is_believed_only_where_it_was_made(shop, podsync, tmp_path):
    """A copy of one's own, of another catalog: it speaks of other files."""
    podsync("plan")
    other = tmp_path / "other"
    shutil.copytree(shop, other)
    known = providers(Settings())

    assert CatalogMemory.beside(shop, known).recall() is not None
    assert CatalogMemory.beside(other, known).recall() is None


def test_a_cache_copied_from_another_user_is_not_there(shop, podsync, somebody_else):
    with somebody_else():
        podsync("plan")
        theirs = CatalogMemory.beside(shop, providers(Settings())).recall()

    assert theirs is not None
    assert CatalogMemory.beside(shop, providers(Settings())).recall() is None


def test_an_older_cache_of_one_s_own_that_comes_back_hides_no_change(shop, podsync):
    """Signatures that `stat` gives hold the time of the last change, which nobody can set back."""
    time.sleep(TICK_SECONDS)
    podsync("plan")
    replayed = (shop / ".podsync" / "cache" / "catalog").read_bytes()
    path = corpus.file_of(shop, 0)
    before = path.stat()
    text = path.read_text()
    path.write_text(text.replace("No. 0", "No. 9"))  # as long as before, under the same inode
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    (shop / ".podsync" / "cache" / "catalog").write_bytes(replayed)

    after = path.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (
        before.st_size,
        before.st_mtime_ns,
        before.st_ino,
    )
    assert _last(podsync("plan")) == ONE
    path.write_text(text)
    (shop / ".podsync" / "cache" / "catalog").write_bytes(replayed)
    assert _last(podsync("plan")) == NOTHING


@pytest.mark.parametrize("dated", [True, False])
def test_where_an_archive_can_set_the_time_of_a_change_the_content_decides(tmp_path, dated):
    """FAT, and folders that another system shares, say what the archive says."""
    answer = FileRecord("5.1.1.7", 1, "digest", [])
    draft = CacheDraft("key", 0, "draft", 0, 10**18, dated)

    assert provable(answer, draft) == ("5.1.1.7" if dated else "")


def test_this_disk_is_asked_whether_it_keeps_the_time_of_a_change_itself(tmp_path):
    memory = CatalogMemory.beside(tmp_path, providers(Settings()))
    with memory.cache.drafting() as draft:
        assert draft is not None
        assert draft.dated == (os.name == "posix")


# -- what else is kept


def test_a_poisoned_cache_of_the_settings_lifts_no_limit(shop, podsync, somebody_else):
    text = b"version: 1\nlimits: {max_replaces: 0}\n"
    (shop / "podsync.yaml").write_bytes(text)
    lifted = {"version": 1, "limits": {"max_replaces": None}, "state": {"path": "elsewhere.json"}}
    with somebody_else():
        podsync("plan")
        SettingsMemory.beside(shop, text).remember(lifted)
    _change(shop)

    run = podsync("plan")

    assert run.code == 5
    assert "max-replaces" in run.out
    SettingsMemory.beside(shop, text).remember(lifted)  # with the key it would
    assert "elsewhere.json" in podsync("plan").out


def test_a_poisoned_outline_of_the_state_hides_no_change(shop, podsync, somebody_else):
    with somebody_else():
        _poison(shop)
        podsync("plan")  # writes an outline of the state, too
    assert (shop / ".podsync" / "cache").is_dir()

    assert _last(podsync("plan")) == ONE


@pytest.fixture
def note(tmp_path):
    return RunHistory(tmp_path / "shop" / ".podsync", "identity")


def test_a_forged_note_of_sends_cannot_say_that_they_have_ended(note, somebody_else):
    """Its times would let a listing count before it shows what was made: twins."""
    with somebody_else():
        note.end_sending("kakaclo", timeline="l", serial=7, at=1.0, date=1.0)

    assert note.read() == LastSeenState("l", 7, {"kakaclo": Sends(sending=True)})


@pytest.mark.parametrize(
    "change", [{"serial": 99}, {"timeline": "m"}, {"mark": ""}, {"mark": None}, {"mark": 5}]
)
def test_a_note_that_was_changed_can_add_caution_only(note, change):
    note.end_sending("kakaclo", timeline="l", serial=7, at=1.0, date=1.0)
    note.path.write_text(json.dumps(json.loads(note.path.read_text()) | change))

    seen = note.read()

    assert seen is not None
    assert seen.providers == {"kakaclo": Sends(sending=True)}
    assert seen.outdates(State("l", 7)) == ("mark" not in change)


def test_a_forged_note_makes_an_apply_wait_as_long_as_it_could_ever_have_to(note, somebody_else):
    """Its author wants the listing to count at once: then what it does not show yet is made twice."""
    with somebody_else():
        note.end_sending("kakaclo", timeline="l", serial=7, at=1.0, date=1.0)
    engine = StateHistory(note, LocalStore(note.path.with_name("s.json"), clock=None), None, print, None)

    assert engine.lost(State("l", 7)) is None
    assert engine.lost(State(lost=True)) == Lost({"kakaclo": LastSend(None)}, whole=True)
    note.end_sending("kakaclo", timeline="l", serial=7, at=1.0, date=1.0)  # one's own is believed
    assert engine.lost(State(lost=True)) == Lost({"kakaclo": LastSend(1.0, 1.0)}, whole=True)


def test_a_note_of_another_state_is_not_this_one_s(note, tmp_path):
    other = RunHistory(tmp_path / "shop" / ".podsync", "other")
    note.end_sending("kakaclo", timeline="l", serial=7, at=1.0, date=1.0)
    other.path.write_bytes(note.path.read_bytes())

    assert note.read().providers == {"kakaclo": Sends(sending=False, at=1.0, date=1.0)}
    assert other.read().providers == {"kakaclo": Sends(sending=True)}


def test_a_lost_state_is_noticed_without_a_key_too(note, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/none")

    assert note.end_sending("kakaclo", timeline="l", serial=7, at=1.0, date=1.0) is None
    assert note.read().outdates(State("l", 6))


def test_the_pace_of_somebody_else_is_not_believed(tmp_path, somebody_else):
    levels = Levels(tmp_path / "shop" / ".podsync", "kakaclo default", lambda: 0.0)
    with somebody_else():
        levels.write(100.0)
        assert levels.read(2) == 100.0

    assert levels.read(2) == 0.0


def test_pictures_that_somebody_else_has_seen_are_not_believed(tmp_path, somebody_else):
    cache = PictureCache(tmp_path / "shop" / ".podsync")
    seen = {"https://cdn.test/a.png": Picture(Header("picture", "PNG", 9, 9), etag='"x"')}
    with somebody_else():
        cache.write(seen)
        assert cache.read() == seen

    assert cache.read() == {}


# -- the key


def test_the_key_is_this_user_s_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    seal = own_seal(tmp_path / "shop", make=True)
    key = Path(key_folder()) / "key"

    assert seal == own_seal(tmp_path / "shop")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_bytes() == seal.key
    assert [each.name for each in key.parent.iterdir()] == ["key"]


def test_runs_that_begin_together_agree_on_one_key(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    program = (
        "from podsync.files.seal import own_seal; "
        f"print(own_seal({str(tmp_path / 'shop')!r}, make=True).key.hex())"
    )
    words = [sys.executable, "-c", program]

    runs = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    told = {run.communicate()[0].strip() for run in runs}

    # A run may have read the key that another one was just replacing; whoever comes later reads the last.
    assert own_seal(tmp_path / "shop").key.hex() in told
    assert [each.name for each in Path(key_folder()).iterdir()] == ["key"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o606])
def test_a_key_that_others_could_read_or_write_is_replaced(tmp_path, monkeypatch, mode):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    seal = own_seal(tmp_path / "shop", make=True)
    (Path(key_folder()) / "key").chmod(mode)

    assert own_seal(tmp_path / "shop") is None
    assert own_seal(tmp_path / "shop", make=True) not in (None, seal)


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 33])
def test_a_damaged_key_is_replaced(tmp_path, monkeypatch, damage):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    own_seal(tmp_path / "shop", make=True)
    (Path(key_folder()) / "key").write_bytes(damage)

    assert own_seal(tmp_path / "shop") is None
    assert own_seal(tmp_path / "shop", make=True) is not None


def test_a_folder_of_keys_that_others_may_write_into_is_no_place_for_one(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "podsync").mkdir()
    (tmp_path / "podsync").chmod(0o777)

    assert own_seal(tmp_path / "shop", make=True) is None
    assert list((tmp_path / "podsync").iterdir()) == []


@pytest.mark.parametrize("linked", ["key", "podsync"])
def test_a_link_is_no_key(tmp_path, monkeypatch, linked):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "elsewhere"))
    own_seal(tmp_path / "shop", make=True)
    home = tmp_path / "home"
    monkeypatch.setenv("XDG_STATE_HOME", str(home))
    target = tmp_path / "elsewhere" / "podsync"
    home.mkdir()
    if linked == "podsync":
        (home / "podsync").symlink_to(target)
    else:
        (home / "podsync").mkdir(mode=0o700)
        (home / "podsync" / "key").symlink_to(target / "key")

    assert own_seal(tmp_path / "shop") is None


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root may give a file away")
@pytest.mark.parametrize("given", ["key", ""])
def test_a_key_of_somebody_else_is_not_trusted(tmp_path, monkeypatch, given):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    own_seal(tmp_path / "shop", make=True)
    os.chown(Path(key_folder()) / given, 12345, 12345)

    assert own_seal(tmp_path / "shop") is None


@pytest.mark.parametrize("top", ["", "inner"])
def test_a_key_in_the_repository_came_with_it(tmp_path, monkeypatch, top):
    """Some build machines make the checkout the home folder."""
    repository = tmp_path / "repository"
    (repository / top).mkdir(parents=True)
    if top:
        (repository / ".git").mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(repository / "home"))

    assert own_seal(repository / top, make=True) is None
    assert own_seal(tmp_path / "elsewhere", make=True) is not None
    assert own_seal(repository / top) is None


@pytest.mark.parametrize("home", ["/dev/null/none", "/proc/none"])
def test_without_a_home_everything_works_and_nothing_is_kept(shop, podsync, monkeypatch, home):
    monkeypatch.setenv("XDG_STATE_HOME", home)
    monkeypatch.setenv("HOME", home)

    assert [_last(podsync("plan")) for _ in range(2)] == [NOTHING, NOTHING]
    assert not (shop / ".podsync").exists()
    assert "no key" in podsync("-v", "plan").err


def test_an_apply_says_once_that_it_could_keep_no_key(podsync, catalog, shops, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/none")

    run = podsync("apply", "--auto-approve")

    assert run.code == 0
    assert run.err.count("no key of your own can be kept in /dev/null/none/podsync") == 1
    assert podsync("plan").code == 0


# -- the folder itself


def _refused(run, words: str) -> None:
    assert run.code == 3
    assert "error[own-folder]" in run.err
    assert words in " ".join(run.err.split())


@pytest.mark.parametrize("command", [("plan",), ("validate",), ("apply",), ("state", "list"), ("sandbox",)])
def test_a_committed_link_leads_nothing_out_of_the_tree(shop, podsync, tmp_path, command):
    outside = tmp_path / "outside"
    outside.mkdir()
    (shop / ".podsync").symlink_to(outside)

    _refused(podsync(*command), ".podsync is a link")

    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    "inner",
    ["cache", "seen", "pace", "remembered", "sandbox", "sandbox/data", "sandbox/podsync.state.json"],
)
def test_a_link_further_down_leads_nothing_out_either(shop, podsync, tmp_path, inner):
    outside = tmp_path / "outside"
    outside.mkdir()
    link = shop / ".podsync" / inner
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside)

    _refused(podsync("plan", "--sandbox"), f".podsync/{inner} is a link")

    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("setting", ["index.version=2", "index.version=4", "core.splitIndex=true"])
@pytest.mark.parametrize("below", ["", "shops/one"])
def test_a_tracked_folder_is_refused_with_the_way_out(shop, podsync, git, setting, below, monkeypatch):
    git("init", "-q")
    git("config", *setting.split("="))
    where = shop / below
    if below:
        corpus.write_catalog(where, 1)
    (where / ".podsync" / "seen").mkdir(parents=True)
    (where / ".podsync" / "seen" / "x.json").write_text("{}")
    monkeypatch.chdir(where)
    assert podsync("plan").code in (0, 2)
    git("add", "-f", str(where / ".podsync" / "seen"))
    git("add", str(where / "catalog"))

    _refused(podsync("plan"), "Git tracks .podsync/seen/x.json")
    assert "git rm -r -f --cached .podsync" in podsync("validate").err
    git("-C", str(where), "rm", "-r", "-q", "-f", "--cached", ".podsync")
    assert podsync("plan").code in (0, 2)


def test_a_name_that_only_looks_like_it_is_no_reason_to_refuse(shop, podsync, git):
    (shop / "docs").mkdir()
    (shop / "docs" / ".podsync-notes.md").write_text("x")
    git("init", "-q")
    git("add", "-f", ".")
    podsync("plan")

    assert (shop / ".podsync").is_dir()
    assert podsync("plan").code == 0


def test_git_is_not_even_asked_where_the_index_names_nothing_like_it(
    shop, podsync, git, monkeypatch, tmp_path
):
    git("init", "-q")
    git("add", "catalog")
    podsync("plan")
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "git"
    fake.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    assert podsync("validate").code == 0
    assert not (tmp_path / "asked").exists()


def test_what_git_would_run_for_a_look_at_the_index_is_not_run(shop, podsync, git, tmp_path):
    """A folder with a committed bare repository of its own, and a program in its configuration."""
    git("init", "-q")
    proof = tmp_path / "ran"
    (shop / ".podsync").mkdir()
    (shop / ".podsync" / "x").write_text("x")
    git("add", "-f", ".")
    git("config", "core.fsmonitor", f"touch {proof}; false")

    _refused(podsync("plan"), "Git tracks .podsync/x")

    assert not proof.exists()


def test_init_ignores_a_link_of_that_name_too(folder, podsync, git):
    git("init", "-q")
    podsync("init")
    (folder / ".podsync").symlink_to(folder)

    assert ".podsync" not in git("status", "--porcelain", "--untracked-files=all").split()


def test_a_log_of_a_bug_goes_through_no_link(folder, tmp_path, monkeypatch):
    from podsync.cli.app.bug_report import report_bug
    from podsync.cli.app.session import Session

    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / ".podsync").symlink_to(outside)
    (folder / "podsync.yaml").write_text("version: 1\n")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert report_bug(RuntimeError("x"), Session()) == 1
    assert list(outside.iterdir()) == []
    (log,) = tmp_path.glob("bug-*.log")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.parametrize("came", ["tracked", "link", "untracked"])
def test_the_action_removes_what_came_with_the_checkout_and_nothing_else(folder, git, tmp_path, came):
    action = resources.files("podsync.cli").joinpath("github/action.yml").read_text()
    (line, _) = {each.strip(): None for each in action.splitlines() if "rm -rf .podsync" in each}
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    git("init", "-q")
    own = folder / ".podsync"
    if came == "link":
        own.symlink_to(outside)
    else:
        own.mkdir()
        (own / "x").write_text("x")
    if came == "tracked":
        git("add", "-f", ".")

    subprocess.run(["bash", "-e", "-o", "pipefail", "-c", line], cwd=folder, check=True)

    assert not os.path.lexists(own)
    assert (outside / "precious").exists()
