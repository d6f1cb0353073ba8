"""The user's own voices: recordings to speak like, and what was compiled from them.

The first three operations have the shape of OpenAI's voices; what vox takes beyond it is marked below.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from vox.errors import BadRequest
from vox.gateway.answer import Manner, send_audio
from vox.gateway.core import Gateway
from vox.gateway.http import Request, Response, Route, json_response
from vox.gateway.speech import Speech
from vox.gateway.voices import prompts, store
from vox.gateway.voices.references import checked_name

_SOUNDS = ("audio_sample", "audio")


class VoiceForm(msgspec.Struct):
    """Form of `POST /v1/audio/voices`, with the recording as `audio_sample`."""

    name: str
    consent: str = ""
    # beyond OpenAI
    ref_text: str = ""
    language: str = ""


class CloneForm(Manner, kw_only=True):
    """Form of `POST /v1/audio/speech/clone`, with the recording as `audio_sample`."""

    input: str = ""
    text: str = ""
    ref_text: str = ""
    language: str = ""
    model: str = ""
    response_format: str = "mp3"
    sample_rate: int | None = None


class ConversionForm(Manner, kw_only=True):
    """Form of `POST /v1/audio/voice-conversion`, with the recording to be said anew as `audio`."""

    voice: str
    model: str = ""
    language: str = ""
    response_format: str = "mp3"
    sample_rate: int | None = None


async def create(gateway: Gateway, request: Request) -> Response:
    form, files = await request.form(VoiceForm)
    checked_name(form.name)
    if (known := store.find(form.name)) is not None:
        raise store.taken(known.id)
    prepared, heard = await gateway.desk.clones.heard(_sound(files), form.ref_text, form.language)
    voice = store.add(form.name, prepared, heard.text, heard.language, form.consent)
    return json_response(_described(voice))


async def show(gateway: Gateway, request: Request) -> Response:
    return json_response(_described(store.known(request.path.removeprefix("/v1/audio/voices/"))))


async def delete(gateway: Gateway, request: Request) -> Response:
    voice = store.remove(request.path.removeprefix("/v1/audio/voices/"))
    prompts.forget(voice.reference.id)
    return json_response({"id": voice.id, "object": "audio.voice.deleted", "deleted": True})


async def clone(gateway: Gateway, request: Request) -> Response | None:
    form, files = await request.form(CloneForm)
    if not (form.input or form.text):
        raise BadRequest("input: there is no text to say", param="input")
    speech = Speech(
        text=form.input or form.text,
        model=form.model,
        lang=form.language,
        format=form.response_format,
        sample_rate=form.sample_rate,
        **form.manner(),
    )
    gateway.engine(form.model)  # before the recording costs anything
    reference = await gateway.desk.clones.inline(_sound(files), form.ref_text)
    async with gateway.desk.speak(replace(speech, voice="inline", reference=reference)) as utterance:
        await send_audio(request, utterance)
    return None


async def convert(gateway: Gateway, request: Request) -> Response | None:
    form, files = await request.form(ConversionForm)
    gateway.engine(form.model)  # before the recording costs anything
    heard = await gateway.desk.clones.transcribed(_sound(files), form.language)
    speech = Speech(
        text=heard.text,
        model=form.model,
        voice=form.voice,
        lang=heard.language,
        format=form.response_format,
        sample_rate=form.sample_rate,
        **form.manner(),
    )
    async with gateway.desk.speak(speech) as utterance:
        await send_audio(request, utterance)
    return None


async def compiled(gateway: Gateway, request: Request) -> Response:
    return json_response({"prompts": [msgspec.to_builtins(prompt) for prompt in prompts.listed()]})


async def forget(gateway: Gateway, request: Request) -> Response:
    """All of them, or those of the voice in `?voice=`."""
    name = request.query("voice")
    return json_response({"removed": prompts.forget(store.known(name).reference.id if name else "")})


def _sound(files: dict[str, bytes]) -> bytes:
    for name in _SOUNDS:
        if name in files:
            return files[name]
    raise BadRequest("audio_sample: the form has no recording of this name", param="audio_sample")


def _described(voice: store.Voice) -> dict[str, Any]:
    return {
        "id": voice.id,
        "object": "audio.voice",
        "name": voice.name,
        "created_at": voice.created,
        "seconds": voice.seconds,
        "ref_text": voice.transcript,
        "language": voice.language,
        "consent": voice.consent,
    }


_ANEW = "Say a recording anew in another voice"
_SAMPLE = ("audio_sample",)
ROUTES = (
    Route("POST", "/v1/audio/voices", create, "Make a voice of a recording", VoiceForm, files=_SAMPLE),
    Route("GET", "/v1/audio/voices/{id}", show, "Describe a voice of your own"),
    Route("DELETE", "/v1/audio/voices/{id}", delete, "Remove a voice of your own"),
    Route("POST", "/v1/audio/speech/clone", clone, "Speak like a recording", CloneForm, "audio/*", _SAMPLE),
    Route("POST", "/v1/audio/voice-conversion", convert, _ANEW, ConversionForm, "audio/*", ("audio",)),
    Route("GET", "/v1/audio/prompts", compiled, "List the compiled voice prompts"),
    Route("DELETE", "/v1/audio/prompts", forget, "Remove the compiled voice prompts (of ?voice=)"),
)
