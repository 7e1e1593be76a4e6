"""Every action of the contract, and every protection, through planner and engine."""

from __future__ import annotations

import itertools

import pytest

from podsync.apply.report import Result
from podsync.model.address import Address, Selection
from podsync.model.product import Lifecycle
from podsync.model.settings import Limits
from podsync.plan.action import Action
from podsync.state.events import Missed
from tests.apply.evidence import begin
from tests.apply.vendor_server import Odd
from tests.apply.world import KEYS, OTHER_GELATO_KEY, OTHER_KAKACLO_KEY, SETTLE, Life, at, changed
from tests.products import poster_spec, tee_spec

TEE, POSTER = Address("designed_product", "tee"), Address("customer_product", "poster")
WRITES = ("kakaclo.create", "gelato.create", "gelato.update")
REFUSED = 5


def results(report):
    return {str(o.address): o.result for o in report.outcomes}


def only(report):
    (outcome,) = report.outcomes
    return outcome


def rules(world):
    return {d.rule for d in world.plan().diagnostics if d.severity == "error"}


def actions(world):
    return [c.action for c in world.plan().work]


def test_create_both(world):
    world.tee()
    world.poster()

    report = world.apply()

    assert results(report) == {str(TEE): Result.CREATED, str(POSTER): Result.CREATED}
    assert [s.body for s in world.server.sent("kakaclo.create")] == [tee_spec("tee")]
    assert [s.body for s in world.server.sent("gelato.create")] == [poster_spec("poster")]
    assert {o.id for o in report.outcomes} == {world.entry(TEE).id, world.entry(POSTER).id}
    world.settle()


def test_nothing_to_do_asks_nobody(world):
    world.tee()
    world.apply()
    count = len(world.server.requests)

    assert world.apply().outcomes == ()
    assert len(world.server.requests) == count


def test_move_sends_nothing(world):
    world.tee()
    world.apply()
    product, count = world.delete(TEE), len(world.server.requests)
    address = world.tee("renamed", **product.spec)
    identity = world.entry(TEE).id

    assert only(world.apply()).result is Result.MOVED
    assert len(world.server.requests) == count
    assert world.entry(address).id == identity
    world.settle()


def test_a_declared_move_with_an_edit_is_one_replace(world):
    world.tee()
    world.apply()
    world.delete(TEE)
    world.tee("renamed", doc={"moved": ("tee",)}, colorValue="#000000")

    assert only(world.apply()).result is Result.REPLACED
    assert len(world.state.orphans) == 1
    world.settle()


def test_an_undeclared_move_with_an_edit_is_refused(world):
    world.tee()
    world.apply()
    product = world.delete(TEE)
    world.tee("renamed", **{**product.spec, "colorValue": "#000000"})

    assert rules(world) == {"looks-like-a-rename"}
    assert world.apply().refused


def test_note_sends_nothing(world):
    world.tee()
    world.apply()
    count = len(world.server.requests)
    world.tee(doc={"labels": {"season": "spring"}, "lifecycle": Lifecycle(prevent_orphan=True)})

    assert only(world.apply()).result is Result.NOTED
    assert len(world.server.requests) == count
    assert world.entry(TEE).labels == {"season": "spring"}
    world.settle()


def test_nobody_is_told_to_say_that_an_orphan_is_gone_where_the_run_has_found_it_out(world):
    """It was missed before; its listing can be read whole only while another create is waited for."""
    world.tee()
    kept = world.tee("kept")
    world.apply()
    identity = world.entry(TEE).id
    document = world.delete(TEE)
    world.apply()
    world.server.remove(identity)
    store = world._store(Life())
    with store.lock("state orphans", 0.0):
        store.append([Missed("kakaclo", world.clock.now(), world.clock.now(), (identity,))])
    world.clock.pass_by(SETTLE * 2)
    world.documents[TEE] = document
    other = world.tee("other")
    world.server.misbehave("kakaclo.create", Odd("cut", commit=False))
    flawed = itertools.count(1)
    world.server.total = lambda rows, _page: rows + next(flawed)
    world.clock.after(20, lambda: setattr(world.server, "total", lambda rows, _page: rows))

    report = world.apply()

    told = {outcome.address: outcome for outcome in report.outcomes}
    assert world.state.orphans == ()
    assert (told[TEE].result, told[TEE].next) == (Result.NOT_TRIED, ())
    assert told[other].result is Result.CREATED
    assert kept in world.state.entries


