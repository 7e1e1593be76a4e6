"""What only this store has: tables, roles, settings, and no word of a password."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import pytest
from psycopg import sql

from podsync.cli.environment.clock import SystemClock
from podsync.model.errors import LockedError, StateError
from podsync.state.formats import statefile
from podsync.state.model import State
from podsync.state.postgres import schema
from podsync.state.postgres.connection import Database
from podsync.state.postgres.rows import BACKUPS
from podsync.state.postgres.store import PostgresStore
from podsync.state.reducer.reducer import replay
from tests.contracts import apply, intent, plain
from tests.state.histories import simple

EVENTS = simple(4)
GOLDEN = Path(__file__).parents[1] / "golden" / "state"


def kept(place, events=EVENTS, url=""):
    """Apply some events, and return what is there then."""
    apply(place.store(url=url), events)
    return place.load()


SECRET = "canary-pg/3f9a"


def test_a_row_for_each_entry_and_orphan(place):
    state = kept(place)

    rows = place.ask("SELECT address, document ->> 'id' FROM {s}.entry ORDER BY address")
    assert rows == [(str(address), entry.id) for address, entry in state.entries.items()]
    assert place.ask("SELECT count(*) FROM {s}.event") == [(state.serial,)]


def test_only_rows_that_changed_are_written(place):
    apply(place.store(), EVENTS)
    before = dict(place.ask("SELECT address, xmin::text FROM {s}.entry"))

    apply(place.store(), [intent("new")])

    after = dict(place.ask("SELECT address, xmin::text FROM {s}.entry"))
    assert {address for address in after if after[address] != before.get(address)} == {"designed_product.new"}


def test_backups_are_kept_a_few_and_name_a_way_back(place):
    states = [apply(place.store(), [intent(f"n{number}")]) for number in range(BACKUPS + 3)]

    store = place.store()
    kept = place.ask("SELECT number, serial FROM {s}.backup ORDER BY number")

    assert [serial for _, serial in kept] == [each.serial for each in states[-BACKUPS - 1 : -1]]
    assert f"backup {kept[-1][0]} in the database" in (store.undo() or "")
    assert "| podsync state push --force -" in (store.undo() or "")


def test_a_backup_is_a_state_file(place):
    from podsync.state.formats import statefile

    before = kept(place)
    apply(place.store(), [intent("new")])

    ((text,),) = place.ask("SELECT document FROM {s}.backup")

    assert statefile.loads(text.encode()) == before


def test_a_state_is_put_in_the_place_of_another_whatever_its_serial(place):
    first = kept(place)
    apply(place.store(), [intent("new")], compact=False)
    store = place.store()

    with store.lock("state push", 0):
        store.load()
        store.replace(first)
        assert store.load() == first
        store.append([intent("other")])

    assert place.load() == replay(first, [intent("other")])
    assert place.ask("SELECT serial FROM {s}.backup ORDER BY number") == [
        (first.serial,),
        (first.serial + 1,),
    ]


# -- the server's and the role's settings


def test_commits_are_durable_whatever_the_server_says(server):
    with server.connect() as administrator:
        assert administrator.execute("SHOW synchronous_commit").fetchone() == ("off",)
    with contextlib.closing(Database(server.url()).hold()) as connection:
        told = [connection.execute(f"SHOW {name}").fetchone()[0] for name in ("synchronous_commit",
                "statement_timeout", "default_transaction_isolation", "search_path")]  # fmt: skip

    assert told == ["on", "0", "read committed", "pg_catalog"]


def test_a_stronger_kind_of_commit_stays(server):
    url = f"{server.url()}&options=-c%20synchronous_commit%3Dremote_apply"
    with contextlib.closing(Database(url).hold()) as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("remote_apply",)


def test_a_server_that_does_not_sync_is_named_as_such(place):
    notes = []
    place.ask("ALTER SYSTEM SET fsync = off")
    place.ask("SELECT pg_reload_conf()")
    try:
        while place.ask("SHOW fsync") != [("off",)]:
            pass
        with place.store(notes.append).lock("apply", 0):
            pass
    finally:
        place.ask("ALTER SYSTEM RESET fsync")
        place.ask("SELECT pg_reload_conf()")

    assert len(notes) == 1
    assert "runs with fsync off" in notes[0]


def test_other_tables_of_the_same_names_are_never_taken_for_ours(server, place):
    with server.connect() as connection:
        for table in ("state", "entry", "event", "orphan"):
            connection.execute(sql.SQL("CREATE TABLE public.{} (x int)").format(sql.Identifier(table)))
    try:
        state = kept(place)
        assert place.load() == state
    finally:
        with server.connect() as connection:
            connection.execute("DROP TABLE public.state, public.entry, public.event, public.orphan")


def test_a_schema_may_have_a_name_that_is_a_word_of_sql(places):
    place = places()
    place.name = "order"

    assert plain(kept(place)) == replay(State(), EVENTS)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_of_any_encoding_keeps_every_character(server, encoding):
    with server.connect() as connection:
        connection.execute(
            f"CREATE DATABASE d_{encoding.lower()} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        )
    url = server.url(f"d_{encoding.lower()}")
    store = PostgresStore(url, "podsync", clock=SystemClock(), who=lambda: "jäger 🦖@höhle")
    apply(store, EVENTS)
    with store.lock("apply", 0):
        assert (store.holder().who) == "jäger 🦖@höhle"

    assert plain(PostgresStore(url, "podsync", clock=SystemClock()).load()) == replay(State(), EVENTS)


def test_who_may_only_read_can_plan_and_is_told_so_when_writing(server, place):
    state = kept(place)
    place.ask("CREATE ROLE reader LOGIN")
    place.ask("GRANT USAGE ON SCHEMA {s} TO reader")
    place.ask("GRANT SELECT ON ALL TABLES IN SCHEMA {s} TO reader")
    store = place.store(url=server.url(user="reader"))

    assert store.load() == state
    with pytest.raises(StateError, match="permission denied"), store.lock("apply", 0):
        pytest.fail("the lock of a state that cannot be written")
    assert apply(place.store(), [intent("new")]).serial == state.serial + 1


def test_a_role_that_may_not_make_schemas_uses_the_one_that_it_was_given(server, place):
    place.ask("CREATE ROLE team LOGIN")
    place.ask("CREATE SCHEMA {s} AUTHORIZATION team")

    assert plain(kept(place, url=server.url(user="team"))) == replay(State(), EVENTS)


# -- the lock


def test_unlock_ends_the_session_of_a_holder_that_hangs(place):
    store = place.store()
    with store.lock("apply", 0):
        holder = place.store().holder()
        place.store().unlock(holder.id)
        with place.store().lock("apply", 0):
            pass

    assert (holder.who, holder.command) == ("me@here", "apply")


def test_a_role_without_the_right_cannot_unlock(server, place):
    place.ask("CREATE ROLE stranger LOGIN")
    with place.store().lock("apply", 0):
        place.ask("GRANT USAGE ON SCHEMA {s} TO stranger")
        place.ask("GRANT ALL ON ALL TABLES IN SCHEMA {s} TO stranger")
        other = place.store(url=server.url(user="stranger"))

        with pytest.raises(LockedError, match="as another role"):
            other.unlock(other.holder().id)


def test_a_locked_state_names_the_command_that_ends_the_lock(place):
    with place.store().lock("apply", 0):
        other = place.store()
        with pytest.raises(LockedError) as caught, other.lock("apply", 0):
            pytest.fail("two runs hold one state")

        assert f"podsync state unlock {other.holder().id}" in caught.value.remedy


# -- migrations


def migrations(place, *more: str) -> int:
    with place.server.connect() as connection:
        return schema.migrate(connection, place.name, (*schema.MIGRATIONS, *more))


def test_tables_of_a_newer_version_are_refused_and_left_alone(place):
    apply(place.store(), EVENTS)
    place.ask("INSERT INTO {s}.migration (version, podsync) VALUES (99, '9.0')")
    before = place.stored()

    with pytest.raises(StateError, match="version 99") as caught:
        place.load()
    with pytest.raises(StateError, match="version 99"), place.store().lock("apply", 0):
        pytest.fail("a schema of the future was locked")

    assert "upgrade podsync" in caught.value.remedy
    assert place.stored() == before


def test_older_tables_are_brought_up_to_date_and_keep_what_they_hold(place):
    state = kept(place)

    applied = migrations(place, "ALTER TABLE {s}.entry ADD COLUMN seen boolean")

    assert applied == 1
    assert place.ask("SELECT count(*), count(seen) FROM {s}.entry") == [(len(state.entries), 0)]
    assert place.ask("SELECT max(version) FROM {s}.migration") == [(len(schema.MIGRATIONS) + 1,)]
    assert migrations(place, "ALTER TABLE {s}.entry ADD COLUMN seen boolean") == 0


def test_tables_of_format_1_keep_the_state_as_a_podsync_of_then_left_it(place):
    with place.server.connect() as connection:
        schema.migrate(connection, place.name, schema.MIGRATIONS[:1])
    document = (GOLDEN / "version-1.state.json").read_text()
    old = json.loads(document)
    place.ask("INSERT INTO {s}.entry SELECT key, value FROM json_each(%s::json -> 'entries')", document)
    place.ask(
        "INSERT INTO {s}.orphan SELECT 'one', value FROM json_array_elements(%s::json -> 'orphans')", document
    )
    place.ask(
        "UPDATE {s}.state SET lineage = %s, serial = 13, snapshot = 13, entries = 4, orphans = 1,"
        " document = %s",
        old["lineage"], json.dumps({k: v for k, v in old.items() if k not in {"entries", "orphans"}}),
    )  # fmt: skip
    known = statefile.loads(document.encode())
    assert place.load() == known

    with place.store().lock("state unlock", 0):
        pass

    assert [json.loads(each) for each in place.backups()] == [old]
    assert place.load() == known
    with pytest.raises(StateError, match="are of version 2"), place.server.connect() as connection:
        schema.version(connection, place.name, newest=1)


def test_a_migration_that_fails_changes_nothing(place):
    apply(place.store(), EVENTS)
    before = place.stored()

    with pytest.raises(Exception, match="nowhere"):
        migrations(place, "ALTER TABLE {s}.entry ADD COLUMN seen boolean; SELECT * FROM nowhere")

    assert place.stored() == before


# -- damage


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM {s}.state",
        "TRUNCATE {s}.entry",
        "DELETE FROM {s}.event WHERE serial = 9",
        "UPDATE {s}.state SET lineage = 'other'",
        "UPDATE {s}.state SET document = '[]'",
        "UPDATE {s}.state SET document = NULL",
        "UPDATE {s}.entry SET document = '{{}}'",
        'UPDATE {s}.event SET document = \'{{"type": "tomorrow"}}\' WHERE serial = 9',
        "DROP TABLE {s}.entry",
    ],
)
def test_what_cannot_be_trusted_is_refused_never_taken_for_nothing(place, harm):
    apply(place.store(), EVENTS)
    apply(place.store(), [intent("new"), intent("newer")], compact=False)
    place.ask(harm)

    with pytest.raises(StateError) as caught:
        place.load()

    assert caught.value.remedy


def test_nothing_is_written_to_a_newer_format(place):
    apply(place.store(), EVENTS)
    place.add_key("version", 99)

    with pytest.raises(StateError, match="of format 99"):
        place.load()


# -- secrets


def test_label_and_identity_show_no_user_and_no_password():
    store = PostgresStore(
        "postgresql://somebody:canary-pg%2F3f9a@db.example.com:6432/shop", "podsync", clock=SystemClock()
    )

    assert store.label == store.identity == "postgres db.example.com:6432/shop/podsync"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://somebody:{SECRET}",
        f"postgresql://somebody:{SECRET}@db.example.com:port/x",
        f"postgresql://somebody:{SECRET}%zz@db.example.com/x",
        f"host=db.example.com password='{SECRET}",
        f"{SECRET}",
        f"postgresql://somebody:{SECRET}@[::1/x",
        f"postgresql://somebody:canary-pg%2F3f9a@127.0.0.1:1/x?sslmode={SECRET}",
        f"postgresql://somebody:1/{SECRET}@db.example.com/x",
        "postgresql://somebody:canary-pg%2F3f9a@127.0.0.1:1/x?passfile=/nowhere&application_name=a%00b",
    ],
)
def test_no_error_of_a_connection_shows_the_password(url):
    store = PostgresStore(url, "podsync", clock=SystemClock())

    with pytest.raises(StateError) as caught:
        store.load()

    assert not {"canary", "3f9a"} & set(re.findall(r"\w+", f"{caught.value.message} {caught.value.remedy}"))


def test_a_password_that_the_server_refuses_is_not_shown(server, place):
    place.ask("CREATE ROLE guarded LOGIN PASSWORD 'right'")
    (server.data / "pg_hba.conf").write_text(
        "local all guarded scram-sha-256\nlocal all all trust\nlocal replication all trust\n"
    )
    place.ask("SELECT pg_reload_conf()")
    wrong = place.store(url=server.url(user="guarded", password="canary-wrong"))
    right = place.store(url=server.url(user="guarded", password="right"))

    with pytest.raises(StateError, match="cannot be reached") as caught:
        wrong.load()

    assert "canary" not in caught.value.message + caught.value.remedy
    assert right.load() == State()
    assert plain(right.load()) == State()
