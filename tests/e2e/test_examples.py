"""The examples that no test of their surface runs, as one would run them, against `tone`: what was said is
read back from the sound that they write."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from tests.clients.hearing import said, said_of, sung
from tests.harness import Daemon, Start
from tests.sounds import from_pcm, samples_of

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
TIDES = "It is the moon that moves the sea. Twice a day the water rises, and twice it falls."


@pytest.fixture
def daemon(start: Start) -> Daemon:
    return start(tcp=True, VOX_CACHE="false", VOX_ENGINE="tone")


def run(daemon: Daemon, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    environment = {**os.environ, "VOX_URL": daemon.url}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def output(daemon: Daemon, name: str, file: Path) -> str:
    """What the example prints."""
    done = run(daemon, name, str(file))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_deepgram(daemon: Daemon, tmp_path: Path) -> None:
    printed = output(daemon, "deepgram.py", tmp_path / "out.wav")
    samples, rate = samples_of((tmp_path / "out.wav").read_bytes())
    assert said(samples.tobytes(), rate).rstrip() == sung(TIDES)
    assert printed.splitlines()[-1] == f"{len(samples) / rate:.2f} s of sound"


def test_deepgram_says_why_it_was_refused(start: Start, tmp_path: Path) -> None:
    daemon = start(tcp=True, VOX_CACHE="false", VOX_ENGINE="nonsense")
    done = run(daemon, "deepgram.py", str(tmp_path / "out.wav"))
    assert done.returncode == 1
    assert "unknown engine 'nonsense'" in done.stderr


def test_a_call_through_twilio(daemon: Daemon, tmp_path: Path) -> None:
    printed = output(daemon, "twilio_call.py", tmp_path / "out.wav")
    samples, rate = samples_of((tmp_path / "out.wav").read_bytes())
    heard = said_of(from_pcm(samples.tobytes()), rate)
    beginning, end = sung("Thank you for calling."), sung("Two, then.")
    assert heard.startswith(beginning)
    assert heard.endswith(end)
    broken_off = heard.removeprefix(beginning).removesuffix(end)
    assert sung("We have so much to tell you that it may take until").startswith(broken_off[:50])
    assert 5 < len(broken_off) < 120  # a second: 50
    marks = [line.strip() for line in printed.splitlines() if line.startswith("  ")]
    assert marks == ["part-1", "said-1", "clear", "part-2", "said-2", "part-3", "said-3"]
    assert daemon.http.get("/twilio/calls").json() == {"calls": []}


def test_what_open_webui_asks_for(daemon: Daemon, tmp_path: Path) -> None:
    printed = output(daemon, "open_webui.py", tmp_path / "out.mp3")
    assert "models: espeak, tts-1" in printed
    assert "voices: default (Default)" in printed
    assert printed.count("by tone") == 2
    with av.open(str(tmp_path / "out.mp3")) as file:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
    heard = said_of(sound.astype(np.float64), 24_000, base=200)  # MP3 rounds the edges off
    assert sung("Twice a day the water rises, and twice it falls.")[3:-3] in heard
    assert sung("It is the moon that moves the sea.")[3:-3] in heard


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.py")), ids=lambda path: str(path.name))
def test_every_example_is_run_by_a_test(example: Path) -> None:
    tests = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py")]
    assert any(f'"{example.name}"' in text for text in tests)
