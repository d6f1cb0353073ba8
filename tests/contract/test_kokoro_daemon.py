"""kokoro as a user has it: installed in its own environment, its model in a directory, behind the daemon."""

from __future__ import annotations

import io
import subprocess
import wave
from pathlib import Path

import pytest

from tests.environments import lend
from tests.harness import Daemon, Start, error_of


@pytest.fixture
def kokoro(kokoro_python: Path, start: Start, home: Path, tmp_path: Path) -> Daemon:
    """A daemon that finds kokoro installed, by a link to the environment that the tests keep."""
    lend("kokoro")
    builder = Path(__file__).parents[1] / "kokoro_graph.py"
    subprocess.run([kokoro_python, builder, tmp_path / "flat", "flat"], check=True)
    (home / "config.toml").write_text(f'[engines.kokoro]\ndirectory = "{tmp_path / "flat"}"\n')
    return start(VOX_CACHE="false")


def seconds(data: bytes) -> float:
    with wave.open(io.BytesIO(data)) as file:
        return float(len(file.readframes(10**9)) / 2 / file.getframerate())


def test_it_speaks_mixes_and_changes_speed(kokoro: Daemon) -> None:
    plain = kokoro.speak("Hello, world.", model="kokoro", voice="af_heart")
    assert plain.status_code == 200, plain.text
    assert plain.headers["x-vox-engine"] == "kokoro/82m"
    mixed = kokoro.speak("Hello, world.", model="kokoro", voice="af_bella(2)+af_sky(1)")
    assert mixed.content != plain.content
    assert seconds(mixed.content) == seconds(plain.content)
    fast = kokoro.speak("Hello, world.", model="kokoro", voice="af_heart", speed=2.0)
    slow = kokoro.speak("Hello, world.", model="kokoro", voice="af_heart", speed=0.25)
    assert seconds(fast.content) < 0.75 * seconds(plain.content)
    assert seconds(slow.content) > 2.5 * seconds(plain.content)
    assert set(kokoro.workers()) == {"kokoro/82m", "codec"}


def test_what_is_wrong_is_said_before_any_sound(kokoro: Daemon) -> None:
    for voice in ("af_hart", "af_bella(2)+af_skye"):
        answer = kokoro.speak("Hello.", model="kokoro", voice=voice)
        assert (answer.status_code, error_of(answer)["param"]) == (400, "voice"), answer.text
    refused = kokoro.speak("Hello.", model="kokoro", lang="ko")
    assert "it speaks en-us" in error_of(refused)["message"]
    missing = kokoro.speak("Hello.", model="kokoro/82m-int9")
    assert (missing.status_code, error_of(missing)["code"]) == (404, "model_not_found")


def test_without_installation_or_weights_it_names_the_command(start: Start, kokoro_python: Path) -> None:
    daemon = start()
    answer = daemon.speak("Hello.", model="kokoro")
    assert answer.status_code == 424
    assert "vox engine install kokoro" in error_of(answer)["message"]
