"""A pipecat pipeline around one service, which is fed a model's replies and whose frames are collected."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from loguru import logger
from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection
from pipecat.tests.utils import QueuedFrameProcessor
from pipecat.workers.runner import WorkerRunner


def _stderr(line: str) -> None:
    """Whatever stands for it now: pytest puts something else there for each test."""
    sys.stderr.write(line)


logger.remove()
logger.add(_stderr, level="WARNING")
PATIENCE = 15.0
"""Seconds."""


class Talk:
    """Frames in, frames out."""

    def __init__(self, worker: Any, down: asyncio.Queue[Any], up: asyncio.Queue[Any]) -> None:
        self._worker, self._down, self._up = worker, down, up

    async def reply(self, *deltas: str, ends: bool = True) -> None:
        """What a language model writes."""
        frames = [LLMFullResponseStartFrame(), *map(LLMTextFrame, deltas)]
        await self._worker.queue_frames([*frames, LLMFullResponseEndFrame()] if ends else frames)

    async def interrupt(self) -> None:
        await self._worker.queue_frame(InterruptionFrame())

    async def until(self, enough: Callable[[list[Any]], bool]) -> list[Any]:
        """The next frames, as few as are enough."""
        frames: list[Any] = []
        while not enough(frames):
            frames.append(await asyncio.wait_for(self._down.get(), PATIENCE))
        return frames

    async def spoken(self) -> list[Any]:
        """The next frames up to the end of a speech."""
        return await self.until(lambda frames: bool(frames) and isinstance(frames[-1], TTSStoppedFrame))

    async def error(self) -> str:
        """The next error's words."""
        while not isinstance(frame := await asyncio.wait_for(self._up.get(), PATIENCE), ErrorFrame):
            pass
        return str(frame.error)

    def errors(self) -> list[str]:
        """Those that have come."""
        frames = [self._up.get_nowait() for _ in range(self._up.qsize())]
        return [frame.error for frame in frames if isinstance(frame, ErrorFrame)]


@asynccontextmanager
async def talk(service: Any, rate: int = 24_000) -> AsyncIterator[Talk]:
    down: asyncio.Queue[Any] = asyncio.Queue()
    up: asyncio.Queue[Any] = asyncio.Queue()
    before = QueuedFrameProcessor(queue=up, queue_direction=FrameDirection.UPSTREAM)
    after = QueuedFrameProcessor(queue=down, queue_direction=FrameDirection.DOWNSTREAM)
    worker = PipelineWorker(
        Pipeline([before, service, after]),
        cancel_on_idle_timeout=False,
        enable_rtvi=False,
        params=PipelineParams(audio_out_sample_rate=rate),
    )
    started = asyncio.Event()

    async def note(*_: Any) -> None:
        started.set()

    worker.add_event_handler("on_pipeline_started", note)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    try:
        await asyncio.wait_for(started.wait(), PATIENCE)
        yield Talk(worker, down, up)
        await worker.queue_frame(EndFrame())
        await asyncio.wait_for(running, PATIENCE)
    finally:
        running.cancel()
        await asyncio.wait([running])


def sound(frames: list[Any]) -> bytes:
    return b"".join(frame.audio for frame in frames if isinstance(frame, TTSAudioRawFrame))


def words(frames: list[Any]) -> list[str]:
    """What pipecat notes as spoken."""
    return [frame.text for frame in frames if isinstance(frame, TTSTextFrame)]


def contexts(frames: list[Any]) -> set[str]:
    """Those that sounded."""
    return {frame.context_id for frame in frames if isinstance(frame, TTSAudioRawFrame)}


def starts(frames: list[Any]) -> int:
    return sum(isinstance(frame, TTSStartedFrame) for frame in frames)
