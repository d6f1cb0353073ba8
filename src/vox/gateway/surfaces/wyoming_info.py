"""What Home Assistant is told of: one program, with the voices of all engines that can speak now."""

from __future__ import annotations

from wyoming.info import Attribution, Info, TtsProgram, TtsVoice

import vox
from vox.errors import VoxError
from vox.gateway.core import Gateway
from vox.gateway.fleet.catalog import EngineSpec, ModelSpec
from vox.gateway.models import named
from vox.gateway.speech import usual_voice
from vox.gateway.voices import store
from vox.gateway.voices.choose import ANY
from vox.wire.messages import VoiceInfo

_ELSE = "en"
"""Each voice needs a language, also that of an engine which does not say what it speaks."""


async def info(gateway: Gateway) -> Info:
    """The default engine's voices first, its default voice before all."""
    usual = named("", gateway.config())[0]
    engines = sorted(gateway.usable(), key=lambda engine: engine.name != usual)
    own = store.listed()
    voices = []
    for engine in engines:
        pulled = [model for name, model in engine.models.items() if gateway.has_weights(engine, name)]
        voices += await _voices(gateway, engine, pulled) if pulled else []
        if any(engine.clones_with(model) for model in pulled):
            voices += [_voice(engine, f"{engine.name}:{voice.id}", voice.language, True) for voice in own]
            own = []  # on one engine: as many times as there are engines would hide the others
    program = TtsProgram(
        name="vox",
        attribution=Attribution("vox", ""),
        installed=True,
        description="every voice of this machine",
        version=vox.__version__,
        voices=voices,
        supports_synthesize_streaming=True,
    )
    return Info(tts=[program] if voices else [])


async def _voices(gateway: Gateway, engine: EngineSpec, pulled: list[ModelSpec]) -> list[TtsVoice]:
    """The preset voices; where there are none, or only a worker could tell them, the engine's default."""
    try:
        known = [voice for voice in await gateway.voices_of(engine) if _has(pulled, voice)]
    except VoxError:
        return []  # one engine that can't speak now must not hide the others
    config = gateway.config()
    own = (config.alias(engine.name, usual_voice(engine, config)) or engine.voice).lower()
    found = [
        _voice(engine, f"{engine.name}:{voice['id']}", voice["language"])
        for voice in sorted(known, key=lambda voice: voice["id"].lower() != own)
    ]
    return found or [_voice(engine, engine.name, ANY)]


def _has(models: list[ModelSpec], voice: VoiceInfo) -> bool:
    return any(m.voices is True or (m.voices and voice["id"] in m.voices) for m in models)


def _voice(engine: EngineSpec, name: str, tag: str, any_language: bool = False) -> TtsVoice:
    """`tag`: the language that the voice is listed under, `ANY` or "" for none."""
    own = [tag] if tag not in ("", ANY) else []
    several = any_language or not own or (engine.voices and set(engine.languages) - set(engine.voices))
    spoken = [*own, *(engine.languages if several else ())]
    return TtsVoice(
        name=name,
        attribution=Attribution(engine.title, ""),
        installed=True,
        description=None,
        version=None,
        languages=list(dict.fromkeys(spoken)) or [_ELSE],
    )
