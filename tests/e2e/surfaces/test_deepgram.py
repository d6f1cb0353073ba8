"""Deepgram's protocol, by plain WebSockets: what its own clients don't show."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e.surfaces.deepgram import A, line, say, until
from tests.harness import Daemon, Start, eventually
from tests.sounds import from_pcm, from_ulaw, peak


@pytest.fixture
def daemon(start: Start) -> Daemon:
    return start(tcp=True, VOX_CACHE="false")


def test_words_become_one_sound_and_one_flushed(daemon: Daemon) -> None:
    with line(daemon, "model=tone:tone-400&encoding=linear16&sample_rate=24000") as ws:
        for _ in range(20):
            say(ws, type="Speak", text="aaaaaaaaa ")
        say(ws, type="Flush")
        sound, flushed = until(ws, "Flushed")
        assert flushed["sequence_id"] == 0
        assert len(sound) / 48 == pytest.approx(200 * 20, abs=20)
        assert peak(from_pcm(sound)[:9000], 24000) == pytest.approx(A, abs=2)
        say(ws, type="Speak", text="bb")
        say(ws, type="Flush")
        assert until(ws, "Flushed")[1]["sequence_id"] == 1


@pytest.mark.parametrize("rate", [8000, 16000])
def test_mulaw_for_the_phone(daemon: Daemon, rate: int) -> None:
    with line(daemon, f"model=tone:tone-400&encoding=mulaw&sample_rate={rate}") as ws:
        say(ws, type="Speak", text="a" * 50)
        say(ws, type="Flush")
        sound, _ = until(ws, "Flushed")
    assert len(sound) == rate
    assert peak(from_ulaw(sound), rate) == pytest.approx(A, abs=2)


def test_nothing_of_the_old_comes_after_cleared(start: Start, home: Any) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[engines.tone]\noption.pace = "4"\n')
    daemon = start(tcp=True, VOX_CACHE="false")
    with line(daemon, "model=tone:tone-400&encoding=linear16&sample_rate=24000") as ws:
        say(ws, type="Speak", text="a" * 3000)
        say(ws, type="Flush")
        assert isinstance(ws.recv(timeout=20), bytes)
        say(ws, type="Clear")
        assert until(ws, "Cleared")[1]["sequence_id"] == 0
        say(ws, type="Speak", text="b" * 50)
        say(ws, type="Flush")
        sound, flushed = until(ws, "Flushed")
        assert flushed["sequence_id"] == 1
        assert len(sound) / 48 == 1000
        assert peak(from_pcm(sound), 24000) == pytest.approx(A + 50, abs=2)
    eventually(lambda: daemon.workers()["tone"]["running"] == 0, "the end of the old speech")


def test_a_line_that_is_dropped_frees_the_engine(start: Start, home: Any) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[engines.tone]\noption.pace = "1"\n')
    daemon = start(tcp=True, VOX_CACHE="false")
    with line(daemon) as ws:
        say(ws, type="Speak", text="a" * 3000)
        say(ws, type="Flush")
        ws.recv(timeout=20)
        assert daemon.workers()["tone"]["running"] == 1
    eventually(lambda: daemon.workers()["tone"]["running"] == 0, "the cancel")


def test_a_load_is_told_of(start: Start, home: Any) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[engines.tone]\noption.load_seconds = "6"\n')
    daemon = start(tcp=True, VOX_CACHE="false")
    with line(daemon) as ws:
        say(ws, type="Speak", text="aaaaa")
        say(ws, type="Flush")
        told = [ws.recv(timeout=4) for _ in range(2)]
        assert json.loads(told[0])["type"] == "Metadata"
        assert told[1] == b"", "audio, for pipecat, which counts nothing else"
        assert len(until(ws, "Flushed")[0]) / 48 == 100


def test_close_speaks_the_rest_first(daemon: Daemon) -> None:
    with line(daemon) as ws:
        say(ws, type="Speak", text="aaaaa")
        say(ws, type="Close")
        sound, _ = until(ws, "Flushed")
        assert len(sound) / 48 == 100
        assert list(ws) == []
        assert ws.close_code == 1000


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("nonsense", "not valid JSON"),
        ('{"type":"Speek","text":"a"}', "known types: Speak, Flush, Clear, Close"),
        ('{"type":"Speak"}', "text"),
        ('{"type":"Speak","text":7}', "text: expected"),
        ("[]", "expected `object`"),
        (b"\0\1", "this one was binary"),
    ],
)
def test_a_bad_message_is_a_warning_and_the_line_goes_on(
    daemon: Daemon, sent: str | bytes, words: str
) -> None:
    with line(daemon) as ws:
        ws.send(sent)
        warning = json.loads(ws.recv(timeout=20))
        assert warning["type"] == "Warning"
        assert words in warning["description"] == warning["warn_msg"]
        say(ws, type="Speak", text="aaaaa")
        say(ws, type="Flush")
        assert len(until(ws, "Flushed")[0]) / 48 == 100


def test_a_speech_that_fails_is_an_error_and_the_line_goes_on(start: Start, home: Any) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[engines.tone]\noption.fail_at = "9600"\n')
    daemon = start(tcp=True, VOX_CACHE="false")
    with line(daemon) as ws:
        say(ws, type="Speak", text="a" * 50)
        say(ws, type="Flush")
        sound, error = until(ws, "Error")
        assert 0 < len(sound) <= 9600
        assert "as it was asked to" in error["description"]
        say(ws, type="Speak", text="aaa")
        say(ws, type="Flush")
        assert len(until(ws, "Flushed")[0]) / 48 == 60


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("model=tone:nobody", "unknown tone voice 'nobody'"),
        ("model=nothing:x", "nothing"),
        ("encoding=mp3", "unknown encoding 'mp3'"),
        (
            "encoding=mulaw&sample_rate=24000",
            "mulaw can't have a sample_rate of 24000; it can have 8000, 16000",
        ),
        ("sample_rate=fast", "sample_rate is a number, not 'fast'"),
        ("speed=9", "speed 9 is outside"),
        ("container=wav", "linear16 comes in container none, not 'wav'"),
        ("preset=nope", "unknown preset 'nope'"),
        ("output=fax", "unknown output 'fax'; known: twilio"),
        ("output=twilio", "output=twilio needs streamSid"),
    ],
)
def test_a_line_that_can_not_be_is_refused_in_words(daemon: Daemon, query: str, words: str) -> None:
    with pytest.raises(InvalidStatus) as caught, line(daemon, query):
        pass
    response = caught.value.response
    assert response.status_code in (400, 404)
    assert words in response.headers["dg-error"]
    assert words in json.loads(response.body or b"")["error"]["message"]


def test_twenty_lines_at_once_keep_to_themselves(daemon: Daemon) -> None:
    with ExitStack() as stack:
        lines = []
        for number in range(20):
            ws = stack.enter_context(line(daemon, f"model=tone:tone-{1000 + 100 * (number % 4)}"))
            say(ws, type="Speak", text=chr(ord("a") + number) * 100)
            say(ws, type="Flush")
            lines.append(ws)
        for number, ws in enumerate(lines):
            sound, _ = until(ws, "Flushed")
            hertz = 1000 + 100 * (number % 4) + 50 * ((ord("a") + number) % 64)
            assert len(sound) / 48 == 2000
            assert peak(from_pcm(sound), 24000) == pytest.approx(hertz, abs=2)


def test_speak_by_http(daemon: Daemon) -> None:
    def ask(query: str) -> httpx.Response:
        return daemon.http.post(f"/v1/speak?model=tone:tone-400&{query}", json={"text": "a" * 50})

    assert ask("").headers["content-type"] == "audio/mpeg"
    assert ask("encoding=linear16").content.startswith(b"RIFF")
    bare = ask("encoding=linear16&container=none&sample_rate=16000").content
    assert len(bare) == 32000
    assert peak(from_pcm(bare), 16000) == pytest.approx(A, abs=2)
    assert len(ask("encoding=mulaw&sample_rate=8000").content) == 8000
    assert ask("encoding=opus").content.startswith(b"OggS")
    assert ask("encoding=opus&container=wav").status_code == 400
    assert daemon.http.post("/v1/speak", json={}).status_code == 400
