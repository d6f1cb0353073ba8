"""One request and its answer: the app's task, its view of both (ASGI), and the direct way for audio."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import h11

from vox.errors import BadRequest, VoxError
from vox.gateway.server.asgi import Header, Message, Scope
from vox.gateway.sink import Aborted, Sink

if TYPE_CHECKING:
    from vox.gateway.server.connection import Connection

log = logging.getLogger("vox.server")


class Exchange:
    """Lives from a request's head to the end of the app's task. It is itself the `Sink` of its response."""

    expected: tuple[type[Exception], ...] = (Aborted, ConnectionError)
    """How an app ends whose client has left."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self.on_writable: Callable[[], None] | None = None
        self.complete = False
        """The whole response was handed to the transport."""
        self._gone = False
        self._aborted = False
        self._connection = connection
        self._body = bytearray()
        self._body_missing = True
        self._body_given = False
        self._news = asyncio.Event()
        scope["extensions"] |= self._extensions()
        work: Any = connection.server.app(scope, self._receive, self._send)
        self.task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self.task.add_done_callback(self._app_ended)

    def _extensions(self) -> dict[str, Any]:
        """What the scope offers beyond plain ASGI."""
        return {"vox.sink": self._open_sink}

    # For the connection

    def feed(self, data: bytes) -> None:
        self._body += data
        self._news.set()

    def feed_end(self) -> None:
        self._body_missing = False
        self._news.set()

    def resume(self) -> None:
        self._news.set()
        if self.on_writable is not None and not self.complete:
            self.on_writable()

    def disconnect(self) -> None:
        """The client has left, or was shut out: cancels the app, unless it only tidies up by now."""
        if self._gone:
            return
        self._gone = True
        self._news.set()
        if not (self.complete or self._aborted):
            self.task.cancel()

    def _app_ended(self, task: asyncio.Task[None]) -> None:
        error = self._failure(task)
        if not (self.complete or self._gone):
            if error is None and not task.cancelled():
                log.error("the app returned before its response was complete")
            self._connection.refuse(
                VoxError("internal error; the daemon's log says more", code="internal_error")
            )
        self._connection.exchange_over(self)

    def _failure(self, task: asyncio.Task[None]) -> BaseException | None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, self.expected):
            log.error("a request failed in the app", exc_info=error)
        return error

    # For the app: ASGI

    async def _receive(self) -> Message:
        self._connection.send_continue()
        while not (self._gone or self.complete):
            if self._body or not (self._body_missing or self._body_given):
                return self._take_body()
            await self._wait()
        return {"type": "http.disconnect"}

    def _take_body(self) -> Message:
        body = bytes(self._body)
        self._body.clear()
        self._body_given = not self._body_missing
        return {"type": "http.request", "body": body, "more_body": self._body_missing}

    async def _send(self, message: Message) -> None:
        if self._gone:
            raise ConnectionResetError("the client has left")
        if message["type"] == "http.response.start":
            self._connection.send_head(message["status"], message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self._connection.send_body(message.get("body", b""))
            if not message.get("more_body", False):
                self._finish()
            while not (self.complete or self._gone or self.writable):
                await self._wait()
        else:
            raise ValueError(f"unknown ASGI message {message['type']!r}")

    async def _wait(self) -> None:
        self._news.clear()
        await self._news.wait()

    def _finish(self) -> None:
        self._connection.send_end()
        self.complete = True
        self._news.set()

    # For the app: the sink

    def _open_sink(self, status: int, headers: list[Header]) -> Sink:
        if not self._gone:
            self._connection.send_head(status, headers)
        return self

    @property
    def writable(self) -> bool:
        return self._connection.writable

    def write(self, data: bytes) -> None:
        if not (self._gone or self._aborted):
            self._attempt(self._connection.send_body, data)

    def close(self) -> None:
        if not (self._gone or self._aborted or self.complete):
            self._attempt(self._finish)

    def abort(self) -> None:
        if not (self._gone or self._aborted or self.complete):
            self._aborted = True
            self._news.set()
            self._connection.abort()

    def _attempt(self, action: Callable[..., None], *arguments: bytes) -> None:
        try:
            action(*arguments)
        except h11.LocalProtocolError as error:
            # Not the producer's business, which may be a worker with other streams on the same wire.
            log.error("a response broke its own promise: %s", error)
            self.abort()

    async def finished(self) -> None:
        while not (self.complete or self._gone or self._aborted):
            await self._wait()
        if not self.complete:
            raise Aborted


def split_target(request: h11.Request, host: bytes | None) -> tuple[str, bytes, bytes]:
    """Path (decoded), raw path and query of a request target (RFC 9112 §3.2). Raises `BadRequest`."""
    target: bytes = request.target
    if target[:7].lower() == b"http://":
        authority, slash, rest = target[7:].partition(b"/")
        if host is None or authority.lower() != host.lower():
            raise BadRequest("the request's target and its Host header name different hosts")
        target = slash + rest or b"/"
    if not target.startswith(b"/") and (target != b"*" or request.method != b"OPTIONS"):
        raise BadRequest("the request's target is no path")
    raw_path, _, query = target.partition(b"?")
    return _unquote(raw_path), raw_path, query


def _unquote(raw: bytes) -> str:
    head, *rest = raw.split(b"%")
    try:
        return (head + b"".join([_hex(part) for part in rest])).decode()
    except ValueError:
        raise BadRequest("the path is not percent-encoded UTF-8") from None


def _hex(part: bytes) -> bytes:
    if len(part) < 2:
        raise ValueError
    return bytes.fromhex(part[:2].decode("ascii")) + part[2:]
