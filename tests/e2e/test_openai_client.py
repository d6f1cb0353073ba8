"""OpenAI's own Python client against a real daemon: every format, streaming, events, errors, retries."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import av
import httpx
import openai
import pytest

from tests.harness import Daemon, Start

TEXT = "The sky above the port was the color of television, tuned to a dead channel."


@pytest.fixture
def served(start: Start) -> Daemon:
    return start(tcp=True, VOX_CACHE="false")


@pytest.fixture
def client(served: Daemon) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key="unused", max_retries=0) as client:
        yield client


def duration(data: bytes, format: str) -> float:
    """Seconds, by decoding it with a decoder that nobody here wrote."""
    if format in ("pcm", "ulaw", "alaw"):
        return len(data) / (48_000 if format == "pcm" else 8_000)
    with av.open(BytesIO(data), "r") as container:
        frames = container.decode(container.streams.audio[0])
        return sum(frame.samples / frame.sample_rate for frame in frames)


@pytest.mark.parametrize(
    ("format", "media_type"),
    [
        ("mp3", "audio/mpeg"),
        ("opus", "audio/ogg"),
        ("aac", "audio/aac"),
        ("flac", "audio/flac"),
        ("wav", "audio/wav"),
        ("pcm", "audio/pcm"),
    ],
)
def test_every_format_is_what_it_says(client: openai.OpenAI, format: Any, media_type: str) -> None:
    answer = client.audio.speech.with_raw_response.create(
        model="tts-1", voice="alloy", input=TEXT, response_format=format
    )
    assert answer.headers["content-type"] == media_type
    assert 3.0 < duration(answer.content, format) < 8.0


def test_mp3_is_the_default(client: openai.OpenAI) -> None:
    answer = client.audio.speech.with_raw_response.create(model="tts-1", voice="nova", input="Hello.")
    assert answer.headers["content-type"] == "audio/mpeg"


def test_audio_streams_while_it_is_made(client: openai.OpenAI) -> None:
    with client.audio.speech.with_streaming_response.create(
        model="tone", voice="default", input="abcdefghij " * 40, response_format="mp3",
        extra_body={"options": {"pace": 4}},
    ) as answer:  # fmt: skip
        assert "content-length" not in answer.headers
        chunks = sum(1 for _ in answer.iter_bytes(256))
    assert chunks > 20


def test_speed_changes_the_duration(client: openai.OpenAI) -> None:
    def length(speed: float) -> float:
        answer = client.audio.speech.create(
            model="tts-1", voice="alloy", input=TEXT, response_format="pcm", speed=speed
        )
        return duration(answer.read(), "pcm")

    normal = length(1.0)
    assert 0.8 < length(2.0) * 2 / normal < 1.2
    assert 0.7 < length(4.0) * 4 / normal < 1.3
    assert 0.7 < length(0.25) * 0.25 / normal < 1.3


def test_the_thirteen_names_are_voices(client: openai.OpenAI) -> None:
    names = "alloy ash ballad coral echo fable onyx nova sage shimmer verse marin cedar".split()  # noqa: SIM905
    for name in names:
        assert client.audio.speech.create(
            model="tts-1", voice=name, input="Hi.", response_format="wav"
        ).read()


def test_a_voice_may_be_an_object(served: Daemon) -> None:
    body = {"model": "espeak", "input": "Hi.", "voice": {"id": "en-gb"}, "response_format": "wav"}
    assert served.http.post("/v1/audio/speech", json=body).status_code == 200


def test_models_and_voices_are_listed(client: openai.OpenAI, served: Daemon) -> None:
    ids = {model.id for model in client.models.list()}
    assert {"espeak", "tts-1"} <= ids
    assert "tone" not in ids
    assert client.models.retrieve("espeak").owned_by == "vox"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nonsense")
    voices = httpx.get(f"{served.url}/v1/audio/voices?model=espeak").json()["voices"]
    assert {"en-us", "de", "cmn"} <= {voice["id"] for voice in voices}
    assert all(voice["name"] and voice["model"] == "espeak" for voice in voices)
    assert {"id": "espeak"} in httpx.get(f"{served.url}/v1/audio/models").json()["models"]


@pytest.mark.parametrize(
    ("fields", "kind", "param", "words"),
    [
        ({"model": "kokro"}, openai.NotFoundError, "model", "did you mean kokoro"),
        ({"voice": "en-uss"}, openai.BadRequestError, "voice", "en-us"),
        ({"response_format": "mp4"}, openai.BadRequestError, "response_format", "mp3"),
        ({"speed": 9}, openai.BadRequestError, "speed", "0.25"),
        ({"input": " "}, openai.BadRequestError, "input", "nothing to say"),
        ({"input": "a" * 20_001}, openai.BadRequestError, "input", "20,000"),
        ({"input": 3}, openai.BadRequestError, "input", "expected `str`"),
        ({"stream_format": "ogg"}, openai.BadRequestError, "stream_format", "invalid"),
        ({"extra_body": {"lang": "xx"}}, openai.BadRequestError, "lang", "xx"),
        ({"extra_body": {"sample_rate": 12345}}, openai.BadRequestError, "sample_rate", "24000"),
        ({"extra_body": {"keep_alive": "soon"}}, openai.BadRequestError, "keep_alive", "30m"),
    ],
)
def test_what_is_wrong_is_named(
    client: openai.OpenAI,
    fields: dict[str, object],
    kind: type[openai.APIStatusError],
    param: str,
    words: str,
) -> None:
    wanted: dict[str, object] = {"model": "espeak", "voice": "en-us", "input": "Hello."}
    with pytest.raises(kind) as caught:
        client.audio.speech.create(**(wanted | fields))  # type: ignore[arg-type]
    assert caught.value.param == param
    assert words in str(caught.value)
    assert caught.value.type == "invalid_request_error"


def test_events_count_a_cached_answer_like_a_fresh_one(start: Start) -> None:
    daemon = start()
    body = {"model": "tone", "input": "abcdefghij" * 5, "stream_format": "sse"}
    ends = [daemon.http.post("/v1/audio/speech", json=body).text.splitlines()[-2] for _ in range(2)]
    assert ends[0] == ends[1]
    assert '"output_tokens":20,' in ends[0]  # one second


def test_events_carry_the_audio_and_end_in_usage(served: Daemon) -> None:
    body = {
        "model": "tts-1",
        "voice": "alloy",
        "input": TEXT,
        "response_format": "pcm",
        "stream_format": "sse",
    }
    with httpx.stream("POST", f"{served.url}/v1/audio/speech", json=body, timeout=30) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        lines = [line for line in answer.iter_lines() if line.startswith("data: ")]
    events = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert {event["type"] for event in events[:-1]} == {"speech.audio.delta"}
    assert events[-1]["type"] == "speech.audio.done"
    usage = events[-1]["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 0
    audio = b"".join(base64.b64decode(event["audio"]) for event in events[:-1])
    assert 3.0 < duration(audio, "pcm") < 8.0


def test_a_failure_after_the_head_is_an_event(served: Daemon) -> None:
    body = {
        "model": "tone", "input": "abcdef", "response_format": "pcm", "stream_format": "sse",
        "options": {"fail_at": 4000, "pace": 1},
    }  # fmt: skip
    with httpx.stream("POST", f"{served.url}/v1/audio/speech", json=body, timeout=30) as answer:
        events = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
    assert events[-1]["type"] == "speech.audio.error"
    assert events[-1]["error"]["message"]
    assert "speech.audio.done" not in {event["type"] for event in events}


def test_the_client_retries_when_the_queue_is_full(start: Start) -> None:
    served = start(tcp=True, VOX_CACHE="false", VOX_QUEUE="1")
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key="unused", max_retries=5) as client:
        with served.stream("abcdefgh", options={"pace": 1}) as slow:
            chunks = slow.iter_bytes(960)
            next(chunks)
            refused = served.speak("abc")
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
            assert refused.json()["error"]["type"] == "rate_limit_error"
            chunks.close()
        # the one place is free again before the client's second try
        assert client.audio.speech.create(model="tone", voice="default", input="abc").read()
