"""What a call can have ready before it is answered: engine, voice and codec; and how all of it performs."""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

import msgspec

from vox.errors import BadRequest, NotFound, VoxError
from vox.gateway import services
from vox.gateway.core import Gateway
from vox.gateway.http import Request, Response, Route, decode, json_response
from vox.gateway.speech import Order, Reference, Speech
from vox.gateway.voices import prompts, references, store
from vox.gateway.voices.behind import behind

_MOST = 256
"""Voices in one call: as many prompts of a model as are kept."""


class WarmupBody(msgspec.Struct):
    """Body of `POST /warmup`; what is in the query goes before it."""

    voice_id: str = ""
    preset: str = ""
    model: str = ""
    backend: str = ""


class PreloadBody(msgspec.Struct):
    """Body of `POST /preload`, which may be the list alone."""

    voices: list[str]


async def warmup(gateway: Gateway, request: Request) -> Response:
    """Returns once the next request for this voice waits for nothing but its own sound."""
    body = await request.json(WarmupBody)
    began = asyncio.get_running_loop().time()
    voice_id = request.query("voice_id") or body.voice_id
    preset = request.query("preset") or body.preset
    try:
        order = await _ordered(gateway, voice_id, preset, body.backend or body.model)
        await _warm(gateway, order)
    except BadRequest as error:
        _not_found(error)
    took = (asyncio.get_running_loop().time() - began) * 1000
    return json_response({"voice_id": voice_id, "warmup_ms": round(took, 1), "ready": True})


async def preload(gateway: Gateway, request: Request) -> Response:
    """Each engine makes its voices ready one after another, a turn each, so that others speak in between."""
    given = decode(await request.body() or b"[]", list[str] | PreloadBody)  # type: ignore[arg-type]
    voices = list(dict.fromkeys(given.voices if isinstance(given, PreloadBody) else given))
    if len(voices) > _MOST:
        message = f"{len(voices)} voices are more than the {_MOST} that can be kept ready"
        raise BadRequest(message, param="voices")
    errors: dict[str, str] = {}
    by_worker: dict[str, list[tuple[str, Order]]] = {}
    for voice_id in voices:
        try:
            order = await _ordered(gateway, voice_id)
            by_worker.setdefault(order.recipe.name, []).append((voice_id, order))
        except VoxError as error:
            errors[voice_id] = error.message
    await asyncio.gather(*(_warm_all(gateway, group, errors) for group in by_worker.values()))
    outcome: dict[str, Any] = {"preloaded": {voice_id: voice_id not in errors for voice_id in voices}}
    outcome |= {"errors": errors} if errors else {}
    return json_response(outcome | {"cache_stats": _stats()})


async def status(gateway: Gateway, request: Request) -> Response:
    return json_response(gateway.performance())


async def _ordered(gateway: Gateway, voice_id: str, preset: str = "", model: str = "") -> Order:
    """What a request for this voice comes to."""
    voice = voice_id
    if not model:
        model, voice = behind(voice_id, gateway.desk.catalog, gateway.config())
    return await gateway.desk.ordered(Speech(text="", model=model, voice=voice, preset=preset))


async def _warm_all(gateway: Gateway, group: list[tuple[str, Order]], errors: dict[str, str]) -> None:
    for voice_id, order in group:
        try:
            await _warm(gateway, order)
        except VoxError as error:
            errors[voice_id] = error.message


async def _warm(gateway: Gateway, order: Order) -> None:
    """Load the engine, compile the voice where it is a recording, and run the codec once. Nothing is spoken:
    that is part of an engine's own load."""
    reference = order.reference
    if order.sample is not None:
        reference = await gateway.desk.clones.sample(order)
    voice = _known(gateway, order) if reference is None else _enrolled(gateway, order, reference)
    await asyncio.gather(voice, _encoded(gateway, order))


async def _enrolled(gateway: Gateway, order: Order, reference: Reference) -> None:
    limit, request = gateway.config().speak_stall, {"reference": msgspec.to_builtins(reference)}
    with references.held(reference.path):
        await services.ask(gateway.pool, order.recipe, "enroll", request, limit=limit)


async def _known(gateway: Gateway, order: Order) -> None:
    """Raises `BadRequest` for a voice that the worker does not list, where the engine's header lists none."""
    with gateway.pool.lease(order.recipe) as lease:
        async with lease.turn() as turn:
            listed = [voice["id"].lower() for voice in turn.worker.loaded["voices"]]
    plain = order.voice.lower().partition("+")[0].partition("(")[0].strip()
    if plain and listed and not order.engine.voices and plain not in listed:
        message = f"{order.engine.name} has no voice {order.voice!r}; see: vox voices {order.engine.name}"
        raise BadRequest(message, param="voice", code="unknown_voice")


async def _encoded(gateway: Gateway, order: Order) -> None:
    """20 ms of silence as mu-law, the form that a phone line takes."""
    rate, config = order.engine.sample_rate or 24_000, gateway.config()
    request = {"format": "ulaw", "rate_in": rate, "rate_out": 8_000, "stretch": 1.0}
    silence = bytes(rate // 50 * 2)
    await services.ask(
        gateway.pool, services.codec(config), "encode", request, silence, limit=config.speak_stall
    )


def _not_found(error: BadRequest) -> NoReturn:
    """An unknown voice is a 404 here: the caller asks for the voice itself."""
    if error.code == "unknown_voice":
        raise NotFound(error.message, code="voice_not_found", param="voice_id") from None
    raise error


def _stats() -> dict[str, int]:
    """Files that are ready: prepared recordings, the user's own voices, compiled prompts."""
    voices = len(store.listed())
    return {
        "waveform_cache_size": voices + references.kept(),
        "path_cache_size": voices,
        "embedding_cache_size": len(prompts.listed()),
    }


ROUTES = (
    Route("POST", "/warmup", warmup, "Have a voice ready", WarmupBody),
    Route("POST", "/preload", preload, "Have several voices ready", PreloadBody),
    Route("GET", "/status", status, "How fast it is"),
)
