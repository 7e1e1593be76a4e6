"""A product that a look has seen is hidden by moderation before anybody has said what it is.

Nothing is made beside it, however many whole readings lack it; a person's word leads out.
"""

from __future__ import annotations

import itertools
import json

import pytest

from podsync.apply.report import Result
from podsync.model.errors import UnreadableError
from podsync.output.text.report import safety_text
from tests.apply.evidence import (
    CUT_AFTER,
    LONG,
    PROVIDERS,
    advice,
    begin,
    creates,
    ends_well,
    in_doubt,
    kept_state,
    lose,
    made,
    make,
    outcome,
    takes,
    truth,
)
from tests.apply.vendor_server import Odd
from tests.apply.world import SETTLE, at

DAY = 86400.0
both = pytest.mark.parametrize("provider", PROVIDERS)


def hidden_for_a_day(world, provider, identity):
    """Four whole readings lack the product, and none of them makes another; the last report."""
    world.server.hide(identity, DAY)
    number = creates(world)
    for _ in range(4):
        world.clock.pass_by(LONG)
        report = world.apply()
        truth(world, report)
        assert creates(world) == number
    assert report.exit_code in (4, 8)
    assert f"{identity} " in " ".join(str(o.error) for o in report.outcomes)
    assert "(not listed now)" in " ".join(str(o.error) for o in report.outcomes)
    assert ", and not now): podsync" in " ".join(advice(report))
    return report


def in_doubt_until_it_is_listed(world, provider, address, identity):
    report = hidden_for_a_day(world, provider, identity)
    assert outcome(report, address).result is Result.IN_DOUBT
    world.clock.pass_by(DAY)
    ends_well(world)
    assert made(world, provider) == 1


def the_only_one(world, provider):
    (product,) = [p for p in world.server.products(provider) if not p["hand"]]
    return product["id"]


@both
def test_what_was_refused_though_made_is_seen_and_hidden(world, provider):
    begin(world, provider)
    world.server.names = "upper"
    world.server.misbehave(f"{provider}.create", Odd("status", commit=True, status=400))
    address = make(world, provider)
    world.apply()
    world.clock.pass_by(LONG)
    assert "may" in outcome(world.apply(), address).error
    identity = the_only_one(world, provider)

    report = hidden_for_a_day(world, provider, identity)
    assert outcome(report, address).result is Result.NOT_TRIED
    takes(world, address, identity)

    assert (world.entry(address).id, world.state.remembered) == (identity, {})
    assert (world.apply().exit_code, made(world, provider)) == (0, 1)


@both
@pytest.mark.parametrize("answer", ["cut", "done"])
def test_what_was_sent_is_listed_under_another_model(world, provider, answer):
    """The vendor tells models in another form from then on: by its name it may be what was sent."""
    begin(world, provider)
    world.server.lag = 1.0 if answer == "done" else 0.0
    world.server.misbehave(f"{provider}.create", CUT_AFTER if answer == "cut" else None)
    address = make(world, provider)
    told = ("modelId", "5") if provider == "kakaclo" else ("productModelId", "model-poster@2")
    _tell_models_otherwise(world, provider, *told)
    world.apply()
    world.server.lag = 0.0

    for _ in range(3):
        world.clock.pass_by(LONG)
        asked = world.apply()
    identity = the_only_one(world, provider)

    assert (asked.exit_code, creates(world)) == (8, 1)
    told = " ".join(outcome(asked, address).next)
    assert f"--adopt {identity}" in told or f"podsync import {address}" in told
    assert "not now" not in told
    takes(world, address, identity)
    assert (world.apply().exit_code, world.entry(address).id, creates(world)) == (0, identity, 1)


