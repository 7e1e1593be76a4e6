"""Rules of the protocol, one test each; `tests/PROTOCOL.md` says which test stands for which rule."""

from __future__ import annotations

import re

import pytest

from podsync.apply.rate_limit import Bucket
from podsync.apply.report import Result
from podsync.evidence.ages import SEND_SECONDS
from podsync.model.address import Address, Selection
from podsync.model.errors import ProtectedError, UsageError
from podsync.model.frozen import thaw
from podsync.state.events import Disowned
from podsync.state.operations import SettleAnswer, settle
from podsync.state.reducer.reducer import replay
from tests.apply.evidence import LONG, advice, begin, kept_state, put_back
from tests.apply.test_schedules import creates, lose, names, outcome, renamed
from tests.apply.vendor_server import Odd
from tests.apply.world import SETTLE, TIMEOUT, Life, MortalStore, Stop, at
from tests.products import poster_spec, tee_spec

TEE, POSTER = Address("designed_product", "tee"), Address("customer_product", "poster")
REFUSED = Odd("code", status=20001)
REFUSED_AND_MADE = Odd("code", commit=True, status=20001)


# -- step 4: 409 is a doubt, and one that is not simply sent again


@pytest.mark.parametrize("provider", ["kakaclo", "gelato"])
def test_after_a_409_nothing_is_sent_again_in_the_same_apply(world, provider):
    """Nothing like it is listed, settled or not: what is in the way is for a person to look at."""
    begin(world, provider)
    before = creates(world)
    address = world.tee() if provider == "kakaclo" else world.poster()
    world.server.misbehave(f"{provider}.create", Odd("status", status=409))

    report = world.apply()

    assert outcome(report, address).result is Result.FAILED
    assert "something like it exists, and is not listed" in outcome(report, address).error
    assert (creates(world) - before, report.exit_code) == (1, 4)
    assert address not in world.state.entries
    world.settle()


def test_a_name_that_a_product_has_which_nothing_lists_has_a_way_out(world):
    """That nothing was made is true each time, and leads to the same answer: another name does not."""
    begin(world, "gelato")
    world.server.unique_names = True
    theirs = world.server.by_hand("gelato", thaw(world.documents[world.poster()].spec))
    world.server.hide(theirs, 1000 * LONG)
    told = []
    for _ in range(3):
        told.append(outcome(world.apply(), POSTER))
        world.clock.pass_by(LONG)
        if told[-1].result is Result.IN_DOUBT:
            world.answer(POSTER, None)
    assert [each.result for each in told] == [Result.FAILED, Result.IN_DOUBT, Result.IN_DOUBT]
    assert told[0].next == (
        "look at Gelato's web page: if that shows one of its name, choose another name; else apply later",
    )
    *_, other = told[-1].next
    assert other.endswith(
        "it shows another one of that name, or this question came before: change name in the document, then: "
        f"podsync state settle {POSTER} --not-created"
    )
    world.poster(name="Another")

    assert outcome(world.apply(), POSTER).result is Result.CREATED

    assert len(world.server.products("gelato")) == 3
    world.settle()


# -- step 4: what was refused is not sent again at once, whatever the document is called meanwhile


def test_a_refused_body_is_not_sent_again_under_another_address(world):
    world.tee()
    world.server.lag = 60
    world.server.misbehave("kakaclo.create", REFUSED_AND_MADE)
    world.apply()
    product = world.delete(TEE)
    address = world.tee("other", **product.spec)

    first, second = world.apply(wait=False), world.apply()

    assert outcome(first, address).result is Result.NOT_TRIED
    assert outcome(second, address).result is Result.ADOPTED
    assert creates(world) == 1


def test_a_refused_body_under_another_address_is_a_question_where_pictures_are_rehosted(world):
    begin(world, "kakaclo")
    world.tee()
    world.server.rehost, world.server.lag = True, 60
    world.server.misbehave("kakaclo.create", REFUSED_AND_MADE)
    world.apply()
    product = world.delete(TEE)
    address = world.tee("other", **product.spec)

    report = world.apply()

    assert outcome(report, address).result is Result.NOT_TRIED
    assert creates(world) == 1


