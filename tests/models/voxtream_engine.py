"""The voxtream engine with a tiny model, and a look at what goes on in the package while it speaks."""

from __future__ import annotations

import os
import wave
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.models import voxtream as models
from vox.workers import engines
from vox.workers.engine import Model, Prompt, Reference, Segment
from vox.workers.pcm import s16le
from vox.workers.plugins import load_engine

PATH = str(Path(engines.__path__[0], "voxtream.py"))
TEXT = "In general, some method is then needed to evaluate each approximation."


def reference(path: Path) -> Reference:
    return Reference(f"{path.stem:0>64}", str(path), "", "")


def waveform(path: str) -> tuple[Any, int]:
    """float32[1, samples] and Hz: in the place of torchaudio's own, which needs a package that decodes."""
    with wave.open(path) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
        return torch.from_numpy(samples)[None], file.getframerate()


class Voxtream:
    """The engine, loaded from `directory`, with the voices "me" and "you"."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.engine = load_engine("voxtream", PATH)
        self.stages: list[float] = []
        del os.environ["NO_TORCH_COMPILE"]  # set by the maker of the model
        model = Model("2", str(directory), "auto", {})
        with models.again():
            self.ready = self.engine.load(model, lambda share, stage: self.stages.append(share))
        self.generator, self.config = self.engine._generator, self.engine._config
        assert not list(directory.rglob("*.pyc"))
        other = models.recording(directory.parent / "other.wav", 3.0, 230.0)
        self.voices: dict[str, Prompt] = {
            "me": self.engine.enroll(reference(directory / "sample.wav")),
            "you": self.engine.enroll(reference(other)),
        }
        self.steps = 0
        """Of the model."""
        self.takes: list[Any] = []
        """Texts that the package was given."""
        self.read: list[str] = []
        """What it turned to phonemes."""
        self._look()

    def _look(self) -> None:
        from voxtream.utils.generator import prompt, text

        prompt.torchaudio.load = waveform
        step, stream, turn = (
            self.generator.model.generate_frame,
            self.generator.generate_stream,
            text.text_to_phone_tokens,
        )

        def counted(*args: Any, **given: Any) -> Any:
            self.steps += 1
            return step(*args, **given)

        def taken(text: Any, **given: Any) -> Any:
            self.takes.append(text)
            return stream(text=text, **given)

        def read(text: str, **given: Any) -> Any:
            self.read.append(text)
            return turn(text, **given)

        self.generator.model.generate_frame, self.generator.generate_stream = counted, taken
        text.text_to_phone_tokens = read

    def forget(self) -> None:
        self.steps = 0
        self.takes.clear()
        self.read.clear()

    def segment(self, text: str = TEXT, **given: Any) -> Segment:
        usual: dict[str, Any] = {"voice": "me", "language": "en", "speed": 1.0, "seed": 1, "options": {}}
        values = usual | given
        return Segment(text, **{"prompt": self.voices.get(values["voice"])} | values)

    def speak(self, text: str = TEXT, **given: Any) -> Generator[bytes, None, None]:
        sound: Generator[bytes, None, None] = self.engine.speak(self.segment(text, **given))
        return sound

    def say(self, text: str = TEXT, **given: Any) -> bytes:
        return b"".join(self.speak(text, **given))

    def own(self, text: Any, seed: int = 1, **given: Any) -> bytes:
        """The package's own call, from the recording itself."""
        from voxtream.utils.generator import set_seed

        set_seed(seed)
        self.config.cache_prompt = False
        try:
            path = self.directory / "sample.wav"
            frames = self.generator.generate_stream(prompt_audio_path=path, text=text, **given)
            return s16le(np.concatenate([samples for samples, _ in frames]))
        finally:
            self.config.cache_prompt = True
