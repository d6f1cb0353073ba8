"""WebSockets (RFC 6455): the handshake, and the open socket. Imported with the first of them.

wsproto reads the client's frames and makes our control frames. Those with data, which may be 50 a second and
client, are a header of two bytes before what a surface gives. No extension is agreed to: compressed speech
does not get smaller.
"""

from __future__ import annotations

import asyncio
import binascii
from collections import deque
from collections.abc import Callable, Iterable
from struct import Struct
from typing import TYPE_CHECKING, Any

from wsproto.frame_protocol import CloseReason, Frame, FrameProtocol, Opcode, ParseFailed
from wsproto.utilities import generate_accept_token

from vox.errors import Unavailable
from vox.gateway.server.exchange import Exchange
from vox.gateway.server.line import LANDING, Line, Phase
from vox.gateway.server.respond import refusal, send_error
from vox.gateway.socket import Left

if TYPE_CHECKING:
    import h11

    from vox.gateway.server.asgi import Header, Message, Scope
    from vox.gateway.server.connection import Connection
    from vox.gateway.server.server import Server

_TEXT, _BINARY = 0x81, 0x82
"""First bytes of frames that are whole messages."""
_MEDIUM, _LARGE = Struct("!BBH"), Struct("!BBQ")
"""Frame headers for 126 bytes and more, for 64 KiB and more."""
_UNREAD = 64 * 1024
"""Bytes of messages that wait for `receive` before the client is left waiting."""
_EACH = 64
"""Bytes that a message counts for, at least: empty ones take memory too."""
_CLOGGED = 1024 * 1024
"""Bytes that wait for the client before it is not listened to: each message may cause another."""
_LOOK = 0.1
"""Seconds between two looks whether a busy socket is idle, when the server drains."""
_STOPPING = "the daemon is stopping"


def check(request: h11.Request, server: Server) -> None:
    """Raises `VoxError` for a handshake that is none (§4.2.1), or one too many."""
    found = dict(request.headers)
    tokens = [
        token.strip().lower()
        for name, value in request.headers
        if name == b"connection"
        for token in value.split(b",")
    ]
    version = found.get(b"sec-websocket-version")
    if request.method != b"GET" or request.http_version != b"1.1":
        raise refusal(400, "a WebSocket begins with GET, in HTTP/1.1")
    if b"upgrade" not in tokens:
        raise refusal(400, "Upgrade needs Connection: Upgrade; a proxy on the way must pass on both")
    if version != b"13":
        raise refusal(426 if version else 400, "a WebSocket needs Sec-WebSocket-Version: 13")
    if not _is_key(found.get(b"sec-websocket-key", b"")):
        raise refusal(400, "a WebSocket needs a Sec-WebSocket-Key: 16 bytes as base64")
    if b"transfer-encoding" in found or found.get(b"content-length", b"0") != b"0":
        raise refusal(400, "a WebSocket's handshake has no body")
    if server.draining:
        raise Unavailable(_STOPPING)
    if sum(isinstance(exchange, Handshake) for exchange in server.exchanges) >= server.limits.max_sessions:
        raise Unavailable("too many WebSockets are open; try again in a moment", retry_after=1)


def _is_key(value: bytes) -> bool:
    try:
        return len(binascii.a2b_base64(value, strict_mode=True)) == 16
    except binascii.Error:
        return False


