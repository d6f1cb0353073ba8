"""ElevenLabs' text to speech by HTTP, as its SDK, pipecat and LiveKit use it; its WebSockets are in
`elevenlabs_ws`, which translates the same words.

The contract: https://elevenlabs.io/docs/api-reference. A voice is one of the default engine, `ENGINE:VOICE`,
or an id of ElevenLabs' own, which is the default voice; their models are the default engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Literal

import msgspec

from vox.errors import BadRequest, NotFound, VoxError, unknown
from vox.gateway.answer import Gathered, head, send_audio
from vox.gateway.core import Gateway
from vox.gateway.fleet.catalog import EngineSpec
from vox.gateway.http import Request, Response, Route, json_response, whole
from vox.gateway.phone import base64
from vox.gateway.server.respond import send_whole
from vox.gateway.sink import Through
from vox.gateway.speech import Speech
from vox.gateway.voices import store
from vox.gateway.voices.behind import behind

PIECE = 48_000
"""Bytes of audio that a message or a line has at most: some clients read no line over 64 KiB."""
MODELS = ("eleven_multilingual_v2", "eleven_flash_v2_5", "eleven_turbo_v2_5")
"""Of ElevenLabs' models those that clients name when their user named none. All of them mean the default
engine."""
_PCM_RATES = (8000, 16000, 22050, 24000, 32000, 44100, 48000)
_MP3 = ("mp3_22050_32", "mp3_24000_48", *(f"mp3_44100_{kbps}" for kbps in (32, 64, 96, 128, 192)))
_OPUS = tuple(f"opus_48000_{kbps}" for kbps in (32, 64, 96, 128, 192))
LIVE = (*(f"pcm_{rate}" for rate in _PCM_RATES), "ulaw_8000", "alaw_8000", *_MP3, *_OPUS)
"""Output formats: `FORMAT_RATE` or `FORMAT_RATE_KBPS`."""
_WHOLE = (*LIVE, *(f"wav_{rate}" for rate in _PCM_RATES))
_NORMALIZED = {"auto": None, "on": True, "off": False}
_PAGE = 100
"""Voices in an answer of `GET /v2/voices`, at most."""


class VoiceSettings(msgspec.Struct):
    """How a voice speaks. Of it, `speed` has a meaning for other engines than ElevenLabs' own."""

    speed: float | None = None
    stability: float | None = None
    similarity_boost: float | None = None
    style: float | None = None
    use_speaker_boost: bool | None = None


class TextBody(msgspec.Struct):
    """Body of `POST /v1/text-to-speech/{voice_id}` and of what is below it."""

    text: str
    model_id: str | None = None
    language_code: str | None = None
    voice_settings: VoiceSettings | None = None
    seed: int | None = None
    apply_text_normalization: Literal["auto", "on", "off"] | None = None
    previous_text: str | None = None
    next_text: str | None = None
    pronunciation_dictionary_locators: list[Any] | None = None

    def ignored(self) -> list[str]:
        """What was said that nothing comes of."""
        settings = msgspec.structs.asdict(self.voice_settings or VoiceSettings())
        del settings["speed"]
        for name in ("previous_text", "next_text", "pronunciation_dictionary_locators"):
            settings[name] = getattr(self, name)
        return [name for name, value in settings.items() if value not in (None, "", [])]


def spoken(
    gateway: Gateway, voice_id: str, model_id: str, output: str, known: tuple[str, ...], **fields: Any
) -> Speech:
    """What a request in ElevenLabs' words means; `fields` are those of `Speech` that need no translation.
    Raises `BadRequest`, `NotFound`."""
    output = output or "mp3_44100_128"
    if output not in known:
        message = f"unknown output_format {output[:40]!r}; known: {', '.join(known)}"
        raise BadRequest(message, param="output_format")
    format, rate = output.split("_")[:2]
    model = "" if model_id.startswith("eleven_") else model_id
    model, voice = behind(voice_id, gateway.desk.catalog, gateway.config(), model)
    return Speech(model=model, voice=voice, format=format, sample_rate=int(rate), **fields)


