"""What goes wrong on ElevenLabs' WebSockets."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import pytest

from tests.e2e.surfaces.elevenlabs import (
    ONE,
    SEVERAL,
    faulty,
    heard,
    idle,
    line,
    rest,
    say,
    take,
)
from tests.harness import Daemon, Start


@pytest.fixture
def daemon(start: Start) -> Daemon:
    return start(tcp=True, VOX_CACHE="false", VOX_ENGINE="tone")


def test_a_failure_closes_the_connection(start: Start, home: Path) -> None:
    with line(faulty(start, home, fail_at="9600"), ONE) as ws:
        say(ws, "a" * 100, flush=True)
        messages, code, reason = rest(ws)
        assert code == 1011 and "tone failed after 9600 bytes" in reason
        assert messages[-1]["message"] == messages[-1]["error"] == reason
        assert not any(message.get("isFinal") for message in messages)


def test_a_failure_ends_its_context_alone(start: Start, home: Path) -> None:
    with line(faulty(start, home, fail_at="9600"), SEVERAL) as ws:
        say(ws, "a" * 100, "long")
        say(ws, "b" * 5, "short", flush=True)
        say(ws, None, "short", close_context=True)
        say(ws, None, "long", flush=True)
        messages, ended = [], 0
        while ended < 2:
            messages.append(take(ws))
            ended += messages[-1].get("isFinal") is True
        told = next(at for at, message in enumerate(messages) if "error" in message)
        assert messages[told]["contextId"] == messages[told]["context_id"] == "long"
        assert "tone failed" in messages[told]["error"] and messages[told]["code"] == 1011
        assert any(m["contextId"] == "long" and m["isFinal"] for m in messages[told + 1 :])
        short = [m for m in messages if m["contextId"] == "short"]
        assert sum(len(b64decode(m["audio"] or "")) for m in short) == 5 * 960
        say(ws, "cc", "long", flush=True)
        say(ws, None, "long", close_context=True)
        assert len(heard(ws, "long")["long"]) == 2 * 960


def test_a_worker_that_dies(start: Start, home: Path) -> None:
    with line(faulty(start, home, crash_at="9600"), SEVERAL) as ws:
        say(ws, "a" * 100, "c", flush=True)
        while "error" not in (message := take(ws)):
            assert message["audio"]
        assert (message["contextId"], message["code"]) == ("c", 1011)
        assert take(ws)["isFinal"]


# What is wrong


@pytest.mark.parametrize(
    ("voice", "query", "word"),
    [
        ("nobody", "", "nobody"),
        ("tone-400", "model_id=nonsense", "nonsense"),
        ("tone-400", "output_format=wav_16000", "wav_16000"),
        ("tone-400", "language_code=klingon", "klingon"),
        ("tone-400", "inactivity_timeout=181", "181"),
        ("tone-400", "seed=x", "seed"),
        ("tone-400", "apply_text_normalization=perhaps", "perhaps"),
    ],
)
@pytest.mark.parametrize("kind", [ONE, SEVERAL])
def test_a_connection_that_can_not_be(daemon: Daemon, kind: str, voice: str, query: str, word: str) -> None:
    with line(daemon, kind, query, voice) as ws:
        ws.send('{"text":" "}')  # it is told in answer to this, since LiveKit listens for no sooner
        (message,), code, reason = rest(ws)
    assert (code, message["code"]) == (1008, 1008)
    assert word in message["message"] and message["error"] == message["message"]
    assert message["message"].startswith(reason) and reason


def test_messages_that_say_nothing(daemon: Daemon) -> None:
    with line(daemon, SEVERAL) as ws:
        for message, word in (
            ("{", "JSON"),
            ("[]", "array"),
            ('{"text": 1, "context_id": "c"}', "text"),
            ('{"hello": true}', "close_context"),
            (b"sound", "binary"),
        ):
            ws.send(message)
            answer = take(ws)
            assert word in answer["error"] and answer["code"] == 1008, answer
        say(ws, "aa", "c", voice_settings={"speed": 1.0})
        say(ws, "aa", "c", voice_settings={"speed": 1.0})
        say(ws, "aa", "c", voice_settings={"speed": 2.0})
        answer = take(ws)
        assert "voice_settings" in answer["error"] and answer["contextId"] == "c"
        say(ws, "aa", "c", flush=True)
        say(ws, None, "c", close_context=True)
        assert len(heard(ws, "c")["c"]) == 6 * 960


def test_settings_that_can_not_be(daemon: Daemon) -> None:
    with line(daemon, SEVERAL) as ws:
        say(ws, " ", "c", voice_settings={"speed": 9})
        say(ws, "aaaa", "c", flush=True)
        (message,), code, _ = rest(ws)
        assert code == 1008 and message["contextId"] == "c" and "speed 9" in message["error"]


def test_a_text_that_nobody_goes_on_with(daemon: Daemon) -> None:
    with line(daemon, SEVERAL, "inactivity_timeout=1") as ws:
        say(ws, " ", "idle")
        say(ws, "half a", "loose")
        ended = [take(ws), take(ws), take(ws)]
        assert [(m["contextId"], m.get("isFinal")) for m in ended] == [
            ("idle", True),
            ("loose", None),
            ("loose", True),
        ]
        assert "1 s" in ended[1]["error"]
        say(ws, "a", "c", flush=True)
        say(ws, None, "c", close_context=True)
        assert len(heard(ws, "c")["c"]) == 960
    with line(daemon, ONE, "inactivity_timeout=1") as ws:
        say(ws, "half a")
        (message,), code, _ = rest(ws)
        assert code == 1008 and "1 s" in message["message"]


def test_a_speech_outlasts_the_patience(start: Start, home: Path) -> None:
    with line(faulty(start, home, load_seconds="1.5", pace="4"), SEVERAL, "inactivity_timeout=1") as ws:
        say(ws, "a" * 300, "c", flush=True)
        end = heard(ws, "c")
        assert len(end["c"]) == 300 * 960, "and then ended for want of more"


def test_a_client_that_leaves_frees_the_engine(start: Start, home: Path) -> None:
    daemon = faulty(start, home, pace="1")
    with line(daemon, SEVERAL) as ws:
        for name in "ab":
            say(ws, "a" * 3000, name, flush=True)
        take(ws)
    idle(daemon)
