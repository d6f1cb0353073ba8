"""Leases and turns: the only way to a worker.

A *lease* says that a caller will want this worker again soon: while there is one, the worker does not leave.
A *turn* is one job's place on it. An utterance holds a lease for its whole life and takes a turn for each
segment, so that callers alternate on one engine and a keep-alive of 0 does not stop it in between.

Everything is synchronous between two awaits; `_replan` carries out what `schedule.plan` says in one step.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any

import msgspec
from msgspec.structs import replace

from vox.config import Config
from vox.errors import EngineFailed, QueueFull, Unavailable, VoxError
from vox.gateway.fleet.lifecycle import State
from vox.gateway.fleet.link import Stream
from vox.gateway.fleet.process import Recipe
from vox.gateway.fleet.schedule import FOREVER, Priority, Refusal, Waiter, plan
from vox.gateway.fleet.worker import Worker

_RETRY_FULL = 2
"""Seconds that a caller is asked to stay away when the queue is full: a segment takes about as long."""


class _Waiting(msgspec.Struct):
    key: str
    begun: float
    """When the caller took its lease."""
    since: float
    deadline: float
    batch: bool
    granted: asyncio.Future[None]


class Turn:
    """One job's place on a worker; given back when the job has ended, however the caller left."""

    def __init__(self, pool: Pool, worker: Worker) -> None:
        self._pool, self.worker = pool, worker
        self._stream: Stream | None = None
        self._speaks_since = FOREVER
        """When a job of speech was opened, on the loop's clock."""

    def open(self, op: str, request: dict[str, Any], on_data: Callable[[bytes], None]) -> Stream:
        """Start the job. Raises `WorkerDied`."""
        self._stream = self.worker.open(op, request, on_data)
        if op == "speak":
            self._speaks_since = asyncio.get_running_loop().time()
        return self._stream

    async def result(self, limit: float) -> dict[str, Any]:
        """Wait for the job's DONE. Raises what `wait` and `Stream.result` raise."""
        assert self._stream is not None, "no job was opened"
        while not self._stream.done.done():
            await self.wait(limit)
        return await self._stream.result()

    async def wait(self, limit: float, *beside: asyncio.Future[Any]) -> None:
        """Wait until the job has ended, or one of `beside`. Raises `EngineFailed`, and kills the worker, when
        the job is silent for `limit` seconds; may return early."""
        stream, loop = self._stream, asyncio.get_running_loop()
        assert stream is not None, "no job was opened"
        left = max(stream.heard_at + limit - loop.time(), 0.01)
        await asyncio.wait([stream.done, *beside], timeout=left, return_when=asyncio.FIRST_COMPLETED)
        ended = any(future.done() for future in (stream.done, *beside))
        if not ended and loop.time() - stream.heard_at >= limit:
            message = f"{self.worker.name} said nothing for {limit:g} s and was killed"
            fault = EngineFailed(message, code="engine_stalled")
            self.worker.stop(fault)
            raise fault

    def give_back(self) -> None:
        stream = self._stream
        if stream is not None and self._speaks_since != FOREVER:
            self.worker.note(stream, self._speaks_since)
        if stream is None or stream.done.done():
            self._pool.freed(self.worker)
            return
        # Not wanted any more: the slot is free when the worker has let go, or is killed for not doing so.
        stream.abort()
        worker, config = self.worker, self._pool.config()
        fault = EngineFailed(f"{worker.name} ignored a cancel for {config.cancel_timeout:g} s and was killed")
        timer = asyncio.get_running_loop().call_later(config.cancel_timeout, worker.stop, fault)

        def let_go(_: object) -> None:
            timer.cancel()
            self._pool.freed(worker)

        stream.done.add_done_callback(let_go)