def normalized(word: str) -> bool | None:
    """`normalize` of a `Speech`. Raises `BadRequest`."""
    if word not in _NORMALIZED:
        message = unknown("apply_text_normalization", word, list(_NORMALIZED))
        raise BadRequest(message, param="apply_text_normalization")
    return _NORMALIZED[word]


async def _speech(gateway: Gateway, request: Request) -> tuple[Speech, list[str]]:
    """What a request asks for, and what of it is ignored."""
    body = await request.json(TextBody)
    speech = spoken(
        gateway,
        request.param,
        body.model_id or "",
        request.query("output_format"),
        _WHOLE,
        text=body.text,
        lang=body.language_code or "",
        speed=body.voice_settings and body.voice_settings.speed,
        seed=body.seed,
        preset=request.query("preset"),
        normalize=normalized(body.apply_text_normalization or "auto"),
    )
    return speech, body.ignored()


async def speak(gateway: Gateway, request: Request) -> None:
    """The audio as it is made."""
    speech, ignored = await _speech(gateway, request)
    async with gateway.desk.speak(speech) as utterance:
        await send_audio(request, utterance, ignored)


async def speak_lines(gateway: Gateway, request: Request) -> None:
    """The audio as it is made, in lines of JSON."""
    speech, ignored = await _speech(gateway, request)
    async with gateway.desk.speak(speech) as utterance:
        await send_audio(request, utterance, ignored, media_type="application/x-ndjson", through=_Lines)


async def speak_whole(gateway: Gateway, request: Request) -> None:
    """All of the audio, in JSON."""
    speech, ignored = await _speech(gateway, request)
    async with gateway.desk.speak(speech) as utterance:
        gathered = Gathered()
        utterance.spool.attach(gathered)
        await utterance.spool.finished()
        answer = _timed(gathered.data)
        headers = head(utterance, ignored, "application/json")
        await send_whole(request.send, 200, answer, [*headers, (b"content-length", b"%d" % len(answer))])


def _timed(audio: bytes) -> bytes:
    """Audio with the times of its characters: null, as no engine tells them."""
    return b'{"audio_base64":"' + base64(audio) + b'","alignment":null,"normalized_alignment":null}'


class _Lines(Through):
    """A `Sink` that puts each piece of audio in a line of JSON."""

    def write(self, data: bytes) -> None:
        for at in range(0, len(data), PIECE):
            self._sink.write(_timed(data[at : at + PIECE]) + b"\n")


async def voices(gateway: Gateway, request: Request) -> Response:
    return json_response({"voices": await _voices(gateway)})


async def search(gateway: Gateway, request: Request) -> Response:
    """Page by page: `?search=&category=&page_size=&next_page_token=`."""
    wanted, category = request.query("search").lower(), request.query("category")
    size, start = _number(request, "page_size", _PAGE), _number(request, "next_page_token", 0)
    found = [
        voice
        for voice in await _voices(gateway)
        if wanted in f"{voice['name']} {voice['voice_id']} {' '.join(voice['labels'].values())}".lower()
        and category in ("", voice["category"])
    ]
    end = start + max(1, min(size, _PAGE))
    more = end < len(found)
    page = {"voices": found[start:end], "has_more": more, "total_count": len(found)}
    return json_response(page | {"next_page_token": str(end) if more else None})


async def voice(gateway: Gateway, request: Request) -> Response:
    known = {voice["voice_id"].lower(): voice for voice in await _voices(gateway)}
    if request.param.lower() not in known:
        raise NotFound(unknown("voice", request.param, list(known)), code="voice_not_found", param="voice_id")
    return json_response(known[request.param.lower()])


