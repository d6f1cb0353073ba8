"""Engines that break the rules: each costs its own caller an error, and nobody anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness import Daemon, Start, error_of

HEADER = """\
# /// script
# requires-python = ">=3.10"
# dependencies = []
# [tool.vox]
# title = "Bad"
# license = "none"
# environment = "base"
# sample-rate = 24000
# voice = "a"
# [tool.vox.voices]
# en-us = ["a"]
# ///
"""
ENGINE = """
import os, sys
from vox.workers.engine import EngineError, Ready, nothing

class Bad:
    def load(self, model, progress):
        {load}
        return Ready(24000, [{{"id": "a", "name": "a", "language": "en-us"}}])

    def speak(self, segment):
        if segment.text.startswith("bad"):
            {speak}
        yield bytes(960)

    cancel = close = nothing

ENGINE = Bad
"""
FAST = {"VOX_CACHE": "false", "VOX_LOAD_STALL": "2", "VOX_SPEAK_STALL": "2", "VOX_QUEUE_TIMEOUT": "5"}


def engine(home: Path, load: str = "pass", speak: str = "pass") -> None:
    directory = home / "engines"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "bad.py").write_text(HEADER + ENGINE.format(load=load, speak=speak))


@pytest.mark.parametrize(
    ("speak", "words"),
    [
        ("sys.exit(2)", "SystemExit"),
        ("raise RuntimeError('x' * 2_000_000)", "can't be sent"),
        ("raise RuntimeError(chr(0xdcff))", "RuntimeError"),
        ("raise EngineError('no', code=None)", "died"),
        ("yield 3", "TypeError"),
        ("os.kill(os.getpid(), 9)", "died"),
    ],
)
def test_whatever_speak_does_the_next_caller_is_served(
    start: Start, home: Path, speak: str, words: str
) -> None:
    engine(home, speak=speak)
    daemon = start(**FAST)
    answer = daemon.speak("bad one", model="bad", response_format="pcm")
    assert answer.status_code == 500
    assert words in error_of(answer)["message"]
    assert daemon.speak("good one", model="bad", response_format="pcm").content == bytes(960)


@pytest.mark.parametrize(
    "load",
    [
        "return Ready(object(), [])",
        "return Ready(-7, [])",
        "return Ready(24000, 3)",
        "sys.exit('no licence')",
    ],
)
def test_a_load_that_makes_no_sense_is_told_at_once(start: Start, home: Path, load: str) -> None:
    engine(home, load=load)
    daemon = start(**FAST)
    answer = daemon.speak("good one", model="bad")
    assert answer.status_code == 500
    assert "no progress" not in error_of(answer)["message"]


def test_a_worker_that_dies_as_its_load_ends_is_started_again(start: Start, home: Path) -> None:
    engine(home)
    source = home / "engines" / "bad.py"
    # The first process answers its load and is gone in the same breath.
    dies = "\nimport vox.workers.host as host\n_send = host.Host.send_json\n"
    dies += "def send(self, kind, stream, value):\n    _send(self, kind, stream, value)\n"
    dies += f"    if stream == 1 and not os.path.exists({str(home / 'died')!r}):\n"
    dies += f"        open({str(home / 'died')!r}, 'x').close(); os._exit(3)\nhost.Host.send_json = send\n"
    source.write_text(source.read_text() + dies)
    daemon = start(**FAST)
    assert daemon.speak("good one", model="bad").status_code in (200, 500)
    assert _eventually_served(daemon)


def _eventually_served(daemon: Daemon) -> bool:
    for _ in range(200):
        answer = daemon.speak("good one", model="bad")
        if answer.status_code == 200:
            return True
        assert answer.status_code == 503, answer.text  # it cools down
    return False
