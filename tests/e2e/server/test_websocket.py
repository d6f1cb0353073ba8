"""WebSockets on our server: handshakes, messages, control frames, and clients that break the rules."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import pytest
import websockets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Event, Request, TextMessage

from tests.e2e.server.sockets import (
    BINARY,
    CLOSE,
    OPENING,
    PATIENCE,
    PING,
    PONG,
    TEXT,
    Listening,
    app_of,
    client,
    closing,
    echo,
    frame,
    opened,
    read,
    read_close,
)
from vox.errors import NotFound
from vox.gateway.server.respond import send_json
from vox.gateway.socket import Upgrade

if TYPE_CHECKING:
    from tests.e2e.server.conftest import Serve
    from vox.gateway.server.asgi import Receive, Scope, Send
    from vox.gateway.socket import Socket

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


# Messages


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 200_000])
def test_what_is_sent_comes_back_at_every_form_of_a_length(serve: Serve, size: int) -> None:
    with client(serve(app_of(echo))) as socket:
        for message in ("ü" * (size // 2), bytes(size)):
            socket.send(message)
            assert socket.recv(PATIENCE) == message


def test_another_clients_frames_are_understood_too(serve: Serve) -> None:
    raw = serve(app_of(echo)).connect()
    theirs = WSConnection(ConnectionType.CLIENT)
    raw.send(theirs.send(Request(host="localhost", target="/")))
    heard: list[Event] = []
    while len(heard) < 3:
        theirs.receive_data(raw.sock.recv(65536))
        for event in theirs.events():
            heard.append(event)
            if isinstance(event, AcceptConnection):
                raw.send(theirs.send(TextMessage("a")))
            elif isinstance(event, TextMessage):
                raw.send(theirs.send(CloseConnection(4321, "done")))
    assert isinstance(heard[0], AcceptConnection)
    assert isinstance(heard[1], TextMessage) and heard[1].data == "a"
    assert isinstance(heard[2], CloseConnection) and heard[2].code == 4321


def test_any_bytes_in_any_pieces(serve: Serve) -> None:
    raw = opened(serve(app_of(echo)))

    @settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(parts=st.lists(st.binary(max_size=200), min_size=1), text=st.booleans(), cut=st.integers(1, 50))
    def check(parts: list[bytes], text: bool, cut: int) -> None:
        if text:
            whole = b"".join(parts).decode(errors="replace").encode()
            parts = [whole[at : at + cut] for at in range(0, max(len(whole), 1), cut)]  # within characters
        kind = TEXT if text else BINARY
        data = b""
        for number, part in enumerate(parts):
            data += frame(kind if number == 0 else 0, part, fin=number == len(parts) - 1)
            data += frame(PING, b"%d" % number)  # allowed between fragments
        for at in range(0, len(data), cut * 7):
            raw.send(data[at : at + cut * 7])
        found = [read(raw) for _ in range(len(parts) + 1)]
        assert [payload for opcode, payload in found if opcode == PONG] == [
            b"%d" % n for n in range(len(parts))
        ]
        assert [each for each in found if each[0] != PONG] == [(kind, b"".join(parts))]

    check()


def test_frames_that_come_with_the_handshake_are_not_lost(serve: Serve) -> None:
    raw = opened(serve(app_of(echo)), more=frame(TEXT, b"early") + frame(TEXT, b"bird")[:-1])
    assert read(raw) == (TEXT, b"early")
    raw.send(frame(TEXT, b"bird")[-1:])
    assert read(raw) == (TEXT, b"bird")


def test_it_works_by_plain_asgi_messages_too(serve: Serve) -> None:
    scopes = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        assert (await receive())["type"] == "websocket.connect"
        first = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        headers = [(b"x-one", b"1")]
        await send({"type": "websocket.accept", "subprotocol": "b", "headers": headers})
        message = await first
        while message["type"] == "websocket.receive":
            await send({**message, "type": "websocket.send"})
            message = await receive()
        assert message == {"type": "websocket.disconnect", "code": 4000}

    served = serve(app)
    with client(served, subprotocols=["a", "b"]) as socket:
        assert (socket.subprotocol, socket.response.headers["x-one"]) == ("b", "1")
        for data in ("ü", b"\xff"):
            socket.send(data)
            assert socket.recv(PATIENCE) == data
        socket.close(4000)
    assert (scopes[0]["type"], scopes[0]["scheme"], scopes[0]["path"]) == ("websocket", "ws", "/")
    assert scopes[0]["subprotocols"] == ["a", "b"]
    assert "method" not in scopes[0]


# The handshake


def test_the_handshake_is_that_of_the_standards_example(serve: Serve) -> None:
    raw = serve(app_of(echo)).connect().send(OPENING)
    head = raw.until(b"\r\n\r\n").lower()
    assert b"sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n" in head
    assert b"content-length" not in head and b"transfer-encoding" not in head


def test_compression_is_not_agreed_to(serve: Serve) -> None:
    with client(serve(app_of(echo)), compression="deflate") as socket:
        assert "permessage-deflate" in socket.request.headers["Sec-WebSocket-Extensions"]
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
        socket.send("a" * 1000)
        assert socket.recv(PATIENCE) == "a" * 1000


def without(name: bytes) -> bytes:
    return b"\r\n".join(line for line in OPENING.split(b"\r\n") if not line.startswith(name + b":"))


BAD_HANDSHAKES = {
    OPENING.replace(b"GET", b"POST", 1): 400,
    OPENING.replace(b"GET", b"HEAD", 1): 400,
    OPENING.replace(b"HTTP/1.1", b"HTTP/1.0"): 400,
    without(b"Connection"): 400,
    OPENING.replace(b"Upgrade\r\nU", b"close\r\nU"): 400,
    without(b"Sec-WebSocket-Version"): 400,
    OPENING.replace(b"Version: 13", b"Version: 8"): 426,
    without(b"Sec-WebSocket-Key"): 400,
    OPENING.replace(b"dGhl", b""): 400,
    OPENING.replace(b"dGhl", b"d*hl"): 400,
    OPENING.replace(b"Host", b"Content-Length: 1\r\nHost"): 400,
    OPENING.replace(b"Host", b"Transfer-Encoding: chunked\r\nHost"): 400,
    OPENING.replace(b"Host", b"X: " + b"a" * 5000 + b"\r\nHost"): 431,
}


@pytest.mark.parametrize("request_", BAD_HANDSHAKES, ids=lambda request: repr(request[:250]))
def test_a_bad_handshake_is_refused(serve: Serve, request_: bytes) -> None:
    raw = serve(app_of(echo), linger=0.05, max_header=4096).connect().send(request_)
    status = BAD_HANDSHAKES[request_]
    head = raw.until(b"\r\n\r\n").decode().lower()
    assert head.startswith(f"http/1.1 {status} ")
    assert "connection: close\r\n" in head
    assert ("upgrade: websocket\r\nsec-websocket-version: 13\r\n" in head) is (status == 426)
    body = raw.everything()
    assert (b'"error"' in body) is (not request_.startswith(b"HEAD"))


def test_an_app_may_refuse_and_the_connection_goes_on(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send_json(send, 200, b"{}")
        else:
            await Upgrade(scope, receive, send).fail(NotFound("no such voice"))

    raw = serve(app).connect()
    for _ in range(2):
        status, _, body = raw.send(OPENING).answer()
        assert (status, json.loads(body)["error"]["message"]) == (404, "no such voice")
        assert raw.send(GET).answer()[0] == 200


def test_an_asgi_close_before_the_handshake_is_a_403(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.close", "code": 1008, "reason": "not today"})

    status, _, body = serve(app).connect().send(OPENING).answer()
    assert (status, json.loads(body)["error"]["message"]) == (403, "not today")


def test_sessions_over_the_limit_are_told_so(serve: Serve) -> None:
    served = serve(app_of(echo), max_sessions=2, linger=0.05)
    first, second = opened(served), opened(served)
    status, headers, body = served.connect().send(OPENING).answer()
    assert (status, headers["retry-after"]) == (503, "1")
    assert "WebSockets" in json.loads(body)["error"]["message"]
    first.send(closing(1000))
    assert read_close(first)[0] == 1000
    served.until(lambda: served.server.busy == 1)
    third = opened(served)
    for raw in (second, third):
        assert read(raw.send(frame(TEXT, b"a"))) == (TEXT, b"a")


# Control frames


def test_a_ping_is_answered(serve: Serve) -> None:
    raw = opened(serve(app_of(echo)))
    for payload in (b"", b"x" * 125):
        assert read(raw.send(frame(PING, payload))) == (PONG, payload)
    raw.send(frame(PONG, b"unasked"))
    assert read(raw.send(frame(TEXT, b"a"))) == (TEXT, b"a")


@pytest.mark.parametrize("sign", [frame(PONG), frame(TEXT, b"a"), frame(BINARY, b"long")[:2]])
def test_a_client_that_gives_any_sign_of_life_is_kept(serve: Serve, sign: bytes) -> None:
    raw = opened(serve(app_of(echo), ping_interval=0.1))
    for _ in range(2):
        while read(raw)[0] != PING:
            pass
        raw.send(sign)
        sign = frame(PONG) if len(sign) > 2 else sign
    while read(raw)[0] != PING:
        pass


def test_a_client_that_answers_no_ping_is_cut_off(serve: Serve) -> None:
    app = Listening()
    raw = opened(serve(app_of(app), ping_interval=0.1))
    began = time.monotonic()
    assert raw.until_size(2) == b"\x89\x00"
    assert raw.everything() == b""
    assert time.monotonic() - began < PATIENCE / 2
    assert [app.next(), app.next()] == ["open", "left"]


# Farewells


@pytest.mark.parametrize(("code", "answer"), [(1000, 1000), (1001, 1001), (3000, 3000), (4999, 4999)])
def test_a_clients_farewell_is_answered_in_kind(serve: Serve, code: int, answer: int) -> None:
    app = Listening()
    raw = opened(serve(app_of(app)))
    raw.send(closing(code, "ü".encode()))
    assert read_close(raw)[0] == answer
    assert raw.everything() == b""
    assert [app.next(), app.next()] == ["open", "left"]


def test_a_farewell_without_a_code_gets_one_without(serve: Serve) -> None:
    raw = opened(serve(app_of(echo)))
    assert read(raw.send(frame(CLOSE))) == (CLOSE, b"")
    assert raw.everything() == b""


@pytest.mark.parametrize(
    ("reason", "heard"), [("", ""), ("done", "done"), ("a" * 200, "a" * 123), ("ü" * 100, "ü" * 61)]
)
def test_we_say_farewell_with_code_and_reason(serve: Serve, reason: str, heard: str) -> None:
    async def handler(socket: Socket) -> None:
        socket.send_text(b"first")
        socket.close(4001, reason)
        socket.send_text(b"never")
        socket.close(4002)

    with client(serve(app_of(handler))) as socket:
        assert socket.recv(PATIENCE) == "first"
        with pytest.raises(websockets.ConnectionClosed) as caught:
            socket.recv(PATIENCE)
    assert caught.value.rcvd is not None
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (4001, heard)
    assert caught.value.rcvd_then_sent


def test_a_handler_that_returns_closes(serve: Serve) -> None:
    async def handler(socket: Socket) -> None:
        pass

    raw = opened(serve(app_of(handler)))
    assert read(raw) == (CLOSE, b"\x03\xe8")
    raw.send(closing(1000))
    assert raw.everything() == b""


def test_a_client_that_does_not_answer_our_farewell_is_left(serve: Serve) -> None:
    async def handler(socket: Socket) -> None:
        socket.close()

    raw = opened(serve(app_of(handler), linger=0.1))
    assert read_close(raw)[0] == 1000
    assert raw.send(frame(TEXT, b"yes, but")).closed()


# Clients that break the rules

BREACHES = {
    frame(TEXT, b"a", masked=False): 1002,
    frame(CLOSE, b"", masked=False): 1002,
    frame(TEXT, b"a", bits=4): 1002,
    frame(TEXT, b"a", bits=1): 1002,
    frame(3): 1002,
    frame(11): 1002,
    frame(0, b"a"): 1002,
    frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"): 1002,
    frame(PING, b"a", fin=False): 1002,
    frame(PING, b"a" * 126): 1002,
    frame(CLOSE, b"x"): 1002,
    closing(999): 1002,
    closing(1004): 1002,
    closing(1005): 1002,
    closing(1006): 1002,
    closing(2999): 1002,
    closing(5000): 1002,
    closing(1000, b"\xff"): 1007,
    b"\x81\xfe\x00\x01mask.": 1002,
    b"\x82\xff" + b"\xff" * 8 + b"mask": 1002,
    frame(TEXT, b"\xff"): 1007,
    frame(TEXT, b"\xc3"): 1007,
    frame(TEXT, b"\xc3", fin=False) + frame(0, b"("): 1007,
    frame(TEXT, b"\xed\xa0\x80"): 1007,
    frame(BINARY, bytes(1001)): 1009,
    frame(TEXT, "ü".encode() * 501): 1009,
    frame(TEXT, bytes(600), fin=False) + frame(0, bytes(401), fin=False): 1009,
    b"\x82\xff\x00\x00\x00\xff\x00\x00\x00\x00mask" + bytes(2000): 1009,
    GET: 1002,
}


@pytest.mark.parametrize("data", BREACHES, ids=lambda data: repr(data[:20]))
def test_a_breach_ends_with_its_code_and_disturbs_nobody_else(serve: Serve, data: bytes) -> None:
    app = Listening()
    served = serve(app_of(app), max_message=1000)
    other = opened(served)
    raw = opened(served)
    raw.send(data + frame(TEXT, b"unheard"))
    code, reason = read_close(raw)
    assert code == BREACHES[data]
    assert reason
    assert raw.everything() == b""
    assert [app.next() for _ in range(3)] == ["open", "open", "left"]
    other.send(frame(TEXT, b"heard"))
    assert app.next() == "heard"
    assert read(other.send(frame(PING))) == (PONG, b"")


def test_a_message_of_just_the_limit_is_taken(serve: Serve) -> None:
    app = Listening()
    raw = opened(serve(app_of(app), max_message=1000))
    assert app.next() == "open"
    for _ in range(3):
        raw.send(frame(TEXT, "ü".encode() * 250, fin=False) + frame(0, "ü".encode() * 250))
        assert app.next() == "ü" * 500