class Handshake(Exchange):
    """The exchange of a WebSocket: a handshake that is refused like any request, or agreed to; then the
    app's task for as long as the socket lives."""

    expected = (*Exchange.expected, Left)

    def __init__(self, connection: Connection, scope: Scope) -> None:
        headers: list[Header] = scope["headers"]
        offered = b",".join(value for name, value in headers if name == b"sec-websocket-protocol")
        protocols = [word.strip() for word in offered.decode("latin-1").split(",")]
        self._key = dict(headers)[b"sec-websocket-key"]
        self._greeted = False
        self._socket: WebSocket | None = None
        scope.update(type="websocket", scheme="ws", subprotocols=[word for word in protocols if word])
        super().__init__(connection, scope)

    def _extensions(self) -> dict[str, Any]:
        return {"vox.socket": self.accept, "websocket.http.response": {}}

    def accept(self, subprotocol: str | None = None, headers: Iterable[Header] = ()) -> WebSocket:
        """Agrees to the handshake. Raises `Left` when the client has gone already."""
        if self._gone:
            raise Left
        answer = [
            (b"upgrade", b"websocket"),
            (b"connection", b"Upgrade"),
            (b"sec-websocket-accept", generate_accept_token(self._key)),
            *headers,
        ]
        if subprotocol is not None:
            answer.append((b"sec-websocket-protocol", subprotocol.encode()))
        self._socket = WebSocket(self, self._connection, answer)
        self.complete = True
        self._news.set()
        del self._connection  # and what h11 holds for it
        return self._socket

    def _app_ended(self, task: asyncio.Task[None]) -> None:
        if self._socket is None:
            super()._app_ended(task)
            return
        error = self._failure(task)
        if task.cancelled() or not (error is None or isinstance(error, Left)):
            self._socket.close(1011, "internal error; the daemon's log says more")
        self._socket.close()
        self._socket.server.exchange_over(self)

    # For the app: ASGI

    async def _receive(self) -> Message:
        if not self._greeted:
            self._greeted = True
            return {"type": "websocket.connect"}
        while self._socket is None and not (self._gone or self.complete):
            await self._wait()
        if self._socket is None:
            return {"type": "websocket.disconnect", "code": 1006}
        try:
            message = await self._socket.receive()
        except Left:
            return {"type": "websocket.disconnect", "code": self._socket.code}
        return {"type": "websocket.receive", "text" if isinstance(message, str) else "bytes": message}

    async def _send(self, message: Message) -> None:
        kind: str = message["type"]
        if kind.startswith("websocket.http.response."):
            await super()._send({**message, "type": kind.removeprefix("websocket.")})
        elif self._socket is not None:
            await self._send_on(self._socket, message)
        elif kind == "websocket.accept":
            self.accept(message.get("subprotocol"), message.get("headers", ()))
        elif kind == "websocket.close":
            await send_error(super()._send, refusal(403, message.get("reason") or "not for you"))
        else:
            raise ValueError(f"{kind!r} is no ASGI message for a WebSocket that is not accepted yet")

    async def _send_on(self, socket: WebSocket, message: Message) -> None:
        if message["type"] == "websocket.close":
            socket.close(message.get("code", 1000), message.get("reason") or "")
        elif message["type"] == "websocket.send":
            text: str | None = message.get("text")
            if text is None:
                socket.send_bytes(message["bytes"])
            else:
                socket.send_text(text.encode())
            while not (self._gone or socket.closed or socket.writable):
                await self._wait()
        else:
            raise ValueError(f"unknown ASGI message {message['type']!r}")


