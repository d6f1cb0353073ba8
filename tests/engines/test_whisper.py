"""The whisper engine with random weights: what it hears is nonsense, how it is asked is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import vox.workers
from tests.models.whisper import build
from tests.sounds import tones
from vox.workers.engine import EngineError, Model
from vox.workers.plugins import load_engine, load_service
from vox.workers.service import Listener

PATH = str(Path(vox.workers.__path__[0]) / "engines" / "whisper.py")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("whisper")
    build(place)
    return place


@pytest.fixture(scope="module")
def engine(directory: Path) -> Any:
    made = load_engine("whisper", PATH)
    made.ready = made.load(Model("tiny", str(directory), "cpu", {}), lambda share, stage: None)
    return made


@pytest.fixture
def recording(tmp_path: Path) -> str:
    path = tmp_path / "recording.wav"
    path.write_bytes(tones((300, 1), (0, 0.2), (400, 1)))
    return str(path)


def test_it_is_a_transcriber(engine: Any) -> None:
    assert engine.ready == (0, [])
    assert isinstance(load_service("whisper", PATH), Listener)


def test_the_language_is_the_one_given_else_found_out(engine: Any, recording: str) -> None:
    assert engine.transcribe(recording, "de-at").language == "de-at"
    found = engine.transcribe(recording, "").language
    assert 2 <= len(found) <= 3


def test_it_writes_down_what_the_package_hears(
    engine: Any, recording: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    transcribe = engine._model.transcribe

    def listened(sound: Any, **options: Any) -> Any:
        asked.update(options, seconds=len(sound) / 16_000)
        # A tone is no speech, so that the detector of speech would leave nothing of it.
        return transcribe(sound, **(options | {"vad_filter": False, "temperature": 0.0, "max_new_tokens": 8}))

    monkeypatch.setattr(engine._model, "transcribe", listened)
    heard = engine.transcribe(recording, "en")
    assert asked["seconds"] == pytest.approx(2.2, abs=0.01)
    assert (asked["language"], asked["vad_filter"]) == ("en", True)
    parts, _ = transcribe(
        *(_sound(recording),), language="en", temperature=0.0, max_new_tokens=8,
        condition_on_previous_text=False,
    )  # fmt: skip
    assert heard.text == " ".join(part.text.strip() for part in parts).strip()


def _sound(path: str) -> Any:
    from faster_whisper.audio import decode_audio

    return decode_audio(path, sampling_rate=16_000)


def test_a_sound_without_speech_has_no_words(engine: Any, tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    path.write_bytes(tones((0, 2)))
    assert engine.transcribe(str(path), "en").text == ""


def test_a_language_that_it_does_not_know_is_refused(engine: Any, recording: str) -> None:
    with pytest.raises(EngineError) as caught:
        engine.transcribe(recording, "tlh")
    assert caught.value.code == "unsupported_language"


def test_files_that_are_missing_are_named(tmp_path: Path, directory: Path) -> None:
    for missing in ("tokenizer.json", "model.bin"):
        place = tmp_path / missing
        place.mkdir()
        for file in directory.iterdir():
            if file.name != missing:
                (place / file.name).write_bytes(file.read_bytes())
        with pytest.raises(EngineError, match=missing.partition(".")[0]) as caught:
            load_engine("whisper", PATH).load(Model("tiny", str(place), "cpu", {}), lambda *_: None)
        assert caught.value.code == "model_broken"
