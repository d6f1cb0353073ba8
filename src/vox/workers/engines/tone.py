# /// script
# requires-python = ">=3.10"
# dependencies = []
#
# [tool.vox]
# title = "Tone (a test engine)"
# license = "Apache-2.0"
# environment = "base"
# normalize = "none"
# sample-rate = 24000
# language-aliases = { en = "en-us" }
# speed = [0.25, 4.0]
# knobs = ["*"]
# streams-audio = true
# deterministic = true
# clones = true
# hidden = true
# keep-alive = "5m"
# voice = "default"
# [tool.vox.voices]
# en-us = ["default", "tone-200", "tone-300", "tone-400", "tone-440", "tone-500", "tone-600", "tone-700",
#   "tone-800", "tone-900", "tone-1000", "tone-1100", "tone-1200", "tone-1300"]
# [tool.vox.aliases]
# alloy = "tone-200"
# ash = "tone-300"
# ballad = "tone-400"
# coral = "tone-500"
# echo = "tone-600"
# fable = "tone-700"
# onyx = "tone-800"
# nova = "tone-900"
# sage = "tone-1000"
# shimmer = "tone-1100"
# verse = "tone-1200"
# marin = "tone-1300"
# cedar = "tone-440"
# [tool.vox.models.default]
# title = "sine"
# ///
"""Tones instead of speech, the same ones for the same request, and any fault that is asked for.

Each character is a sine of 20 ms (at speed 1.0) with an amplitude of 0.3, `50 * (code point mod 64)` Hz above
the voice's base: that is the number in a voice's name, "default" stands for "tone-400", and any "tone-N" from
100 to 6000 is a voice; that of a recording is its own pitch. The phase runs on, so a spectrum shows who spoke
and the length how much.

Faults are options of the model (at load) or of a segment; numbers may come as text:

    load_seconds  load takes as long, reporting progress        load_hang     load never ends nor reports
    load_fail     load fails with this message                  exit_at_load  the process exits with this code
    fork          load starts a grandchild that outlives it     leak_mb       memory kept for each segment
    step_seconds  every 20 ms take as long to make              pace          1: in real time, 2: twice that
    crash_at      SIGKILL to itself after so many bytes         fail_at       an error after so many bytes
    hang_at       no more after so many bytes                   ignore_cancel 1: waits don't end by a cancel
"""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
import wave
from array import array
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

from vox.wire.messages import VoiceInfo
from vox.workers.engine import EngineError, Model, Progress, Prompt, Ready, Reference, Segment
from vox.workers.names import unknown_voice

SAMPLE_RATE = 24000
CHARACTER = 480
"""Samples of a character at speed 1.0: 20 ms."""
_STEP = 2 * CHARACTER
"""Bytes that are yielded at a time."""
_VOICES = [200, 300, 400, 440, *range(500, 1400, 100)]
_SINE = [round(0.3 * 32767 * math.sin(2 * math.pi * k / SAMPLE_RATE)) for k in range(SAMPLE_RATE)]


class Tone:
    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._leaked: list[bytes] = []

    def load(self, model: Model, progress: Progress) -> Ready:
        self._options = options = model.options
        if "exit_at_load" in options:
            os._exit(int(options["exit_at_load"]))
        if "load_fail" in options:
            raise EngineError(str(options["load_fail"]), code="model_broken")
        if _number(options, "fork"):
            self._grandchild = subprocess.Popen(["sleep", "1000"])
        if _number(options, "load_hang"):
            self._cancelled.wait()
        self._load_slowly(_number(options, "load_seconds"), progress)
        names = ["default", *(f"tone-{base}" for base in _VOICES)]
        voices: list[VoiceInfo] = [{"id": name, "name": name.title(), "language": "en-us"} for name in names]
        return Ready(SAMPLE_RATE, voices)

    def enroll(self, reference: Reference) -> Prompt:
        """Two crossings of zero are a cycle."""
        import numpy as np

        with wave.open(reference.path) as file:
            samples, rate = array("h", file.readframes(file.getnframes())), file.getframerate()
        crossings = sum((before < 0) != (after < 0) for before, after in pairwise(samples))
        return {"base": np.array(round(crossings * rate / 2 / len(samples)))}

    def speak(self, segment: Segment) -> Iterator[bytes]:
        options = {**self._options, **segment.options}
        base = int(segment.prompt["base"]) if segment.prompt else _base(segment.voice)
        self._leaked.append(b"\1" * int(_number(options, "leak_mb") * 2**20))
        self._cancelled = threading.Event()
        steps = _steps(_tones(segment.text, base, segment.speed))
        return _faulty(steps, options, self._cancelled)

    def cancel(self, segment: Segment | None = None) -> None:
        self._cancelled.set()

    def close(self) -> None:
        self._leaked.clear()

    def _load_slowly(self, seconds: float, progress: Progress) -> None:
        start = time.monotonic()
        while (passed := time.monotonic() - start) < seconds and not self._cancelled.wait(0.05):
            progress(passed / seconds, "tuning")


