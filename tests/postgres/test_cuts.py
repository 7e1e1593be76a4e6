"""The session breaks in the middle: what was sent is written down if it can be, and nothing more is sent."""

from __future__ import annotations

import pytest

from podsync.model.address import Address
from podsync.model.errors import StateError
from podsync.state import events as ev
from podsync.state.model import State
from podsync.state.postgres.store import PostgresStore
from podsync.state.reducer.reducer import replay
from tests.contracts import intent, plain
from tests.postgres.wire import Wire
from tests.state.faulty import FakeClock

pytestmark = pytest.mark.enable_socket  # the wire is Python's, on loopback and to a socket's path
ONE, TWO = intent("one"), intent("two")


def made(name: str) -> ev.Made:
    return ev.Made(Address("designed_product", name), 1.0, f"id-{name}")


@pytest.fixture
def wire(server):
    wire = Wire(server)
    yield wire
    wire.close()


def refused(store, *events) -> str:
    with pytest.raises(StateError) as caught:
        store.append(events)
    return caught.value.message


def test_without_its_session_a_run_writes_results_and_no_intent(server, place):
    store = place.store()
    with store.lock("apply", 0):
        state = store.load()
        store.append([ONE])
        assert server.terminate()
        store.append([made("one")])

        told = refused(store, TWO)
        with pytest.raises(StateError, match="is lost"):
            store.compact(replay(state, [ONE, made("one")]))

    assert "the lock on postgres " in told
    assert plain(place.load()) == replay(State(), [ONE, made("one")])


def test_an_intent_that_meets_the_cut_is_not_written(server, place):
    store = place.store()
    with store.lock("apply", 0):
        assert server.terminate()

        refused(store, ONE)
        refused(store, TWO)

    assert place.load() == State()


def test_whoever_signed_since_is_alone(server, place):
    store, other = place.store(), place.store()
    with store.lock("apply", 0):
        store.append([ONE])
        server.terminate()
        with other.lock("apply", 5):
            other.append([TWO])

            told = refused(store, made("one"))

    assert "changed by somebody else" in told
    assert plain(place.load()) == replay(State(), [ONE, TWO])


def test_one_that_only_signed_shuts_the_other_out_too(server, place):
    store = place.store()
    with store.lock("apply", 0):
        store.append([ONE])
        server.terminate()
        with place.store().lock("apply", 5):
            pass

        refused(store, made("one"))

    assert place.load().serial == 1


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_result_whose_commit_is_unknown_is_there_once(place, wire, cut):
    store = place.store(url=wire.url)
    with store.lock("apply", 0):
        store.append([ONE])
        wire.cut = cut
        store.append([made("one")])
        store.append([ev.Bound(ONE.address, 2.0, "id-one")])

    assert wire.cut == ""
    history = [ONE, made("one"), ev.Bound(ONE.address, 2.0, "id-one")]
    assert plain(place.load()) == replay(State(), history)


@pytest.mark.parametrize(("cut", "serial"), [("before", 0), ("after", 1)])
def test_an_intent_whose_commit_is_unknown_counts_as_not_written(place, wire, cut, serial):
    """If it was committed after all, the next run settles it."""
    store = place.store(url=wire.url)
    with store.lock("apply", 0):
        store.load()
        store._writer.lineage = _begun(place)
        wire.cut = cut
        refused(store, ONE)
        refused(store, TWO)

    assert place.load().serial == serial


def _begun(place) -> str:
    """Give the state its lineage, so that the next statement is the one that adds an event."""
    place.ask("UPDATE {s}.state SET lineage = 'l', document = '{{\"version\": 1, \"lineage\": \"l\","
              " \"serial\": 0, \"providers\": {{}}}}'")  # fmt: skip
    return "l"


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_snapshot_whose_commit_is_unknown_harms_nothing(place, wire, cut):
    store = place.store(url=wire.url)
    with store.lock("apply", 0):
        state = store.load()
        store.append([ONE, made("one")])
        wire.cut = cut
        with pytest.raises(StateError, match="did not do") as caught:
            store.compact(replay(state, [ONE, made("one")]))

    assert "nothing is lost" in caught.value.remedy
    assert plain(place.load()) == replay(State(), [ONE, made("one")])


def test_a_server_that_stops_and_comes_back_gets_what_the_requests_brought(server, place):
    store = place.store()
    with store.lock("apply", 0):
        store.append([ONE])
        server.stop("immediate")
        server.start()

        store.append([made("one")])
        refused(store, TWO)

    assert plain(place.load()) == replay(State(), [ONE, made("one")])


def test_a_server_that_stays_away_ends_the_run_in_words(server, place):
    store = PostgresStore(server.url(), place.name, clock=FakeClock())
    with store.lock("apply", 0):
        store.append([ONE])
        server.stop("immediate")
        try:
            told = refused(store, made("one"))
            again = refused(store, made("one"))
        finally:
            server.start()

    assert told == again
    assert "is lost" in told
    assert plain(place.load()) == replay(State(), [ONE])


def test_a_statement_that_fails_leaves_everything_as_it_was_and_the_next_may_succeed(place):
    store = place.store()
    with store.lock("apply", 0):
        store.append([ONE])
        place.ask("ALTER TABLE {s}.event ADD CONSTRAINT full_up CHECK (false) NOT VALID")
        told = refused(store, made("one"))
        place.ask("ALTER TABLE {s}.event DROP CONSTRAINT full_up")
        store.append([made("one")])

    assert "full_up" in told
    assert plain(place.load()) == replay(State(), [ONE, made("one")])


def test_rows_that_somebody_wrote_under_our_lock_are_noticed(place):
    store = place.store()
    with store.lock("apply", 0):
        store.append([ONE])
        place.ask("UPDATE {s}.state SET serial = serial + 1")

        told = refused(store, made("one"))

    assert "changed by somebody else" in told
