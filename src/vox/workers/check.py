"""Holds an engine to its contract: `python -m vox.workers.check REQUEST`, inside the engine's environment.

REQUEST is JSON: `name` and `path` of the engine; to go further than importing it also `model`, `directory`,
`device` and `options` as in a load, and `sample_rate` (Hz), `voice`, `voices`, `language` and `deterministic`
as its header states them. One line a finding on stdout; exit code 1 when one failed.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from array import array
from collections.abc import Callable
from typing import Any, TypeVar

from vox.workers.engine import Engine, EngineError, Model, Ready, Segment
from vox.workers.plugins import load_engine

TEXT = "One, two, three: this is a test of the voice."
SHORTEST, LONGEST = 0.5, 30.0
"""Seconds that `TEXT` may take."""
NO_VOICE = "no_such_voice"
ANY = "mul"
"""The language of a voice that speaks several (ISO 639-2)."""
T = TypeVar("T")


class Broken(Exception):
    """A promise of the contract that the engine does not keep."""


class Check:
    """The findings about one engine, said as they are made."""

    def __init__(self, request: dict[str, Any], say: Callable[[str], object]) -> None:
        self._request = request
        self._say = say
        self.failed = False

    def run(self) -> None:
        request = self._request
        engine = self._try("import", lambda: load_engine(request["name"], request["path"]))
        if engine is None or "model" not in request:
            return
        ready = self._try("load", lambda: self._load(engine))
        if ready is None:
            return
        sound = self._try("speak", lambda: self._speak(engine, ready))
        again = "speak again after a segment that nobody wanted any more"
        self._try(again, lambda: self._speak_again(engine, ready, sound))
        self._try("refuse an unknown voice", lambda: self._refuse(engine, ready))
        self._try("close", engine.close)

    def _try(self, what: str, step: Callable[[], T]) -> T | None:
        start = time.monotonic()
        try:
            result = step()
        except Exception as error:  # noqa: BLE001 whatever a plug-in raises is the finding
            self.failed = True
            self._say(f"failed  {what}: {_reason(error)}")
            return None
        self._say(f"ok      {what} ({time.monotonic() - start:.2f} s)")
        return result

    def _load(self, engine: Engine) -> Ready:
        request = self._request
        model = Model(request["model"], request["directory"], request["device"], request["options"])
        ready = engine.load(model, lambda share, stage: None)
        if ready.sample_rate != request["sample_rate"]:
            raise Broken(f"it makes {ready.sample_rate} Hz, its header says {request['sample_rate']} Hz")
        if not ready.voices:
            raise Broken("it has no voices")
        known = {voice["id"] for voice in ready.voices}
        missing = [voice for voice in request["voices"] if voice not in known]
        if missing:
            raise Broken(f"its header names voices that it hasn't: {', '.join(missing)}")
        return ready

    def _segment(self, ready: Ready, voice: str | None = None) -> Segment:
        voice = voice or self._request["voice"] or ready.voices[0]["id"]
        languages = {voice["id"]: voice["language"] for voice in ready.voices}
        language = languages.get(voice, ANY)
        if language == ANY:
            language = self._request["language"]
        return Segment(TEXT, voice, language, 1.0, None, {})

    def _speak(self, engine: Engine, ready: Ready) -> bytes:
        sound = b"".join(engine.speak(self._segment(ready)))
        if len(sound) % 2:
            raise Broken(f"{len(sound)} bytes are no whole number of 16-bit samples")
        samples = array("h", sound)
        duration = len(samples) / ready.sample_rate
        if not SHORTEST <= duration <= LONGEST:
            raise Broken(f"{TEXT!r} became {duration:.2f} s of sound")
        if max(samples) - min(samples) < 256:
            raise Broken(f"{TEXT!r} became silence")
        return sound

    def _speak_again(self, engine: Engine, ready: Ready, sound: bytes | None) -> None:
        segment = self._segment(ready)
        pieces = engine.speak(segment)
        next(pieces)
        engine.cancel(segment)
        close = getattr(pieces, "close", None)
        if close is None:
            raise Broken("speak is not a generator: it can't be stopped")
        close()
        again = self._speak(engine, ready)
        if self._request["deterministic"] and again != sound:
            raise Broken("its header says that it repeats its samples, and it doesn't")

    def _refuse(self, engine: Engine, ready: Ready) -> None:
        try:
            for _ in engine.speak(self._segment(ready, NO_VOICE)):
                pass
        except EngineError as error:
            if error.code != "unknown_voice":
                raise Broken(f"the code of the refusal is {error.code!r}, not 'unknown_voice'") from None
        else:
            raise Broken(f"it spoke with the voice {NO_VOICE!r}")


def _reason(error: Exception) -> str:
    """What went wrong and, for what the engine didn't mean to raise, where."""
    if isinstance(error, Broken):
        return str(error)
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    return f"{type(error).__name__}: {error} ({frame.f_code.co_filename}, line {line})"


def main() -> int:
    check = Check(json.loads(sys.argv[1]), lambda line: sys.stdout.write(line + "\n"))
    check.run()
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
