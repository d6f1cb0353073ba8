"""A client of `WS /v1/audio/speech/stream`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.harness import Daemon

A = 50 * (ord("a") % 64)
"""Hz of the letter a above the base of a voice."""
CHARACTER = 960
"""Bytes of PCM."""


class Talk:
    """A client of the protocol."""

    def __init__(self, ws: ClientConnection) -> None:
        self.ws = ws

    def send(self, type: str, **fields: Any) -> None:
        self.ws.send(json.dumps({"type": type, **fields}))

    def config(self, **fields: Any) -> None:
        self.send("session.config", **{"stream_audio": True, "response_format": "pcm"} | fields)

    def say(self, text: str) -> None:
        self.send("input.text", text=text)
        self.send("input.done")

    def next(self) -> bytes | dict[str, Any]:
        message = self.ws.recv(timeout=20)
        if isinstance(message, bytes):
            return message
        found: dict[str, Any] = json.loads(message)
        return found

    def until(self, kind: str) -> list[bytes | dict[str, Any]]:
        """All messages up to the first of that type, which is the last."""
        found: list[bytes | dict[str, Any]] = []
        while not found or isinstance(found[-1], bytes) or found[-1]["type"] != kind:
            found.append(self.next())
        return found

    def error(self) -> dict[str, Any]:
        found = self.next()
        assert not isinstance(found, bytes)
        assert found.pop("type") == "error"
        return found


@contextmanager
def talk(daemon: Daemon, query: str = "") -> Iterator[Talk]:
    address = f"ws://127.0.0.1:{daemon.port}/v1/audio/speech/stream{query}"
    with connect(address, compression=None) as ws:
        yield Talk(ws)


def sound(messages: list[bytes | dict[str, Any]]) -> bytes:
    return b"".join(message for message in messages if isinstance(message, bytes))


def events(messages: list[bytes | dict[str, Any]]) -> list[dict[str, Any]]:
    return [message for message in messages if not isinstance(message, bytes)]


def kinds(messages: list[bytes | dict[str, Any]]) -> list[str]:
    """What came, runs of sound as one."""
    names = ["sound" if isinstance(message, bytes) else message["type"] for message in messages]
    return [name for at, name in enumerate(names) if name != "sound" or names[at - 1 : at] != ["sound"]]