def test_a_refused_body_is_not_sent_again_after_another_one_was_refused(world):
    world.tee()
    world.server.lag = 60
    world.server.misbehave("kakaclo.create", REFUSED_AND_MADE, REFUSED)
    world.apply()
    world.tee(enName="Another")
    between = world.apply()
    world.tee()

    report = world.apply()

    # The first body may have been made: a new row fits it, and nothing is made beside it.
    assert outcome(between, TEE).result is Result.NOT_TRIED
    assert outcome(report, TEE).result is Result.ADOPTED
    assert creates(world) == 1


def test_an_edited_body_is_not_made_beside_what_the_refused_one_may_have_made(world):
    world.tee()
    world.server.lag = 60
    world.server.misbehave("kakaclo.create", REFUSED_AND_MADE)
    world.apply()
    world.tee(enName="Another")

    first, second = world.apply(wait=False), world.apply()

    assert [outcome(each, TEE).result for each in (first, second)] == [Result.NOT_TRIED] * 2
    assert creates(world) == 1


# -- step 3: the state is new or lost


@pytest.mark.parametrize("names_are", ["trim", "cut:8"])
@pytest.mark.parametrize("make", ["tee", "poster"])
def test_a_name_that_was_trimmed_or_cut_is_asked_about_when_the_state_is_lost(world, make, names_are):
    """Nothing is made beside it, in no later apply either, whatever flags are given."""
    world.server.names, world.server.rehost = names_are, True
    write = getattr(world, make)
    address = write(**{"enName" if make == "tee" else "name": "A  Thing with a long name"})
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    lose(world, copy=True)

    reports = world.apply(), world.apply(), world.apply(first_contact=True)

    assert [outcome(each, address).result for each in reports] == [Result.NOT_TRIED] * 3
    assert any("podsync import" in line for line in advice(reports[-1]))
    assert creates(world) == 1


def test_what_a_newer_state_made_by_request_is_asked_about_by_an_older_one(world):
    """`--replace` takes nothing that is equal; what may be ours and unknown it does not make again either."""
    address, selecting = world.tee(), {"selection": Selection(replace=("designed_product.tee",))}
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    before = kept_state(world)
    world.apply(selecting=selecting)
    (new,) = {p["id"] for p in world.server.products("kakaclo")} - {world.state.orphans[0].id}
    world.clock.pass_by(2 * SETTLE)
    put_back(world.folder, before)

    asked = outcome(world.apply(selecting=selecting), address)

    assert asked.result is Result.NOT_TRIED
    assert asked.next[0].endswith(f"podsync import {address} {new}")
    assert creates(world) == 2


def test_another_model_or_customer_with_the_beginning_of_a_name_is_no_question(world):
    world.server.by_hand("gelato", {**poster_spec("x"), "name": "A Thing", "productModelId": "another"})
    world.server.by_hand("gelato", {**poster_spec("x"), "name": "A Th", "customerIds": ["customer-2"]})
    twin = world.poster("twin")
    world.server.by_hand("gelato", dict(world.documents[twin].spec))
    address = world.poster(name="A Thing of some length")

    report = world.apply(first_contact=True)

    assert outcome(report, twin).result is Result.ADOPTED
    assert outcome(report, address).result is Result.CREATED


@pytest.mark.parametrize("memory", [False, True], ids=["remembered", "not remembered"])
def test_a_maybe_is_asked_about_again_in_the_next_apply(world, memory):
    """The state is not whole yet because something else was adopted."""
    world.tee("other")
    world.apply()
    world.server.rehost = True
    world.tee()
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    lose(world, memory=memory, copy=not memory)
    first = world.apply()
    world.clock.pass_by(2 * SETTLE)

    second = world.apply()

    assert [outcome(each, TEE).result for each in (first, second)] == [Result.NOT_TRIED] * 2
    assert creates(world) == 2


