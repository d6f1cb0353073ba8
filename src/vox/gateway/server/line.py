"""What a client's connection has whatever it speaks: its bytes, its back-pressure, and one deadline."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from enum import Enum, auto
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vox.gateway.server.server import Limits, Server

LANDING = memoryview(bytearray(64 * 1024))
"""Where all sockets are read to, one at a time: asyncio's own buffers are 256 KiB a read."""
_WRITE_CHECKS = 8
"""Looks at a blocked listener within a write time-out; asyncio does not report partial progress."""


class Phase(Enum):
    """What a connection waits for; each phase but `BUSY` has its time limit, counted from its start."""

    HEAD = auto()  # a request's head
    BODY = auto()  # the rest of its body
    BUSY = auto()  # the app
    WRITE = auto()  # the client to take what was written
    IDLE = auto()  # another request
    OPEN = auto()  # a WebSocket's next sign of life
    LINGER = auto()  # the client to notice that we are done with it


class Line(asyncio.BufferedProtocol):
    """One socket, and the phase that it is in. What is spoken on it is the subclass's matter."""

    _loop: asyncio.AbstractEventLoop
    _transport: asyncio.Transport

    def __init__(self, server: Server) -> None:
        self.server = server
        self.on_lost: Callable[[], None] | None = None
        self._paused = False
        self._written = 0
        self._taken = 0
        self._stalled = 0
        self._phase: Phase | None = None
        self._deadline = inf
        self._timer: asyncio.TimerHandle | None = None

    @abstractmethod
    def retire(self) -> None:
        """The server drains: ends as soon as nothing is under way. May be called again."""

    @abstractmethod
    def break_off(self) -> None:
        """The server's patience is at its end."""

    @abstractmethod
    def _find_phase(self) -> Phase: ...

    @abstractmethod
    def _expire(self) -> None:
        """The time limit of the phase is over."""

    @abstractmethod
    def _resumed(self) -> None:
        """The client has taken enough; more may be written."""

    # From asyncio

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self.server.line_over(self)
        if self.on_lost is not None:
            self.on_lost()

    def get_buffer(self, sizehint: int) -> memoryview:
        return LANDING

    def pause_writing(self) -> None:
        self._paused = True
        self.settle()

    def resume_writing(self) -> None:
        # Later, because asyncio's transport calls this halfway through a write: if the connection ended in
        # here (by us, or by a write that fails), the transport would end it once more itself.
        self._paused = False
        self._loop.call_soon(self._resume)

    def _resume(self) -> None:
        if not (self._paused or self._transport.is_closing()):
            self.settle()
            self._resumed()

    @property
    def writable(self) -> bool:
        """False for good once the connection ends, lest a producer run on until it hears of that."""
        return not (self._paused or self._transport.is_closing())

    def _write(self, block: bytes) -> None:
        self._written += len(block)
        if not self._transport.is_closing():
            self._transport.write(block)

    def abort(self) -> None:
        """Drops what the client has not taken, and the connection with it."""
        self._transport.abort()

    # The deadline

    def settle(self) -> None:
        """Finds the phase that the connection is in; a new one starts its time limit. The timer is moved
        only where it would come too late, so that a quick request costs none."""
        phase = self._find_phase()
        if phase is not self._phase:
            self._phase = phase
            self._taken = self._written - self._transport.get_write_buffer_size()
            self._stalled = 0
            self._limit()

    def _limit(self) -> None:
        assert self._phase is not None
        self._deadline = self._loop.time() + self.server.time_limits[self._phase]
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None and self._timer.when() > self._deadline:
            self._stop_timer()
        if self._timer is None and self._deadline < inf:
            self._timer = self._loop.call_at(self._deadline, self._tick)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = None
        if self._loop.time() < self._deadline:
            self._set_timer()
        elif self._phase is Phase.WRITE:
            self._check_progress()
        else:
            self._expire()

    def _check_progress(self) -> None:
        taken = self._written - self._transport.get_write_buffer_size()
        self._stalled = 0 if taken > self._taken else self._stalled + 1
        self._taken = taken
        if self._stalled == _WRITE_CHECKS:
            self.abort()
        elif self._find_phase() is Phase.WRITE:
            self._limit()
        else:
            self.settle()


def time_limits(limits: Limits) -> dict[Phase, float]:
    """Seconds that each phase may last."""
    return {
        Phase.HEAD: limits.header_timeout,
        Phase.BODY: limits.body_timeout,
        Phase.BUSY: inf,
        Phase.WRITE: limits.write_timeout / _WRITE_CHECKS,
        Phase.IDLE: limits.idle_timeout,
        Phase.OPEN: limits.ping_interval,
        Phase.LINGER: limits.linger,
    }
