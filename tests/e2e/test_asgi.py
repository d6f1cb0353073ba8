"""The same application on a server that nobody here wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from websockets.sync.client import connect

from tests.harness import DEADLINE, Daemon, eventually, free_port


@pytest.fixture
def url(home: object) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "vox.gateway.asgi:app", "--port", str(port), "--log-level", "error"]
    )
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: process.poll() is not None or _answers(url), "the server's start")
        yield url
    finally:
        process.terminate()
        assert process.wait(DEADLINE) in (0, -15)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.ConnectError:
        return False


def test_uvicorn_carries_it_with_the_same_sound(url: str, daemon: Daemon) -> None:
    for format in ("pcm", "flac"):
        body = {"model": "tone", "input": "abcdefghij" * 20, "response_format": format}
        theirs = httpx.post(f"{url}/v1/audio/speech", json=body, timeout=DEADLINE)
        ours = daemon.speak(body["input"], response_format=format)
        assert theirs.status_code == 200
        assert theirs.headers["content-type"] == ours.headers["content-type"]
        assert theirs.content == ours.content


def test_errors_and_broken_streams_are_the_same_there(url: str) -> None:
    assert httpx.post(f"{url}/v1/audio/speech", json={"model": "x", "input": "y"}).status_code == 404
    body = {
        "model": "tone",
        "input": "abcdefghij",
        "response_format": "pcm",
        "options": {"fail_at": 1920, "pace": 1},
    }
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{url}/v1/audio/speech", json=body, timeout=DEADLINE)


def test_a_caller_that_leaves_frees_the_engine_there_too(url: str) -> None:
    body = {"model": "tone", "input": "abcdefgh" * 50, "response_format": "pcm", "options": {"pace": 1}}
    with httpx.stream("POST", f"{url}/v1/audio/speech", json=body, timeout=DEADLINE) as answer:
        chunks = answer.iter_bytes(960)
        next(chunks)
    eventually(
        lambda: [w["running"] for w in httpx.get(f"{url}/api/ps").json()["workers"]] == [0], "the cancel"
    )


def test_a_websocket_is_the_same_there_and_who_leaves_it_frees_the_engine(url: str) -> None:
    address = url.replace("http", "ws") + "/ws/synthesize"
    with connect(address) as ws:
        for pace, least in ((0, 10), (1, 1)):
            asked = {"text": "abcdefghij" * (1 + 40 * pace), "voice_id": "tone:", "options": {"pace": pace}}
            ws.send(json.dumps(asked))
            for index in range(least):
                assert json.loads(ws.recv(timeout=DEADLINE))["chunk_index"] == index
            if not pace:
                assert json.loads(ws.recv(timeout=DEADLINE))["total_chunks"] == 10
    eventually(
        lambda: (
            [w["running"] for w in httpx.get(f"{url}/api/ps").json()["workers"] if w["name"] == "tone"] == [0]
        ),
        "the cancel",
    )
