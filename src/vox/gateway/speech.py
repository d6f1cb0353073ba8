"""What a caller wants said, and what that means here: the engine, the voice, the rates, the worker.

`Speech` is the one native request that every protocol is translated to; `Order` is the same with every
question answered. Nothing here starts or waits for anything.
"""

from __future__ import annotations

import os
from typing import Any

import msgspec

from vox.config import Config, seconds
from vox.errors import BadRequest, near_misses, unknown
from vox.gateway import formats
from vox.gateway.fleet import envs, weights
from vox.gateway.fleet.catalog import Catalog, EngineSpec
from vox.gateway.fleet.process import Recipe
from vox.gateway.formats import Format
from vox.gateway.text import language

OPENAI_MODELS = ("tts-1-hd", "tts-1", "gpt-4o-mini-tts")
"""OpenAI's own model names: they mean the configured engine."""
SLOWEST, FASTEST = 0.25, 4.0


class Speech(msgspec.Struct, frozen=True):
    """A request in vox's own terms. Empty strings and None mean "not said"."""

    text: str
    model: str = ""
    """ENGINE, ENGINE/MODEL, or one of OpenAI's names."""
    voice: str = ""
    lang: str = ""
    speed: float | None = None
    format: str = "wav"
    """A name of `formats.FORMATS` or an alias; "" for the engine's own PCM, as the player takes it."""
    sample_rate: int | None = None
    keep_alive: float | None = None
    """Seconds; negative for ever."""
    cache: bool | None = None
    seed: int | None = None
    options: dict[str, Any] = {}
    """Passed on to the engine."""


class Order(msgspec.Struct, frozen=True):
    """A speech with every question answered but which voice, which may need the engine's own list."""

    speech: Speech
    engine: EngineSpec
    model: str
    voice: str
    """As named, aliases resolved; "" when none was."""
    own_voice: str
    """Whose turn it is when none was named and it speaks the language; "" for the engine's first."""
    language: str
    """BCP 47, as the engine writes it; "" when the caller did not say, and named a voice."""
    guess: str
    """What the script of the text and the configuration suggest; "" for nothing."""
    speed: float
    """What the engine is asked for."""
    stretch: float
    """What is left to the codec."""
    format: Format | None
    rate: int
    """Hz of the answer; 0 is the engine's own."""
    recipe: Recipe
    cached: bool
    """Whether the cache may answer and learn."""


def order(speech: Speech, catalog: Catalog, config: Config) -> Order:
    """Answer every question that needs no worker.

    Raises `NotFound` (unknown model), `BadRequest` (anything else unknown or out of range) and
    `NotInstalled` (engine or weights missing)."""
    name, model, tongue = named(speech.model, config)
    engine = catalog.find(name)
    model = variant(engine, model, config)
    wanted = speech.lang or tongue
    if wanted.lower() == "auto":
        raise BadRequest("lang 'auto' must be detected first", param="lang")
    guess = _guess(engine, speech.text, config.lang)
    tag = _language(engine, wanted) if wanted or speech.voice else guess
    speed = _speed(config.speed if speech.speed is None else speech.speed)
    slowest, fastest = engine.speed
    native = min(max(speed, slowest), fastest)
    format = formats.find(speech.format) if speech.format else None
    repeatable = not engine.samples or speech.seed is not None
    return Order(
        speech=speech,
        engine=engine,
        model=model,
        voice=voice(engine, speech.voice, config) if speech.voice else "",
        own_voice=voice(engine, _own_voice(engine, config), config),
        language=tag,
        guess=guess,
        speed=native,
        stretch=speed / native,
        format=format,
        rate=formats.output_rate(format, speech.sample_rate) if format else 0,
        recipe=recipe(engine, model, config),
        cached=config.cache and repeatable if speech.cache is None else speech.cache,
    )