def test_a_lost_state_stays_so_for_what_a_selection_left_out(world):
    other = world.tee("other")
    world.apply()
    world.server.rehost = True
    world.tee()
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    lose(world, copy=True)
    world.apply(selecting={"selection": Selection(targets=(str(other),))})

    report = world.apply()

    assert outcome(report, TEE).result is Result.NOT_TRIED
    assert creates(world) == 2


@pytest.mark.parametrize("make", ["tee", "poster"])
def test_state_rm_refuses_what_was_made_and_no_listing_has_shown_yet(world, make):
    """Forgotten now, it could be made twice."""
    world.server.lag = 60
    address = getattr(world, make)()
    world.apply(wait=False)

    with pytest.raises(ProtectedError, match="no listing has shown it yet"):
        world.forget(address)

    world.settle()
    assert creates(world) == 1


def test_what_state_rm_forgot_long_ago_and_a_person_removed_is_made_without_waiting(world):
    world.tee("other")
    world.tee()
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    world.server.remove(world.entry(TEE).id)
    world.forget(TEE)
    began = world.clock.passed

    report = world.apply()

    assert outcome(report, TEE).result is Result.CREATED
    assert world.clock.passed - began < SETTLE / 10


def whole_readings(world):
    """How often everything at KakaClo was read from its first page on."""
    bodies = [seen.body for seen in world.server.sent("kakaclo.search")]
    return sum(body["pageNumber"] == 1 and not body.keys() & {"modelCodes", "spus"} for body in bodies)


@pytest.mark.parametrize("there", ["something new", "all that is wanted"])
def test_a_lost_state_waits_before_everything_is_read(world, there):
    """Once, not before the wait and after it; where all is adopted nothing is waited for."""
    world.tee()
    world.apply()
    lose(world)
    if there == "something new":
        world.tee("new")
    world.server.forget_requests()
    began = world.clock.passed

    report = world.apply()

    assert report.exit_code == 0
    assert outcome(report, TEE).result is Result.ADOPTED
    assert whole_readings(world) == 1
    assert (world.clock.passed - began >= SETTLE) is (there == "something new")


# -- step 2: what a doubt ends with may stand in the way of what no plan could set against it


@pytest.mark.parametrize("lag", [0, 60], ids=["seen at once", "seen later"])
def test_a_new_document_does_not_take_the_name_that_a_doubt_turns_out_to_have(world, lag):
    world.server.lag = lag
    gone = world.poster("gone", name="A")
    world.dies(at("after", "POST"))
    world.delete(gone)
    address = world.poster("new", name="A", productModelId="another", doc={"moved": ()})

    report = world.apply()

    assert outcome(report, address).result is Result.NOT_TRIED
    assert names(world, "gelato") == ["A"]
    assert {d.rule for d in world.plan().diagnostics} >= {"name-taken"}


def test_a_new_document_takes_the_name_of_a_doubt_that_was_not_made(world):
    begin(world, "gelato")
    gone = world.poster("gone", name="A")
    world.dies(at("before", "POST"))
    world.delete(gone)
    address = world.poster("new", name="A", productModelId="another", doc={"moved": ()})

    assert outcome(world.apply(), address).result is Result.CREATED

    world.settle()


@pytest.mark.parametrize("kept", [True, False], ids=["an entry's", "an orphan's"])
def test_a_document_edited_while_in_doubt_does_not_take_a_name_that_is_held(world, kept):
    holder = world.poster("holder", name="A")
    world.apply()
    address = world.poster("doubt", name="B")
    world.dies(at("before", "POST"))
    if kept:
        world.poster("holder", name="C", doc={"renamed_from": "A"})
        world.server.misbehave("gelato.update", Odd("status", status=400))
    else:
        world.delete(holder)
    world.poster("doubt", name="A", productModelId="another")

    report = world.apply()

    assert outcome(report, address).result is Result.NOT_TRIED
    assert names(world, "gelato") == ["A"]


