"""From text to the symbols that Kokoro was trained on. What needs pypinyin or pykakasi is tested in the
environment of the engine, in contract/test_kokoro_engine.py."""

from __future__ import annotations

import logging
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from vox.workers import espeak
from vox.workers.engine import EngineError
from vox.workers.japanese import kana
from vox.workers.phonemes import _misaki, english, phonemes, with_marks


@pytest.fixture(autouse=True)
def forget() -> Any:
    """No test answers for another."""
    phonemes.cache_clear()
    _misaki.cache_clear()
    yield
    phonemes.cache_clear()
    _misaki.cache_clear()


@pytest.mark.parametrize(
    ("heard", "american", "british"),
    [
        ("dˈe^ɪ", "dˈA", "dˈA"),
        ("ma^ɪ nˈa^ʊ", "mI nˈW", "mI nˈW"),
        ("bˈɔ^ɪ", "bˈY", "bˈY"),
        ("t^ʃˈuː d^ʒˈʌd^ʒ", "ʧˈu ʤˈʌʤ", "ʧˈuː ʤˈʌʤ"),
        ("hˈo^ʊm", "hˈOm", "hˈɔʊm"),
        ("hˈə^ʊm", "hˈəʊm", "hˈQm"),
        ("bˈɜːd", "bˈɜɹd", "bˈɜːd"),
        ("bˈʌʔn̩", "bˈʌtn", "bˈʌtn"),
        ("kˈʌlɚɹ ʌv", "kˈʌləɹ ʌv", "kˈʌləɹ ʌv"),
        ("lˈɪɾə^l", "lˈɪTᵊl", "lˈɪTᵊl"),
        ("ɹˈɪðm̩", "ɹˈɪðᵊm", "ɹˈɪðᵊm"),
        ("ðˈe^ə", "ðˈɛ", "ðˈɛː"),
    ],
)
def test_espeaks_english_is_respelled_as_misaki_spells_it(heard: str, american: str, british: str) -> None:
    assert (english(heard, british=False), english(heard, british=True)) == (american, british)


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("en-us", "Hello, world!", "həlˈO, wˈɜɹld!"),
        ("en-gb", "Hello, world!", "həlˈQ, wˈɜːld!"),
        ("fr", "Bonjour, le monde !", "bɔ̃ʒˈuʁ, lə mˈɔ̃d!"),
        ("it", "La pizza.", "la pˈiʦːa."),
        ("es", "¿Qué tal? Chico.", "kˈe tˈal? ʧˈiko."),
        ("pt-br", "Olá.", "olˈa."),
        ("hi", "नमस्ते।", "nəmˈʌsteː."),
    ],
)
def test_each_language_is_read(language: str, text: str, wanted: str) -> None:
    assert phonemes(text, language) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("one, two; three: four. Five? six! (seven) “eight” nine… ten—eleven", None),
        ("a -- b", "A — B"),
        ("a - b", "A — B"),
        ("well-known", "WELL-KNOWN"),
        ("3.50 and 1,000 at 12:30", "3.50 AND 1,000 AT 12:30"),
        ("Dr. Smith met Mrs. Jones.", "DR. SMITH MET MRS. JONES."),
        ("in the U.S. we", "IN THE U.S. WE"),
        ("in the U.S.", "IN THE U.S."),
        ("«Oui» [non]", "“OUI” (NON)"),
        ("好，吗？「是」。", "好, 吗? “是”."),
        ("don’t", "DON'T"),
    ],
)
def test_punctuation_stays_where_it_stood(
    text: str, wanted: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vox.workers.phonemes._by_espeak", lambda words, language: words.strip().upper())
    assert phonemes(text, "es") == (wanted or text.upper())


def test_a_point_after_an_abbreviation_is_read_with_it() -> None:
    assert (
        with_marks(lambda words: f"<{words}>", "Mr. Brown, e.g. him. Yes.")
        == "<Mr. Brown>, <e.g. him>. <Yes>."
    )


@pytest.mark.parametrize("text", ["", " \r\n", "...", "!?", "\x00\ud800", "😀", "—"])
def test_text_without_a_word_has_no_phonemes_but_its_marks(text: str) -> None:
    assert not any(map(str.isalpha, phonemes(text, "en-us")))


def test_control_characters_and_line_ends_change_nothing() -> None:
    plain = phonemes("Hello there world", "en-us")
    assert phonemes("Hel\x00lo\r\nthere\u2028wor\u200bld", "en-us") == plain


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(EngineError, match="en-gb, en-us, es") as caught:
        phonemes("Hallo", "de")
    assert (caught.value.code, caught.value.param) == ("unsupported_language", "lang")


def test_repeats_come_from_a_cache_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    first = phonemes("Hello.", "en-us")
    monkeypatch.setattr(espeak, "phonemes", lambda text, voice: "x")
    assert phonemes("Hello.", "en-us") == first != phonemes("Hello!", "en-us")
    assert phonemes.cache_info().maxsize == 1024


def test_a_reader_that_fails_is_replaced_and_the_log_says_so_without_the_text(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(text: str, other: object) -> str:
        raise ValueError(text)

    monkeypatch.setattr("vox.workers.mandarin.phonemes", fail)
    with caplog.at_level(logging.WARNING):
        assert phonemes("你好", "zh").startswith("ni")
    assert "mandarin can't read this zh text: ValueError" in caplog.text
    assert "你好" not in caplog.text


def test_when_all_readers_fail_there_is_silence_and_a_word_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(text: str, voice: str) -> str:
        raise EngineError("no data")

    monkeypatch.setattr(espeak, "phonemes", fail)
    assert phonemes("Hello.", "en-us") == ""
    assert "espeak-ng can't read this en-us text: EngineError" in caplog.text


class _Misaki(SimpleNamespace):
    """Stands in for misaki's English and its spaCy model, which is no package of an index."""

    def __call__(self, text: str) -> tuple[str, None]:
        return "<" + text + self.fallback(SimpleNamespace(text="day"))[0] + ">", None


def _install_misaki(monkeypatch: pytest.MonkeyPatch, with_model: bool) -> None:
    spacy, misaki = ModuleType("spacy"), ModuleType("misaki")
    spacy.util = SimpleNamespace(is_package=lambda name: with_model)  # type: ignore[attr-defined]
    misaki.en = SimpleNamespace(G2P=_Misaki)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "spacy", spacy)
    monkeypatch.setitem(sys.modules, "misaki", misaki)


def test_misaki_reads_english_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    _install_misaki(monkeypatch, with_model=True)
    assert phonemes("Hi\r\nyou.", "en-us") == "<Hi you.dˈA>"
    assert phonemes("Oui.", "fr") == "wˈi."


def test_misaki_without_its_model_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _install_misaki(monkeypatch, with_model=False)
    assert phonemes("Hello.", "en-us") == "həlˈO."
    assert "en_core_web_sm" in caplog.text


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("さしすせそ", "saɕisɨseso"),
        ("たちつてと", "taʨiʦɨteto"),
        ("きゃきゅきょ", "kʲakʲɨkʲo"),
        ("がっこう", "ɡaʔkoɯ"),
        ("こーひー", "koːçiː"),
        ("しんぶん", "ɕimbɯɴ"),
        ("ぎんこう", "ɡʲiŋkoɯ"),
        ("あんない", "annai"),
        ("ふぁいる", "ɸaiɾɯ"),
        ("くぉ", "kᵝo"),
        ("あx", "a"),
    ],
)
def test_kana_follow_their_rules(word: str, wanted: str) -> None:
    assert kana(word) == wanted
