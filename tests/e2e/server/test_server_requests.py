"""Requests in, answers out: framing, keep-alive, refusals."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import threading
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vox.gateway.server.respond import send_json
from vox.gateway.sink import open_sink

if TYPE_CHECKING:
    from tests.e2e.server.conftest import Serve, Served
    from vox.gateway.server.asgi import Receive, Scope, Send

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def body_of(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message["body"])
        if not message["more_body"]:
            return body


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers what it was asked."""
    body = await body_of(receive)
    seen = {key: scope[key] for key in ("method", "path", "http_version", "client", "scheme")}
    seen |= {"raw_path": scope["raw_path"].decode(), "query": scope["query_string"].decode()}
    seen |= {"body": body.decode(), "peer": scope["extensions"]["vox.peer"]}
    await send_json(send, 200, json.dumps(seen).encode())


async def refuse_unread(scope: Scope, receive: Receive, send: Send) -> None:
    await send_json(send, 403, b"{}")


def seen(answer: tuple[int, dict[str, str], bytes]) -> dict[str, Any]:
    status, _, body = answer
    assert status == 200
    found: dict[str, Any] = json.loads(body)
    return found


def test_a_request_arrives_as_asgi_says(serve: Serve) -> None:
    client = serve(echo).connect()
    client.send(b"POST /a%20b/%E4%BD%A0?q=%20 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
    found = seen(client.answer())
    host, port = client.sock.getsockname()
    assert found == {
        "method": "POST",
        "path": "/a b/你",
        "raw_path": "/a%20b/%E4%BD%A0",
        "query": "q=%20",
        "http_version": "1.1",
        "scheme": "http",
        "client": [host, port],
        "body": "hello",
        "peer": {"unix": False, "uid": None},
    }


def test_pipelined_requests_are_answered_in_order_one_at_a_time(serve: Serve) -> None:
    running: list[str] = []
    order: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert not running
        running.append(scope["path"])
        order.append(scope["path"])
        await echo(scope, receive, send)
        await asyncio.sleep(0)
        running.clear()

    client = serve(app).connect()
    post = b"POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
    client.send(GET % b"/1" + post + GET % b"/2" + GET % b"/3")
    assert [seen(client.answer())["path"] for _ in range(4)] == ["/1", "/p", "/2", "/3"]
    assert order == ["/1", "/p", "/2", "/3"]


def test_requests_beyond_what_is_read_ahead_wait_in_the_kernel(serve: Serve) -> None:
    go = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await go.wait()
        await send_json(send, 200, b"{}")

    served = serve(app, unix=True)
    client = served.connect()
    request = GET % (b"/" + b"a" * 1000)
    sent = 0
    client.sock.settimeout(0.2)
    with pytest.raises(TimeoutError):
        while sent < 20_000_000:
            sent += client.sock.send(request[sent % len(request) :])
    assert sent < 1_000_000
    client.sock.settimeout(20)
    served.do(go.set)
    for _ in range(sent // len(request)):
        assert client.answer()[0] == 200


def test_stray_bytes_after_the_last_request_do_no_harm(serve: Serve) -> None:
    go = asyncio.Event()
    begun = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await go.wait()
        await send_json(send, 200, b"{}")

    served = serve(app)
    client = served.connect().send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert begun.wait(20)
    client.send(b"\r\n")
    served.do(go.set)
    assert client.answer()[0] == 200


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cuts=st.lists(st.integers(1, 200), max_size=12), chunks=st.lists(st.binary(min_size=1, max_size=300)))
def test_a_chunked_body_arrives_whole_however_the_bytes_are_cut(
    serve_echo: Served, cuts: list[int], chunks: list[bytes]
) -> None:
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    data = b"POST /hex HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    client = serve_echo.connect()
    for cut in cuts:
        client.send(data[:cut])
        data = data[cut:]
    client.send(data)
    assert client.answer()[2] == b"".join(chunks).hex().encode()
    client.sock.close()


@pytest.fixture
def serve_echo(serve: Serve) -> Served:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send_json(send, 200, (await body_of(receive)).hex().encode())

    return serve(app)


def test_head_has_the_headers_of_get_and_no_body(serve: Serve) -> None:
    client = serve(echo).connect().send(b"HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n")
    head = client.until(b"\r\n\r\n").lower()
    assert b" 200 ok" in head
    assert b"content-length: " in head
    assert seen(client.send(GET % b"/next").answer())["path"] == "/next"


def test_http_1_0_gets_bare_bytes_and_the_end_of_the_connection(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        sink = open_sink(scope, receive, send, 200, [])
        for _ in range(3):
            sink.write(b"audio")
        sink.close()

    head, _, body = serve(app).connect().send(b"GET / HTTP/1.0\r\n\r\n").everything().partition(b"\r\n\r\n")
    assert body == b"audioaudioaudio"
    assert b"chunked" not in head.lower()


def test_connection_close_is_honoured(serve: Serve) -> None:
    client = serve(echo).connect().send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n\r\n")
    assert b"connection: close" in client.everything().lower()


def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(serve: Serve) -> None:
    client = serve(echo).connect()
    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert client.until(b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
    assert seen(client.send(b"hi").answer())["body"] == "hi"


def test_a_client_refused_before_it_was_asked_is_not_asked(serve: Serve) -> None:
    client = serve(refuse_unread).connect()
    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n")
    status, headers, _ = client.answer()
    assert (status, headers["connection"]) == (403, "close")
    client.send(b"hi")
    client.sock.shutdown(socket.SHUT_WR)
    assert client.everything() == b""


def test_a_body_that_the_app_did_not_read_does_not_spoil_the_next_request(serve: Serve) -> None:
    client = serve(refuse_unread).connect()
    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n")
    assert client.answer()[0] == 403
    client.send(b"GET /x" + GET % b"/")
    assert client.answer()[0] == 403


def test_a_body_over_the_cap_is_refused_before_it_comes(serve: Serve) -> None:
    reached: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["path"])

    client = serve(app, max_body=1000, linger=0.05).connect()
    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")
    status, headers, body = client.answer()
    assert (status, headers["connection"]) == (413, "close")
    assert json.loads(body)["error"]["code"] == "too_large"
    assert client.closed()
    assert reached == []


def test_a_chunked_body_over_the_cap_is_refused_on_its_way(serve: Serve) -> None:
    client = serve(echo, max_body=1000, linger=0.05).connect()
    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.send(b"12c\r\n" + b"a" * 300 + b"\r\n")
    client.send(b"12c\r\n" + b"a" * 300 + b"\r\n" + b"191\r\n" + b"a" * 401 + b"\r\n")
    assert client.answer()[0] == 413
    assert client.closed()


def test_a_body_at_the_cap_is_accepted(serve: Serve) -> None:
    client = serve(echo, max_body=1000).connect()
    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + b"a" * 1000)
    assert len(seen(client.answer())["body"]) == 1000


HEAD_ERRORS = {
    b"\x16\x03\x01\x02\x00\x01\x00": 400,  # TLS to a plain port
    b"GET / HTTP/1.1\r\n\r\n": 400,  # no Host
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n": 400,
    b"GET / HTTP/9\r\nHost: a\r\n\r\n": 400,
    b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\n\r\n": 400,
    b"GET x HTTP/1.1\r\nHost: a\r\n\r\n": 400,
    b"GET * HTTP/1.1\r\nHost: a\r\n\r\n": 400,
    b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n": 400,
    b"GET /% HTTP/1.1\r\nHost: a\r\n\r\n": 400,
    b"GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n": 400,
    b"GET http://evil/ HTTP/1.1\r\nHost: localhost\r\n\r\n": 400,
    b"GET http://evil/ HTTP/1.0\r\n\r\n": 400,
    b"GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n": 400,
    b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n": 501,
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n": 400,
    b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: a\r\n\r\n": 431,
    b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 5000 + b"\r\n\r\n": 431,
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: aaaaaaa\r\n" * 500 + b"\r\n": 431,
}


@pytest.mark.parametrize("data", HEAD_ERRORS, ids=lambda data: repr(data[:60]))
def test_what_is_not_a_proper_request_is_refused_and_closed(serve: Serve, data: bytes) -> None:
    client = serve(echo, max_header=4096, linger=0.05).connect().send(data)
    status, headers, body = client.answer()
    assert status == HEAD_ERRORS[data]
    assert headers["connection"] == "close"
    assert set(json.loads(body)["error"]) == {"message", "type", "param", "code"}
    assert client.closed()


def test_an_absolute_target_that_agrees_with_its_host_is_a_path(serve: Serve) -> None:
    client = serve(echo).connect()
    found = seen(client.send(b"GET HTTP://LocalHost:1/a?b HTTP/1.1\r\nHost: localhost:1\r\n\r\n").answer())
    assert (found["path"], found["query"]) == ("/a", "b")
    assert seen(client.send(b"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n").answer())["path"] == "/"


def test_an_upgrade_to_http_2_may_be_ignored(serve: Serve) -> None:
    client = serve(echo).connect()
    client.send(b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    assert seen(client.answer())["path"] == "/a"
    assert seen(client.send(GET % b"/b").answer())["path"] == "/b"


def test_an_endless_header_is_refused_without_being_kept(serve: Serve) -> None:
    served = serve(echo, linger=0.05)
    client = served.connect().send(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
    with pytest.raises(ConnectionError):
        for _ in range(100_000):  # 6 GB
            client.send(b"a" * 65536)
    assert served.connect().send(GET % b"/alive").answer()[0] == 200


def test_a_connection_over_the_limit_is_told_so(serve: Serve) -> None:
    served = serve(echo, max_connections=2, linger=0.05)
    first, second = served.connect().send(GET % b"/"), served.connect().send(GET % b"/")
    assert first.answer()[0] == second.answer()[0] == 200
    third = served.connect().send(GET % b"/")
    status, headers, _ = third.answer()
    assert (status, headers["retry-after"], headers["connection"]) == (503, "1", "close")
    third.sock.close()
    assert first.send(GET % b"/again").answer()[0] == 200


def test_on_a_unix_socket_the_peer_is_known(serve: Serve) -> None:
    found = seen(serve(echo, unix=True).connect().send(GET % b"/").answer())
    assert found["client"] is None
    assert found["peer"] == {"unix": True, "uid": os.getuid() if sys.platform == "linux" else None}


def test_every_answer_has_a_date(serve: Serve) -> None:
    _, headers, _ = serve(echo).connect().send(GET % b"/").answer()
    assert parsedate_to_datetime(headers["date"]).tzinfo is not None