def test_a_document_edited_while_in_doubt_does_not_make_what_exists_elsewhere(world):
    world.tee("holder")
    world.apply()
    taken = world.documents[Address("designed_product", "holder")].spec
    world.tee("doubt")
    world.dies(at("before", "POST"))
    world.tee("holder", enName="Else")
    world.server.misbehave("kakaclo.create", REFUSED)
    world.tee("doubt", **{**taken, "colorValue": "#000000"})

    world.apply()

    assert names(world, "kakaclo") == ["The holder Tee"]


def test_a_document_renamed_and_edited_while_in_doubt_has_to_say_so(world):
    """As it would have to if its product were known: what is in doubt without a document may exist."""
    world.tee()
    world.dies(at("after", "POST"))
    product = world.delete(TEE)
    world.tee("renamed", **{**product.spec, "colorValue": "#000000"})

    refused = world.apply()
    world.tee("renamed", doc={"moved": ("tee",)}, **{**product.spec, "colorValue": "#000000"})
    report = world.apply()

    assert refused.refused
    assert outcome(report, Address("designed_product", "renamed")).result is Result.SETTLED
    assert creates(world) == 1


# -- step 6: updates


@pytest.mark.parametrize("theirs", [["customer-2"], ["*"]], ids=["one", "everybody"])
def test_a_customer_is_not_given_a_second_product_of_one_name(world, theirs):
    begin(world, "gelato")
    foreign = {**poster_spec("poster"), "customerIds": ["customer-2"]}
    world.server.by_hand("gelato", foreign)
    world.poster()
    world.apply()
    world.poster(customerIds=["customer-1", *theirs])

    report = world.apply()

    assert outcome(report, POSTER).result is Result.FAILED
    assert world.server.sent("gelato.update") == []


def test_what_is_not_ours_keeps_its_name_all_the_same(world):
    """That it is nobody's here says nothing to an order: it could still not tell the two apart."""
    begin(world, "gelato")
    theirs = world.server.by_hand("gelato", poster_spec("poster", productModelId="another"))
    disowned(world, "gelato", theirs)
    world.poster()
    sent = len(world.server.sent("gelato.create"))

    told = outcome(world.apply(), POSTER)

    assert told.result is Result.FAILED
    assert theirs in told.error
    assert "choose another name, or rename or remove the other product by hand" in told.next
    assert len(world.server.sent("gelato.create")) == sent

    world.poster(name="A name of its own")
    assert outcome(world.apply(), POSTER).result is Result.CREATED


def disowned(world, provider, *ids):
    """A person says that nobody here manages them."""
    store = world._store(Life())
    event = Disowned(provider, world.clock.now(), ids)
    with store.lock("import", 0.0):
        state = store.load()
        store.append([event])
        store.compact(replay(state, [event]))


def test_a_customer_who_leaves_needs_a_look_at_that_product_alone(world):
    """What somebody may have changed there is not overwritten unseen; what was changed is read back."""
    world.poster(customerIds=["customer-1", "customer-2"])
    world.apply()
    world.poster()
    before = len(world.server.sent("gelato.list"))

    assert outcome(world.apply(), POSTER).result is Result.UPDATED

    looks = world.server.sent("gelato.list")[before:]
    assert [look.query.get("customerProductIds") for look in looks] == [world.entry(POSTER).id] * 2


def test_nobody_takes_a_name_that_an_update_in_doubt_may_have_taken(world):
    """The document went back to its name, and another one wants the name meanwhile."""
    world.poster()
    world.apply()
    renamed(world, "Q")
    cut = Odd("cut", commit=True)
    world.server.misbehave("gelato.update", cut, cut, cut)
    world.apply()
    world.poster(doc={"renamed_from": "Q"})
    other = world.poster("other", name="Q", productModelId="another")
    world.server.misbehave("gelato.update", Odd("status", status=400))

    report = world.apply()

    assert outcome(report, other).result is Result.NOT_TRIED
    assert names(world, "gelato") == ["Q"]
    world.settle()


