"""How requests and connections end: leaving clients, failing apps, deadlines."""

from __future__ import annotations

import asyncio
import json
import queue
import socket
import struct
from collections.abc import Callable
from http.client import IncompleteRead
from typing import TYPE_CHECKING

import pytest

from vox.gateway.server.respond import send_json
from vox.gateway.sink import open_sink

if TYPE_CHECKING:
    from tests.e2e.server.conftest import Raw, Serve
    from vox.gateway.server.asgi import App, Receive, Scope, Send

PATIENCE = 20.0
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST_GET = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
HALF_POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf"
BLOCK = b"a" * 65536


# Where an app may be when its client leaves


async def waits_for_a_turn(receive: Receive, send: Send, scope: Scope) -> None:
    await asyncio.Event().wait()


async def waits_for_the_body(receive: Receive, send: Send, scope: Scope) -> None:
    while True:
        await receive()


async def has_sent_the_head(receive: Receive, send: Send, scope: Scope) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await asyncio.Event().wait()


async def streams_by_asgi(receive: Receive, send: Send, scope: Scope) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"x", "more_body": True})
    await asyncio.Event().wait()


async def is_blocked_by_asgi(receive: Receive, send: Send, scope: Scope) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": BLOCK, "more_body": True})


async def streams_by_a_sink(receive: Receive, send: Send, scope: Scope) -> None:
    sink = open_sink(scope, receive, send, 200, [])
    sink.write(b"x")
    await sink.finished()


async def is_blocked_by_a_sink(receive: Receive, send: Send, scope: Scope) -> None:
    sink = open_sink(scope, receive, send, 200, [])
    while sink.writable:
        sink.write(BLOCK)
    await sink.finished()


PHASES: list[tuple[Callable[[Receive, Send, Scope], object], bytes]] = [
    (waits_for_a_turn, GET),
    (waits_for_a_turn, GET + GET),
    (waits_for_a_turn, HALF_POST),
    (waits_for_the_body, HALF_POST),
    (waits_for_the_body, GET),
    (has_sent_the_head, GET),
    (streams_by_asgi, GET),
    (is_blocked_by_asgi, GET),
    (streams_by_a_sink, GET),
    (is_blocked_by_a_sink, GET),
]


def leave(client: Raw) -> None:
    client.sock.close()


def half_close(client: Raw) -> None:
    client.sock.shutdown(socket.SHUT_WR)


def reset(client: Raw) -> None:
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.sock.close()


@pytest.mark.parametrize("unix", [False, True], ids=["tcp", "unix"])
@pytest.mark.parametrize("go", [leave, half_close, reset])
@pytest.mark.parametrize(("phase", "request_"), PHASES)
def test_a_client_that_leaves_cancels_the_app(
    serve: Serve, phase: Callable[..., object], request_: bytes, go: Callable[[Raw], None], unix: bool
) -> None:
    events: queue.Queue[object] = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        events.put("begun")
        try:
            await phase(receive, send, scope)  # type: ignore[misc]
        except asyncio.CancelledError:
            events.put("cancelled")
            events.put((await receive())["type"])
            raise

    served = serve(app, unix=unix)
    client = served.connect().send(request_)
    assert events.get(timeout=PATIENCE) == "begun"
    go(client)
    assert events.get(timeout=PATIENCE) == "cancelled"
    assert events.get(timeout=PATIENCE) == "http.disconnect"
    second = served.connect().send(GET)
    assert events.get(timeout=PATIENCE) == "begun"
    second.sock.close()


def test_a_client_that_leaves_at_once_is_not_waited_for(serve: Serve) -> None:
    served = serve(lambda scope, receive, send: waits_for_a_turn(receive, send, scope))
    for _ in range(50):
        served.connect().send(GET).sock.close()
    served.call(served.server.drain(PATIENCE))
    assert (served.server.connections, served.server.busy) == (0, 0)


def test_a_client_that_leaves_with_its_whole_answer_does_not_cancel_what_follows(serve: Serve) -> None:
    events: queue.Queue[str] = queue.Queue()
    go_on = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send_json(send, 200, b"{}")
        await go_on.wait()
        events.put("tidied up")
        events.put((await receive())["type"])

    served = serve(app)
    client = served.connect().send(GET)
    assert client.answer()[0] == 200
    client.sock.close()
    served.until(lambda: served.server.connections == 0)
    served.do(go_on.set)
    assert events.get(timeout=PATIENCE) == "tidied up"
    assert events.get(timeout=PATIENCE) == "http.disconnect"


# Apps that fail


