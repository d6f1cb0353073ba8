"""Time to first byte that gateway and wire add to the engine.

    python -m bench.first_byte [REQUESTS]

Three ways to the same `tone` engine with the same chunks, asked in turn by one client: the engine in the
client's own process; a bare relay on h11 with a real worker behind it (`bench.floor`, no app, no errors, no
second thoughts); and vox. The last two by Unix sockets and kept connections.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from bench.daemon import ask, daemon, post, speech
from bench.floor import BareRelay, Upstream
from bench.report import Row, at_most, beside, median, percentile, table
from vox.gateway.fleet import envs
from vox.paths import engines_dir
from vox.wire.frames import Decoder, Kind, pack_json
from vox.workers.engine import Model, Segment
from vox.workers.plugins import load_engine

TEXT = "hello world"
LOAD: dict[str, Any] = {"op": "load", "model": "default", "directory": None, "device": "cpu", "options": {}}
SPEAK: dict[str, Any] = {"op": "speak", "text": TEXT, "voice": "default", "language": "en-us"}
SPEAK |= {"speed": 1.0, "seed": None, "options": {}}


class _Worker(Upstream):
    """The floor's upstream, for a real worker, which also reports on itself."""

    def data_received(self, data: bytes) -> None:
        for frame in self._decoder.feed(data):
            if frame.kind is Kind.DATA:
                self.on_data(frame.payload)
            elif frame.kind is Kind.DONE:
                self.on_done()


def spawn_worker(name: str = "tone", python: str = sys.executable, **load: Any) -> tuple[socket.socket, int]:
    """A worker that has loaded, and the end of its lifeline that we must hold."""
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    command = [python, "-m", "vox.workers", name, str(theirs.fileno()), str(read)]
    subprocess.Popen(
        [*command, os.path.join(engines_dir(), f"{name}.py")],
        env=envs.environment(),
        cwd="/",
        pass_fds=(theirs.fileno(), read),
        start_new_session=True,
    )
    theirs.close()
    os.close(read)
    ours.sendall(pack_json(Kind.OPEN, 1, LOAD | load))
    decoder = Decoder()
    kinds: list[Kind] = []
    while Kind.DONE not in kinds:
        kinds = [frame.kind for frame in decoder.feed(ours.recv(65536))]
        if Kind.FAIL in kinds:
            raise RuntimeError(f"{name} does not load")
    return ours, write


async def _relay(path: str) -> None:
    worker, _ = spawn_worker()
    loop = asyncio.get_running_loop()
    _, upstream = await loop.create_connection(_Worker, sock=worker)
    server = await loop.create_unix_server(lambda: BareRelay(cast(Upstream, upstream)), path)
    await server.serve_forever()


@contextmanager
def floor() -> Iterator[socket.socket]:
    """A kept connection to a bare relay with a `tone` worker behind it."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "floor.sock")
        process = os.fork()
        if not process:
            asyncio.run(_relay(path))
            os._exit(0)
        try:
            while not os.path.exists(path):
                time.sleep(0.01)
            with socket.socket(socket.AF_UNIX) as sock:
                sock.connect(path)
                yield sock
        finally:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def measure(requests: int = 2000) -> list[Row]:
    engine = load_engine("tone", os.path.join(engines_dir(), "tone.py"))
    engine.load(Model("default", None, "cpu", {}), lambda share, stage: None)
    times: dict[str, list[float]] = {"engine": [], "floor": [], "vox": []}
    with floor() as bare, daemon(VOX_CACHE="false") as gateway, gateway.connect() as ours:
        wanted, plain = speech(TEXT), post("/", json.dumps(SPEAK).encode())
        for number in range(requests + 100):
            took = {
                "engine": _in_process(engine),
                "floor": ask(bare, plain)[0],
                "vox": ask(ours, wanted)[0],
            }
            if number >= 100:
                for name, value in took.items():
                    times[name].append(value)
    return _rows(times)


def _in_process(engine: Any) -> float:
    begin = time.perf_counter()
    output = engine.speak(Segment(TEXT, "default", "en-us", 1.0, None, {}))
    next(output)
    took = (time.perf_counter() - begin) * 1000
    for _ in output:
        pass
    return took


def _rows(times: dict[str, list[float]]) -> list[Row]:
    p50 = {name: median(values) for name, values in times.items()}
    p99 = {name: percentile(values, 0.99) for name, values in times.items()}
    names = {"engine": "engine in its own process", "floor": "bare h11 relay", "vox": "vox"}
    shown = [beside(f"{names[n]}: first byte p50, p99", f"{p50[n]:.3f} ms, {p99[n]:.3f} ms") for n in names]
    added = {name: p50[name] - p50["engine"] for name in ("floor", "vox")}
    return [
        *shown,
        at_most("added to the engine's first byte, p50", added["vox"], 1, "ms"),
        at_most("the same over what the bare relay adds", added["vox"] / added["floor"], 3, "×"),
        at_most("first byte p99 over that of the bare relay", p99["vox"] / p99["floor"], 1.2, "×"),
    ]


if __name__ == "__main__":
    print(table(measure(*map(int, sys.argv[1:]))))