def in_doubt_and_removed(world):
    """An update in doubt; then a person removes the product on the web page."""
    world.poster("other")
    world.poster()
    world.apply()
    renamed(world)
    world.dies(at("before", "PATCH"))
    world.clock.pass_by(2 * TIMEOUT)
    identity = world.entry(POSTER).id
    world.server.remove(identity)
    return identity


def test_an_update_in_doubt_whose_product_is_gone_names_the_answers(world):
    identity = in_doubt_and_removed(world)

    report = world.apply()

    assert outcome(report, POSTER).result is Result.IN_DOUBT
    settle = f"podsync state settle {POSTER}"
    effect, none = outcome(report, POSTER).next
    assert effect == f"a) it took effect: {settle} --adopt {identity}"
    words = r"b\) it did not, which can be said from [0-9:]{8} UTC on: "
    assert re.fullmatch(f"{words}{re.escape(settle)} --not-created", none)


def test_an_update_in_doubt_whose_product_is_gone_can_be_settled_forgotten_and_made_anew(world):
    in_doubt_and_removed(world)
    world.apply()

    world.settled(SettleAnswer(POSTER, None))
    failed = world.apply()
    world.forget(POSTER)
    report = world.apply()

    assert f"podsync state rm {POSTER}" in outcome(failed, POSTER).next[0]
    assert outcome(report, POSTER).result is Result.CREATED
    assert names(world, "gelato") == ["The other Poster", "Q"]


def test_a_person_says_that_an_update_took_effect(world):
    world.poster()
    world.apply()
    renamed(world)
    world.dies(at("after", "PATCH"))

    world.settled(SettleAnswer(POSTER, "cp-" + world.entry(POSTER).id))

    assert (world.entry(POSTER).spec["name"], world.entry(POSTER).pending) == ("Q", None)
    assert world.plan().work == ()


def test_an_answer_about_an_update_holds_for_those_before_it(world):
    """The name was sent, then the customers; nobody knows what became of either."""
    world.poster()
    world.apply()
    renamed(world)
    world.dies(at("after", "PATCH"))
    world.poster(doc={"renamed_from": "Q"}, customerIds=["customer-1", "customer-2"])
    world.clock.pass_by(2 * TIMEOUT)
    world.dies(at("after", "PATCH"))
    assert world.entry(POSTER).pending.earlier

    world.settled(SettleAnswer(POSTER, None))

    assert world.entry(POSTER).pending is None


def test_a_person_says_of_an_account_that_lists_nothing_that_a_refusal_hid_no_product(world):
    world.poster()
    world.server.misbehave("gelato.create", Odd("status", status=422))
    world.apply()
    world.delete(POSTER)
    with pytest.raises(ProtectedError, match="may still show up"):
        settle(world.state, [SettleAnswer(POSTER, None)], world.clock.now(), {"gelato": SETTLE}, str)
    world.clock.pass_by(3 * SETTLE)
    world.apply()
    assert world.plan().unwanted == {"gelato": (POSTER,)}

    world.settled(SettleAnswer(POSTER, None))

    assert (world.state.refusals, world.plan().unwanted) == ({}, {})
    asked = len(world.server.sent("gelato.list"))
    assert world.apply().outcomes == ()
    assert len(world.server.sent("gelato.list")) == asked


def refused(world, *, made, lag=0.0):
    """A create was refused, and its document is gone; another product is known."""
    world.poster("kept")
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    world.server.lag = lag
    world.poster()
    world.server.misbehave("gelato.create", Odd("status", commit=made, status=422))
    world.apply()
    world.delete(POSTER)


