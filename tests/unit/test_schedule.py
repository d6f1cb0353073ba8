"""The policy, by tables and by simulated time: no clock, no process."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vox.gateway.fleet.lifecycle import State
from vox.gateway.fleet.schedule import FOREVER, Plan, Refusal, Waiter, WorkerView, cool_down, plan

NOW = 1000.0


def view(
    state: State,
    *,
    key: str = "a",
    slots: int = 1,
    running: int = 0,
    leases: int = 0,
    idle: float = 0,
    keep_alive: float = 300,
    retry_in: float = 0,
) -> WorkerView:
    return WorkerView(key, state, slots, running, leases, NOW - idle, keep_alive, NOW + retry_in)


def waiter(ticket: int, key: str = "a", left: float = 60, batch: bool = False, waited: float = 0) -> Waiter:
    return Waiter(ticket, key, NOW + left, NOW - waited, batch)


NOTHING = Plan([], [], [], [], FOREVER)

TABLE = [
    ("a stopped worker starts for who waits", view(State.STOPPED), [waiter(1)], {"start": ["a"]}),
    ("a stopped worker starts for a lease", view(State.STOPPED, leases=1), [], {"start": ["a"]}),
    ("a stopped worker stays so when nobody wants it", view(State.STOPPED), [], {}),
    ("a starting worker is waited for", view(State.STARTING), [waiter(1)], {}),
    ("a loading worker is waited for", view(State.LOADING), [waiter(1)], {}),
    ("a stopping worker is waited for, never used", view(State.STOPPING), [waiter(1)], {}),
    ("a free slot is granted", view(State.READY), [waiter(1)], {"grant": [1]}),
    ("first in, first out", view(State.READY), [waiter(5), waiter(7)], {"grant": [5]}),
    ("interactive before batch", view(State.READY), [waiter(1, batch=True), waiter(2)], {"grant": [2]}),
    ("batch as well where there is room", view(State.READY, slots=2), [waiter(1, batch=True), waiter(2)],
     {"grant": [2, 1]}),
    ("batch jobs among themselves by age", view(State.READY), [waiter(1, batch=True), waiter(2, batch=True)],
     {"grant": [1]}),
    ("batch is not put off for ever", view(State.READY), [waiter(1, batch=True, waited=10), waiter(2)],
     {"grant": [1]}),
    ("batch is put off for a while", view(State.READY), [waiter(1, batch=True, waited=9.9), waiter(2)],
     {"grant": [2]}),
    ("a busy worker is waited for", view(State.READY, running=1), [waiter(1)], {}),
    ("as many as there are slots", view(State.READY, slots=3, running=1), [waiter(1), waiter(2), waiter(3)],
     {"grant": [1, 2]}),
    ("an idle worker stays for its keep-alive", view(State.READY, idle=299), [], {"wake_at": NOW + 1}),
    ("an idle worker leaves at its keep-alive", view(State.READY, idle=300), [], {"stop": ["a"]}),
    ("keep-alive 0 leaves at once", view(State.READY, keep_alive=0), [], {"stop": ["a"]}),
    ("keep-alive for ever never leaves", view(State.READY, idle=1e9, keep_alive=FOREVER), [], {}),
    ("a leased worker does not leave", view(State.READY, idle=999, leases=1), [], {}),
    ("a running worker does not leave", view(State.READY, idle=999, running=1), [], {}),
    ("a waiter at the deadline of an idle worker gets it", view(State.READY, idle=300), [waiter(1)],
     {"grant": [1]}),
    ("a failed worker starts again after its cool-down", view(State.FAILED), [waiter(1)], {"start": ["a"]}),
    ("in its cool-down callers are refused", view(State.FAILED, retry_in=5), [waiter(1)],
     {"refuse": [Refusal(1, "cooling", 5)]}),
    ("who has waited too long is refused", view(State.LOADING), [waiter(1, left=0)],
     {"refuse": [Refusal(1, "timeout", 1.0)]}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("worker", "waiters", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_policy(worker: WorkerView, waiters: list[Waiter], expected: dict[str, object]) -> None:
    decided = plan([worker], waiters, NOW)
    pending = [w.deadline for w in waiters if w.deadline > NOW]
    want: dict[str, Any] = {"wake_at": min(pending, default=FOREVER)} | expected
    assert decided == NOTHING._replace(**want)


def test_workers_do_not_mix() -> None:
    decided = plan(
        [view(State.READY, key="a"), view(State.STOPPED, key="b"), view(State.READY, key="c", idle=400)],
        [waiter(1, "b"), waiter(2, "a")],
        NOW,
    )
    assert decided == Plan(["b"], [2], ["c"], [], NOW + 60)


def test_it_wakes_at_the_next_thing_that_can_happen() -> None:
    decided = plan(
        [view(State.READY, key="a", idle=290), view(State.READY, key="b", running=1)],
        [waiter(1, "b", left=4), waiter(2, "b", left=9)],
        NOW,
    )
    assert decided.wake_at == NOW + 4


def test_cool_down_doubles_up_to_half_a_minute() -> None:
    assert [cool_down(n) for n in range(9)] == [0, 0.5, 1, 2, 4, 8, 16, 30, 30]


class Line:
    """Callers of one worker who each speak `segments`, a second each, in virtual time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.order: list[str] = []
        self._waiting: list[tuple[Waiter, str, int]] = []

    def ask(self, name: str, segments: int, batch: bool = False) -> None:
        ticket = 1 + max((waiter.ticket for waiter, *_ in self._waiting), default=0)
        waiter = Waiter(ticket, "a", FOREVER, self.now, batch)
        self._waiting.append((waiter, name, segments))

    def step(self) -> None:
        seen = WorkerView("a", State.READY, 1, 0, len(self._waiting), 0.0, FOREVER, 0.0)
        (granted,) = plan([seen], [waiter for waiter, *_ in self._waiting], self.now).grant
        (place,) = (n for n, (waiter, *_) in enumerate(self._waiting) if waiter.ticket == granted)
        waiter, name, left = self._waiting.pop(place)
        self.order.append(name)
        self.now += 1
        if left > 1:  # queues again, behind the others
            self.ask(name, left - 1, waiter.batch)


