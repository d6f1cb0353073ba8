"""One worker as the gateway sees it, from spawn to reaping. The only writer of its state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from vox.config import Config
from vox.errors import EngineFailed, VoxError, WorkerDied
from vox.gateway.fleet.lifecycle import Event, State, after
from vox.gateway.fleet.link import Link, Stream
from vox.gateway.fleet.process import Process, Recipe, explain
from vox.gateway.fleet.schedule import FOREVER, WorkerView, cool_down
from vox.wire.messages import Loaded

_LOOK = 0.5
"""Seconds between two looks at a loading process's effort."""


class Worker:
    """Lives through any number of processes; `state` says where the present one is."""

    def __init__(self, recipe: Recipe, config: Callable[[], Config], changed: Callable[[], None]) -> None:
        self.recipe = recipe
        self.state = State.STOPPED
        self.loaded: Loaded = {"sample_rate": 0, "voices": []}
        self.progress = 0.0
        """Share of the present load, 0 to 1, as the engine reports it."""
        self.keep_alive = recipe.keep_alive
        self.leases = 0
        self.running = 0
        self.idle_since = 0.0
        self.worked = self.spoken = 0.0
        """Seconds that it spent on speech so far, and seconds of sound that came of it."""
        self.failed_at = 0.0
        """When a start or a load last failed, on the loop's clock."""
        self._config, self._changed = config, changed
        self._loop = asyncio.get_running_loop()
        self._failures = 0
        self._retry_at = 0.0
        self._fault: VoxError | None = None
        self._asked = False
        self._process: Process | None = None
        self._link: Link | None = None
        self._life: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return self.recipe.name

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def fault(self) -> VoxError | None:
        """Why the last process failed; None once one has loaded."""
        return self._fault

    @property
    def memory(self) -> tuple[int, int]:
        """Resident bytes and bytes on the card, as last reported by the present process."""
        if self._link is None:
            return 0, 0
        return self._link.report["rss"], self._link.report["vram"]

    def view(self, key: str) -> WorkerView:
        return WorkerView(
            key,
            self.state,
            self.recipe.slots,
            self.running,
            self.leases,
            self.idle_since,
            self.keep_alive if self.keep_alive >= 0 else FOREVER,
            self._retry_at,
        )

    def start(self) -> None:
        """Begin a new process. Its state is STARTING when this returns."""
        self._move(Event.START)
        self._asked, self._fault = False, None
        self._life = asyncio.create_task(self._live(), name=f"worker {self.name}")

    def stop(self, fault: VoxError | None = None) -> None:
        """Let the present process go: from now on nobody is given a turn on it. No-op when none runs."""
        if self.state in (State.STARTING, State.LOADING, State.READY):
            self._move(Event.STOP)
            self._asked, self._fault = True, fault
            if self._link is not None:
                self._link.close()
            if fault is not None and self._process is not None:
                self._process.kill()

    async def gone(self) -> None:
        """Wait until no process is left."""
        if self._life is not None:
            await self._life

    def open(self, op: str, request: dict[str, Any], on_data: Callable[[bytes], None]) -> Stream:
        """A job on the present process. Raises `WorkerDied` when there is none."""
        if self._link is None or self.state is not State.READY:
            raise WorkerDied(f"{self.name} is not running")
        return self._link.open(op, request, on_data)

    def note(self, stream: Stream, since: float) -> None:
        """A job of speech that was opened at `since` is over."""
        rate = self.loaded["sample_rate"]
        if rate:
            self.worked += self._loop.time() - since
            self.spoken += stream.received / 2 / rate

    def _lost(self) -> None:
        if self.state is State.READY:
            self._move(Event.LOST)

    def _move(self, event: Event) -> None:
        self.state = after(self.state, event)

    async def _live(self) -> None:
        try:
            self._process = Process(self.recipe)
            await self._run(self._process)
        except VoxError as error:
            self._fault = self._fault or error
        except OSError as error:
            self._fault = EngineFailed(f"{self.name} can't be started: {error}")
        finally:
            await self._bury()

    async def _run(self, process: Process) -> None:
        link = self._link = Link(self.name, self._lost)
        await process.connect(link)
        if self.state is not State.STARTING:  # stopped meanwhile
            link.close()
            return
        limit = self._config().start_timeout
        either: list[asyncio.Future[Any]] = [link.hello, link.closed]
        await asyncio.wait(either, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if self.state is State.STARTING and link.hello.done() and not link.hello.cancelled():
            self._move(Event.HELLO)
            await self._load(process, link)
        elif not link.closed.done():
            raise EngineFailed(f"{self.name} did not start within {limit:g} s; see {process.log}")
        await link.closed

    async def _load(self, process: Process, link: Link) -> None:
        recipe = self.recipe
        request = {
            "model": recipe.model,
            "directory": recipe.directory,
            "device": recipe.device,
            "options": dict(recipe.options),
            "prompts": recipe.prompts,
            "slots": recipe.slots,
        }
        self.progress = 0.0
        stream = link.open("load", request, lambda data: None)
        stream.on_event = self._note_progress
        await self._watch_load(process, stream)
        if self.state is not State.LOADING:
            return
        try:
            self.loaded = msgspec.convert(stream.done.result(), type=Loaded)
        except WorkerDied:
            return  # `_bury` knows how it died
        except msgspec.ValidationError as error:
            raise EngineFailed(f"{self.name} answered its load with nonsense: {error}") from None
        if link.closed.done():
            return  # it died with its answer on the way: `_bury` says so
        if not 4_000 <= (self.loaded["sample_rate"] or 4_000) <= 192_000:
            raise EngineFailed(f"{self.name} claims a sample rate of {self.loaded['sample_rate']} Hz")
        self.idle_since = self._loop.time()
        self._fault = None
        self._move(Event.LOADED)
        self._changed()

    def _note_progress(self, event: dict[str, Any]) -> None:
        share = event.get("progress")
        if isinstance(share, int | float):
            self.progress = min(max(float(share), 0.0), 1.0)

    async def _watch_load(self, process: Process, stream: Stream) -> None:
        """Return when the load has ended. Raises `EngineFailed` when it makes no progress for `load_stall`,
        measured by messages, CPU time and bytes read, or takes longer than `load_timeout`."""
        began = moved = self._loop.time()
        effort = process.effort()
        while not stream.done.done():
            await asyncio.wait([stream.done], timeout=_LOOK)
            now, seen, config = self._loop.time(), process.effort(), self._config()
            if seen != effort or seen is None:
                effort, moved = seen, now
            moved = max(moved, stream.heard_at)
            if now - moved > config.load_stall:
                raise EngineFailed(f"{self.name} made no progress in loading for {config.load_stall:g} s")
            if now - began > config.load_timeout:
                raise EngineFailed(f"{self.name} did not load within {config.load_timeout:g} s")

    async def _bury(self) -> None:
        """Whatever happened: no process is left, and the state says what it means for the next caller."""
        process, link, was = self._process, self._link, self.state
        if link is not None:
            link.close()
        if process is not None:
            if self._fault is not None:
                process.kill()
            code = await process.end()
            if self._fault is None and not self._asked:
                words = process.last_words()
                self._fault = WorkerDied(
                    f"{self.name} died: {explain(code)}" + (f" ({words})" if words else "")
                )
        if link is not None:
            await link.closed
        self._failures = self._failures + 1 if was in (State.STARTING, State.LOADING) else 0
        self.failed_at = self._loop.time() if self._failures else self.failed_at
        self._retry_at = self._loop.time() + cool_down(self._failures)
        self._process = self._link = None
        self._move(Event.EXITED)
        self._changed()
