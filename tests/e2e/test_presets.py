"""Presets through every door, on an engine that lets hear which options it was given."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.harness import Daemon, Start, error_of
from vox import config

TELLTALE = """
# /// script
# requires-python = ">=3.10"
# dependencies = []
#
# [tool.vox]
# title = "Says its temperature and its steps"
# license = "Apache-2.0"
# environment = "base"
# sample-rate = 24000
# normalize = "none"
# deterministic = true
# knobs = ["temperature", "s3gen_steps"]
# [tool.vox.voices]
# en-us = ["default"]
# ///
import struct
from vox.workers.engine import Ready

class Telltale:
    def load(self, model, progress):
        return Ready(24000, [{"id": "default", "name": "Default", "language": "en-us"}])

    def speak(self, segment):
        steps = segment.options.get("s3gen_steps", 0)
        yield struct.pack("<hh", round(segment.options.get("temperature", 0) * 1000), steps)

    def cancel(self, segment):
        pass

    def close(self):
        pass

ENGINE = Telltale
"""


@pytest.fixture
def telltale(home: Path, start: Start) -> Daemon:
    (home / "engines").mkdir(parents=True)
    (home / "engines" / "telltale.py").write_text(TELLTALE.lstrip())
    return start()


def told(daemon: Daemon, **fields: object) -> tuple[float, int]:
    answer = daemon.speak("Hello.", model="telltale", response_format="pcm", **fields)
    assert answer.status_code == 200, answer.text
    temperature, steps = struct.unpack("<hh", answer.content)
    return temperature / 1000, steps


def test_the_engine_is_given_the_preset_and_the_options_over_it(telltale: Daemon) -> None:
    assert told(telltale) == (0, 0)
    assert told(telltale, preset="expressive") == (0.55, 7)
    assert told(telltale, preset="Realtime") == (0.45, 4)  # not what the cache has of another one
    assert told(telltale, preset="realtime", options={"temperature": 0.9}) == (0.9, 4)


def test_what_it_has_no_use_for_is_said(telltale: Daemon) -> None:
    answer = telltale.speak("Hello.", model="telltale", preset="balanced", instructions="Whisper.")
    assert answer.headers["x-vox-ignored"] == "exaggeration, cfg_weight, chunk_size, instructions"
    own = telltale.http.post("/synthesize", json={"text": "Hello.", "model": "espeak", "preset": "fast"})
    assert own.headers["x-vox-ignored"] == ", ".join(config.PRESETS["fast"])
    assert "x-vox-ignored" not in telltale.speak("Hello.", preset="balanced").headers


def test_a_preset_of_ones_own_holds_at_once(telltale: Daemon) -> None:
    assert error_of(telltale.speak("Hello.", model="telltale", preset="mine"))["param"] == "preset"
    (telltale.home / "config.toml").write_text("[presets.mine]\ntemperature = 0.3\n")
    assert told(telltale, preset="mine") == (0.3, 0)
    assert telltale.http.get("/health").json()["presets"] == [*config.PRESETS, "mine"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/audio/speech", {"input": "Hello.", "model": "tone"}),
        ("/synthesize", {"text": "Hello.", "model": "tone"}),
        ("/synthesize", {"text": "Hello.", "voice_id": "tone:"}),
        ("/speak", {"text": "Hello.", "model": "tone"}),
        ("/warmup", {"voice_id": "tone:"}),
    ],
)
def test_an_unknown_preset_is_refused_everywhere(daemon: Daemon, path: str, body: dict[str, str]) -> None:
    answer = daemon.http.post(path, json=body | {"preset": "fats"})
    error = error_of(answer)
    assert (answer.status_code, error["param"]) == (400, "preset")
    assert "did you mean fast" in error["message"]


def test_an_unknown_priority_is_refused(daemon: Daemon) -> None:
    error = error_of(daemon.speak("Hello.", priority="high"))
    assert error["param"] == "priority"