@pytest.mark.parametrize("make", ["tee", "poster"])
def test_orphan_then_restore_sends_nothing(world, make):
    address = getattr(world, make)()
    world.apply()
    identity = world.entry(address).id
    world.delete(address)

    assert only(world.apply()).result is Result.ORPHANED
    getattr(world, make)()
    assert only(world.apply()).result is Result.RESTORED

    assert world.entry(address).id == identity
    assert world.state.orphans == ()
    assert len(world.server.sent(*WRITES)) == 1
    world.settle()


def test_an_orphan_is_taken_by_an_equal_document_of_another_name(world):
    world.tee()
    world.apply()
    product = world.delete(TEE)
    world.apply()
    address = world.tee("renamed", **product.spec)

    assert only(world.apply()).result in (Result.MOVED, Result.RESTORED)
    assert world.entry(address).id == world.server.products("kakaclo")[0]["id"]
    assert len(world.server.sent(*WRITES)) == 1
    world.settle()


def test_an_orphan_that_a_person_removed_is_created_again(world):
    world.tee("other")
    world.tee()
    world.apply()
    world.delete(TEE)
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    world.server.remove(world.state.orphans[0].id)
    world.tee()
    began = world.clock.passed

    assert only(world.apply()).result is Result.CREATED
    # Missing in two whole readings, that far apart: till then it may only be late.
    assert world.clock.passed - began >= SETTLE
    assert world.state.orphans == ()
    world.settle()


def test_a_removed_orphan_stays_known_while_no_whole_reading_missed_it(world):
    """A look at the wanted models alone says nothing of it."""
    world.tee("other")
    world.tee()
    world.apply()
    world.delete(TEE)
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    world.server.remove(world.state.orphans[0].id)
    for number in range(7):
        world.tee(f"n{number}")

    world.apply()

    assert [orphan.address for orphan in world.state.orphans] == [TEE]
    assert not world.state.absent


def test_replace_makes_an_orphan(world):
    world.tee()
    world.apply()
    first = world.entry(TEE).id
    world.tee(enName="Second")

    assert only(world.apply()).result is Result.REPLACED

    (orphan,) = world.state.orphans
    assert (orphan.id, orphan.reason) == (first, "replaced")
    assert world.entry(TEE).id != first
    world.settle()


def test_a_replace_of_what_no_listing_shows_is_bound_to_the_new_one(world):
    world.tee()
    world.apply()
    first = world.entry(TEE).id
    world.tee(colorValue="#000000")

    assert only(world.apply()).result is Result.REPLACED

    assert world.entry(TEE).id not in (None, first)
    assert world.state.orphans[0].id == first


@pytest.mark.parametrize(
    ("changes", "body"),
    [({"name": "New"}, {"name": "New"}), ({"customerIds": ["a", "b"]}, {"customerIds": ["a", "b"]}),
     ({"name": "New", "customerIds": ["*"]}, {"name": "New", "customerIds": ["*"]})],
)  # fmt: skip
def test_update_sends_just_what_changed(world, changes, body):
    world.poster()
    world.apply()
    world.poster(doc={"renamed_from": "The poster Poster"}, **changes)

    assert only(world.apply()).result is Result.UPDATED

    (seen,) = world.server.sent("gelato.update")
    assert (seen.method, seen.body) == ("PATCH", body)
    assert seen.path.rpartition("/")[2] == world.entry(POSTER).id
    world.settle()


