"""The two WebSockets that earlier callers rely on, message for message."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.harness import Daemon, Start, eventually
from tests.sounds import from_ulaw, peak, pitch, samples_of

A = 50 * (ord("a") % 64)
"""Hz of the letter a above the base of a voice."""


@pytest.fixture
def daemon(start: Start) -> Daemon:
    return start(tcp=True, VOX_CACHE="false", VOX_ENGINE="tone")


@contextmanager
def line(daemon: Daemon, path: str) -> Iterator[ClientConnection]:
    with connect(f"ws://127.0.0.1:{daemon.port}{path}", compression=None) as ws:
        yield ws


def synthesize(daemon: Daemon) -> Any:
    return line(daemon, "/ws/synthesize")


def written(daemon: Daemon) -> Any:
    return line(daemon, "/ws/synthesize-stream")


def send(ws: ClientConnection, **message: Any) -> None:
    ws.send(json.dumps(message))


def next_of(ws: ClientConnection) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ws.recv(timeout=20))
    return found


def answer(ws: ClientConnection) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The chunks, and the last message."""
    chunks = []
    while not (message := next_of(ws))["is_final"]:
        chunks.append(message)
    return chunks, message


def until(ws: ClientConnection, kind: str) -> list[dict[str, Any]]:
    found = [next_of(ws)]
    while found[-1]["type"] != kind:
        found.append(next_of(ws))
    return found


def sound(messages: list[dict[str, Any]]) -> bytes:
    frames = [b64decode(message["audio"], validate=True) for message in messages if message.get("audio")]
    assert all(len(frame) == 160 for frame in frames)
    return b"".join(frames)


# WS /ws/synthesize


def test_an_answer_in_frames_and_its_figures(daemon: Daemon) -> None:
    with synthesize(daemon) as ws:
        send(ws, text="aaaaaaaaaaaaaaaaaaaaaaaa. Aaaaa", voice_id="tone-700", preset="balanced")
        chunks, last = answer(ws)
    form = {"is_final": False, "format": "mulaw", "sample_rate": 8000}
    assert [{**chunk, "audio": ""} for chunk in chunks] == [
        {"audio": "", "chunk_index": index, **form} for index in range(len(chunks))
    ]
    heard = sound(chunks)
    assert len(chunks) == 31
    assert peak(from_ulaw(heard[: 24 * 160]), 8000) == pytest.approx(700 + A, abs=3)
    silent = len(heard) - len(heard.rstrip(b"\xff"))
    assert silent == pytest.approx(40, abs=5), "the seam takes 5 ms, which only the last frame makes up"
    times = {name: last.pop(name) for name in ("first_chunk_ms", "total_ms")}
    assert 0 < times["first_chunk_ms"] <= times["total_ms"] < 20_000
    latency = last.pop("latency")
    assert set(latency) == {"voice_load", "generation", "transcode"}
    assert all(isinstance(took, float) and took >= 0 for took in latency.values())
    assert last == {
        "audio": None,
        "chunk_index": 31,
        "is_final": True,
        "format": "mulaw",
        "sample_rate": 8000,
        "total_chunks": 31,
        "total_mulaw_chunks": 31,
        "backend": "tone",
    }


def test_each_chunk_of_wav_is_a_wav(daemon: Daemon) -> None:
    with synthesize(daemon) as ws:
        send(ws, text="aaaaaaaaaa", voice_id="tone:tone-700", output_format="wav")
        chunks, last = answer(ws)
    parts = [samples_of(b64decode(chunk["audio"])) for chunk in chunks]
    assert {rate for _, rate in parts} == {24000} == {chunk["sample_rate"] for chunk in chunks}
    assert sum(len(samples) for samples, _ in parts) == 10 * 480
    assert pitch(b64decode(chunks[1]["audio"])) == pytest.approx(700 + A, rel=0.05)
    assert {chunk["format"] for chunk in chunks} == {"wav"}
    assert (last["total_chunks"], last["total_mulaw_chunks"]) == (len(chunks), 0)