def test_callers_alternate_segment_by_segment() -> None:
    line = Line()
    for name in "abc":
        line.ask(name, 3)
    for _ in range(9):
        line.step()
    assert "".join(line.order) == "abcabcabc"


def test_an_interactive_call_waits_for_no_article() -> None:
    line = Line()
    for name in "abcd":
        line.ask(name, 20, batch=True)
    for _ in range(6):
        line.step()
    line.ask("i", 2)
    for _ in range(3):
        line.step()
    assert "".join(line.order) == "abcdab" + "iic"


def test_an_article_gets_on_however_many_calls_there_are() -> None:
    line = Line()
    line.ask("a", 20, batch=True)
    for name in "ij":
        line.ask(name, 100)
    for _ in range(45):
        line.step()
    places = [second for second, name in enumerate(line.order) if name == "a"]
    assert [after - before for before, after in pairwise([-1, *places])] == [11, 11, 11, 11]


@given(st.integers(0, 2**32))
def test_simulated_traffic_loses_nobody(seed: int) -> None:
    """Hours of arrivals round the keep-alive in virtual time: every caller is served exactly once, no worker
    is stopped while it has work, and never more runs than there are slots."""
    dice = random.Random(seed)
    arrivals = sorted(dice.uniform(0, 3600) for _ in range(40))
    now, state, running, idle_since, busy_until = 0.0, State.STOPPED, 0, 0.0, FOREVER
    becomes_at, becomes = FOREVER, State.STOPPED
    waiting: list[Waiter] = []
    served: list[int] = []
    tickets = iter(range(1000))
    for _ in range(400):
        seen = WorkerView("a", state, 1, running, 0, idle_since, 30.0, 0.0)
        decided = plan([seen], waiting, now)
        assert not (decided.stop and (running or waiting))
        assert len(decided.grant) + running <= 1
        if decided.start:
            state, becomes_at, becomes = State.STARTING, now + dice.uniform(0.1, 5), State.READY
        if decided.stop:
            state, becomes_at, becomes = State.STOPPING, now + dice.uniform(0.001, 0.5), State.STOPPED
        for ticket in decided.grant:
            waiting = [w for w in waiting if w.ticket != ticket]
            served.append(ticket)
            running, busy_until = 1, now + dice.uniform(0.01, 40)
        now = min(decided.wake_at, becomes_at, busy_until, arrivals[0] if arrivals else FOREVER)
        if now == FOREVER:
            break
        if now == becomes_at:
            state, becomes_at = becomes, FOREVER
            idle_since = now
        if now == busy_until:
            running, busy_until, idle_since = 0, FOREVER, now
        if arrivals and now == arrivals[0]:
            arrivals.pop(0)
            waiting.append(Waiter(next(tickets), "a", FOREVER))
    assert not arrivals and not waiting
    assert served == list(range(40))
    assert state is State.STOPPED
