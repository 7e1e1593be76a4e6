"""The adversarial schedules of the reliability promises: what dies, changes or lies, and when.

Every one ends with at most one product an address at the vendors, with everything that was made in the
state or in doubt, and with a later apply that settles it.
"""

from __future__ import annotations

import itertools
import random

import pytest

from podsync.apply.report import Result
from podsync.model.address import Address
from podsync.model.errors import LockedError, StaleError, StateError
from podsync.plan.approval import check_fresh
from tests.apply.evidence import begin, lose
from tests.apply.vendor_server import Odd
from tests.apply.world import KEYS, OTHER_GELATO_KEY, OTHER_KAKACLO_KEY, SETTLE, TIMEOUT, Stop, at, changed
from tests.products import tee_spec
from tests.state.faulty import ENOSPC, FaultyFiles

CREATES = ("kakaclo.create", "gelato.create")
KAKACLO_ADD, GELATO_ADD = "addProduct", "/customer-product"
CUT_AFTER, CUT_BEFORE = Odd("cut", commit=True), Odd("cut")
#: Where a process can die around one create.
MOMENTS = [
    ("before", "Begun"), ("after", "Begun"), ("before", "Intent"), ("after", "Intent"), ("before", "POST"),
    ("after", "POST"), ("before", "Made"), ("after", "Made"), ("before", "Ended"), ("after", "Ended"),
    ("before", "compact"),
]  # fmt: skip


def creates(world):
    return len(world.server.sent(*CREATES))


def outcome(report, address):
    return next(o for o in report.outcomes if o.address == address)


def names(world, provider):
    return [p["spec"].get("enName") or p["spec"].get("name") for p in world.server.products(provider)]


def in_doubt(world, *, made, provider="kakaclo"):
    """Leave one product in doubt: its sender died while the request was on its way."""
    address = world.tee() if provider == "kakaclo" else world.poster()
    word = ("after", "POST") if made else ("before", "POST")
    world.dies(at(*word))
    assert world.entry(address).pending is not None
    return address


# -- something dies


@pytest.mark.parametrize("provider", ["kakaclo", "gelato"])
@pytest.mark.parametrize("moment", MOMENTS, ids=" ".join)
def test_killed_around_a_create(world, provider, moment):
    (world.tee if provider == "kakaclo" else world.poster)()

    world.dies(at(*moment))

    world.at_most_one()
    world.settle()
    assert len(world.server.products(provider)) == 1


@pytest.mark.parametrize("provider", ["kakaclo", "gelato"])
@pytest.mark.parametrize("made", [True, False], ids=["made", "not made"])
def test_killed_on_the_way_and_started_again_at_once(world, provider, made):
    begin(world, provider)
    address = in_doubt(world, made=made, provider=provider)

    report = world.apply()

    assert report.exit_code == 0
    assert outcome(report, address).result is (Result.SETTLED if made else Result.CREATED)
    assert creates(world) == 1
    world.settle()


def test_killed_twice_on_the_way(world):
    world.server.lag = 100
    in_doubt(world, made=True)
    world.dies(at("before", "Settled"))

    world.settle()

    assert creates(world) == 1


@pytest.mark.parametrize("made", [True, False], ids=["made", "not made"])
def test_a_resend_after_a_long_429_dies(world, made):
    world.tee()
    busy = Odd("status", status=429, headers={"Retry-After": "120"})
    world.server.misbehave("kakaclo.create", busy)

    world.dies(at("after" if made else "before", "POST", 2))

    assert len(world.server.products("kakaclo")) == made
    world.settle()
    assert len(world.server.products("kakaclo")) == 1


def test_two_sends_are_lost_and_a_person_lets_it_go_again(world):
    begin(world, "kakaclo")
    address = world.tee()
    world.server.misbehave("kakaclo.create", CUT_BEFORE, CUT_BEFORE, CUT_BEFORE)

    report = world.apply()

    assert outcome(report, address).result is Result.IN_DOUBT
    assert creates(world) == 2
    assert any("--not-created" in line for line in outcome(report, address).next)
    world.settle()