def test_what_a_refusal_made_and_no_document_wants_is_waited_for_and_asked_about(world):
    """As the doubt of a document that is gone: what is listed late is not forgotten."""
    refused(world, made=True, lag=SETTLE / 2)
    early = world.apply(wait=False)
    began = world.clock.passed

    report = world.apply()

    (made,) = [p["id"] for p in world.server.products("gelato") if "kept" not in str(p["spec"])]
    assert (early.exit_code, report.exit_code) == (8, 8)
    assert "may be listed yet" in outcome(early, POSTER).error
    assert made in outcome(report, POSTER).error
    assert SETTLE / 3 < world.clock.passed - began <= SETTLE


def test_a_refusal_that_made_nothing_and_no_document_wants_is_over_once_a_listing_would_show_it(world):
    refused(world, made=False)
    began = world.clock.passed

    report = world.apply()

    assert (report.exit_code, world.state.refusals) == (0, {})
    assert SETTLE - 1 <= world.clock.passed - began < SETTLE + TIMEOUT


@pytest.mark.parametrize("clock", [0.0, -365 * 86400.0], ids=["", "a year back"])
def test_where_no_listing_tells_of_a_refusal_that_no_document_wants_a_person_is_asked(world, clock):
    """The account lists nothing. The run waits by its own clock: what it prints can be done at once."""
    world.poster()
    world.server.misbehave("gelato.create", Odd("status", status=422))
    world.apply()
    world.delete(POSTER)
    world.clock.moved = clock

    report = world.apply()
    again = len(world.server.sent("gelato.list"))
    asked = world.apply(wait=False)

    assert (report.exit_code, asked.exit_code) == (8, 8)
    assert "lists nothing at all" in outcome(report, POSTER).error
    assert outcome(report, POSTER).next == outcome(asked, POSTER).next
    assert [line[:2] for line in outcome(report, POSTER).next] == ["a)", "b)", "c)"]
    assert len(world.server.sent("gelato.list")) - again <= 2
    world.settled(SettleAnswer(POSTER, None))
    assert world.apply().exit_code == 0


def test_another_id_is_no_answer_to_an_update_in_doubt(world):
    world.poster()
    world.apply()
    renamed(world)
    world.dies(at("after", "PATCH"))

    with pytest.raises(UsageError, match="is not the product of"):
        world.settled(SettleAnswer(POSTER, "another"))


# -- step 5: ids that are not known yet


def test_what_has_no_id_yet_is_replaced_and_both_ids_become_known(world):
    world.tee()
    world.server.lag = 120
    world.apply(wait=False)
    world.tee(enName="Second")

    world.apply()

    (orphan,) = world.state.orphans
    ids = {p["spec"]["enName"]: p["id"] for p in world.server.products("kakaclo")}
    assert (orphan.id, world.entry(TEE).id) == (ids["The tee Tee"], ids["Second"])
    world.settle()


def test_what_has_no_id_yet_is_orphaned_and_taken_back(world):
    world.tee()
    world.server.lag = 120
    world.apply(wait=False)
    product = world.delete(TEE)
    world.apply(wait=False)
    world.tee(**product.spec)

    world.apply()

    assert creates(world) == 1
    assert world.state.orphans == ()
    world.settle()


def test_several_equal_ones_after_a_create_are_reported_and_none_is_taken(world):
    """Another state, or a person, made the same one in the same window."""
    world.tee()
    world.server.lag = 60
    world.server.misbehave(
        "kakaclo.create", Odd("pass", hook=lambda: world.server.by_hand("kakaclo", tee_spec("tee")))
    )

    world.apply()

    ids = [p["id"] for p in world.server.products("kakaclo")]
    assert world.entry(TEE).id is None
    world.clock.pass_by(2 * SETTLE)
    report = world.apply()
    told = outcome(report, TEE)
    assert (report.exit_code, told.result) == (8, Result.IN_DOUBT)
    assert "several products" in told.error
    assert [line[:3] for line in told.next] == ["a) ", "b) ", "c) "]
    assert all(f"podsync import {TEE} {i}" in line for i, line in zip(ids, told.next, strict=False))
    assert creates(world) == 1


