"""Which voices there are, and which one speaks.

An engine's header may list its voices. Where it does not, they are asked from its worker once and kept on
disk, so that listing them starts nothing.
"""

from __future__ import annotations

import os
from contextlib import suppress

import msgspec

from vox import paths
from vox.errors import BadRequest
from vox.gateway.fleet.catalog import EngineSpec
from vox.gateway.fleet.pool import Pool
from vox.gateway.fleet.process import Recipe
from vox.gateway.speech import Order, Reference, unspoken
from vox.gateway.text import language
from vox.wire.messages import VoiceInfo

ANY = "mul"
"""The language of a voice that speaks whatever it is given (BCP 47 for "several")."""
_ELSE = "en-us"


class _Kept(msgspec.Struct):
    stamp: str
    voices: list[VoiceInfo]


class Voices:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lists: dict[str, _Kept] = {}

    async def of(self, engine: EngineSpec, recipe: Recipe) -> list[VoiceInfo]:
        """All voices of an engine, its default first where the header lists them; without voices of its own
        the one that comes with the model. May start its worker."""
        model = engine.models[recipe.model]
        if not model.voices:
            return [_info("default", model.sample.language or ANY)] if model.sample else []
        if engine.voices:
            return listed(engine)
        stamp = _stamp(recipe)
        kept = self._lists.get(recipe.name) or _read(recipe.name)
        if kept is None or kept.stamp != stamp:
            with self._pool.lease(recipe) as lease:
                async with lease.turn() as turn:
                    kept = _Kept(stamp, turn.worker.loaded["voices"])
            _write(recipe.name, kept)
        self._lists[recipe.name] = kept
        return kept.voices

    async def choose(self, order: Order) -> tuple[str, str]:
        """Voice and language that speak `order`, which has no recorded voice. Raises `BadRequest` when the
        engine has no voice for the language."""
        known = await self.of(order.engine, order.recipe)
        model = order.engine.models[order.model]
        having = model.voices
        known = [voice for voice in known if not isinstance(having, tuple) or voice["id"] in having]
        tongues = {voice["id"]: voice["language"] for voice in known}
        if order.voice:
            spoken = [*(model.languages or order.engine.languages), *tongues.values()]
            if order.language and not language.matches(order.language, spoken):
                raise _unspoken(order, known)
            return order.voice, order.language or _tongue(order, order.voice, tongues)
        own = order.own_voice or (known[0]["id"] if known else "")
        if not order.language:
            return own, _tongue(order, own, tongues)
        tongue = _listed(own, tongues)
        if tongue == ANY or language.matches(order.language, [tongue]):
            return own, order.language
        return self._by_language(order, known), order.language

    def _by_language(self, order: Order, known: list[VoiceInfo]) -> str:
        ids = {voice["id"] for voice in known}
        named = {tag: id for tag, id in order.engine.default_voices.items() if id in ids}
        tag = language.matches(order.language, list(named))
        if tag is not None:
            return named[tag]
        spoken = [voice["language"] for voice in known]
        tag = language.matches(order.language, spoken)
        if tag is None:
            raise _unspoken(order, known)
        return known[spoken.index(tag)]["id"]


def recorded(order: Order, reference: Reference) -> str:
    """The language in which a recorded voice speaks `order`: the one asked for, else that of the text if its
    script tells, else that of the recording as far as the engine speaks it."""
    if order.language or order.guess:
        return order.language or order.guess
    spoken = list(order.engine.languages)
    own = reference.language
    return (language.matches(own, spoken) if own and spoken else own) or (spoken[0] if spoken else _ELSE)


def listed(engine: EngineSpec) -> list[VoiceInfo]:
    """The voices that the engine's header names; needs neither its environment nor its weights."""
    return [_info(id, tag) for tag, ids in engine.voices.items() for id in ids]


def _unspoken(order: Order, known: list[VoiceInfo]) -> BadRequest:
    spoken = sorted({voice["language"] for voice in known} - {ANY})
    return unspoken(order.engine, order.language, spoken)


def _tongue(order: Order, voice: str, tongues: dict[str, str]) -> str:
    """The language that a voice speaks unasked: its own, or that of the text where voices speak any, as those
    do whose engine speaks languages that no voice is listed under."""
    tongue, engine = _listed(voice, tongues), order.engine
    if tongue != ANY and not (engine.voices and set(engine.languages) - set(engine.voices)):
        return tongue
    return order.guess or language.matches(_ELSE, list(engine.languages)) or _ELSE


def _listed(voice: str, tongues: dict[str, str]) -> str:
    """The language that a voice is listed under or, for an expression over voices, the first one in it."""
    plain = voice.lower().partition("+")[0].partition("(")[0].strip()
    return tongues.get(plain, _ELSE)


def _info(id: str, tag: str) -> VoiceInfo:
    return {"id": id, "name": id, "language": tag}


def _stamp(recipe: Recipe) -> str:
    """Changes when the list may have."""
    seen = [path for path in (recipe.path, recipe.directory) if path]
    return " ".join(f"{path}:{os.stat(path).st_mtime_ns}" for path in seen if os.path.exists(path))


def _file(name: str) -> str:
    return os.path.join(paths.cache_dir(), "voices", name.replace("/", "-") + ".json")


def _read(name: str) -> _Kept | None:
    with suppress(OSError, msgspec.MsgspecError), open(_file(name), "rb") as file:
        return msgspec.json.decode(file.read(), type=_Kept)
    return None


def _write(name: str, kept: _Kept) -> None:
    path = _file(name)
    with suppress(OSError):  # without it the worker is asked again, that is all
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(f"{path}.{os.getpid()}", "wb") as file:
            file.write(msgspec.json.encode(kept))
        os.replace(file.name, path)
