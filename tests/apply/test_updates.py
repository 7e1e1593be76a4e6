"""PROTOCOL step 6: an update in doubt is sent again once it can no longer arrive itself."""

from __future__ import annotations

import pytest

from podsync.apply.report import Result
from podsync.model.address import Address
from podsync.sandbox import Fault
from tests.apply.evidence import LONG
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
