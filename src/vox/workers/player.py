"""The player worker: one output device, held open, and what is to be heard on it, one job after another."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from typing import Any

from vox.wire.messages import Loaded
from vox.workers.engine import EngineError, Progress
from vox.workers.playout import PREBUFFER_MS, Playout, settled
from vox.workers.service import Job

RATES = (4_000, 192_000)
"""Hz: lowest and highest sample rate."""
_PERIOD_MS, _PERIODS = 20, 3
"""What the device asks for at a time, and how often that fits into its own buffer."""
_STALLED_S = 2.0
"""A device that asks for nothing for so long is gone."""
_LIKELY_RATE = 24_000
"""Hz, of most engines: what the device is opened with before the first job is known."""


class Player:
    """`Service` with the operation `play` (`PlayRequest`). Notes `played_ms`, `underruns`, `prebuffer_ms`."""

    streams = 1

    def __init__(self) -> None:
        self._miniaudio: Any = None
        self._backends: list[Any] = []
        self._device: Any = None
        self._rate = 0
        self._playout: Playout | None = None
        self._prebuffer_ms = PREBUFFER_MS

    def load(self, request: dict[str, Any], progress: Progress) -> Loaded:
        """Opens the device. `options["backend"]` names one of miniaudio's backends; empty is any that makes
        sound. Raises `EngineError` (`no_audio_device`, `invalid_value`)."""
        self._miniaudio = _import_miniaudio()
        self._backends = self._choose(request["options"].get("backend", ""))
        self._open(_LIKELY_RATE)
        return {"sample_rate": 0, "voices": []}

    def run(self, op: str, request: dict[str, Any], job: Job) -> Iterator[bytes]:
        """Returns once the last sample was heard. `EngineError` (`no_audio_device`) if the device goes."""
        if op != "play":
            raise EngineError(f"the player can't {op}", code="invalid_value")
        rate = request["rate"]
        if not RATES[0] <= rate <= RATES[1]:
            message = f"a sample rate of {rate} Hz is not between {RATES[0]} and {RATES[1]}"
            raise EngineError(message, code="invalid_value", param="sample_rate")
        self._play(rate, job)
        return iter(())

    def cancel(self, job: Job) -> None:
        """The device's next turn wakes the job."""

    def close(self) -> None:
        if self._device is not None:
            self._device.close()
            self._device = None

    def _play(self, rate: int, job: Job) -> None:
        self._open(rate)
        playout = Playout(rate, self._prebuffer_ms, tail_ms=_PERIOD_MS * _PERIODS)
        self._playout = playout
        try:
            for piece in job.read():
                playout.put(piece)
                self._wait(lambda: not playout.full or job.cancelled)
            if not job.cancelled:
                playout.end()
                self._wait(lambda: playout.heard or job.cancelled)
            if job.cancelled:
                playout.cut()
                self._wait(lambda: playout.empty)
        finally:
            self._playout = None
            self._prebuffer_ms = settled(playout)
            job.note("played_ms", playout.played_ms)
            job.note("underruns", playout.underruns)
            job.note("prebuffer_ms", playout.prebuffer_ms)

    def _wait(self, until: Callable[[], bool]) -> None:
        assert self._playout is not None
        changed = self._playout.changed
        with changed:
            while not until():
                if not changed.wait(_STALLED_S):
                    break
            else:
                return
        self.close()  # not under the lock: it waits for the device's own thread
        raise EngineError("the audio output device has stopped; is it still there?", code="no_audio_device")

    def _open(self, rate: int) -> None:
        if self._device is not None and self._rate == rate:
            return
        self.close()
        try:
            device = self._miniaudio.PlaybackDevice(
                output_format=self._miniaudio.SampleFormat.SIGNED16,
                nchannels=1,
                sample_rate=rate,
                buffersize_msec=_PERIOD_MS,
                callback_periods=_PERIODS,
                backends=self._backends,
                app_name="vox",
            )
            feeder = self._feeder()
            next(feeder)
            device.start(feeder)
        except self._miniaudio.MiniaudioError as error:
            message = "no audio output device on this machine; save to a file with -o FILE"
            raise EngineError(message, code="no_audio_device") from error
        self._device, self._rate = device, rate

    def _feeder(self) -> Generator[bytes, int, None]:
        """Runs in the device's thread, once a period; what it does not fill is silence."""
        pcm = b""
        while True:
            frames = yield pcm
            playout = self._playout
            pcm = playout.take(frames) if playout is not None else b""

    def _choose(self, name: str) -> list[Any]:
        backends = self._miniaudio.Backend
        if not name:
            return [each for each in backends if each is not backends.NULL]
        try:
            return [backends[name.upper()]]
        except KeyError:
            known = ", ".join(each.name.lower() for each in backends)
            raise EngineError(f"unknown audio backend {name!r}; known: {known}", "invalid_value") from None


def _import_miniaudio() -> Any:
    """miniaudio without numpy, which it would import (50 ms, 12 MB) only to accept its arrays."""
    hide = "numpy" not in sys.modules
    if hide:
        sys.modules["numpy"] = None  # type: ignore[assignment] # the documented way to make an import fail
    try:
        import miniaudio  # type: ignore[import-untyped] # it has hints, but not the file that says so
    finally:
        if hide:
            del sys.modules["numpy"]
    return miniaudio