def _tell_models_otherwise(world, provider, field, value):
    """Let the vendor list each product that is made from now on with this model."""
    commit = world.server._commit

    def committed(*of):
        made = commit(*of)
        world.server._products[-1]["spec"][field] = value
        return made

    world.server._commit = committed


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (201, {"WITH": 1, "name": "the one poster"}),
        (201, {"WITH": 1, "name": "Product 17"}),
        (200, {"WITH": 1, "productModelId": "model-9"}),
        (200, {"WITH": 1, "name": None}),
        (201, {"id": "ID"}),
        (200, {"data": "PRODUCT"}),
        (200, ["PRODUCT"]),
        (202, {"customerProduct": "PRODUCT"}),
        (500, "PRODUCT"),
        (400, {"message": "oops", "product": "PRODUCT"}),
        (409, {"message": "exists", "id": "ID"}),
    ],
    ids=str,
)
def test_an_id_that_an_answer_told_is_not_forgotten_with_a_doubt(world, status, answer):
    """A new id came with an answer that does not show what was sent; a listing shows it a day later."""
    begin(world, "gelato")
    world.server.lag = DAY
    world.server.misbehave("gelato.create", Odd("otherwise", status=status, body=json.dumps(answer).encode()))
    address = make(world, "gelato")

    told = outcome(world.apply(), address)
    identity = the_only_one(world, "gelato")

    assert (told.result in (Result.IN_DOUBT, Result.FAILED), made(world, "gelato")) == (True, 1)
    for _ in range(3):
        world.clock.pass_by(SETTLE * 2)
        assert world.apply().exit_code in (4, 8)
        assert creates(world) == 1
    world.clock.pass_by(DAY)
    ends_well(world)
    assert (world.entry(address).id, made(world, "gelato"), creates(world)) == (identity, 1, 1)


def test_the_run_that_was_refused_says_what_its_own_look_shows(world):
    """Its last look is for the id of another product, and shows what was refused as well."""
    begin(world, "kakaclo")
    world.server.misbehave("kakaclo.create", Odd("status", commit=True, status=400))
    world.settings["parallelism"] = 1
    address, _ = make(world, "kakaclo"), make(world, "kakaclo", "two")

    told = outcome(world.apply(), address)
    (identity,) = {p["id"] for p in world.server.products("kakaclo")} - set(world.state.owned("kakaclo"))

    assert told.result is Result.FAILED
    assert "Nothing was made" not in told.error
    assert f'this may have been made all the same: KakaClo lists {identity} "The one Tee"' in told.error
    hidden_for_a_day(world, "kakaclo", identity)


@both
def test_a_look_alike_of_a_lost_state_is_seen_and_hidden(world, provider):
    begin(world, provider)
    address = make(world, provider)
    world.server.names = "upper"
    world.apply()
    world.clock.pass_by(LONG)
    lose(world, memory=True)
    world.forgot_orphans = True
    assert "this may be it" in outcome(world.apply(first_contact=True), address).error

    hidden_for_a_day(world, provider, the_only_one(world, provider))
    assert made(world, provider) == 1


@both
def test_what_was_to_be_adopted_is_hidden_before_it_was(world, provider):
    """The run that saw it died before it took it."""
    begin(world, provider)
    address = make(world, provider)
    world.apply()
    world.clock.pass_by(LONG)
    lose(world, memory=True)
    world.forgot_orphans = True
    world.dies(lambda word, what: (word, what) == ("before", "Adopted"))

    hidden_for_a_day(world, provider, the_only_one(world, provider))
    assert address not in world.state.entries
    assert made(world, provider) == 1


@both
def test_a_listing_shows_it_and_breaks_off(world, provider):
    begin(world, provider)
    address = in_doubt(world, provider, made=True)
    listing = {"kakaclo": "kakaclo.search", "gelato": "gelato.list"}[provider]
    world.server.misbehave(listing, None)
    world.server.always(listing, Odd("status", status=500))
    report = world.apply(wait=False)
    assert provider in report.stopped
    world.server.behave()

    in_doubt_until_it_is_listed(world, provider, address, the_only_one(world, provider))