class Lease:
    """A caller's hold on a worker. Use as a context manager."""

    def __init__(self, pool: Pool, worker: Worker, key: str, batch: bool) -> None:
        self._pool, self.worker, self._key, self._batch = pool, worker, key, batch
        self._since = asyncio.get_running_loop().time()

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.end_lease(self.worker)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Wait for a place on the worker, which is started and loaded if need be.

        Raises `Unavailable` after `queue_timeout` or in a cool-down, or what made the load fail."""
        await self._pool.wait(self._key, self.worker, self._since, self._batch)
        turn = Turn(self._pool, self.worker)
        try:
            yield turn
        finally:
            turn.give_back()


class Pool:
    """All workers of this gateway."""

    def __init__(self, config: Callable[[], Config]) -> None:
        self.config = config
        self.workers: dict[str, Worker] = {}
        self._keys: dict[Recipe, str] = {}
        self._waiting: dict[int, _Waiting] = {}
        self._tickets = 0
        self._timer: asyncio.TimerHandle | None = None
        self._draining = False

    @property
    def waiting(self) -> int:
        """Jobs that wait for a turn."""
        return len(self._waiting)

    @property
    def quiet(self) -> bool:
        """Whether no process runs and nobody wants one."""
        return all(w.state in (State.STOPPED, State.FAILED) and not w.leases for w in self.workers.values())

    def lease(
        self, recipe: Recipe, keep_alive: float | None = None, priority: Priority = "interactive"
    ) -> Lease:
        """Hold a worker of `recipe`, which starts if it does not run. `keep_alive` in seconds (negative: for
        ever) overrides the recipe's until the next caller says otherwise. Turns of a "batch" lease come after
        those of the others.

        Raises `QueueFull` beyond `queue` callers of this engine or `queue_all` in all, and `Unavailable`
        when draining."""
        if self._draining:
            raise Unavailable("the daemon is stopping", code="draining", retry_after=5)
        key, worker = self._worker(recipe)
        if recipe.path is not None:  # the codec and its like serve requests that were admitted already
            self._admit(worker)
        worker.leases += 1
        worker.keep_alive = recipe.keep_alive if keep_alive is None else keep_alive
        if worker.state is State.STOPPED:
            self._replan()
        return Lease(self, worker, key, priority == "batch")

    def _worker(self, recipe: Recipe) -> tuple[str, Worker]:
        same = replace(recipe, keep_alive=0.0)  # how long it stays is the lease's business
        key = self._keys.get(same)
        if key is None:
            key = f"{recipe.name}#{len(self._keys)}"
            self._keys[same] = key
            self.workers[key] = Worker(recipe, self.config, self._replan)
        return key, self.workers[key]

    def _admit(self, worker: Worker) -> None:
        config = self.config()
        total = sum(other.leases for other in self.workers.values() if other.recipe.path is not None)
        if worker.leases >= config.queue:
            raise QueueFull(
                f"{worker.name} has {worker.leases} requests waiting; try again shortly",
                retry_after=_RETRY_FULL,
            )
        if total >= config.queue_all:
            raise QueueFull(f"{total} requests are waiting; try again shortly", retry_after=_RETRY_FULL)

    def end_lease(self, worker: Worker) -> None:
        worker.leases -= 1
        worker.idle_since = asyncio.get_running_loop().time()
        self._replan()

    def freed(self, worker: Worker) -> None:
        """A job has ended on `worker`."""
        worker.running -= 1
        worker.idle_since = asyncio.get_running_loop().time()
        self._replan()

    async def wait(self, key: str, worker: Worker, begun: float, batch: bool) -> None:
        """Wait for a place on `worker` for the lease that began at `begun`; counted as running when this
        returns, and only then."""
        loop = asyncio.get_running_loop()
        now, limit = loop.time(), self.config().queue_timeout
        deadline = now + limit if limit >= 0 else FOREVER
        waiting = _Waiting(key, begun, now, deadline, batch, loop.create_future())
        self._tickets += 1
        ticket = self._tickets
        self._waiting[ticket] = waiting
        self._replan()
        try:
            await waiting.granted
        except asyncio.CancelledError:
            if waiting.granted.done() and not waiting.granted.cancelled() and not waiting.granted.exception():
                self.freed(worker)  # granted to somebody who had just left
            raise
        finally:
            self._waiting.pop(ticket, None)

    def _replan(self) -> None:
        """Carry out what the policy says, in one step."""
        loop = asyncio.get_running_loop()
        decided = plan(
            [worker.view(key) for key, worker in self.workers.items()],
            [Waiter(t, w.key, w.deadline, w.since, w.batch) for t, w in self._waiting.items()],
            loop.time(),
        )
        for key in decided.start:
            self.workers[key].start()
        for ticket in decided.grant:
            waiting = self._waiting.pop(ticket)
            if not waiting.granted.done():  # cancelled: its caller has left and will never give it back
                self.workers[waiting.key].running += 1
                waiting.granted.set_result(None)
        for refusal in decided.refuse:
            self._refuse(refusal)
        for key in decided.stop:
            self.workers[key].stop()
        self._wake(decided.wake_at)

    def _wake(self, at: float) -> None:
        """Plan again at `at`. A timer that is set for earlier stays: to plan once too often costs less than
        to set it anew for each request."""
        if self._timer is not None and not self._timer.cancelled():
            now = asyncio.get_running_loop().time()
            if now < self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at, self._replan) if at != FOREVER else None

    def _refuse(self, refusal: Refusal) -> None:
        waiting = self._waiting.pop(refusal.ticket)
        if not waiting.granted.done():
            waiting.granted.set_exception(self._reason(waiting, refusal))

    def _reason(self, waiting: _Waiting, refusal: Refusal) -> VoxError:
        worker = self.workers[waiting.key]
        retry = max(1, math.ceil(refusal.retry_after))
        if refusal.reason == "timeout":
            limit = self.config().queue_timeout
            return Unavailable(
                f"waited {limit:g} s for {worker.name}, which is {worker.state.value}",
                code="queue_timeout",
                retry_after=retry,
            )
        fault = worker.fault or EngineFailed(f"{worker.name} failed to start")
        if worker.failed_at >= waiting.begun or not isinstance(fault, EngineFailed):
            # It failed while this caller waited, or for a reason that the caller can mend. A new exception
            # for each: one that is raised again and again gathers the frames of everybody.
            return type(fault)(fault.message, code=fault.code, param=fault.param)
        return Unavailable(
            f"{worker.name} cools down after a failed start: {fault.message}",
            code="cooling_down",
            retry_after=retry,
        )

    async def close(self) -> None:
        """Stop every worker and wait until none is left; nobody is given a lease any more."""
        self._draining = True
        for worker in self.workers.values():
            worker.stop()
        for worker in self.workers.values():
            await worker.gone()
        if self._timer is not None:
            self._timer.cancel()