def test_customers_are_a_set(world):
    world.poster(customerIds=["a", "b"])
    world.apply()
    world.poster(customerIds=["b", "a"])

    assert actions(world) == []


def test_adopt_sends_nothing_and_says_what_is_unverified(world):
    identity = world.server.by_hand("kakaclo", tee_spec("tee"))
    world.tee()

    assert only(world.apply()).result is Result.ADOPTED

    assert world.server.sent(*WRITES) == []
    entry = world.entry(TEE)
    assert (entry.id, entry.origin, entry.unverified) == (
        identity,
        "adopted",
        ("colorValue", "materialImages"),
    )
    world.settle()


def test_a_replace_adopts_as_well(world):
    world.tee()
    world.apply()
    identity = world.server.by_hand("kakaclo", {**tee_spec("tee"), "enName": "Second"})
    world.tee(enName="Second")

    world.apply()

    assert world.entry(TEE).id == identity
    assert len(world.server.sent(*WRITES)) == 1
    world.settle()


# -- refused in the plan


def test_a_gelato_option_cannot_change(world):
    world.poster()
    world.apply()
    world.poster(productModelId="another-model")
    count = len(world.server.requests)

    assert rules(world) == {"gelato-replace"}
    assert world.apply().refused
    assert len(world.server.requests) == count


def test_a_gelato_rename_has_to_be_meant(world):
    world.poster()
    world.apply()
    world.poster(name="New")

    assert rules(world) == {"gelato-rename"}
    assert world.apply().refused


@pytest.mark.parametrize("make", ["tee", "poster"])
def test_a_protected_product_is_not_orphaned(world, make):
    address = getattr(world, make)(doc={"lifecycle": Lifecycle(prevent_orphan=True)})
    world.apply()
    world.delete(address)

    assert rules(world) == {"prevent-orphan"}
    assert world.apply().refused
    assert address in world.state.entries


def test_a_protected_product_is_not_replaced(world):
    world.tee(doc={"lifecycle": Lifecycle(prevent_replace=True)})
    world.apply()
    world.tee(doc={"lifecycle": Lifecycle(prevent_replace=True)}, enName="Second")

    assert rules(world) == {"prevent-replace"}


@pytest.mark.parametrize(("word", "many"), [("creates", 3), ("replaces", 2), ("orphans", 2)])
def test_limits(world, word, many):
    addresses = [world.tee(f"t{n}") for n in range(many)]
    world.limits = Limits(None, None, None)
    if word != "creates":
        world.apply()
    for address in addresses:
        if word == "replaces":
            world.tee(address.name, enName=f"New {address.name}")
        if word == "orphans" and address != addresses[0]:
            world.delete(address)
    world.limits = Limits(
        **{"max_creates": None, "max_replaces": None, "max_orphans": None} | {f"max_{word}": 0}
    )
    count = len(world.server.requests)

    assert rules(world) == {f"max-{word}"}
    assert world.apply().refused
    assert len(world.server.requests) == count
    assert not world.plan(allow={word: many}).errored


# -- names at Gelato


def test_a_name_that_an_orphan_has_is_refused(world):
    world.poster()
    world.apply()
    world.delete(POSTER)
    world.apply()
    world.poster("other", name="The poster Poster", productModelId="x")

    assert rules(world) == {"name-taken"}


def test_a_name_that_an_unmanaged_product_has_is_a_failure_of_that_product(world):
    world.server.by_hand("gelato", {**poster_spec("poster"), "productModelId": "another"})
    world.poster()
    other = world.poster("other")

    report = world.apply(first_contact=True)

    assert results(report) == {str(POSTER): Result.FAILED, str(other): Result.CREATED}
    assert len(world.server.sent(*WRITES)) == 1


