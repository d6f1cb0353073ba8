"""WebSockets as surfaces see them: `Upgrade`, the wish for one, and `Socket`, the open one.

    async def speak(gateway: Gateway, upgrade: Upgrade) -> None:
        socket = await upgrade.accept()            # a VoxError before it refuses the handshake
        while True:
            message = await socket.receive()       # raises Left, which is the handler's normal end
            socket.send_text(b"...")               # at once, from any callback of the event loop

On our own server the socket is the connection itself (the scope's extension `vox.socket`); on any other ASGI
server it is an `AsgiSocket`, which pumps in a task of its own. The code above is the same for both.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from vox.errors import VoxError
from vox.gateway.server.respond import refuse_upgrade
from vox.gateway.sink import HIGH_WATER

if TYPE_CHECKING:
    from vox.gateway.server.asgi import Message, Receive, Scope, Send

SCHEMES = ("token", "bearer")
"""Subprotocols that only say that a key comes after them: a browser has no other place for one."""


class Left(Exception):
    """The client has closed the connection, or it was lost, or we have closed it."""


class Socket(Protocol):
    """One open WebSocket. What is sent leaves in order and never waits; after the end, calls do nothing.

    A client that leaves is heard of in `receive`. A handler that waits for something else then is cancelled,
    as that of an HTTP request is; on any other server than our own only when something more is sent."""

    on_writable: Callable[[], None] | None
    """Called each time it becomes writable again."""
    busy: Callable[[], bool]
    """Whether something is under way that a stopping daemon should wait for; at first: never. An idle socket
    is closed at once then, with 1001, a busy one when it is idle or its time is over."""

    @property
    def writable(self) -> bool:
        """False: more is buffered (64 KiB) than it likes; go on at `on_writable`. Stays false after the
        end."""

    def send_text(self, message: bytes) -> None:
        """A text message, UTF-8 already."""

    def send_bytes(self, data: bytes) -> None:
        """A binary message."""

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes it after what was sent. Of the reason, 123 bytes are kept."""

    async def receive(self) -> str | bytes:
        """The next message, text or binary. Raises `Left`."""


class Upgrade:
    """A client's wish for a WebSocket. `param` is what stands in the place of the path's `{parameter}`."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, param: str = "") -> None:
        self.scope, self.param = scope, param
        self.refusal_header = b""
        """Where this protocol's clients look for the words of a refusal: they read no body."""
        self._receive, self._send = receive, send
        self._scheme, _, self.subprotocols = split_credential(scope)
        self._socket: Socket | None = None

    @property
    def path(self) -> str:
        return str(self.scope["path"])

    def query(self, name: str) -> str:
        """The last value of a query parameter, "" without one."""
        return query(self.scope, name)

    async def accept(self, subprotocol: str | None = None) -> Socket:
        """Answers the handshake. Raises `Left` when the client did not wait for it."""
        chosen = subprotocol or self._scheme
        direct: Callable[[str | None], Socket] | None = self.scope["extensions"].get("vox.socket")
        if direct is not None:
            self._socket = direct(chosen)
        else:
            self._socket = AsgiSocket(self._receive, self._send)
            await self._receive()  # websocket.connect
            await self._send({"type": "websocket.accept", "subprotocol": chosen})
        return self._socket

    async def fail(self, error: VoxError) -> None:
        """Refuses the handshake, by the error's HTTP status; or closes what is open, with 1011."""
        if self._socket is None:
            await refuse_upgrade(self.scope, self._send, error, self.refusal_header)
        else:
            await self.finish(1011, error.message)

    @property
    def left(self) -> bool:
        """Whether the handler was cancelled, on a foreign server, because the client has left."""
        return isinstance(self._socket, AsgiSocket) and self._socket.left

    async def finish(self, code: int = 1000, reason: str = "") -> None:
        """Closes what is open, unless that was done, and waits until a foreign server has taken all."""
        if self._socket is not None:
            self._socket.close(code, reason)
        if isinstance(self._socket, AsgiSocket):
            await self._socket.finished()


class AsgiSocket:
    """The portable socket, for any ASGI server."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.on_writable: Callable[[], None] | None = None
        self.busy: Callable[[], bool] = bool
        self.left = False
        """The handler was cancelled, because the client has left."""
        self._receive = receive
        self._send = send
        self._outbox: deque[tuple[Message, int]] = deque()
        self._held = 0
        self._over = False
        self._handler, self._hearing = asyncio.current_task(), False
        self._news = asyncio.Event()
        self._pumping = asyncio.ensure_future(self._pump())

    @property
    def writable(self) -> bool:
        return self._held < HIGH_WATER and not self._over

    def send_text(self, message: bytes) -> None:
        self._put({"type": "websocket.send", "text": message.decode()}, len(message))

    def send_bytes(self, data: bytes) -> None:
        self._put({"type": "websocket.send", "bytes": bytes(data)}, len(data))

    def close(self, code: int = 1000, reason: str = "") -> None:
        short = reason.encode()[:123].decode(errors="ignore")
        self._put({"type": "websocket.close", "code": code, "reason": short}, 0)
        self._over = True

    def _put(self, message: Message, size: int) -> None:
        if not self._over:
            self._outbox.append((message, size))
            self._held += size
            self._news.set()

    async def receive(self) -> str | bytes:
        if self._over:
            raise Left
        self._hearing = True
        message = await self._receive()
        self._hearing = False
        if message["type"] == "websocket.disconnect":
            self._over = True
            self._pumping.cancel()
            raise Left
        text: str | None = message.get("text")
        return message["bytes"] if text is None else text

    async def finished(self) -> None:
        """Waits until all is sent, or nobody is there any more."""
        await asyncio.wait([self._pumping])

    async def _pump(self) -> None:
        try:
            while not self._over or self._outbox:
                await self._news.wait()
                self._news.clear()
                while self._outbox:
                    await self._send_next()
        except OSError:  # how servers say that the client has left
            if not (self._over or self._hearing) and self._handler is not None:
                self.left = self._handler.cancel()
            self._over = True

    async def _send_next(self) -> None:
        message, size = self._outbox.popleft()
        await self._send(message)
        await asyncio.sleep(0)  # a server's send need not suspend, and its reader would never get a turn
        was_writable = self.writable
        self._held -= size
        if not was_writable and self.writable and self.on_writable is not None:
            self.on_writable()


def query(scope: Scope, name: str) -> str:
    """The last value of a query parameter, "" without one."""
    from urllib.parse import parse_qs

    text: bytes = scope["query_string"]
    return parse_qs(text.decode("latin-1")).get(name, [""])[-1]


def split_credential(scope: Scope) -> tuple[str | None, str, list[str]]:
    """The subprotocols that a client offers: the one before a key, the key, and those that are protocols."""
    offered: list[Any] = list(scope.get("subprotocols", ()))
    if len(offered) > 1 and offered[0].lower() in SCHEMES:
        return offered[0], offered[1], offered[2:]
    return None, "", offered
