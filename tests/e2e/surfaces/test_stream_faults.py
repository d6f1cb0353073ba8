"""vox's own real-time session: what goes wrong, and what it says of that."""

from __future__ import annotations

from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.e2e.surfaces.streaming import CHARACTER, events, kinds, sound, talk
from tests.harness import Daemon, Start


@pytest.fixture
def daemon(start: Start) -> Daemon:
    return start(tcp=True, VOX_CACHE="false", VOX_ENGINE="tone")


@pytest.mark.parametrize(
    ("message", "param", "words"),
    [
        ("{", None, "the message is not valid JSON"),
        ("[]", None, "expected `object`, got `array`"),
        (b"\x00\x01", None, "send text messages"),
        ("{}", "type", "object missing required field `type`"),
        ('{"type":"input.txt"}', "type", "known types: session.config, input.text, input.done"),
        ('{"type":"input.text"}', "text", "object missing required field `text`"),
        ('{"type":"input.text","text":5}', "text", "expected `str`, got `int`"),
        ('{"type":"session.config","response_format":"mp4"}', "response_format", "unknown format 'mp4'"),
        ('{"type":"session.config","sample_rate":7}', "sample_rate", "use 8000, 11025"),
        ('{"type":"session.config","voice":"nobody"}', "voice", "unknown tone voice 'nobody'"),
        ('{"type":"session.config","model":"nothing"}', "model", "nothing"),
        ('{"type":"session.config","preset":"balancd"}', "preset", "did you mean balanced?"),
        ('{"type":"session.config","speed":9}', "speed", "0.25 to 4"),
        ('{"type":"session.config","language":"xx"}', "language", "does not speak 'xx'"),
        ('{"type":"session.config","word_timestamps":true}', "word_timestamps", "audio.mark"),
        ('{"type":"session.config","split_granularity":"word"}', "split_granularity", "'word'"),
    ],
)
def test_bad_messages_are_answered_and_the_connection_goes_on(
    daemon: Daemon, message: str | bytes, param: str | None, words: str
) -> None:
    with talk(daemon) as client:
        client.config()
        client.ws.send(message)
        error = client.error()
        assert words in error["message"]
        assert error["param"] == param
        assert (error["partial_audio"], error["action"]) == (False, None)
        client.say("aaaaa")
        assert len(sound(client.until("session.done"))) == 5 * CHARACTER


def test_a_first_config_that_is_refused_ends_the_connection(daemon: Daemon) -> None:
    """Nothing is spoken in a voice that nobody asked for."""
    with talk(daemon) as client:
        client.config(voice="nobody")
        client.say("aaaaa")
        assert client.error()["code"] == "unknown_voice"
        with pytest.raises(ConnectionClosed) as closed:
            client.next()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason[:25]) == (1008, "unknown tone voice 'nobod")


def test_a_text_that_is_too_long_and_a_frame_that_is_huge(start: Start) -> None:
    daemon = start(tcp=True, VOX_CACHE="false", VOX_ENGINE="tone", VOX_MAX_TEXT="100")
    with talk(daemon) as other, talk(daemon) as client:
        other.config()
        client.config()
        client.say("a" * 101)
        assert client.error()["code"] == "text_too_long"
        assert events(client.until("session.done"))[-1]["total_sentences"] == 0
        client.send("input.text", text="a" * 1_200_000)
        with pytest.raises(ConnectionClosed) as closed:
            client.next()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        other.say("aaaaa")
        assert len(sound(other.until("session.done"))) == 5 * CHARACTER


def test_an_engine_that_fails_in_mid_speech(daemon: Daemon) -> None:
    with talk(daemon) as client:
        client.config(options={"fail_at": 10 * CHARACTER})
        client.send("input.text", text="aaaaaaaaaaaaaaaaaaaaaa. And more")
        messages = client.until("audio.done")
        start, error, done = events(messages)
        assert start["type"] == "audio.start"
        assert (error["type"], error["code"]) == ("error", "engine_failed")
        assert (error["partial_audio"], error["action"]) == (True, "discard")
        assert (done["error"], done["total_bytes"]) == (True, len(sound(messages)))
        client.say(" that nobody hears.")  # the answer to `input.done` comes after it
        assert client.next() == {"type": "session.done", "utterance_index": 0, "total_sentences": 1}
        client.config()
        client.say("aaaaa")
        messages = client.until("session.done")
        assert events(messages)[-1]["utterance_index"] == 1
        assert len(sound(messages)) == 5 * CHARACTER


def test_an_engine_that_dies_in_mid_speech_is_made_good(daemon: Daemon) -> None:
    """By a fresh worker the first time; one that dies over the same text again ends the utterance."""
    with talk(daemon) as client:
        client.config(options={"crash_at": 10 * CHARACTER})
        client.say("a" * 50)
        messages = client.until("session.done")
        assert [event["code"] for event in events(messages) if event["type"] == "error"] == ["worker_died"]
        client.config()
        client.say("aaaaa")
        assert len(sound(client.until("session.done"))) == 5 * CHARACTER


@pytest.mark.slow
def test_a_slow_load_is_heard_of(start: Start, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[engines.tone]\n"option.load_seconds" = 6\n')
    daemon = start(tcp=True, VOX_CACHE="false", VOX_ENGINE="tone")
    with talk(daemon) as client:
        client.config()
        client.say("aaaaa")
        messages = client.until("session.done")
    shares = [event["progress"] for event in events(messages) if event["type"] == "session.loading"]
    assert len(shares) == 2
    assert 0.2 < shares[0] < shares[1] < 1
    assert kinds(messages)[:3] == ["session.loading", "session.loading", "audio.start"]
