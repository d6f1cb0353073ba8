"""The listening sockets, and all connections that came through them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from vox.gateway.server.asgi import App, Scope
from vox.gateway.server.connection import Connection
from vox.gateway.server.exchange import Exchange
from vox.gateway.server.lifespan import Lifespan
from vox.gateway.server.line import Line, time_limits

log = logging.getLogger("vox.server")

_ACCEPT_BURST = 64
"""Connections accepted in one turn of the event loop."""
_SPARE = 32
"""Connections over the limit that are answered 503; those beyond are closed without a word."""
_CANCEL_GRACE = 1.0
"""Seconds that cancelled requests get to tidy up at the end of a drain."""


class Limits(NamedTuple):
    """Time limits in seconds, sizes in bytes."""

    header_timeout: float = 10.0
    """For the head of a request to arrive, from the connection or its first byte on."""
    body_timeout: float = 30.0
    write_timeout: float = 30.0
    """A client that takes no byte for this long is cut off, within an eighth more."""
    idle_timeout: float = 75.0
    """Between requests."""
    ping_interval: float = 20.0
    """Between pings to the client of a WebSocket; one of whom nothing comes for as long is cut off."""
    linger: float = 2.0
    """For a client that was refused, or told that its WebSocket closes, or that never sent a request, to go
    by itself."""
    max_header: int = 16 * 1024
    max_body: int = 256 * 1024
    max_body_of: Mapping[str, int] = MappingProxyType({})
    """By path, where it may be larger."""
    max_connections: int = 1024
    max_sessions: int = 512
    """Open WebSockets, of those connections."""
    max_message: int = 1024 * 1024
    """On a WebSocket."""
    write_buffer: int = 64 * 1024
    """Held per connection, by us and again by the kernel, before the producer is told to wait. The
    kernel's own default hides some 80 s of speech from back-pressure."""


