"""One client's connection: bytes in and out through h11, one exchange at a time, and one deadline."""

from __future__ import annotations

import asyncio
import select
import socket
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

import h11

from vox.errors import TooLarge, Unavailable, VoxError
from vox.gateway.server.asgi import Header, Scope
from vox.gateway.server.exchange import Exchange, split_target
from vox.gateway.server.line import LANDING, Line, Phase
from vox.gateway.server.respond import date, error_body, error_headers, json_headers, reason, refusal

if TYPE_CHECKING:
    from vox.gateway.server.server import Server

_AHEAD = 64 * 1024
"""Bytes of further requests that a client may send during a response before it is left waiting."""


class Connection(Line):
    """`base` is what the scopes of all its requests share; a connection over the limit of the server is
    answered 503 at once."""

    def __init__(self, server: Server, base: Scope, over_limit: bool) -> None:
        super().__init__(server)
        self._base = base
        self._over_limit = over_limit
        self._http = h11.Connection(h11.SERVER, server.limits.max_header)
        self._exchange: Exchange | None = None
        self._fresh = True  # no request yet
        self._lingering = False
        self._bodyless = False
        self._body_size = self._body_most = 0
        self._ahead = 0
        self._head = b""

    # From asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self.server.limits.write_buffer)
        self.settle()
        if self._over_limit:
            self.refuse(Unavailable("too many connections; try again in a moment", retry_after=1))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._exchange is not None:
            self._exchange.disconnect()
        super().connection_lost(exc)

    def buffer_updated(self, nbytes: int) -> None:
        if self._lingering or self._http.their_state is h11.MUST_CLOSE:
            return
        self._http.receive_data(bytes(LANDING[:nbytes]))
        self._advance()
        if self._exchange is not None and self._http.their_state is not h11.SEND_BODY:
            self._ahead += nbytes
            if self._ahead > _AHEAD:
                self._transport.pause_reading()

    def eof_received(self) -> None:
        # A half-close counts as leaving: who waits for audio keeps the connection.
        if self._exchange is not None and not self._exchange.complete:
            self._transport.abort()

    def _resumed(self) -> None:
        if self._exchange is not None:
            self._exchange.resume()

    # Requests

    def _advance(self) -> None:
        """Handles what has arrived, up to a request whose predecessor is not finished."""
        try:
            while not (self._lingering or self._transport.is_closing()):
                event = self._http.next_event()
                if isinstance(event, h11.Request):
                    self._begin(event)
                elif isinstance(event, h11.Data):
                    self._take_body(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    self._end_body()
                    return
                else:
                    break
        except h11.RemoteProtocolError as error:
            what = str(error).partition(":")[0]
            self.refuse(refusal(error.error_status_hint, f"this is not HTTP/1.1: {what}"))
        except VoxError as error:
            self.refuse(error)
        finally:
            self.settle()

    def _begin(self, request: h11.Request) -> None:
        headers = list(request.headers)
        found = dict(headers)
        limits = self.server.limits
        self._fresh = False
        self._bodyless = request.method == b"HEAD"
        size = len(request.target) + sum(len(name) + len(value) + 4 for name, value in headers)
        if size > limits.max_header:  # h11 looks only at what comes in pieces
            raise refusal(431, f"the request's head is over {limits.max_header} bytes")
        path, raw_path, query = split_target(request, found.get(b"host"))
        self._body_size, self._body_most = 0, limits.max_body_of.get(path, limits.max_body)
        self._check_size(int(found.get(b"content-length", b"0")))
        scope = {
            **self._base,
            "http_version": request.http_version.decode(),
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": headers,
            "extensions": dict(self._base["extensions"]),
            "state": dict(self._base["state"]),
        }
        if found.get(b"upgrade", b"").lower() == b"websocket":  # others (h2c) may be ignored
            from vox.gateway.server import websocket  # its parser takes 0.7 MB

            websocket.check(request, self.server)
            self._exchange = websocket.Handshake(self, scope)
        else:
            self._exchange = Exchange(self, scope | {"method": request.method.decode()})
        self.server.exchanges.add(self._exchange)

    def _take_body(self, data: bytes) -> None:
        self._body_size += len(data)
        self._check_size(self._body_size)
        if self._exchange is not None:
            self._exchange.feed(bytes(data))

    def _end_body(self) -> None:
        if self._exchange is not None:
            self._exchange.feed_end()
        else:
            self._next_request()  # its answer was sent before its body had come

    def _check_size(self, size: int) -> None:
        if size > self._body_most:
            raise TooLarge(f"the request's body is over {self._body_most:,} bytes")

    # Responses

    def send_continue(self) -> None:
        """Asks for the body, from a client that waits to be asked."""
        if self._http.they_are_waiting_for_100_continue and self._http.our_state is h11.SEND_RESPONSE:
            self._emit(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))

    def send_head(self, status: int, headers: Iterable[Header]) -> None:
        """Raises `h11.LocalProtocolError` when the head is invalid, or not the first. It leaves with the
        first bytes of the body, or at the end of this turn of the event loop."""
        extra = [(b"date", date())]
        if self.server.draining or self._http.they_are_waiting_for_100_continue:
            extra.append((b"connection", b"close"))
        response = h11.Response(status_code=status, headers=[*headers, *extra], reason=reason(status))
        self._head = self._http.send(response)
        self._bodyless = self._bodyless or status in (204, 304)
        self._loop.call_soon(self._flush_head)

    def send_body(self, data: bytes) -> None:
        if data and not self._bodyless:
            self._emit(h11.Data(data=data))

    def send_end(self) -> None:
        self._emit(h11.EndOfMessage())
        if self._http.our_state is h11.MUST_CLOSE:
            if self._http.their_state is h11.SEND_BODY:
                self._linger()
            else:
                self._transport.close()
                self.settle()

    def _emit(self, event: h11.Event) -> None:
        parts = self._http.send_with_data_passthrough(event) or []
        block = b"".join((self._head, *parts))
        self._head = b""
        self._write(block)

    def _flush_head(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._write(head)

    def exchange_over(self, exchange: Exchange) -> None:
        """The app's task has ended."""
        self.server.exchange_over(exchange)
        self._exchange = None
        if not self._transport.is_closing():
            self._next_request()

    def _next_request(self) -> None:
        if self._http.states == {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}:
            self._http.start_next_cycle()
            if self._ahead > _AHEAD:
                self._transport.resume_reading()
            self._ahead = 0
            self._advance()
            return
        if self._http.our_state is h11.ERROR:  # the app went on after its answer was complete
            self._transport.close()
        self.settle()

    def switch(self, headers: list[Header]) -> tuple[asyncio.Transport, bytes]:
        """Agrees to another protocol, by 101 with `headers`. Gives what that needs: the transport, and the
        bytes that came after the request. Reading may be paused."""
        answer = h11.InformationalResponse(status_code=101, headers=headers, reason=reason(101))
        self._write(self._http.send(answer) or b"")
        self._stop_timer()
        self._exchange = None
        self._paused = True  # lest a resumption that is on its way starts a time limit
        return self._transport, self._http.trailing_data[0]

    # Ends

    def refuse(self, error: VoxError) -> None:
        """Answers in the app's stead and closes; breaks the connection if an answer has begun."""
        if self._exchange is not None:
            self._exchange.disconnect()
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.abort()
            return
        payload = error_body(error)
        closing = [(b"connection", b"close"), *error_headers(error)]
        self.send_head(error.status, json_headers(payload, closing))
        self.send_body(payload)
        self._emit(h11.EndOfMessage())
        self._linger()

    def abort(self) -> None:
        """Breaks the connection in a way that can't be taken for the end of a whole response."""
        if self._http.their_http_version == b"1.0" and self._http.our_state is h11.SEND_BODY:
            # Here the end of the connection is the end of the body: only a reset tells (on TCP, that is).
            sock: socket.socket = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        super().abort()

    break_off = abort

    def _linger(self) -> None:
        # Closing with bytes unread would reset the connection, and the client might lose the answer.
        self._lingering = True
        if not self._transport.is_closing():
            self._transport.write_eof()
        self.settle()

    # The deadline

    def settle(self) -> None:
        if self.server.draining and self._find_phase() is Phase.IDLE and not self._request_waits():
            self._transport.close()
        else:
            super().settle()

    retire = settle

    def _find_phase(self) -> Phase:
        answered = self._exchange is None or self._transport.is_closing()
        if self._lingering:
            return Phase.LINGER
        if self._paused or (answered and self._transport.get_write_buffer_size()):
            return Phase.WRITE
        if self._http.their_state is h11.SEND_BODY:
            return Phase.BODY
        if self._exchange is not None:
            return Phase.BUSY
        if self._http.trailing_data[0]:
            return Phase.HEAD
        if self._fresh:  # its first request is on its way, unless nobody means to send one
            return Phase.LINGER if self.server.draining else Phase.HEAD
        return Phase.IDLE

    def _request_waits(self) -> bool:
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def _expire(self) -> None:
        if self._phase is Phase.BODY or (self._phase is Phase.HEAD and self._http.trailing_data[0]):
            self.refuse(refusal(408, "the request did not arrive in time"))
        else:
            self.abort()
