"""What the events of what was learned do, one rule a test."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from podsync.model.address import Address
from podsync.model.errors import StateError
from podsync.model.frozen import FrozenDict, freeze
from podsync.state import events as ev
from podsync.state import operations
from podsync.state.entries import REFUSED, Absent, Refusal, Window
from podsync.state.model import State
from podsync.state.reducer.reducer import Reducer, replay
from tests.state.histories import ADDRESSES, histories

CAT, DINO, TOTE = ADDRESSES
SPEC = FrozenDict({"modelId": "1"})
OTHER = FrozenDict({"modelId": "2"})
AT = 1_767_323_045.0
KAKA = "kakaclo"


def intent(address=CAT, op="create", body=SPEC, at=AT, **facts):
    return ev.Intent(address, KAKA, "default", op, body, at, at + 30, **facts)


def adopted(address=CAT, known_as="1", **facts):
    return ev.Adopted(address, KAKA, "default", AT, known_as, SPEC, **facts)


def looked(number=1, *ids):
    return ev.Looked(KAKA, AT, number, ids)


BEGUN = ev.Begun(AT, "h", 0, FrozenDict(), FrozenDict())


# -- ids that are provisional


def test_an_id_that_was_told_is_provisional_until_a_listing_shows_it():
    made = replay(State(), [looked(), intent(reading=1), ev.Made(CAT, AT + 1, "5", date=AT)])
    shown = replay(made, [ev.Confirmed(CAT, AT + 9, remote=freeze({"spu": "QC"}))])

    assert made.entries[CAT].window == Window(AT, AT + 1, AT, (), 1, answered="5")
    assert made.entries[CAT].provisional
    assert not made.entries[CAT].unbound
    assert (shown.entries[CAT].id, shown.entries[CAT].provisional) == ("5", False)
    assert shown.entries[CAT].remote == {"spu": "QC"}


def test_what_no_listing_has_shown_yet_is_counted_so_that_an_apply_looks():
    made = replay(State(), [intent(), ev.Made(CAT, AT + 1, "5")])
    gone = replay(made, [ev.Orphaned(CAT, AT + 2)])

    assert sum(made.unbound.values()) == sum(gone.unbound.values()) == 1
    assert not replay(made, [ev.Confirmed(CAT, AT + 9)]).unbound


def test_what_was_shown_before_stays_where_a_confirmation_shows_nothing():
    made = [intent(), ev.Made(CAT, AT, "5", freeze({"spu": "QC"})), ev.Confirmed(CAT, AT)]

    assert replay(State(), made).entries[CAT].remote == {"spu": "QC"}


def test_a_provisional_id_that_is_taken_back_is_looked_for_again_in_the_same_window():
    bound = replay(State(), [intent(), ev.Made(CAT, AT, None), ev.Bound(CAT, AT, "5", provisional=True)])

    freed = replay(bound, [ev.Unbound(CAT, AT + 9)])

    assert bound.entries[CAT].provisional
    assert (freed.entries[CAT].unbound, freed.entries[CAT].window) == (True, bound.entries[CAT].window)


def test_what_an_answer_told_stays_known_until_another_id_is_likelier():
    made = [intent(), ev.Made(CAT, AT, "5")]
    shown = replay(State(), [*made, ev.Bound(CAT, AT + 1, "5", provisional=True)])
    other = replay(State(), [*made, ev.Bound(CAT, AT + 1, "6", provisional=True)])

    assert shown.entries[CAT].window == Window(AT, AT, answered="5", shown=AT + 1)
    assert other.entries[CAT].window == Window(AT, AT)


def test_an_id_that_a_person_has_seen_is_looked_for_until_a_listing_shows_which_it_is():
    made = replay(State(), [intent(), ev.Made(CAT, AT, "5"), ev.Identified(CAT, AT + 3, "6")])

    seen = made.entries[CAT]
    likely = replay(made, [ev.Bound(CAT, AT + 4, "7", provisional=True)]).entries[CAT]
    sure = replay(made, [ev.Bound(CAT, AT + 4, "6")])

    assert (seen.id, seen.window) == (None, Window(AT, AT, answered="5", said="6"))
    assert (likely.id, likely.window) == ("7", Window(AT, AT))
    assert (sure.entries[CAT].id, sure.entries[CAT].window) == ("6", None)
    with pytest.raises(StateError, match="a listing has shown"):
        replay(sure, [ev.Identified(CAT, AT + 5, "8")])


def test_an_orphan_is_confirmed_and_taken_back_as_an_entry_is():
    orphan = [intent(), ev.Made(CAT, AT, "5"), ev.Orphaned(CAT, AT + 1)]
    state = replay(State(), orphan)
    assert state.orphans[0].provisional

    (confirmed,) = replay(state, [ev.Confirmed(CAT, AT, orphan=AT)]).orphans
    (freed,) = replay(state, [ev.Unbound(CAT, AT, orphan=AT)]).orphans

    assert (confirmed.id, confirmed.window) == ("5", None)
    assert (freed.id, freed.window) == (None, Window(AT, AT, answered="5"))


@pytest.mark.parametrize("event", [ev.Unbound(CAT, AT), ev.Confirmed(DINO, AT), ev.EntryGone(DINO, AT)])
def test_only_a_provisional_id_is_taken_back_and_only_a_known_one_confirmed(event):
    state = replay(State(), [adopted(CAT), intent(DINO), ev.Made(DINO, AT)])

    with pytest.raises(StateError, match="the id of"):
        replay(state, [event])


def test_what_is_found_by_settling_is_provisional_only_if_it_says_so():
    doubt = [intent(), ev.Doubted(CAT, AT + 5)]
    sure = replay(State(), [*doubt, ev.Settled(CAT, AT + 9, found=True, id="5")])
    likely = replay(State(), [*doubt, ev.Settled(CAT, AT + 9, found=True, id="5", provisional=True)])

    assert not sure.entries[CAT].provisional
    assert likely.entries[CAT].provisional


@settings(max_examples=60, deadline=None)
@given(histories())
def test_nothing_that_is_learned_of_an_id_makes_a_plan_stale(history):
    learns = (
        ev.Bound, ev.Confirmed, ev.Unbound, ev.Asked, ev.EntryGone, ev.Missed, ev.FoundAgain, ev.Looked,
    )  # fmt: skip
    draft = Reducer(State())
    for event in history:
        before = {address: entry.digest for address, entry in draft.entries.items()}
        draft.apply(event)
        if isinstance(event, learns):
            assert {address: entry.digest for address, entry in draft.entries.items()} == before


# -- readings


def test_a_reading_stays_for_as_long_as_a_doubt_refers_to_it():
    doubt = replay(State(), [BEGUN, looked(1, "b", "a", "a"), intent(reading=1), ev.Ended(AT, left=True)])
    over = replay(doubt, [looked(2), ev.Settled(CAT, AT, found=True, id="5"), ev.Ended(AT, left=False)])

    assert doubt.readings == {KAKA: {1: ("a", "b")}}
    assert over.readings == {}


def test_a_reading_stays_for_as_long_as_an_id_is_not_certain():
    made = replay(State(), [BEGUN, looked(), intent(reading=1), ev.Made(CAT, AT), ev.Ended(AT, left=False)])
    likely = replay(made, [ev.Bound(CAT, AT, "5", provisional=True), BEGUN])
    certain = replay(likely, [ev.Confirmed(CAT, AT), BEGUN])

    assert (made.readings, likely.readings, certain.readings) == ({KAKA: {1: ()}}, {KAKA: {1: ()}}, {})


def test_a_reading_stays_until_its_refusal_is_answered():
    refused = replay(State(), [BEGUN, looked(), intent(reading=1), ev.Refused(CAT, AT), looked(2), looked(3)])
    answered = replay(refused, [ev.Answered(CAT, AT)])

    assert set(refused.readings[KAKA]) == {1, 2, 3}
    assert set(answered.readings[KAKA]) == {2, 3}
    assert answered.refusals == {}


def test_the_newest_reading_stays_for_the_next_intent_of_the_run():
    first = [BEGUN, looked(), intent(reading=1), ev.NotSent(CAT, AT), intent(DINO, reading=1)]

    state = replay(State(), first)

    assert state.entries[DINO].pending.reading == 1
    assert replay(state, [ev.NotSent(DINO, AT), ev.Ended(AT, left=True)]).readings == {}


def test_an_intent_may_refer_to_the_reading_before_the_newest_one():
    state = replay(State(), [BEGUN, looked(1), looked(2), intent(reading=1)])

    assert state.entries[CAT].pending.reading == 1


def test_a_reading_follows_its_product_to_another_address_and_among_the_orphans_and_back():
    made = [looked(1, "a"), intent(reading=1), ev.Made(CAT, AT), looked(2), looked(3), looked(4)]
    moves = [ev.Moved(CAT, DINO, AT), ev.Orphaned(DINO, AT), ev.Restored(DINO, DINO, AT, AT)]

    for count in range(len(moves) + 1):
        assert replay(State(), [*made, *moves[:count]]).readings[KAKA][1] == ("a",)


def test_a_reading_that_nobody_has_is_unknown():
    assert replay(State(), [intent(reading=7)]).entries[CAT].pending.reading is None


def test_the_numbers_of_readings_grow():
    state = replay(State(), [looked(3)])

    assert (state.next_reading(KAKA), state.next_reading("gelato")) == (4, 1)
    with pytest.raises(StateError, match="a reading 3"):
        replay(state, [looked(3)])


@settings(max_examples=60, deadline=None)
@given(histories())
def test_nothing_refers_to_a_reading_that_is_not_there(history):
    state = replay(State(), history)

    items = [*state.entries.values(), *state.orphans]
    referred = {w.reading for i in items for w in (i.window, i.pending) if w is not None}
    referred |= {each.reading for known in state.refusals.values() for each in known}
    assert referred - {None} <= set(state.readings.get(KAKA, ()))
    if history:
        ended = replay(state, [BEGUN, ev.Ended(AT, left=False)])
        assert set(ended.readings.get(KAKA, ())) == referred - {None}


# -- refusals


def test_a_refusal_keeps_the_whole_body_and_the_reading_the_newest_first():
    state = replay(
        State(),
        [
            looked(), intent(reading=1), ev.Refused(CAT, AT + 1, AT, "no"),
            intent(body=OTHER), ev.Refused(CAT, AT + 2, None, "nor that"),
        ],
    )  # fmt: skip

    assert state.refusals[CAT] == (
        Refusal(KAKA, "default", OTHER, AT + 2, None, "nor that"),
        Refusal(KAKA, "default", SPEC, AT + 1, AT, "no", 1),
    )


def test_the_same_body_refused_again_keeps_its_first_reading():
    again = [looked(2, "4990"), intent(reading=2), ev.Refused(CAT, AT + 9, message="still no")]
    state = replay(State(), [looked(), intent(reading=1), ev.Refused(CAT, AT + 1), *again])

    assert state.refusals[CAT] == (Refusal(KAKA, "default", SPEC, AT + 9, None, "still no", 1),)


def test_what_was_asked_of_a_refusal_is_not_asked_of_the_next_one():
    refused = [intent(), ev.Refused(CAT, AT), ev.Asked(CAT, AT + 700, refused=True)]
    state = replay(State(), refused)
    again = replay(state, [intent(), ev.Refused(CAT, AT + 800)])

    assert [each.asked for each in state.refusals[CAT]] == [AT + 700]
    assert [each.asked for each in again.refusals[CAT]] == [None]
    with pytest.raises(StateError, match="nothing was refused"):
        replay(State(), [ev.Asked(CAT, AT, refused=True)])


def test_so_many_refusals_are_kept_of_an_address():
    history = []
    for number in range(REFUSED + 5):
        body = FrozenDict({"modelId": str(number)})
        history += [intent(body=body), ev.Refused(CAT, AT + number)]

    kept = replay(State(), history).refusals[CAT]

    assert [each.at for each in kept] == [AT + number for number in range(REFUSED + 4, 4, -1)]


@pytest.mark.parametrize(
    "made",
    [
        [intent(), ev.Made(CAT, AT)],
        [intent(), ev.Settled(CAT, AT, found=True, id="5")],
        [adopted()],
    ],
    ids=["made", "settled", "adopted"],
)
def test_what_exists_is_refused_no_longer_and_other_bodies_still_are(made):
    refused = [intent(), ev.Refused(CAT, AT), intent(body=OTHER), ev.Refused(CAT, AT)]

    state = replay(State(), [*refused, *made])

    assert [(each.body, each.digests) for each in state.refusals[CAT]] == [(OTHER, ())]


def test_an_update_that_was_refused_hides_no_product():
    state = replay(State(), [adopted(), intent(op="update"), ev.Refused(CAT, AT)])

    assert state.refusals == {}


# -- "nothing was made"


NONE = [intent(), ev.Settled(CAT, AT, found=False)]


def test_it_is_counted_how_often_nothing_was_made():
    assert replay(State(), NONE * 2).released == {CAT: 2}


@pytest.mark.parametrize(
    "made",
    [
        [intent(), ev.Made(CAT, AT)],
        [intent(), ev.Settled(CAT, AT, found=True)],
        [adopted()],
    ],
    ids=["made", "settled", "adopted"],
)
def test_the_count_begins_anew_when_something_was_made(made):
    assert replay(State(), [*NONE, *made]).released == {}


def test_an_update_of_which_nothing_came_is_not_counted_and_ends_no_count():
    update = intent(op="update")
    state = replay(State(), [adopted(), *NONE, update, ev.Settled(CAT, AT, found=False), update])

    assert replay(state, [ev.Made(CAT, AT)]).released == {CAT: 1}


def test_the_count_goes_along_with_its_product():
    assert replay(State(), [adopted(), *NONE, ev.Moved(CAT, DINO, AT)]).released == {DINO: 1}


# -- foreign and absent ids


@pytest.mark.parametrize(
    "events",
    [
        [adopted(known_as="5")],
        [intent(), ev.Made(CAT, AT), ev.Bound(CAT, AT, "5")],
        [intent(), ev.Settled(CAT, AT, found=True, id="5")],
        [intent(), ev.Made(CAT, AT, "5")],
    ],
    ids=["adopted", "bound", "settled", "made"],
)
def test_what_is_ours_is_neither_foreign_nor_missing(events):
    before = [ev.Unclaimed(KAKA, AT, ("5", "7")), ev.Disowned(KAKA, AT, ("5", "4", "6"))]
    state = replay(State(), [*before, ev.Missed(KAKA, AT, None, ("5",))])

    after = replay(state, events)

    assert after.foreign == {KAKA: ("4", "6")}
    assert after.unclaimed == {KAKA: ("7",)}
    assert after.absent == {}


def test_foreign_ids_are_added_sorted_and_once():
    state = replay(State(), [ev.Disowned(KAKA, AT, ("5", "40")), ev.Disowned(KAKA, AT, ("40", "3"))])

    assert state.foreign == {KAKA: ("3", "40", "5")}


def test_what_is_ours_or_foreign_is_not_unclaimed():
    state = replay(State(), [ev.Unclaimed(KAKA, AT, ("5", "40")), ev.Unclaimed(KAKA, AT, ("6", "40"))])

    assert state.unclaimed == {KAKA: ("40", "5", "6")}
    assert replay(state, [ev.Disowned(KAKA, AT, ("5",))]).unclaimed == {KAKA: ("40", "6")}
    assert replay(state, [adopted(known_as="40")]).unclaimed == {KAKA: ("5", "6")}


def test_what_a_look_saw_is_remembered_since_the_first_time_and_for_every_address():
    dog = Address("designed_product", "dog")
    new = freeze({"enName": "Renamed"})
    told = [ev.Remembered(dog, AT, KAKA, "5", SPEC, 1.0), ev.Remembered(CAT, AT + 9, KAKA, "5", new, 1.0)]

    row = replay(State(), told).remembered[KAKA]["5"]

    assert (row.at, row.addresses, row.fields) == (AT, (str(CAT), str(dog)), new)


@pytest.mark.parametrize(
    ("events", "left"),
    [
        ([adopted(known_as="5")], ["7"]),
        ([intent(), ev.Made(CAT, AT), ev.Bound(CAT, AT, "5")], ["7"]),
        ([ev.Disowned(KAKA, AT, ("5",))], ["7"]),
        ([intent(), ev.Settled(CAT, AT, found=False)], ["7"]),
        ([intent(), ev.Refused(CAT, AT)], ["5", "7"]),
        ([ev.Answered(CAT, AT)], ["5", "7"]),
    ],
    ids=["adopted", "bound", "not ours", "nothing was made", "refused", "a refusal answered"],
)
def test_it_is_forgotten_once_it_is_known_what_it_is(events, left):
    dog = Address("designed_product", "dog")
    state = replay(State(), [ev.Remembered(CAT, AT, KAKA, "5"), ev.Remembered(dog, AT, KAKA, "7")])

    assert list(replay(state, events).remembered.get(KAKA, ())) == left


def test_what_was_seen_at_an_emptied_account_counts_again_once_it_is_listed():
    """A person speaks of what the state has; what was only seen may be there."""
    seen = ev.Remembered(CAT, AT, KAKA, "5")
    emptied = replay(State(), [seen, ev.Emptied(KAKA, AT + 9)])
    again = replay(emptied, [replace(seen, at=AT + 99)])

    assert [state.remembered[KAKA]["5"].removed_at for state in (emptied, again)] == [AT + 9, None]


def test_what_is_missing_is_so_since_the_first_time_and_until_it_is_found():
    missed = [ev.Missed(KAKA, AT, AT - 1, ("5",)), ev.Missed(KAKA, AT + 9, None, ("5", "6"))]

    assert replay(State(), missed).absent == {KAKA: {"5": Absent(AT, AT - 1), "6": Absent(AT + 9)}}
    assert replay(State(), [*missed, ev.FoundAgain(KAKA, AT, ("5", "7"))]).absent == {
        KAKA: {"6": Absent(AT + 9)}
    }


def test_an_account_is_in_question_where_nothing_of_it_was_listed_and_not_where_only_ours_is_missing():
    """A landmark is there all the same; and what was missed before is in question as well from then on."""
    missed = replay(State(), [adopted(), ev.Missed(KAKA, AT, AT, ("1",))])
    questioned = replay(missed, [ev.Missed(KAKA, AT + 9, AT + 9, (), AT + 9)])
    told_later = replay(missed, [ev.Missed(KAKA, AT + 9, AT + 9, ("7",), AT + 9, gone=True)])
    again = replay(questioned, [ev.FoundAgain(KAKA, AT + 99, ("1",))])

    asked = [operations.in_question(each, KAKA) for each in (missed, questioned, told_later, again)]
    assert asked == [False, True, False, False]


def test_the_id_of_what_is_gone_becomes_a_tombstone():
    missed = [adopted(), ev.Missed(KAKA, AT, AT - 1, ("1",))]
    entry = replay(State(), [*missed, ev.EntryGone(CAT, AT + 9)])
    orphan = replay(State(), [*missed, ev.Orphaned(CAT, AT), ev.Gone(CAT, AT, AT + 9)])

    assert entry.absent == orphan.absent == {KAKA: {"1": Absent(AT, AT - 1, gone=True)}}
    assert (entry.entries[CAT].id, orphan.orphans) == ("1", ())


def test_an_emptied_account_leaves_tombstones_and_what_is_still_open():
    fox, owl = Address("designed_product", "fox"), Address("designed_product", "owl")
    state = replay(
        State(),
        [
            adopted(CAT, "1"), adopted(DINO, "2"), ev.Orphaned(DINO, AT),
            adopted(fox, "3"), intent(fox, body=OTHER),
            intent(owl), ev.Made(owl, AT),
            adopted(DINO, "4"), intent(DINO, body=OTHER), ev.Made(DINO, AT), ev.Orphaned(DINO, AT),
            ev.Adopted(TOTE, "gelato", "default", AT, "77", SPEC),
            ev.Landmarked(KAKA, AT, (freeze({"id": "1"}),)),
            ev.Landmarked("gelato", AT, (freeze({"id": "77"}),)),
            ev.Missed(KAKA, AT, None, ("1", "2")), ev.Missed("gelato", AT, None, ("77",)),
        ],
    )  # fmt: skip

    after = replay(state, [ev.Emptied(KAKA, AT + 9)])

    assert set(after.entries) == {fox, owl, TOTE}
    assert (after.entries[fox].id, after.entries[fox].spec) == (None, None)
    assert after.entries[fox].pending == state.entries[fox].pending
    assert [(each.address, each.id) for each in after.orphans] == [(DINO, None)]
    gone = Absent(AT + 9, gone=True)
    assert after.absent[KAKA] == {"1": gone, "2": gone, "3": gone, "4": gone}
    assert set(after.absent["gelato"]) == {"77"}
    assert set(after.landmarks) == {"gelato"}


@pytest.mark.parametrize("orphaned", [False, True])
def test_what_a_person_has_seen_at_an_emptied_account_is_gone_as_well(orphaned):
    """No listing has ever shown it, so that only a person's word tells that it was there."""
    seen = [intent(), ev.Made(CAT, AT), ev.Identified(CAT, AT, "5")]
    seen += [ev.Orphaned(CAT, AT)] if orphaned else []

    after = replay(State(), [*seen, ev.Emptied(KAKA, AT + 9)])

    assert (after.entries, after.orphans, {*after.absent[KAKA]}) == ({}, (), {"5"})


