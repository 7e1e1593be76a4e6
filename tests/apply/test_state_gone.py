"""The state is lost or set back while `.podsync` is kept, and providers hide what had been made.

Nothing is made again; what is listed is taken, what is hidden is a question with a way out.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace

import pytest

from podsync.apply.report import Result
from podsync.evidence.account import Knows
from podsync.evidence.declared import Declarations
from podsync.evidence.listing import Version
from podsync.model.address import Address, Selection
from podsync.state import operations
from podsync.state.events import Disowned, Moved
from podsync.state.reducer.reducer import replay
from tests.apply.evidence import (
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
    other_machine,
    outcome,
    put_back,
    truth,
)
from tests.apply.world import QUIET_AFTER, Killed, Life, at

DAY = 86400.0
AT_ONCE = dict.fromkeys(PROVIDERS, 0.0)
both = pytest.mark.parametrize("provider", PROVIDERS)


def lost(world, _):
    lose(world)


def set_back(world, before):
    put_back(world.folder, before)


gone = pytest.mark.parametrize("goes", [lost, set_back])


def ids(world, provider):
    return {p["id"] for p in world.server.products(provider)}


def bound(world, provider, slug="one"):
    """Make a product that a listing shows; the state as it was before, the address and the id."""
    before, there = kept_state(world), ids(world, provider)
    address = make(world, provider, slug)
    world.apply()
    world.clock.pass_by(LONG)
    world.apply()
    (identity,) = ids(world, provider) - there
    assert world.entry(address).id == identity
    return before, address, identity


def hide_all(world, provider, seconds=DAY):
    for product in world.server.products(provider):
        if not product["hand"]:
            world.server.hide(product["id"], seconds)


def nothing_is_made(world, provider, address, times=3, **options):
    """However often apply runs; `plan --refresh` says the same. The last report."""
    number = creates(world)
    for _ in range(times):
        found = world.refresh()[provider]
        assert address in {*found.questions, *found.asks} or {e.address for e in found.known.doubts} >= {
            address
        }
        report = world.apply(**options)
        truth(world, report)
        assert creates(world) == number
        world.clock.pass_by(LONG)
    assert report.exit_code in (4, 8)
    assert outcome(report, address).result in (Result.NOT_TRIED, Result.IN_DOUBT)
    return report


def writes(world, make_events):
    """A person changes the state by hand, as `state` and `import` do."""
    store = world._store(Life())
    with store.lock("state", 0.0):
        state = store.recalled(world.accounts)
        events = make_events(state)
        store.append(events)
        store.compact(replay(state, events))
        store.copied()


@both
def test_a_backup_of_a_history_that_was_left_forgets_no_doubt_of_the_newer_one(world, provider):
    begin(world, provider)
    first = kept_state(world)
    for slug in ("one", "two", "three", "four", "five"):
        bound(world, provider, slug)
    left = kept_state(world)
    put_back(world.folder, first)
    for _ in range(3):
        world.apply()
        world.clock.pass_by(LONG)
    address = in_doubt(world, provider, made=True, slug="late")
    (identity,) = {p["id"] for p in world.server.products(provider) if "late" in str(p)}
    world.server.hide(identity, LONG / 6)
    number = creates(world)

    put_back(world.folder, left)
    world.apply()

    truth(world)
    assert (creates(world), world.entry(address).id) == (number, identity)
    ends_well(world)


@gone
@both
def test_what_was_bound_is_hidden(world, provider, goes):
    begin(world, provider)
    before, address, identity = bound(world, provider)
    world.server.hide(identity, DAY)
    goes(world, before)

    report = nothing_is_made(world, provider, address)

    assert f"{identity} " in outcome(report, address).error
    assert "(not listed now)" in outcome(report, address).error
    assert any(f"podsync import {address} {identity}" in line for line in advice(report))
    assert any(f"podsync import --not-ours {provider} {identity}" in line for line in advice(report))
    world.clock.pass_by(DAY)
    ends_well(world)
    assert (world.entry(address).id, made(world, provider)) == (identity, 1)


@gone
@both
def test_what_is_listed_is_adopted(world, provider, goes):
    begin(world, provider)
    before, address, identity = bound(world, provider)
    goes(world, before)

    assert outcome(world.apply(), address).result is Result.ADOPTED
    assert world.entry(address).id == identity
    ends_well(world)
    assert world.state.remembered == {}


@gone
@both
def test_what_was_acknowledged_and_never_listed_is_in_doubt_again(world, provider, goes):
    begin(world, provider)
    world.server.lag = DAY
    before, address = kept_state(world), make(world, provider)
    world.apply(wait=False)
    goes(world, before)
    world.clock.pass_by(LONG)

    report = nothing_is_made(world, provider, address)

    assert any("podsync state settle" in line or "podsync import" in line for line in advice(report))
    world.clock.pass_by(DAY)
    ends_well(world)
    assert made(world, provider) == 1


@gone
@both
def test_a_run_dies_at_any_moment_and_then_its_state_is_gone(world, provider, goes, tmp_path):
    """Whatever it had an answer to is not made again; of the rest a listing decides as ever."""
    moments = [("after", "Made"), ("before", "Bound"), ("after", "Confirmed"), ("before", "compact")]
    for number, moment in enumerate(moments):
        slug = f"one-{number}"
        before, there = kept_state(world), ids(world, provider)
        make(world, provider, slug)
        with suppress(Killed):
            world.apply(dies=at(*moment))
        (new,) = ids(world, provider) - there
        world.server.hide(new, DAY)
        goes(world, before)
        world.clock.pass_by(LONG)

        for _ in range(2):
            world.apply()
            world.clock.pass_by(LONG)
        assert len(ids(world, provider) - there) == 1, moment
        world.clock.pass_by(DAY)
        world.apply()
        world.clock.pass_by(LONG)
        world.apply()


@both
def test_a_person_says_that_a_hidden_one_was_removed(world, provider):
    begin(world, provider)
    before, address, identity = bound(world, provider)
    world.server.remove(identity)
    set_back(world, before)
    nothing_is_made(world, provider, address)

    writes(world, lambda _: [Disowned(provider, world.clock.now(), (identity,))])
    ends_well(world)

    assert made(world, provider) == 1
    assert world.entry(address).id != identity
    set_back(world, before)  # the copy knows the answer, too
    ends_well(world)


@both
def test_a_person_says_that_what_was_acknowledged_was_never_made(world, provider):
    begin(world, provider)
    world.server.lag = DAY
    before, address = kept_state(world), make(world, provider)
    world.apply(wait=False)
    (identity,) = [p["id"] for p in world.server.products(provider) if not p["hand"]][-1:]
    world.server.remove(identity)
    set_back(world, before)
    world.clock.pass_by(LONG)
    nothing_is_made(world, provider, address)

    world.server.lag = 0.0
    answer = operations.SettleAnswer(address)

    def never(state):
        if address not in state.entries:  # an answer told the id
            return [Disowned(provider, world.clock.now(), (identity,))]
        return operations.settle(state, [answer], world.clock.now(), QUIET_AFTER, lambda _, given: given)

    writes(world, never)
    world.clock.pass_by(LONG)

    ends_well(world)


@both
def test_it_is_set_back_twice_before_anybody_has_answered(world, provider):
    begin(world, provider)
    before, address, identity = bound(world, provider)
    world.server.hide(identity, 10 * DAY)
    for _ in range(3):
        set_back(world, before)
        nothing_is_made(world, provider, address, times=1)
    lose(world)

    nothing_is_made(world, provider, address)


@both
def test_what_left_the_state_leaves_no_question(world, provider):
    """An orphan that is gone, what `state rm` has forgotten: a person has removed both."""
    begin(world, provider)
    before, address, identity = bound(world, provider)
    world.delete(address)
    world.apply()
    world.server.remove(identity)
    writes(
        world, lambda s: operations.removed(s, [identity], world.clock.now(), dict.fromkeys(PROVIDERS, 0.0))
    )
    _, other, of_other = bound(world, provider, "other")
    world.server.remove(of_other)
    writes(world, lambda state: operations.remove(state, other, world.clock.now(), AT_ONCE))
    put_back(world.folder, before)

    make(world, provider)
    make(world, provider, "other")
    world.clock.pass_by(LONG)

    assert world.apply().exit_code == 0
    ends_well(world)


@both
def test_an_orphan_that_is_hidden_is_not_made_again_once_its_document_is_back(world, provider):
    begin(world, provider)
    before, address, identity = bound(world, provider)
    document = world.delete(address)
    world.apply()
    world.server.hide(identity, DAY)
    set_back(world, before)
    world.forgot_orphans = True
    world.apply()
    world.documents[address] = document

    nothing_is_made(world, provider, address)


@gone
@both
def test_what_was_moved_is_known_by_its_new_address(world, provider, goes):
    begin(world, provider)
    before, address, identity = bound(world, provider)
    document = world.delete(address)
    new = make(world, provider, "moved")
    world.documents[new] = replace(document, address=new)
    writes(world, lambda _: [Moved(address, new, world.clock.now())])
    world.server.hide(identity, DAY)
    goes(world, before)

    report = nothing_is_made(world, provider, new)
    assert any(f"podsync import {new} {identity}" in line for line in advice(report))


@gone
def test_what_replaced_another_is_not_made_again(world, goes):
    begin(world, "kakaclo")
    _, address, first = bound(world, "kakaclo")
    before = kept_state(world)
    world.tee("one", enName="The other Tee")
    world.apply()
    world.clock.pass_by(LONG)
    world.apply()
    second = world.entry(address).id
    assert second != first
    hide_all(world, "kakaclo")
    goes(world, before)
    world.forgot_orphans = True

    report = nothing_is_made(world, "kakaclo", address)

    assert second in outcome(report, address).error
    world.clock.pass_by(2 * DAY)
    for _ in range(2):
        world.clock.pass_by(LONG)
        report = world.apply()
    assert (report.exit_code, world.entry(address).id, made(world, "kakaclo")) == (0, second, 2)


@both
def test_many_are_hidden(world, provider):
    begin(world, provider)
    addresses = [make(world, provider, f"n{n}") for n in range(30)]
    world.apply()
    world.clock.pass_by(LONG)
    world.apply()
    hide_all(world, provider)
    lose(world)
    number = creates(world)

    for _ in range(2):
        report = world.apply(first_contact=True)
        world.clock.pass_by(LONG)

    assert creates(world) == number
    assert {outcome(report, each).result for each in addresses} == {Result.NOT_TRIED}
    world.clock.pass_by(DAY)
    ends_well(world, first_contact=True)


@both
def test_another_machine_made_it_and_this_one_has_only_read_of_it(world, provider, tmp_path):
    """The copy of a state is of all that it knew, whoever made it."""
    begin(world, provider)
    theirs = other_machine(world, tmp_path / "theirs", memory=False)
    before, address, identity = bound(theirs, provider)
    put_back(world.folder, kept_state(theirs))
    world.documents = dict(theirs.documents)
    make(world, provider, "mine")
    world.apply()
    world.server.hide(identity, DAY)
    set_back(world, before)

    nothing_is_made(world, provider, address)


@both
def test_a_dead_run_does_not_make_an_older_state_look_new(world, provider):
    """Its events have raised the serial above the one that was seen last."""
    begin(world, provider)
    before, *_ = bound(world, provider)
    newer = world.state.serial
    put_back(world.folder, before)
    shutil.rmtree(world.folder / ".podsync" / "newest")
    for number in range(9):
        make(world, provider, f"n{number}")
    world.dies(at("before", "compact"))
    assert world.state.serial > newer
    make(world, provider, "last")

    assert world.refresh()[provider].knows is Knows.LOST


def test_only_what_was_selected_is_asked_about(world):
    begin(world, "gelato")
    before, address, identity = bound(world, "gelato")
    world.server.hide(identity, DAY)
    set_back(world, before)
    other = make(world, "gelato", "other")

    report = world.apply(selecting={"selection": Selection(targets=(str(other),))})

    assert (outcome(report, other).result, report.exit_code) == (Result.CREATED, 0)
    nothing_is_made(world, "gelato", address)


@pytest.mark.parametrize("memory", [True, False])
@gone
def test_a_rename_that_was_not_applied_yet(world, goes, memory):
    """The document tells its earlier name; what is listed by it is not made again under the new one."""
    begin(world, "gelato")
    before, address, identity = bound(world, "gelato")
    world.poster("one", name="Lynx", doc={"renamed_from": "The one Poster"})
    goes(world, before)
    if not memory:
        shutil.rmtree(world.folder / ".podsync")

    report = nothing_is_made(world, "gelato", address, first_contact=True)

    assert any(f"podsync import {address} {identity}" in line for line in advice(report))
    world.person_answers(report)
    assert (outcome(world.apply(), address).result, made(world, "gelato")) == (Result.UPDATED, 1)
    ends_well(world)


@gone
@both
def test_an_edit_that_leaves_nothing_alike_and_was_not_applied_yet(world, provider, goes):
    """What a newer state had at the address is known as it was sent: then the edit is carried out."""
    begin(world, provider)
    before, address, identity = bound(world, provider)
    sent = world.documents[address].spec
    if provider == "kakaclo":
        world.tee("other")
        world.documents[address] = replace(world.documents.pop(at_("other", provider)), address=address)
    else:
        world.poster("one", name="Lynx", doc={"renamed_from": "Nobody's"}, customerIds=["customer-2"])
    goes(world, before)

    report = nothing_is_made(world, provider, address, first_contact=True)

    (line,) = [each for each in advice(report) if f"podsync import {address} {identity}" in each]
    assert line.endswith("--as sent") is (provider == "kakaclo")
    writes(world, lambda state: taken(world, state, address, identity))
    assert (world.entry(address).id, world.entry(address).spec) == (identity, sent)


def at_(slug, provider):
    return Address("designed_product" if provider == "kakaclo" else "customer_product", slug)


def taken(world, state, address, identity):
    """`podsync import ADDRESS ID`: it is the version that was sent."""
    document = world.documents[address]
    known = world._connection(document.provider, Life()).known(state)
    return Declarations(known, known.remembered, world.clock.now(), {address: document}).ours(
        address, identity, Version.SENT
    )