def test_no_wait_leaves_a_doubt_that_a_later_apply_settles(world):
    world.tee()
    world.server.misbehave("kakaclo.create", CUT_AFTER)
    world.server.lag = 60

    report = world.apply(wait=False)

    assert report.exit_code == 8
    world.settle()
    assert creates(world) == 1


@pytest.mark.parametrize("number", [2, 15])
def test_a_signal_while_a_doubt_is_waited_for(world, number):
    world.tee()
    world.server.misbehave("kakaclo.create", CUT_BEFORE)
    stop = Stop()
    world.clock.after(60, lambda: setattr(stop, "signal", number))

    report = world.apply(stop=stop)

    assert report.exit_code == 128 + number
    assert outcome(report, Address("designed_product", "tee")).result is Result.IN_DOUBT
    world.settle()


# -- the answer to a create is no answer


ODDITIES = {
    "cut": Odd("cut", commit=True),
    "reset": Odd("reset", commit=True),
    "half": Odd("half", commit=True),
    "500": Odd("status", commit=True, status=500),
    "502": Odd("status", commit=True, status=502),
    "504": Odd("status", commit=True, status=504),
    "html 200": Odd("html", commit=True),
    "empty 200": Odd("empty", commit=True),
    "a list": Odd("text", commit=True, body=b"[]"),
    "nested": Odd("text", commit=True, body=b"[" * 100_000),
    "302": Odd("status", commit=True, status=302, headers={"Location": "/elsewhere"}),
    "408": Odd("status", commit=True, status=408),
    "no code, no id": Odd("text", commit=True, body=b'{"code": "10000", "id": 7, "message": "Success!"}'),
}


@pytest.mark.parametrize("provider", ["kakaclo", "gelato"])
@pytest.mark.parametrize("kind", ODDITIES)
def test_committed_and_answered_with_nonsense(world, provider, kind):
    address = (world.tee if provider == "kakaclo" else world.poster)()
    world.server.lag = 45
    world.server.misbehave(f"{provider}.create", ODDITIES[kind])

    report = world.apply()

    assert outcome(report, address).result in (Result.CREATED, Result.SETTLED)
    assert creates(world) == 1
    world.settle()


def test_hangs_after_the_commit(world):
    world.settings["timeout_seconds"] = 0.3
    world.tee()
    world.server.misbehave("kakaclo.create", Odd("hang", commit=True))

    assert world.apply().exit_code == 0

    assert creates(world) == 1
    world.settings["timeout_seconds"] = TIMEOUT
    world.settle()


def test_a_gateway_sends_it_twice_and_tells_the_second_answer(world):
    """The product was made, yet the answer is 409, and the listing does not show it for a while."""
    world.poster()
    world.server.unique_names, world.server.lag = True, 60
    conflict = Odd("status", commit=True, status=409)
    world.server.misbehave("gelato.create", conflict)

    world.apply()

    world.at_most_one()
    world.settle()
    assert len(world.server.products("gelato")) == 1


# -- the document changes while it is in doubt


@pytest.mark.parametrize("made", [True, False], ids=["made", "not made"])
def test_the_document_is_renamed_while_in_doubt(world, made):
    begin(world, "kakaclo")
    product = world.documents[in_doubt(world, made=made)]
    world.delete(product.address)
    address = world.tee("renamed", **product.spec)

    report = world.apply()

    assert outcome(report, address).result in (Result.SETTLED, Result.CREATED)
    assert creates(world) == 1
    world.settle()


@pytest.mark.parametrize("made", [True, False], ids=["made", "not made"])
def test_the_document_is_deleted_while_in_doubt(world, made):
    begin(world, "kakaclo")
    world.delete(in_doubt(world, made=made))

    report = world.apply()

    assert report.exit_code == 0
    assert len(world.state.orphans) == made
    assert creates(world) == made
    world.settle()


