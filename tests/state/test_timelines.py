"""Which of two states includes what the other had, however often they were set back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from podsync.state.events import Emptied, Resumed
from podsync.state.model import State
from podsync.state.reducer.reducer import replay

STEPS = st.lists(st.one_of(st.just("event"), st.integers(0, 30)), max_size=30)


@given(STEPS)
def test_a_state_includes_just_what_happened_to_it(steps):
    seen = [(State(lineage="a"), ())]
    for number, step in enumerate(steps):
        state, events = seen[-1]
        if step != "event":  # an earlier one comes back, and the run knows that it was newer
            state, events = seen[step % len(seen)]
            state = replay(state, [Resumed(f"timeline {number}")])
            events = (*events, f"resumed {number}")
        seen.append((replay(state, [Emptied("kakaclo", 0.0)]), (*events, number)))

    for known, happened in seen:
        for state, events in seen:
            includes = events[: len(happened)] == happened
            assert state.includes(known.timeline, known.serial) is includes


def test_what_happened_before_the_first_write_is_part_of_every_state():
    assert State().includes("", 0)
    assert State(lineage="a", serial=4).includes("", 0)
    assert not State().includes("a", 0)
