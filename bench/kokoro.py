"""The first sound of a conversation on kokoro, beside the engine alone.

    python -m bench.kokoro [ROUNDS]

Kokoro's own environment and code, on a graph of its shape that says tokens as tones, so that little of the
time is the network's. In turn: a worker that is asked for the first clause over a bare socket; and a Deepgram
line, timed from the delta of text that makes that clause certain.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.conversation import PCM, WORDS, Line, first_sound
from bench.daemon import Daemon, daemon
from bench.first_byte import SPEAK, spawn_worker
from bench.report import Row, at_most, beside, median, percentile, table
from tests import environments
from vox.gateway.text.segment import split
from vox.wire.frames import Decoder, Kind, pack_json

_GRAPH = Path(environments.__file__).with_name("kokoro_graph.py")


class Alone:
    """The engine's worker, and nobody between."""

    def __init__(self, python: Path, directory: str) -> None:
        self._sock, self._lifeline = spawn_worker("kokoro", str(python), model="82m", directory=directory)
        self._stream = 1

    def first(self, text: str) -> float:
        """Milliseconds until the first sound of it."""
        self._stream += 1
        request: dict[str, Any] = SPEAK | {"text": text, "voice": "af_heart", "language": "en-us"}
        decoder, first = Decoder(), 0.0
        begin = time.perf_counter()
        self._sock.sendall(pack_json(Kind.OPEN, self._stream, request))
        while True:
            for frame in decoder.feed(self._sock.recv(262_144)):
                if frame.kind is Kind.DATA:
                    first = first or (time.perf_counter() - begin) * 1000
                elif frame.kind is Kind.DONE:
                    return first


def measure(rounds: int = 300) -> list[Row]:
    python = environments.python("kokoro")
    with tempfile.TemporaryDirectory() as directory, daemon(VOX_CACHE="false") as gateway:
        subprocess.run([python, _GRAPH, directory, "flat"], check=True)
        _install(gateway, python, directory)
        alone, clause = Alone(python, directory), split("".join(WORDS))[0]
        line = Line(gateway, PCM.replace("model=tone", "model=kokoro:af_heart"))
        both = [(first_sound(line), alone.first(clause)) for _ in range(rounds + 20)][20:]
    ours, own = [first for first, _ in both], [first for _, first in both]
    spread = "; ".join(f"{median(each):.3g}, {percentile(each, 0.99):.3g} ms" for each in (own, ours))
    return [
        beside("first sound p50, p99: kokoro alone; by a conversation", spread),
        at_most("added to kokoro's own, p50", median(ours) - median(own), 3, "ms"),
        at_most("p99 over kokoro's own p99", percentile(ours, 0.99) - percentile(own, 0.99), 10, "ms"),
    ]


def _install(gateway: Daemon, python: Path, directory: str) -> None:
    place = gateway.home / "data" / "envs" / "kokoro"
    place.parent.mkdir(parents=True, exist_ok=True)
    os.symlink(python.parent.parent, place)
    (gateway.home / "config.toml").write_text(f'[engines.kokoro]\ndirectory = "{directory}"\n')


if __name__ == "__main__":
    print(table(measure(*map(int, sys.argv[1:]))))
