"""vox's own small HTTP interface: speak on this machine's device, synthesize to WAV, look, stop."""

from __future__ import annotations

from vox.gateway.answer import Manner, send_audio
from vox.gateway.core import Gateway
from vox.gateway.http import Request, Response, Route, json_response
from vox.gateway.speech import Speech


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
    """Body of `POST /synthesize`."""

    text: str
    lang: str = "auto"
    voice: str = ""
    backend: str = ""
    model: str = ""


async def speak(gateway: Gateway, request: Request) -> Response:
    """200 with the figures once it was played; with `"wait": false` 202 as soon as it is queued."""
    body = await request.json(SpeakBody)
    wanted = await gateway.understood(
        Speech(
            text=body.text,
            model=body.backend or body.model,
            voice=body.voice,
            lang=body.lang,
            format="",
            **body.manner(),
        )
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
    lang = body.lang if not body.voice or body.lang != "auto" else ""
    wanted = await gateway.understood(
        Speech(
            text=body.text,
            model=body.backend or body.model,
            voice=body.voice,
            lang=lang,
            **body.manner(),
        )
    )
    async with gateway.desk.speak(wanted) as utterance:
        await send_audio(request, utterance)
    return None


async def health(gateway: Gateway, request: Request) -> Response:
    return json_response(gateway.health())


async def processes(gateway: Gateway, request: Request) -> Response:
    return json_response(gateway.processes())


async def stop(gateway: Gateway, request: Request) -> Response:
    """Finish what runs, take nothing new, exit."""
    gateway.stop()
    return json_response({"status": "stopping"})


ROUTES = (
    Route("POST", "/speak", speak, "Speak on the machine's own device", SpeakBody),
    Route("POST", "/synthesize", synthesize, "Speak to WAV", SynthesizeBody, "audio/wav"),
    Route("GET", "/health", health, "Is it alive, and what does it hold?"),
    Route("GET", "/api/ps", processes, "The workers"),
    Route("POST", "/stop", stop, "Drain and exit"),
)
