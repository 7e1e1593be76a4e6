"""PROTOCOL step 6: an update in doubt is sent again once it can no longer arrive itself."""

from __future__ import annotations

import pytest

from podsync.apply.report import Result
from podsync.model.address import Address
from podsync.sandbox import Fault
from podsync.state.operations import SettleAnswer
from tests.apply.evidence import LONG, ends_well, outcome
from tests.apply.vendor_server import Odd
from tests.apply.world import TIMEOUT
from tests.machine.conftest import floor  # noqa: F401 (the fixture: a sandbox and a moved clock)
from tests.machine.floor import Floor, Trouble
from tests.machine.test_found import write

POSTER, OTHER, TEE = (
    Address("customer_product", "cat"),
    Address("customer_product", "dog"),
    Address("designed_product", "cat"),
)
CUT = Fault("gelato", "update", "fin")


@pytest.fixture
def renamed(floor: Floor) -> Floor:  # noqa: F811
    """A poster that exists, and its document with another name."""
    write(floor, POSTER)
    floor.run(Trouble())
    write(floor, POSTER, name="Second")
    return floor


def test_it_is_sent_again_when_the_timeout_is_over_and_not_before(renamed):
    began = renamed.clock.monotonic()

    report = renamed.run(Trouble((CUT,)))

    assert [(o.result, o.attempts) for o in report.outcomes] == [(Result.UPDATED, 1)]
    assert renamed.clock.monotonic() - began >= TIMEOUT
    assert [each["name"] for each in renamed.there("gelato").values()] == ["Second"]


def test_other_work_goes_on_meanwhile(renamed):
    write(renamed, TEE)
    ended: list[Address] = []
    renamed.heard.outcome = lambda outcome, *_: ended.append(outcome.address)

    renamed.run(Trouble((CUT,)))

    assert ended == [TEE, POSTER]


def test_without_waiting_it_stays_in_doubt_and_a_run_after_the_timeout_sends_it_at_once(renamed):
    first = renamed.run(Trouble((CUT,)), wait=False)
    soon = renamed.run(Trouble(), wait=False)
    # A `Date` has whole seconds, at both ends.
    renamed.clock.pass_by(TIMEOUT + 3)
    later = renamed.run(Trouble(), wait=False)

    assert (first.exit_code, soon.exit_code, later.exit_code) == (8, 8, 0)
    assert [each["name"] for each in renamed.there("gelato").values()] == ["Second"]


def test_a_run_that_finds_one_of_a_dead_run_waits_for_it_by_its_own_clock(renamed):
    renamed.sandbox.set_rules(date_header=False)
    renamed.run(Trouble(dies=lambda word, what: (word, what.split()[0]) == ("before", "PATCH")))
    renamed.clock.pass_by(10 * TIMEOUT)
    began = renamed.clock.monotonic()

    report = renamed.run(Trouble())

    assert report.exit_code == 0
    assert renamed.clock.monotonic() - began >= TIMEOUT


def test_one_that_never_gets_an_answer_is_sent_three_times_and_stays_in_doubt(renamed):
    report = renamed.run(Trouble(tuple(Fault("gelato", "update", "fin") for _ in range(5))))

    assert [o.result for o in report.outcomes] == [Result.IN_DOUBT]
    assert next(renamed.sends) == 3


def test_a_name_is_taken_only_after_the_update_that_releases_it(renamed):
    """The release is in doubt at first; the other one waits for it, in the same apply."""
    write(renamed, OTHER)
    renamed.run(Trouble())
    write(renamed, POSTER, name="Third")
    write(renamed, OTHER, name="Second")

    report = renamed.run(Trouble((CUT,)))

    assert [o.result for o in report.outcomes] == [Result.UPDATED, Result.UPDATED]
    assert sorted(each["name"] for each in renamed.there("gelato").values()) == ["Second", "Third"]


@pytest.mark.parametrize("commit", [True, False], ids=["renamed", "not renamed"])
def test_an_orphan_whose_rename_is_in_doubt_is_taken_back_by_the_document_that_asked_for_it(world, commit):
    address = world.poster()
    world.apply()
    world.clock.pass_by(LONG)
    old = world.documents[address].spec["name"]
    world.poster(name="Another name", doc={"renamed_from": old})
    world.server.misbehave("gelato.update", Odd("cut", commit=commit))
    assert world.apply(wait=False).exit_code == 8
    document = world.documents.pop(address)
    assert world.apply(wait=False).exit_code == 0
    world.documents[address] = document

    assert [(change.action, change.risks) for change in world.plan().work] == [("restore", ())]
    world.clock.pass_by(LONG)
    for _ in range(2):
        assert world.apply().exit_code == 0
    assert [p["spec"]["name"] for p in world.server.products("gelato")] == ["Another name"]
    assert not world.plan().work


@pytest.mark.parametrize("so", [True, False], ids=["done", "not done"])
def test_an_acknowledged_one_of_a_hidden_product_is_not_sent_again_and_is_asked_about(world, so):
    address, _ = world.poster(), world.poster("other")
    world.apply()
    world.clock.pass_by(LONG)
    name = world.documents[address].spec["name"]
    (old,) = (p for p in world.server.products("gelato") if p["spec"]["name"] == name)
    world.poster(name="Another name", doc={"renamed_from": name})
    world.server.hide(old["id"], 10 * LONG)
    if not so:
        world.server.always("gelato.update", Odd("later", seconds=1000 * LONG))

    early = world.apply(wait=False)
    reports = [world.apply(), world.apply()]

    assert [r.exit_code for r in (early, *reports)] == [8, 8, 8]
    assert len(world.server.sent("gelato.update")) == 1
    identity = world.entry(address).id
    for told in (outcome(report, address) for report in reports):
        assert told.result is Result.IN_DOUBT
        known = 'Gelato acknowledged the update (name "Another name") and does not list it'
        assert told.error == f"{known}: nobody can tell yet"
        settle = f"podsync state settle {address}"
        gone = f"{settle} --not-created, then: podsync state rm {address}, then: podsync apply"
        assert told.next == (
            f"a) Gelato's web page, in the account of this key, shows it so: {settle} --adopt {identity}",
            f"b) it shows it otherwise: {settle} --not-created",
            f"c) if a person removed it: {gone}",
        )
    assert world.refresh()["gelato"].unseen == {address: (identity, {"name": "Another name"})}
    world.settled(SettleAnswer(address, adopt=identity if so else None))
    world.server.behave()
    world.clock.pass_by(11 * LONG)
    ends_well(world)
    assert {p["id"]: p["spec"]["name"] for p in world.server.products("gelato")}[old["id"]] == "Another name"
    assert len(world.server.sent("gelato.update")) == (1 if so else 2)
