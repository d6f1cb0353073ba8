"""Which model and which voice a request means, on the engines as their headers state them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from vox import config
from vox.config import Config
from vox.errors import BadRequest, NotFound
from vox.gateway import presets
from vox.gateway.fleet import catalog, envs, hardware, weights
from vox.gateway.fleet.catalog import EngineSpec
from vox.gateway.fleet.pool import Pool
from vox.gateway.speech import Order, Speech, identity, order
from vox.gateway.voices import store
from vox.gateway.voices.behind import behind
from vox.gateway.voices.choose import Voices
from vox.gateway.voices.references import Prepared


@pytest.fixture(autouse=True)
def all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every engine were installed, and no model pulled yet."""
    monkeypatch.setattr(envs, "require", lambda spec: None)
    monkeypatch.setattr(weights, "directory", lambda *_: None)


def ordered(model: str, voice: str, lang: str, text: str, **settings: object) -> Order:
    return order(Speech(text=text, model=model, voice=voice, lang=lang), catalog.load(), Config(**settings))


@pytest.mark.parametrize(
    ("model", "voice", "lang", "text", "chosen"),
    [
        ("qwen", "ryan", "de", "Hallo", ("0.6b-customvoice", "ryan", "de")),
        ("qwen", "alloy", "", "Hello", ("0.6b-customvoice", "serena", "en")),
        ("qwen", "ryan", "", "你好", ("0.6b-customvoice", "ryan", "zh")),
        ("qwen", "", "", "こんにちは", ("0.6b-customvoice", "ono_anna", "ja")),
        ("qwen/1.7b-voicedesign", "design", "fr", "Bonjour", ("1.7b-voicedesign", "design", "fr")),
        ("qwen/1.7b-voicedesign", "design", "", "Hello", ("1.7b-voicedesign", "design", "en")),
        ("piper", "", "", "Hello", ("lessac", "lessac", "en-us")),
        ("piper", "", "de", "Hallo", ("thorsten", "thorsten", "de")),
        ("piper", "SIWIS", "", "Bonjour", ("siwis", "siwis", "fr")),
        ("piper/ryan", "", "", "Hello", ("ryan", "ryan", "en-us")),
        ("chatterbox", "", "zh", "你好", ("multilingual", "default", "zh")),
        ("chatterbox", "nova", "", "Hello", ("english", "default", "en")),
        ("kokoro", "zf_xiaoxiao", "", "Hello", ("82m", "zf_xiaoxiao", "zh")),
        ("kokoro", "", "fr", "Bonjour", ("82m", "ff_siwis", "fr")),
    ],
)
def test_a_request_means_one_model_and_voice(
    model: str, voice: str, lang: str, text: str, chosen: tuple[str, str, str]
) -> None:
    made = ordered(model, voice, lang, text)
    voices = Voices(Pool.__new__(Pool))  # these engines list their voices: no worker is asked
    assert (made.model, *asyncio.run(voices.choose(made))) == chosen


@pytest.mark.parametrize(
    ("model", "voice", "lang", "param"),
    [
        ("qwen", "ryan", "nl", "lang"),
        ("qwen", "bella", "", "voice"),
        ("piper", "lessac", "de", "lang"),
        ("piper", "nobody", "", "voice"),
        ("chatterbox/english", "", "tlh", "lang"),
        ("voxtream", "nobody", "", "voice"),
    ],
)
def test_what_it_has_not_is_refused(model: str, voice: str, lang: str, param: str) -> None:
    with pytest.raises(BadRequest) as caught:
        made = ordered(model, voice, lang, "Hello")
        asyncio.run(Voices(Pool.__new__(Pool)).choose(made))
    assert caught.value.param == param


def test_openais_names_and_none_mean_the_recording_that_comes_with_a_model() -> None:
    for voice in ("", "default", "alloy"):
        assert ordered("voxtream", voice, "", "Hello").sample is not None
    assert ordered("qwen/0.6b-base", "default", "", "Hello").sample is not None


def test_the_largest_model_that_the_card_holds_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "card_memory", lambda: 24_000)
    assert ordered("qwen", "", "", "Hello").model == "1.7b-customvoice"
    assert ordered("qwen", "", "", "Hello", device="cpu").model == "0.6b-customvoice"


def with_preset(model: str, preset: str, **fields: Any) -> Order:
    return order(Speech(text="Hello", model=model, preset=preset, **fields), catalog.load(), Config())


@pytest.mark.parametrize(
    ("model", "preset", "options", "ignored"),
    [
        ("chatterbox", "balanced", config.PRESETS["balanced"], ()),
        ("chatterbox", "adaptive", config.PRESETS["adaptive"], ()),
        ("chatterbox", "realtime", config.PRESETS["realtime"] | {"first_chunk_size": 10}, ()),
        (
            "chatterbox/turbo",
            "fast",
            {"chunk_size": 18, "first_chunk_size": 18, "s3gen_steps": 5, "temperature": 0.4},
            ("exaggeration", "cfg_weight"),
        ),
        (
            "chatterbox-vllm",
            "balanced",
            {"exaggeration": 0.5, "s3gen_steps": 5, "temperature": 0.5},
            ("cfg_weight", "chunk_size"),
        ),
        (  # 960 ms are 12 frames of 80 ms
            "qwen",
            "adaptive",
            {"chunk_size": 12, "first_chunk_size": 6, "temperature": 0.5},
            ("exaggeration", "cfg_weight", "s3gen_steps"),
        ),
        (
            "qwen-native",
            "realtime",
            {"chunk_size": 5, "temperature": 0.45},
            ("exaggeration", "cfg_weight", "s3gen_steps"),
        ),
        (  # blocks of 25
            "cosyvoice",
            "realtime",
            {"chunk_size": 25},
            ("exaggeration", "cfg_weight", "s3gen_steps", "temperature"),
        ),
        (
            "voxtream",
            "fast",
            {"temperature": 0.4},
            ("exaggeration", "cfg_weight", "chunk_size", "s3gen_steps"),
        ),
        ("kokoro", "fast", {}, ("exaggeration", "cfg_weight", "chunk_size", "s3gen_steps", "temperature")),
        ("tone", "realtime", config.PRESETS["realtime"], ()),
        ("tone", "", {}, ()),
    ],
)
def test_an_engine_gets_the_knobs_of_a_preset_that_it_has(
    model: str, preset: str, options: dict[str, float], ignored: tuple[str, ...]
) -> None:
    made = with_preset(model, preset)
    assert (made.speech.options, made.ignored) == (options, ignored)