def test_two_equal_ones_are_never_called_unlisted(world):
    """Around `settle_seconds` and the end of the window after them it is a wait or a question."""
    world.tee()
    world.server.misbehave(
        "kakaclo.create", Odd("pass", hook=lambda: world.server.by_hand("kakaclo", tee_spec("tee")))
    )
    world.apply(wait=False)
    codes = []
    world.clock.pass_by(SETTLE - TIMEOUT / 2)

    for _ in range(4):
        world.clock.pass_by(TIMEOUT / 2)
        report = world.apply(wait=False)
        codes.append(report.exit_code)
        told = [*report.notes, *(each.error or "" for each in report.outcomes)]
        assert not any("does not list" in each for each in told)

    assert codes[-1] == 8
    assert codes == sorted(codes)


# -- what people type


def test_a_doubt_elsewhere_keeps_a_target_that_looks_like_it_waiting(world):
    """No create is sent while an Intent of whatever address cannot be told from it."""
    begin(world, "kakaclo")
    world.tee()
    world.dies(at("before", "POST"))
    twin = world.tee("twin", doc={"moved": ()}, **{**tee_spec("tee"), "colorValue": "#000000"})
    began = world.clock.passed

    report = world.apply(selecting={"selection": Selection(targets=(str(twin),))})

    assert outcome(report, twin).result is Result.CREATED
    assert world.clock.passed - began >= SETTLE
    assert creates(world) == 2


def test_the_limit_counts_a_doubt_that_is_made_anew(world):
    begin(world, "kakaclo")
    world.tee("a")
    world.dies(at("before", "POST"))
    for name in "bcd":
        world.tee(name)

    world.apply(limit=1)

    assert creates(world) == 1


def test_the_key_is_refused_in_the_middle_while_others_are_on_their_way(world):
    """What was on its way and got no answer is in doubt; nothing else is."""
    for number in range(4):
        world.tee(f"t{number}")
    world.server.misbehave(
        "kakaclo.create", Odd("cut", commit=True), Odd("status", status=401), Odd("cut", commit=True)
    )

    report = world.apply()

    assert report.exit_code == 9
    doubts = [e for e in world.state.entries.values() if e.pending]
    assert len(doubts) == sum(o.result is Result.IN_DOUBT for o in report.outcomes) <= 2
    world.settle()


def test_a_doubt_whose_answer_a_person_gave_is_not_asked_about_again(world):
    world.tee()
    world.dies(at("after", "POST"))
    world.settled(SettleAnswer(TEE, world.server.products("kakaclo")[0]["id"]))

    assert world.apply().outcomes == ()
    assert creates(world) == 1


def test_whoever_waited_for_the_rate_sends_nothing_once_the_run_has_to_stop(world, monkeypatch):
    world.tee()
    stop = Stop()

    class Slow(Bucket):
        def take(self):
            super().take()
            if world.server.sent("kakaclo.search"):  # this one is for the create
                stop.signal = 2

    monkeypatch.setattr("tests.apply.world.Bucket", Slow)

    assert world.apply(stop=stop).exit_code == 130

    assert creates(world) == 0
    assert world.state.entries == {}


# -- the window of an Intent


def test_a_holder_of_a_shared_store_may_live_until_send_before(world, monkeypatch):
    """Its request may leave so many seconds after its lock was lost: nothing is settled before that."""
    begin(world, "kakaclo")
    world.server.date_header = False
    world.tee()
    world.dies(at("before", "POST"))
    monkeypatch.setattr(MortalStore, "shared", True)
    began = world.clock.passed

    world.apply()

    assert world.clock.passed - began >= SEND_SECONDS + TIMEOUT + SETTLE
    assert creates(world) == 1


