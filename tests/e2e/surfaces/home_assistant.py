"""The client of Wyoming's own package, and a plain socket that can say what no client would."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from wyoming.audio import AudioChunk, AudioStart
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.tts import SynthesizeVoice

from tests.harness import DEADLINE, Daemon, Start, free_port
from tests.sounds import from_pcm, peak

T = TypeVar("T")
A = 400 + 50 * (ord("a") % 64)
"""Hz of the letter a in the voice tone-400."""
TONE = SynthesizeVoice(name="tone:tone-400", speaker="nobody")
SECOND = 48_000
"""Bytes."""


class Home:
    """A daemon with a port for Home Assistant."""

    def __init__(self, start: Start, **environment: str) -> None:
        self.port = free_port()
        given = {"VOX_CACHE": "false", "VOX_WYOMING_PORT": str(self.port), **environment}
        self.daemon: Daemon = start(**given)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[AsyncTcpClient]:
        async with AsyncTcpClient("127.0.0.1", self.port, read_timeout=DEADLINE) as client:
            yield client

    @contextmanager
    def raw(self) -> Iterator[Raw]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE) as sock:
            raw = Raw(sock)
            with raw.file:
                yield raw


class Raw:
    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.file = sock.makefile("rb")

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def read(self) -> dict[str, Any] | None:
        """The next event, its data in it; None at the end."""
        line = self.file.readline()
        if not line:
            return None
        event: dict[str, Any] = json.loads(line)
        event["data"] = json.loads(self.file.read(event.get("data_length", 0)) or b"{}")
        self.file.read(event.get("payload_length", 0))
        return event


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, 2 * DEADLINE))


async def say(client: AsyncTcpClient, *events: Any) -> None:
    for event in events:
        await client.write_event(event.event())


async def hear(client: AsyncTcpClient, end: str = "audio-stop") -> tuple[bytes, list[str]]:
    """The sound up to the event `end`, and the types of the events that brought it, runs of chunks as one."""
    sound, kinds, rate = b"", [""], 0
    while kinds[-1] != end:
        event = await client.read_event()
        assert event is not None, (kinds, "the connection was closed")
        assert event.type != "error", event
        if AudioStart.is_type(event.type):
            start = AudioStart.from_event(event)
            assert (start.width, start.channels) == (2, 1)
            rate = start.rate
        if AudioChunk.is_type(event.type):
            chunk = AudioChunk.from_event(event)
            assert (chunk.rate, chunk.width, chunk.channels) == (rate, 2, 1)
            assert chunk.seconds <= 0.1
            sound += chunk.audio
        if event.type != kinds[-1]:
            kinds.append(event.type)
    return sound, kinds[1:]


async def failure(client: AsyncTcpClient) -> Error:
    """The error that comes next but for sound, and after which nothing does."""
    while (event := await client.read_event()) is not None and event.type.startswith("audio-"):
        assert event.type != "audio-stop"
    assert event is not None
    error = Error.from_event(event)
    assert error.text and error.code
    assert await client.read_event() is None
    return error


def hertz(sound: bytes) -> float:
    return peak(from_pcm(sound), 24_000)


def idle(daemon: Daemon) -> bool:
    return bool(daemon.workers()["tone"]["running"] == 0)


def configure(home: Path, **options: float) -> None:
    home.mkdir(exist_ok=True)
    lines = "".join(f'option.{key} = "{value}"\n' for key, value in options.items())
    (home / "config.toml").write_text(f"[engines.tone]\n{lines}")


def frame(kind: str, content: bytes = b"", **head: Any) -> bytes:
    return json.dumps({"type": kind, "data_length": len(content), **head}).encode() + b"\n" + content


PING = frame("ping", b'{"text": "?"}')
