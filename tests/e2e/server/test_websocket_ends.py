"""How WebSockets end and press back: clients that leave or do not read, handlers that fail, drains."""

from __future__ import annotations

import asyncio
import queue
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.e2e.server.sockets import (
    OPENING,
    PATIENCE,
    TEXT,
    Held,
    Listening,
    app_of,
    closing,
    echo,
    frame,
    opened,
    read,
    read_close,
)
from vox.gateway.socket import Left, Upgrade

if TYPE_CHECKING:
    from tests.e2e.server.conftest import Raw, Serve
    from vox.gateway.server.asgi import Receive, Scope, Send
    from vox.gateway.socket import Socket


def leave(client: Raw) -> None:
    client.sock.close()


def half_close(client: Raw) -> None:
    client.sock.shutdown(socket.SHUT_WR)


def reset(client: Raw) -> None:
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.sock.close()


def say_farewell(client: Raw) -> None:
    client.send(closing(1000))


def break_the_rules(client: Raw) -> None:
    client.send(frame(TEXT, b"\xff"))


LEAVING = [leave, half_close, reset, say_farewell, break_the_rules]


@pytest.mark.parametrize("go", LEAVING)
@pytest.mark.parametrize("unix", [False, True], ids=["tcp", "unix"])
def test_a_client_that_leaves_is_heard_of_in_receive(
    serve: Serve, go: Callable[[Raw], None], unix: bool
) -> None:
    app = Listening()
    served = serve(app_of(app), unix=unix)
    raw = opened(served)
    assert app.next() == "open"
    go(raw)
    assert app.next() == "left"
    served.until(lambda: served.server.busy == 0)
    assert not served.do(lambda: app.socket.writable)
    served.do(lambda: app.socket.send_text(b"nothing"))
    served.do(app.socket.close)


@pytest.mark.parametrize("go", LEAVING)
def test_a_handler_that_waits_for_something_else_is_cancelled(
    serve: Serve, go: Callable[[Raw], None]
) -> None:
    app = Held()
    served = serve(app_of(app))
    raw = opened(served)
    raw.send(frame(TEXT, b"unread"))
    assert app.next() == "open"
    go(raw)
    assert app.next() == "cancelled"
    served.until(lambda: served.server.busy == 0)
    assert app.events.empty()


def test_a_handler_that_has_closed_may_tidy_up(serve: Serve) -> None:
    events: queue.Queue[str] = queue.Queue()
    go_on = asyncio.Event()

    async def handler(socket: Socket) -> None:
        socket.close(4000)
        await go_on.wait()
        events.put("tidied up")
        await socket.receive()

    served = serve(app_of(handler))
    raw = opened(served)
    assert read_close(raw.send(closing(1000)))[0] == 4000
    assert raw.everything() == b""
    served.until(lambda: served.server.connections == 0)
    served.do(go_on.set)
    assert events.get(timeout=PATIENCE) == "tidied up"
    served.until(lambda: served.server.busy == 0)


@pytest.mark.parametrize("go", [leave, half_close, reset])
def test_a_client_that_leaves_before_it_is_accepted_cancels_the_app(
    serve: Serve, go: Callable[[Raw], None]
) -> None:
    events: queue.Queue[str] = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        events.put("begun")
        try:
            await asyncio.Event().wait()
        finally:
            with suppress(Left):
                await Upgrade(scope, receive, send).accept()
                events.put("accepted")
            events.put("over")

    raw = serve(app).connect().send(OPENING + frame(TEXT, b"early"))
    assert events.get(timeout=PATIENCE) == "begun"
    go(raw)
    assert events.get(timeout=PATIENCE) == "over"


def test_a_plain_asgi_app_is_told_too(serve: Serve) -> None:
    events: queue.Queue[object] = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        events.put(await receive())
        await send({"type": "websocket.send", "text": "into the void"})

    raw = opened(serve(app))
    raw.sock.close()
    assert events.get(timeout=PATIENCE) == {"type": "websocket.disconnect", "code": 1006}


# Handlers that fail


async def fails(socket: Socket) -> None:
    await socket.receive()
    raise ValueError("a secret")


async def cancels_itself(socket: Socket) -> None:
    await socket.receive()
    raise asyncio.CancelledError


@pytest.mark.parametrize("handler", [fails, cancels_itself])
def test_a_failure_is_told_without_its_details(serve: Serve, handler: Callable[[Socket], object]) -> None:
    raw = opened(serve(app_of(handler)))  # type: ignore[arg-type]
    code, reason = read_close(raw.send(frame(TEXT, b"go")))
    assert code == 1011
    assert reason and "secret" not in reason


def test_an_app_that_neither_accepts_nor_refuses_is_a_failure(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    assert serve(app).connect().send(OPENING).answer()[0] == 500


def test_echo_of_many_at_once(serve: Serve) -> None:
    served = serve(app_of(echo))
    raws = [opened(served) for _ in range(50)]
    for number, raw in enumerate(raws):
        raw.send(frame(TEXT, b"%d" % number) * 20)
    for number, raw in enumerate(raws):
        assert [read(raw) for _ in range(20)] == [(TEXT, b"%d" % number)] * 20
