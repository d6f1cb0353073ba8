"""What an ordinary call loads: every module more is milliseconds for the listener."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ALLOWED = {
    "__future__",
    "_json",
    "_socket",
    "vox",
    "vox.client",
    "vox.client.arguments",
    "vox.client.cli",
    "vox.client.door",
    "vox.client.http11",
    "vox.client.output",
    "vox.client.say",
    "vox.errors",
    "vox.paths",
}
PROBE = """
import os, sys
before = set(sys.modules)
from vox.client.cli import main
code = main()
os.write(2, ' '.join(sorted(set(sys.modules) - before)).encode())
raise SystemExit(code)
"""
WARM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nRIFF\r\n0\r\n\r\n"


@contextmanager
def answering(path: Path, answer: bytes) -> Iterator[None]:
    path.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(30)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        server = threading.Thread(target=serve)
        server.start()
        yield
        server.join(30)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["Grüße", "-b", "espeak", "-s", "1.5", "-o", "x.wav"], id="save"),
        pytest.param(["hello", "-v", "bella"], id="speak"),
        pytest.param(["-f", "-", "-o", "-"], id="pipe"),
    ],
)
def test_a_warm_call_loads_only_what_it_needs(home: Path, tmp_path: Path, words: list[str]) -> None:
    with answering(home / "run" / "vox.sock", WARM):
        done = subprocess.run(
            [sys.executable, "-P", "-c", PROBE, *words],
            input=b"text",
            capture_output=True,
            timeout=30,
            cwd=tmp_path,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert set(done.stderr.decode().split()) <= ALLOWED