def test_a_name_that_is_released_is_taken_afterwards(world):
    first, second = world.poster("a", name="A"), world.poster("b", name="B")
    world.server.unique_names = True
    world.apply()
    world.poster("a", name="B", doc={"renamed_from": "A"})
    world.poster("b", name="C", doc={"renamed_from": "B"})
    third = world.poster("c", name="A")

    report = world.apply()

    assert results(report) == {
        str(first): Result.UPDATED, str(second): Result.UPDATED, str(third): Result.CREATED
    }  # fmt: skip
    assert [s.body for s in world.server.sent("gelato.update")] == [{"name": "C"}, {"name": "B"}]
    world.settle()


def test_a_name_that_is_not_released_is_not_taken(world):
    world.poster("a", name="A")
    world.poster("b", name="B")
    world.apply()
    first = world.poster("a", name="B", doc={"renamed_from": "A"})
    second = world.poster("b", name="C", doc={"renamed_from": "B"})
    world.server.misbehave("gelato.update", Odd("status", status=400))

    assert results(world.apply()) == {str(first): Result.NOT_TRIED, str(second): Result.FAILED}
    world.settle()


def test_renames_in_a_circle_are_refused(world):
    world.poster("a", name="A")
    world.poster("b", name="B", productModelId="model-b")
    world.apply()
    world.poster("a", name="B", doc={"renamed_from": "A"})
    world.poster("b", name="A", productModelId="model-b", doc={"renamed_from": "B"})

    assert "rename-cycle" in rules(world)


def named_apart(world):
    """Three products that are listed; the ids of the first two."""
    begin(world, "gelato")
    for slug in ("a", "b"):
        world.poster(slug, name=slug.upper(), productModelId=f"model-{slug}")
    assert world.apply().exit_code == 0
    world.server.unique_names = True
    return [world.entry(Address("customer_product", slug)).id for slug in ("a", "b")]


def test_the_name_of_a_product_that_is_made_again_is_taken_once_that_is_gone(world):
    """The update waits as the create does: both are done by one run."""
    removed, _ = named_apart(world)
    world.server.remove(removed)
    first = world.poster("a", name="Lynx", productModelId="model-a", doc={"recreate": removed})
    second = world.poster("b", name="A", productModelId="model-b", doc={"renamed_from": "B"})

    report = world.apply()

    assert results(report) == {str(first): Result.CREATED, str(second): Result.UPDATED}
    assert world.clock.passed >= SETTLE
    world.settle()


def test_two_products_that_are_made_again_exchange_their_names(world):
    removed = named_apart(world)
    for identity in removed:
        world.server.remove(identity)
    first = world.poster("a", name="B", productModelId="model-a", doc={"recreate": removed[0]})
    second = world.poster("b", name="A", productModelId="model-b", doc={"recreate": removed[1]})

    assert results(world.apply()) == {str(first): Result.CREATED, str(second): Result.CREATED}
    world.settle()


def test_the_name_of_a_product_that_is_only_hidden_is_not_taken(world):
    """It is back before it is gone, or after a state has called it gone."""
    hidden, _ = named_apart(world)
    first = world.poster("a", name="Lynx", productModelId="model-a", doc={"recreate": hidden})
    second = world.poster("b", name="A", productModelId="model-b", doc={"renamed_from": "B"})
    nothing = {str(first): Result.NOT_TRIED, str(second): Result.NOT_TRIED}

    world.server.hide(hidden, SETTLE / 2)
    assert results(world.apply()) == nothing
    world.server.hide(hidden, 3 * SETTLE)
    world.apply(selecting={"selection": Selection(targets=(str(first),))}, limit=0)
    assert world.state.absent["gelato"][hidden].gone
    world.clock.pass_by(3 * SETTLE)

    assert results(world.apply()) == nothing
    assert not world.server.sent("gelato.update")


def test_409_is_in_doubt_until_the_listing_shows_what_was_made(world):
    world.poster()
    world.server.unique_names = True
    again = Odd("status", commit=True, status=409)
    world.server.misbehave("gelato.create", again)

    assert only(world.apply()).result is Result.CREATED
    world.settle()