def test_what_is_in_doubt_about_a_product_is_over_when_its_account_was_emptied():
    rename = intent(op="update", body=FrozenDict({"name": "Bag"}))
    events = [adopted(), rename, ev.Emptied(KAKA, AT + 9)]

    assert replay(State(), events).entries == {}


def test_a_product_that_was_to_take_over_a_name_takes_it_though_what_had_it_is_gone():
    taken = FrozenDict({"name": "Cat"})
    begun = [adopted(), intent(body=OTHER, takes=taken), ev.Emptied(KAKA, AT + 1)]

    state = replay(State(), [*begun, ev.Settled(CAT, AT + 9, found=True, id="2")])

    (entry,) = state.entries.values()
    assert (entry.id, state.orphans) == ("2", ())
    assert entry.swap is not None
    assert entry.swap.takes == taken
    assert state.given_up(entry.swap)


# -- a provider, and a run


def test_what_was_observed_is_replaced_for_one_account():
    history = [ev.Observed(KAKA, account, AT, freeze({"names": account})) for account in ("default", "two")]

    state = replay(State(), [*history, ev.Observed(KAKA, "two", AT, freeze({"pictures": {}}))])

    assert state.observed == {KAKA: {"default": {"names": "default"}, "two": {"pictures": {}}}}


