"""Holds an engine to its contract: `python -m vox.workers.check REQUEST`, inside the engine's environment.

REQUEST is JSON: `name` and `path` of the engine; to go further than importing it also `model`, `directory`,
`device` and `options` as in a load, and what its header states: `sample_rate` (Hz), `voice`, `voices`,
`language`, `deterministic`, `samples` and, for this model, `clones`. `utterances` is how many are spoken in
a row to see what becomes of its memory (200), `patience` the seconds that this may take (60). One line a
finding on stdout; exit code 1 when one failed.
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
import threading
import time
import traceback
import wave
from array import array
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from vox.workers import memory
from vox.workers.engine import EngineError, Model, Prompt, Ready, Reference, Segment
from vox.workers.plugins import load_engine
from vox.workers.prompts import Prompts

TEXT = "One, two, three: this is a test of the voice."
OTHER = "Something else is said here."
LONG = " ".join([TEXT, OTHER] * 5)
SHORTEST, LONGEST = 0.5, 30.0
"""Seconds that `TEXT` may take."""
NO_VOICE = "no_such_voice"
ANY = "mul"
"""The language of a voice that speaks several (ISO 639-2)."""
SLOWEST_CANCEL = 5.0
"""Seconds: then the gateway kills the worker."""
GROWTH = (0.10, 32 << 20)
"""Of its memory, and bytes: what an engine may have grown by after many utterances."""
T = TypeVar("T")


class Broken(Exception):
    """A promise of the contract that the engine does not keep."""


class Check:
    """The findings about one engine, said as they are made."""

    def __init__(self, request: dict[str, Any], say: Callable[[str], object]) -> None:
        self._request = request
        self._say = say
        self._engine: Any = None
        self._ready: Ready
        self._prompt: Prompt | None = None
        self._repeats = bool(request.get("deterministic") or request.get("samples"))
        self.failed = False

    def run(self) -> None:
        request = self._request
        self._engine = self._try("import", lambda: load_engine(request["name"], request["path"]))
        if self._engine is None or "model" not in request:
            return
        ready = self._try("load", self._load)
        if ready is None:
            return
        self._ready = ready
        if request.get("clones"):
            self._try("make a voice of a recording, once", self._enroll)
            self._try("speak like a recording", self._imitate)
            if self._prompt is None and not ready.voices:
                return
        for what, step in (
            ("speak", self._speak),
            ("repeat itself", self._repeat),
            ("speak again after a segment that nobody wanted any more", self._abandon),
            ("stop when it is cancelled", self._cancel),
            ("keep two callers apart", self._alternate),
            ("speak a long text", self._long),
            ("have nothing to say", self._empty),
            ("refuse an unknown voice", self._refuse),
            ("give its memory back", self._memory),
            ("close", self._engine.close),
        ):
            self._try(what, step)

    def _try(self, what: str, step: Callable[[], T]) -> T | None:
        start = time.monotonic()
        try:
            result = step()
        except Exception as error:  # noqa: BLE001 whatever a plug-in raises is the finding
            self.failed = True
            self._say(f"failed  {what}: {_reason(error)}")
            return None
        more = f": {result}" if isinstance(result, str) else ""
        self._say(f"ok      {what} ({time.monotonic() - start:.2f} s){more}")
        return result

    def _load(self) -> Ready:
        request = self._request
        model = Model(request["model"], request["directory"], request["device"], request["options"])
        ready: Ready = self._engine.load(model, lambda share, stage: None)
        if ready.sample_rate != request["sample_rate"]:
            raise Broken(f"it makes {ready.sample_rate} Hz, its header says {request['sample_rate']} Hz")
        if not ready.voices and not request.get("clones"):
            raise Broken("it has no voices")
        known = {voice["id"] for voice in ready.voices}
        missing = [voice for voice in request["voices"] if voice not in known]
        if missing:
            raise Broken(f"its header names voices that it hasn't: {', '.join(missing)}")
        return ready

    def _enroll(self) -> None:
        request = self._request
        model = Model(request["model"], request["directory"], request["device"], request["options"])
        with tempfile.TemporaryDirectory() as directory:
            reference = _recording(os.path.join(directory, "recording.wav"))
            path = request["path"]
            first = Prompts(directory, path, model)
            sources = [first.of(reference, self._engine.enroll)[1] for _ in range(2)]
            self._prompt, source = Prompts(directory, path, model).of(reference, self._engine.enroll)
        if [*sources, source] != ["made", "memory", "disk"]:
            raise Broken(f"its prompt was {', '.join([*sources, source])}, not made, memory, disk")

    def _imitate(self) -> str | None:
        if self._prompt is None:
            raise Broken("it has no voice to speak with")
        segment = self._segment()._replace(voice="check", prompt=self._prompt)
        sounds = [b"".join(self._engine.speak(segment)) for _ in range(2)]
        self._same("the second time", *sounds)
        return f"{len(sounds[0]) / 2 / self._ready.sample_rate:.2f} s of sound"

    # What is said

    def _segment(self, text: str = TEXT, voice: str = "", seed: int = 1) -> Segment:
        request, ready = self._request, self._ready
        prompt = None if voice or ready.voices else self._prompt
        own = voice or ("check" if prompt else request["voice"] or ready.voices[0]["id"])
        languages = {voice["id"]: voice["language"] for voice in ready.voices}
        language = languages.get(own, ANY)
        if language == ANY:
            language = request["language"]
        seeded = seed if request.get("samples") else None
        return Segment(text, own, language, 1.0, seeded, {}, prompt=prompt)

    def _said(self, text: str = TEXT, seed: int = 1) -> bytes:
        return b"".join(self._engine.speak(self._segment(text, seed=seed)))

    def _speak(self) -> str:
        sound = self._said()
        if len(sound) % 2:
            raise Broken(f"{len(sound)} bytes are no whole number of 16-bit samples")
        samples = array("h", sound)
        duration = len(samples) / self._ready.sample_rate
        if not SHORTEST <= duration <= LONGEST:
            raise Broken(f"{TEXT!r} became {duration:.2f} s of sound")
        if max(samples) - min(samples) < 256:
            raise Broken(f"{TEXT!r} became silence")
        return f"{duration:.2f} s of sound"

    def _repeat(self) -> str | None:
        if not self._repeats:
            return "not promised"
        self._same("the second time", self._said(), self._said())
        return None

    def _same(self, when: str, first: bytes, second: bytes) -> None:
        """Equal samples where that is promised, else about as many."""
        if self._repeats and first != second:
            raise Broken(f"it spoke otherwise {when}: {len(first)} and {len(second)} bytes")
        if not self._repeats and not 0.5 < len(second) / max(len(first), 1) < 2:
            raise Broken(f"it spoke {len(second)} bytes {when}, {len(first)} before")

    def _abandon(self) -> None:
        before = self._said()
        segment = self._segment(OTHER, seed=2)
        pieces = self._engine.speak(segment)
        next(pieces)
        self._engine.cancel(segment)
        _closed(pieces)
        self._same("after a segment that was abandoned", before, self._said())
        pieces = self._engine.speak(self._segment(OTHER, seed=2))
        next(pieces)
        _closed(pieces)  # without a word before
        self._same("after a segment that was closed", before, self._said())

    def _cancel(self) -> str:
        segment = self._segment(LONG)
        failed: list[Exception] = []
        begun, ended = threading.Event(), threading.Event()

        def speak() -> None:
            try:
                for _ in self._engine.speak(segment):
                    begun.set()
            except Exception as error:  # noqa: BLE001 it is the finding
                failed.append(error)
            begun.set()
            ended.set()

        thread = threading.Thread(target=speak, daemon=True)
        thread.start()
        begun.wait()
        cancelled = time.monotonic()
        self._engine.cancel(segment)
        if not ended.wait(SLOWEST_CANCEL):
            raise Broken(f"it went on for more than {SLOWEST_CANCEL:g} s")
        if failed:
            raise failed[0]
        return f"after {(time.monotonic() - cancelled) * 1000:.0f} ms"

    def _alternate(self) -> None:
        one, other = self._said(TEXT), self._said(OTHER, seed=2)
        again = self._said(TEXT)
        self._same("after another caller", one, again)
        self._same("after the first caller", other, self._said(OTHER, seed=2))

    def _long(self) -> str:
        sound = self._said(LONG)
        return f"{len(sound) / 2 / self._ready.sample_rate:.1f} s of sound"

    def _empty(self) -> None:
        for text in ("", " ", "…", "?!", "\u200b"):
            try:
                sound = self._said(text)
            except EngineError:
                continue
            if len(sound) > 10 * 2 * self._ready.sample_rate:
                raise Broken(f"{text!r} became {len(sound) / 2 / self._ready.sample_rate:.0f} s of sound")

    def _refuse(self) -> None:
        try:
            for _ in self._engine.speak(self._segment(voice=NO_VOICE)):
                pass
        except EngineError as error:
            if error.code != "unknown_voice":
                raise Broken(f"the code of the refusal is {error.code!r}, not 'unknown_voice'") from None
        else:
            raise Broken(f"it spoke with the voice {NO_VOICE!r}")

    def _memory(self) -> str:
        most = int(self._request.get("utterances", 200))
        end = time.monotonic() + float(self._request.get("patience", 60))
        said, settled = 0, 0
        while said < most and time.monotonic() < end:
            self._said(OTHER, seed=said)
            said += 1
            if said == max(most // 10, 1):  # by then all caches are filled
                settled = memory.resident()
        grown = memory.resident() - settled if settled else 0
        if grown > max(GROWTH[0] * settled, GROWTH[1]):
            raise Broken(f"it grew by {grown / 1e6:.0f} MB in {said} utterances")
        return f"{memory.resident() / 1e6:.0f} MB after {said} utterances, {grown / 1e6:+.0f} MB"


def _closed(pieces: Iterator[bytes]) -> None:
    close = getattr(pieces, "close", None)
    if close is None:
        raise Broken("speak is not a generator: it can't be stopped")
    close()


def _recording(path: str) -> Reference:
    """Six seconds of a buzz that comes and goes like syllables: no voice, but sound for an encoder."""
    rate, base = 24_000, 120
    samples = array("h")
    for n in range(6 * rate):
        envelope = max(0.0, math.sin(2 * math.pi * 3 * n / rate))
        tone = sum(math.sin(2 * math.pi * base * k * n / rate) / k for k in (1, 2, 3, 5))
        samples.append(int(6000 * envelope * tone))
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return Reference("c" * 64, path, "This is a recording of a voice, for a test.", "en")


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
