"""`podsync state mv`, `rm`, `settle`, `check`, `unlock`."""

from __future__ import annotations

import json

from podsync.sandbox import Fault
from podsync.state.formats.times import time_from_text, time_to_text

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


def edit(folder, change) -> None:
    """Change the state file as an editor does."""
    path = folder / "podsync.state.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def age(folder, seconds: float = 3600) -> None:
    """Let so much time have gone by since the requests in doubt, and those whose products are not listed."""

    def older(document: dict) -> None:
        for entry in document["entries"].values():
            for part in filter(None, (entry["pending"], entry.get("window"))):
                for key in {"written_at", "send_before", "ended_at", "since", "until"} & part.keys():
                    part[key] = time_to_text(time_from_text(part[key]) - seconds)

    edit(folder, older)


def settled_at(folder) -> str:
    """When the doubt about the tee is settled: `timeout_seconds` and `settle_seconds` after its request."""
    ended = entries(folder)[TEE]["pending"]["ended_at"]
    return time_to_text(time_from_text(ended) + 30 + 600)


def test_rm_refuses_what_is_in_doubt_and_says_from_when_on_it_may_be_called_not_created(
    podsync, folder, catalog, shops
):
    doubtful(podsync, shops, commit=True)

    run = podsync("state", "rm", TEE)

    assert run.code == 5
    assert f"a) it was made: podsync state settle {TEE} --adopt ID\n" in run.err
    assert (
        f"b) that it was not can be said from {settled_at(folder)} on; until then: podsync apply" in run.err
    )
    assert entries(folder)[TEE]["status"] == "in_doubt"

    age(folder)
    later = podsync("state", "rm", TEE)

    assert later.code == 5
    assert f"b) it was not: podsync state settle {TEE} --not-created" in later.err


def test_settle_adopts_what_a_person_found(podsync, folder, catalog, shops):
    doubtful(podsync, shops, commit=True)
    identity = str(shops.products("kakaclo")[0]["id"])
    shops.set_rules(kakaclo_lag=0)

    settled = podsync("state", "settle", TEE, "--adopt", identity)
    again = podsync("apply", "--auto-approve")

    assert settled.code == again.code == 0
    assert entries(folder)[TEE]["id"] == identity
    assert len(shops.products("kakaclo")) == 1


def test_settle_believes_that_nothing_was_created(podsync, folder, catalog, shops):
    doubtful(podsync, shops, commit=False)
    age(folder)

    settled = podsync("state", "settle", TEE, "--not-created")
    again = podsync("apply", "--auto-approve")

    assert settled.code == again.code == 0
    assert len(shops.products("kakaclo")) == 1


def test_settle_believes_nothing_of_the_kind_while_it_may_still_show_up(podsync, folder, catalog, shops):
    doubtful(podsync, shops, commit=True)
    before = (folder / "podsync.state.json").read_bytes()

    run = podsync("state", "settle", TEE, "--not-created")

    assert run.code == 5
    assert f"can be said from {settled_at(folder)} on" in run.err
    assert (folder / "podsync.state.json").read_bytes() == before


def absent(document: dict) -> None:
    """Nothing that is known at Gelato was listed."""
    known = document["entries"][TOTE]["id"]
    document["absent"] = {
        "gelato": {known: {"at": "2026-01-02T03:04:05Z", "questioned": "2026-01-02T03:04:05Z"}}
    }


def test_neither_rm_nor_not_created_while_the_account_is_in_question(podsync, folder, catalog, shops):
    podsync("apply", "--auto-approve")
    document = catalog / "tote.yaml"
    (catalog / "bag.yaml").write_text(document.read_text().replace("tote", "bag").replace("Tote", "Bag"))
    shops.add_faults(Fault("gelato", "create", "fin", commit=False))
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8
    age(folder)
    edit(folder, absent)

    runs = [
        podsync("state", "rm", TOTE),
        podsync("state", "settle", "customer_product.bag", "--not-created"),
        podsync("state", "rm", "customer_product.bag"),
    ]

    assert [run.code for run in runs] == [5, 5, 5]
    for run in runs[:2]:
        assert "listed none of the known products" in run.err
        assert "podsync state check --emptied gelato" in run.err
    assert "--not-created" not in runs[2].err
    assert podsync("state", "rm", TEE).code == 0


def test_settle_in_bulk_from_a_file(podsync, folder, catalog, shops):
    doubtful(podsync, shops, commit=False)
    age(folder)
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


# -- check --emptied


def test_an_account_that_was_emptied_by_hand_is_begun_anew(podsync, folder, catalog, shops):
    podsync("apply", "--auto-approve")
    known = entries(folder)[TOTE]["id"]

    run = podsync("state", "check", "--emptied", "gelato", "--yes-entries", "1")

    assert (run.code, run.out) == (0, "Gelato: 1 entry let go\n")
    assert "undo: the state as it was before is" in run.err
    assert list(entries(folder)) == [TEE]
    state = json.loads((folder / "podsync.state.json").read_text())
    assert state["absent"]["gelato"][known]["gone"] is True
    assert "1 to create" in podsync("plan").out


def test_a_wrong_number_empties_nothing(podsync, folder, catalog, shops):
    podsync("apply", "--auto-approve")
    before = (folder / "podsync.state.json").read_bytes()

    runs = [
        podsync("state", "check", "--emptied", "gelato", "--yes-entries", "2"),
        podsync("state", "check", "--emptied", "gelatto", "--yes-entries", "1"),
        podsync("state", "check", "--yes-entries", "1"),
        podsync("state", "check", "--emptied", "gelatto"),
        podsync("state", "check", "--emptied", "gelato"),
    ]

    assert [run.code for run in runs] == [64] * 5
    assert "the number of entries that the state has at gelato is 1, not 2" in runs[0].err
    assert "--emptied takes one of: kakaclo, gelato" in runs[3].err
    assert "podsync state check --emptied gelato --yes-entries 1" in runs[4].err
    assert (folder / "podsync.state.json").read_bytes() == before


def test_what_is_in_doubt_stays_when_its_account_was_emptied(podsync, folder, catalog, shops):
    doubtful(podsync, shops, commit=True)

    run = podsync("state", "check", "--emptied", "kakaclo", "--yes-entries", "1")

    assert run.out == "KakaClo: 0 entries let go; 1 entry without a known id stays\n"
    assert entries(folder)[TEE]["status"] == "in_doubt"


def test_a_person_types_the_number_of_entries(podsync, terminal, folder, catalog, shops):
    podsync("apply", "--auto-approve")

    no = terminal("state", "check", "--emptied", "gelato", answer=b"yes\nno\n")
    yes = terminal("state", "check", "--emptied", "gelato", answer=b"yes\n1\n")

    assert no.code == 1
    assert "Cancelled. Nothing was changed." in no.out
    assert "is it the right account" in no.out
    assert yes.code == 0
    assert list(entries(folder)) == [TEE]