def test_codes_of_models_are_added_and_never_dropped():
    first = ev.ModelsSeen(KAKA, AT, freeze({"73": ["B"], "74": []}))

    state = replay(State(), [first, ev.ModelsSeen(KAKA, AT, freeze({"73": ["A", "B"], "75": ["C"]}))])

    assert state.models == {KAKA: {"73": ("A", "B"), "75": ("C",)}}


def test_a_state_keeps_three_landmarks():
    four = tuple(freeze({"id": str(number)}) for number in range(4))

    state = replay(State(), [ev.Landmarked(KAKA, AT, four)])

    assert state.landmarks == {KAKA: four[:3]}
    assert replay(state, [ev.Landmarked(KAKA, AT, ())]).landmarks == {}


def test_a_run_tells_its_machine_its_catalog_and_the_providers_clocks():
    begun = ev.Begun(AT, "h", 0, FrozenDict(), FrozenDict(), machine="d1ce", catalog="shop")
    ended = ev.Ended(AT, left=False, dates=FrozenDict({KAKA: AT + 0.12345}))

    state = replay(State(), [begun, ended])

    assert (state.last_apply["machine"], state.catalog) == ("d1ce", "shop")
    assert state.last_apply["dates"] == {KAKA: AT + 0.123}
    assert replay(state, [BEGUN]).catalog == "shop"


def test_a_contact_and_a_proof_are_kept():
    state = replay(State(unproven=True), [ev.Contacted(KAKA, AT)])

    assert (state.contacts, state.unproven) == ({KAKA: AT}, True)
    assert not replay(state, [ev.Proven(AT)]).unproven
