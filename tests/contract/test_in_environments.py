"""Engines that are light enough to be tried on every run, each in its own environment and behind the daemon.
The heavy ones: `make test-engines`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.environments import inside, lend, run_tests_of
from tests.harness import Daemon, Start, error_of
from tests.mini_engine import admin
from tests.sounds import pitch, samples_of

TEXT = "ŀ" * 40
"""On the tone engine: one tone, that of the voice."""


@pytest.mark.parametrize("engine", ["openai", "piper"])
def test_an_engine_holds_in_its_own_environment(engine: str) -> None:
    done = run_tests_of(engine)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def piper(home: Path, tmp_path: Path) -> Path:
    """A home with piper in it, and voices that say phonemes as tones."""
    lend("piper")
    builder = (
        "import sys; from pathlib import Path; from tests.models.piper import build; build(Path(sys.argv[1]))"
    )
    done = inside("piper", "-c", builder, str(tmp_path / "voices"))
    assert done.returncode == 0, done.stderr
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(f'[engines.piper]\ndirectory = "{tmp_path / "voices"}"\n')
    return home


def test_piper_keeps_the_contract(piper: Path) -> None:
    checked: subprocess.CompletedProcess[str] = admin("engine", "check", "piper")
    assert "failed" not in checked.stdout
    assert checked.stdout.count("ok ") >= 12, checked.stdout


def test_piper_speaks_behind_the_daemon(piper: Path, start: Start) -> None:
    daemon = start(VOX_CACHE="false")
    short, long = (daemon.speak(text, model="piper") for text in ("One.", "One, two, three, four."))
    assert short.status_code == long.status_code == 200
    assert samples_of(short.content)[1] == 22_050
    assert len(long.content) > len(short.content)
    quick = daemon.speak("One, two, three, four.", model="piper", speed=4)
    assert len(quick.content) < len(long.content) / 3
    refused = daemon.speak("One.", model="piper", options={"noise": 1})
    assert (refused.status_code, error_of(refused)["param"]) == (400, "noise")


def test_voices_of_any_name_in_a_directory_of_ones_own(piper: Path, start: Start, tmp_path: Path) -> None:
    for file in (tmp_path / "voices").iterdir():
        file.rename(file.with_name(file.name.replace("en_US-lessac-medium", "en_US-mine-medium")))
    daemon = start(VOX_CACHE="false")
    assert daemon.speak("One.", model="piper", voice="mine").status_code == 200
    assert daemon.speak("One.", model="piper").status_code == 200
    refused = daemon.speak("One.", model="piper", voice="lessac")
    assert error_of(refused)["code"] == "unknown_voice"
    listed = daemon.http.get("/v1/audio/voices", params={"model": "piper"}).json()["voices"]
    assert [voice["id"] for voice in listed] == ["mine"]


def test_figures_are_written_out_before_piper(piper: Path, start: Start) -> None:
    daemon = start(VOX_CACHE="false")

    def spoken(text: str, **fields: object) -> bytes:
        answer = daemon.speak(text, model="piper", **fields)
        assert answer.status_code == 200, answer.text
        return answer.content

    assert spoken("It costs **$5**.") == spoken("It costs five dollars.")
    assert spoken("It costs $5.", normalize=False) != spoken("It costs five dollars.")
    assert spoken("It costs $5.", normalize={"money": False}) != spoken("It costs five dollars.")


@pytest.fixture
def front(start: Start, home: Path) -> Daemon:
    """A vox whose openai engine speaks through a vox, itself, and there the tone engine."""
    lend("openai")
    other = start(tcp=True, VOX_CACHE="false")
    settings = f'[engines.openai]\noption.url = "{other.url}/v1"\noption.model = "tone"\n'
    (home / "config.toml").write_text(settings)
    return other


def test_vox_speaks_through_a_vox(front: Daemon) -> None:
    answer = front.speak(TEXT, model="openai", voice="tone-600")
    assert answer.status_code == 200, answer.text
    assert round(pitch(answer.content), -1) == 600
    assert answer.content == front.speak(TEXT, model="tone", voice="tone-600").content
    refused = front.speak(TEXT, model="openai", voice="nobody")
    assert (refused.status_code, error_of(refused)["code"]) == (400, "unknown_voice")


def test_the_voices_behind_are_listed(front: Daemon) -> None:
    listed = front.http.get("/v1/audio/voices", params={"model": "openai"}).json()["voices"]
    assert {"tone-600", "alloy"} <= {voice["id"] for voice in listed}


def test_callers_do_not_wait_for_each_other(front: Daemon) -> None:
    slowly = {"options": {"step_seconds": 0.05}}
    with front.stream(TEXT * 20, model="openai", options=slowly) as slow:
        pieces = slow.iter_bytes()
        next(pieces)
        quick = front.speak("Hello.", model="openai", voice="en-us", options={"model": "espeak"})
        assert quick.status_code == 200, quick.text
        assert front.workers()["openai"]["running"] == 1


def test_openai_keeps_the_contract(front: Daemon) -> None:
    checked = admin("engine", "check", "openai")
    assert "failed" not in checked.stdout, checked.stdout
