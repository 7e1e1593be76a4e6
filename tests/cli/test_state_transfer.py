"""`podsync state pull`, `push`, `migrate`."""

from __future__ import annotations

import json

import pytest

from podsync.sandbox import Fault

TEE, TOTE = "designed_product.tee", "customer_product.tote"
STATE = "podsync.state.json"


def there(path) -> dict:
    """A state file, without the mark of the place where it is kept."""
    return {key: value for key, value in json.loads(path.read_text()).items() if key != "checkpoint"}


@pytest.fixture
def applied(podsync, folder, catalog, shops):
    """Both products are made; `state.json` is what was pulled then."""
    assert podsync("apply", "--auto-approve").code == 0
    assert podsync("state", "pull", "-o", "json=state.json").code == 0
    return folder


def edit(folder, **changes):
    """Change what was pulled."""
    document = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps(document | changes))
    return document


def test_pull_prints_the_state_file(podsync, applied):
    pulled = podsync("state", "pull")

    assert (pulled.code, pulled.err) == (0, "")
    assert json.loads(pulled.out) == there(applied / STATE) == there(applied / "state.json")


def test_pull_tells_events_that_no_snapshot_has(podsync, applied, process):
    serial = there(applied / STATE)["serial"]
    (applied / "catalog" / "tee.yaml").unlink()
    died = process("apply", "--auto-approve", env={"PODSYNC_FAILPOINT": "compact.begun:1:SIGKILL"})

    pulled = json.loads(podsync("state", "pull").out)

    assert died.code == -9
    assert pulled["serial"] > serial == there(applied / STATE)["serial"]


def test_pull_of_nothing_and_over_the_state_itself_is_refused(podsync, folder, catalog, shops):
    assert podsync("state", "pull").code == 1
    podsync("apply", "--auto-approve")
    assert podsync("state", "pull", "-o", f"json={STATE}").code == 64


def test_push_of_what_is_there_writes_nothing(podsync, applied):
    before = (applied / STATE).read_bytes()

    run = podsync("state", "push", "state.json")

    assert (run.code, run.out) == (0, f"{STATE} is that very state; nothing was written.\n")
    assert (applied / STATE).read_bytes() == before


def test_push_of_a_later_state_is_written_with_a_backup_and_can_be_undone(podsync, applied):
    before = edit(applied, serial=99, extra="kept")

    run = podsync("state", "push", "state.json")

    assert (run.code, run.out.split(". ")[0]) == (0, f"{STATE} has serial 99 now; it was {before['serial']}")
    assert there(applied / STATE)["extra"] == "kept"
    backup = run.err.split("as it was before is ")[1].split(";")[0]
    assert there(applied / backup) == before
    assert podsync("plan").code == 0


def test_push_refuses_a_history_that_was_left_however_far_it_went(podsync, applied):
    left = json.loads((applied / STATE).read_text())
    set_back = {**left, "timelines": [{"id": "since", "since": 1}]}
    (applied / STATE).write_text(json.dumps(set_back))
    (applied / "state.json").write_text(json.dumps({**left, "serial": left["serial"] + 9}))

    run = podsync("state", "push", "state.json")

    assert run.code == 1
    assert f"the file does not have what {STATE} got since it was set back: serial" in run.err
    (applied / "state.json").write_text(json.dumps({**set_back, "serial": left["serial"] + 1}))
    assert podsync("state", "push", "state.json").code == 0


def test_push_into_an_empty_place_takes_lineage_and_serial(podsync, applied):
    (applied / STATE).unlink()

    assert podsync("state", "push", "state.json").code == 0

    assert there(applied / STATE) == there(applied / "state.json")
    assert podsync("apply", "--auto-approve").out.startswith("No changes.")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"serial": 1}, "is newer"),
        ({"lineage": "another"}, "is another state"),
        ({"entries": {}}, "the same serial"),
        ({"version": 99, "serial": 99}, "format 99"),
        ({"serial": "x"}, "is damaged"),
    ],
)
def test_push_refuses_what_does_not_follow_and_says_what_to_do(podsync, applied, changes, told):
    edit(applied, **changes)
    before = (applied / STATE).read_bytes()

    run = podsync("state", "push", "state.json")

    assert (run.code, run.out) == (1, "")
    assert told in run.err
    assert len(run.err.splitlines()) >= 2
    assert (applied / STATE).read_bytes() == before


@pytest.mark.parametrize("changes", [{"serial": 1}, {"lineage": "another"}, {"entries": {}}])
def test_force_puts_it_there_all_the_same(podsync, applied, changes):
    edit(applied, **changes)

    assert podsync("state", "push", "--force", "state.json").code == 0

    assert there(applied / STATE) == there(applied / "state.json")


@pytest.mark.parametrize("data", ["", "{", "[]"])
def test_a_file_that_is_not_a_whole_state_is_refused_by_force_too(podsync, applied, data):
    (applied / "state.json").write_text(data)

    assert podsync("state", "push", "--force", "state.json").code == 1