def test_what_is_asked_at_once_is_answered_in_order(daemon: Daemon) -> None:
    voices = range(500, 1000, 100)
    with synthesize(daemon) as ws:
        for at, voice in enumerate(voices):
            send(ws, text="a" * (10 + at), voice_id=f"tone-{voice}", options={"pace": 10})
        send(ws, text="a", voice_id="nobody")
        send(ws, text="a" * 20)
        for at, voice in enumerate(voices):
            chunks, _ = answer(ws)
            assert [chunk["chunk_index"] for chunk in chunks] == list(range(10 + at))
            assert peak(from_ulaw(sound(chunks)), 8000) == pytest.approx(voice + A, abs=5)
        assert "nobody" in next_of(ws)["error"]
        assert peak(from_ulaw(sound(answer(ws)[0])), 8000) == pytest.approx(400 + A, abs=5)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ('{"text":"a","voice_id":"nobody"}', "known: default, tone-200"),
        ('{"text":"a","voice_id":"nothing:x"}', "nothing"),
        ('{"text":"a","preset":"balancd"}', "did you mean balanced?"),
        ('{"text":"a","output_format":"mp3"}', "output_format is mulaw or wav, not 'mp3'"),
        ('{"text":"a","lang":"xx"}', "does not speak 'xx'"),
        ('{"voice_id":"tone-300"}', "text has no letter and no digit"),
        ('{"text":" … "}', "text has no letter and no digit"),
        ('{"text":7}', "text: expected `str`, got `int`"),
        ("{", "not valid JSON"),
        ('"x"', "expected `object`"),
        (b"\x00", "send text messages"),
    ],
)
def test_errors_are_said_and_the_connection_stays(daemon: Daemon, message: str | bytes, words: str) -> None:
    with synthesize(daemon) as ws:
        ws.send(message)
        error = next_of(ws)
        assert list(error) == ["error"]
        assert words in error["error"]
        send(ws, text="aaaaa", voice_id=None, preset=None, output_format=None)
        assert len(answer(ws)[0]) == 5


def test_an_engine_that_fails_in_mid_speech(daemon: Daemon) -> None:
    with synthesize(daemon) as ws:
        send(ws, text="a" * 50, options={"fail_at": 19_200})
        message = next_of(ws)
        while "error" not in message:
            assert not message["is_final"]
            message = next_of(ws)
        assert "tone failed after 19200 bytes" in message["error"]
        send(ws, text="aaaaa")
        assert len(answer(ws)[0]) == 5


def test_who_hangs_up_frees_the_engine(daemon: Daemon) -> None:
    with synthesize(daemon) as ws:
        send(ws, text="a" * 1000, options={"pace": 1})
        next_of(ws)
    eventually(lambda: not daemon.workers()["tone"]["running"], "the engine's end")
    with written(daemon) as ws:
        send(ws, type="init", options={"pace": 1})
        send(ws, type="text", content="a" * 1000)
        send(ws, type="end")
        until(ws, "audio")
    eventually(lambda: not daemon.workers()["tone"]["running"], "the engine's end")


# WS /ws/synthesize-stream


def test_a_text_while_it_is_written(daemon: Daemon) -> None:
    with written(daemon) as ws:
        send(ws, type="init", voice_id="tone-700", preset="adaptive")
        ready = {"type": "ready", "voice_id": "tone-700", "preset": "adaptive"}
        assert next_of(ws) == {**ready, "message": "tone-700 waits for text"}
        for word in ("aaaaaaaa ", "aaaaaaaa. ", "Aaa"):
            send(ws, type="text", content=word)
        first = until(ws, "sentence_complete")  # before the text is complete
        send(ws, type="end")
        second = until(ws, "sentence_complete")
        last = next_of(ws)
    form = {"type": "audio", "audio": "", "format": "mulaw", "sample_rate": 8000}
    chunks = first[:-1] + second[:-1]
    assert [{**chunk, "audio": ""} for chunk in chunks] == [
        {**form, "chunk_index": index} for index in range(len(chunks))
    ]
    assert first[-1] == {"type": "sentence_complete", "chunks_in_sentence": 19}
    assert second[-1] == {"type": "sentence_complete", "chunks_in_sentence": len(chunks) - 19}
    total_ms = last.pop("total_ms")
    assert total_ms > 0
    assert last == {"type": "complete", "total_chunks": len(chunks)}
    assert peak(from_ulaw(sound(first)[: 8 * 160]), 8000) == pytest.approx(700 + A, abs=5)
    assert len(chunks) == pytest.approx(22, abs=1)


def test_one_text_after_another_each_in_its_voice(daemon: Daemon) -> None:
    voices = (500, 900)
    with written(daemon) as ws:
        for voice in voices:
            send(ws, type="init", voice_id=f"tone-{voice}", options={"pace": 10})
            send(ws, type="text", content="a" * 20)
            send(ws, type="end")
        for voice in voices:
            messages = until(ws, "complete")
            assert [message["type"] for message in messages[-2:]] == ["sentence_complete", "complete"]
            assert messages[0]["type"] == "ready"
            assert [message["chunk_index"] for message in messages[1:-2]] == list(range(20))
            assert peak(from_ulaw(sound(messages)), 8000) == pytest.approx(voice + A, abs=5)


def test_a_text_in_chunks_of_wav(daemon: Daemon) -> None:
    with written(daemon) as ws:
        send(ws, type="init", output_format="wav")
        send(ws, type="text", content="aaaaaaaaaa")
        send(ws, type="end")
        chunks = until(ws, "complete")[1:-2]
    assert sum(len(samples_of(b64decode(chunk["audio"]))[0]) for chunk in chunks) == 10 * 480


