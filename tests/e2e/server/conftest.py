"""A real server on real sockets in a thread of its own, and raw clients for it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeVar

import pytest

from vox.gateway.server import Limits, Server
from vox.gateway.server.asgi import App, Receive, Scope, Send
from vox.gateway.server.listen import bind_tcp, bind_unix

T = TypeVar("T")
PATIENCE = 20.0
"""Seconds after which a test that waits has failed."""


class Raw:
    """A client that sends bytes as they are."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.settimeout(PATIENCE)
        self._rest = b""

    def send(self, data: bytes) -> Raw:
        self.sock.sendall(data)
        return self

    def until(self, end: bytes) -> bytes:
        """What comes, up to and with `end`; raises `EOFError` when the server closes before it."""
        while end not in self._rest:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError(self._rest)
            self._rest += data
        found, _, self._rest = self._rest.partition(end)
        return found + end

    def until_size(self, size: int) -> bytes:
        """The next `size` bytes."""
        while len(self._rest) < size:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError(self._rest)
            self._rest += data
        found, self._rest = self._rest[:size], self._rest[size:]
        return found

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """One response with a Content-Length."""
        lines = self.until(b"\r\n\r\n").decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:-2])
        length = int(headers.get("content-length", "0"))
        return int(lines[0].split()[1]), headers, self.until_size(length)

    def everything(self) -> bytes:
        """All up to the end of the connection."""
        data, self._rest = self._rest, b""
        while block := self.sock.recv(65536):
            data += block
        return data

    def closed(self) -> bool:
        """Waits for the end of the connection, clean or not."""
        with contextlib.suppress(ConnectionResetError):
            self.everything()
        return True


class Served:
    """A running server, for tests in another thread."""

    def __init__(self, app: App, limits: Limits, sockets: list[socket.socket]) -> None:
        self.server = Server(app, limits)
        self.loop = asyncio.new_event_loop()
        self.address: Any = sockets[0].getsockname() if sockets else None
        self._clients: list[socket.socket] = []
        self._troubles: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda loop, trouble: self._troubles.append(trouble))
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self.call(self.server.start(sockets))

    @property
    def port(self) -> int:
        return int(self.address[1])

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine in the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    def do(self, action: Callable[[], T]) -> T:
        """Calls a function in the server's loop."""

        async def work() -> T:
            return action()

        return self.call(work())

    def until(self, condition: Callable[[], bool]) -> None:
        """Waits for something that nothing tells of."""
        deadline = time.monotonic() + PATIENCE
        while not self.do(condition):
            assert time.monotonic() < deadline

    def connect(self, receive_buffer: int = 0) -> Raw:
        family = socket.AF_UNIX if isinstance(self.address, str) else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        self._clients.append(sock)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.connect(self.address)
        return Raw(sock)

    def http(self) -> HTTPConnection:
        """A connection of the standard library's own client."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.connect()
        self._clients.append(connection.sock)
        return connection

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self.call(self.server.drain(2))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
        assert not self._troubles, "an exception reached the event loop"


def without_lifespan(app: App) -> App:
    """For apps that don't look at the type of their scope."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await app(scope, receive, send)

    return wrapped


Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a server for an app, on TCP or (`unix=True`) a Unix socket, with limits by keyword."""
    running: list[Served] = []

    def start(app: App, unix: bool = False, **limits: Any) -> Served:
        sockets = [bind_unix(str(tmp_path / "run" / "test.sock"))] if unix else bind_tcp("127.0.0.1", 0)
        running.append(Served(without_lifespan(app), Limits(**limits), sockets))
        return running[-1]

    yield start
    for served in running:
        served.stop()
