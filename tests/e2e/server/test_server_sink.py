"""The way of the audio: straight into the connection on our server, by ASGI messages on any other."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, IncompleteRead
from typing import TYPE_CHECKING

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vox.gateway.server.listen import bind_tcp
from vox.gateway.sink import Aborted, open_sink

if TYPE_CHECKING:
    from tests.e2e.server.conftest import Serve
    from vox.gateway.server.asgi import App, Receive, Scope, Send

PATIENCE = 20.0
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
BLOCK = bytes(range(256)) * 64


class Speaker:
    """An app that writes what it is told."""

    def __init__(self, writes: list[bytes] | None = None, headers: list[tuple[bytes, bytes]] | None = None):
        self.writes = writes or []
        self.headers = headers or []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sink = open_sink(scope, receive, send, 200, self.headers)
        for data in self.writes:
            sink.write(data)
        sink.close()
        await sink.finished()


def test_each_write_is_one_chunk_and_the_connection_is_used_again(serve: Serve) -> None:
    speaker = Speaker()
    client = serve(speaker).connect()

    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(writes=st.lists(st.binary(max_size=2000)))
    def check(writes: list[bytes]) -> None:
        speaker.writes = writes
        client.send(GET)
        assert b"transfer-encoding: chunked" in client.until(b"\r\n\r\n").lower()
        assert chunks() == [data for data in writes if data]

    def chunks() -> list[bytes]:
        found = []
        while size := int(client.until(b"\r\n"), 16):
            data = client.until_size(size)
            assert client.until(b"\r\n") == b"\r\n"
            found.append(data)
        assert client.until(b"\r\n") == b"\r\n"
        return found

    check()


def test_a_promised_length_is_sent_unchunked(serve: Serve) -> None:
    client = serve(Speaker([b"abc", b"", b"defg"], [(b"content-length", b"7")])).connect()
    for _ in range(2):
        status, headers, body = client.send(GET).answer()
        assert (status, body) == (200, b"abcdefg")
        assert "transfer-encoding" not in headers


def test_head_gets_no_audio(serve: Serve) -> None:
    client = serve(Speaker([b"abc"])).connect()
    for _ in range(2):
        client.send(GET.replace(b"GET", b"HEAD"))
        assert b" 200 OK" in client.until(b"\r\n\r\n")


def test_the_head_does_not_wait_for_the_audio(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        sink = open_sink(scope, receive, send, 200, [])
        await sink.finished()

    assert b" 200 OK" in serve(app).connect().send(GET).until(b"\r\n\r\n")


class Pressed:
    """Writes as much as the sink likes, and goes on each time that it likes more."""

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks
        self.full: queue.Queue[int] = queue.Queue()
        """Blocks left when the sink was full."""
        self.ends: queue.Queue[type[BaseException] | None] = queue.Queue()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = self.blocks
        sink = open_sink(scope, receive, send, 200, [])

        def pump() -> None:
            nonlocal left
            while left and sink.writable:
                sink.write(BLOCK)
                left -= 1
            if left:
                self.full.put(left)
            else:
                sink.close()

        sink.on_writable = pump
        pump()
        try:
            await sink.finished()
        except (Aborted, asyncio.CancelledError) as error:
            self.ends.put(type(error))
            raise
        self.ends.put(None)


def test_a_client_that_does_not_read_makes_the_producer_wait(serve: Serve) -> None:
    app = Pressed(600)
    client = serve(app).connect(receive_buffer=65536).send(GET)
    taken = 600 - app.full.get(timeout=PATIENCE)
    # Ours, the kernel's on both sides (which doubles what it is asked for), and a block.
    assert taken * len(BLOCK) < 600_000
    client.until(b"\r\n\r\n")
    for _ in range(600):
        assert int(client.until(b"\r\n"), 16) == len(BLOCK)
        assert client.until_size(len(BLOCK)) == BLOCK
        assert client.until(b"\r\n") == b"\r\n"
    assert client.until(b"\r\n\r\n") == b"0\r\n\r\n"
    assert app.ends.get(timeout=PATIENCE) is None


# The same apps on another server


@pytest.fixture
def other() -> Iterator[Other]:
    server = Other()
    yield server
    server.stop()


class Other:
    """uvicorn."""

    def __init__(self) -> None:
        self.app: App = Speaker()
        config = uvicorn.Config(
            self._serve, interface="asgi3", http="h11", ws="none", lifespan="off", log_config=None
        )
        self._server = uvicorn.Server(config)
        self._sockets = bind_tcp("127.0.0.1", 0)
        self.address: tuple[str, int] = self._sockets[0].getsockname()
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": self._sockets})
        self._thread.start()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    def http(self) -> HTTPConnection:
        return HTTPConnection(*self.address, timeout=PATIENCE)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        for sock in self._sockets:
            sock.close()


def test_another_server_delivers_the_same_bytes(serve: Serve, other: Other) -> None:
    app = Pressed(100)
    other.app = app
    bodies = []
    for connection in (serve(app).http(), other.http()):
        connection.request("GET", "/")
        with connection.getresponse() as response:
            bodies.append(response.read())
        connection.close()
    assert bodies[0] == bodies[1] == BLOCK * 100


def test_another_server_does_not_make_a_failed_stream_look_whole(other: Other) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        sink = open_sink(scope, receive, send, 200, [])
        sink.write(b"x")
        asyncio.get_running_loop().call_later(0.01, sink.abort)
        await sink.finished()

    other.app = app
    connection = other.http()
    connection.request("GET", "/")
    with connection.getresponse() as response, pytest.raises(IncompleteRead):
        response.read()
    connection.close()


def test_another_server_tells_when_the_listener_leaves(other: Other) -> None:
    app = Pressed(10_000)
    other.app = app
    with socket.create_connection(other.address, PATIENCE) as client:
        client.sendall(GET)
        assert app.full.get(timeout=PATIENCE) > 0
    assert app.ends.get(timeout=PATIENCE) is Aborted


def test_our_own_server_does_too_by_cancelling(serve: Serve) -> None:
    app = Pressed(10_000)
    client = serve(app).connect().send(GET)
    assert app.full.get(timeout=PATIENCE) > 0
    client.sock.close()
    assert app.ends.get(timeout=PATIENCE) is asyncio.CancelledError