def test_a_failure_before_the_response_is_an_error_in_the_shape_of_openai(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("a secret path")

    status, headers, body = serve(app).connect().send(GET).answer()
    assert (status, headers["x-should-retry"]) == (500, "false")
    assert json.loads(body)["error"]["type"] == "server_error"
    assert b"secret" not in body


def test_an_app_that_forgets_to_answer_is_a_failure(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    assert serve(app).connect().send(GET).answer()[0] == 500


def test_an_app_that_answers_twice_loses_its_connection_not_its_answer(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send_json(send, 200, b"{}")
        await send_json(send, 200, b"[]")

    client = serve(app).connect().send(GET)
    assert client.answer()[2] == b"{}"
    assert client.everything() == b""


async def fails_by_asgi(scope: Scope, receive: Receive, send: Send) -> None:
    await streams_by_asgi_once(send, [])
    raise ValueError


async def returns_early(scope: Scope, receive: Receive, send: Send) -> None:
    await streams_by_asgi_once(send, [])


async def promises_too_much(scope: Scope, receive: Receive, send: Send) -> None:
    await streams_by_asgi_once(send, [(b"content-length", b"5")])
    await send({"type": "http.response.body", "body": b""})


async def keeps_too_little(scope: Scope, receive: Receive, send: Send) -> None:
    sink = open_sink(scope, receive, send, 200, [(b"content-length", b"5")])
    sink.write(b"x")
    sink.close()
    await sink.finished()


async def aborts_a_sink(scope: Scope, receive: Receive, send: Send) -> None:
    sink = open_sink(scope, receive, send, 200, [])
    sink.write(b"x")
    sink.abort()
    sink.write(b"y")
    sink.close()
    await sink.finished()


async def fails_beside_a_sink(scope: Scope, receive: Receive, send: Send) -> None:
    sink = open_sink(scope, receive, send, 200, [])
    sink.write(b"x")
    raise ValueError


async def streams_by_asgi_once(send: Send, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"x", "more_body": True})


FAILING = [
    fails_by_asgi,
    returns_early,
    promises_too_much,
    keeps_too_little,
    aborts_a_sink,
    fails_beside_a_sink,
]


@pytest.mark.parametrize("app", FAILING)
def test_a_failure_in_mid_response_never_looks_whole(serve: Serve, app: App) -> None:
    connection = serve(app).http()
    connection.request("GET", "/")
    with connection.getresponse() as response, pytest.raises(IncompleteRead) as caught:
        response.read()
    assert caught.value.partial == b"x"


@pytest.mark.parametrize("app", [fails_by_asgi, aborts_a_sink])
def test_not_even_to_http_1_0_where_the_end_is_the_end(serve: Serve, app: App) -> None:
    client = serve(app).connect().send(b"GET / HTTP/1.0\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        client.everything()


def test_more_bytes_than_promised_do_not_reach_the_client(serve: Serve) -> None:
    failures: queue.Queue[BaseException] = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        sink = open_sink(scope, receive, send, 200, [(b"content-length", b"3")])
        sink.write(b"abc")
        sink.write(b"d")
        try:
            await sink.finished()
        except BaseException as error:
            failures.put(error)
            raise

    client = serve(app).connect().send(GET)
    assert client.everything().endswith(b"\r\n\r\nabc")
    assert type(failures.get(timeout=PATIENCE)).__name__ == "Aborted"


# Deadlines (their exact lengths: tests/unit/test_deadlines.py)


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["more_body"]:
        pass
    await send_json(send, 200, b"{}")


def test_a_silent_connection_is_closed(serve: Serve) -> None:
    assert serve(answers, header_timeout=0.05).connect().everything() == b""


def test_a_head_that_does_not_end_is_refused(serve: Serve) -> None:
    client = serve(answers, header_timeout=0.05, linger=0.05).connect().send(GET[:-3])
    assert client.answer()[0] == 408
    assert client.closed()


def test_a_second_head_that_does_not_end_is_refused_too(serve: Serve) -> None:
    client = serve(answers, header_timeout=0.05, linger=0.05).connect().send(GET + GET[:-3])
    assert [client.answer()[0] for _ in range(2)] == [200, 408]


def test_a_body_that_does_not_come_is_refused_and_its_app_cancelled(serve: Serve) -> None:
    events: queue.Queue[str] = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await answers(scope, receive, send)
        except asyncio.CancelledError:
            events.put("cancelled")
            raise

    client = serve(app, body_timeout=0.05, linger=0.05).connect().send(HALF_POST)
    assert client.answer()[0] == 408
    assert client.closed()
    assert events.get(timeout=PATIENCE) == "cancelled"


def test_an_idle_connection_is_closed(serve: Serve) -> None:
    client = serve(answers, idle_timeout=0.05).connect().send(GET)
    assert client.answer()[0] == 200
    assert client.everything() == b""


@pytest.mark.parametrize("phase", [is_blocked_by_asgi, is_blocked_by_a_sink])
def test_a_client_that_does_not_read_is_cut_off(serve: Serve, phase: Callable[..., object]) -> None:
    events: queue.Queue[str] = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await phase(receive, send, scope)  # type: ignore[misc]
        except asyncio.CancelledError:
            events.put("cancelled")
            raise

    client = serve(app, write_timeout=0.1).connect(receive_buffer=4096).send(GET)
    assert events.get(timeout=PATIENCE) == "cancelled"
    client.until(b"\r\n\r\n")
    assert not client.everything().endswith(b"0\r\n\r\n")


def test_a_client_that_does_not_read_the_rest_of_a_finished_answer_is_cut_off(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        sink = open_sink(scope, receive, send, 200, [(b"content-length", b"%d" % (40 * len(BLOCK)))])
        for _ in range(40):
            sink.write(BLOCK)
        sink.close()
        await sink.finished()

    served = serve(app, write_timeout=0.1)
    client = served.connect(receive_buffer=4096).send(GET)
    client.until(b"\r\n\r\n")
    served.until(lambda: served.server.connections == 0)
    assert len(client.everything()) < 40 * len(BLOCK)


@pytest.mark.parametrize("end", ["close", "abort"])
def test_an_answer_may_end_when_a_slow_listener_has_taken_the_last_byte(serve: Serve, end: str) -> None:
    ended = queue.Queue[None]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        sink = open_sink(scope, receive, send, 200, [])
        sink.on_writable = getattr(sink, end)
        while sink.writable:
            sink.write(BLOCK)
        ended.put(None)
        await sink.finished()

    # A buffer of one byte: the listener is "resumed" by the very write that empties it.
    client = serve(app, write_buffer=1).connect(receive_buffer=4096).send(LAST_GET)
    ended.get(timeout=PATIENCE)
    assert client.everything().endswith(b"\r\n0\r\n\r\n") is (end == "close")