def test_push_reads_stdin_and_names_a_file_that_is_not_there(podsync, applied, process):
    text = (applied / "state.json").read_text().replace('"serial": ', '"serial": 10')

    assert process("state", "push", "-", stdin=text).code == 0
    assert podsync("state", "push", "nowhere.json").code == 64
    assert there(applied / STATE) == json.loads(text)


def test_push_refuses_to_forget_a_doubt(podsync, folder, catalog, shops):
    podsync("apply", "--auto-approve", "--target", TOTE)
    podsync("state", "pull", "-o", "json=state.json")
    shops.add_faults(Fault("kakaclo", "create", "fin", commit=False))
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8
    edit(folder, serial=99)

    run = podsync("state", "push", "state.json")

    assert run.code == 5
    assert f"{TEE}: in doubt" in run.err


# -- migrate


def test_migrate_moves_lineage_and_serial_and_nobody_goes_on_with_the_old_one(podsync, applied, shops):
    run = podsync("state", "migrate", "--to", "local", "--path", "new/place.json")

    assert run.code == 0, run.err
    assert "  state: {backend: local, path: new/place.json}\n" in run.out
    assert there(applied / "new" / "place.json") == there(applied / "state.json")
    counts = dict(shops.counts)
    again = ["state", "migrate", "--to", "local", "--path", "x"]
    for words in (["plan"], ["apply", "--auto-approve"], ["state", "rm", TEE], again):
        refused = podsync(*words)
        assert (refused.code, refused.out) == (1, "")
        assert "was moved" in refused.err
        assert "state: {backend: local, path: new/place.json}" in refused.err
    assert dict(shops.counts) == counts
    assert podsync("state", "list").code == 0


def test_with_the_new_settings_all_goes_on_and_migrate_brings_it_home(podsync, applied):
    moved = podsync("state", "migrate", "--to", "local", "--path", "place.json")
    settings = applied / "podsync.yaml"
    settings.write_text("version: 1\nstate: {backend: local, path: place.json}\n")
    assert podsync("apply", "--auto-approve").out.startswith("No changes.")
    assert podsync("state", "mv", TEE, "designed_product.shirt").code == 0

    back = podsync(*moved.err.split("undo, with the new settings: podsync ")[1].split())
    settings.unlink()

    assert back.code == 0, back.err
    assert sorted(there(applied / STATE)["entries"]) == [TOTE, "designed_product.shirt"]
    assert podsync("state", "mv", "designed_product.shirt", TEE).code == 0


def test_migrate_refuses_a_place_that_holds_another_state(podsync, applied):
    other = edit(applied, lineage="another")
    (applied / "place.json").write_text((applied / "state.json").read_text())
    before = (applied / STATE).read_bytes()

    run = podsync("state", "migrate", "--to", "local", "--path", "place.json")

    assert run.code == 1
    assert "holds a state already" in run.err
    assert (applied / STATE).read_bytes() == before
    assert there(applied / "place.json") == other | {"lineage": "another"}


def test_migrate_that_was_broken_off_is_simply_run_again(podsync, applied):
    (applied / "place.json").write_text((applied / "state.json").read_text())

    assert podsync("state", "migrate", "--to", "local", "--path", "place.json").code == 0

    assert podsync("plan").code == 1


def test_migrate_waits_for_nobody_while_something_is_in_doubt(podsync, folder, catalog, shops):
    shops.add_faults(Fault("kakaclo", "create", "fin", commit=False))
    assert podsync("apply", "--auto-approve", "--no-wait").code == 8

    run = podsync("state", "migrate", "--to", "local", "--path", "place.json")

    assert run.code == 8
    assert f"{TEE}: in doubt" in run.err
    assert not (folder / "place.json").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--to", "local"], "is in podsync.state.json already"),
        (["--to", "local", "--schema", "x"], "--schema is not for local"),
        (["--to", "postgres", "--schema", "Bad-Name"], "schema"),
        (["--to", "s3"], "'s3'"),
        (["--to", "git", "--branch", "HEAD"], "is no name of a branch"),
        (["--to", "local", "--path", ".podsync/x.json"], "it leads into .podsync"),
        ([], "--to"),
    ],
)
def test_migrate_says_what_cannot_be_meant(podsync, applied, words, told):
    run = podsync("state", "migrate", *words)

    assert run.code == 64
    assert told in run.err


def test_the_sandbox_and_a_state_that_does_not_exist_stay_where_they_are(podsync, folder, catalog, shops):
    assert podsync("state", "migrate", "--to", "local", "--path", "x.json").code == 64
    (folder / "podsync.yaml").write_text("version: 1\nsandbox: true\n")
    assert podsync("state", "migrate", "--to", "local", "--path", "x.json").code == 64
