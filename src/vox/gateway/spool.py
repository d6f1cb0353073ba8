"""Between an engine and its listener: what was made and not yet taken.

The engine must never wait for a slow listener, since others wait for the engine; so all of a segment that was
begun is taken here, in memory at first and on disk beyond that. While the listener keeps up nothing is stored
at all: bytes go from the worker's socket to the listener's within one call.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable

from vox import paths
from vox.errors import VoxError
from vox.gateway.sink import Sink

MEMORY = 256 * 1024
"""Bytes kept in memory for one listener."""
_PIECE = 64 * 1024


class _File:
    """A first-in, first-out of bytes in a file without a name."""

    def __init__(self) -> None:
        directory = os.path.join(paths.cache_dir(), "spool")
        os.makedirs(directory, mode=0o700, exist_ok=True)
        path = os.path.join(directory, f"{os.getpid()}-{id(self):x}")
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        os.unlink(path)
        self._read = self._written = 0

    def __len__(self) -> int:
        return self._written - self._read

    def put(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            at += os.pwrite(self._file, data[at:], self._written + at)
        self._written += len(data)

    def get(self) -> bytes:
        data = os.pread(self._file, _PIECE, self._read)
        self._read += len(data)
        return data

    def close(self) -> None:
        os.close(self._file)


class Spool:
    """A `Sink` that passes everything on to another one, attached later, at that one's pace."""

    def __init__(self) -> None:
        self.on_writable: Callable[[], None] | None = None
        self.taken = 0
        """Bytes that were written to this spool."""
        self._memory: deque[bytes] = deque()
        self._in_memory = 0
        self._file: _File | None = None
        self._sink: Sink | None = None
        self._ended = False
        self._error: VoxError | None = None
        loop = asyncio.get_running_loop()
        self._first: asyncio.Future[None] = loop.create_future()
        self._finished: asyncio.Future[None] = loop.create_future()
        self._room: asyncio.Future[None] | None = None
        self._limit = 0

    @property
    def writable(self) -> bool:
        return True

    @property
    def backlog(self) -> int:
        """Bytes made and not yet taken."""
        return self._in_memory + (len(self._file) if self._file else 0)

    async def first(self) -> None:
        """Wait for the first bytes, or for the end. Raises the `VoxError` that ended it before any was passed
        on."""
        await asyncio.shield(self._first)
        if self._error is not None and self._sink is None:
            raise self._error

    async def finished(self) -> None:
        """Wait until all was passed on. Raises the `VoxError` that ended it early."""
        await asyncio.shield(self._finished)

    async def below(self, limit: int) -> None:
        """Wait until the backlog is at most `limit` bytes."""
        while self.backlog > limit:
            self._limit = limit
            self._room = asyncio.get_running_loop().create_future()
            await self._room

    def attach(self, sink: Sink) -> None:
        """Pass on to `sink` from now on, beginning with what has gathered."""
        self._sink = sink
        if self._error is not None:
            sink.abort()
            return
        sink.on_writable = self._pump
        self._pump()

    def write(self, data: bytes) -> None:
        if not data or self._ended:
            return
        self.taken += len(data)
        if not self._first.done():
            self._first.set_result(None)
        if self._sink is not None and not self.backlog and self._sink.writable:
            self._sink.write(data)
            return
        self._keep(data)

    def close(self) -> None:
        """The clean end: passed on once the backlog is."""
        if not self._ended:
            self._ended = True
            if not self._first.done():
                self._first.set_result(None)
            self._pump()

    def abort(self) -> None:
        self.fail(VoxError("the speech was aborted"))

    def fail(self, error: VoxError) -> None:
        """It can't be completed. Before the first byte the error is raised to whoever waits for that; after
        it, the listener's stream is broken off so that it can't be taken for whole."""
        if self._ended:
            return
        self._ended, self._error = True, error
        self._drop()
        if not self._first.done():
            self._first.set_exception(error)
            self._first.exception()
        if self._sink is not None:
            self._sink.abort()
        self._settle()

    def discard(self) -> None:
        """Nobody listens any more."""
        self._ended = True
        self._drop()

    def _keep(self, data: bytes) -> None:
        if self._file is None and self._in_memory + len(data) <= MEMORY:
            self._memory.append(data)
            self._in_memory += len(data)
            return
        if self._file is None:
            self._file = _File()
        self._file.put(data)

    def _pump(self) -> None:
        sink = self._sink
        if sink is None or self._finished.done():
            return
        while self.backlog and sink.writable:
            sink.write(self._next())
        if self._room is not None and self.backlog <= self._limit:
            if not self._room.done():
                self._room.set_result(None)
            self._room = None
        if self._ended and not self.backlog:
            sink.close() if self._error is None else sink.abort()
            self._settle()

    def _next(self) -> bytes:
        if self._memory:
            data = self._memory.popleft()
            self._in_memory -= len(data)
            return data
        assert self._file is not None
        data = self._file.get()
        if not len(self._file):
            self._file.close()
            self._file = None
        return data

    def _drop(self) -> None:
        self._memory.clear()
        self._in_memory = 0
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    def _settle(self) -> None:
        if self._finished.done():
            return
        if self._error is None:
            self._finished.set_result(None)
        else:
            self._finished.set_exception(self._error)
            self._finished.exception()
