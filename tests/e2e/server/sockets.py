"""WebSockets for tests: apps that speak them, a client that sends any bytes, and a strict one."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from websockets.sync.client import connect

from vox.gateway.socket import Left, Socket, Upgrade

if TYPE_CHECKING:
    from tests.e2e.server.conftest import Raw, Served
    from vox.gateway.server.asgi import App, Receive, Scope, Send

PATIENCE = 20.0
BLOCK = bytes(range(256)) * 64
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
OPENING = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
"""The key is the example of RFC 6455."""


def app_of(handler: Callable[[Socket], Awaitable[None]]) -> App:
    """An ASGI app that accepts every WebSocket."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        upgrade = Upgrade(scope, receive, send)
        await handler(await upgrade.accept())
        await upgrade.finish()

    return app


async def echo(socket: Socket) -> None:
    while True:
        message = await socket.receive()
        if isinstance(message, str):
            socket.send_text(message.encode())
        else:
            socket.send_bytes(message)


class Listening:
    """A handler that only listens, and tells what happens to it."""

    def __init__(self, *, busy: bool = False) -> None:
        self.events: queue.Queue[Any] = queue.Queue()
        self.busy = busy
        self.socket: Socket

    async def __call__(self, socket: Socket) -> None:
        self.socket = socket
        socket.busy = lambda: self.busy
        self.events.put("open")
        try:
            while True:
                self.events.put(await socket.receive())
        except Left:
            self.events.put("left")
            raise

    def next(self) -> Any:
        return self.events.get(timeout=PATIENCE)


class Held:
    """A handler that waits for something else than the client."""

    def __init__(self) -> None:
        self.events: queue.Queue[str] = queue.Queue()

    async def __call__(self, socket: Socket) -> None:
        self.events.put("open")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.events.put("cancelled")
            assert not socket.writable
            with suppress(Left):
                await socket.receive()
                self.events.put("received")
            raise

    def next(self) -> str:
        return self.events.get(timeout=PATIENCE)


class Pressed:
    """Writes as much as the socket likes, and goes on each time that it likes more."""

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks
        self.full: queue.Queue[int] = queue.Queue()
        """Blocks left when the socket was full."""
        self.heard: queue.Queue[object] = queue.Queue()
        self.ends: queue.Queue[type[BaseException]] = queue.Queue()

    async def __call__(self, socket: Socket) -> None:
        left = self.blocks

        def pump() -> None:
            nonlocal left
            while left and socket.writable:
                socket.send_bytes(BLOCK)
                left -= 1
            if left:
                self.full.put(left)
            else:
                socket.close(4000)

        socket.on_writable = pump
        pump()
        try:
            while True:
                self.heard.put(await socket.receive())
                socket.send_text(b"heard")
        except BaseException as error:
            self.ends.put(type(error))
            raise


def client(served: Served, **options: Any) -> Any:
    """A client of the `websockets` package, which breaks the connection at any breach of the protocol."""
    options = {"proxy": None, "max_size": None, "open_timeout": PATIENCE} | options
    return connect(f"ws://127.0.0.1:{served.port}/", **options)


def opened(served: Served, receive_buffer: int = 0, more: bytes = b"") -> Raw:
    """A raw client whose handshake is done; `more` goes with its request in one piece."""
    raw = served.connect(receive_buffer).send(OPENING + more)
    assert raw.until(b"\r\n\r\n").startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    return raw


def frame(opcode: int, payload: bytes = b"", fin: bool = True, masked: bool = True, bits: int = 0) -> bytes:
    """One frame of a client, its length as short as may be."""
    size = len(payload)
    first, mask = fin << 7 | bits << 4 | opcode, masked << 7
    if size < 126:
        head = bytes((first, mask | size))
    elif size < 65536:
        head = bytes((first, mask | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, mask | 127)) + size.to_bytes(8, "big")
    if not masked:
        return head + payload
    key = b"\x01\x82\x03\xf4"
    return head + key + bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def closing(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


def read(raw: Raw) -> tuple[int, bytes]:
    """One frame of the server: opcode and payload."""
    first, size = raw.until_size(2)
    assert first & 0xF0 == 0x80, "whole, and of no extension"
    assert size < 128, "a server does not mask"
    if size >= 126:
        size = int.from_bytes(raw.until_size(2 if size == 126 else 8), "big")
    return first & 0x0F, raw.until_size(size)


def read_close(raw: Raw) -> tuple[int, str]:
    """The server's farewell: code and reason. What comes before it is passed over."""
    opcode, payload = read(raw)
    while opcode != CLOSE:
        opcode, payload = read(raw)
    return int.from_bytes(payload[:2], "big"), payload[2:].decode()
