"""ElevenLabs' WebSockets, by plain ones: what its own clients don't show."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.e2e.surfaces.elevenlabs import (
    NOTHING,
    ONE,
    SEVERAL,
    faulty,
    heard,
    idle,
    line,
    rest,
    say,
    silent,
    take,
)
from tests.harness import Daemon, Start
from tests.sounds import from_pcm, from_ulaw, peak

A = 400 + 50 * (ord("a") % 64)
"""Hz of the letter a in the voice tone-400."""


@pytest.fixture
def daemon(start: Start) -> Daemon:
    return start(tcp=True, VOX_CACHE="false", VOX_ENGINE="tone")


# One text on a connection


def test_words_become_one_sound(daemon: Daemon) -> None:
    with line(daemon, ONE, "model_id=eleven_flash_v2_5") as ws:
        say(ws, " ", voice_settings=None, generation_config={"chunk_length_schedule": [50]})
        for _ in range(20):
            say(ws, "aaaaaaaaa ", try_trigger_generation=True)
        say(ws, "")
        messages, code, _ = rest(ws)
    assert code == 1000
    assert messages.pop() == {"isFinal": True} | NOTHING
    assert all(m["isFinal"] is None and "contextId" not in m for m in messages)
    sound = b"".join(b64decode(message["audio"]) for message in messages)
    assert len(sound) / 48 == pytest.approx(200 * 20, abs=20)
    assert peak(from_pcm(sound)[:9000], 24000) == pytest.approx(A, abs=2)


def test_a_flush_speaks_and_goes_on(daemon: Daemon) -> None:
    with line(daemon, ONE) as ws:
        say(ws, "no beginning", flush=True)
        assert take(ws)["audio"]
        say(ws, "", flush=True)
        say(ws, flush=True)
        say(ws, "a" * 10)
        say(ws, "")
        say(ws, "too late")
        messages, code, _ = rest(ws)
    assert code == 1000 and messages[-1]["isFinal"]


@pytest.mark.parametrize("output", ["ulaw_8000", "mp3_44100_128", "opus_48000_32", ""])
def test_other_formats(daemon: Daemon, output: str) -> None:
    path = f"/v1/text-to-speech/tone-400/{ONE}?output_format={output}"
    with connect(f"ws://127.0.0.1:{daemon.port}{path}") as ws:
        say(ws, "a" * 50)
        say(ws, "")
        sound = b"".join(b64decode(message["audio"] or "") for message in rest(ws)[0])
    if output == "ulaw_8000":
        assert len(sound) == 8000
        assert peak(from_ulaw(sound), 8000) == pytest.approx(A, abs=2)
    assert output == "ulaw_8000" or sound.startswith((b"\xff", b"OggS"))


def test_nothing_said(daemon: Daemon) -> None:
    with line(daemon, ONE) as ws:
        say(ws, "")
        assert rest(ws)[:2] == ([], 1000)
    with line(daemon, ONE) as ws:
        say(ws, " ")
        say(ws, " ... ")
        say(ws, "")
        assert rest(ws)[:2] == ([{"isFinal": True} | NOTHING], 1000)


# Several


def test_contexts_speak_side_by_side(daemon: Daemon) -> None:
    letters = "abcdefghijklmnop"
    with line(daemon, SEVERAL) as ws, line(daemon, SEVERAL, voice="tone-900") as other:
        for name in letters:
            say(ws, " ", name, voice_settings={})
            say(other, name * 50 + " ", name, flush=True)
        for name in letters:
            say(ws, name * 30, name)
            say(ws, name * 20, name, flush=True)
        for name in letters:
            say(ws, None, name, close_context=True)
            say(other, None, name, close_context=True)
        for where, base, most in ((ws, 400, 50), (other, 900, 51)):
            for name, sound in heard(where, *letters).items():
                assert len(sound) == 960 * most
                hertz = base + 50 * (ord(name) % 64)
                assert peak(from_pcm(sound)[:20_000], 24_000) == pytest.approx(hertz, abs=2)


def test_one_context_too_many(daemon: Daemon) -> None:
    with line(daemon, SEVERAL) as ws:
        for number in range(16):
            say(ws, " ", f"c{number}")
        say(ws, "a", "c16")
        assert take(ws)["contextId"] == "c16"
        say(ws, None, "c3", close_context=True)
        assert heard(ws, "c3") == {"c3": b""}
        say(ws, "a", "c16", flush=True)
        say(ws, None, "c16", close_context=True)
        assert len(heard(ws, "c16")["c16"]) == 960


def test_auto_mode_speaks_each_message_as_it_comes(daemon: Daemon) -> None:
    """As pipecat does: sentences without a space between them, a flush and a close at the end of the turn."""
    with line(daemon, SEVERAL, "auto_mode=true") as ws:
        say(ws, " ", "c", voice_settings={"speed": 2.0})
        say(ws, "aaaa", "c")
        first = b64decode(take(ws)["audio"])  # though no sentence has ended
        say(ws, "bbbb.", "c")
        say(ws, "cccc.", "c")
        say(ws, None, "c", flush=True)
        say(ws, None, "c", close_context=True)
        assert len(first + heard(ws, "c")["c"]) == 480 * len("aaaabbbb.cccc.")
        say(ws, None, "c", close_context=True)
        assert silent(ws)


@pytest.mark.parametrize("auto", ["false", "true"])
def test_a_close_behind_the_flush_waits_for_the_sound(start: Start, home: Path, auto: str) -> None:
    with line(faulty(start, home, pace="8"), SEVERAL, f"auto_mode={auto}") as ws:
        say(ws, "a" * 300, "c")
        say(ws, "", "c", flush=True)
        say(ws, None, "c", close_context=True)
        assert len(heard(ws, "c")["c"]) == 960 * 300


def test_a_close_interrupts(start: Start, home: Path) -> None:
    """Without a flush, with one that came with the text in auto mode, or a second time: all is dropped, and
    nothing comes after isFinal."""
    daemon = faulty(start, home, pace="1")
    ways: list[list[dict[str, Any]]] = [
        [{"text": "a" * 3000}],
        [{"text": "a" * 3000, "flush": True}],
        [{"text": "a" * 3000}, {"flush": True}, {"close_context": True}],
    ]
    with line(daemon, SEVERAL, "auto_mode=true") as ws:
        for number, messages in enumerate(ways):
            name = f"c{number}"
            for fields in messages:
                say(ws, name=name, **fields)
            assert take(ws)["audio"]
            say(ws, None, name, close_context=True)
            assert len(heard(ws, name)[name]) < 48_000
            idle(daemon)
        assert silent(ws)


def test_a_name_may_be_used_again(start: Start, home: Path) -> None:
    with line(faulty(start, home, pace="2"), SEVERAL) as ws:
        say(ws, "a" * 100, "c", flush=True)
        say(ws, None, "c", close_context=True)
        say(ws, "b" * 10, "c", flush=True)
        say(ws, None, "c", close_context=True)
        sounds = [heard(ws, "c")["c"], heard(ws, "c")["c"]]
    assert sum(map(len, sounds)) == 960 * 110


def test_keep_alives_open_nothing_and_end_nothing(daemon: Daemon) -> None:
    with line(daemon, SEVERAL) as ws:
        say(ws, "")
        say(ws, "", "c")
        say(ws, None, "c", flush=True)
        say(ws, None, "c", close_context=True)
        assert silent(ws)
        say(ws, "aaaa", "c")
        say(ws, "", "c")
        say(ws, "")
        say(ws, "aaaa", "c", flush=True)
        say(ws, None, "c", close_context=True)
        assert len(heard(ws, "c")["c"]) == 8 * 960


def test_close_socket_says_what_was_flushed(start: Start, home: Path) -> None:
    with line(faulty(start, home, pace="8"), SEVERAL) as ws:
        say(ws, "a" * 100, "said", flush=True)
        say(ws, None, "said", close_context=True)
        say(ws, "a" * 100, "too", flush=True)
        say(ws, "b" * 100, "dropped")
        say(ws, close_socket=True)
        say(ws, "too late", "more", flush=True)
        messages, code, _ = rest(ws)
    assert code == 1000
    ended = [message["contextId"] for message in messages if message["isFinal"]]
    assert ended[0] == "dropped" and sorted(ended[1:]) == ["said", "too"]
    assert sum(len(b64decode(message["audio"] or "")) for message in messages) == 960 * 200


def test_loading_is_filled_with_silence_that_is_not_heard(start: Start, home: Path) -> None:
    """For pipecat, which gives up after 3 s without audio. The load begins with the connection."""
    daemon = faulty(start, home, load_seconds="4")
    address = f"ws://127.0.0.1:{daemon.port}/v1/text-to-speech/tone-400/{SEVERAL}"
    with (
        connect(f"{address}?output_format=pcm_24000") as linear,
        connect(f"{address}?output_format=ulaw_8000") as mulaw,
    ):
        for ws in (linear, mulaw):
            say(ws, "aaaa", "c", flush=True)
            say(ws, None, "c", close_context=True)
        assert b64decode(take(linear, timeout=2.9)["audio"]) == b"\0\0"
        assert b64decode(take(mulaw)["audio"]) == b"\xff"
        assert len(heard(linear, "c")["c"]) == 4 * 960
        assert len(heard(mulaw, "c", width=1)["c"]) == 4 * 160


def test_twilio(daemon: Daemon) -> None:
    with line(daemon, ONE, "output=twilio&streamSid=MZ1") as ws:
        say(ws, "a" * 50)
        say(ws, "")
        messages, code, _ = rest(ws)
    assert code == 1000 and messages.pop()["isFinal"]
    sound = b"".join(b64decode(m["media"]["payload"]) for m in messages if m["event"] == "media")
    assert len(sound) == 8000
    assert peak(from_ulaw(sound), 8000) == pytest.approx(A, abs=2)


def test_the_key(start: Start) -> None:
    daemon = start(tcp=True, VOX_ENGINE="tone", VOX_API_KEYS="secret")
    path = f"ws://127.0.0.1:{daemon.port}/v1/text-to-speech/tone-400/{ONE}"
    with pytest.raises(InvalidStatus):
        connect(path)
    with connect(path, additional_headers={"xi-api-key": "secret"}) as ws:
        say(ws, " ", xi_api_key="another")
        say(ws, "")
        assert rest(ws)[1] == 1000
