"""WebSockets under pressure: clients that do not read, and handlers that do not."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.e2e.server.sockets import (
    BINARY,
    BLOCK,
    CLOSE,
    OPENING,
    PATIENCE,
    PING,
    PONG,
    TEXT,
    Held,
    Listening,
    Pressed,
    app_of,
    client,
    frame,
    opened,
    read,
    read_close,
)
from vox.gateway.socket import Left, Upgrade

if TYPE_CHECKING:
    from tests.e2e.server.conftest import Serve
    from vox.gateway.server.asgi import Receive, Scope, Send
    from vox.gateway.socket import Socket


# Clients that do not read


def test_a_client_that_does_not_read_makes_the_producer_wait(serve: Serve) -> None:
    app = Pressed(600)
    raw = opened(serve(app_of(app)), receive_buffer=65536)
    taken = 600 - app.full.get(timeout=PATIENCE)
    # Ours, the kernel's on both sides (which doubles what it is asked for), and a block.
    assert taken * len(BLOCK) < 600_000
    raw.send(frame(TEXT, b"still heard"))
    found = [read(raw) for _ in range(601)]
    assert found.count((BINARY, BLOCK)) == 600
    assert (TEXT, b"heard") in found
    assert read_close(raw)[0] == 4000


def test_a_client_that_does_not_read_is_cut_off_while_others_go_on(serve: Serve) -> None:
    app = Pressed(10_000)
    served = serve(app_of(app), write_timeout=0.4)
    frozen = opened(served, receive_buffer=4096)
    assert app.full.get(timeout=PATIENCE) > 0
    with client(served) as other:
        for _ in range(10_000):
            assert other.recv(PATIENCE) == BLOCK
    assert {app.ends.get(timeout=PATIENCE) for _ in range(2)} == {Left}
    with suppress(ConnectionResetError):
        assert len(frozen.everything()) < 1_000_000


def test_a_client_that_does_not_read_may_leave(serve: Serve) -> None:
    app = Pressed(10_000)
    raw = opened(serve(app_of(app)), receive_buffer=4096)
    assert app.full.get(timeout=PATIENCE) > 0
    raw.sock.shutdown(socket.SHUT_WR)
    assert app.ends.get(timeout=PATIENCE) is Left


def test_a_client_that_does_not_read_makes_a_plain_asgi_app_wait(serve: Serve) -> None:
    sent: queue.Queue[int] = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        size = 0
        try:
            while size < 10_000_000:
                await send({"type": "websocket.send", "bytes": BLOCK})
                size += len(BLOCK)
        finally:
            sent.put(size)

    opened(serve(app, write_timeout=0.1), receive_buffer=4096)
    assert sent.get(timeout=PATIENCE) < 600_000


def test_a_socket_begins_unwritable_after_an_answer_that_nobody_reads(serve: Serve) -> None:
    events: queue.Queue[object] = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": BLOCK * 50})
            return
        upgrade = Upgrade(scope, receive, send)
        socket = await upgrade.accept()
        events.put(socket.writable)
        socket.on_writable = lambda: events.put(socket.writable)
        await socket.receive()

    raw = serve(app).connect(receive_buffer=4096)
    raw.send(OPENING.replace(b"Upgrade", b"X-Up").replace(b"websocket", b"x") + OPENING)
    assert events.get(timeout=PATIENCE) is False
    raw.until(b" 101 ")
    assert events.get(timeout=PATIENCE) is True


def test_a_client_that_talks_and_does_not_read_is_not_listened_to(serve: Serve) -> None:
    async def handler(socket: Socket) -> None:
        while True:
            await socket.receive()
            socket.send_bytes(BLOCK)

    served = serve(app_of(handler))
    raw = opened(served, receive_buffer=4096)
    (line,) = served.server._connections
    for _ in range(1000):  # in several pieces, for the server to read
        raw.send(frame(TEXT, b"a"))
    served.until(lambda: line._transport.get_write_buffer_size() > 1_000_000)
    raw.send(frame(TEXT, b"a"))
    served.until(lambda: not line._transport.is_reading())
    assert [read(raw) for _ in range(1001)] == [(BINARY, BLOCK)] * 1001
    raw.send(frame(PING, b"!"))
    assert read(raw) == (PONG, b"!")


def test_a_client_that_leaves_the_farewell_unread_is_cut_off_too(serve: Serve) -> None:
    async def handler(socket: Socket) -> None:
        for _ in range(40):
            socket.send_bytes(BLOCK * 4)
        socket.close()

    served = serve(app_of(handler), write_timeout=0.2)
    opened(served, receive_buffer=4096)
    served.until(lambda: served.server.connections == 0)


def test_a_slow_client_gets_all_before_the_farewell(serve: Serve) -> None:
    async def handler(socket: Socket) -> None:
        for _ in range(40):
            socket.send_bytes(BLOCK * 4)
        socket.close(4000)

    raw = opened(serve(app_of(handler), write_timeout=1, linger=0.2), receive_buffer=4096)
    for _ in range(40):
        assert read(raw) == (BINARY, BLOCK * 4)
    assert read_close(raw)[0] == 4000


def test_the_farewell_waits_for_what_is_only_buffered(serve: Serve) -> None:
    async def handler(socket: Socket) -> None:
        for _ in range(800):
            socket.send_bytes(BLOCK)
        assert socket.writable
        socket.close(4000)

    served = serve(app_of(handler), write_buffer=16_000_000, write_timeout=8, linger=0.1)
    raw = opened(served, receive_buffer=4096)
    threading.Event().wait(0.5)
    for _ in range(800):
        assert read(raw) == (BINARY, BLOCK)
    assert read_close(raw)[0] == 4000


def test_a_client_that_is_shut_out_in_mid_sentence_hears_why(serve: Serve) -> None:
    raw = opened(serve(app_of(Listening()), max_message=1000))
    raw.send(frame(BINARY, bytes(5_000_000)))
    assert read_close(raw)[0] == 1009


def test_taking_what_was_sent_is_a_sign_of_life_too(serve: Serve) -> None:
    app = Listening()
    served = serve(app_of(app), ping_interval=0.5)
    raw = opened(served, receive_buffer=65536)
    assert read(raw) == (PING, b"")

    def burst() -> None:
        for _ in range(200):
            app.socket.send_bytes(BLOCK)

    served.do(burst)
    assert [read(raw) for _ in range(200)] == [(BINARY, BLOCK)] * 200
    assert read(raw) == (PING, b"")


def test_a_slow_client_is_not_pinged_out(serve: Serve) -> None:
    app = Pressed(100)
    raw = opened(serve(app_of(app), ping_interval=0.1), receive_buffer=65536)
    app.full.get(timeout=PATIENCE)
    pause = threading.Event()
    found: list[int] = []
    while found.count(BINARY) < 100:
        found.append(read(raw)[0])
        if len(found) % 10 == 0:
            pause.wait(0.05)  # slower than a ping could be answered in time
    assert read_close(raw)[0] == 4000


def test_pings_of_a_client_that_does_not_read_do_not_pile_up(serve: Serve) -> None:
    app = Pressed(600)
    served = serve(app_of(app))
    raw = opened(served, receive_buffer=65536)
    app.full.get(timeout=PATIENCE)
    for number in range(5000):
        raw.send(frame(PING, b"%d" % number))
    raw.send(frame(TEXT, b"after them"))
    assert app.heard.get(timeout=PATIENCE) == "after them"
    pongs = []
    while (found := read(raw))[0] != CLOSE:
        if found[0] == PONG:
            pongs.append(found[1])
    assert pongs[-1] == b"4999"
    assert len(pongs) < 100


# Handlers that do not read


def test_much_that_comes_before_the_handshake_is_done_is_kept(serve: Serve) -> None:
    begun, go = threading.Event(), asyncio.Event()
    received: queue.Queue[object] = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await go.wait()
        socket = await Upgrade(scope, receive, send).accept()
        while True:
            received.put(await socket.receive())

    served = serve(app)
    raw = served.connect().send(OPENING)
    assert begun.wait(PATIENCE)
    (line,) = served.server._connections
    for number in range(200):
        raw.send(frame(TEXT, b"%1000d" % number))
    served.until(lambda: not line._transport.is_reading())
    served.do(go.set)
    for number in range(200):
        assert received.get(timeout=PATIENCE) == f"{number:1000d}"


def test_a_client_that_sends_faster_than_it_is_heard_waits(serve: Serve) -> None:
    go = asyncio.Event()
    received: queue.Queue[int] = queue.Queue()

    async def handler(socket: Socket) -> None:
        await go.wait()
        while True:
            received.put(len(await socket.receive()))

    served = serve(app_of(handler), ping_interval=0.1)
    raw = opened(served)
    raw.sock.settimeout(1)
    sent = 0
    message = frame(BINARY, bytes(1000))
    rest = b""
    with pytest.raises(TimeoutError):
        while sent < 100_000:
            rest = rest or message
            rest = rest[raw.sock.send(rest) :]
            sent += not rest
    raw.sock.settimeout(PATIENCE)
    assert sent * 1000 < 20_000_000  # mostly in the buffers of the kernel
    served.do(go.set)
    raw.send(rest)
    for _ in range(sent + bool(rest)):
        assert received.get(timeout=PATIENCE) == 1000


def test_empty_messages_fill_up_too(serve: Serve) -> None:
    held = Held()
    served = serve(app_of(held))
    raw = opened(served)
    raw.sock.settimeout(0.5)
    with pytest.raises(TimeoutError):
        for _ in range(200):
            raw.sock.sendall(frame(TEXT) * 10_000)
    (line,) = served.server._connections
    assert len(line._inbox) < 15_000  # type: ignore[attr-defined]
