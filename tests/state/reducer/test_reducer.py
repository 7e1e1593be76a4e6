from __future__ import annotations

import pytest
from hypothesis import given, settings

from podsync.model.errors import StateError
from podsync.model.frozen import FrozenDict, freeze
from podsync.state import events as ev
from podsync.state.entries import Window
from podsync.state.model import State
from podsync.state.reducer.reducer import Reducer, replay
from tests.state.histories import ADDRESSES, histories

CAT, DINO, TOTE = ADDRESSES
SPEC = FrozenDict({"modelId": "1"})
AT = 1_767_323_045.0


def intent(address=CAT, op="create", body=SPEC, at=AT):
    return ev.Intent(address, "kakaclo", "default", op, body, at, at + 30)


def adopted(address=CAT, at=AT, known_as="1"):
    return ev.Adopted(address, "kakaclo", "default", at, known_as, SPEC)


def test_an_update_that_is_found_settled_stays_the_same_product():
    update = intent(op="update", body=FrozenDict({"name": "Bag"}))

    state = replay(State(), [adopted(), update, ev.Settled(CAT, AT + 9, found=True, id="1")])

    assert state.orphans == ()
    assert state.entries[CAT].spec == {"modelId": "1", "name": "Bag"}
    assert state.entries[CAT].id == "1"


def test_what_does_not_exist_cannot_be_updated():
    with pytest.raises(StateError, match="does not exist"):
        replay(State(), [intent(op="update")])


def test_what_is_settled_without_an_id_keeps_its_window():
    doubted = [intent(), ev.Doubted(CAT, AT + 5, AT + 4), ev.Settled(CAT, AT + 99, found=True)]

    state = replay(State(), doubted)

    assert state.entries[CAT].window == Window(AT, AT + 5, AT + 4)


def test_two_orphans_of_one_address_stay_two_whatever_the_clock_says():
    both = [adopted(CAT), adopted(DINO, known_as="2"), ev.Orphaned(DINO, AT), ev.Moved(CAT, DINO, AT)]

    state = replay(State(), [*both, ev.Orphaned(DINO, AT)])

    assert sorted(each.id for each in state.orphans) == ["1", "2"]


def test_a_restored_orphan_does_not_take_the_name_of_another():
    events = [adopted(CAT), adopted(DINO, known_as="2"), ev.Orphaned(CAT, AT), ev.Orphaned(DINO, AT)]

    restored = [ev.Restored(DINO, CAT, AT, AT), ev.Orphaned(DINO, AT)]
    state = replay(State(), [*events, *restored])

    assert sorted(each.id for each in state.orphans) == ["1", "2"]


def test_hosts_that_are_not_understood_are_refused():
    with pytest.raises(StateError, match="hosts"):
        replay(State(), [ev.Begun(AT, "h", 0, freeze({"kakaclo": {}}), FrozenDict())])


def test_times_are_rounded_so_that_a_name_outlives_the_file():
    state = replay(State(), [adopted(at=AT + 0.0004), ev.Orphaned(CAT, AT)])

    assert state.orphans[0].created_at == AT
    assert replay(state, [ev.Gone(CAT, AT + 0.0004, AT)]).orphans == ()


@settings(max_examples=30, deadline=None)
@given(histories())
def test_event_by_event_is_the_same_as_all_at_once(history):
    state = State()
    for event in history:
        state = replay(state, [event])

    assert state == replay(State(), history)
    assert state.serial == len(history)


@settings(max_examples=30, deadline=None)
@given(histories())
def test_a_lost_beginning_never_stops_a_replay(history):
    half = len(history) // 2

    state = replay(State(lineage="l", serial=half, lost=True), history[half:])

    assert (state.serial, state.lost) == (len(history), True)


@settings(max_examples=30, deadline=None)
@given(histories())
def test_no_product_vanishes_but_by_a_person_s_word(history):
    draft, known = Reducer(State()), 0
    for event in history:
        draft.apply(event)
        now = sum(each.spec is not None for each in draft.entries.values()) + len(draft.orphans)
        if not isinstance(event, ev.Gone | ev.Forgotten | ev.Emptied):
            assert now >= known
        known = now
