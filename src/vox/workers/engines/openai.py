# /// script
# requires-python = ">=3.10"
# dependencies = ["websockets>=14", "numpy"]
#
# [tool.vox]
# title = "Another server: OpenAI-compatible, or vLLM-Omni"
# license = "Apache-2.0"
# environment = "own"
# sample-rate = 24000
# speed = [0.25, 4.0]
# knobs = ["*"]
# streams-audio = true
# streams-text = "optional"  # by a WebSocket that vLLM-Omni and vox have, and others not
# instructs = true
# clones = true
# samples = false
# slots = 32
# normalize = "markup"
# keep-alive = "5m"
# [tool.vox.install]
# megabytes = 75
# ///
"""Any server with OpenAI's speech endpoint, as an engine: vox in front, a server that batches behind.

Settings, as `vox config set engines.openai.option.NAME VALUE`:

    url          base address, such as http://gpu-host:8000/v1
    model        the model to ask for; empty: the server's own default
    key          API key; or key_env, the variable of the daemon's environment that has it
    sample_rate  Hz of its PCM; 24000 unless it says otherwise in a header
    timeout      seconds without an answer or a byte; 60
    extra        JSON object of more fields for each request, such as {"task_type": "VoiceDesign"}

A segment goes by HTTP, a text that is still being written by vLLM-Omni's WebSocket
(`WS /audio/speech/stream`). A recorded voice goes with each request, as vLLM-Omni takes it (`ref_audio`).
"""

from __future__ import annotations

import json
import os
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit

from vox.wire.messages import VoiceInfo
from vox.workers.engine import EngineError, Model, Progress, Prompt, Ready, Reference, Segment

OPENAI_VOICES = (
    "alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse", "marin",
    "cedar",
)  # fmt: skip
"""What a server that lists no voices is taken to have."""
_PIECE = 16 * 1024
"""Bytes read at most at a time: a third of a second."""


