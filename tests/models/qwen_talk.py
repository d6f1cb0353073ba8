"""What the tests of `qwen` and `qwen-native` share: models, recordings, and listeners in a crowd."""

from __future__ import annotations

import math
import os
import struct
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tests.models import qwen as tiny
from vox.workers import engines
from vox.workers.engine import Model, Reference, Segment
from vox.workers.plugins import load_engine

FILE = str(Path(engines.__path__[0], "qwen.py"))
TEXT = "Hello there, this is a test."
FRAME = 1920
"""Samples."""
LONG = 0
"""A seed with which a tiny speaker makes 76 frames of `TEXT`; with 1 it is 37, with 2 13."""

TEXTS = ["Two.", "Number three.", "Four."]
"""Of a crowd."""

Sound = NDArray[np.int16]


def load(directory: str | None, device: str = "cpu", **options: Any) -> Any:
    """`qwen` with a model."""
    engine = load_engine("qwen", FILE)
    engine.load(Model("1.7b-customvoice", directory, device, options), lambda share, stage: None)
    return engine


def clean(engine: Any) -> bool:
    """Whether nothing is left of a speech."""
    model = engine._wrapped.model
    hooks = [hook for hook in model.talker._forward_hooks.values() if not isinstance(hook, Watch)]
    return not hooks and "decode" not in vars(model.speech_tokenizer) and not engine._batches._waiting


class Directories:
    """Tiny models, made when they are asked for."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __call__(self, type: str = "custom_voice", size: str = "1.7b") -> str:
        directory = self._place / f"{type}-{size}"
        if not directory.exists():
            tiny.build(directory, type, size)
        return str(directory)


def recording(place: Path, transcript: str = "What I said.", seconds: float = 3.0) -> Reference:
    path = place / f"{seconds}.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 24000, 0, "NONE", ""))
        tone = (int(8000 * math.sin(at**1.5 / 3000)) for at in range(int(seconds * 24000)))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in tone))
    return Reference("ab" * 32, str(path), transcript, "en")


def samples(reference: Reference) -> NDArray[np.float32]:
    """Of a recording, from -1 to 1."""
    with wave.open(reference.path) as file:
        return np.frombuffer(file.readframes(-1), "<i2").astype(np.float32) / np.float32(32768)


def segment(text: str = TEXT, voice: str = "vivian", seed: int | None = 1, **given: Any) -> Segment:
    options = given.pop("options", {})
    return Segment(text, voice, given.pop("language", "en"), 1.0, seed, options, **given)


def sound(pieces: Iterator[bytes]) -> Sound:
    return np.frombuffer(b"".join(pieces), "<i2")


def say(engine: Any, *given: Any, **named: Any) -> Sound:
    return sound(engine.speak(segment(*given, **named)))


def same(speech: Sound, whole: NDArray[np.float32]) -> bool:
    """But for rounding; the package cuts a recording off a sample early now and then."""
    if abs(len(speech) - len(whole)) > 1:
        return False
    least = min(len(speech), len(whole))
    return bool(np.abs(speech[-least:] / 32767 - whole[-least:]).max() < 0.0005)


def wholes_of(method: Any, *given: Any, **named: Any) -> Any:
    """What the package gives for `TEXTS`."""
    torch.manual_seed(1)
    return method(TEXTS, *given, **named)[0]


@dataclass
class Watch:
    """A forward hook of the talker: sees its steps before the engine does."""

    act: Callable[[int], object] = lambda step: None
    rows: list[int] = field(default_factory=list)
    """In each step."""

    def __call__(self, talker: Any, given: Any, output: Any) -> None:
        self.rows.append(len(output.logits))
        self.act(len(self.rows))

    @property
    def batches(self) -> list[int]:
        """Rows of each generation, if no two in turn are of one size."""
        return [size for at, size in enumerate(self.rows) if at == 0 or self.rows[at - 1] != size]


@contextmanager
def watching(engine: Any) -> Iterator[Watch]:
    watch = Watch()
    hook = engine._wrapped.model.talker.register_forward_hook(watch)
    try:
        yield watch
    finally:
        hook.remove()


class Crowd:
    """Several listeners; the model stays in its first step until all are there."""

    def __init__(self, engine: Any, watch: Watch) -> None:
        self._engine, self._watch = engine, watch
        self._gate = threading.Event()
        self._threads: list[threading.Thread] = []
        self.sounds: dict[str, Sound] = {}
        watch.act = lambda step: self._gate.wait(60)

    def join(self, *wanted: Segment) -> None:
        for each in wanted:
            thread = threading.Thread(target=self._listen, args=(each, self._engine.speak(each)))
            thread.start()
            self._threads.append(thread)
            while not (self._watch.rows and len(self._engine._batches._waiting) == len(self._threads) - 1):
                os.sched_yield()

    def leave_at(self, step: int, rows: int, *leavers: Segment) -> None:
        """Cancel them in that step of the generation of so many rows."""
        waits = self._watch.act

        def act(at: int) -> None:
            waits(at)
            if self._watch.rows.count(rows) == step:
                for leaver in leavers:
                    self._engine.cancel(leaver)

        self._watch.act = act

    def go(self) -> None:
        self._gate.set()
        for thread in self._threads:
            thread.join()

    def heard(self, wholes: list[NDArray[np.float32]]) -> bool:
        """Whether those of `TEXTS` heard these."""
        return all(same(self.sounds[text], whole) for text, whole in zip(TEXTS, wholes, strict=True))

    def _listen(self, wanted: Segment, pieces: Iterator[bytes]) -> None:
        self.sounds[wanted.text] = sound(pieces)
