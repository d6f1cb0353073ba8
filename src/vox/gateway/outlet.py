"""The way of PCM to the bytes of an answer: through the codec worker, or straight where PCM is the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from vox.errors import EngineFailed
from vox.gateway import formats, services
from vox.gateway.fleet.link import Stream
from vox.gateway.fleet.pool import Lease, Pool, Turn
from vox.gateway.sink import Sink
from vox.gateway.speech import Order

_WHOLE = 4 << 20
"""Bytes: a longer answer is not kept encoded; its segments are kept all the same."""


class Outlet:
    """Opened at the first PCM, when its sample rate is known for sure."""

    def __init__(self, order: Order, pool: Pool, stack: AsyncExitStack, out: Sink) -> None:
        """What is opened is closed by `stack`."""
        self.rate = order.rate
        """Hz of the answer; known once `open` has returned."""
        self._order, self._pool, self._stack, self._out = order, pool, stack, out
        self._lease: Lease | None = None
        self._codec: Stream | None = None
        self._turn: Turn | None = None
        self._inlet: Sink | None = None
        self._held: list[bytes] | None = []
        """Headers that are made before there is any sound. They wait for it, since what comes out first is
        taken as the sign that the speech works; None once sound has come."""

    def prepare(self, rate: int) -> None:
        """PCM at `rate` Hz is likely to come: start the codec now, if it will be needed."""
        if not self._plain(rate):
            self._lease_codec()

    async def open(self, rate: int) -> None:
        """Be ready for PCM at `rate` Hz. No-op the second time."""
        if self._inlet is not None:
            return
        format = self._order.format
        self.rate = self._order.rate or rate
        if self._plain(rate):
            self._inlet = self._out
            if format is not None and format.name == "wav":
                self._pass_on(formats.wav_header(rate))
            return
        turn = await self._stack.enter_async_context(self._lease_codec().turn())
        request = {
            "format": format.name if format else "pcm",
            "rate_in": rate,
            "rate_out": self.rate,
            "stretch": self._order.stretch,
        }
        self._turn = turn
        self._inlet = self._codec = turn.open("encode", request, self._pass_on)

    @property
    def opened(self) -> bool:
        """Whether there was anything to say."""
        return self._inlet is not None

    def write(self, data: bytes) -> None:
        """PCM, s16le mono."""
        assert self._inlet is not None, "not open"
        self._release()
        self._inlet.write(data)

    async def ready(self) -> None:
        """Wait until the codec has taken what it was given: what waits for it is in our memory."""
        codec = self._codec
        while codec is not None and not (codec.writable or codec.done.done()):
            taken = asyncio.Event()
            codec.on_writable = taken.set
            waiting: asyncio.Future[Any] = asyncio.ensure_future(taken.wait())
            await asyncio.wait([waiting, codec.done], return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()

    async def close(self) -> None:
        """The end of the speech: returns when the last byte of it has come out. Raises `VoxError`."""
        assert self._inlet is not None, "not open"
        self._release()
        self._inlet.close()
        if self._codec is not None:
            assert self._turn is not None
            await self._turn.result(self._pool.config().speak_stall)
            self._out.close()

    def _lease_codec(self) -> Lease:
        if self._lease is None:
            self._lease = self._stack.enter_context(self._pool.lease(services.codec(self._pool.config())))
        return self._lease

    def _pass_on(self, data: bytes) -> None:
        if self._held is None:
            self._out.write(data)
        else:
            self._held.append(data)

    def _release(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            for data in held:
                self._out.write(data)

    @property
    def failed(self) -> EngineFailed | None:
        """What became of the codec, if it ended before its input did."""
        if self._codec is None or not self._codec.done.done():
            return None
        return EngineFailed(f"the codec failed: {self._codec.done.exception() or 'it ended early'}")

    @property
    def watch(self) -> list[asyncio.Future[dict[str, Any]]]:
        """What to wait for beside the engine: it is done when the codec fails."""
        return [self._codec.done] if self._codec is not None else []

    def _plain(self, rate: int) -> bool:
        """Whether PCM at `rate` Hz is the answer as it stands."""
        order = self._order
        if order.format is not None and order.format.name not in ("wav", "pcm"):
            return False
        return (order.rate or rate) == rate and order.stretch == 1.0


class Tee:
    """A `Sink` that keeps what it passes on, up to a point."""

    def __init__(self, sink: Sink) -> None:
        self.on_writable: Callable[[], None] | None = None
        self._sink = sink
        self._parts: list[bytes] | None = []
        self._size = 0

    @property
    def kept(self) -> bytes | None:
        """All that was passed on; None when it was too much."""
        return b"".join(self._parts) if self._parts is not None else None

    @property
    def writable(self) -> bool:
        return self._sink.writable

    def write(self, data: bytes) -> None:
        self._sink.write(data)
        self._size += len(data)
        if self._size > _WHOLE:
            self._parts = None
        elif self._parts is not None:
            self._parts.append(data)

    def close(self) -> None:
        self._sink.close()

    def abort(self) -> None:
        self._sink.abort()
