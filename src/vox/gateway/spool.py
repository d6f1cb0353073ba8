"""Between an engine and its listener: what was made and not yet taken.

The engine must never wait for a slow listener, since others wait for the engine; so all of a segment that was
begun is taken here, in memory at first and on disk beyond that. While the listener keeps up nothing is stored
at all: bytes go from the worker's socket to the listener's within one call.
"""

from __future__ import annotations

import asyncio
import os
import time
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
        self.began_at: float | None = None
        """When the first bytes came, as `time.monotonic` has it."""
        self._memory: deque[bytes] = deque()
        self._in_memory = 0
        self._file: _File | None = None
        self._sink: Sink | None = None
        self._open: Callable[[], Sink] | None = None
        self._begun = self._ended = self._settled = False
        self._error: VoxError | None = None
        self._waiting: list[asyncio.Future[None]] = []

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
        while not self._begun:
            await self._news()
        if self._error is not None and self._sink is None:
            raise self._error

    async def finished(self) -> None:
        """Wait until all was passed on. Raises the `VoxError` that ended it early."""
        while not self._settled:
            await self._news()
        if self._error is not None:
            raise self._error

    async def below(self, limit: int) -> None:
        """Wait until the backlog is at most `limit` bytes."""
        while self.backlog > limit:
            await self._news()

    def attach_at_first(self, open: Callable[[], Sink]) -> None:
        """Attach what `open` gives when the first bytes come, or the clean end without any; never when it
        fails before that."""
        if self._begun and self._error is None:
            self.attach(open())
        self._open = open

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
        if not self._begun:
            self.began_at = time.monotonic()
            self._begin()
            if self._open is not None:
                self.attach(self._open())
        if self._sink is not None and not self.backlog and self._sink.writable:
            self._sink.write(data)
            return
        self._keep(data)

    def close(self) -> None:
        """The clean end: passed on once the backlog is."""
        if not self._ended:
            if not self._begun and self._open is not None:
                self.attach(self._open())
            self._ended = True
            self._begin()
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
        self._begin()
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
        try:
            if self._file is None:
                self._file = _File()
            self._file.put(data)
        except OSError as error:  # it must not reach the worker's link, which others share
            self.fail(VoxError(f"no room to keep the audio for a slow listener: {error}", code="disk_full"))

    def _pump(self) -> None:
        sink = self._sink
        if sink is None or self._settled:
            return
        while self.backlog and sink.writable:
            sink.write(self._next())
        if self._ended and not self.backlog:
            sink.close()
            self._settle()
        else:
            self._tell()

    def _next(self) -> bytes:
        """A piece of the backlog: all of what is in memory, if it is little."""
        if self._memory:
            data = b"".join(self._memory) if self._in_memory <= _PIECE else self._memory.popleft()
            if self._in_memory <= _PIECE:
                self._memory.clear()
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
        self._tell()

    def _begin(self) -> None:
        self._begun = True
        self._tell()

    def _settle(self) -> None:
        self._settled = True
        self._tell()

    # A future for each who waits, so that one who is cancelled leaves the others alone.

    async def _news(self) -> None:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        await waiting

    def _tell(self) -> None:
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for future in waiting:
                if not future.done():
                    future.set_result(None)
