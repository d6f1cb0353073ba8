"""Who waits for whom on one engine, counted in segments."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests.harness import Daemon, Start, eventually

SENTENCE = "abcdefghi " * 24 + "abcdefghi. "
"""A segment of its own: 5 s of sound."""
SEGMENTS = 20
STEP = 0.004
"""Seconds that the engine takes for 20 ms of sound: 1 s for a segment."""


class Article:
    """A long text that is being spoken to somebody who takes all that comes."""

    def __init__(self, daemon: Daemon) -> None:
        self.size = 0
        """Bytes of PCM that have come."""
        self._left = threading.Event()
        text = "\n\n".join([SENTENCE.strip()] * SEGMENTS)
        answer = daemon.stream(text, options={"step_seconds": STEP}, sample_rate=24_000)
        self._thread = threading.Thread(target=self._take, args=[answer])

    def _take(self, answer: Any) -> None:
        with answer as stream:
            for data in stream.iter_raw():
                self.size += len(data)
                if self._left.is_set():
                    return

    @contextmanager
    def speaking(self) -> Iterator[Article]:
        self._thread.start()
        try:
            yield self
        finally:
            self._left.set()
            self._thread.join()

    @property
    def segments(self) -> float:
        return self.size / (2 * 480 * len(SENTENCE.strip()))


def first_bytes(daemon: Daemon) -> None:
    with daemon.stream("abc.") as answer:
        next(answer.iter_raw())


@pytest.mark.parametrize("articles", [1, 4])
def test_a_short_call_waits_for_the_segment_that_is_spoken_and_no_other(start: Start, articles: int) -> None:
    daemon = start(VOX_CACHE="false")
    first_bytes(daemon)
    with ExitStack() as stack:
        speaking = [stack.enter_context(Article(daemon).speaking()) for _ in range(articles)]
        eventually(lambda: all(article.size for article in speaking), "the beginning of all articles")
        before = sum(article.segments for article in speaking)
        first_bytes(daemon)
        waited = sum(article.segments for article in speaking) - before
    assert waited < 2


def test_articles_take_turns(start: Start) -> None:
    daemon = start(VOX_CACHE="false")
    with Article(daemon).speaking() as one, Article(daemon).speaking() as other:
        eventually(lambda: one.segments + other.segments > 6, "six segments")
        assert abs(one.segments - other.segments) < 2
