"""Where audio goes: a synchronous chain from the worker's protocol to the listener's transport.

A coroutine, queue or generator between the two halves the number of streams that a core carries. So a
surface hands a sink to whatever produces the bytes, and then only waits for the end:

    sink = open_sink(scope, receive, send, 200, headers)   # when the first bytes are there
    producer.pipe(sink)           # calls write() and in the end close() or abort(), right from its callback
    await sink.finished()         # raises Aborted unless the listener got the whole stream

On our own server the sink is the connection itself (the scope's extension `vox.sink`); on any other ASGI
server it is an `AsgiSink`, which pumps while `finished` is awaited. The code above is the same for both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from vox.gateway.server.asgi import Header, Message, Receive, Scope, Send

HIGH_WATER = 64 * 1024
"""Bytes buffered above which a sink is no longer `writable`."""


class Aborted(Exception):
    """The stream was broken off, by us or by the listener; what was sent must not look whole."""


class Sink(Protocol):
    """Takes bytes. Every call returns at once; after the end, and once the listener has left, calls do
    nothing."""

    on_writable: Callable[[], None] | None
    """Called each time the sink becomes writable again."""

    @property
    def writable(self) -> bool:
        """False: more is buffered than the sink likes; stop, and go on at `on_writable`. Stays false when
        the listener has left."""

    def write(self, data: bytes) -> None:
        """Takes `data` whatever its size, buffering what the listener does not take yet."""

    def close(self) -> None:
        """The clean end of a whole stream."""

    def abort(self) -> None:
        """The stream failed: drops what is buffered and breaks the connection."""


class Through:
    """A `Sink` in front of another one; what is written on the way is for a subclass."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    @property
    def on_writable(self) -> Callable[[], None] | None:
        return self._sink.on_writable

    @on_writable.setter
    def on_writable(self, call: Callable[[], None] | None) -> None:
        self._sink.on_writable = call

    @property
    def writable(self) -> bool:
        return self._sink.writable

    def write(self, data: bytes) -> None:
        self._sink.write(data)

    def close(self) -> None:
        self._sink.close()

    def abort(self) -> None:
        self._sink.abort()


class Body(Sink, Protocol):
    """The body of one response. A listener who leaves cancels the task that serves the request, or makes
    `finished` raise `Aborted`; either way the producer is to be cancelled there."""

    async def finished(self) -> None:
        """Waits for `close`. Raises `Aborted` after `abort`, or when the listener left before the end."""


def open_sink(scope: Scope, receive: Receive, send: Send, status: int, headers: list[Header]) -> Body:
    """Begins the response. Chunked, unless `headers` promise a Content-Length; the bytes must then match."""
    direct: Callable[[int, list[Header]], Body] | None = scope.get("extensions", {}).get("vox.sink")
    if direct is not None:
        return direct(status, headers)
    return AsgiSink(receive, send, {"type": "http.response.start", "status": status, "headers": headers})


class AsgiSink:
    """The portable sink, for any ASGI server. Nothing is sent but while `finished` is awaited."""

    def __init__(self, receive: Receive, send: Send, head: Message) -> None:
        self.on_writable: Callable[[], None] | None = None
        self._receive = receive
        self._send = send
        self._head = head
        self._buffer = bytearray()
        self._closed = self._aborted = False
        self._news = asyncio.Event()

    @property
    def writable(self) -> bool:
        return len(self._buffer) < HIGH_WATER and not self._aborted

    def write(self, data: bytes) -> None:
        if not (self._closed or self._aborted):
            self._buffer += data
            self._news.set()

    def close(self) -> None:
        self._closed = True
        self._news.set()

    def abort(self) -> None:
        self._aborted = True
        self._news.set()

    async def finished(self) -> None:
        watch = asyncio.ensure_future(self._watch())
        try:
            await self._send(self._head)
            while not (self._closed and not self._buffer):
                await self._news.wait()
                self._news.clear()
                await self._pump()
            await self._send({"type": "http.response.body", "body": b""})
        finally:
            watch.cancel()

    async def _pump(self) -> None:
        while self._buffer or self._aborted:
            if self._aborted:
                raise Aborted
            was_writable = self.writable
            block = bytes(self._buffer)
            self._buffer.clear()
            await self._send({"type": "http.response.body", "body": block, "more_body": True})
            await asyncio.sleep(0)  # a server's send need not suspend, and its reader would never get a turn
            if not was_writable and self.writable and self.on_writable is not None:
                self.on_writable()

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.abort()