@pytest.mark.parametrize("made", [True, False], ids=["made", "not made"])
def test_the_document_is_edited_while_in_doubt(world, made):
    begin(world, "kakaclo")
    address = in_doubt(world, made=made)
    world.tee(enName="Edited")

    world.apply()
    then = names(world, "kakaclo")[1:]

    assert then == (["The tee Tee"] if made else ["Edited"])
    world.settle()
    assert world.entry(address).spec["enName"] == "Edited"


def test_the_document_is_edited_and_reverted_while_in_doubt(world):
    in_doubt(world, made=True)
    world.tee(enName="Edited")
    world.dies(at("before", "find"))
    world.tee()

    assert world.apply().exit_code == 0

    assert creates(world) == 1
    world.settle()


def test_the_document_is_deleted_and_written_again_under_a_new_name_while_in_doubt(world):
    product = world.documents[in_doubt(world, made=True)]
    world.delete(product.address)
    world.tee("second", doc={"moved": ()}, **product.spec)

    report = world.apply()

    assert report.exit_code == 0
    assert len(world.state.orphans) == 1
    assert len(world.server.products("kakaclo")) == 2


@pytest.mark.parametrize("made", [True, False], ids=["made", "not made"])
def test_a_replace_in_doubt_is_reverted(world, made):
    address = world.tee()
    world.apply()
    world.tee(enName="Second")
    world.dies(at("after" if made else "before", "POST"))
    world.tee()

    world.settle()

    assert creates(world) == (2 if made else 1)
    assert world.entry(address).spec["enName"] == "The tee Tee"
    assert len(world.state.orphans) == made


def test_a_replace_is_reverted(world):
    address = world.tee()
    world.apply()
    first = world.entry(address).id
    world.tee(enName="Second")
    world.apply()
    world.tee()

    report = world.apply()

    assert outcome(report, address).result is Result.RESTORED
    assert world.entry(address).id == first
    assert creates(world) == 2
    world.settle()


def test_a_replace_in_doubt_whose_document_is_deleted(world):
    address = world.tee()
    world.apply()
    world.tee(enName="Second")
    world.dies(at("after", "POST"))
    world.delete(address)

    world.settle()

    assert len(world.state.orphans) == len(world.server.products("kakaclo")) == 2


# -- updates in doubt


def renamed(world, name="Q", **doc):
    old = world.documents[Address("customer_product", "poster")].spec["name"]
    return world.poster(name=name, doc={"renamed_from": old, **doc})


@pytest.mark.parametrize("commit", [True, False], ids=["done", "not done"])
def test_a_rename_that_timed_out_is_reverted(world, commit):
    address = world.poster()
    world.apply()
    renamed(world)
    cut = Odd("cut", commit=commit)
    world.server.misbehave("gelato.update", cut, cut, cut)
    assert world.apply().exit_code == 8
    world.poster(doc={"renamed_from": "Q"})

    report = world.apply()

    assert outcome(report, address).result is Result.UPDATED
    assert names(world, "gelato") == ["The poster Poster"]
    world.settle()


@pytest.mark.parametrize(
    "answer", [Odd("status", status=429, headers={"Retry-After": "999"}), Odd("status", status=400),
               Odd("status", status=401)], ids=["429", "400", "401"],
)  # fmt: skip
def test_a_rename_timed_out_its_resend_was_turned_away_and_it_is_reverted(world, answer):
    """The first PATCH arrived; that the second one did not says nothing about the first."""
    world.poster()
    world.apply()
    renamed(world)
    world.server.misbehave("gelato.update", Odd("cut", commit=True), answer)
    world.apply()
    world.server.behave()
    world.poster(doc={"renamed_from": "Q"})

    world.apply()

    assert names(world, "gelato") == ["The poster Poster"]
    world.settle()