@both
def test_no_more_is_said_of_a_refusal_and_of_what_is_sent_again_than_is_known(world, provider):
    """Both requests have made a product, and no listing shows either of them."""
    begin(world, provider)
    title = {"kakaclo": "KakaClo", "gelato": "Gelato"}[provider]
    refused = make(world, provider, "other")
    address = make(world, provider)
    world.server.always(f"{provider}.create", Odd("status", commit=True, status=400))
    world.server.lag = DAY

    first = world.apply()
    world.clock.pass_by(LONG)
    second = world.apply()

    as_it_says = f"Nothing was made, as far as {title} says; the next apply looks before it sends it again"
    assert as_it_says in outcome(first, address).error
    assert "Nothing was sent twice" in safety_text(first)
    assert "2 creates were sent again: no listing had shown products" in safety_text(second)
    assert outcome(second, refused).error.endswith(as_it_says)


@both
def test_a_refusal_is_told_once_where_what_it_made_is_listed_in_the_same_run(world, provider):
    begin(world, provider)
    refused = make(world, provider)
    later = make(world, provider, "later")
    world.server.misbehave(f"{provider}.create", Odd("status", commit=True, status=400), Odd("cut"))

    report = world.apply()

    told = [outcome(report, address).error for address in (refused, later)]
    assert [error.count("HTTP 400") for error in told if error and "made all the same" in error] == [1]


@both
def test_it_is_hidden_between_two_readings_of_one_look(world, provider):
    """The first reading, of its model, shows it; the second one, of everything, does not."""
    begin(world, provider)
    address = make(world, provider)
    world.server.misbehave(f"{provider}.create", Odd("status", commit=True, status=400))
    world.apply()
    identity = the_only_one(world, provider)
    listing = {"kakaclo": "kakaclo.search", "gelato": "gelato.list"}[provider]
    world.server.forget_requests()
    world.server.misbehave(listing, None, Odd("pass", hook=lambda: world.server.hide(identity, DAY)))

    report = world.apply()

    assert (outcome(report, address).result, world.entry(address).id) == (Result.ADOPTED, identity)
    assert made(world, provider) == 1


@both
def test_a_person_says_that_it_is_nobodys_while_it_is_hidden(world, provider):
    """What was removed is never listed again: the way out does not need it."""
    begin(world, provider)
    address = in_doubt(world, provider, made=True)
    listing = {"kakaclo": "kakaclo.search", "gelato": "gelato.list"}[provider]
    world.server.misbehave(listing, None)
    world.server.always(listing, Odd("status", status=500))
    world.apply(wait=False)
    world.server.behave()
    identity = the_only_one(world, provider)
    hidden_for_a_day(world, provider, identity)
    world.server.remove(identity)

    world.answer(address, None)
    assert world.state.remembered == {}
    world.clock.pass_by(SETTLE)

    ends_well(world)
    assert made(world, provider) == 1


# -- a look without the lock shows it


def refused_though_made(world, provider):
    """A create that was refused, and made all the same; its address and its id."""
    begin(world, provider)
    world.server.names = "upper"
    world.server.misbehave(f"{provider}.create", Odd("status", commit=True, status=400))
    address = make(world, provider)
    world.apply()
    world.clock.pass_by(LONG)
    return address, the_only_one(world, provider)


def files(world):
    return sorted((world.folder / ".podsync" / "remembered").glob("*"))


@both
def test_a_plan_with_refresh_shows_it_and_it_is_hidden(world, provider):
    address, identity = refused_though_made(world, provider)
    before = kept_state(world)
    assert [row.id for row in world.refresh()[provider].questions[address].rows] == [identity]
    assert kept_state(world) == before
    assert [file.stat().st_size > 0 for file in files(world)] == [True]

    world.server.hide(identity, DAY)
    (row,) = world.refresh()[provider].questions[address].rows
    assert (row.id, row.last_listed is not None, len(files(world))) == (identity, True, 1)

    report = hidden_for_a_day(world, provider, identity)
    assert outcome(report, address).result is Result.NOT_TRIED
    assert (list(world.state.remembered[provider]), files(world)) == ([identity], [])
    takes(world, address, identity)
    assert (world.apply().exit_code, made(world, provider)) == (0, 1)