def test_an_empty_text_is_complete_at_once(daemon: Daemon) -> None:
    with written(daemon) as ws:
        send(ws, type="init")
        send(ws, type="end")
        assert until(ws, "complete")[1:] == [{"type": "complete", "total_chunks": 0, "total_ms": 0.0}]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ('{"type":"text","content":"a"}', '"init"'),
        ('{"type":"end"}', '"init"'),
        ('{"type":"init","voice_id":"nobody"}', "known: default, tone-200"),
        ('{"type":"init","preset":"balancd"}', "did you mean balanced?"),
        ('{"type":"init","output_format":"mp3"}', "output_format is mulaw or wav"),
        ('{"type":"begin"}', "known types: init, text, end"),
        ('{"content":"a"}', "type"),
        ("{", "not valid JSON"),
        (b"\x00", "send text messages"),
    ],
)
def test_errors_of_a_text_and_the_connection_stays(daemon: Daemon, message: str | bytes, words: str) -> None:
    with written(daemon) as ws:
        ws.send(message)
        error = next_of(ws)
        assert (error.pop("type"), list(error)) == ("error", ["error"])
        assert words in error["error"]
        send(ws, type="init")
        send(ws, type="text", content="aaaaa")
        send(ws, type="end")
        assert until(ws, "complete")[-1]["total_chunks"] == 5


def test_errors_in_mid_text_leave_it_as_it_is(daemon: Daemon) -> None:
    with written(daemon) as ws:
        send(ws, type="init", voice_id="tone-500")
        send(ws, type="text", content="aaaaa")
        send(ws, type="init", voice_id="tone-900")
        send(ws, type="text")
        send(ws, type="text", content="aaaaa")
        send(ws, type="end")
        messages = until(ws, "complete")
    again, nothing = (message["error"] for message in messages if message["type"] == "error")
    assert again == 'a text is being written; send {"type": "end"} before another init'
    assert "missing required field `content`" in nothing
    assert peak(from_ulaw(sound(messages)), 8000) == pytest.approx(500 + A, abs=5)
    assert messages[-1]["total_chunks"] == 10


def test_an_init_that_nothing_followed_is_replaced(daemon: Daemon) -> None:
    with written(daemon) as ws:
        for voice in (500, 900):
            send(ws, type="init", voice_id=f"tone-{voice}")
        send(ws, type="text", content="a" * 20)
        send(ws, type="end")
        messages = until(ws, "complete")
    assert peak(from_ulaw(sound(messages)), 8000) == pytest.approx(900 + A, abs=5)


def test_a_text_whose_engine_fails(daemon: Daemon) -> None:
    """The error ends it: what is left of the text needs another init."""
    with written(daemon) as ws:
        send(ws, type="init", options={"fail_at": 9_600})
        send(ws, type="text", content="aaaaaaaaaaaaaaaaaaaaaa. And")
        assert "tone failed" in until(ws, "error")[-1]["error"]
        send(ws, type="text", content=" more")
        assert '"init"' in next_of(ws)["error"]
        send(ws, type="init", voice_id="tone-500")
        send(ws, type="text", content="aaaaa")
        send(ws, type="end")
        assert until(ws, "complete")[-1]["total_chunks"] == 5


# Both


def test_each_call_hears_its_own_voice(daemon: Daemon) -> None:
    voices = range(500, 1300, 100)
    with ExitStack() as stack:
        lines = [stack.enter_context(synthesize(daemon)) for _ in voices]
        for voice, ws in zip(voices, lines, strict=True):
            send(ws, text="a" * 40, voice_id=f"tone-{voice}", options={"pace": 3})
        for voice, ws in zip(voices, lines, strict=True):
            chunks, _ = answer(ws)
            assert len(chunks) == 40
            for at in (0, 20 * 160):
                assert peak(from_ulaw(sound(chunks)[at : at + 3200]), 8000) == pytest.approx(voice + A, abs=5)


def test_a_huge_message_ends_its_own_call_only(daemon: Daemon) -> None:
    with synthesize(daemon) as other, written(daemon) as ws:
        send(ws, type="text", content="a" * 1_200_000)
        with pytest.raises(ConnectionClosed) as closed:
            ws.recv(timeout=20)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        send(other, text="aaaaa")
        assert len(answer(other)[0]) == 5


@pytest.mark.slow
def test_a_call_waits_for_a_model_that_loads(start: Start, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[engines.tone]\n"option.load_seconds" = 3\n')
    daemon = start(tcp=True, VOX_CACHE="false", VOX_ENGINE="tone")
    with synthesize(daemon) as ws:
        send(ws, text="aaaaa")
        chunks, last = answer(ws)
        assert len(chunks) == 5
        assert last["latency"]["voice_load"] > 2000


def test_the_example(daemon: Daemon, tmp_path: Path) -> None:
    example = Path(__file__).parents[3] / "examples" / "calls.py"
    done = subprocess.run(
        [sys.executable, str(example), str(tmp_path / "call.ulaw")],
        env={**os.environ, "VOX_URL": daemon.url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    frames = (tmp_path / "call.ulaw").stat().st_size / 160
    assert frames == int(frames) > 50
    assert f"{int(frames)} frames" in done.stdout
