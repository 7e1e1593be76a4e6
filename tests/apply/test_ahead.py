"""Where a write of the store is dear, Intents are written before their requests' turns."""

from __future__ import annotations

import pytest

from podsync.apply.actions.sender import Job, Sender
from podsync.apply.context import Context, Options, OutcomeBoard, ProviderConnection
from podsync.apply.ledger import Ledger
from podsync.model.address import Address
from podsync.model.errors import StoppedError
from podsync.model.frozen import FrozenDict
from podsync.model.product import UNPROTECTED
from podsync.model.settings import ProviderSettings, RateLimit
from podsync.providers.contract import Receipt
from podsync.providers.registry import plugins, provider_of
from podsync.state.local.store import LocalStore
from podsync.state.model import State
from tests.state.faulty import FakeClock

TEE = Address("designed_product", "tee")
SPEC = FrozenDict({"modelId": "1", "enName": "Tee"})


class Quiet:
    """Nobody asks to stop, nothing is remembered, every request may leave."""

    signal = 0

    def sending(self, _provider, _serial):
        pass

    def take(self):
        pass

    def send(self, _request, _send_before):
        return Receipt(None, 200)


class Stopping(Quiet):
    def take(self):
        raise StoppedError("asked to stop")

    send = take


class Away(Quiet):
    def send(self, _request, _send_before):
        raise StoppedError("asked to stop, the request had left")


@pytest.fixture
def store(tmp_path):
    store = LocalStore(tmp_path / "s.json", clock=FakeClock())
    with store.lock("apply", 0):
        yield store


def sender(store, *, pace=Quiet(), writer=Quiet(), ahead=25, rate=2.0, parallelism=8):
    settings = ProviderSettings("http://127.0.0.1", RateLimit(10, rate), parallelism=parallelism)
    provider = provider_of(plugins()["kakaclo"], settings)
    context = Context(FakeClock(), Quiet(), Options(), OutcomeBoard({}, Quiet()), Quiet(), 0.0, None, ahead)
    connection = ProviderConnection(provider, Quiet(), writer, pace, settings)
    return Sender(connection, Ledger(store, State()), context, lambda: True)


def job():
    request = provider_of(
        plugins()["kakaclo"], ProviderSettings("http://127.0.0.1", RateLimit(1, 1))
    ).request(SPEC)
    return Job(TEE, "create", request, SPEC, {}, UNPROTECTED)


@pytest.mark.parametrize(
    ("ahead", "rate", "parallelism", "expected"),
    [(25, 2.0, 32, 20), (25, 90.0, 32, 25), (25, 0.05, 32, 1), (1, 90.0, 32, 1), (25, 90.0, 8, 8)],
    ids=["in time", "as the store says", "one at a time", "no more than one", "as parallelism says"],
)
def test_no_more_are_written_ahead_than_can_leave_in_time(store, ahead, rate, parallelism, expected):
    """What was announced is what can go wrong on a machine that pauses: at most `parallelism`."""
    assert sender(store, ahead=ahead, rate=rate, parallelism=parallelism).ahead == expected


def test_what_was_written_ahead_and_is_not_sent_is_not_in_doubt(store):
    with pytest.raises(StoppedError):
        sender(store, pace=Stopping()).send(job())

    assert (dict(store.load().entries), store.load().serial) == ({}, 2)


def test_what_may_have_left_is_in_doubt_whatever_ended_it(store):
    with pytest.raises(StoppedError):
        sender(store, writer=Away()).send(job())

    assert store.load().entries[TEE].pending is not None


def test_nothing_is_sent_once_the_store_failed(store):
    one = sender(store)
    one._ledger.broken = True

    with pytest.raises(StoppedError):
        one.send(job())

    assert store.load().serial == 0


def test_what_was_written_ahead_is_sent_and_made(store):
    assert sender(store).send(job()).receipt is not None

    assert store.load().entries[TEE].pending is None
