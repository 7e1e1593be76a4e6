"""Two catalogs and one state: each would leave behind what the other made. A state knows its catalog."""

from __future__ import annotations

import json
import os

import pytest

from tests.cli.conftest import folder, podsync, shops
from tests.postgres.conftest import place, places, server
from tests.security.git_traps import NOBODY, SHARED, Ground, tee

__all__ = ["folder", "place", "places", "podsync", "server", "shops"]

BACKENDS = {"git": "state: {backend: git}\n", "local": "state: {path: ../shared.json}\n"}


@pytest.fixture(params=BACKENDS)
def ground(request, folder, shops, monkeypatch, podsync):
    """A repository with two catalogs, the first of which was applied."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in NOBODY.items():
        monkeypatch.setenv(name, value)
    ground = Ground(folder, os.environ)
    for name in ("one", "two"):
        ground.write(f"{name}/podsync.yaml", "version: 1\n" + BACKENDS[request.param])
        ground.write(f"{name}/catalog/{name}.yaml", tee(name))
    ground.commit("two catalogs")
    run = podsync("-C", "one", "apply", "--auto-approve")
    assert run.code == 0, run.err
    return ground


def state(ground, podsync, name):
    run = podsync("-C", name, "state", "pull")
    assert run.code == 0, run.err
    return json.loads(run.out)


def test_the_folder_is_kept_in_the_state(ground, podsync):
    assert state(ground, podsync, "one")["catalog"] == "one/catalog"


def test_another_catalog_is_refused(ground, podsync, shops):
    before, refs = len(shops.requests), ground.refs()

    for words in (
        ("plan",),
        ("apply", "--auto-approve"),
        ("apply", "--auto-approve", "--allow", "orphans=9"),
        ("state", "rm", "designed_product.one"),
        ("state", "mv", "designed_product.one", "designed_product.three"),
    ):
        run = podsync("-C", "two", *words)

        assert (run.code, run.out) == (1, "")
        assert "is the state of the catalog in one/catalog, and this catalog is in two/catalog" in run.err
        assert "state.branch" in run.err
    assert len(shops.requests) == before
    assert "No changes." in podsync("-C", "one", "plan").out
    assert ground.refs() == refs


def test_a_state_of_its_own_is_the_way_out(ground, podsync):
    ground.write("two/podsync.yaml", "version: 1\nstate: {backend: git, branch: podsync-state-two}\n")

    assert "1 created" in podsync("-C", "two", "apply", "--auto-approve", "--first-contact").out
    assert state(ground, podsync, "two")["catalog"] == "two/catalog"


@pytest.mark.parametrize("former", ["one/catalog", "./one/catalog/", "else, one/catalog"])
def test_a_folder_that_was_moved_says_so_in_the_settings(ground, podsync, former):
    settings = ground.work / "one" / "podsync.yaml"
    ground.git("mv", "one", "shop")
    settings = ground.work / "shop" / "podsync.yaml"

    assert podsync("-C", "shop", "plan").code == 1

    settings.write_text(settings.read_text() + f"moved: [{former}]\n")
    assert "No changes." in podsync("-C", "shop", "plan").out
    ground.write("shop/catalog/new.yaml", tee("new"))
    assert "1 created" in podsync("-C", "shop", "apply", "--auto-approve").out
    assert state(ground, podsync, "shop")["catalog"] == "shop/catalog"

    ground.write("one/podsync.yaml", settings.read_text().partition("moved")[0])
    ground.write("one/catalog/one.yaml", tee("one"))
    assert podsync("-C", "one", "plan").code == 1


def test_the_printed_setting_is_the_right_one(ground, podsync):
    printed = podsync("-C", "two", "plan").err.split("folder was moved: ")[1].partition(" in podsync.yaml")[0]
    settings = ground.work / "two" / "podsync.yaml"
    settings.write_text(f"{settings.read_text()}{printed}\n")

    run = podsync("-C", "two", "plan")

    assert (run.code, "1 to orphan" in run.out) == (0, True)


def test_the_folder_is_the_catalog_s_and_not_the_settings(ground, podsync, monkeypatch):
    """From wherever it is run, and by whatever way the folder is reached."""
    (ground.work / "link").symlink_to("one", target_is_directory=True)
    settings = (ground.work / "one" / "podsync.yaml").read_text().replace("../", "")
    ground.write("podsync.yaml", settings + "catalog: one/catalog\n")

    assert "No changes." in podsync("plan").out
    assert "No changes." in podsync("-C", "link", "plan").out


def test_the_sandbox_is_play(ground, podsync):
    assert podsync("-C", "two", "apply", "--auto-approve", "--sandbox").code == 0


def test_outside_of_a_repository_nobody_can_tell(ground, podsync, monkeypatch):
    plain = ground.around / "plain"
    ground.write("plain/podsync.yaml", SHARED.replace("{backend: git}", "{path: s.json}"), root=ground.around)
    ground.write("plain/catalog/x.yaml", tee("x"), root=ground.around)
    monkeypatch.chdir(plain)

    assert podsync("apply", "--auto-approve", "--first-contact").code == 0
    assert "catalog" not in json.loads((plain / "s.json").read_text())


# -- two repositories


PLACES = {
    "postgres": "state: {backend: postgres, schema: SCHEMA}\n",
    "git": "state: {backend: git, remote: states}\n",
    "local": "state: {path: ../shared.json}\n",
}


@pytest.fixture(params=PLACES)
def shared(request, folder, shops, monkeypatch, podsync):
    """A state that several repositories can reach; the first of them has applied a catalog."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in NOBODY.items():
        monkeypatch.setenv(name, value)
    place = PLACES[request.param]
    if request.param == "postgres":
        place = place.replace("SCHEMA", request.getfixturevalue("place").name)
        monkeypatch.setenv("PODSYNC_POSTGRES_URL", request.getfixturevalue("server").url())
    ground = Ground(folder, os.environ)
    states = ground.around / "states.git"
    ground.git("init", "--quiet", "--bare", str(states))
    ground.git("remote", "add", "states", f"file://{states}")
    ground.write("../podsync.yaml", f"version: 1\n{place}")
    monkeypatch.setenv("PODSYNC_CONFIG", "../podsync.yaml")
    run = podsync("apply", "--auto-approve")
    assert run.code == 0, run.err
    return ground


