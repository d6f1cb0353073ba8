"""Who gets a turn, who starts, who leaves, who is sent away: a pure function of what is, and of the time.

No I/O, no clock of its own, no state: the pool hands in views and carries out what comes back, in one step.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from vox.gateway.fleet.lifecycle import State

Priority = Literal["interactive", "batch"]
"""Whether somebody waits to hear it now."""
FOREVER = float("inf")
PATIENCE = 10.0
"""Seconds after which a batch job counts as interactive, so that it has its turn whatever else comes."""


class WorkerView(NamedTuple):
    """One worker. Times in seconds, on the clock of `plan`'s `now`."""

    key: str
    state: State
    slots: int
    """Jobs it can run at once."""
    running: int
    leases: int
    """Callers that will want another turn soon; it does not leave while there are any."""
    idle_since: float
    keep_alive: float
    """Seconds it stays unused; `FOREVER` keeps it."""
    retry_at: float
    """When FAILED: the end of its cool-down."""


class Waiter(NamedTuple):
    """Somebody who waits for a turn on the worker `key`."""

    ticket: int
    key: str
    deadline: float
    since: float = 0.0
    batch: bool = False
    """Whether nobody listens yet: interactive jobs go first."""


class Refusal(NamedTuple):
    ticket: int
    reason: str
    """"timeout" or "cooling"."""
    retry_after: float
    """Seconds."""


class Plan(NamedTuple):
    start: list[str]
    grant: list[int]
    """Tickets, in order."""
    stop: list[str]
    refuse: list[Refusal]
    wake_at: float
    """When to plan again, if nothing happens before; `FOREVER` for not at all."""


def plan(workers: Iterable[WorkerView], waiters: Iterable[Waiter], now: float) -> Plan:
    """What to do at `now`. `waiters` come in the order of their arrival: first in, first out, but interactive
    ones before batch. Who wants another turn queues again behind the others, so callers alternate."""
    out = Plan([], [], [], [], FOREVER)
    queues: dict[str, list[Waiter]] = {}
    wake = FOREVER
    for waiter in waiters:
        if waiter.deadline <= now:
            out.refuse.append(Refusal(waiter.ticket, "timeout", 1.0))
            continue
        wake = min(wake, waiter.deadline)
        queues.setdefault(waiter.key, []).append(waiter)
    for worker in workers:
        queue = queues.get(worker.key, [])
        if queue:
            _serve(worker, queue, now, out)
        elif worker.leases and worker.state is State.STOPPED:
            out.start.append(worker.key)
        elif worker.state is State.READY and not worker.running and not worker.leases:
            leaves = worker.idle_since + worker.keep_alive
            if leaves <= now:
                out.stop.append(worker.key)
            else:
                wake = min(wake, leaves)
    return out._replace(wake_at=wake)


def _serve(worker: WorkerView, queue: list[Waiter], now: float, out: Plan) -> None:
    if worker.state is State.READY:
        free = worker.slots - worker.running
        in_turn = sorted(queue, key=lambda waiter: waiter.batch and now - waiter.since < PATIENCE)
        out.grant.extend(waiter.ticket for waiter in in_turn[: max(free, 0)])
    elif worker.state is State.STOPPED or (worker.state is State.FAILED and worker.retry_at <= now):
        out.start.append(worker.key)
    elif worker.state is State.FAILED:
        out.refuse.extend(Refusal(waiter.ticket, "cooling", worker.retry_at - now) for waiter in queue)


def cool_down(failures: int, most: float = 30.0) -> float:
    """Seconds before a worker that failed `failures` times in a row may start again: 0.5, 1, 2, … 30."""
    return min(0.5 * 2.0 ** (failures - 1), most) if failures else 0.0
