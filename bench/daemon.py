"""A real daemon to measure, in a home of its own, and a client that costs little."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DEADLINE = 30.0


class Daemon:
    def __init__(self, home: Path, process: subprocess.Popen[bytes]) -> None:
        self.home, self.process = home, process
        self.socket = str(home / "run" / "vox.sock")

    def connect(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(DEADLINE)
        sock.connect(self.socket)
        return sock

    def get(self, path: str) -> dict[str, Any]:
        with self.connect() as sock:
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            data = b""
            while piece := sock.recv(65536):
                data += piece
        found: dict[str, Any] = json.loads(data.partition(b"\r\n\r\n")[2])
        return found

    def workers(self) -> dict[str, dict[str, Any]]:
        return {worker["name"]: worker for worker in self.get("/api/ps")["workers"]}

    def alone(self) -> None:
        """Wait until every worker has left."""
        end = time.monotonic() + DEADLINE
        while self.workers():
            if time.monotonic() > end:
                raise RuntimeError("the workers do not leave")
            time.sleep(0.005)

    def memory(self) -> tuple[float, float]:
        """RSS and PSS of the gateway in MB (10^6 bytes)."""
        with open(f"/proc/{self.process.pid}/smaps_rollup") as file:
            sizes = {line.split(":")[0]: int(line.split()[1]) for line in file if line.endswith("kB\n")}
        return sizes["Rss"] * 1024 / 1e6, sizes["Pss"] * 1024 / 1e6


@contextmanager
def daemon(engine: str = "", **environment: str) -> Iterator[Daemon]:
    """A daemon with these `VOX_…` variables, ready; stopped at the end. It may have an engine of its own,
    `bench/ENGINE_engine.py`."""
    with tempfile.TemporaryDirectory() as directory:
        if engine:
            os.mkdir(os.path.join(directory, "engines"))
            source = Path(__file__).with_name(f"{engine}_engine.py")
            shutil.copy(source, os.path.join(directory, "engines", f"{engine}.py"))
        read, write = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-m", "vox.gateway", "--port", "0", "--ready-fd", str(write)],
            env={**os.environ, "VOX_HOME": directory, **environment},
            pass_fds=(write,),
        )
        os.close(write)
        with open(read, "rb") as ready:
            if ready.read() != b"R":
                raise RuntimeError("the daemon did not start")
        try:
            yield Daemon(Path(directory), process)
        finally:
            process.terminate()
            process.wait(DEADLINE)


def speech(text: str = "hello world", model: str = "tone", format: str = "pcm", **fields: Any) -> bytes:
    """The bytes of a request on a connection that is kept."""
    body = json.dumps({"model": model, "input": text, "response_format": format} | fields).encode()
    return post("/v1/audio/speech", body)


def post(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


def ask(sock: socket.socket, request: bytes) -> tuple[float, bytes]:
    """Send `request`; milliseconds until the first byte of the body, and the whole answer. Raises
    `RuntimeError` unless it is a whole 200."""
    begin = time.perf_counter()
    sock.sendall(request)
    answer = b""
    first = 0.0
    while not answer.endswith(b"\r\n0\r\n\r\n"):
        piece = sock.recv(262144)
        if not piece:
            raise RuntimeError(f"the answer broke off: {answer[:200]!r}")
        answer += piece
        if not first and answer.partition(b"\r\n\r\n")[2]:
            first = (time.perf_counter() - begin) * 1000
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(answer.decode(errors="replace"))
    return first, answer
