"""What a caller wants said, and what that means here: the engine, the voice, the rates, the worker.

`Speech` is the one native request that every protocol is translated to; `Order` is the same with every
question answered. Nothing here starts or waits for anything.
"""

from __future__ import annotations

import os
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from vox.config import Config
from vox.errors import BadRequest, near_misses, unknown
from vox.gateway import formats, presets
from vox.gateway.fleet.catalog import Catalog, EngineSpec, SampleSpec
from vox.gateway.fleet.process import Recipe
from vox.gateway.fleet.schedule import Priority
from vox.gateway.formats import Format
from vox.gateway.models import as_configured, named, recipe, variant
from vox.gateway.text import language, written

SLOWEST, FASTEST = 0.25, 4.0
SHORT = 400
"""Characters of a text below which somebody waits for it, unless the caller says otherwise."""


class Reference(msgspec.Struct, frozen=True):
    """A recording to speak like, prepared: see `vox.workers.engine.Reference`."""

    id: str
    path: str
    transcript: str
    language: str


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
    preset: str = ""
    """A name of `config.presets`: options, as far as the engine has them, that `options` go over."""
    priority: Literal["interactive", "batch", ""] = ""
    """Whether somebody waits to hear it now; "" leaves that to the length of the text."""
    instructions: str = ""
    """How to say it, in plain words."""
    normalize: bool | dict[str, bool] | None = None
    """What is written out in words beforehand: all, nothing, or by kind; None: what the engine needs."""
    reference: Reference | None = None
    """The voice, where it is a recording: `voice` is then its name, which need not be known."""


class Order(msgspec.Struct, frozen=True):
    """A speech with every question answered but which voice, which may need the engine's own list."""

    speech: Speech
    """As it came, with the preset's options among its own."""
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
    kinds: frozenset[str]
    """What is written out in words beforehand."""
    priority: Priority
    ignored: tuple[str, ...] = ()
    """What the caller asked for and the engine has no use for: knobs of the preset, or `instructions`."""
    reference: Reference | None = None
    """The recording to speak like."""
    sample: SampleSpec | None = None
    """The recording that comes with the model, where that is the voice."""


def order(speech: Speech, catalog: Catalog, config: Config) -> Order:
    """Answer every question that needs no worker.

    Raises `NotFound` (unknown model), `BadRequest` (anything else unknown or out of range) and
    `NotInstalled` (engine or weights missing)."""
    name, model, tongue = named(speech.model, config)
    engine = as_configured(catalog.find(name), config)
    if engine.role != "speech":
        raise BadRequest(f"{engine.name} writes down what it hears; it does not speak", param="model")
    cloned = speech.reference is not None
    if cloned and not engine.cloning:
        raise cant_clone(engine.name, speech.voice, catalog)
    wanted = speech.lang or tongue
    if wanted.lower() == "auto":
        raise BadRequest("lang 'auto' must be detected first", param="lang")
    guess = _guess(engine, speech.text, config.lang)
    tag = _language(engine, wanted) if wanted or speech.voice else guess
    own = "" if cloned else voice(engine, speech.voice, config)
    model = variant(engine, model, config, cloned=cloned, voice=own, tongue=tag)
    options, ignored = presets.fit(config.preset(speech.preset), engine, model)
    ignored += ("instructions",) if speech.instructions and not engine.instructs else ()
    speed = _speed(config.speed if speech.speed is None else speech.speed)
    slowest, fastest = engine.speed
    native = min(max(speed, slowest), fastest)
    format = formats.find(speech.format) if speech.format else None
    repeatable = not engine.samples or speech.seed is not None
    sample = None if cloned else _sample(engine, model, own)
    made = Order(
        speech=replace(speech, options=options | speech.options),
        engine=engine,
        model=model,
        voice=speech.voice if cloned or sample else own,
        own_voice="" if speech.voice else _own_voice(engine, model, config),
        language=tag,
        guess=guess,
        speed=native,
        stretch=speed / native,
        format=format,
        rate=formats.output_rate(format, speech.sample_rate) if format else 0,
        recipe=recipe(engine, model, config),
        cached=config.cache and repeatable if speech.cache is None else speech.cache,
        kinds=written.kinds(engine.normalize, speech.normalize),
        priority=speech.priority or ("interactive" if len(speech.text) < SHORT else "batch"),
        ignored=ignored,
        reference=speech.reference,
        sample=sample,
    )
    _check_able(made)
    return made