@pytest.mark.parametrize("engine", catalog.load().engines.values(), ids=lambda engine: engine.name)
def test_every_size_that_a_preset_may_have_is_one_that_the_engine_takes(engine: EngineSpec) -> None:
    blocks = {"cosyvoice": 25}.get(engine.name, 1)
    most = {"qwen": 100, "qwen-native": 100, "cosyvoice": 500}.get(engine.name, 1000)
    for size in (5, 10, 12, 24, 37, 200, 1000):
        options, _ = presets.fit({"chunk_size": size, "first_chunk_size": size}, engine, engine.default_model)
        for found in options.values():
            assert blocks <= found <= most and found % blocks == 0


def test_options_of_a_request_go_over_its_preset() -> None:
    made = with_preset("chatterbox", "balanced", options={"temperature": 0.9})
    assert made.speech.options == config.PRESETS["balanced"] | {"temperature": 0.9}


def test_the_cache_tells_presets_apart_where_they_make_a_difference() -> None:
    def key(model: str, preset: str) -> object:
        return identity(with_preset(model, preset), "x", "en")

    assert key("chatterbox", "balanced") != key("chatterbox", "fast")
    assert key("kokoro", "balanced") == key("kokoro", "")


def test_an_unknown_preset_is_named_with_the_known_ones() -> None:
    with pytest.raises(BadRequest, match="known: balanced, expressive, fast") as caught:
        with_preset("kokoro", "zzz")
    assert caught.value.param == "preset"


def test_instructions_that_nobody_heeds_are_ignored_by_name() -> None:
    assert with_preset("kokoro", "", instructions="Whisper.").ignored == ("instructions",)
    assert with_preset("qwen/1.7b-customvoice", "", instructions="Whisper.").ignored == ()


@pytest.mark.parametrize(
    ("text", "asked", "priority"),
    [
        ("a" * 399, "", "interactive"),
        ("a" * 400, "", "batch"),
        ("a" * 400, "interactive", "interactive"),
        ("a", "batch", "batch"),
    ],
)
def test_somebody_waits_for_a_short_text(text: str, asked: Any, priority: str) -> None:
    made = order(Speech(text=text, model="tone", priority=asked), catalog.load(), Config())
    assert made.priority == priority


def meant(voice_id: str, engine: str = "kokoro", **settings: Any) -> tuple[str, str]:
    return behind(voice_id, catalog.load(), Config(engine=engine, **settings))


@pytest.mark.parametrize(
    ("voice_id", "found"),
    [
        ("", ("", "")),
        ("af_sky", ("", "af_sky")),
        ("Alloy", ("", "Alloy")),
        ("me", ("", "me")),
        ("tone:tone-600", ("tone", "tone-600")),
        ("qwen/0.6b-base:default", ("qwen/0.6b-base", "default")),
        ("tts-1-es:alloy", ("tts-1-es", "alloy")),
        ("tone:", ("tone", "")),
        ("tone", ("tone", "")),
        ("qwen/0.6b-base", ("qwen/0.6b-base", "")),
        ("tts-1-hd", ("tts-1-hd", "")),
        ("aura-2-thalia-en", ("tts-1-en", "")),
        ("aura-2-celeste-es", ("tts-1-es", "")),
        ("aura-asteria", ("", "")),
        ("21m00Tcm4TlvDq8ikWAM", ("", "")),
        ("nobody", ("", "nobody")),
    ],
)
def test_one_name_means_a_model_and_a_voice(voice_id: str, found: tuple[str, str]) -> None:
    assert meant(voice_id, aliases={"kokoro": {"me": "af_bella"}}) == found


def test_an_engine_that_is_none_and_a_voice_of_another_are_named() -> None:
    with pytest.raises(NotFound, match="unknown engine 'kokro'"):
        meant("kokro:af_sky")
    with pytest.raises(BadRequest, match="did you mean kokoro:af_sky"):
        meant("af_sky", engine="qwen")


def test_a_recorded_voice_speaks_on_an_engine_that_clones(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = Prepared("0" * 64, 3.0, b"RIFF")
    for name in ("anna", "af_sky"):
        store.add(name, prepared, "", "", "")
    monkeypatch.setattr(envs, "installed", lambda spec: spec.name in ("kokoro", "qwen"))
    assert meant("Anna") == ("qwen", "Anna")
    assert meant("anna", engine="cosyvoice") == ("", "anna")
    assert meant("af_sky") == ("", "af_sky")  # kokoro's own, as everywhere
    assert meant("me", aliases={"kokoro": {"me": "anna"}}) == ("qwen", "anna")
    monkeypatch.setattr(envs, "installed", lambda spec: False)
    assert meant("anna") == ("", "anna")  # and kokoro says who could
