"""What was spoken since the start, and how fast."""

from __future__ import annotations

from collections import deque
from typing import Any

_KEPT = 1_000
"""Utterances whose time to the first audio is remembered."""


class Tally:
    """Counts; costs an addition or two an utterance."""

    def __init__(self) -> None:
        self.requests = 0
        """Over HTTP, of any kind."""
        self._utterances = self._failures = 0
        self._first: deque[float] = deque(maxlen=_KEPT)

    def ended(self, first_ms: float, failed: bool) -> None:
        """An utterance is over; `first_ms` until its first audio, 0 if it had none."""
        self._utterances += 1
        self._failures += failed
        if first_ms > 0:
            self._first.append(first_ms)

    def report(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "utterances": self._utterances,
            "failures": self._failures,
            "first_audio_ms": quantiles(sorted(self._first)),
        }


def quantiles(ranked: list[float]) -> dict[str, float | None]:
    """p50, p95 and p99 of values in ascending order: the smallest that at least so many are not above."""
    last = len(ranked) - 1
    return {
        f"p{share}": round(ranked[min(len(ranked) * share // 100, last)], 1) if ranked else None
        for share in (50, 95, 99)
    }
