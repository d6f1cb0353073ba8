"""Which model and which voice a request means, on the engines as their headers state them."""

from __future__ import annotations

import asyncio

import pytest

from vox.config import Config
from vox.errors import BadRequest
from vox.gateway.fleet import catalog, envs, hardware, weights
from vox.gateway.fleet.pool import Pool
from vox.gateway.speech import Order, Speech, order
from vox.gateway.voices.choose import Voices


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
