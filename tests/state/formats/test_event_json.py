from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podsync.model.errors import StateError
from podsync.state.events import Ended, Event, NotSent
from podsync.state.formats.event_json import event_from_json, event_to_json
from podsync.state.reducer.reducer import in_milliseconds
from tests.state.histories import ADDRESSES, any_event, event


@given(any_event)
def test_every_event_survives_the_way_through_json(one):
    data = json.loads(json.dumps(event_to_json(one)))

    assert event_from_json(data) == one


@pytest.mark.parametrize("cls", Event.__args__)
@settings(max_examples=10)
@given(st.data())
def test_every_type_of_event_is_known(cls, data):
    one = data.draw(event(cls))

    assert type(event_from_json(event_to_json(one))) is cls


@given(st.floats(-1e9, 1e10))
def test_times_are_kept_to_the_millisecond(at):
    one = NotSent(ADDRESSES[0], at)

    assert event_from_json(event_to_json(one)) == in_milliseconds(one)


def test_what_is_empty_is_left_out():
    assert event_to_json(NotSent(ADDRESSES[0], 1.0)) == {
        "type": "not_sent",
        "address": "designed_product.cat",
        "at": 1.0,
    }
    assert event_to_json(Ended(1.0, left=False)) == {"type": "ended", "at": 1.0, "left": False}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "vanished"}, "does not know events of type 'vanished'"),
        ({"type": 3}, "no type"),
        ({"future": 1}, "the field 'future' (not_sent)"),
        ({"at": None}, "not_sent.at"),
        ({"at": True}, "not_sent.at"),
        ({"at": 10**400}, "not_sent.at"),
        ({"address": "no"}, "not an address"),
        ({"address": 1}, "not_sent.address"),
    ],
)
def test_an_event_is_never_half_understood(change, words):
    data = event_to_json(NotSent(ADDRESSES[0], 1.0)) | change

    with pytest.raises(StateError) as caught:
        event_from_json(data)

    assert words in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("data", [None, [], "x", {}, {"type": "not_sent"}])
def test_what_is_no_event_is_refused(data):
    with pytest.raises(StateError):
        event_from_json(data)


@given(any_event, st.data())
def test_a_value_of_another_type_is_refused_or_read(one, data):
    form = event_to_json(one)
    name = data.draw(st.sampled_from(sorted(form)))
    form[name] = data.draw(st.sampled_from([None, 3, "x", [], {}, [1], {"a": 1}, True, 1.5]))

    try:
        read = event_from_json(form)
    except StateError:
        return
    assert replace(read)
