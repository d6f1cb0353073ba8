"""OpenAI's own clients: the Python one of this day, and Node's."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.clients.hearing import said, seconds
from tests.harness import Daemon

NODE = Path(__file__).parent / "node"
TEXT = "GOOD MORNING. THE TEA IS READY."


@pytest.fixture
def client(served: Daemon) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key="unused", max_retries=0) as client:
        yield client


def test_the_sound_is_the_text_in_the_voice(client: openai.OpenAI) -> None:
    for voice, base in (("alloy", 200), ("nova", 900)):
        answer = client.audio.speech.create(model="tone", voice=voice, input=TEXT, response_format="pcm")
        assert said(answer.read(), base=base) == TEXT


def test_sound_streams_while_it_is_made(real_time: None, client: openai.OpenAI) -> None:
    with client.audio.speech.with_streaming_response.create(
        model="tone", voice="tone-400", input=TEXT, response_format="pcm"
    ) as answer:
        pieces = list(answer.iter_bytes())
    assert said(b"".join(pieces)) == TEXT
    assert max(seconds(piece) for piece in pieces) < 0.5


def test_the_asynchronous_client(served: Daemon) -> None:
    async def speak() -> list[bytes]:
        async with openai.AsyncOpenAI(base_url=f"{served.url}/v1", api_key="unused") as client:
            texts = [f"CALLER {number} HERE." for number in range(5)]
            answers = await asyncio.gather(
                *(
                    client.audio.speech.create(
                        model="tone", voice="tone-400", input=text, response_format="pcm"
                    )
                    for text in texts
                )
            )
            return [answer.content for answer in answers]

    assert [said(sound) for sound in asyncio.run(speak())] == [f"CALLER {n} HERE." for n in range(5)]


def test_what_is_wrong_is_the_clients_own_exception(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="unknown tone voice 'nobody'") as caught:
        client.audio.speech.create(model="tone", voice="nobody", input=TEXT)
    assert (caught.value.param, caught.value.code) == ("voice", "unknown_voice")
    with pytest.raises(openai.NotFoundError, match="nonsense"):
        client.audio.speech.create(model="nonsense", voice="alloy", input=TEXT)


@pytest.fixture(scope="session")
def node() -> list[str]:
    """The command that speaks with the Node client, which npm installs where it is not yet."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        pytest.skip("node and npm are not on this machine")
    installed = NODE / "node_modules" / ".package-lock.json"
    lock = NODE / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=NODE, check=True, capture_output=True)
    return [program, str(NODE / "speak.mjs")]


def test_node(served: Daemon, node: list[str], tmp_path: Path) -> None:
    request = {"model": "tone", "voice": "tone-400", "input": TEXT, "response_format": "pcm"}
    for how in ("whole", "stream"):
        file = tmp_path / how
        subprocess.run([*node, f"{served.url}/v1", how, json.dumps(request), str(file)], check=True)
        assert said(file.read_bytes()) == TEXT


def test_node_throws_what_is_wrong(served: Daemon, node: list[str], tmp_path: Path) -> None:
    request = {"model": "tone", "voice": "nobody", "input": TEXT}
    command = [*node, f"{served.url}/v1", "whole", json.dumps(request), str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    thrown = json.loads(done.stdout)
    assert (thrown["name"], thrown["param"]) == ("BadRequestError", "voice")
    assert "unknown tone voice 'nobody'" in thrown["message"]