def test_a_rename_was_killed_and_the_document_deleted_and_written_again(world):
    address = world.poster()
    world.apply()
    renamed(world)
    world.dies(at("after", "PATCH"))
    world.delete(address)
    world.apply()
    world.poster(doc={"renamed_from": "Q"})

    world.apply()
    world.settle()

    assert names(world, "gelato") == [world.entry(address).spec["name"]]


# -- orphans


def orphaned(world, provider="kakaclo"):
    """Make a product, then let its document go; returns its id."""
    make = world.tee if provider == "kakaclo" else world.poster
    address = make()
    world.apply()
    identity = world.entry(address).id
    world.delete(address)
    world.apply()
    make()
    return identity


def test_an_orphan_removed_by_hand_is_wanted_again(world):
    world.tee("other")
    identity = orphaned(world)
    world.clock.pass_by(2 * SETTLE)
    world.server.remove(identity)

    report = world.apply()

    assert [o.result for o in report.outcomes] == [Result.CREATED]
    assert len(world.server.products("kakaclo")) == 2
    world.settle()


def test_an_orphan_removed_by_hand_was_made_again_by_hand_and_is_wanted_again(world):
    world.tee("other")
    identity = orphaned(world)
    world.clock.pass_by(2 * SETTLE)
    world.server.remove(identity)
    mine = world.server.by_hand("kakaclo", tee_spec("tee"))

    world.apply()

    assert creates(world) == 2
    assert world.entry(Address("designed_product", "tee")).id == mine


def test_an_orphan_that_the_listing_does_not_show_yet_is_wanted_again(world):
    world.server.lag = 120
    orphaned(world, "gelato")

    world.apply()

    assert len(world.server.products("gelato")) == 1
    world.settle()


def test_an_orphan_is_wanted_again_while_the_listing_skips_rows(world):
    orphaned(world)
    product = world.delete(Address("designed_product", "tee"))
    for number in range(5):
        world.tee(f"n{number}")
    world.apply()
    world.tee(**product.spec)
    world.clock.pass_by(2 * SETTLE)
    world.server.page_limit, world.server.pages, world.server.order = 2, "skip", "oldest"

    world.apply()

    assert creates(world) == 6
    world.settle()


def test_an_orphan_is_wanted_again_while_the_listing_is_empty(world):
    orphaned(world)
    world.server.misbehave("kakaclo.search", *[Odd("blank")] * 20)

    world.apply()

    assert creates(world) == 1
    world.settle()


# -- the state is lost, or an old one comes back


def test_the_state_is_lost_seconds_after_an_apply(world):
    world.server.lag = 300
    world.tee()
    world.poster()
    world.apply(wait=False)
    lose(world)

    report = world.apply()

    # No listing had shown them: both are known as something that was sent.
    assert [o.result for o in report.outcomes] == [Result.SETTLED, Result.SETTLED]
    assert creates(world) == 2
    world.settle()


def test_the_state_is_lost_seconds_after_an_apply_and_nobody_waits(world):
    world.server.lag = 300
    world.tee()
    world.apply(wait=False)
    lose(world)

    report = world.apply(wait=False)

    assert report.exit_code == 8
    assert creates(world) == 1
    world.settle()


def test_state_and_memory_are_lost_long_after_an_apply(world):
    addresses = [world.tee(f"t{n}") for n in range(7)] + [world.poster(f"p{n}") for n in range(7)]
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    lose(world, memory=True)

    report = world.apply()

    assert [o.result for o in report.outcomes] == [Result.ADOPTED] * len(addresses)
    assert creates(world) == len(addresses)
    world.settle()


def test_the_state_is_lost_while_something_is_in_doubt(world):
    world.server.lag = 100
    in_doubt(world, made=True)
    lose(world)

    assert world.apply().exit_code == 0

    assert creates(world) == 1
    world.settle()


def test_an_old_backup_is_restored_seconds_after_an_apply(world):
    world.tee()
    world.apply()
    backup = world.path.read_bytes()
    world.server.lag = 300
    world.tee("second")
    world.poster()
    world.apply(wait=False)
    world.path.write_bytes(backup)

    assert world.apply().exit_code == 0

    assert creates(world) == 3
    world.settle()