async def _voices(gateway: Gateway) -> list[dict[str, Any]]:
    """Those that can be named here: of the default engine, of the others that can speak now, the user's
    own."""
    found = [_voice(own.id, own.language, None) | {"name": own.name} for own in store.listed()]
    default, *others = _engines(gateway)
    for engine in (default, *others):
        prefix = "" if engine is default else f"{engine.name}:"
        with suppress(VoxError):  # one engine that can't speak now must not hide the others
            known = await gateway.voices_of(engine, start=engine is default)
            found += [_voice(prefix + info["id"], info["language"], engine) for info in known]
    return found


def _voice(name: str, language: str, engine: EngineSpec | None) -> dict[str, Any]:
    return {
        "voice_id": name,
        "name": name,
        "category": "premade" if engine else "cloned",
        "labels": {"language": language} | ({"engine": engine.name} if engine else {}),
        "description": engine.title if engine else None,
        "preview_url": None,
        "settings": None,
        "samples": None,
    }


def _engines(gateway: Gateway) -> list[EngineSpec]:
    """The default one and, after it, the others that can speak now."""
    default = gateway.engine("")
    return [default, *(engine for engine in gateway.usable() if engine.name != default.name)]


async def models(gateway: Gateway, request: Request) -> Response:
    """A bare list, for callers with a key as ElevenLabs' have it; OpenAI's get theirs at the same path."""
    default = gateway.engine("")
    theirs = [_model(gateway, name, f"{default.title}, the default", default.languages) for name in MODELS]
    return json_response([*theirs, *_models(gateway)])


def _models(gateway: Gateway) -> Iterator[dict[str, Any]]:
    for engine in _engines(gateway):
        yield _model(gateway, engine.name, engine.title, engine.languages)
        several = engine.models.values() if len(engine.models) > 1 else ()
        for model in several:
            if gateway.has_weights(engine, model.name):
                tags = model.languages or engine.languages
                yield _model(gateway, f"{engine.name}/{model.name}", model.title, tags)


def _model(gateway: Gateway, name: str, title: str, languages: tuple[str, ...]) -> dict[str, Any]:
    return {
        "model_id": name,
        "name": title or name,
        "description": title,
        "can_do_text_to_speech": True,
        "can_do_voice_conversion": False,
        "can_be_finetuned": False,
        "can_use_style": False,
        "can_use_speaker_boost": False,
        "serves_pro_voices": False,
        "token_cost_factor": 0.0,
        "languages": [{"language_id": tag, "name": tag} for tag in languages],
        "maximum_text_length_per_request": gateway.config().max_text,
    }


def _number(request: Request, name: str, default: int) -> int:
    found = whole(request.query(name), name, digits=8)
    return default if found is None else found


def detail(error: VoxError) -> bytes:
    """An error as ElevenLabs' clients read it."""
    return msgspec.json.encode({"detail": {"status": error.code, "message": error.message}})


def _route(method: str, path: str, handler: Any, summary: str, **more: Any) -> Route:
    return Route(method, path, handler, f"{summary}, as ElevenLabs does", error=detail, **more)


_SPEAK = "/v1/text-to-speech/{voice_id}"
_SOUND = {"body": TextBody, "answers": "audio/*"}
ROUTES = (
    _route("POST", _SPEAK, speak, "Speak a text", **_SOUND),
    _route("POST", f"{_SPEAK}/stream", speak, "Speak a text, as it is made", **_SOUND),
    _route("POST", f"{_SPEAK}/with-timestamps", speak_whole, "Speak a text into JSON", body=TextBody),
    _route(
        "POST",
        f"{_SPEAK}/stream/with-timestamps",
        speak_lines,
        "Speak a text into lines of JSON",
        body=TextBody,
        answers="application/x-ndjson",
    ),
    _route("GET", "/v1/voices", voices, "List the voices"),
    _route("GET", "/v2/voices", search, "Search the voices"),
    _route("GET", "/v1/voices/{voice_id}", voice, "Describe one voice"),
    _route("GET", "/v1/models", models, "List the models", header=b"xi-api-key"),
)
