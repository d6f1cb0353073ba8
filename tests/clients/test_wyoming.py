"""The Wyoming protocol by its own package, as Home Assistant uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

from tests.clients.engine import frees_itself
from tests.clients.hearing import said
from tests.harness import Daemon, Start, free_port

TEXT = "GOOD MORNING. THE TEA IS READY."
LONG = "THIS IS A LONG STORY, AND NOBODY WILL HEAR THE END OF IT. " * 4
VOICE = SynthesizeVoice(name="tone-400")


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def house(start: Start, port: int) -> Daemon:
    return start(VOX_CACHE="false", VOX_ENGINE="tone", VOX_WYOMING_PORT=str(port))


def with_client(port: int, do: Callable[[AsyncTcpClient], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with AsyncTcpClient("127.0.0.1", port, connect_timeout=5, read_timeout=30) as client:
            return await do(client)

    return asyncio.run(run())


async def event(client: AsyncTcpClient) -> Event:
    found = await client.read_event()
    assert found is not None, "the daemon closed the connection"
    assert not Error.is_type(found.type), found.data
    return found


async def audio(client: AsyncTcpClient) -> tuple[bytes, int]:
    """One run of audio, and its rate in Hz."""
    opening = AudioStart.from_event(await event(client))
    assert (opening.width, opening.channels) == (2, 1)
    sound = b""
    while not AudioStop.is_type((found := await event(client)).type):
        chunk = AudioChunk.from_event(found)
        assert (chunk.rate, chunk.width, chunk.channels) == (opening.rate, 2, 1)
        sound += chunk.audio
    return sound, opening.rate


async def streamed(client: AsyncTcpClient, text: str) -> bytes:
    """As Home Assistant does it: word by word, and once more as a whole for servers that can't."""
    await client.write_event(SynthesizeStart(voice=VOICE).event())
    for word in text.split():
        await client.write_event(SynthesizeChunk(text=f"{word} ").event())
    await client.write_event(Synthesize(text=text, voice=VOICE).event())
    await client.write_event(SynthesizeStop().event())
    sound = b""
    while not SynthesizeStopped.is_type((found := await event(client)).type):
        if AudioChunk.is_type(found.type):
            sound += AudioChunk.from_event(found).audio
        else:
            assert AudioStart.is_type(found.type) or AudioStop.is_type(found.type)
    return sound


def test_it_says_what_it_can(house: Daemon, port: int) -> None:
    async def ask(client: AsyncTcpClient) -> Info:
        await client.write_event(Describe().event())
        return Info.from_event(await event(client))

    info = with_client(port, ask)
    assert info.tts and not info.asr
    assert all(program.installed and program.attribution.name for program in info.tts)
    assert all(program.supports_synthesize_streaming for program in info.tts)
    voices = [voice for program in info.tts for voice in program.voices]
    assert voices and all(voice.name and voice.languages for voice in voices)


def test_a_whole_text(house: Daemon, port: int) -> None:
    async def speak(client: AsyncTcpClient) -> tuple[bytes, int]:
        await client.write_event(Synthesize(text=TEXT, voice=VOICE).event())
        return await audio(client)

    sound, rate = with_client(port, speak)
    assert (said(sound, rate), rate) == (TEXT, 24_000)


def test_one_text_after_another(house: Daemon, port: int) -> None:
    async def speak(client: AsyncTcpClient) -> list[bytes]:
        sounds = []
        for text in ("THE FIRST ONE.", "THE SECOND ONE."):
            await client.write_event(Synthesize(text=text).event())
            sounds.append((await audio(client))[0])
        return [*sounds, await streamed(client, TEXT)]

    first, second, third = with_client(port, speak)
    assert (said(first), said(second)) == ("THE FIRST ONE.", "THE SECOND ONE.")
    assert said(third).split() == TEXT.split()


def test_text_that_is_written_word_by_word(house: Daemon, port: int) -> None:
    assert said(with_client(port, lambda client: streamed(client, TEXT))).split() == TEXT.split()


def test_a_cold_start(slow_load: float, house: Daemon, port: int) -> None:
    assert said(with_client(port, lambda client: streamed(client, TEXT))).split() == TEXT.split()


def test_leaving_frees_the_engine(real_time: None, house: Daemon, port: int) -> None:
    async def leave(client: AsyncTcpClient) -> None:
        await client.write_event(Synthesize(text=LONG, voice=VOICE).event())
        while not AudioChunk.is_type((await event(client)).type):
            pass

    with_client(port, leave)
    assert frees_itself(house)


def test_what_is_wrong_is_an_error_and_the_end(house: Daemon, port: int) -> None:
    """Home Assistant looks at no error, but it does notice the end."""

    async def ask(client: AsyncTcpClient) -> tuple[Event | None, Event | None]:
        nobody = SynthesizeVoice(name="tone:nobody")
        await client.write_event(Synthesize(text=TEXT, voice=nobody).event())
        return await client.read_event(), await client.read_event()

    found, end = with_client(port, ask)
    assert found is not None and Error.is_type(found.type)
    assert "unknown tone voice 'nobody'" in Error.from_event(found).text
    assert end is None


def test_events_of_other_services_are_passed_over(house: Daemon, port: int) -> None:
    async def speak(client: AsyncTcpClient) -> tuple[bytes, int]:
        await client.write_event(Event("run-satellite"))
        await client.write_event(Event("never-heard-of", {"a": [1]}, b"payload"))
        await client.write_event(Synthesize(text=TEXT, voice=VOICE).event())
        return await audio(client)

    assert said(with_client(port, speak)[0]) == TEXT


def test_ping(house: Daemon, port: int) -> None:
    async def ping(client: AsyncTcpClient) -> Pong:
        await client.write_event(Ping(text="there?").event())
        return Pong.from_event(await event(client))

    assert with_client(port, ping).text == "there?"