def test_an_old_backup_from_before_a_replace_is_restored(world):
    world.tee()
    world.apply()
    backup = world.path.read_bytes()
    world.tee(enName="Second")
    world.apply()
    world.path.write_bytes(backup)

    world.settle()

    assert creates(world) == 2


def test_the_state_is_lost_and_the_listing_skips_rows(world):
    for number in range(7):
        world.tee(f"t{number}")
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    lose(world, memory=True)
    world.server.page_limit, world.server.pages = 2, "skip"

    world.apply()

    assert creates(world) == 7
    world.settle()


@pytest.mark.parametrize("pages", ["repeat", "steady"])
@pytest.mark.parametrize(("order", "total"), [("newest", True), ("oldest", False), ("shuffled", True)])
def test_the_state_is_lost_and_pages_repeat_and_shuffle(world, pages, order, total):
    for number in range(7):
        world.poster(f"p{number}")
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    lose(world)
    world.server.page_limit, world.server.pages = 3, pages
    world.server.order, world.server.tell_total = order, total

    world.apply()

    assert creates(world) == 7
    # Rows that are shuffled anew for each page are never read whole: then nothing is created at all.
    world.server.order = "newest"
    world.settle()


def test_the_state_is_lost_and_products_are_made_by_hand_between_two_pages(world):
    for number in range(7):
        world.tee(f"t{number}")
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    lose(world)
    world.server.page_limit = 2
    for number in range(3):
        hand = Odd("pass", hook=lambda n=number: world.server.by_hand("kakaclo", tee_spec(f"hand{n}")))
        world.server.misbehave("kakaclo.search", None, hand)

    assert world.apply().exit_code == 0

    assert creates(world) == 7
    world.settle()


@pytest.mark.parametrize("names_are", ["trim", "cut:8"])
def test_the_state_is_lost_at_a_provider_that_cuts_or_trims_names(world, names_are):
    world.server.names = names_are
    world.tee(enName="  A  Tee with a long name ")
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    lose(world, copy=True)

    first, report = world.apply(), world.apply(first_contact=True)

    (told,) = report.outcomes
    assert (first.exit_code, told.result, report.exit_code) == (5, Result.NOT_TRIED, 4)
    assert any("podsync import" in line for line in told.next)
    assert creates(world) == 1


# -- other listings


def test_another_shops_token_before_an_apply(world):
    world.tee()
    world.poster()
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    world.keys = {"kakaclo": OTHER_KAKACLO_KEY, "gelato": OTHER_GELATO_KEY}
    world.tee("second")
    world.poster("second")

    report = world.apply()

    assert set(report.stopped) == {"kakaclo", "gelato"}
    assert creates(world) == 2
    world.keys = dict(KEYS)
    world.settle()


def test_another_shops_token_while_something_is_in_doubt(world):
    world.tee("first")
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    in_doubt(world, made=True)
    world.keys["kakaclo"] = OTHER_KAKACLO_KEY

    report = world.apply()

    assert report.exit_code == 9
    assert creates(world) == 2
    world.keys = dict(KEYS)
    world.settle()


@pytest.mark.parametrize("provider", ["kakaclo", "gelato"])
def test_an_empty_listing_in_the_middle_of_settling(world, provider):
    make = world.tee if provider == "kakaclo" else world.poster
    make("first")
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    make()
    world.server.lag = 60
    world.server.misbehave(f"{provider}.create", CUT_AFTER)
    listing = "kakaclo.search" if provider == "kakaclo" else "gelato.list"
    world.server.misbehave(listing, None, None, None, *[Odd("blank")] * 300)

    report = world.apply()

    assert report.exit_code == 9
    assert creates(world) == 2
    world.settle()


