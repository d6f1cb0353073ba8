"""ElevenLabs' own client: requests, lists, and its WebSocket."""

from __future__ import annotations

import ssl
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from elevenlabs.client import ElevenLabs
from elevenlabs.core.api_error import ApiError
from websockets.exceptions import ConnectionClosed, InvalidMessage

from tests.clients.hearing import expanded, said, said_of
from tests.harness import Daemon

TEXT = "GOOD MORNING. THE TEA IS READY."


@pytest.fixture
def client(served: Daemon) -> ElevenLabs:
    return ElevenLabs(base_url=served.url, api_key="unused")


@pytest.mark.parametrize("way", ("convert", "stream"))
def test_requests(client: ElevenLabs, way: str) -> None:
    speak = getattr(client.text_to_speech, way)
    for model in ("tone", "eleven_flash_v2_5"):
        pieces = speak("tone-400", text=TEXT, model_id=model, output_format="pcm_24000")
        assert said(b"".join(pieces)) == TEXT
    assert said(b"".join(speak("tone-900", text=TEXT, output_format="pcm_8000")), 8000, 900) == TEXT
    sound = b"".join(speak("tone-400", text=TEXT, output_format="ulaw_8000"))
    assert said_of(expanded(sound), 8000) == TEXT
    assert b"".join(speak("tone-400", text=TEXT))[:1] in (b"\xff", b"I")  # MP3


def test_characters_are_timed(client: ElevenLabs) -> None:
    answer = client.text_to_speech.convert_with_timestamps("tone-400", text=TEXT, output_format="pcm_24000")
    assert said(b64decode(answer.audio_base_64)) == TEXT
    pieces = list(
        client.text_to_speech.stream_with_timestamps("tone-400", text=TEXT, output_format="pcm_24000")
    )
    assert said(b"".join(b64decode(piece.audio_base_64) for piece in pieces)) == TEXT
    for timed in (answer.alignment, *(piece.alignment for piece in pieces)):
        if timed is not None:  # an engine need not know
            starts, ends = timed.character_start_times_seconds, timed.character_end_times_seconds
            assert len(timed.characters) == len(starts) == len(ends)
            assert all(start <= end for start, end in zip(starts, ends, strict=True))


def test_voices_are_listed_page_by_page(client: ElevenLabs) -> None:
    page = client.voices.search()
    found = [voice.voice_id for voice in page.voices]
    while page.has_more:
        page = client.voices.search(next_page_token=page.next_page_token)
        found += [voice.voice_id for voice in page.voices]
    assert "tone-400" in found
    assert len(set(found)) == len(found) == page.total_count
    assert [voice.voice_id for voice in client.voices.get_all().voices] == found


def test_models_are_listed(client: ElevenLabs) -> None:
    models = client.models.list()
    assert models and all(model.model_id and model.can_do_text_to_speech for model in models)


def test_what_is_wrong_is_the_clients_own_exception(client: ElevenLabs) -> None:
    with pytest.raises(ApiError) as caught:
        b"".join(client.text_to_speech.convert("nobody", text=TEXT, model_id="tone"))
    assert caught.value.status_code in (400, 404)
    assert "unknown tone voice 'nobody'" in str(caught.value.body)
    with pytest.raises(ApiError, match="output_format"):
        b"".join(client.text_to_speech.convert("tone-400", text=TEXT, output_format="pcm_1"))


def written() -> Iterator[str]:
    for word in TEXT.split():
        yield f"{word} "


def test_its_websocket_wants_tls(client: ElevenLabs) -> None:
    """So it can't reach a daemon on loopback as it stands."""
    with pytest.raises((ssl.SSLError, InvalidMessage, ConnectionError, EOFError)):
        list(client.text_to_speech.convert_realtime("tone-400", text=written()))


@pytest.fixture
def plain(client: ElevenLabs, served: Daemon) -> ElevenLabs:
    """The same client, but for the scheme of its WebSocket's address."""
    speech: Any = client.text_to_speech
    speech._ws_base_url = f"ws://127.0.0.1:{served.port}"
    return client


def test_text_that_is_written_word_by_word(plain: ElevenLabs) -> None:
    pieces = plain.text_to_speech.convert_realtime(
        "tone-400", text=written(), model_id="tone", output_format="pcm_24000"
    )
    assert said(b"".join(pieces)).split() == TEXT.split()


def test_an_unknown_voice_on_the_websocket(plain: ElevenLabs) -> None:
    with pytest.raises((ApiError, ConnectionClosed)) as caught:
        list(plain.text_to_speech.convert_realtime("nobody", text=written(), model_id="tone"))
    assert "unknown tone voice 'nobody'" in str(caught.value)
