"""What sessions do when something goes wrong, or comes in an order that nobody planned."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedOK
from websockets.sync.client import ClientConnection, connect

from tests.e2e.surfaces.deepgram import line, say, until
from tests.e2e.surfaces.streaming import Talk, talk
from tests.e2e.surfaces.test_sessions import WRITER, tuned
from tests.harness import Daemon, Start, eventually

PLAIN = "model=tone:tone-400&encoding=linear16&sample_rate=24000"

STRETCHED = """# /// script
# [tool.vox]
# title = "Knows one speed, and speaks 481 samples a character"
# license = "Apache-2.0"
# environment = "base"
# sample-rate = 24000
# languages = ["en"]
# streams-audio = true
# [tool.vox.voices]
# en = ["one"]
# ///
from vox.workers.engine import Ready, nothing


class Stretched:
    cancel = close = nothing

    def load(self, model, progress):
        return Ready(24000, [{"id": "one", "name": "One", "language": "en"}])

    def speak(self, segment):
        yield (1000).to_bytes(2, "little") * 481 * len(segment.text)


ENGINE = Stretched
"""


def with_engine(start: Start, home: Path, name: str, source: str) -> Daemon:
    (home / "engines").mkdir(parents=True)
    (home / "engines" / f"{name}.py").write_text(source)
    return start(tcp=True, VOX_CACHE="false")


def idle(daemon: Daemon) -> None:
    """Nobody has a turn or a lease."""
    eventually(
        lambda: all(not w["running"] and w["expires_in"] is not None for w in daemon.workers().values()),
        "the end of all turns and leases",
    )


def rest(ws: ClientConnection) -> list[bytes | str]:
    """What comes until the daemon closes."""
    messages: list[bytes | str] = []
    with suppress(ConnectionClosedOK):
        while True:
            messages.append(ws.recv(timeout=10))
    return messages


# Deepgram


def test_close_waits_for_all_that_was_flushed(start: Start) -> None:
    daemon = start(tcp=True, VOX_CACHE="false")
    with line(daemon, PLAIN) as ws:
        for text in ("aaaaa", "bbb"):
            say(ws, type="Speak", text=text)
            say(ws, type="Flush")
        say(ws, type="Speak", text="cc")
        say(ws, type="Close")
        heard = rest(ws)
        assert ws.close_code == 1000
    assert sum(len(each) for each in heard if isinstance(each, bytes)) / 48 == 200
    assert [json.loads(each)["type"] for each in heard if isinstance(each, str)] == ["Flushed"] * 3


def test_clear_after_close_ends_the_line(start: Start, home: Path) -> None:
    daemon = tuned(start, home, {"pace": "4"})
    with line(daemon, PLAIN) as ws:
        say(ws, type="Speak", text="a" * 3000)
        say(ws, type="Close")
        say(ws, type="Clear")
        heard = rest(ws)
        assert json.loads(heard[-1])["type"] == "Cleared"
        assert ws.close_code == 1000
    idle(daemon)


def test_a_flush_is_answered_though_its_text_failed_before(start: Start, home: Path) -> None:
    daemon = tuned(start, home, {"fail_at": "9600"})
    with line(daemon, PLAIN) as ws:
        say(ws, type="Speak", text="A" * 30 + ". ")
        until(ws, "Error")
        say(ws, type="Speak", text="which goes on")
        say(ws, type="Flush")
        assert until(ws, "Flushed")[0] == b""
        say(ws, type="Speak", text="aaa")
        say(ws, type="Flush")
        assert len(until(ws, "Flushed")[0]) / 48 == 60
        say(ws, type="Speak", text="A" * 30 + ". ")
        until(ws, "Error")
        say(ws, type="Close")
        assert rest(ws) == []
        assert ws.close_code == 1000
    idle(daemon)


# Twilio


@contextmanager
def call(daemon: Daemon) -> Iterator[ClientConnection]:
    with connect(f"ws://127.0.0.1:{daemon.port}/twilio", compression=None) as ws:
        start = {"streamSid": "MZ1", "customParameters": {"voice": "tone:tone-400"}}
        ws.send(json.dumps({"event": "start", "streamSid": "MZ1", "start": start}))
        yield ws


def speak(daemon: Daemon, text: str) -> Any:
    return daemon.http.post("/twilio/MZ1/say", json={"text": text}).json()


def heard(ws: ClientConnection, mark: str) -> None:
    """Up to that mark."""
    while json.loads(ws.recv(timeout=20)).get("mark", {}).get("name") != mark:
        pass


def test_a_stream_that_is_opened_again_stays_open(start: Start) -> None:
    daemon = start(tcp=True, VOX_CACHE="false")
    with call(daemon) as first:
        eventually(lambda: daemon.http.get("/twilio/calls").json()["calls"], "the first call")
        speak(daemon, "a")
        heard(first, "said-1")
        with call(daemon) as second:
            # Until the second connection has the name, its marks begin anew.
            eventually(lambda: speak(daemon, "a")["mark"] == "said-1", "the second call")
            first.close()
            assert speak(daemon, "bb") == {"status": "queued", "mark": "said-2"}
            heard(second, "said-2")
    eventually(lambda: not daemon.http.get("/twilio/calls").json()["calls"], "the end")


def test_a_mark_that_nobody_sent_does_no_harm(start: Start, home: Path) -> None:
    daemon = tuned(start, home, {"fail_at": "9600", "pace": "1"})
    with call(daemon) as ws:
        eventually(lambda: daemon.http.get("/twilio/calls").json()["calls"], "the call")
        assert speak(daemon, "a" * 100)["mark"] == "said-1"
        ws.send(json.dumps({"event": "mark", "streamSid": "MZ1", "mark": {"name": "said-1"}}))
        assert speak(daemon, "aaa")["mark"] == "said-2"
        heard(ws, "said-2")
    idle(daemon)


# The session


def test_a_load_is_told_of_before_all_is_written(start: Start, home: Path) -> None:
    daemon = tuned(start, home, {"load_seconds": "6"})
    with line(daemon) as ws:
        say(ws, type="Speak", text="This is a sentence, and it is whole. ")
        assert json.loads(ws.recv(timeout=4))["type"] == "Metadata"


def test_nobody_is_told_of_a_load_while_the_writer_is_waited_for(start: Start, home: Path) -> None:
    with line(start(tcp=True, VOX_CACHE="false"), PLAIN) as ws:
        say(ws, type="Speak", text="This is a sentence, and it is whole. ")
        sound = 0
        while sound < 37 * 960:
            sound += len(ws.recv(timeout=20))
        with pytest.raises(TimeoutError):
            ws.recv(timeout=3)


def test_the_codec_is_not_blamed_for_what_it_was_not_given(start: Start, home: Path) -> None:
    """It has nothing to do while another caller has the engine, for longer than a job may be silent."""
    daemon = tuned(start, home, {"pace": "1"}, VOX_SPEAK_STALL="1")
    with (
        line(daemon, "model=tone:tone-400&encoding=mulaw&sample_rate=8000") as ws,
        line(daemon, PLAIN) as other,
    ):
        say(ws, type="Speak", text="A" * 48 + ". B")
        say(ws, type="Flush")
        ws.recv(timeout=20)
        say(other, type="Speak", text="c" * 100)
        say(other, type="Flush")
        other.recv(timeout=20)  # the first segment is out, and the second one waits for its turn
        codec = daemon.workers()["codec"]
        assert codec["running"] == 1
        os.kill(codec["pid"], signal.SIGSTOP)  # so that it is slow to answer the second one
        try:
            until(other, "Flushed")
            eventually(lambda: not daemon.workers()["tone"]["running"], "the second segment")
        finally:
            os.kill(codec["pid"], signal.SIGCONT)
        until(ws, "Flushed")
        assert daemon.workers()["codec"]["pid"] == codec["pid"]


def test_the_end_of_a_segment_is_told_at_once_at_any_pace(start: Start, home: Path) -> None:
    """Pace and sample rate are each rounded to samples: what is waited for must be what comes."""
    daemon = with_engine(start, home, "stretched", STRETCHED)
    with talk(daemon) as conversation:
        conversation.config(model="stretched", sample_rate=16000, speed=1.37)
        for length in range(16, 26):
            conversation.send("input.text", text="a" * length + ". ")
            ended(conversation)
            conversation.send("input.done")
            conversation.until("session.done")


def ended(conversation: Talk) -> None:
    """A segment, within seconds."""
    while isinstance(message := conversation.ws.recv(timeout=3), bytes) or "audio.done" not in message:
        pass


# Engines that take text as it is written


def test_signs_that_come_alone_belong_to_the_next_word(start: Start, home: Path) -> None:
    daemon = with_engine(start, home, "writer", WRITER)
    with line(daemon, "model=writer:one&encoding=linear16&sample_rate=8000") as ws:
        for delta in (" ", "$", "5", ", please"):
            say(ws, type="Speak", text=delta)
        say(ws, type="Flush")
        assert len(until(ws, "Flushed")[0]) / 160 == len("five dollars, please")


def test_an_engine_is_not_asked_to_speak_signs(start: Start, home: Path) -> None:
    daemon = with_engine(start, home, "writer", WRITER)
    with talk(daemon) as conversation:
        conversation.config(model="writer")
        conversation.send("input.text", text="Hello ")
        ended(conversation)
        conversation.say("! ** ")
        messages = conversation.until("session.done")
        assert [each["type"] for each in messages if not isinstance(each, bytes)] == ["session.done"]
    idle(daemon)