class OpenAI:
    def load(self, model: Model, progress: Progress) -> Ready:
        options = model.options
        self._url = _address(str(options.get("url", "")))
        key = str(options.get("key", "") or os.environ.get(str(options.get("key_env", "")), ""))
        self._headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {key}"} if key else {}
        )
        self._timeout = _number(options, "timeout", 60)
        self._model = str(options.get("model", ""))
        self._extra: dict[str, Any] = _object(str(options.get("extra", "") or "{}"))
        self._rate = int(_number(options, "sample_rate", 24_000))
        self._open: dict[int, socket.socket] = {}
        self._lock = threading.Lock()
        progress(0.5, "asking for voices")
        return Ready(self._rate, self._voices())

    def speak(self, segment: Segment) -> Iterator[bytes]:
        if segment.deltas is not None:
            return self._whole_samples(self._by_websocket(segment))
        return self._whole_samples(self._by_http(segment))

    def enroll(self, reference: Reference) -> Prompt:
        import numpy as np

        with open(reference.path, "rb") as file:
            sound = np.frombuffer(file.read(), np.uint8)
        return {"wav": sound, "transcript": np.array(reference.transcript)}

    def cancel(self, segment: Segment) -> None:
        with self._lock:
            sock = self._open.pop(id(segment), None)
        if sock is not None:
            _hang_up(sock)

    def close(self) -> None:
        pass

    # One segment

    def _body(self, segment: Segment) -> dict[str, Any]:
        body = {
            "model": self._model,
            "voice": segment.voice,
            "speed": segment.speed if segment.speed != 1.0 else None,
            "seed": segment.seed,
            "instructions": segment.instructions,
            "response_format": "pcm",
        }
        if segment.prompt is not None:
            sound = b64encode(segment.prompt["wav"].tobytes()).decode()
            body |= {"voice": None, "ref_audio": f"data:audio/wav;base64,{sound}", "task_type": "Base"}
            body["ref_text"] = str(segment.prompt["transcript"])
        given = {name: value for name, value in body.items() if value not in (None, "")}
        return {**given, **self._extra, **segment.options}

    def _by_http(self, segment: Segment) -> Iterator[bytes]:
        body = self._body(segment) | {"input": segment.text, "stream": True}
        connection = self._connection()
        try:
            answer = self._answer(connection, "POST", "/audio/speech", json.dumps(body).encode(), segment)
            rate = int(
                answer.headers.get("x-vox-sample-rate") or answer.headers.get("x-sample-rate") or self._rate
            )
            if rate != self._rate:
                raise _failed(f"it speaks at {rate} Hz; set engines.openai.option.sample_rate to that")
            while data := self._read(answer, segment):
                yield data
        finally:
            self._forget(segment)
            connection.close()

    def _read(self, answer: HTTPResponse, segment: Segment) -> bytes:
        try:
            return answer.read1(_PIECE)
        except (OSError, HTTPException) as error:
            if id(segment) not in self._open:
                return b""  # we hung up
            raise _failed(f"it broke off: {error or type(error).__name__}") from None

    def _answer(
        self, connection: HTTPConnection, method: str, path: str, body: bytes | None, segment: Segment | None
    ) -> HTTPResponse:
        """The answer, which is a 200. Raises `EngineError` with the server's own words."""
        try:
            connection.connect()
            if segment is not None:
                with self._lock:
                    self._open[id(segment)] = connection.sock
            connection.request(method, self._url.path + path, body, self._headers)
            answer = connection.getresponse()
        except (OSError, HTTPException) as error:
            raise _failed(f"it can't be reached: {error or type(error).__name__}") from None
        if answer.status != 200:
            raise _refused(answer.status, answer.read(64 * 1024))
        return answer

    def _by_websocket(self, segment: Segment) -> Iterator[bytes]:
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        scheme = "wss" if self._url.scheme == "https" else "ws"
        address = f"{scheme}://{self._url.netloc}{self._url.path}/audio/speech/stream"
        headers = (
            {"Authorization": self._headers["Authorization"]} if "Authorization" in self._headers else None
        )
        try:
            with connect(address, additional_headers=headers, open_timeout=self._timeout) as link:
                with self._lock:
                    self._open[id(segment)] = link.socket
                link.send(json.dumps({"type": "session.config", "stream_audio": True, **self._body(segment)}))
                threading.Thread(target=_send, args=(link, segment), daemon=True).start()
                for message in link:
                    if isinstance(message, bytes):
                        yield message
                    elif _is_last(json.loads(message)):
                        break
        except (OSError, WebSocketException) as error:
            if id(segment) in self._open:
                raise _failed(f"its WebSocket failed: {error or type(error).__name__}") from None
        finally:
            self._forget(segment)

    def _whole_samples(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Pieces that end with a sample: the network cuts where it likes."""
        half = b""
        try:
            for piece in pieces:
                data = half + piece
                end = len(data) & ~1
                half = data[end:]
                yield data[:end]
        finally:
            pieces.close()  # type: ignore[attr-defined]

    def _forget(self, segment: Segment) -> None:
        with self._lock:
            self._open.pop(id(segment), None)

    # The server

    def _connection(self) -> HTTPConnection:
        kind = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
        return kind(self._url.hostname or "", self._url.port, timeout=self._timeout)

    def _voices(self) -> list[VoiceInfo]:
        """The server's own list, in any of the shapes that there are; OpenAI's names where it has none."""
        connection = self._connection()
        query = f"?model={self._model}" if self._model else ""
        try:
            answer = self._answer(connection, "GET", f"/audio/voices{query}", None, None)
            found = json.loads(answer.read())
        except EngineError as error:
            if error.code == "not_found":
                found = {}
            else:
                raise
        except ValueError:
            found = {}
        finally:
            connection.close()
        voices = [_voice(each) for each in _listed(found)]
        return [voice for voice in voices if voice["id"]] or [_voice(name) for name in OPENAI_VOICES]


def _send(link: Any, segment: Segment) -> None:
    """The text, as it is written."""
    assert segment.deltas is not None
    for delta in segment.deltas:
        link.send(json.dumps({"type": "input.text", "text": delta}))
    link.send(json.dumps({"type": "input.done"}))


def _is_last(message: dict[str, Any]) -> bool:
    """Raises `EngineError` for the server's own error."""
    if message.get("type") == "error" or message.get("error"):
        error = message.get("error")
        words = error.get("message") if isinstance(error, dict) else error
        raise _failed(str(message.get("message") or words))
    return message.get("type") == "session.done"


def _listed(found: Any) -> list[Any]:
    if not isinstance(found, dict):
        return list(found) if isinstance(found, list) else []
    lists = (found.get(name) for name in ("voices", "data", "uploaded_voices"))
    return [voice for each in lists if isinstance(each, list) for voice in each]


def _voice(found: Any) -> VoiceInfo:
    """A voice, which a server names by its id, or describes by an object."""
    facts = found if isinstance(found, dict) else {"id": found}
    id = str(facts.get("id") or facts.get("voice_id") or facts.get("name") or "")
    return {
        "id": id,
        "name": str(facts.get("name") or id),
        "language": str(facts.get("language") or "mul").lower(),
    }


def _address(url: str) -> SplitResult:
    found = urlsplit(url.rstrip("/"))
    if found.scheme not in ("http", "https") or not found.hostname:
        wanted = "vox config set engines.openai.option.url http://HOST:PORT/v1"
        given = f"{url!r} is no address" if url else "it needs the address of a server"
        raise EngineError(f"openai: {given}; run: {wanted}", code="not_installed")
    return found


def _number(options: dict[str, Any], name: str, default: float) -> float:
    try:
        return float(options.get(name, default))
    except ValueError:
        message = f"engines.openai.option.{name} is a number, not {options[name]!r}"
        raise EngineError(message, code="not_installed") from None


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise EngineError(f"openai: option extra is a JSON object, not {text!r}", code="not_installed")
    return found


def _refused(status: int, body: bytes) -> EngineError:
    """The server's refusal, in its own words where it has some."""
    try:
        error = json.loads(body)
        error = error.get("error", error.get("detail", error)) if isinstance(error, dict) else error
        words = error.get("message") if isinstance(error, dict) else error
    except ValueError:
        error, words = {}, body.decode(errors="replace")[:200]
    code = str(error.get("code") or "") if isinstance(error, dict) else ""
    if status == 404 and code != "model_not_found":
        return EngineError(f"the server has no such thing: {words}", code="not_found")
    if status in (400, 422):
        param = error.get("param") if isinstance(error, dict) else None
        known = code if code in ("unknown_voice", "unsupported_language") else "invalid_value"
        return EngineError(f"the server refuses: {words}", code=known, param=param)
    return _failed(f"it answers {status}: {words}")


def _failed(reason: str) -> EngineError:
    return EngineError(f"the server behind the engine openai failed: {reason}")


def _hang_up(sock: socket.socket) -> None:
    """So that a thread that waits for its next byte wakes."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended by itself


ENGINE = OpenAI