def test_an_empty_listing_and_a_clock_that_was_moved_back_a_year(world):
    world.tee("first")
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    world.clock.moved = -365 * 86400
    world.tee("second")
    world.server.misbehave("kakaclo.search", *[Odd("blank")] * 50)

    world.apply()

    assert creates(world) == 1
    world.clock.moved = 0
    world.settle()


def test_the_listing_skips_rows_for_ever_while_something_is_in_doubt(world):
    for number in range(5):
        world.tee(f"t{number}")
    world.apply()
    in_doubt(world, made=False)
    world.server.page_limit, world.server.pages = 2, "skip"

    report = world.apply()

    assert report.exit_code == 8
    assert creates(world) == 5
    world.settle()


# -- what the listing shows is not what was sent


@pytest.mark.parametrize("names_are", ["trim", "cut:8"])
@pytest.mark.parametrize("provider", ["kakaclo", "gelato"])
def test_in_doubt_at_a_provider_that_trims_or_cuts_names(world, provider, names_are):
    world.server.names = names_are
    make, field = (world.tee, "enName") if provider == "kakaclo" else (world.poster, "name")
    address = make(**{field: "A Thing  of some length"})
    world.server.misbehave(f"{provider}.create", CUT_AFTER)

    report = world.apply()

    assert creates(world) == 1
    if names_are == "trim":
        # One row, changed in a way that may be: bound until a second one comes.
        (there,) = world.server.products(provider)
        assert outcome(report, address).result is Result.CREATED
        assert world.entry(address).id == there["id"].removeprefix("cp-")
    else:
        assert outcome(report, address).result is Result.IN_DOUBT
        assert any("--adopt" in line for line in outcome(report, address).next)
        world.answer(address, world.server.products(provider)[0]["id"])
    world.settle()


@pytest.mark.parametrize("again", [5, 3 * SETTLE], ids=["at once", "later"])
@pytest.mark.parametrize("date", [True, False], ids=["date", "no date"])
def test_killed_on_the_way_where_pictures_are_rehosted(world, again, date):
    world.server.rehost, world.server.date_header = True, date
    address = in_doubt(world, made=True)
    world.clock.pass_by(again)

    report = world.apply()

    assert creates(world) == 1
    assert outcome(report, address).result is Result.SETTLED
    world.settle()


def test_killed_on_the_way_where_names_are_cut_and_started_again_at_once(world):
    world.server.names = "cut:8"
    address = in_doubt(world, made=True, provider="gelato")

    report = world.apply()

    assert creates(world) == 1
    assert outcome(report, address).result is Result.IN_DOUBT


def test_pictures_are_rehosted_and_the_setting_says_so(world):
    world.server.rehost, world.pictures = True, "rehosted"
    world.tee()
    world.server.misbehave("kakaclo.create", CUT_AFTER)

    assert world.apply().exit_code == 0

    assert creates(world) == 1
    world.settle()


@pytest.mark.parametrize("hours", [8, -8])
def test_dates_eight_hours_off_while_something_is_in_doubt(world, hours):
    world.server.date_hours, world.server.rehost = hours, True
    address = world.tee()
    world.server.misbehave("kakaclo.create", CUT_AFTER)

    report = world.apply()

    assert creates(world) == 1
    assert outcome(report, address).result is Result.CREATED
    world.settle()


@pytest.mark.parametrize("made", [b"NaN", b"1e999", b"-Infinity", b"9" * 400, b'"yesterday"', b"true"])
def test_a_date_that_is_none_while_something_is_in_doubt(world, made):
    """A product whose date cannot be told may be the one that was sent."""
    begin(world, "kakaclo")
    address = world.tee()
    row = b'{"id": 7, "modelCode": "CODE-1", "enName": "Re-written", "createDate": ' + made + b"}"
    listing = b'{"code": 10000, "data": {"list": [' + row + b'], "total": 1}}'
    more = [Odd("text", body=listing)] * 200
    cut = Odd("cut", hook=lambda: world.server.misbehave("kakaclo.search", *more))
    world.server.misbehave("kakaclo.create", cut)

    report = world.apply()

    assert creates(world) == 1
    assert outcome(report, address).result is Result.IN_DOUBT
    world.settle()


