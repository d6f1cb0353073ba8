"""A phone call as Twilio connects it: the message sequence of its documentation, from its end."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.harness import Daemon, Start, error_of, eventually
from tests.sounds import from_ulaw, peak

A = 400 + 50 * (ord("a") % 64)
SID = "MZ18ad3ab5a668481ce02b83e7395059f0"


class Twilio:
    """Twilio's end of one stream: plays in no time, and sends marks back as it comes to them."""

    def __init__(self, ws: ClientConnection, sid: str) -> None:
        self.ws, self.sid, self.number = ws, sid, 0

    def tell(self, event: str, **rest: Any) -> None:
        self.number += 1
        self.ws.send(
            json.dumps({"event": event, "sequenceNumber": str(self.number), **rest, "streamSid": self.sid})
        )

    def begin(self, encoding: str = "audio/x-mulaw", **parameters: str) -> None:
        self.ws.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
        format = {"encoding": encoding, "sampleRate": 8000, "channels": 1}
        start = {
            "accountSid": "AC0",
            "streamSid": self.sid,
            "callSid": "CA0",
            "tracks": ["inbound"],
            "mediaFormat": format,
            "customParameters": parameters,
        }
        self.tell("start", start=start)
        media = {"track": "inbound", "chunk": "1", "timestamp": "5", "payload": "/////w=="}
        self.tell("media", media=media)

    def play(self, until: str) -> tuple[bytes, list[str]]:
        """What is heard up to the mark of that name, and all events in order, runs of media as one."""
        sound, events = b"", list[str]()
        while True:
            message = json.loads(self.ws.recv(timeout=20))
            assert message["streamSid"] == self.sid
            kind = message["event"]
            if kind == "media":
                payload = b64decode(message["media"]["payload"], validate=True)
                assert 0 < len(payload) <= 160
                sound += payload
                events += [] if events[-1:] == ["media"] else ["media"]
                continue
            if kind == "mark":
                name = message["mark"]["name"]
                self.tell("mark", mark={"name": name})
                events.append(name)
                if name == until:
                    return sound, events
            else:
                events.append(kind)
                if kind == until:
                    return sound, events


def calls(daemon: Daemon) -> list[dict[str, str]]:
    found: list[dict[str, str]] = daemon.http.get("/twilio/calls").json()["calls"]
    return found


@contextmanager
def call(daemon: Daemon, sid: str = SID, path: str = "/twilio", **parameters: str) -> Iterator[Twilio]:
    with connect(f"ws://127.0.0.1:{daemon.port}{path}", compression=None) as ws:
        twilio = Twilio(ws, sid)
        twilio.begin(**{"voice": "tone:tone-400", **parameters})
        eventually(lambda: sid in [one["streamSid"] for one in calls(daemon)], "the call")
        yield twilio


def say(daemon: Daemon, text: str, sid: str = SID, **more: Any) -> httpx.Response:
    return daemon.http.post(f"/twilio/{sid}/say", json={"text": text, **more})


@pytest.fixture
def daemon(start: Start) -> Daemon:
    return start(tcp=True, VOX_CACHE="false")


def test_a_call_from_start_to_stop(daemon: Daemon) -> None:
    with call(daemon) as twilio:
        assert say(daemon, "aaaaaaaaaaaaaaaa. Aaaaa").json() == {"status": "queued", "mark": "said-1"}
        sound, events = twilio.play("said-1")
        assert events == ["media", "part-1", "media", "part-2", "said-1"]
        assert len(sound) / 8 == pytest.approx(23 * 20, abs=5), "ms, without a hole between the two"
        assert peak(from_ulaw(sound[: 16 * 160]), 8000) == pytest.approx(A, abs=2)
        twilio.tell("dtmf", dtmf={"track": "inbound_track", "digit": "1"})
        twilio.tell("something new")
        assert say(daemon, "bb").json()["mark"] == "said-2"
        assert twilio.play("said-2")[1] == ["media", "part-3", "said-2"]
        twilio.tell("stop", stop={"accountSid": "AC0", "callSid": "CA0"})
        with pytest.raises(ConnectionClosed):
            twilio.ws.recv(timeout=20)
    assert calls(daemon) == []
    assert error_of(say(daemon, "a"))["message"] == f"no call has the stream {SID!r}; open: none"


def test_whoever_waits_learns_when_it_was_heard(daemon: Daemon) -> None:
    with call(daemon) as twilio:
        answers: list[httpx.Response] = []
        waiting = threading.Thread(target=lambda: answers.append(say(daemon, "aaaaa", wait=True)))
        waiting.start()
        twilio.play("said-1")
        waiting.join(20)
        assert answers[0].json() == {"status": "heard", "mark": "said-1"}


def test_text_as_it_is_written(daemon: Daemon) -> None:
    with call(daemon) as twilio:
        for word in ("This ", "is ", "a ", "first ", "sentence. ", "And "):
            assert say(daemon, word, flush=False).json()["mark"] is None
        assert twilio.play("part-1")[0], "spoken before the text was complete"
        assert say(daemon, "more.").json()["mark"] == "said-1"
        assert twilio.play("said-1")[1] == ["media", "part-2", "said-1"]


