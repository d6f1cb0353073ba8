"""The way of PCM to the bytes of an answer: joined at the seams, then through the codec worker, or straight
where PCM is the answer."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from vox.errors import EngineFailed
from vox.gateway import formats, services
from vox.gateway.fleet.link import Stream
from vox.gateway.fleet.pool import Lease, Pool, Turn
from vox.gateway.seam import Seam
from vox.gateway.sink import Sink, Through
from vox.gateway.speech import Order

_WHOLE = 4 << 20
"""Bytes: a longer answer is not kept encoded; its segments are kept all the same."""


class Outlet:
    """Opened at the first PCM, when its sample rate is known for sure."""

    def __init__(self, order: Order, pool: Pool, stack: AsyncExitStack, out: Sink, *, seams: bool) -> None:
        """What is opened is closed by `stack`. `seams` says that several segments may come."""
        self.rate = order.rate
        """Hz of the answer; known once `open` has returned."""
        self.opened = False
        """Whether there was anything to say."""
        self._order, self._pool, self._stack, self._out = order, pool, stack, out
        self._width = order.format.width if order.format else 2  # bytes a sample; 0: not to be told
        self._seams = seams
        self._seam: Seam | None = None
        self._lease: Lease | None = None
        self._coding = AsyncExitStack()
        self._codec: Stream | None = None
        self._turn: Turn | None = None
        self._inlet: Sink | None = None
        self._rate_in = 0
        self._fed = self._given = self._base = 0  # bytes in since the last pause, out in all, out before it
        self._heard = 0  # samples in before it
        self._held: list[bytes] | None = []
        """Headers that are made before there is any sound. They wait for it, since what comes out first is
        taken as the sign that the speech works; None once sound has come."""

    def prepare(self, rate: int) -> None:
        """PCM at `rate` Hz is likely to come: start the codec now, if it will be needed."""
        if not self._plain(rate):
            self._lease_codec()

    async def open(self, rate: int) -> None:
        """Be ready for the PCM of the next segment, at `rate` Hz."""
        self.opened, self._rate_in = True, rate
        if self._seams and self._seam is None:
            self._seam = Seam(rate)
        if self._inlet is not None:
            return
        format = self._order.format
        self.rate = self._order.rate or rate
        if self._plain(rate):
            self._inlet = self._out
            if format is not None and format.name == "wav" and not self._given:
                self._pass_on(formats.wav_header(rate))
            return
        turn = await self._coding.enter_async_context(self._lease_codec().turn())
        request = {
            "format": format.name if format else "pcm",
            "rate_in": rate,
            "rate_out": self.rate,
            "stretch": self._order.stretch,
        }
        self._turn = turn
        self._inlet = self._codec = turn.open("encode", request, self._pass_on)

    def write(self, data: bytes) -> None:
        """PCM, s16le mono."""
        self._put(data if self._seam is None else self._seam.feed(data))

    def seam(self) -> None:
        """The segment ends here; another one may follow."""
        if self._seam is not None:
            self._seam.next()

    def _put(self, data: bytes) -> None:
        assert self._inlet is not None, "not open"
        if data:
            self._release()
            self._fed += len(data)
            self._inlet.write(data)
            if self._codec is None:
                self._given += len(data)

    async def ready(self) -> None:
        """Wait until the codec has taken what it was given: what waits for it is in our memory."""
        codec = self._codec
        while codec is not None and not (codec.writable or codec.done.done()):
            taken = asyncio.Event()
            codec.on_writable = taken.set
            waiting: asyncio.Future[Any] = asyncio.ensure_future(taken.wait())
            try:
                await asyncio.wait([waiting, codec.done], return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()

    def place(self) -> int:
        """How many bytes of the answer there will be when all that was written so far has come out. For what
        is compressed, as many as there are now."""
        if not self._width:
            return self._given
        paced = round(self._written / self._order.stretch)  # rounded as the codec does
        return self._base + self._width * round(paced * self.rate / self._rate_in)

    @property
    def seconds(self) -> float:
        """How much sound was written, in seconds of the answer."""
        return (self._heard + self._written) / (self._rate_in * self._order.stretch)

    @property
    def _written(self) -> int:
        """Samples since the last pause, what waits at a seam among them."""
        return (self._fed + (self._seam.held if self._seam is not None else 0)) // 2

    async def pause(self) -> None:
        """Let all sound out that was written, since nobody knows when more will come. Raises `VoxError`."""
        if not self._fed:
            return
        if self._seam is not None:
            self._put(self._seam.pause())
        if self._codec is not None and self._width:
            self._codec.close()
            await self._coded()
        self._heard += self._fed // 2
        self._base, self._fed = self._given, 0

    async def close(self) -> None:
        """The end of the speech: returns when the last byte of it has come out. Raises `VoxError`."""
        if self._seam is not None and self._inlet is not None:
            self._put(self._seam.finish())
        self._release()
        if self._codec is not None:
            self._codec.close()
            await self._coded()
        self._out.close()

    async def _coded(self) -> None:
        """Wait for the codec's last byte, and give its place back."""
        assert self._turn is not None
        assert self._codec is not None
        self._codec.heard_at = asyncio.get_running_loop().time()  # it may have been given nothing for long
        await self._turn.result(self._pool.config().speak_stall)
        self._codec = self._turn = self._inlet = None
        await self._coding.aclose()

    def _lease_codec(self) -> Lease:
        if self._lease is None:
            self._lease = self._stack.enter_context(self._pool.lease(services.codec(self._pool.config())))
            self._stack.push_async_exit(self._coding)
        return self._lease

    def _pass_on(self, data: bytes) -> None:
        """Bytes of the answer."""
        if self._held is None:
            self._given += len(data)
            self._out.write(data)
        else:
            self._held.append(data)

    def _release(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            for data in held:
                self._given += len(data)
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


class Tee(Through):
    """A `Sink` that keeps what it passes on, up to a point."""

    def __init__(self, sink: Sink) -> None:
        super().__init__(sink)
        self._parts: list[bytes] | None = []
        self._size = 0

    @property
    def kept(self) -> bytes | None:
        """All that was passed on; None when it was too much."""
        return b"".join(self._parts) if self._parts is not None else None

    def write(self, data: bytes) -> None:
        super().write(data)
        self._size += len(data)
        if self._size > _WHOLE:
            self._parts = None
        elif self._parts is not None:
            self._parts.append(data)
