"""Behind a pooler: one that lends sessions by the transaction is refused, one by the session will do."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from contextlib import closing

import psycopg
import pytest

from podsync.model.errors import StateError
from podsync.state.model import State
from podsync.state.reducer.reducer import replay
from tests.contracts import apply, intent, plain

pytestmark = [
    pytest.mark.skipif(shutil.which("pgbouncer", path="/usr/sbin:/usr/bin") is None, reason="no pgbouncer"),
    pytest.mark.skipif(sys.platform != "linux", reason="pgbouncer runs on Linux here"),
]


@pytest.fixture
def pooled(server):
    """Start a pooler in a mode; returns the connection string that goes through it."""
    running = []

    def start(mode: str) -> str:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            port = free.getsockname()[1]
        settings = server.folder / f"pgbouncer-{mode}.ini"
        settings.write_text(
            f"[databases]\npostgres = host={server.folder} port=5432 user=podsync\n"
            "[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\n"
        )
        program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin")
        running.append(
            subprocess.Popen([program, "-q", settings], stderr=subprocess.DEVNULL, **server.identity)
        )
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                assert time.monotonic() < end
                time.sleep(0.05)
        return f"postgresql://podsync@127.0.0.1:{port}/postgres?sslmode=disable&gssencmode=disable"

    yield start
    for process in running:
        process.terminate()
        process.wait(20)


def test_a_pooler_that_lends_by_the_transaction_is_refused_before_anything_is_written(place, pooled):
    store = place.store(url=pooled("transaction"))

    with pytest.raises(StateError, match="lends sessions by the transaction") as caught, store.lock("x", 0):
        pytest.fail("a lock that anybody may have")

    assert "session mode" in caught.value.remedy
    assert place.stored() == {}


def test_a_plan_reads_through_any_pooler(place, pooled):
    apply(place.store(), [intent("one")])

    assert place.store(url=pooled("transaction")).load() == place.load()


def test_a_session_that_is_lent_to_others_keeps_its_settings(place, pooled):
    url = pooled("transaction")
    apply(place.store(), [intent("one")])
    with psycopg.connect(f"{url}&application_name=other", autocommit=True) as other:
        before = other.execute("SELECT name, setting FROM pg_settings").fetchall()
        place.store(url=url).load()
        with pytest.raises(StateError), place.store(url=url).lock("x", 0):
            pytest.fail("a lock that anybody may have")

        assert other.execute("SELECT name, setting FROM pg_settings").fetchall() == before


def test_a_pooler_that_lends_by_the_session_will_do(place, pooled):
    url = pooled("session")
    apply(place.store(url=url), [intent("one")])
    apply(place.store(url=url), [intent("two")])

    assert plain(place.load()) == replay(State(), [intent("one"), intent("two")])
    assert place.store().holder() is None
