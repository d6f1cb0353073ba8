"""Which engine and which of its models a request means, and the worker that runs it."""

from __future__ import annotations

import os

from msgspec.structs import replace

from vox import paths
from vox.config import Config
from vox.gateway.fleet import envs, hardware, weights
from vox.gateway.fleet.catalog import EngineSpec, ModelSpec
from vox.gateway.fleet.process import Recipe
from vox.gateway.text import language
from vox.options import seconds

OPENAI_MODELS = ("tts-1-hd", "tts-1", "gpt-4o-mini-tts")
"""OpenAI's own model names: they mean the configured engine."""


def named(name: str, config: Config) -> tuple[str, str, str]:
    """What a request's `model` names: engine, model ("" for its default), language ("" unless a suffix of
    one of OpenAI's names sets it)."""
    word = name.strip().lower()
    suffix = openai_suffix(word)
    tongue = suffix if suffix and not suffix[:4].isdigit() else ""  # gpt-4o-mini-tts-2025-12-15
    engine, _, model = (word if word and suffix is None else config.engine).partition("/")
    return engine, model, tongue


def openai_suffix(word: str) -> str | None:
    """What follows one of OpenAI's model names and a hyphen; None for another name."""
    known = next((known for known in OPENAI_MODELS if f"{word}-".startswith(f"{known}-")), None)
    return None if known is None else word[len(known) + 1 :]


def variant(
    engine: EngineSpec, model: str, config: Config, *, cloned: bool = False, voice: str = "", tongue: str = ""
) -> str:
    """The model to load: the one named, else of those that can do what is asked for the configured one, else
    the first that is pulled and fits the card. That is to speak like a recording if `cloned`, else with the
    preset `voice`, else the language `tongue`. Raises `NotFound`."""
    if model:
        return engine.model(model).name
    able = _able(engine, cloned, voice, tongue)
    own = config.of_engine(engine.name)
    usual = own.get("model", "")
    if usual and ((spec := engine.model(usual)) in able or own.get("directory")):
        return spec.name  # a directory has the files of this one model
    if len(able) < 2 or own.get("directory"):
        return able[0].name if able else engine.default_model
    on_card = own.get("device", config.device) != "cpu"
    fitting = [spec for spec in able if _fits(spec, on_card)] or [min(able, key=lambda spec: spec.vram)]
    here = (spec for spec in (*fitting, *able) if spec.files and weights.pulled(engine, spec.name))
    return next(here, fitting[0]).name


def as_configured(engine: EngineSpec, config: Config) -> EngineSpec:
    """The engine as its user has it. Where the files are a directory of their own, that is without what the
    header says of the voices of each model: then only its worker knows."""
    own = config.of_engine(engine.name)
    if engine.streams_text:
        raw = own.get("text", "segments" if engine.streams_text == "optional" else "deltas") == "deltas"
        engine = replace(engine, streams_text=raw) if raw != engine.streams_text else engine
    if not own.get("directory") or all(isinstance(m.voices, bool) for m in engine.models.values()):
        return engine
    models = {name: replace(spec, voices=True, languages=()) for name, spec in engine.models.items()}
    return replace(engine, models=models, voices={}, languages=(), default_voices={}, aliases={}, voice="")


def _able(engine: EngineSpec, cloned: bool, voice: str, tongue: str) -> list[ModelSpec]:
    if cloned:
        return engine.cloning
    every = list(engine.models.values())
    having = [spec for spec in every if isinstance(spec.voices, tuple) and voice in spec.voices]
    speaking = [spec for spec in every if _speaks(spec, tongue)]
    return having or speaking or every


def _speaks(model: ModelSpec, tongue: str) -> bool:
    return not (tongue and model.languages) or language.matches(tongue, list(model.languages)) is not None


def _fits(model: ModelSpec, on_card: bool) -> bool:
    return not model.vram or (on_card and model.vram <= hardware.card_memory())


def recipe(engine: EngineSpec, model: str, config: Config) -> Recipe:
    """How to make a worker for `engine/model`. Raises `NotInstalled`."""
    envs.require(engine)
    own = config.of_engine(engine.name)
    kept = own.get("keep_alive")
    keep_alive = seconds(kept) if kept else config.keep_alive_or(engine.keep_alive)
    return Recipe(
        name=f"{engine.name}/{model}" if len(engine.models) > 1 else engine.name,
        python=envs.python(engine),
        path=engine.path,
        model=model,
        directory=weights.directory(engine, model, config),
        device=own.get("device", config.device),
        options=tuple(sorted(config.options_of(engine.name).items())),
        variables=tuple(sorted(envs.variables(engine, config).items())),
        keep_alive=keep_alive,
        slots=engine.slots,
        prompts=os.path.join(paths.prompts_dir(), engine.name, model),
    )
