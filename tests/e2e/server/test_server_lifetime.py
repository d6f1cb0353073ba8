"""A server's sockets and its own life: binding, starting, draining, retiring."""

from __future__ import annotations

import asyncio
import os
import queue
import resource
import socket
import stat
import subprocess
import sys
import threading
from http.client import IncompleteRead
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from vox.errors import BadRequest, Unavailable
from vox.gateway.server import Server
from vox.gateway.server.listen import bind_tcp, bind_unix, is_loopback
from vox.gateway.server.respond import send_json
from vox.gateway.sink import open_sink

if TYPE_CHECKING:
    from tests.e2e.server.conftest import Raw, Serve
    from vox.gateway.server.asgi import Receive, Scope, Send

PATIENCE = 20.0
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    await send_json(send, 200, b"{}")


class Held:
    """An app that begins to stream, and ends when it is let go."""

    def __init__(self) -> None:
        self.begun: queue.Queue[str] = queue.Queue()
        self.go = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sink = open_sink(scope, receive, send, 200, [])
        sink.write(b"first ")
        self.begun.put(scope["path"])
        await self.go.wait()
        sink.write(b"last")
        sink.close()


# Sockets


def test_the_unix_socket_is_private_from_its_first_moment(tmp_path: Path) -> None:
    path = tmp_path / "run" / "vox.sock"
    mask = os.umask(0o022)
    try:
        with bind_unix(str(path)):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
            assert os.umask(0o022) == 0o022
    finally:
        os.umask(mask)


def test_a_stale_socket_file_is_replaced_and_anything_else_is_not(tmp_path: Path) -> None:
    path = tmp_path / "vox.sock"
    bind_unix(str(path)).close()
    with bind_unix(str(path)), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    path.unlink()
    path.write_text("a diary")
    with pytest.raises(FileExistsError, match="not a socket"):
        bind_unix(str(path))
    assert path.read_text() == "a diary"


def test_a_taken_port_says_what_to_do() -> None:
    (first,) = bind_tcp("127.0.0.1", 0)
    with first, pytest.raises(Unavailable, match=r"port \d+ on 127.0.0.1 is taken .* --port"):
        bind_tcp("127.0.0.1", first.getsockname()[1])


def test_all_addresses_of_a_host_share_one_port() -> None:
    sockets = bind_tcp("localhost", 0)
    assert len({sock.getsockname()[1] for sock in sockets}) == 1
    for sock in sockets:
        sock.close()


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("no such host", 0), ("127.0.0.1", 70000)])
def test_what_can_not_be_bound_is_named(host: str, port: int) -> None:
    with pytest.raises(BadRequest, match="can't listen") as caught:
        bind_tcp(host, port)
    assert host in caught.value.message


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("vox.localhost", True),
        ("127.0.0.1", True),
        ("127.255.0.3", True),
        ("::1", True),
        ("0:0::0:1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost.evil.example", False),
        ("notlocalhost", False),
        ("127.0.0.1.evil.example", False),
        ("127.0.0.256", False),
        ("127.0.0.01", False),
        ("127.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("::2", False),
        ("::ffff:10.0.0.1", False),
        (":1", False),
        ("", False),
    ],
)
def test_loopback_is_known_by_its_form(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_small_last_packet_waits_for_no_acknowledgement(serve: Serve) -> None:
    served = serve(answers)
    served.connect().send(GET).answer()
    (connection,) = served.server._connections
    sock = connection._transport.get_extra_info("socket")
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


# The app's life


class Living:
    """An app with a lifespan."""

    def __init__(self, failure: str = "") -> None:
        self.failure = failure
        self.events: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.events.append(scope["state"]["voice"])
            await send_json(send, 200, b"{}")
            return
        assert (await receive())["type"] == "lifespan.startup"
        if self.failure:
            await send({"type": "lifespan.startup.failed", "message": self.failure})
            return
        scope["state"]["voice"] = "warm"
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        self.events.append("ended")
        await send({"type": "lifespan.shutdown.complete"})


def test_one_inherited_connection_is_served_from_start_to_end() -> None:
    app = Living()

    async def work() -> bytes:
        server = Server(app)
        await server.start([])
        ours, theirs = socket.socketpair()
        with theirs:
            theirs.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            await server.adopt(ours)
            await server.drain(PATIENCE)
            return theirs.recv(65536)

    assert asyncio.run(work()).startswith(b"HTTP/1.1 200 ")
    assert app.events == ["warm", "ended"]


def test_an_app_that_can_not_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="no weights"):
        asyncio.run(Server(Living("no weights")).start([]))


# Ends


