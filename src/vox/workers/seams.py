"""Chunks of sound that overlap, joined without a click."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class Seams:
    """Joins chunks of which each begins with the `overlap` samples that the one before it ended with, said a
    second time: there the old one fades out while the new one fades in.

    The fade is a raised cosine. Its two halves always add up to one, so a sound on which the chunks agree
    comes out as it went in; and it sets out and arrives level, so one on which they don't has no corner.
    What comes out is as long as all chunks less one overlap a seam.
    """

    def __init__(self, overlap: int) -> None:
        """`overlap` in samples, 1 or more."""
        self._overlap = overlap
        turn = np.pi * (np.arange(overlap) + 0.5) / overlap
        self._rising = (0.5 - 0.5 * np.cos(turn)).astype(np.float32)
        self._held: Samples | None = None

    def feed(self, chunk: NDArray[np.floating]) -> Samples:
        """What of `chunk`, samples in one dimension, can't change any more: all but its last `overlap`, which
        are kept for the next seam. Raises `ValueError` where two chunks meet of which one is shorter than
        the overlap."""
        joined = chunk.astype(np.float32)  # a copy
        lap = self._overlap
        if self._held is not None:
            shortest = min(len(self._held), len(joined))
            if shortest < lap:
                raise ValueError(f"a chunk of {shortest} samples can't overlap by {lap}")
            joined[:lap] = self._held + (joined[:lap] - self._held) * self._rising
        ready = max(0, len(joined) - lap)
        self._held = joined[ready:]
        return joined[:ready]

    def finish(self) -> Samples:
        """What was kept. The next chunk begins a new sound."""
        held, self._held = self._held, None
        return np.zeros(0, np.float32) if held is None else held