@pytest.mark.parametrize("years", [10, -1], ids=["ten years forward", "a year back"])
@pytest.mark.parametrize("made", [True, False], ids=["made", "not made"])
def test_no_date_header_and_the_local_clock_was_moved(world, years, made):
    begin(world, "kakaclo")
    world.server.date_header, world.server.lag = False, 200
    in_doubt(world, made=made)
    world.clock.moved = years * 365 * 86400
    began = world.clock.passed

    assert world.apply().exit_code == 0

    assert creates(world) == 1
    assert made or world.clock.passed - began >= SETTLE
    world.settle()


# -- two at once, and room that runs out


def test_two_runners_make_the_same_commit_in_the_same_second(world):
    address = world.tee()
    world.poster()
    met = []

    def second():
        with pytest.raises(LockedError):
            world.apply()
        met.append(True)

    world.server.misbehave("kakaclo.create", Odd("pass", hook=second))

    report = world.apply()

    assert met == [True]
    assert outcome(report, address).result is Result.CREATED
    assert creates(world) == 2
    world.settle()


def test_somebody_puts_an_older_state_in_place_while_it_is_written(world):
    """The push of results loses the race: nothing is overwritten, and nothing is forgotten."""
    world.tee("first")
    world.apply()
    world.tee("second")
    held = []

    def swap():
        held.append(world.path.read_bytes())
        world.path.write_bytes(held[0].replace(b"The first Tee", b"The worst Tee"))

    world.server.misbehave("kakaclo.create", Odd("pass", hook=swap))

    with pytest.raises(StateError):
        world.apply()

    assert b"worst" in world.path.read_bytes()
    world.path.write_bytes(held[0])
    world.settle()
    assert creates(world) == 2


@pytest.mark.parametrize("writes", range(1, 7))
def test_the_disk_is_full_in_the_middle_of_a_record_and_has_room_again(world, writes):
    world.tee("first")
    world.apply()
    world.tee("second")
    world.poster()
    world.files = files = FaultyFiles()
    left = itertools.count(writes, -1)

    def fill(what):
        if what == "write" and next(left) <= 1:
            files.fail["write"] = ENOSPC

    files.before = fill

    with pytest.raises(StateError):
        world.apply()

    world.at_most_one()
    world.files = None
    world.settle()


def test_an_old_workflow_run_is_started_again(world):
    world.tee()
    plan = world.plan()
    world.apply(plan=plan)

    with pytest.raises(StaleError):
        check_fresh(plan, world.state)

    world.settle()


# -- a person works beside us


def test_the_same_product_is_made_by_hand_while_ours_is_in_doubt_and_ours_was_not_made(world):
    address = in_doubt(world, made=False)
    mine = world.server.by_hand("kakaclo", tee_spec("tee"))

    assert world.apply().exit_code == 0

    assert creates(world) == 0
    assert world.entry(address).id == mine
    world.settle()


def test_the_same_product_is_made_by_hand_while_ours_is_in_doubt_and_ours_was_made(world):
    address = in_doubt(world, made=True)
    world.server.by_hand("kakaclo", tee_spec("tee"))

    report = world.apply()

    assert outcome(report, address).result is Result.IN_DOUBT
    assert creates(world) == 1
    world.answer(address, world.server.products("kakaclo")[0]["id"])
    world.settle()


def test_a_product_of_the_same_model_is_made_by_hand_while_ours_is_in_doubt(world):
    world.tee("first")
    world.apply()
    address = in_doubt(world, made=False)
    world.server.by_hand("kakaclo", {**tee_spec("hand"), "enName": "Something else"})

    report = world.apply()

    assert outcome(report, address).result is Result.IN_DOUBT
    assert creates(world) == 1
    world.answer(address, None)
    world.settle()