def test_409_and_then_the_key_is_refused(world):
    world.poster()
    world.server.misbehave("gelato.create", Odd("status", status=409))
    world.server.misbehave("gelato.list", None, Odd("status", status=401))

    assert world.apply().exit_code == 9


# -- stops


def test_five_refusals_in_a_row_stop_that_provider_alone(world):
    world.settings["parallelism"] = 1
    for number in range(8):
        world.tee(f"t{number}")
    world.poster()
    world.server.misbehave("kakaclo.create", *[Odd("code", status=20001)] * 8)

    report = world.apply()

    counted = sorted(o.result for o in report.outcomes)
    assert counted == [Result.CREATED, *[Result.FAILED] * 5, *[Result.NOT_TRIED] * 3]
    assert len(world.server.sent("kakaclo.create")) == 5
    assert report.exit_code == 4


def test_what_was_refused_is_not_sent_again_before_it_has_settled(world):
    world.tee()
    world.server.misbehave("kakaclo.create", Odd("code", status=20001))
    world.apply()

    began = world.clock.passed

    assert only(world.apply(wait=False)).result is Result.NOT_TRIED
    assert only(world.apply()).result is Result.CREATED
    assert world.clock.passed - began >= SETTLE
    assert len(world.server.sent("kakaclo.create")) == 2


def test_what_was_refused_is_sent_when_it_was_edited(world):
    world.tee()
    world.server.misbehave("kakaclo.create", Odd("code", status=20001))
    world.apply()
    world.tee(enName="Better")

    assert only(world.apply()).result is Result.CREATED


def test_what_was_refused_and_made_all_the_same_is_adopted(world):
    world.tee()
    world.server.misbehave("kakaclo.create", Odd("code", commit=True, status=20001))
    world.apply()

    assert only(world.apply()).result is Result.ADOPTED
    world.settle()


def test_the_key_is_refused_in_the_middle(world):
    world.settings["parallelism"] = 1
    for number in range(4):
        world.tee(f"t{number}")
    world.poster()
    world.server.misbehave("kakaclo.create", None, None, Odd("status", status=401))

    report = world.apply()

    assert report.exit_code == 9
    counted = sorted(o.result for o in report.outcomes)
    assert counted == [*[Result.CREATED] * 3, *[Result.NOT_TRIED] * 2]
    assert not [e for e in world.state.entries.values() if e.pending]
    world.settle()


def test_a_429_is_waited_out(world):
    world.tee()
    world.server.misbehave("kakaclo.create", *[Odd("status", status=429, headers={"Retry-After": "20"})] * 3)

    outcome = only(world.apply())

    assert (outcome.result, outcome.attempts) == (Result.CREATED, 4)
    assert world.clock.passed >= 60


def test_a_429_that_never_ends_is_bounded(world):
    world.tee()
    world.server.misbehave("kakaclo.create", *[Odd("status", status=429)] * 500)

    assert only(world.apply()).result is Result.FAILED

    assert world.clock.passed <= world.settings["retry_seconds"]
    world.settle()


def test_limit_makes_some_first(world):
    for number in range(4):
        world.tee(f"t{number}")

    report = world.apply(limit=1)

    assert len(world.server.sent(*WRITES)) == 1
    assert sorted(o.result for o in report.outcomes) == [Result.CREATED, *[Result.NOT_TRIED] * 3]
    world.settle()


def test_max_failures(world):
    world.settings["parallelism"] = 1
    for number in range(5):
        world.tee(f"t{number}")
    world.server.misbehave("kakaclo.create", Odd("code", status=1), Odd("code", status=1))

    report = world.apply(max_failures=2)

    assert len(world.server.sent(*WRITES)) == 2
    assert sorted(o.result for o in report.outcomes) == [*[Result.FAILED] * 2, *[Result.NOT_TRIED] * 3]


