"""The openai engine against servers that stand in for others; for our own see `tests/e2e`."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

import vox.workers
from tests.sounds import tones
from vox.workers.engine import EngineError, Model, Reference, Segment
from vox.workers.plugins import load_engine

PATH = str(Path(vox.workers.__path__[0]) / "engines" / "openai.py")
SOUND = bytes(range(256)) * 64


class Server:
    """What the stand-in answers, and what it was asked."""

    def __init__(self) -> None:
        self.voices: Any = {"voices": ["ann", {"id": "ben", "name": "Ben", "language": "DE"}]}
        self.status = 200
        self.error: Any = {}
        self.headers: dict[str, str] = {}
        self.pieces = [SOUND[:1001], SOUND[1001:]]
        self.torn = False
        self.hold = threading.Event()
        self.hold.set()
        self.asked: list[dict[str, Any]] = []
        self.key: list[str | None] = []
        self.left = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        state: Server = self.server.state
        self._whole(404 if state.voices is None else 200, state.voices or {})

    def do_POST(self) -> None:
        state: Server = self.server.state
        state.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        state.key.append(self.headers["Authorization"])
        if state.status != 200:
            self._whole(state.status, state.error)
            return
        self.send_response(200)
        for name, value in state.headers.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for piece in state.pieces:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                state.hold.wait(10)
            if not state.torn:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            state.left.set()
        self.close_connection = True

    def _whole(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Not to our stderr."""


@pytest.fixture
def server() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        state: Any = Server()
        made.state = state  # type: ignore[attr-defined]
        state.url = f"http://127.0.0.1:{made.server_port}/v1"
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield state
        state.hold.set()
        made.shutdown()


def load(url: str, **options: str) -> Any:
    engine = load_engine("openai", PATH)
    engine.ready = engine.load(Model("default", None, "auto", {"url": url, **options}), lambda *_: None)
    return engine


def segment(text: str = "Hello.", **fields: Any) -> Segment:
    given: dict[str, Any] = {"voice": "ann", "language": "en", "speed": 1.0, "seed": None, "options": {}}
    return Segment(text, **given | fields)


def test_a_segment_is_asked_for_and_passed_on(server: Any) -> None:
    engine = load(server.url + "/", model="qwen", key="secret", extra='{"task_type": "CustomVoice"}')
    wanted = segment(speed=1.25, seed=7, instructions="gently", options={"temperature": 0.5})
    pieces = list(engine.speak(wanted))
    assert b"".join(pieces) == SOUND
    assert all(len(piece) % 2 == 0 for piece in pieces)
    assert server.asked == [
        {
            "model": "qwen",
            "input": "Hello.",
            "voice": "ann",
            "speed": 1.25,
            "seed": 7,
            "instructions": "gently",
            "response_format": "pcm",
            "stream": True,
            "task_type": "CustomVoice",
            "temperature": 0.5,
        }
    ]
    assert server.key == ["Bearer secret"]


@pytest.mark.parametrize(
    ("answer", "voices"),
    [
        ({"voices": ["ann"], "uploaded_voices": [{"name": "zoe"}]}, {"ann": "mul", "zoe": "mul"}),
        ({"data": [{"voice_id": "x", "language": "en"}]}, {"x": "en"}),
        (["a", "b"], {"a": "mul", "b": "mul"}),
    ],
)
def test_the_servers_voices_are_listed(server: Any, answer: Any, voices: dict[str, str]) -> None:
    server.voices = answer
    assert {voice["id"]: voice["language"] for voice in load(server.url).ready.voices} == voices


def test_a_server_without_a_list_has_openais_voices(server: Any) -> None:
    server.voices = None
    assert len(load(server.url).ready.voices) == 13


def test_sound_at_another_rate_is_refused_and_can_be_set(server: Any) -> None:
    server.headers = {"x-vox-sample-rate": "22050"}
    with pytest.raises(EngineError, match="22050 Hz"):
        list(load(server.url).speak(segment()))
    engine = load(server.url, sample_rate="22050")
    assert engine.ready.sample_rate == 22_050
    assert b"".join(engine.speak(segment())) == SOUND


@pytest.mark.parametrize(
    ("status", "error", "code", "words"),
    [
        (
            400,
            {"error": {"message": "no voice bob", "code": "unknown_voice", "param": "voice"}},
            "unknown_voice",
            "bob",
        ),
        (400, {"error": {"message": "bad speed"}}, "invalid_value", "bad speed"),
        (422, {"detail": [{"msg": "field"}]}, "invalid_value", "field"),
        (500, {"error": "boom"}, "engine_failed", "500: boom"),
        (401, {"error": {"message": "no key"}}, "engine_failed", "401: no key"),
        (
            404,
            {"error": {"message": "no such model", "code": "model_not_found"}},
            "engine_failed",
            "no such model",
        ),
    ],
)
def test_what_the_server_says_is_passed_on(
    server: Any, status: int, error: Any, code: str, words: str
) -> None:
    server.status, server.error = status, error
    with pytest.raises(EngineError) as caught:
        list(load(server.url).speak(segment()))
    assert caught.value.code == code and words in str(caught.value)


