"""Real daemons for tests, and how to wait for them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

PYTHON = os.environ.get("VOX_TEST_PYTHON", sys.executable)
"""What daemons run on; tests that run in another environment than vox's own name it."""
DEADLINE = 30.0
"""Seconds until something that should have happened has failed to; generous, since machines are shared."""


def eventually(check: Callable[[], Any], what: str) -> Any:
    """Poll until `check` gives something true, and return that."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if found := check():
            return found
        time.sleep(0.01)
    raise AssertionError(f"{what} did not happen within {DEADLINE:g} s")


def running(pid: int) -> bool:
    """Whether the process does anything; a zombie that nobody reaps does not."""
    with suppress(OSError), open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    return False


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Daemon:
    """A real gateway process, reached over its own Unix socket, and over TCP when it was given a port."""

    def __init__(self, home: Path, port: int, *arguments: str, **environment: str) -> None:
        self.home, self.port = home, port
        self.url = f"http://127.0.0.1:{port}"
        read, write = os.pipe()
        self.process = subprocess.Popen(
            [PYTHON, "-m", "vox.gateway", "--port", str(port), "--ready-fd", str(write), *arguments],
            env={**os.environ, "VOX_HOME": str(home), **environment},
            pass_fds=(write,),
            stderr=subprocess.PIPE,
        )
        os.close(write)
        with open(read, "rb") as ready:
            self.word = ready.read()
        transport = httpx.HTTPTransport(uds=str(home / "run" / "vox.sock"))
        self.http = httpx.Client(transport=transport, base_url="http://localhost", timeout=DEADLINE)

    def speak(self, text: str, model: str = "tone", **fields: Any) -> httpx.Response:
        body = {"model": model, "input": text, "response_format": "wav"} | fields
        return self.http.post("/v1/audio/speech", json=body)

    def stream(self, text: str, model: str = "tone", **fields: Any) -> Any:
        body = {"model": model, "input": text, "response_format": "pcm"} | fields
        return self.http.stream("POST", "/v1/audio/speech", json=body)

    def workers(self) -> dict[str, dict[str, Any]]:
        listed: list[dict[str, Any]] = self.http.get("/api/ps").json()["workers"]
        return {worker["name"]: worker for worker in listed}

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> str:
        """Stop it; returns what it wrote to stderr."""
        self.http.close()
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            _, printed = self.process.communicate(timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, printed = self.process.communicate()
            raise AssertionError(f"the daemon did not stop: {printed.decode()}") from None
        return str(printed.decode())


def error_of(response: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(response.read())["error"]
    assert set(found) == {"message", "type", "param", "code"}
    return found


Start = Callable[..., Daemon]
