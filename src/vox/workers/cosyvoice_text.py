"""The text of a segment in takes of some ten seconds.

CosyVoice makes all mel frames of a take anew for each chunk of it, so what a chunk costs grows with the take;
and it was trained on sentences.
"""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Generator, Iterable, Iterator
from itertools import accumulate

from vox.workers.plain import clean
from vox.workers.tap import Stopped

LONGEST = 10.0
"""Seconds of a take, about."""
_SHORTEST = 2.0
"""Seconds that a take of a text that is still being written has, unless that ends; with much less text than
its prompt has the model speaks worse, says upstream."""
_WIDE, _NARROW = 0.2, 0.07
"""Seconds that a Chinese character, a kana or a Korean syllable takes to say, and any other character."""
_CONTROL = re.compile(r"<\|[^|<>]*\|>")
"""The tokenizer's own words, as <|endofprompt|>."""
_SPACES = re.compile(r"\s+")
_SENTENCE = re.compile('[。！？…]+[”’」』）]*|[.!?]+["”’)]*(?=\\s)')
_CLAUSE = re.compile(r"[，；：、]|[,;:](?=\s)")
_WORD = re.compile(r"\s|(?<=[\u2e80-\uffef])")


def plain(text: str) -> str:
    """`text` on one line, without what is no text to the tokenizer."""
    return " ".join(clean(_CONTROL.sub(" ", text)).split())


def seconds(text: str) -> float:
    """How long it takes to say, roughly."""
    return sum(map(_long, text))


def takes(text: str) -> Iterator[str]:
    """`text` in pieces that are sentences where these are short enough, each with a mark at its end; none
    where there is nothing to say."""
    rest = plain(text)
    while rest:
        size = _fitting(rest)
        take, rest = rest[:size].strip(), rest[size:].strip()
        if any(map(str.isalnum, take)):
            yield _closed(take)


def _long(char: str) -> float:
    return _WIDE if char >= "\u2e80" else _NARROW


def _fitting(text: str) -> int:
    """How much of `text` is a take: up to the last sentence, clause or word that ends in time."""
    room = sum(1 for until in accumulate(map(_long, text)) if until <= LONGEST)
    if room >= len(text):
        return len(text)
    for mark in (_SENTENCE, _CLAUSE, _WORD):
        ends = [found.end() for found in mark.finditer(text, 0, room + 1) if found.end() <= room]
        if ends and ends[-1] >= room // 4:
            return ends[-1]
    return room


def _closed(take: str) -> str:
    take = take.rstrip(",;:，；：、 ")
    return take + _mark(take)


def _mark(text: str) -> str:
    """What is missing at the end of `text`, without which the model may not find its own."""
    if not text[-1:].isalnum():
        return ""
    return "。" if text[-1] >= "\u2e80" else "."


class Written:
    """A text that is still being written. A thread reads it, so that nobody has to wait for it in order to
    stop."""

    def __init__(self, deltas: Iterable[str]) -> None:
        self._read: queue.SimpleQueue[str | BaseException | None] = queue.SimpleQueue()
        self._text, self._ended, self._stopped = "", False, False
        threading.Thread(target=self._listen, args=(deltas,), daemon=True).start()

    def sentences(self) -> Iterator[str]:
        """Takes as soon as they are whole. Raises `Stopped`, and what reading the text raises."""
        while self._hear():
            ends = [found.end() for found in _SENTENCE.finditer(self._text)]
            done = self._text[: ends[-1]] if ends else ""
            if seconds(done) < _SHORTEST and seconds(self._text) < LONGEST:
                continue
            size = len(done) or _fitting(self._text)
            done, self._text = self._text[:size], self._text[size:]
            yield from takes(done)
        yield from takes(self._text)

    def streams(self) -> Iterator[Generator[str, None, None]]:
        """Takes as generators of a few words each, as they come. Each is to be used up before the next."""
        while self._sayable():
            yield self._stream()

    def stop(self) -> None:
        """From any thread: whoever waits for text gets `Stopped`."""
        self._stopped = True
        self._read.put(None)

    def _sayable(self) -> bool:
        """Wait for something that can be said."""
        while not any(map(str.isalnum, self._text)):
            if not self._hear():
                return any(map(str.isalnum, self._text))
        return True

    def _stream(self) -> Generator[str, None, None]:
        """Ends at a sentence when it is nearly long enough, else at a word."""
        self._text, length, last = self._text.lstrip(), 0.0, ""
        while True:
            for word in self._words():
                yield word
                last, length = word, length + seconds(word)
                ended = _SENTENCE.search(word.rstrip() + " ") is not None
                if length >= LONGEST or (ended and length >= LONGEST * 2 / 3):
                    return
            if not self._hear():
                break
        rest, self._text = _CONTROL.sub("", self._text.rstrip()), ""
        rest += _mark(rest or last)
        if rest:
            yield rest

    def _words(self) -> Iterator[str]:
        """What is whole of what was read: a word ends where the next begins, which has the space between."""
        while True:
            found = _WORD.search(self._text, 1)
            if found is None:
                return
            word, self._text = self._text[: found.start()], self._text[found.start() :]
            yield _CONTROL.sub("", word)

    def _hear(self) -> bool:
        """Wait for more; False at the end."""
        if not self._ended:
            heard = self._read.get()
            if isinstance(heard, BaseException):
                raise heard
            self._ended = heard is None
            self._text += heard or ""
        if self._stopped:
            raise Stopped
        return not self._ended

    def _listen(self, deltas: Iterable[str]) -> None:
        try:
            for delta in deltas:
                if self._stopped:
                    return
                kept = clean(f".{delta}.")[1:-1]  # with the space at its ends
                self._read.put(_SPACES.sub(" ", kept))
        except BaseException as error:  # noqa: BLE001 - it is raised where the text is taken
            self._read.put(error)
        self._read.put(None)
