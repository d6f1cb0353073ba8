"""What every engine promises, held against those that run in vox's own environment; `say` is not here, as it
runs on macOS only, nor is kokoro, which has an environment of its own and a file of its own."""

from __future__ import annotations

import re
import threading
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from vox import paths
from vox.gateway.fleet.catalog import EngineSpec, read
from vox.workers.engine import Engine, EngineError, Model, Ready, Segment
from vox.workers.plugins import load_engine

FILES = sorted(Path(paths.engines_dir()).glob("[a-z]*.py"))
OPENAI = [
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer",
    "verse",
]  # fmt: skip
TEXT = "The quick brown fox jumps over the lazy dog, and then it sleeps."
NASTY = {
    "control characters": "a\x00b\x01c\x1b[31md\x7f",
    "half a surrogate pair": "a\ud83d b\ude00",
    "pictures": "hi 🤠 👩‍👩‍👧‍👦 🇩🇪 done",
    "markup": "<speak>&amp;<break time='9s'/></speak> [[t'Est]] {x} `y`",
    "one endless word": "x" * 3000,
    "other scripts": "你好 Привет مرحبا नमस्ते 日本語 한국어 ภาษาไทย",
    "marks only": "...!?--—…",
    "combining marks": "Z" + "\u0301" * 200,
    "numbers": "1" * 400 + " 1e308 -0.0 ½ Ⅷ ٣",
}


class Subject(NamedTuple):
    engine: Engine
    ready: Ready
    spec: EngineSpec

    def speak(
        self, text: str = TEXT, voice: str = "default", language: str = "en-us", speed: float = 1.0
    ) -> Iterator[bytes]:
        return self.engine.speak(Segment(text, voice, language, speed, None, {}))

    def say(
        self, text: str = TEXT, voice: str = "default", language: str = "en-us", speed: float = 1.0
    ) -> bytes:
        return b"".join(self.speak(text, voice, language, speed))


@pytest.fixture(scope="module", params=["espeak", "tone"])
def subject(request: pytest.FixtureRequest) -> Subject:
    spec = read(str(Path(paths.engines_dir(), f"{request.param}.py")), private=False)
    engine = load_engine(spec.name, spec.path)
    ready = engine.load(Model(spec.default_model, None, "auto", {}), lambda share, stage: None)
    return Subject(engine, ready, spec)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_header_states_the_facts(path: Path) -> None:
    spec = read(str(path), private=False)
    assert spec.title and spec.license
    assert spec.environment == "base" or spec.dependencies
    assert all(model.bytes and model.license + spec.license for model in spec.models.values() if model.files)
    if spec.role == "transcript":
        assert spec.sample_rate == 0
        return
    assert spec.voice or spec.clones
    assert 8000 <= spec.sample_rate <= 48000
    assert spec.speed[0] <= 1.0 <= spec.speed[1]
    assert sorted(spec.aliases) == ([] if spec.name == "openai" else OPENAI)  # its server knows them
    assert all(tag == tag.lower() for tag in [*spec.languages, *spec.default_voices, *spec.language_aliases])


def test_loading_names_the_rate_of_the_header_and_voices_with_plain_ids(subject: Subject) -> None:
    assert subject.ready.sample_rate == subject.spec.sample_rate
    ids = [voice["id"] for voice in subject.ready.voices]
    assert len(set(ids)) == len(ids) > 0
    assert [id for id in ids if not re.fullmatch("[a-z0-9][a-z0-9_+-]*", id)] == []
    assert all(voice["name"] and voice["language"] for voice in subject.ready.voices)


def test_all_voices_of_the_header_are_there(subject: Subject) -> None:
    spec = subject.spec
    named = {spec.voice, *spec.aliases.values(), *spec.default_voices.values()}
    assert named <= {voice["id"] for voice in subject.ready.voices}


def test_speech_is_audible_16_bit_pcm_of_a_likely_length(subject: Subject) -> None:
    pieces = list(subject.speak())
    assert all(piece and len(piece) % 2 == 0 for piece in pieces)
    samples = array("h", b"".join(pieces))
    assert 1.0 < len(samples) / subject.ready.sample_rate < 8.0
    assert max(samples) > 2000 and min(samples) < -2000


def test_sound_comes_before_the_segment_is_finished(subject: Subject) -> None:
    pieces = subject.speak(TEXT * 50)
    first = next(pieces)
    assert subject.spec.streams_audio and len(first) < subject.ready.sample_rate


def test_the_same_request_gives_the_same_samples(subject: Subject) -> None:
    assert subject.spec.deterministic
    first = subject.say()
    subject.say("Something else in between, to leave traces.")
    assert subject.say() == first


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_an_abandoned_segment_leaves_nothing_behind(subject: Subject, steps: int) -> None:
    fresh = subject.say("One, two, three.")
    pieces = subject.speak(TEXT * 20)
    for _ in range(steps):
        next(pieces)
    pieces.close()  # type: ignore[attr-defined]  # a generator, as the contract says
    assert subject.say("One, two, three.") == fresh


def test_a_cancelled_segment_leaves_nothing_behind(subject: Subject) -> None:
    fresh = subject.say("One, two, three.")
    segment = Segment(TEXT * 20, "default", "en-us", 1.0, None, {})
    pieces = subject.engine.speak(segment)
    next(pieces)
    subject.engine.cancel(segment)
    pieces.close()  # type: ignore[attr-defined]
    assert subject.say("One, two, three.") == fresh


