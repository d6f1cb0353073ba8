"""Drives the real kokoro engine in its own environment: a JSON object a line in, one out.

The model is the one of `kokoro_graph.py`, so the answers say which tokens were heard.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vox.workers.engine import EngineError, Model, Segment
from vox.workers.phonemes import phonemes
from vox.workers.plugins import load_engine

RATE, FRAME, SILENCE = 24000, 600, 300


class Driver:
    def __init__(self, path: str) -> None:
        self.engine: Any = load_engine("kokoro", path)

    def load(self, directory: str | None, model: str = "82m", device: str = "cpu") -> dict[str, Any]:
        stages: list[tuple[float, str]] = []
        given = Model(model, directory, device, {})
        ready = self.engine.load(given, lambda share, stage: stages.append((share, stage)))
        return {"rate": ready.sample_rate, "voices": ready.voices, "stages": stages}

    def speak(self, lift: float = 0.0, take: int | None = None, **segment: Any) -> dict[str, Any]:
        """All of a segment, a list of tokens a piece; with `take` so many pieces, then it is abandoned.
        `lift` is the voice's mean."""
        pieces = self._pieces(**segment)
        taken = list(itertools.islice(pieces, take))
        pieces.close()
        sounds = [np.frombuffer(piece, "<i2") for piece in taken]
        return {
            "tokens": [list(tokens(sound.astype(np.float64), lift)) for sound in sounds],
            "samples": sum(map(len, sounds)),
            "tail": tail(sounds[-1]) if sounds else 0,
        }

    def cancelled(self, **segment: Any) -> dict[str, Any]:
        """How many pieces come of a segment that is cancelled once its first run has begun."""
        session, begun = self.engine._session, threading.Event()
        run = session.run

        def watched(*arguments: Any) -> Any:
            begun.set()
            return run(*arguments)

        session.run = watched
        taken: list[bytes] = []
        thread = threading.Thread(target=taken.extend, args=(self._pieces(**segment),))
        thread.start()
        begun.wait()
        self.engine.cancel()
        thread.join()
        del session.run
        return {"pieces": len(taken)}

    def cancelled_early(self, **segment: Any) -> dict[str, Any]:
        pieces = self._pieces(**segment)
        self.engine.cancel()
        return {"pieces": len(list(pieces))}

    def read(self, text: str, language: str) -> dict[str, Any]:
        """The phonemes of a text, and the tokens that they are."""
        found = phonemes(text, language)
        vocabulary = self.engine._model.tokenizer.vocab
        return {"phonemes": found, "tokens": [vocabulary.get(symbol) for symbol in found]}

    def _pieces(self, text: str, voice: str = "af_heart", language: str = "en-us", speed: float = 1.0) -> Any:
        return self.engine.speak(Segment(text, voice, language, speed, None, {}))


def tokens(sound: NDArray[np.float64], lift: float) -> Iterator[int]:
    """What was spoken, if it was at speed 1.0."""
    at = 0
    while at + FRAME <= len(sound):
        frame = sound[at : at + FRAME]
        if np.abs(frame).max() < SILENCE:
            at += FRAME // 4
            continue
        spectrum = np.abs(np.fft.rfft(frame * np.hanning(FRAME), 1 << 15))
        token = round((int(spectrum.argmax()) * RATE / (1 << 15) - 200 - 200 * lift) / 20)
        yield token
        at += FRAME * (2 + token % 3)


def tail(sound: NDArray[np.int16]) -> int:
    """Silent samples at the end."""
    loud = np.flatnonzero(np.abs(sound) >= SILENCE)
    return len(sound) - (int(loud[-1]) + 1 if len(loud) else 0)


def main() -> None:
    driver = Driver(sys.argv[1])
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(driver, request.pop("do"))(**request)
        except EngineError as error:
            answer = {"code": error.code, "message": str(error), "param": error.param}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
