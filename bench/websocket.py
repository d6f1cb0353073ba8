"""What WebSockets cost the gateway: memory, and CPU for each frame of 20 ms.

python -m bench.websocket
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from bench import floor
from bench.daemon import DEADLINE, Daemon, daemon
from bench.report import Row, at_most, beside, median, percentile, table
from vox.config import Config
from vox.gateway.guard import Guard
from vox.gateway.server import Server
from vox.gateway.server.listen import bind_unix
from vox.gateway.socket import Socket, Upgrade

if TYPE_CHECKING:
    from vox.gateway.server.asgi import Receive, Scope, Send

SOCKETS = 500
FRAME = bytes(160)
"""20 ms of mu-law."""
BURST = 50
FRAMES = 20_000
ROUNDS = 2000
_OPENING = (
    "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def measure() -> list[Row]:
    return [*_memory(), *_frames()]


def _upgrade(sock: socket.socket, path: str) -> None:
    sock.sendall(_OPENING.format(path=path).encode())
    answer = sock.recv(4096)
    if not answer.startswith(b"HTTP/1.1 101 "):
        raise RuntimeError(answer.decode(errors="replace"))


# Memory, in a real daemon


def _memory() -> list[Row]:
    rows = []
    # Twilio's, because it does nothing until Twilio has spoken; and one that has a session from the start.
    for path in ("/twilio", "/v1/speak?model=tone&encoding=mulaw"):
        with daemon(VOX_CACHE="false") as gateway:
            gateway.get("/health")
            before = gateway.memory()[0]
            first, open_ = _open(gateway, path)
            kibibytes = (open_ - first) * 1e6 / 1024 / (SOCKETS - 1)
            name = path.partition("?")[0]
            figures = f"{before:.1f} MB, {first:.1f} MB"
            rows += [
                beside(f"{name}: RSS before the first WebSocket, and with it", figures),
                beside(f"{name}: each further one that idles, of {SOCKETS}", f"{kibibytes:.1f} KiB"),
            ]
    return rows


def _open(gateway: Daemon, path: str) -> tuple[float, float]:
    """RSS in MB with one open WebSocket, and with all."""
    with ExitStack() as stack:
        sizes: list[float] = []
        for _ in range(SOCKETS):
            sock = stack.enter_context(gateway.connect())
            _upgrade(sock, path)
            if len(sizes) == 0:
                sizes.append(gateway.memory()[0])
        return sizes[0], gateway.memory()[0]


# Frames, on the server alone


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "websocket":
        raise NotImplementedError
    upgrade = Upgrade(scope, receive, send)
    sock = await upgrade.accept()
    while True:
        if await sock.receive() == "cost":
            sock.send_text(b"%.3f" % await _cost(sock))
        else:
            sock.send_bytes(FRAME)


async def _cost(sock: Socket) -> float:
    """Microseconds a frame, while the client takes them all."""
    spent = 0.0
    for _ in range(FRAMES // BURST):
        began = time.perf_counter()
        for _ in range(BURST):
            sock.send_bytes(FRAME)
        spent += time.perf_counter() - began
        await asyncio.sleep(0.001)
    return spent / FRAMES * 1e6


async def _serve(path: str) -> None:
    await Server(Guard(_app, Config)).start([bind_unix(path)])
    await asyncio.Event().wait()


def _frames() -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "sock")
        process = floor.start("bench.websocket", "serve", path)
        try:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(DEADLINE)
                sock.connect(path)
                _upgrade(sock, "/")
                costs = [_ask_cost(sock) for _ in range(5)]
                trips = [_trip(sock) for _ in range(ROUNDS)]
        finally:
            process.kill()
            process.wait()
    plain, packing = _floor()
    return [
        at_most("one frame of 160 bytes, system call included", median(costs), 20, "µs"),
        beside("of that, the bare system call", f"{plain:.3g} µs"),
        beside("making the frame by wsproto would take", f"{packing:.3g} µs"),
        beside("a message there and a frame back: p50", f"{median(trips):.3g} µs"),
        beside("a message there and a frame back: p99", f"{percentile(trips, 0.99):.3g} µs"),
    ]


def _message(text: bytes) -> bytes:
    return bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text


def _ask_cost(sock: socket.socket) -> float:
    sock.sendall(_message(b"cost"))
    left, tail = FRAMES * (len(FRAME) + 4), b""
    while left > 0 or len(tail) < 2 or len(tail) < 2 + tail[1]:
        data = sock.recv(65536)
        tail += data[max(left, 0) :]
        left -= len(data)
    return float(tail[2:])


def _trip(sock: socket.socket) -> float:
    began = time.perf_counter()
    sock.sendall(_message(b"frame"))
    left = len(FRAME) + 4
    while left:
        left -= len(sock.recv(left))
    return (time.perf_counter() - began) * 1e6


def _floor() -> tuple[float, float]:
    """Microseconds of one `send` of as many bytes, and of wsproto's frame."""
    from wsproto.frame_protocol import FrameProtocol

    frames = FrameProtocol(client=False, extensions=[])
    ours, theirs = socket.socketpair()
    data = bytes(len(FRAME) + 4)
    sent = packed = 0.0
    with ours, theirs:
        for _ in range(FRAMES // BURST):
            began = time.perf_counter()
            for _ in range(BURST):
                ours.send(data)
            sent += time.perf_counter() - began
            theirs.recv(65536)
            began = time.perf_counter()
            for _ in range(BURST):
                frames.send_data(FRAME)
            packed += time.perf_counter() - began
    return sent / FRAMES * 1e6, packed / FRAMES * 1e6


def main() -> None:
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(_serve(sys.argv[2]))
    print(table(measure()))


if __name__ == "__main__":
    main()
