"""The gateway's end of a worker's socket: frames to and from streams, with no coroutine in between.

What a worker sends is checked here; one that breaks the rules loses its connection and nothing else.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, cast

import msgspec

from vox.errors import FROM_WORKER, EngineFailed, VoxError, WorkerDied
from vox.wire.frames import (
    CREDIT_AMOUNT,
    PROTOCOL,
    WINDOW,
    Decoder,
    Frame,
    Kind,
    WireError,
    pack,
)
from vox.wire.messages import Failure, Hello, Report

_GIVE_BACK = 64 * 1024
"""Bytes taken before their credit is returned: one CREDIT frame for many DATA frames."""
_PIECE = 64 * 1024


class Stream:
    """One job on a worker. Its input side is a `Sink` (see `vox.gateway.sink`)."""

    def __init__(self, link: Link, number: int, on_data: Callable[[bytes], None]) -> None:
        self.done: asyncio.Future[dict[str, Any]] = link.loop.create_future()
        """Set when the job has ended on the worker: what `result` gives. To be watched, never awaited as it
        is: a task that is cancelled cancels the future that it awaits, and then the job would seem ended."""
        self.on_event: Callable[[dict[str, Any]], None] | None = None
        self.on_writable: Callable[[], None] | None = None
        self.heard_at = link.loop.time()
        """When something last came, on the loop's clock."""
        self.received = 0
        """Bytes of output so far."""
        self._link, self._number, self._on_data = link, number, on_data
        self._credit = WINDOW
        self._queue: deque[bytes] = deque()
        self._closing = False
        self._cancelled = False
        self._owed = 0

    async def result(self) -> dict[str, Any]:
        """Wait for the DONE message. Raises `VoxError`: the worker's own FAIL, or `WorkerDied` when it went
        without a word."""
        await asyncio.wait([self.done])
        error = self.done.exception()
        if isinstance(error, VoxError):
            # A new one: one that `done` keeps would keep the frames that it passes, and an upload with them,
            # until the collector comes by.
            raise type(error)(error.message, code=error.code, param=error.param)
        return self.done.result()

    def _give_back(self) -> None:
        if self._owed >= _GIVE_BACK:
            self._link.send(pack(Kind.CREDIT, self._number, CREDIT_AMOUNT.pack(self._owed)))
            self._owed = 0

    # Input of the worker

    @property
    def writable(self) -> bool:
        return self._credit > 0 and not self._queue

    def write(self, data: bytes) -> None:
        """Send `data`, or keep it until the worker grants credit."""
        if self.done.done() or self._cancelled:
            return
        for at in range(0, len(data), _PIECE):
            self._queue.append(data[at : at + _PIECE])
        self._push()

    def _push(self) -> None:
        while self._queue and self._credit > 0:
            data = self._queue.popleft()
            if len(data) > self._credit:
                self._queue.appendleft(data[self._credit :])
                data = data[: self._credit]
            self._credit -= len(data)
            self._link.send(pack(Kind.DATA, self._number, data))
        if self._closing and not self._queue:
            self._closing = False
            self._link.send(pack(Kind.END, self._number))

    def close(self) -> None:
        """No more input; what is queued still goes."""
        if not self.done.done() and not self._cancelled:
            self._closing = True
            self._push()

    def abort(self) -> None:
        """Stop the job. Nothing of it arrives any more; `done` resolves when the worker has let go of it."""
        if not self.done.done() and not self._cancelled:
            self._cancelled = True
            self._queue.clear()
            self._link.send(pack(Kind.CANCEL, self._number))

    # Called by the link

    def take(self, frame: Frame) -> None:
        self.heard_at = self._link.loop.time()
        if frame.kind is Kind.DATA:
            if not self._cancelled:
                self._on_data(frame.payload)
            self.received += len(frame.payload)
            self._owed += len(frame.payload)
            self._give_back()
        elif frame.kind is Kind.CREDIT:
            if len(frame.payload) != CREDIT_AMOUNT.size:
                raise WireError("a CREDIT frame of the wrong size")
            self._credit += CREDIT_AMOUNT.unpack(frame.payload)[0]
            self._push()
            if self.writable and self.on_writable is not None:
                self.on_writable()
        elif frame.kind is Kind.EVENT and self.on_event is not None:
            self.on_event(frame.json())

    def finish(self, result: dict[str, Any] | VoxError) -> None:
        if self.done.done():
            return
        if isinstance(result, VoxError):
            self.done.set_exception(result)
            self.done.exception()  # whoever cancelled does not come to fetch it
        else:
            self.done.set_result(result)


