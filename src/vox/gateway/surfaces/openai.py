"""OpenAI's speech API: `POST /v1/audio/speech`, and the lists of models and voices that its clients ask for.

The contract is that of the published OpenAPI document (CreateSpeechRequest); what vox accepts beyond it is
marked below.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from vox.errors import NotFound, VoxError, unknown
from vox.gateway.answer import Manner, send_audio
from vox.gateway.core import Gateway
from vox.gateway.http import Request, Response, Route, json_response
from vox.gateway.models import OPENAI_MODELS, named
from vox.gateway.phone import base64
from vox.gateway.server.respond import error_body
from vox.gateway.sink import Sink, Through, open_sink
from vox.gateway.speech import Speech
from vox.gateway.utterance import Utterance
from vox.gateway.voices import store

_BREATH = 3.0
"""Seconds between two comments on an event stream that has no audio yet: clients give up after 10 or 30."""


class VoiceRef(msgspec.Struct):
    id: str


class SpeechBody(Manner, kw_only=True):
    """Body of `POST /v1/audio/speech`: OpenAI's fields, with `speed` and `instructions` of `Manner`."""

    input: str
    model: str = ""
    voice: str | VoiceRef = ""
    response_format: str | None = None
    stream_format: Literal["audio", "sse"] | None = None
    # beyond OpenAI
    lang: str | None = None
    sample_rate: int | None = None
    ref_audio: str = ""
    ref_text: str = ""


async def speech(gateway: Gateway, request: Request) -> Response | None:
    body = await request.json(SpeechBody)
    wanted = Speech(
        text=body.input,
        model=body.model,
        voice=body.voice if isinstance(body.voice, str) else body.voice.id,
        lang=body.lang or "",
        format=body.response_format or "mp3",
        sample_rate=body.sample_rate,
        **body.manner(),
    )
    if body.ref_audio:
        wanted = await gateway.desk.clones.like(wanted, body.ref_audio, body.ref_text)
    async with gateway.desk.speak(wanted) as utterance:
        if body.stream_format == "sse":
            await _events(request, utterance)
        else:
            await send_audio(request, utterance)
    return None


async def _events(request: Request, utterance: Utterance) -> None:
    """The same as server-sent events. The head goes out at once, and a comment every few seconds while a
    model loads, so that a client with a read time-out survives a cold start."""
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]
    sink = open_sink(request.scope, request.receive, request.send, 200, headers)
    feeding = asyncio.create_task(_feed(_EventSink(sink, lambda: _usage(utterance)), utterance))
    try:
        await sink.finished()
    finally:
        feeding.cancel()
        await asyncio.wait([feeding])


async def _feed(events: _EventSink, utterance: Utterance) -> None:
    first = asyncio.create_task(utterance.spool.first())
    try:
        while not (await asyncio.wait([first], timeout=_BREATH))[0]:
            events.comment(f"loading {utterance.progress:.0%}")
        await first
        utterance.spool.attach(events)
        await utterance.spool.finished()
    except VoxError as error:
        events.fail(error)
    finally:
        first.cancel()


class _EventSink(Through):
    """A `Sink` that turns audio into `speech.audio.delta` events, and its end into `speech.audio.done`."""

    def __init__(self, sink: Sink, usage: Callable[[], dict[str, int]]) -> None:
        super().__init__(sink)
        self._usage = usage
        self._ended = False

    def write(self, data: bytes) -> None:
        self._sink.write(b'data: {"type":"speech.audio.delta","audio":"%b"}\n\n' % base64(data))

    def comment(self, text: str) -> None:
        self._sink.write(f": {text}\n\n".encode())

    def close(self) -> None:
        self._end({"type": "speech.audio.done", "usage": self._usage()})

    def abort(self) -> None:
        """Nothing: `fail` follows, and says why."""

    def fail(self, error: VoxError) -> None:
        event = {"type": "speech.audio.error"} | msgspec.json.decode(error_body(error))
        self._end(event)

    def _end(self, event: dict[str, Any]) -> None:
        if not self._ended:
            self._ended = True
            self._sink.write(b"data: %b\n\n" % msgspec.json.encode(event))
            self._sink.close()


def _usage(utterance: Utterance) -> dict[str, int]:
    """Tokens, as the event requires. vox counts none, so these are stand-ins on a scale like OpenAI's: four
    characters of text a token, and 20 tokens a second of audio."""
    rate = utterance.order.engine.sample_rate or 24000
    given, made = -(-len(utterance.order.speech.text) // 4), utterance.samples * 20 // rate
    return {"input_tokens": given, "output_tokens": made, "total_tokens": given + made}


async def models(gateway: Gateway, request: Request) -> Response:
    return json_response({"object": "list", "data": _models(gateway)})


async def audio_models(gateway: Gateway, request: Request) -> Response:
    return json_response({"models": [{"id": model["id"]} for model in _models(gateway)]})


async def model(gateway: Gateway, request: Request) -> Response:
    wanted = request.path.removeprefix("/v1/models/")
    known = {model["id"]: model for model in _models(gateway)}
    if wanted not in known:
        raise NotFound(unknown("model", wanted, list(known)), code="model_not_found", param="model")
    return json_response(known[wanted])


def _models(gateway: Gateway) -> list[dict[str, Any]]:
    """Every engine that can speak now, every engine/model of it where there are several, and OpenAI's own
    names."""
    names = []
    for engine in gateway.usable():
        pulled = [model for model in engine.models if gateway.has_weights(engine, model)]
        names += [engine.name] if pulled else []
        if len(engine.models) > 1:
            names += [f"{engine.name}/{model}" for model in pulled]
    names += OPENAI_MODELS
    return [{"id": n, "object": "model", "created": gateway.created, "owned_by": "vox"} for n in names]


async def voices(gateway: Gateway, request: Request) -> Response:
    """Of the model in `?model=`, else of every engine that can speak now and need not be started for it."""
    wanted = request.query("model")
    config = gateway.config()
    found: list[dict[str, Any]] = []
    for engine in [gateway.engine(wanted)] if wanted else gateway.usable():
        try:
            known = await gateway.voices_of(engine, named(wanted, config)[1], start=bool(wanted))
        except VoxError:
            if wanted:
                raise
            continue  # one engine that can't speak now must not hide the others
        found += [{**voice, "model": engine.name} for voice in known]
        aliases = engine.aliases | config.aliases.get(engine.name, {})
        found += [
            {"id": name, "name": f"{name} ({voice})", "language": "", "model": engine.name}
            for name, voice in aliases.items()
            if wanted
        ]
    return json_response({"voices": found + _recorded(gateway, wanted)})


def _recorded(gateway: Gateway, wanted: str) -> list[dict[str, Any]]:
    """The user's own voices, where the model that is asked for can speak with them."""
    engine = gateway.engine(wanted) if wanted else None
    if engine is not None and not engine.cloning:
        return []
    return [
        {"id": v.id, "name": v.name, "language": v.language, "model": engine.name if engine else ""}
        for v in store.listed()
    ]


ROUTES = (
    Route("POST", "/v1/audio/speech", speech, "Speak a text", SpeechBody, "audio/*"),
    Route("GET", "/v1/models", models, "List the models"),
    Route("GET", "/v1/models/{id}", model, "Describe one model"),
    Route("GET", "/v1/audio/models", audio_models, "List the models, as Open WebUI asks"),
    Route("GET", "/v1/audio/voices", voices, "List the voices (of ?model=)"),
)