class Server:
    """Serves `app` on sockets that are given to it. All methods belong to one event loop."""

    def __init__(self, app: App, limits: Limits | None = None) -> None:
        self.app = app
        self.limits = limits or Limits()
        self.time_limits = time_limits(self.limits)
        self.draining = False
        self.exchanges: set[Exchange] = set()
        self._connections: set[Line] = set()
        self._listeners: dict[socket.socket, tuple[int, int] | None] = {}
        self._others: dict[socket.socket, Callable[[bool], Line]] = {}
        self._attaching: set[asyncio.Task[None]] = set()
        self._lifespan = Lifespan(app)
        self._changed = asyncio.Event()

    @property
    def connections(self) -> int:
        """Open connections, idle ones too."""
        return len(self._connections)

    @property
    def busy(self) -> int:
        """Requests whose app has not returned."""
        return len(self.exchanges)

    async def start(self, sockets: list[socket.socket]) -> None:
        """Starts the app, then accepts on `sockets` (bound and listening, Unix or TCP), which it owns from
        here on. Raises `RuntimeError` when the app could not start."""
        await self._lifespan.startup()
        for listener in sockets:
            listener.setblocking(False)
            self._listeners[listener] = _identity(listener)
            self._listen(listener)

    def listen(self, sockets: list[socket.socket], make: Callable[[bool], Line]) -> None:
        """Accepts on more sockets, where another protocol is spoken. `make` gives a connection's line, and is
        told whether it is one too many."""
        for listener in sockets:
            listener.setblocking(False)
            self._listeners[listener] = None
            self._others[listener] = make
            self._listen(listener)

    async def adopt(self, sock: socket.socket) -> None:
        """Serves one connected socket, such as an inherited socketpair; returns when it is closed."""
        connection = self._admit(sock)
        if connection is None:
            raise ConnectionError("the socket is not connected, or the server is full")
        ended = asyncio.Event()
        connection.on_lost = ended.set
        await ended.wait()

    def retire(self) -> bool:
        """Stops listening without losing a caller; returns whether one came in at the last moment.

        The order is the point: the Unix socket's name goes first (if it is still ours), so that new
        callers see no daemon; those already in the kernel's queue are accepted; then the socket closes.
        Closing first would lose a third of the requests that come at the idle deadline.
        """
        came = 0
        for listener, identity in self._listeners.items():
            path = listener.getsockname()
            if identity is not None and _identity(listener) == identity:
                os.unlink(path)
            while accepted := self._accept(listener):
                came += accepted
            asyncio.get_running_loop().remove_reader(listener)
            listener.close()
        self._listeners.clear()
        return came > 0

    async def wind_down(self) -> None:
        """Stops listening, and closes at once what idles: connections, and WebSockets with a word."""
        self.retire()
        self.draining = True
        if self._attaching:
            await asyncio.wait(self._attaching)
        for line in list(self._connections):
            line.retire()

    async def drain(self, timeout: float) -> None:
        """Ends: winds down, lets what runs finish for `timeout` seconds, breaks what is left so that it can't
        look whole, and ends the app."""
        if not self.draining:
            await self.wind_down()
        try:
            async with asyncio.timeout(timeout):
                await self._quiet()
        except TimeoutError:
            await self._break_all()
        await self._lifespan.shutdown()

    async def _quiet(self) -> None:
        while self._connections or self.exchanges:
            self._changed.clear()
            await self._changed.wait()

    async def _break_all(self) -> None:
        for line in list(self._connections):
            line.break_off()
        for exchange in list(self.exchanges):
            exchange.task.cancel()
        try:
            async with asyncio.timeout(_CANCEL_GRACE):
                await self._quiet()
        except TimeoutError:
            for line in list(self._connections):
                line.abort()
            if self.exchanges:
                log.error("%d requests ignore that they were cancelled", self.busy)

    # For its connections

    def line_over(self, line: Line) -> None:
        self._connections.discard(line)
        self._changed.set()

    def switched(self, line: Line, successor: Line) -> None:
        """The connection goes on as another protocol."""
        self._connections.discard(line)
        self._connections.add(successor)

    def exchange_over(self, exchange: Exchange) -> None:
        self.exchanges.discard(exchange)
        self._changed.set()

    # Accepting: not by asyncio's own server, which on Python 3.13 unlinks Unix sockets by itself and
    # offers no way to empty the kernel's queue before it closes.

    def _listen(self, listener: socket.socket) -> None:
        if listener in self._listeners:
            asyncio.get_running_loop().add_reader(listener, self._accept, listener)

    def _accept(self, listener: socket.socket) -> int:
        for count in range(_ACCEPT_BURST):
            try:
                sock, _ = listener.accept()
            except BlockingIOError:
                return count
            except ConnectionAbortedError:
                continue
            except OSError as error:  # out of file descriptors: the kernel would wake us again at once
                log.error("can't accept connections for a second: %s", error)
                loop = asyncio.get_running_loop()
                loop.remove_reader(listener)
                loop.call_later(1, self._listen, listener)
                return count
            self._admit(sock, self._others.get(listener))
        return _ACCEPT_BURST

    def _admit(self, sock: socket.socket, make: Callable[[bool], Line] | None = None) -> Line | None:
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.limits.write_buffer)
            if sock.family != socket.AF_UNIX:
                # Not left to asyncio, which does so only for sockets whose `proto` says TCP: without it the
                # last chunk of an answer waits 40 ms for an acknowledgement.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            base = _base_scope(sock, self._lifespan.state)
        except OSError:  # it has left already
            sock.close()
            return None
        excess = len(self._connections) - self.limits.max_connections
        if excess >= _SPARE:
            sock.close()
            return None
        connection = (make or partial(Connection, self, base))(excess >= 0)
        self._connections.add(connection)
        task = asyncio.get_running_loop().create_task(self._attach(connection, sock))
        self._attaching.add(task)
        task.add_done_callback(self._attaching.discard)
        return connection

    async def _attach(self, connection: Line, sock: socket.socket) -> None:
        await asyncio.get_running_loop().connect_accepted_socket(lambda: connection, sock)


def _identity(listener: socket.socket) -> tuple[int, int] | None:
    """What a Unix socket's name leads to: device and inode, None where it has no name (any more)."""
    if listener.family != socket.AF_UNIX:
        return None
    with contextlib.suppress(OSError):
        info = os.stat(listener.getsockname())
        return info.st_dev, info.st_ino
    return None


def _base_scope(sock: socket.socket, state: dict[str, object]) -> Scope:
    """What the scopes of all requests on one connection share."""
    unix = sock.family == socket.AF_UNIX
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "scheme": "http",
        "root_path": "",
        "client": None if unix else sock.getpeername()[:2],
        "server": (sock.getsockname() or None, None) if unix else sock.getsockname()[:2],
        "state": state,
        "extensions": {"vox.peer": {"unix": unix, "uid": _peer_uid(sock) if unix else None}},
    }


def _peer_uid(sock: socket.socket) -> int | None:
    """The user at the other end of a Unix socket, where the system tells (Linux)."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    _, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(uid)
