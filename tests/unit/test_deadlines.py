"""The exact deadlines of a connection, by a clock that jumps to the next timer instead of waiting."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from vox.gateway.server import Limits, Server
from vox.gateway.server.connection import Connection
from vox.gateway.server.respond import send_json
from vox.gateway.sink import open_sink

if TYPE_CHECKING:
    from vox.gateway.server.asgi import Receive, Scope, Send

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
LIMITS = Limits()


class JumpingLoop(asyncio.SelectorEventLoop):
    """Time passes only when there is nothing to do."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers = 0
        super().__init__(JumpingSelector(self))

    def time(self) -> float:
        return self.now

    def call_at(self, *args: Any, **kwargs: Any) -> asyncio.TimerHandle:  # type: ignore[override]  # it is
        self.timers += 1
        return super().call_at(*args, **kwargs)


class JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: JumpingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0)
        if not found:
            assert timeout is not None, "nothing will ever happen again"
            self._loop.now += timeout
        return found


class Line:
    """The edge of I/O: a transport whose other end reads when the test says so."""

    def __init__(self, loop: JumpingLoop, server: Server) -> None:
        self.loop = loop
        self.sent = b""
        self.unsent = 0
        self.reading = True
        """The other end takes everything at once."""
        self.closing = False
        self.ended: float | None = None
        """When the connection was closed."""
        self.connection = Connection(server, {"extensions": {}, "state": {}}, over_limit=False)
        self.connection.connection_made(self)  # type: ignore[arg-type]

    def receive(self, data: bytes) -> None:
        if not self.closing:
            self.connection.get_buffer(-1)[: len(data)] = data
            self.connection.buffer_updated(len(data))

    def take(self, size: int) -> None:
        """The other end reads `size` bytes."""
        self.unsent -= size

    # asyncio.Transport

    def write(self, data: bytes) -> None:
        self.sent += data
        if not self.reading:
            self.unsent += len(data)
            if self.unsent > LIMITS.write_buffer:
                self.connection.pause_writing()

    def abort(self) -> None:
        if self.ended is None:
            self.closing = True
            self.ended = self.loop.now
            self.loop.call_soon(self.connection.connection_lost, None)

    close = abort

    def write_eof(self) -> None:
        """The other end does not care."""

    def is_closing(self) -> bool:
        return self.closing

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def set_write_buffer_limits(self, high: int) -> None:
        assert high == LIMITS.write_buffer


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["more_body"]:
        pass
    await send_json(send, 200, b"{}")


async def thinks_for_an_hour(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.sleep(3600)
    await app(scope, receive, send)


async def talks_much(scope: Scope, receive: Receive, send: Send) -> None:
    sink = open_sink(scope, receive, send, 200, [])
    for _ in range(100):
        sink.write(bytes(1000))
    await sink.finished()


@pytest.fixture
def loop() -> Iterator[JumpingLoop]:
    loop = JumpingLoop()
    yield loop
    loop.close()


Script = Callable[[Line], Iterator[float]]
"""Acts on the line; yields seconds to let pass."""


def play(loop: JumpingLoop, script: Script, what: Any = app, most: float = 100_000) -> Line:
    """Plays the script, and what follows it until the line's end or `most` seconds."""

    async def work() -> Line:
        line = Line(loop, Server(what))
        for pause in script(line):
            await asyncio.sleep(pause)
        while line.ended is None and loop.now < most:
            await asyncio.sleep(1)
        return line

    return loop.run_until_complete(work())


def test_a_silent_connection_has_ten_seconds(loop: JumpingLoop) -> None:
    line = play(loop, lambda line: iter(()))
    assert line.ended == pytest.approx(10)
    assert line.sent == b""


def test_a_trickled_head_has_ten_seconds_in_all(loop: JumpingLoop) -> None:
    def script(line: Line) -> Iterator[float]:
        for byte in GET[:20]:
            line.receive(bytes([byte]))
            yield 0.9

    line = play(loop, script)
    assert b" 408 " in line.sent
    assert line.ended == pytest.approx(10 + LIMITS.linger)


def test_a_second_head_has_ten_seconds_from_its_first_byte(loop: JumpingLoop) -> None:
    def script(line: Line) -> Iterator[float]:
        line.receive(GET)
        yield 60
        line.receive(GET[:5])

    assert play(loop, script).ended == pytest.approx(70 + LIMITS.linger)


def test_a_trickled_body_has_thirty_seconds_in_all(loop: JumpingLoop) -> None:
    def script(line: Line) -> Iterator[float]:
        yield 5
        line.receive(POST)
        for _ in range(40):
            line.receive(b"a")
            yield 1

    line = play(loop, script)
    assert b" 408 " in line.sent
    assert line.ended == pytest.approx(35 + LIMITS.linger)


def test_an_idle_connection_has_seventy_five_seconds_since_its_last_request(loop: JumpingLoop) -> None:
    def script(line: Line) -> Iterator[float]:
        for _ in range(5):
            line.receive(GET)
            yield 70

    line = play(loop, script)
    assert line.sent.count(b"HTTP/1.1 200 ") == 5
    assert line.ended == pytest.approx(4 * 70 + 75)


def test_an_app_may_think_for_as_long_as_it_likes(loop: JumpingLoop) -> None:
    def script(line: Line) -> Iterator[float]:
        line.receive(GET)
        yield 3700

    line = play(loop, script, thinks_for_an_hour)
    assert b"HTTP/1.1 200 " in line.sent
    assert line.ended == pytest.approx(3600 + 75)


def test_a_frozen_listener_has_thirty_seconds(loop: JumpingLoop) -> None:
    def script(line: Line) -> Iterator[float]:
        line.reading = False
        yield 4
        line.receive(GET)

    assert play(loop, script, talks_much).ended == pytest.approx(34)


def test_a_listener_that_freezes_later_is_cut_off_within_an_eighth_more(loop: JumpingLoop) -> None:
    def script(line: Line) -> Iterator[float]:
        line.reading = False
        line.receive(GET)
        yield 11
        line.take(1000)

    line = play(loop, script, talks_much)
    assert line.ended is not None
    assert 11 + 30 <= line.ended <= 11 + 30 * 9 / 8


def test_a_slow_listener_is_never_cut_off(loop: JumpingLoop) -> None:
    def script(line: Line) -> Iterator[float]:
        line.reading = False
        line.receive(GET)
        for _ in range(60):
            yield 25
            assert line.ended is None
            line.take(1)

    assert play(loop, script, talks_much).ended == pytest.approx(60 * 25 + 30, abs=4)


def test_quick_requests_cost_no_timers(loop: JumpingLoop) -> None:
    def script(line: Line) -> Iterator[float]:
        for _ in range(1000):
            line.receive(GET)
            yield 0

    line = play(loop, script, most=0)
    assert line.sent.count(b"HTTP/1.1 200 ") >= 250  # those whose app had its turns
    assert loop.timers < 5
    line.abort()
