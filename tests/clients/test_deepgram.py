"""Deepgram's own client: text and sound over a WebSocket, and the plain request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from deepgram import AsyncDeepgramClient, DeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.speak.v1.types import SpeakV1Text
from websockets.exceptions import InvalidStatus

from tests.clients.hearing import expanded, said, said_of, seconds
from tests.harness import Daemon

TEXT = "GOOD MORNING. THE TEA IS READY."
VOICE = "tone:tone-400"
LONG = "THIS IS A LONG STORY, AND NOBODY WILL HEAR THE END OF IT. " * 4


def environment(daemon: Daemon) -> DeepgramClientEnvironment:
    socket = f"ws://127.0.0.1:{daemon.port}"
    return DeepgramClientEnvironment(base=daemon.url, production=socket, agent=socket, agent_rest=daemon.url)


@pytest.fixture
def client(served: Daemon) -> DeepgramClient:
    return DeepgramClient(api_key="unused", environment=environment(served))


def until(kind: str, messages: Iterator[Any]) -> tuple[bytes, Any]:
    """The sound up to the message of that type, and the message."""
    sound = b""
    for message in messages:
        if isinstance(message, bytes):
            sound += message
        elif message.type == kind:
            return sound, message
        else:
            assert message.type == "Metadata"
    raise AssertionError(f"no {kind} came")


def test_text_that_is_written_bit_by_bit(client: DeepgramClient) -> None:
    with client.speak.v1.connect(model=VOICE, encoding="linear16", sample_rate=24000) as socket:
        for word in TEXT.split():
            socket.send_text(SpeakV1Text(text=f"{word} "))
        socket.send_flush()
        sound, flushed = until("Flushed", iter(socket))
        assert said(sound).rstrip() == TEXT
        assert isinstance(flushed.sequence_id, int)


def test_several_flushes_and_the_end(client: DeepgramClient) -> None:
    with client.speak.v1.connect(model=VOICE, encoding="linear16", sample_rate=24000) as socket:
        messages = iter(socket)
        numbers = []
        for text in ("THE FIRST ONE.", "THE SECOND ONE."):
            socket.send_text(SpeakV1Text(text=text))
            socket.send_flush()
            sound, flushed = until("Flushed", messages)
            assert said(sound) == text
            numbers.append(flushed.sequence_id)
        assert numbers[1] == numbers[0] + 1
        socket.send_close()
        assert [message for message in messages if isinstance(message, bytes)] == []  # and it ends cleanly


def test_close_speaks_what_was_sent(client: DeepgramClient) -> None:
    with client.speak.v1.connect(model=VOICE, encoding="linear16", sample_rate=24000) as socket:
        socket.send_text(SpeakV1Text(text=TEXT))
        socket.send_close()
        assert said(b"".join(message for message in socket if isinstance(message, bytes))) == TEXT


def test_clear_stops_at_once(real_time: None, client: DeepgramClient) -> None:
    with client.speak.v1.connect(model=VOICE, encoding="linear16", sample_rate=24000) as socket:
        messages = iter(socket)
        socket.send_text(SpeakV1Text(text=LONG))
        socket.send_flush()
        heard = b""
        while seconds(heard) < 0.2:
            message = next(messages)
            heard += message if isinstance(message, bytes) else b""
        socket.send_clear()
        rest, cleared = until("Cleared", messages)
        assert isinstance(cleared.sequence_id, int)
        assert LONG.startswith(said(heard + rest)[:-1])  # the last may be cut
        assert seconds(heard + rest) < 1
        socket.send_text(SpeakV1Text(text="SOMETHING ELSE."))
        socket.send_flush()
        sound, _ = until("Flushed", messages)  # that of the long story never comes
        assert said(sound) == "SOMETHING ELSE."


def test_the_phone_line(client: DeepgramClient) -> None:
    with client.speak.v1.connect(model=VOICE, encoding="mulaw", sample_rate=8000) as socket:
        socket.send_text(SpeakV1Text(text=TEXT))
        socket.send_flush()
        sound, _ = until("Flushed", iter(socket))
    assert said_of(expanded(sound), 8000) == TEXT


def test_a_cold_start_says_that_it_loads(slow_load: float, client: DeepgramClient) -> None:
    with client.speak.v1.connect(model=VOICE, encoding="linear16", sample_rate=24000) as socket:
        socket.send_text(SpeakV1Text(text=TEXT))
        socket.send_flush()
        messages = []
        while getattr(message := socket.recv(), "type", "") != "Flushed":
            messages.append(message)
    assert said(b"".join(message for message in messages if isinstance(message, bytes))) == TEXT
    told = [message for message in messages if not isinstance(message, bytes)]
    assert len(told) > 1  # the first comes with the connection
    assert all(isinstance(message.request_id, str) for message in told)


def test_the_asynchronous_client(served: Daemon) -> None:
    async def speak(text: str) -> bytes:
        client = AsyncDeepgramClient(api_key="unused", environment=environment(served))
        sound = b""
        async with client.speak.v1.connect(model=VOICE, encoding="linear16", sample_rate="24000") as socket:
            await socket.send_text(SpeakV1Text(text=text))
            await socket.send_flush()
            async for message in socket:
                if not isinstance(message, bytes) and message.type == "Flushed":
                    break
                sound += message if isinstance(message, bytes) else b""
        return sound

    async def together() -> list[bytes]:
        return await asyncio.gather(*(speak(f"CALLER {number} HERE.") for number in range(5)))

    assert [said(sound) for sound in asyncio.run(together())] == [f"CALLER {n} HERE." for n in range(5)]


def test_an_unknown_voice_is_refused_at_the_door(served: Daemon, client: DeepgramClient) -> None:
    async def knock() -> None:
        caller = AsyncDeepgramClient(api_key="unused", environment=environment(served))
        async with caller.speak.v1.connect(model="tone:nobody"):
            pass

    with pytest.raises(ApiError) as caught:
        asyncio.run(knock())
    assert caught.value.status_code == 400
    # the blocking client lets the exception of its WebSocket library through, with the header that says why
    with pytest.raises(InvalidStatus) as refused, client.speak.v1.connect(model="tone:nobody"):
        pass
    assert refused.value.response.status_code == 400
    assert "unknown tone voice 'nobody'" in refused.value.response.headers["dg-error"]


def test_the_plain_request(client: DeepgramClient) -> None:
    generate = client.speak.v1.audio.generate
    plain = {"text": TEXT, "model": VOICE, "container": "none"}
    assert said(b"".join(generate(encoding="linear16", sample_rate=24000, **plain))) == TEXT
    assert said(b"".join(generate(encoding="linear16", sample_rate=8000, **plain)), 8000) == TEXT
    sound = b"".join(generate(encoding="mulaw", sample_rate=8000, **plain))
    assert said_of(expanded(sound), 8000) == TEXT
    assert b"".join(generate(text=TEXT, model=VOICE))[:1] in (b"\xff", b"I")  # MP3, as at Deepgram


def test_the_plain_request_says_what_is_wrong(client: DeepgramClient) -> None:
    with pytest.raises(ApiError) as caught:
        b"".join(client.speak.v1.audio.generate(text=TEXT, model="tone:nobody", encoding="linear16"))
    assert caught.value.status_code == 400
    assert "unknown tone voice 'nobody'" in str(caught.value.body)
