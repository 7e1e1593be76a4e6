from __future__ import annotations

import json
import shutil

import pytest


def test_an_empty_state(podsync, catalog):
    assert podsync("state", "list").out == "No products in the state.\n"
    assert podsync("state", "orphans").out == "Nothing to remove by hand.\n"


def test_what_was_made_is_listed_and_shown(podsync, play):
    podsync("apply", "--auto-approve")

    listed = podsync("state", "list")
    shown = podsync("state", "show", "designed_product.tee")

    assert listed.code == shown.code == 0
    assert "designed_product.tee" in listed.out
    assert "Test Tee" in shown.out


def test_json(podsync, play):
    podsync("apply", "--auto-approve")

    listed = json.loads(podsync("state", "list", "-o", "json").out)
    shown = json.loads(podsync("state", "show", "customer_product.tote", "-o", "json").out)

    addresses = [entry["address"] for entry in listed["entries"]]
    assert addresses == ["customer_product.tote", "designed_product.tee"]
    assert "customer_product.tote" in json.dumps(shown)


def test_orphans_are_told_with_what_a_person_has_to_do(podsync, play):
    podsync("apply", "--auto-approve")
    (play / "tee.yaml").unlink()
    assert podsync("apply", "--auto-approve").code == 0

    run = podsync("state", "orphans")

    assert "To remove by hand (1)" in run.out
    assert "designed_product.tee" in run.out
    assert len(json.loads(podsync("state", "orphans", "-o", "json").out)["orphans"]) == 1
    assert podsync("state", "show", "designed_product.tee").code == 0


def test_the_sandbox_is_another_state(podsync, catalog):
    podsync("apply", "--sandbox", "--auto-approve")

    assert "designed_product.tee" in podsync("state", "list", "--sandbox").out
    assert podsync("state", "list").out == "No products in the state.\n"


@pytest.fixture
def set_back(podsync, folder, catalog, shops):
    """The state knows the tote only; this folder has known it with the tee."""
    tee = (catalog / "tee.yaml").rename(folder / "tee.yaml")
    assert podsync("apply", "--auto-approve").code == 0
    before = (folder / "podsync.state.json").read_bytes()
    tee.rename(catalog / "tee.yaml")
    assert podsync("apply", "--auto-approve").code == 0
    newer = json.loads((folder / "podsync.state.json").read_bytes())["serial"]
    (folder / "podsync.state.json").write_bytes(before)
    return newer, json.loads(before)["serial"]


@pytest.mark.parametrize("command", ["list", "show customer_product.tote", "orphans", "pull", "check"])
def test_what_is_shown_of_a_state_that_was_set_back_says_so(podsync, folder, set_back, command):
    newer, serial = set_back

    run = podsync("state", *command.split())

    assert run.code == 0
    assert run.err.splitlines()[-1] == (
        f"note: this folder has known a newer state (serial {newer}; this one has {serial}): "
        "what this one lacks is taken over with the next change"
    )
    assert "designed_product.tee" not in run.out


@pytest.mark.parametrize(
    "command",
    ["plan", "plan -o json", "plan --refresh", "apply --auto-approve", "drift", "state mv {0} {0}-2"],
)
def test_who_works_with_a_state_that_was_set_back_says_so_once(podsync, set_back, command):
    run = podsync(*command.format("customer_product.tote").split())

    assert run.err.count("note: this folder has known a newer state") == 1, run.err
    assert run.code == 0


def test_a_state_that_is_older_than_this_folder_has_known_is_pushed_only_by_force(podsync, folder, set_back):
    for name in ("podsync.state.json", "podsync.state.json.journal"):
        (folder / name).rename(folder / f"old-{name}")

    refused = podsync("state", "push", "old-podsync.state.json")
    assert refused.code == 1
    assert (
        f"the file lacks what this folder has known: serial {set_back[0]}, the file has {set_back[1]}"
        in refused.err
    )
    assert not (folder / "podsync.state.json").exists()
    assert podsync("state", "push", "--force", "old-podsync.state.json").code == 0
    assert "1 adopted" in podsync("apply", "--auto-approve").out


def test_a_state_that_lacks_nothing_is_shown_without_a_word(podsync, catalog, shops):
    assert podsync("apply", "--auto-approve").code == 0

    assert podsync("state", "list").err == ""


def test_of_a_lost_state_the_newer_one_is_named(podsync, folder, set_back):
    (folder / "podsync.state.json").unlink()
    (folder / "podsync.state.json.journal").unlink()

    run = podsync("state", "list")

    assert f"note: this folder has known a newer state (serial {set_back[0]}; this one is empty): " in run.err


def test_migrate_takes_along_what_a_state_that_was_set_back_lacks_and_says_so(podsync, folder, set_back):
    run = podsync("state", "migrate", "--to", "local", "--path", "place.json")

    assert run.code == 0, run.err
    assert (
        f"note: this folder has known a newer state (serial {set_back[0]}; this one has {set_back[1]}): "
        in (run.err)
    )
    (folder / "podsync.yaml").write_text("state: {path: place.json}\n", encoding="utf-8")
    shutil.rmtree(folder / ".podsync")
    shown = podsync("state", "show", "designed_product.tee")
    assert (shown.code, shown.err) == (0, "")
    assert "1 adopted" in podsync("apply", "--auto-approve").out


def test_a_link_into_podsyncs_own_folder_is_no_place_of_a_state(podsync, folder, catalog):
    (folder / ".podsync").mkdir()
    (folder / "kept").symlink_to(".podsync")
    (folder / "podsync.yaml").write_text("state: {path: kept/state.json}\n", encoding="utf-8")

    run = podsync("plan")

    assert run.code == 3
    assert "state.path: kept/state.json leads into .podsync, a cache that anybody may delete" in run.err