def test_first_contact_asks_before_anything_is_sent(world):
    world.server.by_hand("kakaclo", tee_spec("foreign"))
    world.tee()
    world.poster()

    assert "first contact" in world.apply().refused
    assert world.server.sent(*WRITES) == []
    assert world.apply(first_contact=True).exit_code == 0
    world.settle()


def test_the_wrong_account_stops(world):
    world.tee()
    world.poster()
    world.apply()
    world.clock.pass_by(2 * SETTLE)
    world.keys = {"kakaclo": OTHER_KAKACLO_KEY, "gelato": OTHER_GELATO_KEY}
    world.tee(enName="Second")
    world.poster("second")

    report = world.apply()

    assert set(report.stopped) == {"kakaclo", "gelato"}
    assert len(world.server.sent(*WRITES)) == 2
    world.keys = dict(KEYS)
    world.settle()


def test_one_products_failure_stops_that_product_alone(world):
    world.tee("a")
    world.tee("b")
    world.server.misbehave("kakaclo.create", Odd("code", status=1))

    assert sorted(o.result for o in world.apply().outcomes) == [Result.CREATED, Result.FAILED]


# -- settle


@pytest.mark.parametrize("word", ["found", "none"])
def test_settle(world, word):
    begin(world, "kakaclo")
    world.tee()
    world.dies(at("after" if word == "found" else "before", "POST"))

    assert actions(world) == [Action.SETTLE]
    assert only(world.apply()).result is (Result.SETTLED if word == "found" else Result.CREATED)
    world.settle()


def test_a_person_is_told_what_is_waited_for_and_until_when(world):
    begin(world, "kakaclo")
    world.tee()
    world.dies(at("before", "POST"))
    began = world.clock.now()

    world.apply()

    waits = [wait for wait in world.heard.waits if "doubt" in wait[1]]
    assert len(waits) >= 10
    assert {round(until - began) for _, _, until in waits} == {round(SETTLE + 30)}


def test_settle_is_done_whatever_is_selected(world):
    world.tee()
    world.dies(at("after", "POST"))
    world.poster()

    report = world.apply(selecting={"selection": changed_selection()})

    assert results(report) == {str(TEE): Result.SETTLED, str(POSTER): Result.CREATED}


def changed_selection():
    from podsync.model.address import Selection

    return Selection(targets=("customer_product.*",))


def test_labels_of_an_edited_document_arrive(world):
    world.tee()
    world.apply()
    world.documents[TEE] = changed(world.documents[TEE], labels={"a": "b"})

    world.apply()

    assert world.entry(TEE).labels == {"a": "b"}


def test_a_selected_half_of_an_exchange_takes_the_other_half_along(world):
    """It ended with "the event does not fit the state"."""
    one, other = world.tee("one"), world.tee("other")
    world.apply()
    world.clock.pass_by(3 * SETTLE)
    world.apply()
    ids = [world.entry(each).id for each in (one, other)]
    first, second = world.documents[one], world.documents[other]
    world.documents |= {one: changed(first, spec=second.spec), other: changed(second, spec=first.spec)}

    report = world.apply(selecting={"selection": Selection(targets=(str(one),))})

    assert results(report) == {str(one): Result.MOVED, str(other): Result.MOVED}
    assert [world.entry(each).id for each in (other, one)] == ids
    world.settle()


def test_a_new_document_takes_what_a_replace_gives_up(world):
    old = world.tee("old")
    world.apply()
    world.clock.pass_by(3 * SETTLE)
    world.apply()
    identity, sent = world.entry(old).id, world.documents[old].spec
    world.tee("old", enName="Another", imageUrl="https://cdn.example.com/another.png")
    arrival = world.tee("arrival")
    world.documents[arrival] = changed(world.documents[arrival], spec=sent)

    assert results(world.apply()) == {str(old): Result.CREATED, str(arrival): Result.MOVED}

    assert (world.entry(arrival).id, world.state.orphans) == (identity, ())
    assert len(world.server.sent("kakaclo.create")) == 2
    world.settle()