def repository(ground, name):
    """Begin another repository with a catalog in a folder of the same name, and go there."""
    other = Ground.__new__(Ground)
    vars(other).update(vars(ground))
    other.work, other.bare = ground.around / name, ground.around / f"{name}.git"
    other.git("init", "--quiet", "--bare", "--initial-branch=main", str(other.bare), cwd=ground.around)
    other.git("init", "--quiet", "--initial-branch=main", str(other.work), cwd=ground.around)
    other.git("remote", "add", "origin", f"file://{other.bare}")
    other.git("remote", "add", "states", f"file://{ground.around / 'states.git'}")
    other.write("catalog/other.yaml", tee("other"))
    other.commit(name)
    other.tried("fetch", "--quiet", "states")
    return other


def first_commit(ground):
    return ground.git("rev-list", "--max-parents=0", "HEAD")


def test_the_repository_is_kept_in_a_state_that_others_can_reach(shared, podsync):
    assert json.loads(podsync("state", "pull").out)["catalog"] == f"catalog in {first_commit(shared)}"


def test_another_repository_is_refused(shared, podsync, shops, monkeypatch):
    other = repository(shared, "other")
    monkeypatch.chdir(other.work)
    before = len(shops.requests)

    for words in (
        ("plan",),
        ("apply", "--auto-approve"),
        ("apply", "--auto-approve", "--older-catalog", "--allow", "orphans=9"),
        ("state", "rm", "designed_product.tee"),
    ):
        run = podsync(*words)

        assert (run.code, run.out) == (1, ""), words
        assert f"is the state of the catalog in catalog in {first_commit(shared)}" in run.err
        assert f"this catalog is in catalog in {first_commit(other)}" in run.err
    assert len(shops.requests) == before


def test_every_clone_of_it_is_that_repository(shared, podsync, monkeypatch):
    """By whatever address, on whatever branch, after a merge of another history."""
    clone = shared.clone()
    shared.git("remote", "set-url", "origin", "ssh://elsewhere.example/x", cwd=clone)
    shared.git("remote", "add", "states", f"file://{shared.around / 'states.git'}", cwd=clone)
    shared.git("fetch", "--quiet", "states", cwd=clone)
    shared.git("checkout", "--quiet", "--orphan", "older", cwd=clone)
    shared.git("commit", "--quiet", "--message", "first", "--date", "2001-01-01T00:00:00Z", cwd=clone)
    shared.git("merge", "--quiet", "--allow-unrelated-histories", "--no-edit", "main", cwd=clone)
    monkeypatch.chdir(clone)

    assert "No changes." in podsync("plan").out
    shared.write("catalog/new.yaml", tee("new"), root=clone)
    assert "1 created" in podsync("apply", "--auto-approve").out
    monkeypatch.chdir(shared.work)
    shared.tried("fetch", "--quiet", "states")
    run = podsync("plan")
    assert (run.code, "1 to orphan" in run.out) == (0, True), run.err


def test_a_shallow_clone_cannot_tell_and_says_so(shared, podsync, monkeypatch):
    shared.write("README.md", "x")
    shared.commit("two")
    clone = shared.clone("--depth=1")
    shared.git("remote", "add", "states", f"file://{shared.around / 'states.git'}", cwd=clone)
    shared.git("fetch", "--quiet", "states", cwd=clone)
    monkeypatch.chdir(clone)

    run = podsync("plan")

    assert (run.code, run.out) == (1, "")
    assert "whether that is this repository cannot be determined: this clone is shallow" in run.err
    assert "git fetch --unshallow" in run.err
    shared.git("fetch", "--quiet", "--unshallow", cwd=clone)
    assert "No changes." in podsync("plan").out


def test_a_history_that_was_written_anew_says_so_in_the_settings(shared, podsync, monkeypatch):
    other = repository(shared, "anew")
    monkeypatch.chdir(other.work)
    printed = podsync("plan").err.split("folder was moved: ")[1].partition(" in podsync.yaml")[0]
    settings = shared.around / "podsync.yaml"
    settings.write_text(f"{settings.read_text()}{printed}\n")

    other.write("catalog/tee.yaml", tee("tee"))
    run = podsync("apply", "--auto-approve", "--older-catalog", "--first-contact")
    assert "1 created" in run.out, run.err
    assert json.loads(podsync("state", "pull").out)["catalog"] == f"catalog in {first_commit(other)}"
    monkeypatch.chdir(shared.work)
    shared.tried("fetch", "--quiet", "states")
    assert podsync("plan").code == 1


def test_a_state_of_an_older_version_learns_its_repository(shared, podsync, tmp_path):
    old = json.loads(podsync("state", "pull").out) | {"catalog": "catalog"}
    (shared.around / "old.json").write_text(json.dumps(old))
    assert podsync("state", "push", "--force", "../old.json").code == 0

    assert "No changes." in podsync("plan").out
    shared.write("catalog/new.yaml", tee("new"))
    assert "1 created" in podsync("apply", "--auto-approve").out
    assert json.loads(podsync("state", "pull").out)["catalog"] == f"catalog in {first_commit(shared)}"
