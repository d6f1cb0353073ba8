"""A client of ElevenLabs' WebSockets, and daemons for it."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.harness import Daemon, Start, eventually

ONE, SEVERAL = "stream-input", "multi-stream-input"
NOTHING = {"audio": None, "alignment": None, "normalizedAlignment": None}


def faulty(start: Start, home: Path, **options: str) -> Daemon:
    """A daemon whose engine has these options."""
    home.mkdir()
    lines = [f'option.{name} = "{value}"' for name, value in options.items()]
    (home / "config.toml").write_text("\n".join(["[engines.tone]", *lines]))
    return start(tcp=True, VOX_CACHE="false", VOX_ENGINE="tone")


@contextmanager
def line(daemon: Daemon, kind: str, query: str = "", voice: str = "tone-400") -> Iterator[ClientConnection]:
    path = f"/v1/text-to-speech/{voice}/{kind}?output_format=pcm_24000&{query}"
    with connect(f"ws://127.0.0.1:{daemon.port}{path}", compression=None) as ws:
        yield ws


def say(ws: ClientConnection, text: str | None = None, name: str | None = None, **fields: Any) -> None:
    told = {"text": text, "context_id": name}
    ws.send(json.dumps({key: value for key, value in told.items() if value is not None} | fields))


def take(ws: ClientConnection, timeout: float = 20) -> dict[str, Any]:
    message = ws.recv(timeout=timeout)
    assert isinstance(message, str) and len(message) < 1 << 17
    found: dict[str, Any] = json.loads(message)
    return found


def heard(ws: ClientConnection, *names: str, width: int = 2) -> dict[str, bytes]:
    """The sound of these contexts, up to the last isFinal of them; a sample has `width` bytes."""
    sounds, waiting = dict.fromkeys(names, b""), set(names)
    while waiting:
        message = take(ws)
        assert message["contextId"] == message["context_id"]
        name = message["contextId"]
        assert name in waiting, f"{name} has ended already"
        if message["isFinal"]:
            ids = {"contextId": name, "context_id": name}
            assert message == {"isFinal": True} | NOTHING | ids, "a message of its own"
            waiting.remove(name)
            continue
        piece = b64decode(message["audio"])
        assert piece and len(piece) % width == 0
        sounds[name] += piece
    return sounds


def rest(ws: ClientConnection) -> tuple[list[dict[str, Any]], int, str]:
    """What still comes, and the code and the reason of the end."""
    messages = []
    try:
        while True:
            messages.append(take(ws))
    except ConnectionClosed as end:
        assert end.rcvd is not None
        return messages, end.rcvd.code, end.rcvd.reason


def silent(ws: ClientConnection) -> bool:
    try:
        take(ws, timeout=0.3)
    except TimeoutError:
        return True
    return False


def idle(daemon: Daemon) -> None:
    eventually(lambda: not any(w["running"] for w in daemon.workers().values()), "the end of the speech")
