"""The command line with a state in PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

from tests.cli.conftest import catalog, folder, podsync, process, shops  # noqa: F401 (fixtures)
from tests.cli.test_state_transfer import TEE, there
from tests.postgres.server import binaries

URL = "PODSYNC_POSTGRES_URL"
SECRET = "canary-postgres-5b1f"


def client(program, *words, told=""):
    """What a client of the server that runs here writes."""
    return subprocess.run(
        [binaries() / program, *words], input=told, capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture
def settings(folder, place, server, monkeypatch):
    for name in list(os.environ):
        if name.startswith("PG"):
            monkeypatch.delenv(name)
    monkeypatch.setenv(URL, server.url())
    path = folder / "podsync.yaml"
    path.write_text(f"version: 1\nstate: {{backend: postgres, schema: {place.name}}}\n")
    return path


def test_the_whole_way(podsync, settings, catalog, shops, place):
    first = podsync("plan")
    made = podsync("apply", "--auto-approve")
    again = podsync("plan")
    undone = podsync("state", "mv", TEE, "designed_product.shirt")

    label = f"{place.server.folder}/postgres/{place.name}"
    assert f"state: none yet (postgres {label})" in " ".join(first.out.split())
    assert made.code == 0, made.err
    assert f"state postgres {label} of " in " ".join(again.out.split())
    assert "Offline: nobody was asked." in again.out
    assert undone.code == 0
    assert not settings.with_name("podsync.state.json").exists()
    assert podsync("state", "check").code == podsync("state", "unlock").code == 0


def test_the_undo_of_a_repair_by_hand_brings_the_state_back(podsync, settings, catalog, shops, place):
    podsync("apply", "--auto-approve")
    before = json.loads(podsync("state", "pull").out)

    gone = podsync("state", "rm", TEE)
    statement = gone.err.split("-Atc '")[1].split("'")[0]
    settings.with_name("before.json").write_text(place.ask(statement)[0][0])
    back = podsync("state", "push", "--force", "before.json")

    assert 'psql "$PODSYNC_POSTGRES_URL" -Atc' in gone.err
    assert gone.err.strip().endswith("| podsync state push --force -")
    assert back.code == 0, back.err
    assert json.loads(podsync("state", "pull").out) == before


def test_migrate_there_and_back(podsync, settings, catalog, shops, place):
    schema = settings.read_text()
    settings.unlink()
    podsync("apply", "--auto-approve")
    before = there(settings.with_name("podsync.state.json"))

    moved = podsync("state", "migrate", "--to", "postgres", "--schema", place.name)
    settings.write_text(schema)
    pulled = json.loads(podsync("state", "pull").out)
    idle = podsync("apply", "--auto-approve")
    back = podsync(*moved.err.split("undo, with the new settings: podsync ")[1].split())

    assert moved.code == back.code == 0, (moved.err, back.err)
    assert f"state: {{backend: postgres, schema: {place.name}}}" in moved.out
    assert pulled == before
    assert idle.out.startswith("No changes.")
    assert podsync("plan").code == 1
    settings.unlink()
    assert there(settings.with_name("podsync.state.json")) == before
    assert podsync("plan").code == 0


@pytest.mark.parametrize("command", ["plan", "apply", "state list", "state pull"])
def test_a_database_that_is_not_there_is_a_line_and_a_remedy(
    podsync, settings, catalog, shops, monkeypatch, command
):
    monkeypatch.setenv(URL, f"postgresql://me:{SECRET}@127.0.0.1:1/shop")

    run = podsync(*command.split())

    assert (run.code, run.out) == (1, "")
    assert run.err.startswith("error: the database 127.0.0.1:1/shop cannot be reached: ")
    assert len(run.err.splitlines()) == 2
    assert URL in run.err.splitlines()[1]
    assert SECRET not in run.err


@pytest.mark.parametrize("value", [None, "", " "])
def test_no_word_of_where_the_database_is_are_missing_credentials(
    podsync, settings, catalog, monkeypatch, value
):
    monkeypatch.delenv(URL) if value is None else monkeypatch.setenv(URL, value)

    run = podsync("plan")

    assert run.code == 9
    assert f"{URL} is {'not set' if value is None else 'empty'}" in run.err


def test_a_read_replica_is_named_and_nothing_is_written_there(
    podsync, settings, catalog, shops, server, monkeypatch
):
    assert podsync("apply", "--auto-approve").code == 0
    with server.replica() as follower:
        monkeypatch.setenv(URL, follower.url())

        plan, apply = podsync("plan"), podsync("apply", "--auto-approve")
        gone = podsync("state", "rm", TEE)

    assert plan.code == 0
    assert "is a read replica: the state may be newer than what it shows" in plan.err
    for run in (apply, gone):
        assert run.code == 1
        assert "is a read replica\n" in run.err
        assert "target_session_attrs=read-write" in run.err


def test_libpq_s_own_variables_are_enough(podsync, settings, catalog, shops, server, monkeypatch):
    monkeypatch.delenv(URL)
    for name, value in {"PGHOST": str(server.folder), "PGUSER": "podsync", "PGDATABASE": "postgres"}.items():
        monkeypatch.setenv(name, value)

    assert podsync("apply", "--auto-approve").code == 0

    assert "undo: " in podsync("state", "rm", TEE).err


def test_without_psycopg_it_says_what_to_install(process, settings, catalog):
    (settings.parent / "without").mkdir()
    (settings.parent / "without" / "psycopg.py").write_text("raise ImportError('no module named psycopg')\n")

    run = process("plan", env={"PYTHONPATH": str(settings.parent / "without")})

    assert run.code == 1
    assert "pip install 'podsync[postgres]'" in run.err


def test_a_bug_shows_no_password(process, settings, catalog, tmp_path):
    """What nobody foresaw goes into a log with the whole story."""
    program = textwrap.dedent(
        f"""
        import os
        from podsync.cli.app.bug_report import report_bug
        from podsync.cli.app.session import Session
        try: raise ValueError(os.environ["{URL}"] + " and {SECRET}/x and {SECRET}%2Fx")
        except ValueError as error: report_bug(error, Session())
        """
    )
    url = f"postgresql://me:{SECRET}%2Fx@db.example.com/shop"
    import subprocess

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=os.environ | {URL: url, "GITHUB_ACTIONS": "true"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert SECRET not in done.stderr + done.stdout
    assert "ValueError" in done.stderr


def test_an_older_dump_that_is_restored_beside_what_is_known_here_makes_nothing_twice(
    podsync, settings, catalog, shops, place
):
    """A listing hides what was made since: nothing but `.podsync` knows of it."""
    podsync("apply", "--auto-approve")
    url = place.server.url()
    dump = client("pg_dump", "--clean", "--if-exists", "--schema", place.name, url)
    other = (catalog / "tote.yaml").read_text().replace("name: tote", "name: bag").replace("Tote", "Bag")
    (catalog / "bag.yaml").write_text(other)
    made = podsync("apply", "--auto-approve")
    assert made.code == 0, made.err
    number = sum(len(shops.products(each)) for each in ("kakaclo", "gelato"))
    shops.set_rules(hidden="Bag")
    client("psql", "-qv", "ON_ERROR_STOP=1", url, told=dump)

    runs = [podsync("apply", "--auto-approve", "--no-wait") for _ in range(2)]

    assert sum(len(shops.products(each)) for each in ("kakaclo", "gelato")) == number
    assert {run.code for run in runs} <= {4, 8}, [run.err for run in runs]