def test_an_answer_that_breaks_off_is_a_failure(server: Any) -> None:
    server.torn = True
    with pytest.raises(EngineError, match="broke off"):
        list(load(server.url).speak(segment()))


def test_a_server_that_is_not_there_is_a_failure(server: Any) -> None:
    with pytest.raises(EngineError, match="can't be reached"):
        load("http://127.0.0.1:9/v1")


@pytest.mark.parametrize("url", ["", "gpu:8000", "ftp://x/"])
def test_the_address_is_asked_for(url: str) -> None:
    with pytest.raises(EngineError, match=r"engines\.openai\.option\.url") as caught:
        load(url)
    assert caught.value.code == "not_installed"


def test_a_cancel_hangs_up_on_the_one_segment_only(server: Any) -> None:
    engine = load(server.url)
    server.hold.clear()
    server.pieces = [SOUND] * 400
    one, other = segment("One."), segment("Other.")
    pieces = [engine.speak(each) for each in (one, other)]
    for each in pieces:
        next(each)
    rest: list[bytes] = []
    thread = threading.Thread(target=rest.extend, args=(pieces[0],))
    thread.start()
    engine.cancel(one)
    thread.join(10)
    assert not thread.is_alive()
    server.hold.set()
    assert server.left.wait(10)
    assert sum(map(len, pieces[1])) > 0
    assert engine._open == {}


def test_closing_hangs_up_too(server: Any) -> None:
    engine = load(server.url)
    server.pieces = [SOUND] * 4000
    pieces = engine.speak(segment())
    next(pieces)
    pieces.close()
    assert server.left.wait(10)
    assert engine._open == {}


def test_a_recorded_voice_goes_with_the_request(server: Any, tmp_path: Path) -> None:
    engine = load(server.url)
    (tmp_path / "r.wav").write_bytes(tones((440, 1)))
    prompt = engine.enroll(Reference("a" * 64, str(tmp_path / "r.wav"), "a tone", "en"))
    list(engine.speak(segment(prompt=prompt)))
    (asked,) = server.asked
    assert base64.b64decode(asked["ref_audio"].partition(",")[2]) == tones((440, 1))
    assert (asked["ref_text"], asked["task_type"], "voice" in asked) == ("a tone", "Base", False)


@pytest.fixture
def omni() -> Iterator[Callable[[Callable[[ServerConnection], None]], str]]:
    """`omni(handler)` starts a WebSocket server and gives its address."""
    servers: list[Any] = []

    def start(handler: Callable[[ServerConnection], None]) -> str:
        made = serve(handler, "127.0.0.1", 0, process_request=_list_voices)
        servers.append(made)
        threading.Thread(target=made.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{made.socket.getsockname()[1]}/v1"

    yield start
    for made in servers:
        made.shutdown()


def _list_voices(connection: ServerConnection, request: Any) -> Any:
    if request.path.startswith("/v1/audio/voices"):
        return connection.respond(200, '{"voices": ["ann"]}')
    return None


def test_a_text_that_is_being_written_goes_word_by_word(omni: Any) -> None:
    told: list[dict[str, Any]] = []
    heard = threading.Event()

    def handler(link: ServerConnection) -> None:
        assert link.request is not None and link.request.path == "/v1/audio/speech/stream"
        for message in link:
            told.append(json.loads(message))
            if told[-1]["type"] == "input.text":
                link.send(json.dumps({"type": "audio.start"}))
                link.send(told[-1]["text"].encode() * 2)
                heard.set()
            if told[-1]["type"] == "input.done":
                link.send(json.dumps({"type": "session.done"}))

    def deltas() -> Iterator[str]:
        yield "one "
        assert heard.wait(10)  # the first sound comes before the last word
        yield "two"

    sound = b"".join(load(omni(handler)).speak(segment("", deltas=deltas())))
    assert sound == b"one one twotwo"
    assert [each["type"] for each in told] == ["session.config", "input.text", "input.text", "input.done"]
    assert told[0]["voice"] == "ann" and told[0]["response_format"] == "pcm"


def test_an_error_of_the_session_is_passed_on(omni: Any) -> None:
    def handler(link: ServerConnection) -> None:
        link.recv()
        link.send(json.dumps({"type": "error", "message": "out of memory"}))
        link.recv()

    with pytest.raises(EngineError, match="out of memory"):
        list(load(omni(handler)).speak(segment("", deltas=iter(["x"]))))
