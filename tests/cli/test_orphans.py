"""`podsync state orphans`: those that a person has removed leave the list, and only those."""

from __future__ import annotations

import json

import pytest

from podsync.sandbox import Fault
from tests.cli.conftest import TEE as DOCUMENT

TEE = "designed_product.tee"
#: So that nothing has to be waited for: two looks are apart as soon as they are two.
AT_ONCE = "version: 1\nproviders:\n  kakaclo: {settle_seconds: 0}\n  gelato: {settle_seconds: 0}\n"


@pytest.fixture
def orphaned(podsync, catalog, shops, folder):
    """Three products made, and one tee's document gone; returns its id."""
    (catalog / "other.yaml").write_text(DOCUMENT.replace("tee", "other").replace("Test Tee", "Other"))
    (folder / "podsync.yaml").write_text(AT_ONCE)
    assert podsync("apply", "--auto-approve").code == 0
    (catalog / "tee.yaml").unlink()
    assert podsync("apply", "--auto-approve").code == 0
    return state(folder)["orphans"][0]["id"]


def state(folder) -> dict:
    return json.loads((folder / "podsync.state.json").read_text())


def test_what_is_listed_stays(podsync, folder, shops, orphaned):
    before = state(folder)
    run = podsync("state", "orphans", "--check")

    assert run.code == 0
    assert "KakaClo: 1 orphan still listed" in run.err
    assert TEE in run.out
    assert state(folder) == before


def test_what_two_whole_readings_do_not_show_leaves_the_list(podsync, folder, shops, orphaned):
    shops.delete("kakaclo", orphaned)
    first = podsync("state", "orphans", "--check", "--no-wait")
    after_one = state(folder)
    second = podsync("state", "orphans", "--check", "--no-wait")

    assert (first.code, second.code) == (0, 0)
    assert "1 orphan not listed any more. A listing may lag" in first.err
    assert "undo" not in first.err
    assert len(after_one["orphans"]) == 1
    assert second.out == "Nothing to remove by hand.\n"
    assert f"{TEE}: KakaClo SPU " in second.err
    assert "undo: " in second.err
    assert state(folder)["absent"]["kakaclo"][orphaned]["gone"] is True


def test_it_waits_for_the_second_look(podsync, folder, shops, orphaned):
    (folder / "podsync.yaml").write_text(
        AT_ONCE.replace("kakaclo: {settle_seconds: 0}", "kakaclo: {settle_seconds: 1}")
    )
    shops.delete("kakaclo", orphaned)
    run = podsync("state", "orphans", "--check")

    assert run.out == "Nothing to remove by hand.\n"
    assert state(folder)["orphans"] == []


def test_what_comes_back_between_two_looks_stays(podsync, folder, shops, orphaned):
    shops.set_rules(kakaclo_lag=3600)  # the listing shows nothing that is younger
    shops.delete("kakaclo", orphaned)
    podsync("state", "orphans", "--check", "--no-wait")

    assert len(state(folder)["orphans"]) == 1


def test_an_account_that_shows_nothing_of_ours_proves_nothing(podsync, folder, shops, orphaned):
    for product in shops.products("kakaclo"):
        shops.delete("kakaclo", product["id"])
    before = state(folder)
    run = podsync("state", "orphans", "--check")

    assert run.code == 9
    assert "is it another account's key?" in run.err
    assert state(folder) == before


def test_a_listing_that_cannot_be_read_is_no_proof(podsync, folder, shops, orphaned):
    shops.delete("kakaclo", orphaned)
    shops.add_faults(*[Fault("kakaclo", "list", "garbage")] * 50)
    run = podsync("state", "orphans", "--check", "--no-wait")

    assert run.code == 1
    assert len(state(folder)["orphans"]) == 1


def test_without_its_key_nothing_is_asked(podsync, folder, shops, orphaned, monkeypatch):
    monkeypatch.delenv("KAKACLO_ACCESS_TOKEN")

    assert podsync("state", "orphans", "--check").code == 9


def test_a_person_says_that_it_was_removed(podsync, folder, shops, orphaned, monkeypatch):
    monkeypatch.delenv("KAKACLO_ACCESS_TOKEN")
    run = podsync("state", "orphans", "--done", TEE)
    undo = run.err.strip().rpartition("undo: ")[2]

    assert (run.code, run.out) == (0, "Nothing to remove by hand.\n")
    assert "removed by hand" in run.err
    assert "backup" in undo
    assert state(folder)["absent"]["kakaclo"][orphaned]["gone"] is True


def test_what_is_no_orphan_is_refused(podsync, folder, shops, orphaned):
    before = state(folder)
    run = podsync("state", "orphans", "--done", "customer_product.tote")

    assert run.code == 64
    assert "no orphan is called customer_product.tote" in run.err
    assert state(folder) == before


def test_of_several_at_one_address_the_id_says_which(podsync, folder, catalog, shops, orphaned):
    for name in ("Second", "Third"):
        (catalog / "tee.yaml").write_text(DOCUMENT.replace("Test Tee", name).replace("front", name))
        assert podsync("apply", "--auto-approve").code == 0
    first, second = state(folder)["orphans"]
    run = podsync("state", "orphans", "--done", TEE)
    told = podsync("state", "orphans", "--done", second["remote"]["product"]["spu"])

    assert run.code == 64
    assert "2 orphans" in run.err
    assert first["remote"]["product"]["spu"] in run.err
    assert told.code == 0
    assert [each["id"] for each in state(folder)["orphans"]] == [first["id"]]


@pytest.mark.parametrize("words", [("--no-wait",), ("--check", "--done", TEE)])
def test_what_does_not_go_together_is_refused(podsync, catalog, words):
    assert podsync("state", "orphans", *words).code == 64


def test_json_alone_is_on_stdout(podsync, shops, orphaned):
    shops.delete("kakaclo", orphaned)
    run = podsync("state", "orphans", "--check", "--no-wait", "-o", "json")

    assert len(json.loads(run.out)["orphans"]) == 1


def test_it_is_said_first_that_it_is_play(podsync, catalog):
    podsync("apply", "--sandbox", "--auto-approve")
    (catalog / "tee.yaml").unlink()
    podsync("apply", "--sandbox", "--auto-approve")

    said = podsync("state", "orphans", "--check", "--no-wait", "--sandbox").err.splitlines()

    assert said[0].startswith("SANDBOX")
    assert said[1:] == ["KakaClo: 1 orphan still listed"]