def named(name: str, config: Config) -> tuple[str, str, str]:
    """What a request's `model` names: engine, model ("" for its default), language ("" unless a suffix of
    one of OpenAI's names sets it)."""
    word, tongue = name.strip().lower(), ""
    for known in OPENAI_MODELS:
        if word == known or word.startswith(known + "-"):
            suffix = word[len(known) + 1 :]
            tongue = "" if suffix[:4].isdigit() else suffix  # gpt-4o-mini-tts-2025-12-15
            word = ""
            break
    engine, _, model = (word or config.engine).partition("/")
    return engine, model, tongue


def variant(engine: EngineSpec, model: str, config: Config) -> str:
    """The model to load: the one named, configured, or first. Raises `NotFound`."""
    return engine.model(model or config.of_engine(engine.name).get("model", "")).name


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
        keep_alive=keep_alive,
    )


def voice(engine: EngineSpec, name: str, config: Config) -> str:
    """The engine's voice behind `name`, which may be an alias, in any case. Raises `BadRequest` for a name
    that is neither a voice of an engine that lists its voices nor an expression over them."""
    word = name.lower()
    mine = {key.lower(): value for key, value in config.aliases.get(engine.name, {}).items()}
    found = mine.get(word) or engine.aliases.get(word) or name
    known = {id.lower(): id for ids in engine.voices.values() for id in ids}
    if found and known and found.lower() not in known and not set(found) & set("+("):
        message = unknown(f"{engine.name} voice", name, list(known))
        raise BadRequest(message, param="voice", code="unknown_voice")
    return known.get(found.lower(), found)


def identity(order: Order, spoken_voice: str, tongue: str) -> tuple[object, ...]:
    """All that changes the sound of a segment, but its text: the beginning of a cache key."""
    directory = order.recipe.directory
    stamp = os.stat(directory).st_mtime_ns if directory and os.path.exists(directory) else 0
    made_by = (order.engine.name, os.stat(order.engine.path).st_mtime_ns, order.model, directory or "", stamp)
    how = (spoken_voice.lower(), tongue, order.speed, order.speech.seed, order.recipe.options)
    return (*made_by, *how, sorted(order.speech.options.items()))


def _language(engine: EngineSpec, wanted: str) -> str:
    """The engine's own tag for `wanted`. Raises `BadRequest` that lists what it speaks."""
    if not wanted:
        return ""
    word = wanted.lower().replace("_", "-")
    word = engine.language_aliases.get(word, word)
    if not engine.languages:
        return word
    found = language.matches(word, list(engine.languages))
    if found is None:
        raise unspoken(engine, wanted, list(engine.languages))
    return found


def unspoken(engine: EngineSpec, wanted: str, spoken: list[str]) -> BadRequest:
    """The error for a language that is not among `spoken`."""
    near = near_misses(wanted, spoken)
    hint = f"did you mean {' or '.join(near)}? It" if near else "it"
    plain = sorted({tag.partition("-")[0] for tag in spoken}) if len(spoken) > 16 else spoken
    message = f"{engine.name} does not speak {wanted!r}; {hint} speaks {', '.join(plain)}"
    return BadRequest(message, param="lang", code="unsupported_language")


def _guess(engine: EngineSpec, text: str, usual: str) -> str:
    """The language that the script of the text tells, else the usual one, as far as the engine speaks it: a
    guess never refuses a request."""
    spoken = [*engine.languages, *engine.language_aliases]
    for guess in (language.by_script(text), usual):
        if guess and (not spoken or language.matches(guess, spoken)):
            return _language(engine, guess)
    return ""


def _own_voice(engine: EngineSpec, config: Config) -> str:
    default = config.voice if engine.name == config.engine.partition("/")[0] else ""
    return config.of_engine(engine.name).get("voice", "") or default or engine.voice


def _speed(speed: float) -> float:
    if not SLOWEST <= speed <= FASTEST:
        raise BadRequest(f"speed {speed:g} is outside {SLOWEST:g} to {FASTEST:g}", param="speed")
    return speed
