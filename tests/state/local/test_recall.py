"""What a state lacks of a newer one: nothing that was made, or may have been, is forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podsync.model.frozen import FrozenDict
from podsync.state import events as ev
from podsync.state.local.recall import recalled
from podsync.state.model import Host, State
from podsync.state.reducer.reducer import replay
from tests.state.histories import ADDRESSES, histories

CAT, DINO, TOTE = ADDRESSES
ACCOUNTS = {"kakaclo": "https://a default", "gelato": "https://b default"}
SPEC, OTHER = FrozenDict({"enName": "Cat"}), FrozenDict({"enName": "Other cat"})
AT = 1_767_323_045.0


def intent(address=CAT, body=SPEC, at=AT, reading=None):
    return ev.Intent(address, "kakaclo", "default", "create", body, at, at + 30, reading=reading)


def doubts(state):
    return {
        (each.address, each.pending.body)
        for each in state.entries.values()
        if each.pending is not None and each.pending.op == "create"
    }


def after(before, *events, lineage="l"):
    """What an older state has once it is told what `events` made of it later."""
    old = State(lineage=lineage, serial=len(before))
    return replay(
        replay(old, before), recalled(replay(old, [*before, *events]), replay(old, before), ACCOUNTS)
    )


@given(history=histories(), data=st.data())
def test_no_id_and_no_open_create_is_forgotten(history, data):
    """Of any history, and any older state or none, and nothing is told twice."""
    newest = replace(replay(State(lineage="l"), history), hosts={})
    older = replay(State(lineage="l"), history[: data.draw(st.integers(0, len(history)))])
    state = data.draw(st.sampled_from([older, State()]))

    told = recalled(newest, state, ACCOUNTS)
    now = replay(state, told)

    for provider in ACCOUNTS:
        known = {*now.owned(provider), *now.foreign.get(provider, ()), *now.remembered.get(provider, ())}
        assert set(newest.owned(provider)) <= known
    busy = {address for address, entry in now.entries.items() if entry.pending is not None or entry.spec}
    open_ = {
        e.address for e in newest.entries.values() if e.unbound or (e.pending and e.pending.op == "create")
    }
    assert open_ <= busy | {e.address for e in newest.entries.values() if e.provider not in ACCOUNTS}
    assert recalled(newest, now, ACCOUNTS) == []


def test_what_it_has_itself_it_is_not_told():
    events = [intent(), ev.Made(CAT, AT + 1), ev.Bound(CAT, AT + 2, "7"), intent(DINO, OTHER)]

    assert recalled(replay(State(), events), replay(State(), events), ACCOUNTS) == []


def test_what_was_acknowledged_is_in_doubt_as_what_was_said_to_be_done():
    state = after([], intent(), ev.Made(CAT, AT + 1, date=AT + 2))

    pending = state.entries[CAT].pending
    assert (pending.body, pending.written_at, pending.acknowledged) == (SPEC, AT, AT + 1)
    assert (pending.ended_at, pending.ended_date) == (AT + 1, AT + 2)


def test_what_was_listed_before_a_create_is_known_of_it():
    """None of these can be what it has made."""
    tote = intent(TOTE, FrozenDict({"enName": "Tote"}), reading=1)
    later = [ev.Looked("kakaclo", AT, 2, ("3", "4")), intent(reading=2), intent(DINO, OTHER, reading=2)]
    state = after([ev.Looked("kakaclo", AT, 1, ("1",)), tote], *later)

    readings = state.readings["kakaclo"]
    listed = {each: readings[state.entries[each].pending.reading] for each in (CAT, DINO, TOTE)}
    assert listed == {CAT: ("3", "4"), DINO: ("3", "4"), TOTE: ("1",)}


@pytest.mark.parametrize("made", [True, False])
def test_what_is_in_doubt_still_is_settled_as_the_newer_state_had_it(made):
    """There is room for one doubt at an address."""
    ended = [ev.Made(CAT, AT + 1, "7"), ev.Confirmed(CAT, AT + 2)] if made else [ev.NotSent(CAT, AT + 1)]

    state = after([intent()], *ended, intent(body=OTHER, at=AT + 9))

    assert doubts(state) == {(CAT, OTHER)}
    assert (state.entries[CAT].spec, state.entries[CAT].id) == ((SPEC, "7") if made else (None, None))


def test_where_it_exists_already_under_another_state_nothing_more_is_made():
    newest = replay(State(lineage="l"), [intent(), ev.Made(CAT, AT + 1)])
    adopted = ev.Adopted(CAT, "kakaclo", "default", AT, "9", SPEC)

    assert recalled(newest, replay(State(lineage="m"), [adopted]), ACCOUNTS) == []


def test_of_another_account_nothing_is_recalled():
    hosts = {"kakaclo": Host("https://elsewhere", "default"), "gelato": Host("https://b", "default")}
    ours = ev.Adopted(TOTE, "gelato", "default", AT, "8", SPEC)
    newest = replay(State(hosts=hosts), [ev.Adopted(CAT, "kakaclo", "default", AT, "7", SPEC), ours])

    assert [each.id for each in recalled(newest, State(), ACCOUNTS)] == ["8"]


def test_an_account_is_known_again_where_nothing_else_tells():
    marks = (FrozenDict({"id": "1"}),)
    newest = replay(State(), [ev.Landmarked("kakaclo", AT, marks)])
    own = replay(State(), [ev.Landmarked("kakaclo", AT, (FrozenDict({"id": "2"}),))])

    assert replay(State(), recalled(newest, State(), ACCOUNTS)).landmarks == {"kakaclo": marks}
    assert recalled(newest, own, ACCOUNTS) == []
