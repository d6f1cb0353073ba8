"""WebSockets through the whole door: guard, routing and errors, on our own server and on another."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from socket import SHUT_RDWR, create_connection
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import ANY

import pytest
import uvicorn
import websockets
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.e2e.server.sockets import OPENING, PATIENCE
from vox.errors import BadRequest, QueueFull
from vox.gateway import app as application
from vox.gateway import tickets
from vox.gateway.core import Gateway, LiveConfig
from vox.gateway.http import Channel
from vox.gateway.server.listen import bind_tcp
from vox.gateway.socket import Left, Upgrade

if TYPE_CHECKING:
    from tests.e2e.server.conftest import Serve

BLOCK = bytes(range(256)) * 64
LEFT = threading.Event()


async def echo(gateway: Gateway, upgrade: Upgrade) -> None:
    """Says who asked, then what it hears."""
    assert isinstance(gateway, Gateway)
    if upgrade.query("refuse"):
        upgrade.refusal_header = b"x-reason"
        raise QueueFull(upgrade.query("refuse"), retry_after=7)
    socket = await upgrade.accept("b" if "b" in upgrade.subprotocols else None)
    socket.send_text(json.dumps([upgrade.path, upgrade.param, upgrade.subprotocols]).encode())
    try:
        while (message := await socket.receive()) != "end":
            if message == "wrong":
                raise BadRequest("this was wrong", param="x")
            if message == "fail":
                raise ValueError("a secret")
            if message == "close":
                socket.close(4000, "as you like")
            socket.send_bytes(message) if isinstance(message, bytes) else socket.send_text(message.encode())
    except Left:
        LEFT.set()
        raise


async def press(gateway: Gateway, upgrade: Upgrade) -> None:
    """Sends 400 blocks as the socket likes it."""
    socket = await upgrade.accept()
    left = 400

    def pump() -> None:
        nonlocal left
        while left and socket.writable:
            socket.send_bytes(BLOCK)
            left -= 1
        if not left:
            socket.close(4000)

    socket.on_writable = pump
    pump()
    assert left, "it was not writable all the time"
    await socket.receive()


async def forget(gateway: Gateway, upgrade: Upgrade) -> None:
    """Neither accepts nor refuses."""


CHANNELS = (
    Channel("/echo", echo, "All that comes"),
    Channel("/v1/text-to-speech/{voice}/stream-input", echo, "A parameter in the middle"),
    Channel("/v1/{rest}", echo, "A parameter at the end"),
    Channel("/twilio/{ticket}", echo, "By a ticket"),
    Channel("/press", press, "Much"),
    Channel("/forget", forget, "Nothing"),
)


class Door(NamedTuple):
    port: int
    ours: bool

    def connect(self, path: str = "/echo", **options: Any) -> Any:
        url = f"ws://127.0.0.1:{self.port}{path}"
        return connect(url, proxy=None, open_timeout=PATIENCE, max_queue=4, **options)

    def refusal(self, path: str = "/echo", **options: Any) -> tuple[int, dict[str, Any], str]:
        """Status, error and the header that says it too."""
        with pytest.raises(websockets.InvalidStatus) as caught:
            self.connect(path, **options)
        answer = caught.value.response
        return answer.status_code, json.loads(answer.body)["error"], answer.headers.get("x-reason", "")


OpenDoor = Callable[..., Door]


@pytest.fixture(params=["vox", "wsproto", "websockets-sansio"])
def open_door(
    request: pytest.FixtureRequest, serve: Serve, home: object, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenDoor]:
    """`open_door(api_keys=[…])`: the application with channels for tests, on one server of three."""
    monkeypatch.setattr(application, "SOCKETS", CHANNELS)
    ends: list[Callable[[], object]] = []

    def begin(**config: Any) -> Door:
        inner, app = application.build(LiveConfig(config))
        if request.param == "vox":
            served = serve(app)
            served.call(inner.open())
            ends.append(lambda: served.call(inner.close()))
            return Door(served.port, True)
        settings = uvicorn.Config(app, interface="asgi3", ws=request.param, lifespan="on", log_config=None)
        server = uvicorn.Server(settings)
        sockets = bind_tcp("127.0.0.1", 0)
        thread = threading.Thread(target=server.run, kwargs={"sockets": sockets})
        thread.start()

        def end() -> None:
            server.should_exit = True
            thread.join()
            for sock in sockets:
                sock.close()

        ends.append(end)
        return Door(sockets[0].getsockname()[1], False)

    yield begin
    for end in ends:
        end()


def test_it_echoes(open_door: OpenDoor) -> None:
    with open_door().connect() as socket:
        assert json.loads(socket.recv(PATIENCE)) == ["/echo", "", []]
        for message in ("ü" * 1000, b"\xff" * 1000, ""):
            socket.send(message)
            assert socket.recv(PATIENCE) == message


@pytest.mark.parametrize(
    ("path", "param"),
    [
        ("/v1/text-to-speech/bella/stream-input", "bella"),
        ("/v1/text-to-speech/kokoro/b%C3%A9lla/stream-input?a=b", "kokoro/bélla"),
        ("/v1/text-to-speech/stream-input", "text-to-speech/stream-input"),
        ("/v1/text-to-speech//stream-input", "text-to-speech//stream-input"),
        ("/v1/x", "x"),
    ],
)
def test_a_path_may_have_a_parameter(open_door: OpenDoor, path: str, param: str) -> None:
    with open_door().connect(path) as socket:
        assert json.loads(socket.recv(PATIENCE)) == [ANY, param, []]


def test_handshakes_are_refused_as_requests_are(open_door: OpenDoor) -> None:
    door = open_door()
    for path in ("/nothing", "/v1/", "/health"):
        status, error, _ = door.refusal(path)
        assert (status, error["code"]) == (404, "not_found")
    status, error, header = door.refusal("/echo?refuse=full%0aup+%C3%BC%E2%82%AC")
    assert (status, error["code"], error["message"]) == (429, "queue_full", "full\nup ü€")
    assert header == "full up ü?"
    with pytest.raises(websockets.InvalidStatus, match="500"):
        door.connect("/forget")


@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [
        ("wrong", 1011, "this was wrong"),
        ("fail", 1011, "vox failed: ValueError; the daemon's log has the details"),
        ("close", 4000, "as you like"),
        ("end", 1000, ""),
    ],
)
def test_what_ends_an_open_one(open_door: OpenDoor, message: str, code: int, reason: str) -> None:
    with open_door().connect() as socket:
        socket.recv(PATIENCE)
        socket.send(message)
        with pytest.raises(websockets.ConnectionClosed) as caught:
            socket.recv(PATIENCE)
    assert caught.value.rcvd is not None
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (code, reason)


def test_a_client_that_leaves_is_heard_of(open_door: OpenDoor) -> None:
    door = open_door()
    for rudely in (False, True):
        LEFT.clear()
        with door.connect() as socket:
            socket.recv(PATIENCE)
            if rudely:
                socket.socket.shutdown(SHUT_RDWR)
        assert LEFT.wait(PATIENCE)


def test_much_is_sent_at_the_clients_pace(open_door: OpenDoor) -> None:
    with open_door().connect("/press") as socket:
        for _ in range(400):
            assert socket.recv(PATIENCE) == BLOCK
        with pytest.raises(websockets.ConnectionClosed) as caught:
            socket.recv(PATIENCE)
    assert caught.value.rcvd is not None and caught.value.rcvd.code == 4000


# The guard


def test_a_page_of_another_site_may_not_connect(open_door: OpenDoor) -> None:
    door = open_door(allowed_origins=["https://app.example"])
    for origin in ("https://evil.example", "null", "http://localhost:1"):
        status, error, _ = door.refusal(origin=origin)
        assert (status, error["code"]) == (403, "forbidden")
    for origin in ("https://app.example", f"http://127.0.0.1:{door.port}"):
        with door.connect(origin=origin) as socket:
            assert socket.recv(PATIENCE)


def test_a_page_that_rebinds_its_name_may_not_connect(open_door: OpenDoor) -> None:
    door = open_door()
    url = f"ws://evil.example:{door.port}/echo"
    with (
        create_connection(("127.0.0.1", door.port), PATIENCE) as sock,
        pytest.raises(websockets.InvalidStatus, match="403"),
    ):
        connect(url, sock=sock, proxy=None, origin=Origin(url.replace("ws:", "http:").removesuffix("/echo")))


WAYS: list[dict[str, Any]] = [
    {"additional_headers": {"Authorization": "Bearer KEY"}},
    {"additional_headers": {"Authorization": "Token KEY"}},
    {"additional_headers": {"authorization": "token KEY"}},
    {"additional_headers": {"X-API-Key": "KEY"}},
    {"additional_headers": {"xi-api-key": "KEY"}},
    {"subprotocols": ["token", "KEY"]},
    {"subprotocols": ["bearer", "KEY"]},
    {"subprotocols": ["Bearer", "KEY", "a", "b"]},
    {"path": "/echo?api_key=KEY"},
    {"path": "/echo?x=y&token=KEY"},
]


@pytest.mark.parametrize("way", WAYS, ids=repr)
def test_a_key_may_come_in_each_way_that_clients_have(open_door: OpenDoor, way: dict[str, Any]) -> None:
    door = open_door(api_keys=["sk-1", "sk-2"])

    def given(key: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(json.dumps(way).replace("KEY", key))
        return found

    with door.connect(**given("sk-2")) as socket:
        _, _, offered = json.loads(socket.recv(PATIENCE))
        names = way.get("subprotocols", [])
        assert socket.subprotocol == ("b" if "b" in names else names[0] if names else None)
        assert offered == names[2:]
    status, error, _ = door.refusal(**given("sk-3"))
    assert (status, error["code"]) == (401, "invalid_api_key")


def test_without_a_key_nobody_comes_in_but_by_a_signed_path(open_door: OpenDoor) -> None:
    door = open_door(api_keys=["sk-1"])
    for path in ("/echo", "/twilio", "/twilio/1", "/health", "/v1/models"):
        assert door.refusal(path)[0] == 401
    assert door.refusal(subprotocols=["sk-1", "token"])[0] == 401
    ticket = tickets.issue("sk-1", "twilio", time.time() + 60)
    with door.connect(f"/twilio/{ticket}") as socket:
        assert json.loads(socket.recv(PATIENCE)) == [f"/twilio/{ticket}", ticket, []]


def test_a_browser_that_sends_a_key_unasked_is_answered_as_it_wants(open_door: OpenDoor) -> None:
    with open_door().connect(subprotocols=["token", "whatever"]) as socket:
        assert socket.subprotocol == "token"


def test_a_request_at_a_sockets_path_is_told_to_upgrade(
    serve: Serve, home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "SOCKETS", CHANNELS)
    inner, app = application.build(LiveConfig({}))
    served = serve(app)
    served.call(inner.open())
    raw = served.connect().send(b"GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n")
    status, headers, body = raw.answer()
    assert (status, headers["upgrade"], headers["sec-websocket-version"]) == (426, "websocket", "13")
    assert "proxy" in json.loads(body)["error"]["message"]
    assert raw.send(OPENING.replace(b"/ ", b"/echo ")).until(b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
    served.call(inner.close())