def test_a_drain_closes_idle_connections_and_lets_running_answers_finish(serve: Serve) -> None:
    app = Held()
    served = serve(app, linger=0.05)
    busy = served.connect().send(GET)
    assert app.begun.get(timeout=PATIENCE) == "/"
    idle = served.connect()
    served.until(lambda: served.server.connections == 2)
    drain = asyncio.run_coroutine_threadsafe(served.server.drain(PATIENCE), served.loop)
    assert idle.everything() == b""
    with pytest.raises(ConnectionRefusedError):
        served.connect()
    assert (served.server.connections, served.server.busy) == (1, 1)
    served.do(app.go.set)
    assert busy.everything().endswith(b"6\r\nfirst \r\n4\r\nlast\r\n0\r\n\r\n")
    drain.result(PATIENCE)
    assert (served.server.connections, served.server.busy) == (0, 0)


def test_a_request_that_came_before_the_drain_is_answered_and_told_to_close(serve: Serve) -> None:
    served = serve(answers)
    kept = served.connect().send(GET)
    assert kept.answer()[1].get("connection") is None

    async def work() -> None:
        kept.send(GET)  # the server has not read it yet: its loop is in here
        await served.server.drain(PATIENCE)

    served.call(work())
    status, headers, _ = kept.answer()
    assert (status, headers["connection"]) == (200, "close")
    assert kept.closed()


def test_what_does_not_finish_within_the_drain_is_broken_not_ended(serve: Serve) -> None:
    app = Held()
    served = serve(app)
    connection = served.http()
    connection.request("GET", "/")
    app.begun.get(timeout=PATIENCE)
    served.call(served.server.drain(0.05))
    with connection.getresponse() as response, pytest.raises(IncompleteRead):
        response.read()
    assert (served.server.connections, served.server.busy) == (0, 0)


def test_callers_in_the_queue_are_served_by_a_server_that_retires(serve: Serve) -> None:
    served = serve(answers, unix=True)
    path = served.address
    clients: list[Raw] = []

    def retire() -> bool:
        clients.extend(served.connect().send(GET) for _ in range(5))  # not accepted yet
        return served.server.retire()

    assert served.do(retire) is True
    assert not os.path.exists(path)
    assert [client.answer()[0] for client in clients] == [200] * 5


def test_a_server_that_retires_unseen_says_so(serve: Serve) -> None:
    served = serve(answers, unix=True)
    assert served.do(served.server.retire) is False


def test_a_server_that_retires_leaves_the_socket_of_its_successor(serve: Serve) -> None:
    served = serve(answers, unix=True)
    with bind_unix(served.address), socket.socket(socket.AF_UNIX) as client:
        assert served.do(served.server.retire) is False
        client.connect(served.address)


def test_nobody_is_lost_between_a_server_that_retires_and_the_next(tmp_path: Path) -> None:
    """Every caller is either answered, or told at connect that nobody is there."""
    path = str(tmp_path / "vox.sock")
    results: list[str] = []

    def call(barrier: threading.Barrier) -> None:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            barrier.wait()
            try:
                client.connect(path)
            except (ConnectionRefusedError, FileNotFoundError):
                results.append("nobody")
                return
            client.sendall(GET)
            results.append(client.recv(65536)[:13].decode())

    async def live(barrier: threading.Barrier) -> None:
        server = Server(answers_http_only)
        await server.start([bind_unix(path)])
        await asyncio.to_thread(barrier.wait)
        server.retire()
        await server.drain(PATIENCE)

    for _ in range(100):
        barrier = threading.Barrier(2)
        caller = threading.Thread(target=call, args=(barrier,))
        caller.start()
        asyncio.run(live(barrier))
        caller.join()
    assert len(results) == 100
    assert set(results) <= {"HTTP/1.1 200 ", "nobody"}
    assert "HTTP/1.1 200 " in results


def test_a_server_out_of_file_descriptors_waits_instead_of_spinning(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    served = serve(answers)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def exhaust() -> Raw:
        client = served.connect().send(GET)
        lowest_free = os.dup(0)
        os.close(lowest_free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
        return client

    try:
        client = served.do(exhaust)
        served.until(lambda: "can't accept" in caplog.text)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert client.answer()[0] == 200
    assert caplog.text.count("can't accept") == 1


async def answers_http_only(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await answers(scope, receive, send)


def test_the_server_costs_no_module_that_it_does_not_need() -> None:
    program = """
import sys
sys.modules["ssl"] = None
import vox.gateway.guard, vox.gateway.server, vox.gateway.sink
print(*sys.modules)
"""
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    unwanted: set[Any] = {"numpy", "hashlib", "tempfile", "urllib.parse", "http", "email", "requests", "hmac"}
    assert not unwanted & set(loaded.stdout.split())
