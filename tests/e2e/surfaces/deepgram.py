"""A Deepgram line: the shortest way to a session."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.harness import Daemon

A = 400 + 50 * (ord("a") % 64)
"""Hz of the letter a in the voice tone-400."""


@contextmanager
def line(daemon: Daemon, query: str = "model=tone:tone-400") -> Iterator[ClientConnection]:
    with connect(f"ws://127.0.0.1:{daemon.port}/v1/speak?{query}", compression=None) as ws:
        assert json.loads(ws.recv())["type"] == "Metadata"
        yield ws


def say(ws: ClientConnection, **message: Any) -> None:
    ws.send(json.dumps(message))


def until(ws: ClientConnection, kind: str) -> tuple[bytes, dict[str, Any]]:
    """The audio before the next message of that kind, and the message; other messages fail."""
    sound = b""
    while True:
        message = ws.recv(timeout=20)
        if isinstance(message, bytes):
            sound += message
            continue
        found: dict[str, Any] = json.loads(message)
        if found["type"] == kind:
            return sound, found
        assert found["type"] == "Metadata", found