def _check_able(order: Order) -> None:
    """Raises `BadRequest` when the model can't do what the speech asks for."""
    speech, engine, model = order.speech, order.engine, order.model
    spec = engine.models[model]
    if speech.reference is not None and not engine.clones_with(spec):
        able = [f"{engine.name}/{other.name}" for other in engine.cloning]
        message = f"{engine.name}/{model} can't speak like a recording; {' and '.join(able)} can"
        raise BadRequest(message, param="voice", code="unknown_voice")
    if speech.instructions and engine.instructs and not engine.instructs_with(spec):
        able = [name for name, other in engine.models.items() if engine.instructs_with(other)]
        message = f"{engine.name}/{model} takes no instructions; {', '.join(able)} of {engine.name} do"
        raise BadRequest(message, param="instructions")
    for name in () if "*" in engine.knobs or engine.private else speech.options:
        if name not in engine.knobs:
            known = ", ".join(engine.knobs) or "none"
            raise BadRequest(f"{engine.name} has no option {name!r}; it has {known}", param=name)


def cant_clone(engine: str, name: str, catalog: Catalog) -> BadRequest:
    """The error for a recorded voice on an engine that has presets only."""
    able = [other.name for other in catalog.engines.values() if other.cloning and not other.hidden]
    whose = "like a recording" if name == "inline" else f"with {name!r}, which is a recorded voice"
    message = f"{engine} can't speak {whose}; {', '.join(able)} can"
    return BadRequest(message, param="voice", code="unknown_voice")


def _sample(engine: EngineSpec, model: str, name: str) -> SampleSpec | None:
    """The recording that speaks where a model has no voices of its own. Raises `BadRequest`."""
    spec = engine.models[model]
    if spec.voices or not engine.clones_with(spec):
        return None
    if spec.sample is None or name.lower() not in ("", "default"):
        unknown = f"there is no voice {name!r}" if name else f"{engine.name}/{model} has no voice of its own"
        way_out = f"make one with: vox voices add {name or 'NAME'} --audio FILE"
        raise BadRequest(f"{unknown}; {way_out}", param="voice", code="unknown_voice")
    return spec.sample


def voice(engine: EngineSpec, name: str, config: Config) -> str:
    """The engine's voice behind `name`, which may be an alias, in any case. Raises `BadRequest` for a name
    that is neither a voice of an engine that lists its voices nor an expression over them."""
    mine, known = config.alias(engine.name, name), engine.presets
    found = mine if mine != name else engine.aliases.get(name.lower(), name)
    if found.lower() == "default" and any(model.sample for model in engine.models.values()):
        return "default"
    if found and known and found.lower() not in known and not set(found) & set("+("):
        message = unknown(f"{engine.name} voice", name, list(known))
        message += f" `vox voices list {engine.name}` lists them all." if len(known) > 16 else ""
        raise BadRequest(message, param="voice", code="unknown_voice")
    return known.get(found.lower(), found)


def identity(order: Order, spoken_voice: str, tongue: str) -> tuple[object, ...]:
    """All that changes the sound of a segment, but its text: the beginning of a cache key."""
    directory = order.recipe.directory
    stamp = os.stat(directory).st_mtime_ns if directory and os.path.exists(directory) else 0
    made_by = (order.engine.name, os.stat(order.engine.path).st_mtime_ns, order.model, directory or "", stamp)
    speech, kinds = order.speech, sorted(order.kinds)
    how = (spoken_voice.lower(), tongue, order.speed, speech.seed, order.recipe.options, kinds)
    return (*made_by, *how, sorted(speech.options.items()), speech.instructions)


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


def usual_voice(engine: EngineSpec, config: Config) -> str:
    """The voice that the configuration names for an engine; "" for none."""
    default = config.voice if engine.name == config.engine.partition("/")[0] else ""
    return config.of_engine(engine.name).get("voice", "") or default


def _own_voice(engine: EngineSpec, model: str, config: Config) -> str:
    usual = usual_voice(engine, config) or engine.voice
    found, own = voice(engine, usual, config), engine.models[model].voices
    return own[0] if isinstance(own, tuple) and found not in own else found


def _speed(speed: float) -> float:
    if not SLOWEST <= speed <= FASTEST:
        raise BadRequest(f"speed {speed:g} is outside {SLOWEST:g} to {FASTEST:g}", param="speed")
    return speed
