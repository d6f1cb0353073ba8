"""Wyoming where something goes wrong: requests that can't be, bytes without meaning, a daemon that stops."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.ping import Ping
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeVoice

from tests.e2e.surfaces.home_assistant import (
    PING,
    SECOND,
    TONE,
    Home,
    configure,
    failure,
    frame,
    hear,
    run,
    say,
)
from tests.harness import Daemon, Start, free_port


@pytest.fixture
def here(start: Start) -> Home:
    return Home(start)


# Failures


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Synthesize("a", SynthesizeVoice(name="tone:nobody")), "unknown tone voice 'nobody'"),
        (Synthesize("a", SynthesizeVoice(name="espeak:nobody")), "nobody"),
        (Synthesize("a", SynthesizeVoice(name="nowhere:anna")), "nowhere"),
        (Synthesize("a", SynthesizeVoice(language="tlh-x-klingon")), "does not speak"),
        (Synthesize("<speak>a</speak>", text_format="ssml"), "send plain text"),
        (Synthesize("a" * 20_001, TONE), "20,000"),
        (SynthesizeStart(SynthesizeVoice(name="tone:nobody")), "unknown tone voice 'nobody'"),
        (SynthesizeChunk("a"), "synthesize-start comes first"),
        (SynthesizeStop(), "synthesize-start comes first"),
    ],
)
def test_a_request_that_fails_says_why_and_ends_the_connection(here: Home, request_: Any, words: str) -> None:
    async def talk() -> None:
        async with here.client() as client:
            await say(client, request_)
            assert words in (await failure(client)).text
        async with here.client() as client:
            await say(client, Synthesize("a" * 50, TONE))
            assert len((await hear(client))[0]) == SECOND

    run(talk())


def test_what_still_comes_after_a_failure_does_not_hide_it(here: Home) -> None:
    async def talk() -> str:
        async with here.client() as client:
            await say(client, SynthesizeStart(SynthesizeVoice(name="tone:nobody")))
            await say(client, *[SynthesizeChunk("a" * 1000)] * 1000, SynthesizeStop())
            return (await failure(client)).text

    assert "nobody" in run(talk())


def test_a_text_that_begins_in_another_is_refused(here: Home) -> None:
    async def talk() -> str:
        async with here.client() as client:
            await say(client, SynthesizeStart(TONE), SynthesizeStart(TONE))
            return (await failure(client)).text

    assert "synthesize-stop ends it" in run(talk())


@pytest.mark.parametrize("streamed", [False, True])
def test_what_breaks_off_never_looks_whole(start: Start, home: Path, streamed: bool) -> None:
    configure(home, fail_at=SECOND)
    here = Home(start)

    async def talk() -> str:
        async with here.client() as client:
            if streamed:
                await say(client, SynthesizeStart(TONE), SynthesizeChunk("a" * 100), SynthesizeStop())
            else:
                await say(client, Synthesize("a" * 100, TONE))
            return (await failure(client)).text

    assert "tone failed after 48000 bytes" in run(talk())


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "a line of JSON"),
        (b"\n", "a line of JSON"),
        (b"[]\n", "a line of JSON"),
        (b"\xff\xfe\x00\n", "a line of JSON"),
        (b"{}\n", "type"),
        (b'{"type": 7}\n', "type"),
        (b"[" * 100_000 + b"\n", "a line of JSON"),
        (frame("describe", data_length=-1), "data_length"),
        (frame("describe", data_length="many"), "data_length"),
        (frame("describe", payload_length=1.5), "payload_length"),
        (frame("describe", data=7), "data"),
        (frame("describe", data_length=1 << 40), "may have 262,144 bytes"),
        (frame("audio-chunk", payload_length=1 << 62), "may have 262,144 bytes"),
        (b"x" * 300_000, "may have 262,144 bytes"),
    ],
)
def test_garbage_ends_the_connection_and_nothing_else(start: Start, sent: bytes, words: str) -> None:
    here = Home(start, VOX_MAX_MESSAGE="262144")
    with here.raw() as raw, here.raw() as other:
        raw.send(sent)
        told = raw.read()
        assert told is not None and told["type"] == "error"
        assert words in told["data"]["text"]
        assert raw.read() is None
        other.send(PING)
        assert (other.read() or {})["data"] == {"text": "?"}


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (frame("describe", b"{"), "JSON"),
        (frame("describe", b"[7]"), "object"),
        (frame("info", b"\xff", payload_length=3) + b"xyz", "JSON"),
        (frame("ping", b'{"text": 7}'), "text"),
    ],
)
def test_after_an_event_that_is_wrong_others_may_follow(here: Home, sent: bytes, words: str) -> None:
    with here.raw() as raw:
        raw.send(sent + PING)
        told = raw.read()
        assert told is not None and told["type"] == "error"
        assert words in told["data"]["text"]
        assert (raw.read() or {})["type"] == "pong"


@pytest.mark.parametrize(
    "data", [b'{"voice": null}', b'{"text": null}', b"[]", b'{"text": "a", "voice": "b"}']
)
def test_a_request_that_is_wrong_fails(here: Home, data: bytes) -> None:
    with here.raw() as raw:
        raw.send(frame("synthesize", data))
        assert (raw.read() or {})["type"] == "error"


def test_null_means_nothing(here: Home) -> None:
    with here.raw() as raw:
        nothing = b'{"text": "", "voice": null, "text_format": null, "context": null}'
        raw.send(frame("synthesize", nothing, data=None, payload_length=None, later="?"))
        assert [(raw.read() or {})["type"] for _ in range(2)] == ["audio-start", "audio-stop"]


def test_data_in_both_places_and_in_pieces(here: Home) -> None:
    sent = frame("synthesize", b'{"text": "a"}', data={"voice": {"name": "tone:tone-400"}})
    with here.raw() as raw:
        for at in range(len(sent)):
            raw.send(sent[at : at + 1])
        kinds = [(raw.read() or {})["type"] for _ in range(3)]
        assert kinds == ["audio-start", "audio-chunk", "audio-stop"]


@pytest.mark.parametrize("sent", [b'{"type"', b"{", frame("synthesize", data_length=10) + b"{"])
def test_half_an_event_is_not_waited_for_long(start: Start, sent: bytes) -> None:
    here = Home(start, VOX_BODY_TIMEOUT="0.3")
    with here.raw() as idle_one, here.raw() as raw:
        idle_one.send(PING)
        assert idle_one.read()
        raw.send(PING * 3 + sent)
        assert [(raw.read() or {})["type"] for _ in range(4)] == ["pong"] * 3 + ["error"]
        assert raw.read() is None
        idle_one.send(PING)
        assert idle_one.read(), "who says nothing may stay"


def test_many_events_at_once_are_taken_in_turn(start: Start, home: Path) -> None:
    here = Home(start, VOX_MAX_MESSAGE="2000")
    request = json.dumps({"text": "a" * 10, "voice": {"name": "tone:tone-400"}}).encode()
    with here.raw() as raw:
        count = 200  # more than is held: the rest waits in the kernel
        raw.send(frame("synthesize", request) * count)
        for _ in range(count):
            while (raw.read() or {})["type"] != "audio-stop":
                pass


def test_a_client_that_only_asks_is_not_answered_without_end(start: Start) -> None:
    here = Home(start, VOX_WRITE_TIMEOUT="1")

    def resident() -> int:
        with open(f"/proc/{here.daemon.process.pid}/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    with here.raw() as raw:
        raw.send(PING)
        assert raw.read()
        before = resident()
        raw.sock.settimeout(0.3)
        with pytest.raises(OSError):  # it is not listened to any more
            for _ in range(10_000):
                raw.send(frame("describe") * 100)
        assert resident() - before < 8 << 20


def test_a_client_that_is_gone_before_it_is_refused_leaves_no_trace(here: Home) -> None:
    with here.raw() as raw:
        raw.send(PING)
        assert raw.read()
        here.daemon.process.send_signal(signal.SIGSTOP)
        raw.send(b"?\n")
    here.daemon.process.send_signal(signal.SIGCONT)
    assert "Traceback" not in here.daemon.end()


def test_there_is_a_limit_to_connections(start: Start) -> None:
    here = Home(start, VOX_MAX_CONNECTIONS="2")
    with here.raw() as first, here.raw() as second:
        for raw in (first, second):
            raw.send(PING)
            assert raw.read()
        with here.raw() as third:
            told = third.read()
            assert told is not None and "too many connections" in told["data"]["text"]
            assert third.read() is None


# The daemon


def test_without_a_port_nothing_of_it_is_loaded(daemon: Daemon) -> None:
    assert daemon.http.get("/health").json()["wyoming"] is None
    code = "import vox.gateway.run, sys; print([name for name in sys.modules if 'wyoming' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_health_says_where_it_listens(here: Home) -> None:
    assert here.daemon.http.get("/health").json()["wyoming"] == f"tcp://127.0.0.1:{here.port}"
    assert "no keys" not in here.daemon.end()


def test_any_other_address_is_warned_of(start: Start) -> None:
    here = Home(start, VOX_WYOMING_HOST="0.0.0.0")
    with here.raw() as raw:
        raw.send(PING)
        assert raw.read()
    assert f"tcp://0.0.0.0:{here.port} is open to everybody" in here.daemon.end()


def begin(home: Path, *arguments: str, **environment: str) -> tuple[bytes, str]:
    daemon = Daemon(home, 0, *arguments, **environment)
    try:
        return daemon.word, daemon.end()
    finally:
        assert daemon.process.stderr is not None
        daemon.process.stderr.close()


@pytest.mark.parametrize(
    ("host", "state", "words"),
    [("127.0.0.1", "ok", "tcp://127.0.0.1:"), ("0.0.0.0", "warn", "it has no keys")],
)
def test_doctor_looks_at_the_port(start: Start, host: str, state: str, words: str) -> None:
    here = Home(start, VOX_WYOMING_HOST=host)
    environment = {**os.environ, "VOX_WYOMING_PORT": str(here.port), "VOX_WYOMING_HOST": host}

    def doctor() -> dict[str, str]:
        command = [str(Path(sys.executable).parent / "vox"), "doctor", "--json"]
        done = subprocess.run(command, check=True, capture_output=True, env=environment)
        return next(found for found in json.loads(done.stdout) if found["what"] == "wyoming")

    found = doctor()
    assert (found["state"], words in found["detail"]) == (state, True)
    here.daemon.end()
    environment["VOX_WYOMING_HOST"] = "127.0.0.1"
    assert "once the daemon runs" in doctor()["detail"]
    start()  # which has no such port
    assert "vox daemon restart" in doctor()["detail"]


def test_a_port_that_is_taken_is_told_of(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        word, printed = begin(home, VOX_WYOMING_PORT=port)
        assert word.startswith(b"E") and b"vox config set wyoming_port N" in word
        assert "Traceback" not in printed
        word, printed = begin(home, "--lazy", VOX_WYOMING_PORT=port)
        assert word == b"R" and "no port for Home Assistant" in printed


def test_a_package_that_is_missing_is_told_of(home: Path, tmp_path: Path) -> None:
    (tmp_path / "wyoming.py").write_text("raise ModuleNotFoundError('wyoming')")
    word, _ = begin(home, VOX_WYOMING_PORT=str(free_port()), PYTHONPATH=str(tmp_path))
    assert b"pip install 'vox-daemon[wyoming]'" in word


def test_a_daemon_that_stops_finishes_what_it_says(start: Start, home: Path) -> None:
    configure(home, pace=1)
    here = Home(start)

    async def talk() -> None:
        async with here.client() as waiting, here.client() as client:
            await say(waiting, Ping())
            assert await waiting.read_event()
            await say(client, Synthesize("a" * 100, TONE))
            while (event := await client.read_event()) and event.type != "audio-chunk":
                pass
            here.daemon.http.post("/stop", json={})
            assert await waiting.read_event() is None
            left = [event.type async for event in rest(client)]
            assert left[-1] == "audio-stop"

    run(talk())
    assert "Traceback" not in here.daemon.end()


def test_a_daemon_whose_patience_ends_says_so(start: Start, home: Path) -> None:
    configure(home, pace=1)
    here = Home(start, VOX_DRAIN_TIMEOUT="0.3")

    async def talk() -> None:
        async with here.client() as client:
            await say(client, SynthesizeStart(TONE), SynthesizeChunk("a" * 1000 + ". "))
            while (event := await client.read_event()) and event.type != "audio-chunk":
                pass
            here.daemon.http.post("/stop", json={})
            assert "stopping" in (await failure(client)).text

    run(talk())
    assert "Traceback" not in here.daemon.end()


async def rest(client: AsyncTcpClient) -> AsyncIterator[Event]:
    while (event := await client.read_event()) is not None:
        yield event
