"""vox's own real-time session, in vLLM-Omni's shape, by plain WebSockets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64decode, b64encode
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.e2e.surfaces.streaming import CHARACTER, A, events, kinds, sound, talk
from tests.environments import lend
from tests.harness import Daemon, Start, eventually
from tests.sounds import from_pcm, from_ulaw, peak, samples_of, tones


@pytest.fixture
def daemon(start: Start) -> Daemon:
    return start(tcp=True, VOX_CACHE="false", VOX_ENGINE="tone")


# What is sent


def test_sentences_come_with_their_text_their_place_and_their_numbers(daemon: Daemon) -> None:
    with talk(daemon) as client:
        client.config(voice="tone-700")
        for word in ("aaaaaaaa ", "aaaaaaaa. ", "Bbbb"):
            client.send("input.text", text=word)
        client.send("input.done")
        messages = client.until("session.done")
    one = ["audio.start", "sound", "audio.mark", "audio.done"]
    assert kinds(messages) == [*one, *one, "session.done"]
    start, mark, done, start2, mark2, done2, over = events(messages)
    place, form = {"utterance_index": 0, "sentence_index": 0}, {"format": "pcm", "sample_rate": 24000}
    text = "aaaaaaaa aaaaaaaa. "
    assert start == {"type": "audio.start", **place, "sentence_text": text, **form} | {
        "channels": 1,
        "sequence": 0,
    }
    chunks = messages.index(mark) - 1
    assert mark == {"type": "audio.mark", **place, "text": text, "ms": 19 * 20, "sequence": chunks}
    assert done == {"type": "audio.done", **place, "total_bytes": 19 * CHARACTER, "error": False}
    assert (start2["sentence_index"], start2["sequence"]) == (1, chunks)
    assert (mark2["text"], mark2["sentence_index"]) == (text + "Bbbb", 1)
    assert mark2["sequence"] == sum(isinstance(message, bytes) for message in messages)
    assert mark2["ms"] == pytest.approx(23 * 20, abs=6)
    assert done2["total_bytes"] == len(sound(messages)) - 19 * CHARACTER
    assert over == {"type": "session.done", "utterance_index": 0, "total_sentences": 2}
    assert peak(from_pcm(sound(messages))[: 8 * 480], 24000) == pytest.approx(700 + A, abs=3)


def test_without_a_config_a_sentence_is_one_whole_wav(daemon: Daemon) -> None:
    with talk(daemon) as client:
        client.say("aaaaaaaaaaaaaaaaaaa. Bbbb")
        messages = client.until("session.done")
    first, second = (message for message in messages if isinstance(message, bytes))
    assert (len(samples_of(first)[0]) // 480, samples_of(first)[1]) == (21, 24000)
    assert len(samples_of(second)[0]) == pytest.approx(4 * 480, abs=120)
    assert [e["total_bytes"] for e in events(messages) if e["type"] == "audio.done"] == [
        len(first),
        len(second),
    ]


def test_a_sentence_is_heard_before_the_text_is_complete(daemon: Daemon) -> None:
    with talk(daemon) as client:
        client.config()
        client.send("input.text", text="aaaaaaaaaaaaaaa aaa. And so")
        assert events(client.until("audio.done"))[-1]["sentence_index"] == 0
        client.send("input.done")
        assert events(client.until("session.done"))[-1]["total_sentences"] == 2


def test_base64_carries_a_number_in_each_chunk(daemon: Daemon) -> None:
    with talk(daemon) as client:
        client.config(audio_encoding="base64")
        client.say("aaaaaaaaaa")
        client.say("aaaaaaaaaa")
        messages = events(client.until("session.done")) + events(client.until("session.done"))
    chunks = [message for message in messages if message["type"] == "audio.chunk"]
    assert [chunk["sequence"] for chunk in chunks] == list(range(len(chunks)))
    assert {chunk["utterance_index"] for chunk in chunks} == {0, 1}
    decoded = b"".join(b64decode(chunk["audio_b64"]) for chunk in chunks)
    assert len(decoded) == 20 * CHARACTER
    assert peak(from_pcm(decoded), 24000) == pytest.approx(400 + A, abs=3)


def test_formats_and_rates(daemon: Daemon) -> None:
    with talk(daemon) as client:
        client.config(response_format="mulaw")
        client.say("aaaaaaaaaa")
        messages = client.until("session.done")
        assert events(messages)[0]["format"] == "ulaw"
        assert events(messages)[0]["sample_rate"] == 8000
        assert len(sound(messages)) == 10 * 160
        assert peak(from_ulaw(sound(messages)), 8000) == pytest.approx(400 + A, abs=5)
        client.config(sample_rate=16000)
        client.say("aaaaaaaaaa")
        messages = client.until("session.done")
        assert events(messages)[0]["sample_rate"] == 16000
        assert len(sound(messages)) == 10 * 640
        client.config(response_format="wav", sample_rate=8000, stream_audio=False)
        client.say("aaaaaaaaaa")
        samples, rate = samples_of(sound(client.until("session.done")))
        assert (len(samples), rate) == (1600, 8000)
        client.config(response_format="wav")
        client.say("aaaaaaaaaa")
        messages = client.until("session.done")
        assert sound(messages)[:4] == b"RIFF"
        assert len(sound(messages)) == 44 + 10 * CHARACTER


@pytest.mark.parametrize("streamed", [True, False])
def test_an_utterance_as_one_sentence(daemon: Daemon, streamed: bool) -> None:
    text = "aaaaaaaaaaaaaaaaaaa. Bbbb"
    with talk(daemon) as client:
        client.config(split_granularity="none", stream_audio=streamed)
        client.say(text)
        messages = client.until("session.done")
        marks = ["sound", "audio.mark"] * 2 if streamed else ["audio.mark", "audio.mark"]
        if streamed:
            assert kinds(messages) == ["audio.start", *marks, "audio.done", "session.done"]
        else:
            assert kinds(messages) == [*marks, "audio.start", "sound", "audio.done", "session.done"]
            assert events(messages)[2]["sentence_text"] == text
        assert events(messages)[-1]["total_sentences"] == 1
        client.config(response_format="mp3", stream_audio=streamed)
        client.say(text)
        messages = client.until("session.done")
        names = [name for name in kinds(messages) if name != "audio.mark"]
        assert [name for name in names if name != "sound"] == ["audio.start", "audio.done", "session.done"]
        assert events(messages)[-2]["total_bytes"] == len(sound(messages)) > 1000
        assert sound(messages)[:3] == b"ID3" or sound(messages)[0] == 0xFF


# Utterances


def test_a_config_between_utterances_counts_from_there_on(daemon: Daemon) -> None:
    """Also while the one before is still spoken."""
    with talk(daemon) as client:
        client.config(voice="tone-300", options={"pace": 4})
        client.say("a" * 50)
        client.config(voice="tone-900")
        client.say("a" * 20)
        first, second = client.until("session.done"), client.until("session.done")
    assert peak(from_pcm(sound(first)), 24000) == pytest.approx(300 + A, abs=3)
    assert peak(from_pcm(sound(second)), 24000) == pytest.approx(900 + A, abs=3)
    assert (len(sound(first)), len(sound(second))) == (50 * CHARACTER, 20 * CHARACTER)
    assert [events(each)[0]["utterance_index"] for each in (first, second)] == [0, 1]


def test_a_config_in_mid_utterance_and_a_wrong_one_change_nothing(daemon: Daemon) -> None:
    with talk(daemon) as client:
        client.config(voice="tone-300")
        client.send("input.text", text="aaaaaaaaaa")
        client.config(voice="tone-900")
        assert "input.done before session.config" in client.error()["message"]
        client.send("input.done")
        messages = client.until("session.done")
        assert peak(from_pcm(sound(messages)), 24000) == pytest.approx(300 + A, abs=5)
        client.config(voice="nobody")
        assert client.error()["code"] == "unknown_voice"
        client.say("aaaaaaaaaa")
        assert peak(from_pcm(sound(client.until("session.done"))), 24000) == pytest.approx(300 + A, abs=5)


def test_an_empty_utterance_is_done_at_once(daemon: Daemon) -> None:
    with talk(daemon) as client:
        client.config()
        client.send("input.done")
        client.say(" … ")
        done = {"type": "session.done", "total_sentences": 0}
        assert client.next() == {**done, "utterance_index": 0}
        assert client.next() == {**done, "utterance_index": 1}


@pytest.mark.parametrize(
    ("order", "answer"), [("input.cancel", "input.cancelled"), ("session.clear", "session.cleared")]
)
def test_a_cancel_is_acknowledged_and_nothing_old_follows(daemon: Daemon, order: str, answer: str) -> None:
    with talk(daemon) as client:
        client.config(options={"pace": 2})
        client.say("a" * 500)
        client.say("a" * 500)
        client.send("input.text", text="aaaa")
        while not isinstance(client.next(), bytes):
            pass
        client.send(order)
        messages = client.until(answer)
        sequence = 1 + sum(isinstance(message, bytes) for message in messages)
        assert messages[-1] == {"type": answer, "utterance_index": 3, "sequence": sequence}
        eventually(lambda: not daemon.workers()["tone"]["running"], "the engine's end")
        client.config(voice="tone-900")
        client.say("aaaaaaaaaa")
        messages = client.until("session.done")
        assert events(messages)[0] | {"utterance_index": 3, "sequence": sequence} == events(messages)[0]
        assert len(sound(messages)) == 10 * CHARACTER
        assert peak(from_pcm(sound(messages)), 24000) == pytest.approx(900 + A, abs=5)


def test_a_cancel_with_nothing_to_cancel(daemon: Daemon) -> None:
    with talk(daemon) as client:
        client.send("session.clear")
        assert client.next() == {"type": "session.cleared", "utterance_index": 0, "sequence": 0}


def test_close_ends_after_what_was_written(daemon: Daemon) -> None:
    with talk(daemon) as client:
        client.config()
        client.say("a" * 100)
        client.send("input.text", text="a" * 10)
        client.send("session.close")
        heard = sound(client.until("session.done")) + sound(client.until("session.done"))
        assert len(heard) == 110 * CHARACTER
        with pytest.raises(ConnectionClosed) as closed:
            client.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


def test_a_client_that_leaves_frees_the_engine(daemon: Daemon) -> None:
    with talk(daemon) as client:
        client.config(options={"pace": 1})
        client.say("a" * 1000)
        client.until("audio.start")
    eventually(lambda: not daemon.workers()["tone"]["running"], "the engine's end")


def test_each_connection_hears_its_own_voice(daemon: Daemon) -> None:
    voices = range(500, 1300, 100)
    with ExitStack() as stack:
        clients = [stack.enter_context(talk(daemon)) for _ in voices]
        for voice, client in zip(voices, clients, strict=True):
            client.config(voice=f"tone-{voice}", options={"pace": 3})
        for _ in range(3):
            for client in clients:
                client.send("input.text", text="aaaaaaaaaaaaaaaaaaaa. ")
        for client in clients:
            client.send("input.done")
        for voice, client in zip(voices, clients, strict=True):
            heard = from_pcm(sound(client.until("session.done")))
            assert len(heard) == pytest.approx(3 * 22 * 480, abs=300)
            for at in (0, 22 * 480, 44 * 480):
                assert peak(heard[at + 480 : at + 19 * 480], 24000) == pytest.approx(voice + A, abs=4)


def test_a_recording_that_comes_with_the_config(start: Start) -> None:
    daemon = start(tcp=True, VOX_CACHE="false", VOX_ENGINE="tone")
    with talk(daemon) as client:
        recording = b64encode(tones((523, 2), rate=16000)).decode()
        client.config(ref_audio=f"data:audio/wav;base64,{recording}", ref_text="La")
        client.say("aaaaaaaaaaaaaaaaaaaa")
        heard = from_pcm(sound(client.until("session.done")))
        assert peak(heard, 24000) == pytest.approx(523 + A, abs=10)
        client.config(ref_audio="no base64!")
        assert client.error()["param"] == "ref_audio"


def test_twilio_gets_its_own_messages(daemon: Daemon) -> None:
    with talk(daemon, "?output=twilio&streamSid=MZ1") as client:
        client.config(voice="tone-700")
        client.ws.send('{"type":"input.text","text":"aaaaaaaaaa"}')
        client.ws.send('{"type":"input.done"}')
        media = b""
        while (message := json.loads(client.ws.recv(timeout=20))).get("type") != "session.done":
            if message.get("event") == "media":
                media += b64decode(message["media"]["payload"])
            elif message.get("type") == "audio.start":
                assert (message["format"], message["sample_rate"]) == ("ulaw", 8000)
        assert len(media) == 10 * 160
        assert peak(from_ulaw(media), 8000) == pytest.approx(700 + A, abs=5)


# Its clients


@pytest.mark.slow
def test_the_openai_engine_is_a_client_of_it(start: Start, home: Path) -> None:
    """A vox that passes a text on as it is written to a vox behind it: here, itself."""
    lend("openai")
    daemon = start(tcp=True, VOX_CACHE="false")
    settings = f'[engines.openai]\noption.url = "{daemon.url}/v1"\noption.model = "tone"\n'
    (home / "config.toml").write_text(settings)
    with talk(daemon) as client:
        for voice in (500, 900):
            client.config(model="openai", voice=f"tone-{voice}")
            for word in ("aaaaaaaa ", "aaaaaaaa ", "aaaa. ", "aaaa"):
                client.send("input.text", text=word)
            client.send("input.done")
            heard = from_pcm(sound(client.until("session.done")))
            assert len(heard) == pytest.approx(28 * 480, abs=300)
            assert peak(heard[: 7 * 480], 24000) == pytest.approx(voice + A, abs=4)
        client.config(model="openai", voice="nobody")
        client.say("aaaaa")
        assert "nobody" in events(client.until("error"))[-1]["message"]


def test_the_example(daemon: Daemon, tmp_path: Path) -> None:
    example = Path(__file__).parents[3] / "examples" / "stream.py"
    environment = {**os.environ, "VOX_URL": daemon.url}
    done = subprocess.run(
        [sys.executable, str(example), str(tmp_path / "out.wav")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "stopped after:" in done.stdout
    assert len(samples_of((tmp_path / "out.wav").read_bytes())[0]) > 24000
