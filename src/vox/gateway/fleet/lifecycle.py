"""The life of a worker as a table.

Rule 1: whatever changes a worker's state is in this table; `Worker` (in `worker.py`) is the only one that
applies it, so a state has one writer.
Rule 2: a read of a state that gates a change of it is one step with that change: the pool decides and applies
without an `await` in between. A worker that is STOPPING is never given work; whoever wants it waits.
Rule 3: every way out of a process is `EXITED`. From STARTING and LOADING it ends in FAILED, from which
`START` is possible again once the cool-down is over. A READY worker that dies was fine a moment ago: `LOST`
takes it out of service at once, and the next caller may start it again without waiting.

STARTING and LOADING are two states since they have two limits: a process that says hello within seconds may
take minutes to load, and that is no failure as long as it makes progress.
"""

from __future__ import annotations

from enum import Enum


class State(Enum):
    STOPPED = "stopped"
    STARTING = "starting"
    LOADING = "loading"
    READY = "ready"
    STOPPING = "stopping"
    FAILED = "failed"


class Event(Enum):
    START = "start"  # the pool wants it
    HELLO = "hello"  # the process runs
    LOADED = "loaded"  # the model is in memory and warm
    STOP = "stop"  # idle for its keep-alive, not wanted any more, or hanging
    LOST = "lost"  # its connection ended unasked: it died
    EXITED = "exited"  # the process is gone


TRANSITIONS: dict[State, dict[Event, State]] = {
    State.STOPPED: {Event.START: State.STARTING},
    State.STARTING: {
        Event.HELLO: State.LOADING,
        Event.STOP: State.STOPPING,
        Event.EXITED: State.FAILED,
    },
    State.LOADING: {
        Event.LOADED: State.READY,
        Event.STOP: State.STOPPING,
        Event.EXITED: State.FAILED,
    },
    State.READY: {Event.STOP: State.STOPPING, Event.LOST: State.STOPPING},
    State.STOPPING: {Event.EXITED: State.STOPPED},
    State.FAILED: {Event.START: State.STARTING},
}


class IllegalTransition(Exception):
    """A bug in the caller, never in a worker."""


def after(state: State, event: Event) -> State:
    """The state that follows. Raises `IllegalTransition` where the table has none."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition(f"{event.value} in state {state.value}") from None


def mermaid() -> str:
    """The table as a Mermaid state diagram, for ARCHITECTURE.md."""
    lines = ["stateDiagram-v2", "    [*] --> stopped"]
    for state, events in TRANSITIONS.items():
        lines += [f"    {state.value} --> {after.value}: {event.value}" for event, after in events.items()]
    return "\n".join(lines)
