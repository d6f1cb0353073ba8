# /// script
# requires-python = ">=3.10"
# dependencies = []
#
# [tool.vox]
# title = "Tones in real time (for benchmarks)"
# license = "Apache-2.0"
# environment = "base"
# normalize = "none"
# sample-rate = 24000
# streams-audio = true
# deterministic = true
# knobs = ["*"]
# slots = 256
# hidden = true
# [tool.vox.models.default]
# title = "sine"
# ///
"""As many voices at once as are wanted, each no faster than it is heard: 20 ms of a sine every 20 ms. The
voice is its pitch in Hz; a segment is as long as its text, 20 ms a character."""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Iterator

from vox.workers.engine import Model, Progress, Ready, Segment, nothing

RATE, STEP = 24_000, 480
_SINE = [round(0.3 * 32767 * math.sin(2 * math.pi * k / RATE)) for k in range(RATE)]


class Paced:
    cancel = close = nothing

    def load(self, model: Model, progress: Progress) -> Ready:
        self._steps: dict[tuple[int, int], bytes] = {}
        return Ready(RATE, [{"id": "440", "name": "440 Hz", "language": "en-us"}])

    def speak(self, segment: Segment) -> Iterator[bytes]:
        hertz, pace = int(segment.voice), float(segment.options.get("pace", 1))
        begin = time.monotonic()
        for step in range(len(segment.text)):
            yield self._step(hertz, step * hertz * STEP % RATE)
            wait = begin + (step + 1) * STEP / RATE / pace - time.monotonic()
            if wait > 0:
                time.sleep(wait)

    def _step(self, hertz: int, phase: int) -> bytes:
        known = self._steps.get((hertz, phase))
        if known is None:
            known = array("h", [_SINE[(phase + hertz * k) % RATE] for k in range(STEP)]).tobytes()
            self._steps[hertz, phase] = known
        return known


ENGINE = Paced
