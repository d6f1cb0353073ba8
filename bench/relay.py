"""What our server adds to a bare relay: first byte, throughput, cost of a write, memory.

    python -m bench.relay [REQUESTS]

Three candidates, each with a worker process of its own that answers at once, asked in turn by one client
on Unix sockets: the floor (`bench.floor`), our server with guard and sink, and the same app by plain ASGI
messages.
"""

from __future__ import annotations

import asyncio
import gc
import os
import re
import socket
import statistics
import sys
import tempfile
import time
from typing import TYPE_CHECKING, NamedTuple

from bench import floor
from vox.config import Config
from vox.gateway.guard import Guard
from vox.gateway.server import Server
from vox.gateway.server.listen import bind_unix
from vox.gateway.server.respond import send_json
from vox.gateway.sink import open_sink

if TYPE_CHECKING:
    from vox.gateway.server.asgi import Receive, Scope, Send

AUDIO = [(b"content-type", b"audio/pcm")]
HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
COST = b"GET /cost HTTP/1.1\r\nHost: localhost\r\n\r\n"
WRITES = 20_000


class App:
    """The relay as an ASGI app; `direct` by the sink, else by messages."""

    def __init__(self, upstream: floor.Upstream, direct: bool) -> None:
        self._upstream = upstream
        self._speak = self._by_sink if direct else self._by_messages
        self._cost = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        if scope["path"] == "/health":
            await send_json(send, 200, b'{"us_per_write": %.2f}' % self._cost)
        elif scope["path"] == "/cost":
            await self._measure_writes(scope, receive, send)
        else:
            body = b""
            while True:
                message = await receive()
                body += message["body"]
                if not message["more_body"]:
                    break
            await self._speak(body, scope, receive, send)

    async def _first_chunk(self, wish: bytes) -> list[bytes]:
        chunks: list[bytes] = []
        began: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def on_data(data: bytes) -> None:
            chunks.append(data)
            if not began.done():
                began.set_result(None)

        self._upstream.open(wish, on_data, lambda: chunks.append(b""))
        await began
        return chunks

    async def _by_sink(self, wish: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        chunks = await self._first_chunk(wish)
        sink = open_sink(scope, receive, send, 200, AUDIO)

        def on_data(data: bytes) -> None:
            sink.write(data)
            if not sink.writable:
                self._upstream.transport.pause_reading()

        self._upstream.on_data, self._upstream.on_done = on_data, sink.close
        sink.on_writable = self._upstream.transport.resume_reading
        for chunk in chunks:
            sink.write(chunk) if chunk else sink.close()
        await sink.finished()

    async def _by_messages(self, wish: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        chunks = await self._first_chunk(wish)
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        for chunk in chunks:
            queue.put_nowait(chunk)
        self._upstream.on_data = queue.put_nowait
        self._upstream.on_done = lambda: queue.put_nowait(b"")
        await send({"type": "http.response.start", "status": 200, "headers": AUDIO})
        while data := await queue.get():
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _measure_writes(self, scope: Scope, receive: Receive, send: Send) -> None:
        sink = open_sink(scope, receive, send, 200, AUDIO)
        data, spent = bytes(960), 0.0
        for _ in range(WRITES):
            began = time.perf_counter()
            sink.write(data)
            spent += time.perf_counter() - began
            while not sink.writable:
                await asyncio.sleep(0)
        sink.close()
        self._cost = spent / WRITES * 1e6


async def serve(listen: str, worker: str, way: str) -> None:
    _, upstream = await asyncio.get_running_loop().create_unix_connection(floor.Upstream, worker)
    config = Config()
    server = Server(Guard(App(upstream, direct=way == "sink"), lambda: config))
    await server.start([bind_unix(listen)])
    gc.collect()
    gc.freeze()  # as the gateway does when it is up
    await asyncio.Event().wait()


class Client:
    """One kept connection, by bytes: the client's own cost is the same for all."""

    def __init__(self, path: str) -> None:
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.connect(path)

    def speak(self, request: bytes) -> tuple[float, float, int]:
        """Seconds to the first byte of audio, seconds in all, bytes in all."""
        began = time.perf_counter()
        self._sock.sendall(request)
        seen = b""
        while seen.partition(b"\r\n\r\n")[2].count(b"\r\n") < 1:
            seen += self._sock.recv(65536)
        first = time.perf_counter() - began
        size, tail = len(seen), seen[-7:]
        while not tail.endswith(b"\r\n0\r\n\r\n"):
            data = self._sock.recv(262144)
            size += len(data)
            tail = (tail + data)[-7:]
        return first, time.perf_counter() - began, size

    def pipeline(self, request: bytes, count: int) -> tuple[float, bytes]:
        """Seconds for `count` requests sent at once, and what came."""
        began = time.perf_counter()
        self._sock.sendall(request * count)
        seen = b""
        while seen.count(b"}") < count:
            seen += self._sock.recv(262144)
        return time.perf_counter() - began, seen


class Candidate(NamedTuple):
    name: str
    client: Client
    pid: int
    firsts: list[float]
    wholes: list[float]


def memory(pid: int) -> str:
    """Resident and proportional set, in MB, where the system tells (Linux)."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            text = file.read()
    except OSError:
        return "-"
    kilobytes = [int(re.search(rf"^{key}:\s+(\d+)", text, re.MULTILINE)[1]) for key in ("Rss", "Pss")]  # type: ignore[index]
    return " / ".join(f"{size / 1024:.1f}" for size in kilobytes)


def measure(candidates: list[Candidate], requests: int) -> None:
    small, large = floor.wish(4, 960), floor.wish(16_384, 4096)
    for turn in range(requests + 100):
        for candidate in candidates:
            first, whole, _ = candidate.client.speak(small)
            if turn >= 100:
                candidate.firsts.append(first * 1e6)
                candidate.wholes.append(whole * 1e6)
    base = statistics.quantiles(candidates[0].firsts, n=100)
    print(f"{'':14} first byte µs: p50   p90   p99  (of floor: p50, p99)  whole p50  MB/s  RSS / PSS MB")
    for candidate in candidates:
        cuts = statistics.quantiles(candidate.firsts, n=100)
        rates = []
        for _ in range(3):
            _, seconds, size = candidate.client.speak(large)
            rates.append(size / seconds / 1e6)
        print(
            f"{candidate.name:14} {cuts[49]:18.0f} {cuts[89]:5.0f} {cuts[98]:5.0f}  "
            f"({cuts[49] / base[49]:9.2f}, {cuts[98] / base[98]:.2f}) "
            f"{statistics.median(candidate.wholes):14.0f} {statistics.median(rates):5.0f}  "
            f"{memory(candidate.pid)}"
        )
    ours = candidates[1].client
    rates = [200 / ours.pipeline(HEALTH, 200)[0] for _ in range(10)]
    print(f"requests/s, pipelined on one connection: {statistics.median(rates):.0f}")
    costs = []
    for _ in range(5):
        ours.speak(COST)
        costs.append(float(ours.pipeline(HEALTH, 1)[1].rpartition(b":")[2].strip(b" }")))
    print(f"one write of 20 ms (960 bytes), system call included: {statistics.median(costs):.1f} µs")


def main() -> None:
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(*sys.argv[2:]))
        return
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    processes = []
    with tempfile.TemporaryDirectory() as directory:
        try:
            candidates = []
            for name, way in (("bare h11 relay", ""), ("vox, sink", "sink"), ("vox, messages", "messages")):
                listen, worker = (os.path.join(directory, f"{way}.{end}") for end in ("http", "work"))
                processes.append(floor.start("bench.floor", "worker", worker))
                if way:
                    processes.append(floor.start("bench.relay", "serve", listen, worker, way))
                else:
                    processes.append(floor.start("bench.floor", "relay", listen, worker))
                candidates.append(Candidate(name, Client(listen), processes[-1].pid, [], []))
            measure(candidates, requests)
        finally:
            for process in processes:
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