class Link(asyncio.BufferedProtocol):
    """The connection of one worker."""

    def __init__(self, name: str, on_closed: Callable[[], None]) -> None:
        self.loop = asyncio.get_running_loop()
        self.hello: asyncio.Future[Hello] = self.loop.create_future()
        self.closed: asyncio.Future[str] = self.loop.create_future()
        """Why the connection ended, in words."""
        self.report: Report = {"rss": 0, "vram": 0}
        self._name, self._on_closed = name, on_closed
        self._decoder = Decoder()
        self._received = memoryview(bytearray(_PIECE))
        self._streams: dict[int, Stream] = {}
        self._next = 1
        self._transport: asyncio.Transport | None = None
        self._fault = ""

    def open(self, op: str, request: dict[str, Any], on_data: Callable[[bytes], None]) -> Stream:
        """Start a job. Raises `WorkerDied` when the connection is gone."""
        if self.closed.done():
            raise WorkerDied(f"{self._name} is gone: {self.closed.result()}")
        stream = Stream(self, self._next, on_data)
        self._streams[self._next] = stream
        self._next += 1
        self.send(pack(Kind.OPEN, stream._number, msgspec.json.encode(request | {"op": op})))
        return stream

    def send(self, frame: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)

    def close(self) -> None:
        """Hang up, which tells the worker to leave."""
        if self._transport is not None:
            self._transport.abort()

    # asyncio.BufferedProtocol: a plain one allocates 256 KiB for each read

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._received

    def buffer_updated(self, nbytes: int) -> None:
        try:
            for frame in self._decoder.feed(self._received[:nbytes]):
                self._take(frame)
        except (WireError, msgspec.MsgspecError) as error:
            self._fault = f"it broke the protocol ({error})"
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        torn = "" if self._decoder.at_boundary else " in the middle of a frame"
        reason = self._fault or f"it closed the connection{torn}"
        if not self.closed.done():
            self.closed.set_result(reason)
            self._on_closed()
        self.hello.cancel()
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            stream.finish(WorkerDied(f"{self._name} died: {reason}"))

    def _take(self, frame: Frame) -> None:
        if frame.stream == 0:
            self._take_own(frame)
            return
        stream = self._streams.get(frame.stream)
        if stream is None:
            raise WireError(f"{frame.kind.name} on stream {frame.stream}, which is not open")
        if frame.kind not in (Kind.DONE, Kind.FAIL):
            stream.take(frame)
            return
        # Read before the stream is forgotten: if it is broken, the end of the connection ends the stream.
        result = frame.json() if frame.kind is Kind.DONE else _failure(frame.payload)
        del self._streams[frame.stream]
        stream.finish(result)

    def _take_own(self, frame: Frame) -> None:
        if frame.kind is Kind.HELLO and not self.hello.done():
            hello = msgspec.json.decode(frame.payload, type=Hello)
            if hello["protocol"] != PROTOCOL:
                raise WireError(f"protocol {hello['protocol']}, not {PROTOCOL}")
            self.hello.set_result(hello)
        elif frame.kind is Kind.EVENT:
            self.report = msgspec.json.decode(frame.payload, type=Report)
        else:
            raise WireError(f"{frame.kind.name} on stream 0")


def _failure(payload: bytes) -> VoxError:
    failure = msgspec.json.decode(payload, type=Failure)
    kind = FROM_WORKER.get(failure["code"], EngineFailed)
    return kind(failure["message"], code=failure["code"], param=failure["param"])