def test_each_send_has_an_intent_of_its_own(world):
    world.tee()
    world.server.misbehave("kakaclo.create", *[Odd("status", status=429)] * 2)
    intents = []

    world.apply(dies=lambda word, what: intents.append(word) if what == "Intent" else None)

    assert intents == ["before", "after"] * 3


def test_requests_leave_only_after_their_intent_is_durable(world):
    world.tee()
    world.poster()
    happened = []

    def listen(word, what):
        if word == "after" and (what == "Intent" or what.startswith("POST")):
            happened.append(what.split()[0])

    world.settings["parallelism"] = 1
    world.apply(dies=listen)

    assert sorted(happened) == ["Intent", "Intent", "POST", "POST"]
    assert happened[0] == "Intent"
    assert happened[-1] == "POST"


# -- steps 3 and 5: what is asked of the listing


def test_the_wanted_models_are_read_in_one_call_however_many_are_made(world):
    asked = {}
    for count in (1, 30):
        world.tee(f"first-{count}")
        world.apply()
        world.clock.pass_by(2 * SETTLE)
        world.server.forget_requests()
        for number in range(count):
            world.tee(f"t{count}-{number}", modelId=str(1 + number % 2))
        world.apply()
        seen = [each.operation for each in world.server.requests]
        asked[count] = seen[: seen.index("kakaclo.create")].count("kakaclo.search")

    assert asked[30] <= asked[1] + 1


def test_what_has_no_id_yet_is_a_note_and_the_next_apply_binds_it_though_nothing_changed(world):
    world.tee()
    world.server.lag = 60

    first = world.apply(wait=False)
    planned = world.plan()
    world.clock.pass_by(60)
    world.apply()

    assert first.exit_code == 0
    assert any("not confirmed by a listing yet" in note for note in first.notes)
    assert (planned.work, dict(planned.unbound)) == ((), {"kakaclo": 1})
    assert world.entry(TEE).id == world.server.products("kakaclo")[0]["id"]
    assert creates(world) == 1


def test_what_is_not_listed_long_after_it_was_made_is_told_and_not_waited_for(world):
    world.tee()
    world.server.lag = 1000 * SETTLE
    world.apply(wait=False)
    world.clock.pass_by(2 * SETTLE)
    began = world.clock.passed

    report = world.apply()

    assert world.clock.passed - began < SETTLE / 10
    told = outcome(report, TEE)
    assert (report.exit_code, report.counts[Result.IN_DOUBT]) == (8, 1)
    assert "does not list it" in told.error
    assert [line[:3] for line in told.next] == ["a) ", "b) "]
    assert f"podsync state rm {TEE}" in told.next[1]
    assert creates(world) == 1


def test_a_clock_that_was_set_back_makes_nobody_wait_longer(world):
    world.tee()
    world.server.lag = 1000 * SETTLE
    world.apply(wait=False)
    world.clock.moved = -10 * SETTLE
    began = world.clock.passed

    world.apply()

    assert SETTLE <= world.clock.passed - began < 1.5 * SETTLE


@pytest.mark.parametrize(("rehost", "word"), [(False, "kept"), (True, "changed")])
def test_how_pictures_are_listed_is_kept_with_its_proof(world, rehost, word):
    world.server.rehost = rehost
    world.tee()

    world.apply()
    world.clock.pass_by(2 * SETTLE)
    world.tee("second")
    world.apply()

    (observed,) = world.state.observed["kakaclo"].values()
    told = observed["pictures"]["cdn.example.com"]["imageUrl"]
    assert told["is"] == word
    assert told["proof"] in {p["id"] for p in world.server.products("kakaclo")}


# -- what people type about a doubt


def test_an_orphans_id_is_no_answer_to_a_doubt(world):
    world.tee("gone")
    world.apply()
    world.delete(Address("designed_product", "gone"))
    world.apply()
    world.tee()
    world.dies(at("before", "POST"))

    with pytest.raises(UsageError, match=r"belongs to designed_product\.gone already"):
        world.settled(SettleAnswer(TEE, world.state.orphans[0].id))