def _number(options: dict[str, Any], name: str, default: float = 0) -> float:
    try:
        return float(options.get(name, default))
    except (TypeError, ValueError):
        message = f"option {name!r} of tone is a number, not {options[name]!r}"
        raise EngineError(message, code="invalid_value", param=name) from None


def _base(voice: str) -> int:
    """Hz. Raises `EngineError`."""
    if voice.lower() == "default":
        return 400
    found = re.fullmatch(r"tone-(\d{3,4})", voice.lower())
    if not found or not 100 <= int(found[1]) <= 6000:
        raise unknown_voice(voice, [f"tone-{base}" for base in _VOICES])
    return int(found[1])


def frequency(character: str, base: int) -> int:
    """Hz of a character in the voice of that base."""
    return base + 50 * (ord(character) % 64)


def _tones(text: str, base: int, speed: float) -> Iterator[bytes]:
    """The PCM of each character."""
    phase = at = 0  # phase in 1/24000 of a cycle: exact for any whole number of Hz
    for number, character in enumerate(text, 1):
        end = round(number * CHARACTER / speed)
        hertz = frequency(character, base)
        yield _tone(hertz, phase, end - at)
        phase = (phase + hertz * (end - at)) % SAMPLE_RATE
        at = end


@lru_cache(maxsize=4096)
def _tone(hertz: int, phase: int, samples: int) -> bytes:
    """s16le; the cache makes it some thousand times faster than real time."""
    sines = array("h", [_SINE[(phase + hertz * k) % SAMPLE_RATE] for k in range(samples)])
    if sys.byteorder == "big":
        sines.byteswap()
    return sines.tobytes()


def _steps(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in steps of 20 ms; the last may be shorter."""
    held = b""
    for piece in pieces:
        held += piece
        whole = len(held) - len(held) % _STEP
        for at in range(0, whole, _STEP):
            yield held[at : at + _STEP]
        held = held[whole:]
    if held:
        yield held


def _faulty(steps: Iterator[bytes], options: dict[str, Any], cancelled: threading.Event) -> Iterator[bytes]:
    """`steps` at the pace and with the faults that are asked for."""
    wait = time.sleep if _number(options, "ignore_cancel") else cancelled.wait
    slow, pace = _number(options, "step_seconds"), _number(options, "pace")
    faults = {
        name: int(_number(options, name)) for name in ("crash_at", "fail_at", "hang_at") if name in options
    }
    fault, end = min(faults.items(), key=lambda item: item[1], default=("", sys.maxsize))
    start, sent = time.monotonic(), 0
    for step in steps:
        piece = step[: end - sent]
        if slow:
            wait(slow)
        if pace:
            wait(max(0.0, start + sent / (2 * SAMPLE_RATE * pace) - time.monotonic()))
        if cancelled.is_set():
            return
        if piece:
            yield piece
            sent += len(piece)
        if sent >= end:
            _fail(fault, end, wait)
            return


def _fail(fault: str, at: int, wait: Callable[[float], object]) -> None:
    if fault == "crash_at":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "fail_at":
        raise EngineError(f"tone failed after {at} bytes, as it was asked to")
    while not wait(3600):  # time.sleep answers None, a cancelled event True
        pass


ENGINE = Tone
