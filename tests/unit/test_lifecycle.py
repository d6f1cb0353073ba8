"""The table of a worker's life."""

from __future__ import annotations

from itertools import product

import pytest

from vox.gateway.fleet.lifecycle import TRANSITIONS, Event, IllegalTransition, State, after, mermaid


def test_every_state_can_be_reached_and_left() -> None:
    reached = {State.STOPPED}
    while more := {to for state in reached for to in TRANSITIONS[state].values()} - reached:
        reached |= more
    assert reached == set(State)
    assert all(TRANSITIONS[state] for state in State)


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_what_is_not_in_the_table_is_refused(state: State, event: Event) -> None:
    if event in TRANSITIONS[state]:
        assert after(state, event) is TRANSITIONS[state][event]
    else:
        with pytest.raises(IllegalTransition, match=f"{event.value} in state {state.value}"):
            after(state, event)


def test_work_is_possible_in_one_state_only_and_a_process_ends_once() -> None:
    alive = {State.STARTING, State.LOADING, State.READY, State.STOPPING}
    for state, events in TRANSITIONS.items():
        assert (Event.START in events) == (state not in alive)
        assert (Event.STOP in events) == (state in alive - {State.STOPPING})


def test_the_diagram_has_every_transition() -> None:
    drawn = mermaid()
    for state, events in TRANSITIONS.items():
        for event, to in events.items():
            assert f"{state.value} --> {to.value}: {event.value}" in drawn
