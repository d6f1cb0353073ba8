"""The example of an agent, as one would run it."""

from __future__ import annotations

import os
import subprocess
import sys
import wave
from pathlib import Path

from tests.clients.engine import frees_itself
from tests.clients.hearing import said, sung
from tests.harness import Daemon

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_an_agent_that_is_interrupted(real_time: None, served: Daemon, tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "pipecat_agent.py"), str(tmp_path / "out.wav")]
    environment = {**os.environ, "VOX_URL": served.url, "LOGURU_LEVEL": "WARNING"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    assert "the user breaks in" in done.stdout
    with wave.open(str(tmp_path / "out.wav")) as file:
        heard = said(file.readframes(file.getnframes()))
    answer = sung("The moon is a story of its own.")
    assert heard.rstrip().endswith(answer)
    broken_off = heard.rstrip().removesuffix(answer)
    assert 5 < len(broken_off) < 70  # half a second: 25
    whole = sung("It is the moon that moves the sea. Twice a day the water rises, and twice it falls.")
    assert whole.startswith(broken_off[:-1])  # the last may be cut
    assert frees_itself(served)
