"""The piper engine, on voices that say phonemes as tones."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import vox.workers
from tests.models.piper import FRAME, FRAMES, SAMPLE_RATE, build
from vox.workers.engine import EngineError, Model, Segment
from vox.workers.plugins import load_engine

PATH = str(Path(vox.workers.__path__[0]) / "engines" / "piper.py")
PAUSE = int(0.2 * SAMPLE_RATE)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("piper")
    build(place / "en")
    build(place / "de", "de_DE-thorsten-medium")
    build(place / "many", "en_GB-vctk-medium", speakers=3)
    return place


@pytest.fixture(scope="module")
def engine(directory: Path) -> Any:
    made = load_engine("piper", PATH)
    made.ready = made.load(Model("lessac", str(directory), "cpu", {}), lambda share, stage: None)
    return made


def segment(text: str = "Hello there.", voice: str = "lessac", speed: float = 1.0, **options: Any) -> Segment:
    return Segment(text, voice, "en-us", speed, None, options)


def ids(sound: bytes, lift: float = 0.0) -> list[int]:
    """What was spoken at speed 1."""
    samples = np.frombuffer(sound, "<i2").astype(float)
    size = FRAME * FRAMES
    frames = [samples[at : at + size] for at in range(0, len(samples) - PAUSE, size)]
    return [round((_hertz(frame) - 150 - lift) / 10) for frame in frames]


def _hertz(frame: NDArray[np.floating]) -> float:
    spectrum = np.abs(np.fft.rfft(frame * np.hanning(len(frame)), 1 << 16))
    return float(spectrum.argmax() * SAMPLE_RATE / (1 << 16))


def said(engine: Any, wanted: Segment) -> bytes:
    return b"".join(engine.speak(wanted))


def test_it_lists_the_voices_of_its_directory(engine: Any) -> None:
    assert engine.ready.sample_rate == SAMPLE_RATE
    found = {voice["id"]: voice["language"] for voice in engine.ready.voices}
    assert found == {
        "lessac": "en-us",
        "thorsten": "de",
        "vctk": "en-gb",
        "vctk-p0": "en-gb",
        "vctk-p1": "en-gb",
        "vctk-p2": "en-gb",
    }


def test_every_phoneme_is_spoken_in_order_as_the_package_itself_does(engine: Any) -> None:
    from piper import PiperVoice

    (graph,) = (voice.graph for name, voice in engine._voices.items() if name == "lessac")
    own = PiperVoice.load(graph)
    for text in ("Hello there.", "One sentence. And then another, longer one!"):
        pieces = list(engine.speak(segment(text)))
        expected = [own.phonemes_to_ids(sentence) for sentence in own.phonemize(text)]
        assert [ids(piece) for piece in pieces] == expected


def test_the_sound_is_the_packages_own_and_a_pause(engine: Any) -> None:
    from piper import PiperVoice, SynthesisConfig

    own = PiperVoice.load(engine._voices["lessac"].graph)
    (chunk,) = own.synthesize("Hello there.", SynthesisConfig(normalize_audio=False))
    (piece,) = engine.speak(segment())
    sound = np.frombuffer(piece, "<i2").astype(int)
    assert np.abs(sound[:-PAUSE] - chunk.audio_int16_array.astype(int)).max() <= 1
    assert not sound[-PAUSE:].any()


def test_speed_changes_the_length(engine: Any) -> None:
    sizes = [len(said(engine, segment(speed=speed))) for speed in (0.5, 1.0, 2.0)]
    assert sizes[0] == 2 * sizes[1] == pytest.approx(4 * sizes[2], abs=8)


def test_speakers_of_one_voice_differ(engine: Any) -> None:
    plain = ids(said(engine, segment(voice="vctk-p0")))
    assert ids(said(engine, segment(voice="VCTK-P2")), lift=1000.0) == plain
    assert ids(said(engine, segment(voice="vctk"))) == plain


def test_two_callers_in_turn_never_hear_each_other(engine: Any) -> None:
    wanted = [
        segment("First of all."),
        segment("Etwas ganz anderes.", "thorsten"),
        segment("Third.", "vctk-p1"),
    ]
    alone = [said(engine, each) for each in wanted]
    assert [said(engine, wanted[n]) for n in (2, 0, 1, 0, 2)] == [alone[n] for n in (2, 0, 1, 0, 2)]


def test_an_abandoned_segment_leaves_nothing_behind(engine: Any) -> None:
    before = said(engine, segment())
    pieces = engine.speak(segment("One. Two. Three."))
    next(pieces)
    pieces.close()
    assert said(engine, segment()) == before


def test_a_cancel_ends_a_run_in_the_middle(engine: Any) -> None:
    wanted = segment("One. Two. Three. Four. Five.")
    session = engine._opened(engine._voices["lessac"]).session
    run, begun, go = session.run, threading.Event(), threading.Event()

    def watched(*arguments: Any) -> Any:
        begun.set()
        go.wait(10)
        return run(*arguments)

    session.run = watched
    taken: list[bytes] = []
    thread = threading.Thread(target=taken.extend, args=(engine.speak(wanted),))
    thread.start()
    assert begun.wait(10)
    engine.cancel(wanted)
    go.set()
    thread.join()
    del session.run
    assert taken == []
    assert said(engine, segment())


def test_a_cancel_before_the_first_run_says_nothing(engine: Any) -> None:
    pieces = engine.speak(segment())
    engine.cancel()
    assert list(pieces) == []


@pytest.mark.parametrize("text", ["", " ", "…", "?!", "\u200b", "\ud800", "😀"])
def test_nothing_to_say_is_no_sound(engine: Any, text: str) -> None:
    assert said(engine, segment(text)) == b""


def test_a_long_text_comes_sentence_by_sentence(engine: Any) -> None:
    pieces = engine.speak(segment("This is a sentence. " * 30))
    first = list(itertools.islice(pieces, 2))
    assert len(first) == 2 and first[0] == first[1]
    assert len(list(pieces)) == 28


@pytest.mark.parametrize(
    ("wanted", "code", "words"),
    [
        (segment(voice="lessak"), "unknown_voice", "did you mean lessac"),
        (segment(noise=1), "invalid_value", "it has noise_scale, noise_w_scale"),
        (segment(noise_scale=9), "invalid_value", "noise_scale"),
    ],
)
def test_what_it_cant_do_it_says(engine: Any, wanted: Segment, code: str, words: str) -> None:
    with pytest.raises(EngineError) as caught:
        said(engine, wanted)
    assert caught.value.code == code and words in str(caught.value)


def broken_directories(place: Path) -> Iterator[tuple[str, Path]]:
    empty = place / "empty"
    empty.mkdir()
    yield "no voice", empty
    lonely = place / "lonely"
    lonely.mkdir()
    (lonely / "x.onnx").write_bytes(b"")
    yield "x.onnx.json", lonely
    damaged = place / "damaged"
    build(damaged)
    (damaged / "en_US-lessac-medium.onnx").write_bytes(b"nothing")
    yield "en_US-lessac-medium.onnx", damaged


def test_files_that_are_missing_or_broken_are_named(tmp_path: Path) -> None:
    for words, place in broken_directories(tmp_path):
        with pytest.raises(EngineError) as caught:
            load_engine("piper", PATH).load(Model("lessac", str(place), "cpu", {}), lambda share, stage: None)
        assert caught.value.code == "model_broken" and words in str(caught.value)


def test_a_device_that_is_not_there_is_refused(directory: Path) -> None:
    with pytest.raises(EngineError, match=r"engines\.piper\.device") as caught:
        load_engine("piper", PATH).load(
            Model("lessac", str(directory), "cuda", {}), lambda share, stage: None
        )
    assert caught.value.code == "not_installed"