@both
def test_a_plan_with_refresh_finds_what_a_doubt_made_and_it_is_hidden(world, provider):
    """It takes nothing down, neither for the doubt nor for what was acknowledged."""
    begin(world, provider)
    address = in_doubt(world, provider, made=True)
    identity = the_only_one(world, provider)
    assert world.refresh()[provider].found[address].id == identity

    in_doubt_until_it_is_listed(world, provider, address, identity)


@both
def test_a_plan_with_refresh_breaks_off_after_it_was_shown(world, provider):
    begin(world, provider)
    address = in_doubt(world, provider, made=True)
    world.clock.pass_by(LONG)
    listing = {"kakaclo": "kakaclo.search", "gelato": "gelato.list"}[provider]
    world.server.misbehave(listing, None)
    world.server.always(listing, Odd("status", status=500))
    with pytest.raises(UnreadableError):
        world.refresh()
    world.server.behave()

    report = hidden_for_a_day(world, provider, the_only_one(world, provider))
    assert outcome(report, address).result is Result.IN_DOUBT


@both
def test_the_state_is_lost_between_plan_and_apply(world, provider):
    """A row was listed, whatever has become of the state since: a file belongs to the account."""
    address, identity = refused_though_made(world, provider)
    world.refresh()
    lose(world)
    world.forgot_orphans = True

    report = hidden_for_a_day(world, provider, identity)
    assert outcome(report, address).result is Result.NOT_TRIED


@both
def test_an_apply_dies_before_it_has_recorded_what_a_plan_has_shown(world, provider):
    _, identity = refused_though_made(world, provider)
    world.refresh()
    world.dies(at("before", "compact"))
    assert len(files(world)) == 1

    hidden_for_a_day(world, provider, identity)
    assert files(world) == []


@both
def test_what_the_state_has_answered_since_is_not_asked_again(world, provider):
    """The file comes from a backup of the folder, or from a run that died before it had removed it."""
    address, identity = refused_though_made(world, provider)
    world.refresh()
    older = {file: file.read_bytes() for file in files(world)}
    world.apply()
    takes(world, address, identity)
    for file, data in older.items():
        file.write_bytes(data)
    world.server.hide(identity, DAY)

    assert not world.refresh()[provider].questions
    make(world, "gelato" if provider == "kakaclo" else "kakaclo", "two")
    world.apply()
    assert (provider in world.state.remembered, files(world)) == (False, [])


def test_a_row_that_is_just_what_another_one_was_refused_is_no_others_likely_one(world):
    """Nothing is known of this account's pictures yet, and the other one of that name is in review."""
    refused, other = world.tee("one", enName="Tee"), world.tee("two", enName="Tee")
    world.settings["parallelism"] = 1
    world.server.lag = DAY
    world.server.misbehave(
        "kakaclo.create",
        Odd("status", commit=True, status=400),
        Odd("pass", hook=lambda: world.server.products("kakaclo")[0].update(lag=0.0)),
    )

    world.apply()
    first, second = (p["id"] for p in world.server.products("kakaclo"))
    world.clock.pass_by(LONG)
    world.apply()

    assert world.entry(other).id is None
    assert creates(world) == 2
    world.clock.pass_by(2 * DAY)
    ends_well(world)
    assert (world.entry(refused).id, world.entry(other).id) == (first, second)
    assert creates(world) == 2


@both
@pytest.mark.parametrize("others", [True, False], ids=["beside others", "alone"])
def test_what_was_removed_before_a_listing_showed_it_has_a_way_out_of_a_listing_that_is_never_whole(
    world, provider, others
):
    if others:
        begin(world, provider)
    address = make(world, provider)
    world.server.lag = DAY
    world.apply(wait=False)
    world.server.remove(the_only_one(world, provider))
    more = itertools.count(3)
    world.server.total = lambda rows, _page: rows + next(more)
    world.clock.pass_by(2 * DAY)

    told = outcome(world.apply(), address)

    assert told.result is Result.IN_DOUBT
    assert "does not list it, and what it lists is not whole" in told.error
    assert f"b) somebody has removed it there: podsync state rm {address}, then: podsync apply" in told.next