@pytest.mark.parametrize("speed", ["slowest", "fastest", 2.0])
def test_speed_divides_the_duration(subject: Subject, speed: str | float) -> None:
    slowest, fastest = subject.spec.speed
    factor = {"slowest": slowest, "fastest": fastest}.get(str(speed), 2.0)
    ratio = len(subject.say()) / len(subject.say(speed=factor))
    assert ratio == pytest.approx(factor, rel=0.15)


def test_an_unknown_voice_is_refused(subject: Subject) -> None:
    with pytest.raises(EngineError) as caught:
        subject.say(TEXT, "no_such_voice")
    assert (caught.value.code, caught.value.param) == ("unknown_voice", "voice")


def test_voices_are_known_in_any_case(subject: Subject) -> None:
    voice = subject.ready.voices[1]["id"]
    assert subject.say(TEXT, voice.upper()) == subject.say(TEXT, voice)


def test_voices_sound_different(subject: Subject) -> None:
    aliased = sorted(set(subject.spec.aliases.values()))
    assert len({subject.say("Hello.", voice) for voice in aliased}) == len(aliased) >= 10


def test_nothing_to_say_is_no_sound(subject: Subject) -> None:
    assert subject.say("") == b""


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_odd_text_does_no_harm(subject: Subject, text: str) -> None:
    fresh = subject.say("Hello.")
    assert len(subject.say(text)) % 2 == 0
    assert subject.say("Hello.") == fresh


def test_a_very_long_text_is_spoken_to_its_end(subject: Subject) -> None:
    short, long = len(subject.say(TEXT + " ")), len(subject.say((TEXT + " ") * 300))
    assert long == pytest.approx(300 * short, rel=0.1)


def test_a_long_text_needs_little_memory_while_its_listener_is_slow(subject: Subject) -> None:
    before = threading.active_count()
    pieces = subject.speak(TEXT * 300)
    next(pieces)
    assert threading.active_count() <= before + 1
    pieces.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


@pytest.fixture(scope="module")
def espeak() -> Subject:
    spec = read(str(Path(paths.engines_dir(), "espeak.py")), private=False)
    engine = load_engine(spec.name, spec.path)
    return Subject(engine, engine.load(Model("", None, "auto", {}), lambda share, stage: None), spec)


def test_espeak_speaks_all_its_languages(espeak: Subject, capfd: pytest.CaptureFixture[str]) -> None:
    languages = [voice["id"] for voice in espeak.ready.voices if voice["language"] != "mul"]
    assert len(languages) > 120 and {"en-us", "en-gb", "de", "fr-fr", "cmn", "yue", "pt-br"} <= set(languages)
    mute = [voice for voice in languages if len(espeak.say("1 2 3 aba Чӑваш ᎠᎡᎢ", voice)) < 0.3 * 2 * 22050]
    assert mute == []
    assert "Can't read" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("voice", "language", "same"),
    [
        ("default", "en", "en-us"),
        ("default", "", "en-us"),
        ("default", "mul", "en-us"),
        ("default", "zh", "cmn"),
        ("default", "zh-hans-cn", "cmn"),
        ("default", "fr", "fr-fr"),
        ("default", "pt-br", "pt-br"),
        ("default", "no", "nb"),
        ("f3", "de-at", "de+f3"),
        ("de+F3", "en-us", "de+f3"),
        ("de", "en-us", "de"),
    ],
)
def test_an_espeak_voice_is_a_language_a_variant_or_both(
    espeak: Subject, voice: str, language: str, same: str
) -> None:
    assert espeak.say("1 2 3 a", voice, language) == espeak.say("1 2 3 a", same, "mul")


@pytest.mark.parametrize(
    ("voice", "word"), [("en-us", "x"), ("th", "ภาษาไทย"), ("ko", "한국어"), ("de", "donau")]
)
def test_a_word_of_any_length_is_spoken_to_its_end(espeak: Subject, voice: str, word: str) -> None:
    short, long = len(espeak.say(word * 20, voice)), len(espeak.say(word * 200, voice))
    assert long == pytest.approx(10 * short, rel=0.15)


def test_a_variant_changes_the_timbre_and_not_the_words(espeak: Subject) -> None:
    plain, female = espeak.say(TEXT, "en-us"), espeak.say(TEXT, "en-us+f3")
    assert plain != female
    assert len(female) == pytest.approx(len(plain), rel=0.1)


@pytest.mark.parametrize("voice", ["en-us+f33", "en-us+de", "f3+f4", "+f3", "en-us+", "en-uz", "fo"])
def test_an_espeak_voice_that_does_not_exist_is_refused_with_its_neighbours(
    espeak: Subject, voice: str
) -> None:
    with pytest.raises(EngineError, match=r"did you mean|vox voices") as caught:
        espeak.say(TEXT, voice)
    assert caught.value.code == "unknown_voice"


def test_espeak_refuses_a_language_that_it_has_not(espeak: Subject) -> None:
    with pytest.raises(EngineError, match="'xx-yy'") as caught:
        espeak.say(TEXT, "default", "xx-yy")
    assert (caught.value.code, caught.value.param) == ("unsupported_language", "lang")


def test_a_sentence_ends_in_the_pause_that_its_mark_asks_for(espeak: Subject) -> None:
    open_end, comma, stop = (len(espeak.say(f"Hello there{mark}")) for mark in ("", ",", "."))
    assert open_end + 0.1 * 44100 < comma < stop - 0.1 * 44100
