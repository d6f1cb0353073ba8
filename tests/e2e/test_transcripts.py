"""What a transcriber hears becomes a transcript, or is said anew. This one hears how long a sound is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness import Daemon, Start, error_of
from tests.sounds import pitch, samples_of, tones

SCRIBE = """# /// script
# dependencies = []
# [tool.vox]
# title = "A scribe"
# license = "MIT"
# role = "transcript"
# environment = "base"
# sample-rate = 0
# ///
import wave

from vox.workers.engine import Ready, Transcript, nothing


class Scribe:
    def load(self, model, progress):
        return Ready(0, [])

    def transcribe(self, path, language):
        with wave.open(path) as file:
            seconds = round(file.getnframes() / file.getframerate())
        return Transcript("ŀ" * seconds if seconds < 20 else " ", language or "en")

    cancel = close = nothing


ENGINE = Scribe
"""


@pytest.fixture
def daemon(home: Path, start: Start) -> Daemon:
    (home / "engines").mkdir(parents=True)
    (home / "engines" / "scribe.py").write_text(SCRIBE)
    return start(VOX_CACHE="false")


def add(daemon: Daemon, **fields: str) -> dict[str, object]:
    form = {"name": "anna"} | fields
    answer = daemon.http.post("/v1/audio/voices", data=form, files={"audio_sample": tones((440, 3))})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_voice_without_a_transcript_gets_the_one_that_is_heard(daemon: Daemon) -> None:
    made = add(daemon)
    assert (made["ref_text"], made["language"]) == ("ŀŀŀ", "en")
    assert list((daemon.home / "cache" / "references").iterdir()) == []  # the voice's own is the only copy


def test_a_transcript_that_is_given_is_kept(daemon: Daemon) -> None:
    made = add(daemon, ref_text="so it was", language="fr")
    assert (made["ref_text"], made["language"]) == ("so it was", "fr")
    assert "scribe" not in daemon.workers()


def test_a_recording_is_said_anew_in_another_voice(daemon: Daemon) -> None:
    add(daemon, ref_text="x")
    form = {"voice": "anna", "model": "tone", "response_format": "wav"}
    sound = tones((0, 1), (900, 8), (0, 1))  # all ten seconds are heard: nothing is cut
    answer = daemon.http.post("/v1/audio/voice-conversion", data=form, files={"audio": sound})
    assert answer.status_code == 200, answer.text
    samples, rate = samples_of(answer.content)
    assert len(samples) / rate == pytest.approx(10 * 0.02)
    assert round(pitch(answer.content), -1) == 440


def test_a_recording_without_words_is_refused(daemon: Daemon) -> None:
    form = {"voice": "tone-600", "model": "tone"}
    answer = daemon.http.post("/v1/audio/voice-conversion", data=form, files={"audio": tones((900, 25))})
    assert (answer.status_code, error_of(answer)["param"]) == (400, "audio_sample")


def test_a_transcriber_does_not_speak_and_is_no_model_of_speech(daemon: Daemon) -> None:
    refused = daemon.speak("Hello.", model="scribe")
    assert (refused.status_code, error_of(refused)["param"]) == (400, "model")
    assert "does not speak" in error_of(refused)["message"]
    models = {model["id"] for model in daemon.http.get("/v1/models").json()["data"]}
    assert "espeak" in models and "scribe" not in models
