from __future__ import annotations

import json


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
