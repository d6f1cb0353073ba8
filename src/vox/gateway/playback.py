"""Speech on this machine's own device: one after another, in the order of asking."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from vox.errors import QueueFull
from vox.gateway import services
from vox.gateway.fleet.pool import Pool
from vox.gateway.speak import Desk
from vox.gateway.speech import Speech

log = logging.getLogger("vox")


class Playing:
    """One speech that is queued, or being heard."""

    def __init__(self, task: asyncio.Task[dict[str, Any]], begun: asyncio.Future[None]) -> None:
        self._task, self._begun = task, begun

    async def begun(self) -> None:
        """Wait until the request was found good. Raises what is wrong with it."""
        waiting: list[asyncio.Future[Any]] = [self._task, self._begun]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done() and not self._task.cancelled():
            self._task.result()

    async def heard(self) -> dict[str, Any]:
        """Wait until the last sample was played, and return the figures. Whoever stops waiting stops the
        speech. Raises what failed."""
        try:
            await asyncio.wait([self._task])
        except asyncio.CancelledError:
            self._task.cancel()
            raise
        if self._task.cancelled():
            return {"status": "interrupted"}
        return self._task.result()


class Playback:
    def __init__(self, desk: Desk, pool: Pool) -> None:
        self._desk, self._pool = desk, pool
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[dict[str, Any]]] = set()

    @property
    def busy(self) -> bool:
        return bool(self._tasks)

    def play(self, speech: Speech) -> Playing:
        """Queue `speech`. Raises `QueueFull`: what comes from the cache asks no engine for its place."""
        if len(self._tasks) >= self._pool.config().queue:
            full = f"{len(self._tasks)} speeches wait for the device; try again shortly"
            raise QueueFull(full, retry_after=2)
        begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._play(speech, begun), name="playback")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return Playing(task, begun)

    async def interrupt(self) -> None:
        """Stop what is heard and forget what is queued; returns when the device is free."""
        for task in (tasks := list(self._tasks)):
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def finish(self) -> None:
        """Wait until everything queued was heard."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    def _ended(self, task: asyncio.Task[dict[str, Any]]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("a speech was not played: %s", error)

    async def _play(self, speech: Speech, begun: asyncio.Future[None]) -> dict[str, Any]:
        # The engine begins at once and runs ahead as far as the spool lets it; the device has its order.
        async with self._desk.speak(speech) as utterance:
            begun.set_result(None)
            with self._pool.lease(services.player(self._pool.config())) as lease:
                await utterance.spool.first()
                async with self._turn, lease.turn() as turn:
                    stream = turn.open("play", {"rate": utterance.rate}, lambda data: None)
                    utterance.spool.attach(stream)
                    figures = await stream.result()
                    if not figures.get("cancelled"):
                        # The device took it all, so the spool has passed it all on.
                        return {"status": "played", "engine": utterance.order.recipe.name, **figures}
                    await utterance.spool.finished()  # raises why the speech broke off
        return {"status": "interrupted"}