class WebSocket(Line):
    """An open WebSocket, in place of the connection that it began as. To the app it is its `Socket`."""

    def __init__(self, exchange: Handshake, connection: Connection, answer: list[Header]) -> None:
        super().__init__(connection.server)
        self.on_writable: Callable[[], None] | None = None
        self.busy: Callable[[], bool] = bool  # that is, never
        self.on_lost = connection.on_lost
        self.closed = False
        """Our farewell was sent, or could not be."""
        self.code: int = CloseReason.ABNORMAL_CLOSURE
        """What the client closed with."""
        self._exchange = exchange
        self._frames = FrameProtocol(client=False, extensions=[])
        self._parts: list[Any] = []  # of a message that is not complete
        self._size = 0  # of those, in bytes
        self._inbox: deque[str | bytes] = deque()
        self._unread = 0
        self._waiter: asyncio.Future[None] | None = None
        self._finished = False  # the app has closed it itself
        self._left = False
        self._deaf = False  # what comes is not looked at any more
        self._pong: bytes | None = None  # owed
        self._pinged = self._heard = False
        self._loop = asyncio.get_running_loop()
        self._transport, early = connection.switch(answer)
        self._paused = self._transport.get_write_buffer_size() > self.server.limits.write_buffer
        self._transport.set_protocol(self)
        self.server.switched(connection, self)
        self._loop.call_soon(self._read, early)
        self.settle()
        if self.server.draining:
            self.retire()

    # From asyncio

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = self._deaf = True
        self._leave()
        super().connection_lost(exc)

    def buffer_updated(self, nbytes: int) -> None:
        self._heard = True
        self._read(LANDING[:nbytes])

    def eof_received(self) -> None:
        if not self.closed:  # left without a word
            self._transport.abort()

    def _resumed(self) -> None:
        self._heard = True
        if self._pong is not None:
            pong, self._pong = self._pong, None
            self._answer(pong)
        self._regulate()
        self._exchange.resume()
        if self.on_writable is not None:
            self.on_writable()

    # From the client

    def _read(self, data: memoryview | bytes) -> None:
        if self._deaf:
            return
        self._frames.receive_bytes(data)  # type: ignore[arg-type]  # it only copies it
        try:
            for frame in self._frames.received_frames():
                self._take(frame)
        except ParseFailed as error:
            self._refuse(error.code, str(error))
        self._regulate()

    def _take(self, frame: Frame) -> None:
        payload: Any = frame.payload
        if frame.opcode is Opcode.PING:
            self._answer(payload)
        elif frame.opcode is Opcode.CLOSE:
            self._farewell(payload[0])
        elif frame.opcode is not Opcode.PONG:
            self._size += len(payload.encode() if frame.opcode is Opcode.TEXT else payload)
            if self._size > self.server.limits.max_message:
                self._refuse(1009, f"a message may have {self.server.limits.max_message:,} bytes")
            elif payload:
                self._parts.append(payload)
            if frame.message_finished:
                self._put(("" if frame.opcode is Opcode.TEXT else b"").join(self._parts))

    def _put(self, message: str | bytes) -> None:
        self._parts, self._size = [], 0
        if not self.closed:
            self._inbox.append(message)
            self._unread += len(message) + _EACH
            self._wake()

    def _answer(self, ping: bytes) -> None:
        if self._paused:
            self._pong = ping  # the last one is enough (§5.5.3)
        elif not self.closed:
            self._write(bytes(self._frames.pong(ping)))

    def _regulate(self) -> None:
        """Lets the client wait that sends faster than it is heard, or than it listens."""
        if self._unread > _UNREAD or self._transport.get_write_buffer_size() > _CLOGGED:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    # For the app

    @property
    def writable(self) -> bool:
        return super().writable and not self.closed

    def send_text(self, message: bytes) -> None:
        self._send(_TEXT, message)

    def send_bytes(self, data: bytes) -> None:
        self._send(_BINARY, data)

    def _send(self, first: int, data: bytes) -> None:
        if self.closed:
            return
        size = len(data)
        if size < 126:
            head = bytes((first, size))
        elif size < 65536:
            head = _MEDIUM.pack(first, 126, size)
        else:
            head = _LARGE.pack(first, 127, size)
        self._write(head + data)

    async def receive(self) -> str | bytes:
        assert self._waiter is None, "somebody else receives already"
        while not self.closed:
            if self._inbox:
                message = self._inbox.popleft()
                self._unread -= len(message) + _EACH
                self._regulate()
                return message
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        raise Left

    def _wake(self) -> bool:
        """Whether the app waits in `receive`."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        return self._waiter is not None

    # Ends

    def close(self, code: int = 1000, reason: str = "") -> None:
        self._finished = True
        self._end(code, reason)

    def _end(self, code: int, reason: str = "") -> None:
        """Says farewell, and waits for the client's."""
        if not self.closed:
            self._write(bytes(self._frames.close(code, reason)))
            self.closed = True
            self._wake()
            self.settle()

    def _farewell(self, code: int) -> None:
        """The client's, be it the first or in answer to ours."""
        self.code = code
        self._deaf = True
        self._end(code)
        self._transport.close()
        self._leave()

    def _refuse(self, code: int, reason: str) -> None:
        """Shuts the client out, who is not read any further."""
        self._deaf = True
        self.code = code
        self._end(code, reason)
        self._transport.write_eof()
        self._leave()

    def _leave(self) -> None:
        """There is nobody to speak to any more."""
        if not self._left:
            self._left = True
            self._exchange.disconnect()
            if not (self._wake() or self._finished):
                self._exchange.task.cancel()

    def retire(self) -> None:
        if self.closed:
            return
        if self.busy():
            self._loop.call_later(_LOOK, self.retire)
        else:
            self._end(1001, _STOPPING)

    def break_off(self) -> None:
        self._end(1012, _STOPPING)

    # The deadline

    def _find_phase(self) -> Phase:
        if self._paused or (self.closed and self._transport.get_write_buffer_size()):
            return Phase.WRITE
        return Phase.LINGER if self.closed else Phase.OPEN

    def _expire(self) -> None:
        if self._phase is not Phase.OPEN or (self._pinged and not self._heard):
            self.abort()
            return
        self._pinged = True
        self._heard = not self._transport.is_reading()
        self._write(bytes(self._frames.ping()))
        self._limit()
