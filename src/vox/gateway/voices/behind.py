"""Which model and voice a single name means, for protocols that have one field for both."""

from __future__ import annotations

from vox.config import Config
from vox.errors import BadRequest, NotFound
from vox.gateway.fleet import envs
from vox.gateway.fleet.catalog import Catalog, EngineSpec
from vox.gateway.models import OPENAI_MODELS, named, openai_suffix
from vox.gateway.voices import store

_OPAQUE = 20
"""Length of a voice id of ElevenLabs."""


def behind(voice_id: str, catalog: Catalog, config: Config, model: str = "") -> tuple[str, str]:
    """`model` and `voice` of a `Speech`, "" where the default is meant. `model`, where the request names one
    too, stands for the configured engine. In this order a name is

    - `ENGINE:VOICE` or `ENGINE/MODEL:VOICE`, where the engine may be one of OpenAI's model names;
    - a recorded voice of the user's: on the configured engine, or if that can't clone on the first one that
      is installed and can, unless it is the name of a voice of its own;
    - a voice of the configured engine, or an alias there; `default` where it has none of that name;
    - `ENGINE`, `ENGINE/MODEL` or one of OpenAI's model names: the default voice of that one;
    - a name that clients of Deepgram (`aura-2-thalia-en`) or ElevenLabs (`21m00Tcm4TlvDq8ikWAM`) send when
      their user named none: the configured engine and its default voice, for `aura-…` in the language of its
      last part.

    Anything else is left to the configured engine, which may know more voices than its header lists, or find
    it in a source. Raises `NotFound` for an unknown engine before a colon, and `BadRequest` for a voice that
    only another engine has."""
    head, colon, voice = voice_id.strip().rpartition(":")
    if colon:
        catalog.find(named(head, config)[0])
        return head, voice
    engine = catalog.find(named(model, config)[0])
    found = config.alias(engine.name, voice)
    own = found.lower() == "default" or found.lower() in engine.presets or found.lower() in engine.aliases
    if store.find(found) is not None and (engine.cloning or not own):
        return model or _cloning(engine, catalog), found
    if not voice or own or found != voice:
        return model, "" if found.lower() == "default" and not _has_default(engine) else voice
    if not model and _is_model(voice, catalog):
        return voice, ""
    if voice.lower().startswith("aura-"):
        tongue = voice.lower().rpartition("-")[2]
        return model or (f"{OPENAI_MODELS[1]}-{tongue}" if tongue.isalpha() and len(tongue) == 2 else ""), ""
    if len(voice) == _OPAQUE and voice.isascii() and voice.isalnum() and not voice.islower():
        return model, ""
    if not (engine.cloning and config.voice_sources):
        _check_elsewhere(engine, voice, catalog)
    return model, voice


def _cloning(engine: EngineSpec, catalog: Catalog) -> str:
    """The engine that speaks like a recording: "" for the configured one, also where none can, for its error
    names those that could."""
    able = [other for other in catalog.engines.values() if other.cloning and not other.hidden]
    if engine.cloning:
        return ""
    return next((other.name for other in able if envs.installed(other)), "")


def _has_default(engine: EngineSpec) -> bool:
    """Whether it has a voice of this very name."""
    return "default" in engine.presets or any(model.sample for model in engine.models.values())


def _is_model(word: str, catalog: Catalog) -> bool:
    """Whether it is a `model` that a request may name."""
    if openai_suffix(word.lower()) is not None:
        return True
    name, _, model = word.partition("/")
    try:
        catalog.find(name).model(model)
    except NotFound:
        return False
    return True


def _check_elsewhere(engine: EngineSpec, voice: str, catalog: Catalog) -> None:
    """Raises `BadRequest` for a voice that other engines have and the configured one, which lists all of its
    own, has not."""
    others = [other for other in catalog.engines.values() if voice.lower() in other.presets]
    names = [f"{other.name}:{voice}" for other in others if not other.hidden]
    if engine.voices and names:
        message = f"{engine.name} has no voice {voice!r}; did you mean {' or '.join(names)}?"
        raise BadRequest(message, param="voice", code="unknown_voice")
