"""What the benchmarks of engines share: run in the environments of engines, so it imports nothing of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator


def first_and_last(speak: Callable[[], Iterator[bytes]]) -> tuple[float, float]:
    """Seconds to the first piece and to the last."""
    begin = time.perf_counter()
    sound = speak()
    next(sound)
    first = time.perf_counter() - begin
    for _ in sound:
        pass
    return first, time.perf_counter() - begin
