"""vox's own small HTTP interface: speak on this machine's device, synthesize to WAV, look, stop."""

from __future__ import annotations

import asyncio
import os

from vox.errors import BadRequest
from vox.gateway import formats
from vox.gateway.answer import Gathered, Manner, send_audio
from vox.gateway.core import Gateway
from vox.gateway.http import Request, Response, Route, json_response
from vox.gateway.phone import Frames, base64
from vox.gateway.speech import Speech
from vox.gateway.voices.behind import behind


class SpeakBody(Manner, kw_only=True):
    """Body of `POST /speak`."""

    text: str
    voice: str = ""
    lang: str = ""
    backend: str = ""
    model: str = ""
    wait: bool = True
    interrupt: bool = False


class SynthesizeBody(Manner, kw_only=True):
    """Body of `POST /synthesize`. With a `voice_id` the answer is JSON, in `output_format`, else WAV."""

    text: str
    lang: str = "auto"
    voice: str = ""
    backend: str = ""
    model: str = ""
    voice_id: str = ""
    output_format: str = "mulaw"


async def speak(gateway: Gateway, request: Request) -> Response:
    """200 with the figures once it was played; with `"wait": false` 202 as soon as it is queued."""
    body = await request.json(SpeakBody)
    wanted = Speech(
        text=body.text,
        model=body.backend or body.model,
        voice=body.voice,
        lang=body.lang,
        format="",
        **body.manner() | {"priority": body.priority or "interactive"},
    )
    if body.interrupt:
        await gateway.playback.interrupt()
    playing = gateway.playback.play(wanted)
    await playing.begun()
    if not body.wait:
        return json_response({"status": "queued"}, 202)
    return json_response(await playing.heard())


async def synthesize(gateway: Gateway, request: Request) -> Response | None:
    """audio/wav as it is made. The language is detected when none is named."""
    body = await request.json(SynthesizeBody)
    if body.voice_id:
        return await _synthesized(gateway, body)
    lang = body.lang if not body.voice or body.lang != "auto" else ""
    wanted = Speech(
        text=body.text,
        model=body.backend or body.model,
        voice=body.voice,
        lang=lang,
        **body.manner(),
    )
    async with gateway.desk.speak(wanted) as utterance:
        await send_audio(request, utterance)
    return None


async def _synthesized(gateway: Gateway, body: SynthesizeBody) -> Response:
    """All of it at once, with the figures."""
    format = formats.find(body.output_format, "output_format").name
    if format not in ("ulaw", "wav"):
        raise BadRequest("output_format is mulaw or wav", param="output_format")
    loop = asyncio.get_running_loop()
    began, gathered = loop.time(), Gathered()
    model, voice = body.backend or body.model, body.voice_id
    if not model:
        model, voice = behind(voice, gateway.desk.catalog, gateway.config())
    wanted = Speech(
        text=body.text,
        model=model,
        voice=voice,
        lang="" if body.lang == "auto" else body.lang,
        format="ulaw" if format == "ulaw" else "",  # the engine's own PCM, for a header with the true length
        **body.manner(),
    )
    async with gateway.desk.speak(wanted) as utterance:
        utterance.spool.attach(gathered)
        await utterance.spool.finished()
    sound, rate, figures = gathered.data, utterance.rate, utterance.figures
    latency = {
        "voice_load": round(figures.load_ms, 1),
        "generation": round(figures.generation_ms, 1),
        "transcode": round(figures.transcode_ms, 1),
    }
    return json_response(
        {
            "audio": _frames(sound) if format == "ulaw" else _wav(sound, rate),
            "duration_seconds": round(len(sound) / rate / (1 if format == "ulaw" else 2), 3),
            "sample_rate": rate,
            "format": "mulaw" if format == "ulaw" else "wav",
            "total_ms": round((loop.time() - began) * 1000, 1),
            "latency": latency,
            "backend": utterance.order.recipe.name,
        }
    )


def _frames(sound: bytes) -> list[str]:
    """Mu-law in base64 by 20 ms, the last filled up with silence."""
    frames = Frames()
    return [base64(frame).decode() for frame in (*frames.feed(sound), *frames.finish())]


def _wav(sound: bytes, rate: int) -> str:
    return base64(formats.wav_header(rate, len(sound)) + sound).decode()


async def health(gateway: Gateway, request: Request) -> Response:
    return json_response(gateway.health())


async def processes(gateway: Gateway, request: Request) -> Response:
    return json_response(gateway.processes())


async def stop(gateway: Gateway, request: Request) -> Response:
    """Finish what runs, take nothing new, exit."""
    gateway.stop()
    return json_response({"status": "stopping", "speaking": gateway.speaking, "pid": os.getpid()})


ROUTES = (
    Route("POST", "/speak", speak, "Speak on the machine's own device", SpeakBody),
    Route("POST", "/synthesize", synthesize, "Speak to WAV", SynthesizeBody, "audio/wav"),
    Route("GET", "/health", health, "Is it alive, and what does it hold?"),
    Route("GET", "/api/ps", processes, "The workers"),
    Route("POST", "/stop", stop, "Drain and exit"),
)