def test_an_interruption_clears_what_twilio_has(start: Start, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[engines.tone]\noption.pace = "2"\n')
    daemon = start(tcp=True, VOX_CACHE="false")
    with call(daemon) as twilio:
        answers: list[httpx.Response] = []
        waiting = threading.Thread(target=lambda: answers.append(say(daemon, "a" * 3000, wait=True)))
        waiting.start()
        assert json.loads(twilio.ws.recv(timeout=20))["event"] == "media"
        say(daemon, "b" * 10, interrupt=True)
        assert twilio.play("clear")[1][-1] == "clear"
        sound, _ = twilio.play("said-2")
        assert len(sound) == 10 * 160
        assert peak(from_ulaw(sound), 8000) == pytest.approx(A + 50, abs=5)
        waiting.join(20)
        assert answers[0].status_code == 404
        assert error_of(answers[0])["code"] == "interrupted"
        assert daemon.http.post(f"/twilio/{SID}/clear", json={}).json() == {"status": "cleared"}


def test_a_speech_that_fails_is_told_to_who_waits(start: Start, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[engines.tone]\noption.fail_at = "9600"\n')
    daemon = start(tcp=True, VOX_CACHE="false")
    with call(daemon) as twilio:
        failed = say(daemon, "a" * 50, wait=True)
        assert failed.status_code == 500
        assert "as it was asked to" in error_of(failed)["message"]
        assert say(daemon, "a" * 5).json()["mark"] == "said-2"
        assert "said-2" in twilio.play("said-2")[1]


def test_a_call_has_two_names_and_can_be_ended(daemon: Daemon) -> None:
    with call(daemon) as twilio:
        assert calls(daemon) == [{"streamSid": SID, "callSid": "CA0"}]
        assert say(daemon, "aaa", "CA0").json()["mark"] == "said-1"
        twilio.play("said-1")
        assert daemon.http.delete("/twilio/CA0").json() == {"status": "ended"}
        with pytest.raises(ConnectionClosed):
            twilio.ws.recv(timeout=20)
        assert twilio.ws.close_code == 1000
    assert daemon.http.delete(f"/twilio/{SID}").status_code == 404


def test_two_calls_at_once_keep_to_themselves(daemon: Daemon) -> None:
    with call(daemon, "MZ1") as one, call(daemon, "MZ2", voice="tone:tone-1000") as two:
        say(daemon, "a" * 50, "MZ1")
        say(daemon, "a" * 50, "MZ2")
        assert peak(from_ulaw(two.play("said-1")[0]), 8000) == pytest.approx(A + 600, abs=2)
        assert peak(from_ulaw(one.play("said-1")[0]), 8000) == pytest.approx(A, abs=2)


def test_a_stream_that_is_no_phone_line_is_closed(daemon: Daemon) -> None:
    with connect(f"ws://127.0.0.1:{daemon.port}/twilio") as ws:
        Twilio(ws, SID).begin(encoding="audio/opus")
        with pytest.raises(ConnectionClosed):
            ws.recv(timeout=20)
        assert (ws.close_code, ws.close_reason) == (
            1003,
            "a stream has a streamSid, and audio/x-mulaw at 8000 Hz",
        )
    with connect(f"ws://127.0.0.1:{daemon.port}/twilio") as ws:
        ws.send("hello?")
        with pytest.raises(ConnectionClosed):
            ws.recv(timeout=20)
        assert ws.close_code == 1007
    with connect(f"ws://127.0.0.1:{daemon.port}/twilio") as ws:
        Twilio(ws, SID).begin(voice="tone:nobody")
        with pytest.raises(ConnectionClosed):
            ws.recv(timeout=20)
        assert ws.close_code == 1008
        assert "unknown tone voice 'nobody'" in str(ws.close_reason)


def test_with_keys_a_signed_path_leads_in(start: Start) -> None:
    daemon = start(tcp=True, VOX_CACHE="false", VOX_API_KEYS="secret")
    with httpx.Client(base_url=daemon.url) as stranger:
        assert stranger.get("/twilio/ticket").status_code == 401
        ticket = stranger.get("/twilio/ticket?ttl=60", headers={"authorization": "Bearer secret"}).json()
        old = stranger.get("/twilio/ticket?ttl=0", headers={"authorization": "Bearer secret"}).json()
        wrong = stranger.get("/twilio/ticket?ttl=soon", headers={"authorization": "Bearer secret"})
        assert error_of(wrong)["param"] == "ttl"
    with call(daemon, path=ticket["path"]) as twilio:
        say(daemon, "aaaaa")
        twilio.play("said-1")
    for path in ("/twilio", "/twilio/nonsense", old["path"], ticket["path"][:-1]):
        with pytest.raises(InvalidStatus), connect(f"ws://127.0.0.1:{daemon.port}{path}"):
            pass


def test_any_conversation_can_speak_in_twilios_messages(daemon: Daemon) -> None:
    query = f"model=tone:tone-400&output=twilio&streamSid={SID}"
    with connect(f"ws://127.0.0.1:{daemon.port}/v1/speak?{query}") as ws:
        ws.recv()
        ws.send('{"type":"Speak","text":"aaaaa"}')
        ws.send('{"type":"Flush"}')
        messages = [json.loads(ws.recv(timeout=20)) for _ in range(7)]
        assert [message.get("event") for message in messages] == ["media"] * 5 + ["mark", None]
        assert messages[6]["type"] == "Flushed"
        ws.send('{"type":"Clear"}')
        assert [json.loads(ws.recv(timeout=20)) for _ in range(2)] == [
            {"event": "clear", "streamSid": SID},
            {"type": "Cleared", "sequence_id": 1},
        ]
