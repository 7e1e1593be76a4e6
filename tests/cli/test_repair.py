"""`podsync state mv`, `rm`, `settle`, `check`, `unlock`."""

from __future__ import annotations

import json

from podsync.sandbox import Fault

TEE, TOTE = "designed_product.tee", "customer_product.tote"


def entries(folder) -> dict:
    return json.loads((folder / "podsync.state.json").read_text())["entries"]


def test_mv_gives_another_address_and_says_how_to_undo_it(podsync, folder, catalog, shops):
    podsync("apply", "--auto-approve")

    moved = podsync("state", "mv", TEE, "designed_product.shirt")
    undone = podsync(*moved.err.strip().removeprefix("undo: podsync ").split())

    assert (moved.code, moved.out) == (0, f"{TEE} is designed_product.shirt now\n")
    assert undone.code == 0
    assert sorted(entries(folder)) == [TOTE, TEE]


def test_mv_refuses_what_does_not_fit(podsync, catalog, shops):
    podsync("apply", "--auto-approve")

    assert podsync("state", "mv", "designed_product.te", "designed_product.x").code == 64
    assert "nearest: designed_product.tee" in podsync("state", "mv", "designed_product.te", TEE).err
    assert podsync("state", "mv", TEE, TOTE).code == 64
    assert podsync("state", "mv", TEE, "customer_product.other").code == 64
    assert podsync("state", "mv", "tee", "other").code == 64


def test_rm_forgets_and_the_next_apply_adopts(podsync, folder, catalog, shops):
    podsync("apply", "--auto-approve")

    gone = podsync("state", "rm", TEE)
    again = podsync("apply", "--auto-approve")

    assert gone.code == 0
    assert "stays on sale until a person removes it" in gone.out
    assert "podsync.state.json.backup." in gone.err
    assert (
        again.out.splitlines()[-1]
        == "Apply complete: 1 adopted, 0 created, 0 updated, 0 replaced, 0 orphaned."
    )
    assert len(shops.products("kakaclo")) == 1


def doubtful(podsync, shops, *, commit: bool) -> None:
    """Leave the tee in doubt."""
    shops.add_faults(Fault("kakaclo", "create", "fin", commit=commit))
    if commit:
        shops.set_rules(kakaclo_lag=3600)
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8


def test_rm_refuses_what_is_in_doubt(podsync, folder, catalog, shops):
    doubtful(podsync, shops, commit=True)

    run = podsync("state", "rm", TEE)

    assert run.code == 5
    assert f"podsync state settle {TEE}" in run.err
    assert entries(folder)[TEE]["status"] == "in_doubt"


def test_settle_adopts_what_a_person_found(podsync, folder, catalog, shops):
    doubtful(podsync, shops, commit=True)
    identity = str(shops.products("kakaclo")[0]["id"])

    settled = podsync("state", "settle", TEE, "--adopt", identity)
    shops.set_rules(kakaclo_lag=0)
    again = podsync("apply", "--auto-approve")

    assert settled.code == again.code == 0
    assert entries(folder)[TEE]["id"] == identity
    assert len(shops.products("kakaclo")) == 1


def test_settle_believes_that_nothing_was_created(podsync, folder, catalog, shops):
    doubtful(podsync, shops, commit=False)

    settled = podsync("state", "settle", TEE, "--not-created")
    again = podsync("apply", "--auto-approve")

    assert settled.code == again.code == 0
    assert len(shops.products("kakaclo")) == 1


def test_settle_in_bulk_from_a_file(podsync, folder, catalog, shops):
    doubtful(podsync, shops, commit=False)
    (folder / "answers.txt").write_text(f"# looked at the shop\n\n{TEE} not-created\n")

    run = podsync("state", "settle", "--from", "answers.txt")

    assert (run.code, run.out) == (0, f"{TEE}: nothing was made\n")
    assert TEE not in entries(folder)


def test_settle_refuses_an_owned_id_and_what_is_not_in_doubt(podsync, folder, catalog, shops):
    podsync("apply", "--auto-approve")
    owned = entries(folder)[TEE]["id"]
    (catalog / "other.yaml").write_text(
        (catalog / "tee.yaml").read_text().replace("tee", "other").replace("Tee", "Hat")
    )
    shops.add_faults(Fault("kakaclo", "create", "fin", commit=False))
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8

    taken = podsync("state", "settle", "designed_product.other", "--adopt", owned)
    sure = podsync("state", "settle", TEE, "--not-created")

    assert (taken.code, sure.code) == (64, 64)
    assert f"{owned} belongs to {TEE} already" in taken.err
    assert f"{TEE} is not in doubt" in sure.err


def test_settle_wants_one_answer(podsync, catalog, shops):
    for words in ([], [TEE], [TEE, "--adopt", "1", "--not-created"], ["--from", "f", TEE], ["--adopt", "1"]):
        assert podsync("state", "settle", *words).code == 64


def test_check_reads_the_state_whole(podsync, folder, catalog, shops):
    podsync("apply", "--auto-approve")

    good = podsync("state", "check")
    state = folder / "podsync.state.json"
    state.write_bytes(state.read_bytes()[:-20])
    bad = podsync("state", "check")

    assert good.code == 0
    assert "2 entries, 0 orphans, 0 in doubt, 0 without an id yet" in good.out
    assert bad.code == 1


def test_unlock_of_a_free_state(podsync, catalog, shops):
    podsync("apply", "--auto-approve")

    free = podsync("state", "unlock")
    foreign = podsync("state", "unlock", "0123")

    assert (free.code, free.out) == (0, "Nobody holds the state; there is nothing to unlock.\n")
    assert foreign.code == 64


def test_a_command_that_changes_nothing_leaves_the_state_alone(podsync, folder, catalog, shops):
    podsync("apply", "--auto-approve")
    before = (folder / "podsync.state.json").read_bytes()

    for words in (["mv", "designed_product.no", TEE], ["rm", "designed_product.no"], ["check"], ["unlock"]):
        podsync("state", *words)

    assert (folder / "podsync.state.json").read_bytes() == before


def test_rm_lets_the_next_apply_look_for_what_the_listing_does_not_show_yet(podsync, folder, catalog, shops):
    """Otherwise it would be made twice."""
    podsync("apply", "--auto-approve")
    known = json.loads(next((folder / ".podsync" / "seen").glob("*.json")).read_text())["providers"]

    podsync("state", "rm", TOTE)

    (seen,) = (folder / ".podsync" / "seen").glob("*.json")
    told = json.loads(seen.read_text())["providers"]
    assert [each["behind"] for each in known.values()] == [False, False]
    assert {name: each["behind"] for name, each in told.items()} == {"gelato": True, "kakaclo": False}


def test_settle_an_update_in_doubt(podsync, folder, catalog, shops):
    podsync("apply", "--auto-approve")
    identity = entries(folder)[TOTE]["id"]
    document = catalog / "tote.yaml"
    old = entries(folder)[TOTE]["spec"]["name"]
    text = document.read_text().replace(f"name: {old}", "name: Renamed")
    document.write_text(text.replace("spec:", f'renamed_from: "{old}"\nspec:', 1))
    shops.add_faults(Fault("gelato", "update", "fin"))
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8

    other = podsync("state", "settle", TOTE, "--adopt", "another")
    settled = podsync("state", "settle", TOTE, "--adopt", identity)

    assert (other.code, settled.code) == (64, 0)
    assert f"--adopt {identity} says that it took effect" in other.err
    assert settled.out == f"{TOTE}: it was changed\n"
    assert entries(folder)[TOTE]["spec"]["name"] == "Renamed"
