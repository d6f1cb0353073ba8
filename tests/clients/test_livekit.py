"""livekit-agents: its plug-ins for OpenAI, Deepgram and ElevenLabs, whole texts and streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from livekit.agents import APIConnectOptions, APIError, APIStatusError, utils
from livekit.plugins import deepgram, elevenlabs, openai

from tests.clients.engine import frees_itself
from tests.clients.hearing import said, seconds
from tests.harness import Daemon

TEXT = "GOOD MORNING. THE TEA IS READY."
LONG = "THIS IS A LONG STORY, AND NOBODY WILL HEAR THE END OF IT. " * 4
ONCE = APIConnectOptions(max_retry=0)
HASTY = APIConnectOptions(max_retry=0, timeout=3)
Opening = Callable[..., AbstractAsyncContextManager[Any]]


@asynccontextmanager
async def _opened(make: Callable[[], Any]) -> AsyncIterator[Any]:
    async with utils.http_context.open():
        speaker = make()
        try:
            yield speaker
        finally:
            await speaker.aclose()


def by_openai(daemon: Daemon, **given: Any) -> AbstractAsyncContextManager[Any]:
    options = {"model": "tone", "voice": "tone-400", "response_format": "pcm"} | given
    return _opened(lambda: openai.TTS(base_url=f"{daemon.url}/v1", api_key="unused", **options))


def by_deepgram(daemon: Daemon, **given: Any) -> AbstractAsyncContextManager[Any]:
    options = {"model": "tone:tone-400"} | given
    return _opened(lambda: deepgram.TTS(base_url=f"{daemon.url}/v1/speak", api_key="unused", **options))


def by_elevenlabs(daemon: Daemon, **given: Any) -> AbstractAsyncContextManager[Any]:
    options = {"voice_id": "tone-400", "model": "tone", "encoding": "pcm_24000"} | given
    return _opened(lambda: elevenlabs.TTS(base_url=f"{daemon.url}/v1", api_key="unused", **options))


EVERY = (by_openai, by_deepgram, by_elevenlabs)
STREAMS = (by_deepgram, by_elevenlabs)


async def whole(opening: AbstractAsyncContextManager[Any], text: str = TEXT) -> bytes:
    async with opening as speaker:
        frame = await speaker.synthesize(text, conn_options=ONCE).collect()
        return bytes(frame.data)


async def streamed(speaker: Any, text: str, options: APIConnectOptions = ONCE) -> bytes:
    """A text that is written word by word."""
    sound = b""
    async with speaker.stream(conn_options=options) as stream:
        for word in text.split():
            stream.push_text(f"{word} ")
        stream.end_input()
        async for event in stream:
            sound += bytes(event.frame.data)
    return sound


@pytest.mark.parametrize("service", EVERY)
def test_a_whole_text(served: Daemon, service: Opening) -> None:
    assert said(asyncio.run(whole(service(served)))) == TEXT


@pytest.mark.parametrize("model", ("tone", "tts-1"), ids=("as events", "as audio"))
@pytest.mark.parametrize("format", ("mp3", "opus", "aac", "flac", "wav"))
def test_every_format_that_the_plug_in_decodes(served: Daemon, model: str, format: str) -> None:
    sound = asyncio.run(whole(by_openai(served, model=model, response_format=format)))
    assert 0.95 < seconds(sound) / (0.02 * len(TEXT)) < 1.2
    if format == "wav":  # the plug-in's decoder drops the first packet of FLAC
        assert said(sound) == TEXT


@pytest.mark.parametrize("service", STREAMS)
def test_text_that_is_written_word_by_word(served: Daemon, service: Opening) -> None:
    async def run() -> list[bytes]:
        async with service(served) as speaker:
            return [await streamed(speaker, text) for text in (TEXT, "AND ONCE MORE.")]

    assert [said(sound).rstrip() for sound in asyncio.run(run())] == [TEXT, "AND ONCE MORE."]


@pytest.mark.parametrize("service", STREAMS)
def test_several_at_once(served: Daemon, service: Opening) -> None:
    texts = [f"CALLER {number} HERE." for number in range(5)]

    async def run() -> list[bytes]:
        async with service(served) as speaker:
            return await asyncio.gather(*(streamed(speaker, text) for text in texts))

    assert [said(sound).rstrip() for sound in asyncio.run(run())] == texts


@pytest.mark.parametrize("service", STREAMS)
def test_leaving_amid_the_speech(real_time: None, served: Daemon, service: Opening) -> None:
    async def run() -> None:
        async with service(served) as speaker:
            async with speaker.stream(conn_options=ONCE) as stream:
                stream.push_text(LONG)
                stream.flush()
                await anext(aiter(stream))
            if service is by_elevenlabs:  # the other one closes its connection when it needs another
                assert await asyncio.to_thread(frees_itself, served)
            assert said(await streamed(speaker, "SOMETHING ELSE.")).rstrip() == "SOMETHING ELSE."
            assert await asyncio.to_thread(frees_itself, served)

    asyncio.run(run())


@pytest.mark.parametrize("service", STREAMS)
def test_a_cold_start_is_longer_than_the_plug_in_waits(
    slow_load: float, served: Daemon, service: Opening
) -> None:
    async def run() -> bytes:
        async with service(served) as speaker:
            return await streamed(speaker, TEXT, HASTY)

    assert HASTY.timeout < slow_load
    assert said(asyncio.run(run())).rstrip() == TEXT


def test_voices_are_listed(served: Daemon) -> None:
    async def run() -> list[Any]:
        async with by_elevenlabs(served) as speaker:
            voices: list[Any] = await speaker.list_voices()
            return voices

    voices = asyncio.run(run())
    assert "tone-400" in {voice.id for voice in voices}
    assert all(voice.name and voice.category for voice in voices)


@pytest.mark.parametrize(
    ("service", "given"),
    [
        (by_openai, {"voice": "nobody"}),
        (by_deepgram, {"model": "tone:nobody"}),
        (by_elevenlabs, {"voice_id": "nobody"}),
    ],
)
def test_what_is_wrong_with_a_whole_text(served: Daemon, service: Opening, given: dict[str, str]) -> None:
    with pytest.raises(APIStatusError) as caught:
        asyncio.run(whole(service(served, **given)))
    assert caught.value.status_code in (400, 404)
    if service is by_openai:  # the others read no more than the status
        assert "unknown tone voice 'nobody'" in caught.value.message


@pytest.mark.parametrize(
    ("service", "given"), [(by_deepgram, {"model": "tone:nobody"}), (by_elevenlabs, {"voice_id": "nobody"})]
)
def test_what_is_wrong_with_a_stream(served: Daemon, service: Opening, given: dict[str, str]) -> None:
    async def run() -> None:
        async with service(served, **given) as speaker:
            await streamed(speaker, TEXT)

    with pytest.raises(APIError) as caught:
        asyncio.run(run())
    if service is by_elevenlabs:  # of a refused handshake the other one reads no more than the status
        assert "unknown tone voice 'nobody'" in str(caught.value.__cause__)