def test_a_namesake_that_was_there_before_is_not_taken_for_ours(world):
    world.tee("first")
    world.apply()
    spec = {**tee_spec("tee"), "imageUrl": "https://cdn.example.com/other.png"}
    older = world.server.by_hand("kakaclo", spec, age=3600)
    address = world.tee()
    world.server.lag = 120

    assert world.apply().exit_code == 0

    assert world.entry(address).id != older
    world.settle()


def test_two_products_in_doubt_at_once_that_a_person_edits_by_hand(world):
    first, second = world.tee("first"), world.tee("second")
    world.server.misbehave("kakaclo.create", CUT_AFTER, CUT_AFTER)
    world.server.lag = 30

    report = world.apply()

    assert {o.result for o in report.outcomes} == {Result.CREATED}
    assert {world.entry(first).spec["enName"], world.entry(second).spec["enName"]} == {
        "The first Tee",
        "The second Tee",
    }
    world.settle()


def test_an_orphan_is_never_adopted_by_another_address(world):
    orphaned(world)
    product = world.delete(Address("designed_product", "tee"))
    world.tee("other", doc={"moved": ()}, **product.spec)

    world.apply()

    ids = [world.entry(Address("designed_product", "other")).id, *(o.id for o in world.state.orphans)]
    assert len(set(ids)) == len(ids) == len(world.server.products("kakaclo")) == 2


def test_the_key_is_refused_while_something_is_in_doubt(world):
    in_doubt(world, made=True)
    world.keys["kakaclo"] = "canary-revoked"

    report = world.apply()

    assert report.exit_code == 9
    world.keys = dict(KEYS)
    world.settle()
    assert creates(world) == 1


# -- everything at once


@pytest.mark.parametrize("seed", range(8))
def test_a_year_of_bad_luck(world, seed):
    """Random faults, deaths, edits, renames, deletions and losses of the state, apply after apply."""
    luck = random.Random(seed)
    server = world.server
    server.random = random.Random(seed)
    server.lag, server.order = luck.choice([0, 30, 300]), luck.choice(["newest", "shuffled"])
    server.date_header, server.date_hours = luck.random() < 0.7, luck.choice([0, 8, -8])
    server.tell_total = luck.random() < 0.7
    for number in range(4):
        (world.tee if luck.random() < 0.6 else world.poster)(f"n{number}")
    for _ in range(8):
        server.chaos = luck.choice([0, 0.1, 0.4])
        change(world, luck)
        moment = (
            luck.choice(["before", "after"]),
            luck.choice(["POST", "Intent", "Made", "compact", "find"]),
        )
        dies = at(*moment, luck.randint(1, 6)) if luck.random() < 0.5 else None
        try:
            world.apply(dies=dies, wait=luck.random() < 0.7)
        except BaseException as error:
            if type(error).__name__ != "Killed":
                raise
        world.at_most_one()
        world.clock.pass_by(luck.choice([0, 20, 900]))
    server.lag = 0
    world.settle()


def change(world, luck):
    """One edit of the catalog."""
    tees = [a for a in sorted(world.documents) if a.kind == "designed_product"]
    word = luck.choice(["edit", "delete", "rename", "new", "nothing", "lose"])
    if word == "new":
        (world.tee if luck.random() < 0.6 else world.poster)(f"x{luck.randint(0, 5)}")
    elif word == "lose":
        lose(world)
        world.forgot_orphans = True
    elif not tees:
        return
    elif word == "edit":
        world.tee(luck.choice(tees).name, enName=f"Edited {luck.randint(0, 3)} {luck.random()}")
    elif word == "delete":
        world.delete(luck.choice(tees))
    elif word == "rename":
        product = world.delete(luck.choice(tees))
        name = f"r{luck.randint(0, 10**6)}"
        address = world.tee(name, **product.spec)
        world.documents[address] = changed(world.documents[address], moved=(product.address.name,))
