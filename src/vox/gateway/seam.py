"""Where one segment of speech meets the next: no click, whatever the engine left at its edges.

Engines that trim their silence end a segment at full swing and begin the next one there. Such edges overlap
by 5 ms, the old one fading out while the new one fades in; edges that are quiet are joined as they stand. A
hundred samples a seam, so plain Python does it, and what needs no codec still goes without one.
"""

from __future__ import annotations

import math
import sys
from array import array

OVERLAP = 5
"""Milliseconds."""
_QUIET = 328
"""Of 32,768: a step of 1 % is no click in speech."""


class Seam:
    """PCM (s16le, mono, in pieces of any length) of one segment after another in, the joined sound out."""

    def __init__(self, rate: int) -> None:
        """`rate` in Hz."""
        samples = max(1, rate * OVERLAP // 1000)
        self._lap = 2 * samples
        self._rise = [0.5 - 0.5 * math.cos(math.pi * (at + 0.5) / samples) for at in range(samples)]
        self._tail = b""
        self._held = b""
        self._joining = False
        self._torn = False  # the sound before was faded out, since nobody knew what would come after it

    def feed(self, data: bytes) -> bytes:
        """The next of this segment; returns what can't change any more: all but the last 5 ms."""
        held = self._held + data
        if self._joining:
            if len(held) < self._lap:
                self._held = held
                return b""
            held = self._join(held)
        end = max(0, len(held) - self._lap) & ~1
        self._held = held[end:]
        return held[:end]

    @property
    def held(self) -> int:
        """Bytes that were fed and have not come out."""
        return len(self._held) + (len(self._tail) if self._joining else 0)

    def next(self) -> None:
        """What is fed from now on is another segment."""
        if self._joining:  # the one before was shorter than an overlap
            self._held = self._tail + self._held
        # Half a sample would turn all that follows into noise.
        self._tail, self._held = self._held[: len(self._held) & ~1], b""
        self._joining = True

    def finish(self) -> bytes:
        """The end of the sound: what was held back."""
        rest = self._tail + self._held if self._joining else self._held
        self._tail = self._held = b""
        self._joining = self._torn = False
        return rest

    def pause(self) -> bytes:
        """As `finish`, where another segment will come, but nobody knows when: a loud edge is faded out now,
        and the next one will be faded in."""
        rest = self.finish()
        if _loud(rest[-self._lap :]):
            rest = rest[: -self._lap] + self._faded(rest[-self._lap :], down=True)
            self._torn = True
        self._joining = True
        return rest

    def _join(self, held: bytes) -> bytes:
        tail = self._tail
        self._joining, self._tail = False, b""
        if self._torn:
            self._torn = False
            held = tail + held  # what was too short to fade in by itself
            head = held[: self._lap]
            return (self._faded(head, down=False) if _loud(head) else head) + held[self._lap :]
        head = held[: self._lap]
        if len(tail) < self._lap or not (_loud(tail) and _loud(head)):
            return tail + held
        old, new = _samples(tail), _samples(head)
        mixed = [round(a + (b - a) * up) for a, b, up in zip(old, new, self._rise, strict=True)]
        return _bytes(mixed) + held[self._lap :]

    def _faded(self, piece: bytes, down: bool) -> bytes:
        curve = self._rise[::-1] if down else self._rise
        return _bytes([round(sample * share) for sample, share in zip(_samples(piece), curve, strict=False)])


def _loud(piece: bytes) -> bool:
    return any(abs(sample) > _QUIET for sample in _samples(piece))


def _samples(piece: bytes) -> array[int]:
    samples = array("h", piece[: len(piece) & ~1])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _bytes(samples: list[int]) -> bytes:
    made = array("h", samples)
    if sys.byteorder == "big":
        made.byteswap()
    return made.tobytes()
