"""Two catalogs and one state: each would leave behind what the other made. A state knows its catalog."""

from __future__ import annotations

import json
import os

import pytest

from tests.cli.conftest import folder, podsync, shops
from tests.security.git_traps import NOBODY, SHARED, Ground, tee

__all__ = ["folder", "podsync", "shops"]

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
    assert words[0] == "state" or ground.refs() == refs


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
