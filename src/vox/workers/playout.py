"""The playout buffer: a job brings sound in bursts, a device takes it by the clock.

It gives silence until the pre-buffer is full, then sound. Where the sound runs out before it has ended (an
underrun: it is made slower than it is heard), the pre-buffer doubles and is filled again before sound goes
on: one pause is better than a stutter. Every start, pause and cut is a ramp, so nothing clicks.
"""

from __future__ import annotations

import threading
from array import array

PREBUFFER_MS = 80
"""Milliseconds of sound waited for, while nothing was ever late."""
LONGEST_MS = 2000
"""The longest pre-buffer."""
RAMP_MS = 5


class Playout:
    """s16le mono PCM on its way. `put`, `end` and `cut` belong to the job's thread, `take` the device's."""

    def __init__(self, rate: int, prebuffer_ms: int = PREBUFFER_MS, tail_ms: int = 0) -> None:
        """`rate` in Hz; `tail_ms` is what the device still holds of what it has taken."""
        self.changed = threading.Condition()
        """Notified at each turn of the device."""
        self.prebuffer_ms = prebuffer_ms
        self.underruns = 0
        self._rate = rate
        self._tail = rate * tail_ms // 1000
        self._ramp = rate * RAMP_MS // 1000
        self._sound = bytearray()
        self._sounding = False
        self._ended = False
        self._taken = 0
        self._silence = 0

    def put(self, pcm: bytes) -> None:
        with self.changed:
            self._sound += pcm

    def end(self) -> None:
        """No more sound will be put."""
        with self.changed:
            self._ended = True

    def cut(self) -> None:
        """Stop now: what waits is dropped, but for a ramp to silence."""
        with self.changed:
            ramp = self._sound[: 2 * self._ramp] if self._sounding else b""
            self._sound = bytearray(_ramped(ramp, len(ramp) // 2, up=False))
            self._ended = True

    def take(self, frames: int) -> bytes:
        """At most `frames` samples to be heard now; the device fills up with silence."""
        with self.changed:
            self.changed.notify_all()
            pcm = self._next(frames)
            self._taken += len(pcm) // 2
            if self._ended:
                self._silence += frames - len(pcm) // 2
            return pcm

    def _next(self, frames: int) -> bytes:
        waiting = self._waiting
        starts = not self._sounding
        if starts and not self._ended and waiting < self._rate * self.prebuffer_ms // 1000:
            return b""
        self._sounding = True
        pcm = bytes(self._sound[: 2 * min(frames, waiting)])
        del self._sound[: len(pcm)]
        if starts:
            pcm = _ramped(pcm, self._ramp, up=True)
        if not self._ended and waiting < frames + self._ramp:  # there would be nothing left to ramp down
            pcm = _ramped(pcm, self._ramp, up=False)
            self._sounding = False
            self.underruns += 1
            self.prebuffer_ms = min(2 * self.prebuffer_ms, LONGEST_MS)
        return pcm

    @property
    def _waiting(self) -> int:
        return len(self._sound) // 2

    @property
    def full(self) -> bool:
        """Whether enough waits: twice what the longest pre-buffer needs."""
        return self._waiting * 1000 >= 2 * LONGEST_MS * self._rate

    @property
    def empty(self) -> bool:
        return self._waiting == 0

    @property
    def heard(self) -> bool:
        """Whether all of it was: ended, taken, and out of the device."""
        return self._ended and self.empty and (self._taken == 0 or self._silence >= self._tail)

    @property
    def played_ms(self) -> int:
        return self._taken * 1000 // self._rate


def settled(playout: Playout) -> int:
    """The pre-buffer, in milliseconds, to begin the next job with: shrinks slowly while nothing is late."""
    return playout.prebuffer_ms if playout.underruns else max(PREBUFFER_MS, playout.prebuffer_ms * 4 // 5)


def _ramped(pcm: bytes | bytearray, length: int, up: bool) -> bytes:
    """`pcm` with a linear ramp from silence over its first `length` samples, or to silence over its last."""
    samples = array("h", bytes(pcm))
    length = min(length, len(samples))
    for step in range(length):
        samples[step if up else -1 - step] = samples[step if up else -1 - step] * step // length
    return samples.tobytes()
