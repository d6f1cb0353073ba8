"""pipecat: real pipelines with its services for OpenAI, Deepgram and ElevenLabs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from pipecat.frames.frames import TTSAudioRawFrame
from pipecat.services.deepgram.tts import DeepgramHttpTTSService, DeepgramTTSService
from pipecat.services.elevenlabs.tts import ElevenLabsHttpTTSService, ElevenLabsTTSService
from pipecat.services.openai.tts import OpenAITTSService
from pipecat.services.tts_service import TextAggregationMode

from tests.clients.engine import frees_itself
from tests.clients.hearing import said, seconds
from tests.clients.pipeline import Talk, contexts, sound, talk, words
from tests.harness import Daemon

DELTAS = ("GOOD ", "MORNING. ", "THE TEA ", "IS READY, ", "MY FRIEND.")
LONG = "THIS IS A LONG STORY, AND NOBODY WILL HEAR THE END OF IT. " * 4
Opening = Callable[..., AbstractAsyncContextManager[Any]]


@asynccontextmanager
async def openai(daemon: Daemon, voice: str = "alloy", model: str = "tone") -> AsyncIterator[Any]:
    settings = OpenAITTSService.Settings(voice=voice, model=model)
    yield OpenAITTSService(api_key="unused", base_url=f"{daemon.url}/v1", settings=settings)


@asynccontextmanager
async def deepgram(daemon: Daemon, voice: str = "tone:tone-200", **given: Any) -> AsyncIterator[Any]:
    settings = DeepgramTTSService.Settings(voice=voice)
    url = f"ws://127.0.0.1:{daemon.port}"
    yield DeepgramTTSService(api_key="unused", base_url=url, settings=settings, **given)


@asynccontextmanager
async def deepgram_http(daemon: Daemon, voice: str = "tone:tone-200") -> AsyncIterator[Any]:
    settings = DeepgramHttpTTSService.Settings(voice=voice)
    async with aiohttp.ClientSession() as session:
        yield DeepgramHttpTTSService(
            api_key="unused", base_url=daemon.url, aiohttp_session=session, settings=settings
        )


@asynccontextmanager
async def elevenlabs(daemon: Daemon, voice: str = "tone-200", **given: Any) -> AsyncIterator[Any]:
    settings = ElevenLabsTTSService.Settings(voice=voice, model="tone")
    url = f"ws://127.0.0.1:{daemon.port}"
    yield ElevenLabsTTSService(api_key="unused", url=url, settings=settings, **given)


@asynccontextmanager
async def elevenlabs_http(daemon: Daemon, voice: str = "tone-200") -> AsyncIterator[Any]:
    settings = ElevenLabsHttpTTSService.Settings(voice=voice, model="tone")
    async with aiohttp.ClientSession() as session:
        yield ElevenLabsHttpTTSService(
            api_key="unused", base_url=daemon.url, aiohttp_session=session, settings=settings
        )


EVERY = (openai, deepgram, deepgram_http, elevenlabs, elevenlabs_http)
SOCKETS = (deepgram, elevenlabs)


def without_spaces(text: str) -> str:
    """Services send sentences with or without the space between them."""
    return text.replace(" ", "")


async def answers(opening: AbstractAsyncContextManager[Any], rate: int, *replies: tuple[str, ...]) -> Any:
    """The frames of each reply."""
    async with opening as service, talk(service, rate) as conversation:
        frames = []
        for reply in replies:
            await conversation.reply(*reply)
            frames.append(await conversation.spoken())
        return frames, conversation.errors()


@pytest.mark.parametrize("service", EVERY, ids=lambda service: str(service.__name__))
def test_replies_are_spoken_in_order(served: Daemon, service: Opening) -> None:
    frames, errors = asyncio.run(answers(service(served), 24_000, DELTAS, ("AND MORE.",)))
    first, second = (said(sound(part), base=200) for part in frames)
    assert without_spaces(first) == without_spaces("".join(DELTAS))
    assert second.rstrip() == "AND MORE."
    assert " ".join(words(frames[0])) == "".join(DELTAS)
    assert errors == []


@pytest.mark.parametrize("service", (deepgram, deepgram_http, elevenlabs, elevenlabs_http))
def test_at_the_rate_of_a_phone(served: Daemon, service: Opening) -> None:
    [frames], errors = asyncio.run(answers(service(served), 8000, DELTAS))
    assert without_spaces(said(sound(frames), 8000, base=200)) == without_spaces("".join(DELTAS))
    assert errors == []


@pytest.mark.parametrize("service", SOCKETS)
def test_text_as_the_model_writes_it(served: Daemon, service: Opening) -> None:
    opening = service(served, text_aggregation_mode=TextAggregationMode.TOKEN)
    tokens = [word + " " for word in LONG.split()]
    [frames], errors = asyncio.run(answers(opening, 24_000, tuple(tokens)))
    assert said(sound(frames), base=200).rstrip() == LONG.rstrip()
    assert errors == []


@pytest.mark.parametrize("ends", (True, False), ids=("after the reply", "amid the reply"))
@pytest.mark.parametrize("service", SOCKETS)
def test_an_interruption(real_time: None, served: Daemon, service: Opening, ends: bool) -> None:
    def heard(frames: list[Any]) -> bool:
        return seconds(sound(frames)) > 0.3

    async def interrupted(conversation: Talk) -> tuple[list[Any], list[Any]]:
        await conversation.reply(LONG, ends=ends)
        old = await conversation.until(heard)
        await conversation.interrupt()
        await conversation.reply("SOMETHING ELSE.")
        return old, await conversation.spoken()

    async def run() -> tuple[list[Any], list[Any], list[str]]:
        async with service(served) as made, talk(made) as conversation:
            old, new = await interrupted(conversation)
            again: list[Any] = []
            await conversation.reply("STILL THERE?")
            again = await conversation.spoken()
            assert said(sound(again), base=200).rstrip() == "STILL THERE?"
            return old, new, conversation.errors()

    old, new, errors = asyncio.run(run())
    [before] = contexts(old)
    late = [f for f in new if isinstance(f, TTSAudioRawFrame) and f.context_id == before]
    fresh = [f for f in new if isinstance(f, TTSAudioRawFrame) and f.context_id != before]
    assert LONG.startswith(said(sound(old) + sound(late), base=200)[:-1])  # the last may be cut
    assert said(sound(fresh), base=200).rstrip() == "SOMETHING ELSE."
    assert errors == []


@pytest.mark.parametrize("service", SOCKETS)
def test_a_cold_start_is_longer_than_pipecat_waits(
    slow_load: float, served: Daemon, service: Opening
) -> None:
    [frames], errors = asyncio.run(answers(service(served), 24_000, DELTAS))
    assert without_spaces(said(sound(frames), base=200)) == without_spaces("".join(DELTAS))
    assert errors == []


async def complaint(opening: AbstractAsyncContextManager[Any]) -> str:
    async with opening as service, talk(service) as conversation:
        await conversation.reply("GOOD MORNING.")
        return await conversation.error()


@pytest.mark.parametrize(
    ("service", "given", "words"),
    [
        (openai, {"model": "nonsense"}, "nonsense"),
        (deepgram, {"voice": "tone:nobody"}, "unknown tone voice 'nobody'"),
        (deepgram_http, {"voice": "tone:nobody"}, "unknown tone voice 'nobody'"),
        (elevenlabs_http, {"voice": "nobody"}, "unknown tone voice 'nobody'"),
    ],
)
def test_what_is_wrong_is_an_error_frame(
    served: Daemon, service: Opening, given: dict[str, str], words: str
) -> None:
    assert words in asyncio.run(complaint(service(served, **given)))


def test_what_is_wrong_is_logged_by_the_service_for_elevenlabs(
    served: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its error frame says no more than that nothing was heard."""
    assert asyncio.run(complaint(elevenlabs(served, voice="nobody")))
    assert "unknown tone voice 'nobody'" in capsys.readouterr().err


@pytest.mark.parametrize("service", SOCKETS)
def test_an_interruption_frees_the_engine(real_time: None, served: Daemon, service: Opening) -> None:
    async def run() -> bool:
        async with service(served) as made, talk(made) as conversation:
            await conversation.reply(LONG)
            await conversation.until(lambda frames: bool(sound(frames)))
            await conversation.interrupt()
            return await asyncio.to_thread(frees_itself, served)

    assert asyncio.run(run())
