"""WebSockets when the server drains: idle ones go at once, busy ones when they are done."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import TYPE_CHECKING

import pytest
import websockets
from websockets.sync.client import connect

from tests.e2e.server.sockets import (
    OPENING,
    PATIENCE,
    TEXT,
    Held,
    Listening,
    Pressed,
    app_of,
    closing,
    frame,
    opened,
    read,
    read_close,
)

if TYPE_CHECKING:
    from tests.e2e.server.conftest import Serve
    from tests.harness import Start
    from vox.gateway.server.asgi import Receive, Scope, Send


def test_a_drain_closes_idle_sockets_at_once_and_waits_for_busy_ones(serve: Serve) -> None:
    idle, busy = Listening(), Listening(busy=True)
    apps = iter([idle, busy])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await app_of(next(apps))(scope, receive, send)

    served = serve(app)
    first = opened(served)
    assert idle.next() == "open"
    second = opened(served)
    assert busy.next() == "open"
    draining = asyncio.run_coroutine_threadsafe(served.server.drain(PATIENCE), served.loop)
    assert read_close(first) == (1001, "the daemon is stopping")
    assert idle.next() == "left"
    first.send(closing(1001))
    assert first.everything() == b""
    second.send(frame(TEXT, b"more"))
    assert busy.next() == "more"
    served.do(lambda: busy.socket.send_text(b"said"))
    busy.busy = False
    assert read(second) == (TEXT, b"said")
    assert read_close(second) == (1001, "the daemon is stopping")
    second.send(closing(1001))
    draining.result(PATIENCE)
    assert (served.server.connections, served.server.busy) == (0, 0)


def test_what_is_busy_at_the_end_of_a_drain_is_told_so(serve: Serve) -> None:
    app = Listening(busy=True)
    served = serve(app_of(app))
    raw = opened(served)
    assert app.next() == "open"
    draining = asyncio.run_coroutine_threadsafe(served.server.drain(0.05), served.loop)
    assert read_close(raw) == (1012, "the daemon is stopping")
    raw.send(closing(1012))
    draining.result(PATIENCE)
    assert (served.server.connections, served.server.busy) == (0, 0)


def test_a_drain_ends_without_those_who_do_not_answer(serve: Serve) -> None:
    app, held = Pressed(10_000), Held()
    apps = iter((app_of(app), app_of(held)))

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        await next(apps)(scope, receive, send)

    served = serve(both)
    opened(served, receive_buffer=4096)
    assert app.full.get(timeout=PATIENCE) > 0
    opened(served)
    assert held.next() == "open"
    served.call(served.server.drain(0.05))
    assert (served.server.connections, served.server.busy) == (0, 0)


def test_a_handshake_during_a_drain_is_refused(serve: Serve) -> None:
    app = Listening(busy=True)
    served = serve(app_of(app), linger=0.05)
    opened(served)
    assert app.next() == "open"
    late = served.connect()
    served.until(lambda: served.server.connections == 2)
    draining = asyncio.run_coroutine_threadsafe(served.server.drain(PATIENCE), served.loop)
    served.until(lambda: served.server.draining)
    assert late.send(OPENING).answer()[0] == 503
    app.busy = False
    draining.result(PATIENCE)


def test_a_handshake_that_was_under_way_is_closed_when_it_is_done(serve: Serve) -> None:
    app = Listening()
    begun, go = threading.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await go.wait()
        await app_of(app)(scope, receive, send)

    served = serve(slow)
    raw = served.connect().send(OPENING)
    assert begun.wait(PATIENCE)
    draining = asyncio.run_coroutine_threadsafe(served.server.drain(PATIENCE), served.loop)
    served.until(lambda: served.server.draining)
    served.do(go.set)
    raw.until(b"\r\n\r\n")
    assert read_close(raw)[0] == 1001
    raw.send(closing(1001))
    draining.result(PATIENCE)


def test_a_daemon_that_stops_says_so_at_once(start: Start) -> None:
    daemon = start(tcp=True)
    with connect(f"ws://127.0.0.1:{daemon.port}/twilio", proxy=None) as socket:
        daemon.process.send_signal(signal.SIGTERM)
        with pytest.raises(websockets.ConnectionClosed) as caught:
            socket.recv(PATIENCE)
    assert caught.value.rcvd is not None and caught.value.rcvd.code == 1001
    assert daemon.process.wait(PATIENCE) == 0
