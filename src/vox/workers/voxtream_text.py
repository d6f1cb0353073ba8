"""The text of a segment in takes: as much as VoXtream speaks in one go, from one prompt.

A take is a text, or where the text is still being written an iterator over its words. `words` is what the
last take was made of; `put_back` has some of it spoken again in the next one.
"""

from __future__ import annotations

import queue
import re
import threading
from collections import deque
from collections.abc import Iterable, Iterator

from vox.workers.plain import clean
from vox.workers.tap import Stopped

_NOT_READ = re.compile(r"[^\w$£€¥&%+=/@]+")
"""What may not begin a text: the package loses all that follows the only punctuation mark where that comes
first."""
_LONG_WORD = 200
_STOPS = (".", "!", "?")


def readable(text: str) -> str:
    """`text` on one line, without what can't be spoken; "" where there is nothing to say."""
    plain = " ".join(clean(text).split())
    begin = _NOT_READ.match(plain)
    plain = plain[begin.end() :] if begin else plain
    return plain if any(map(str.isalnum, plain)) else ""


class Whole:
    """A text that is there as a whole."""

    def __init__(self, text: str, most: int) -> None:
        """`most` is the length of a take in characters."""
        self._rest, self._most = readable(text), most
        self.words: list[str] = []
        self.stopped = False

    def take(self) -> str | None:
        if not self._rest:
            return None
        text = self._rest
        if len(text) > self._most:
            text = text[: _cut(text[: self._most + 1])]
        self._rest = readable(self._rest[len(text) :])
        self.words = text.split()
        return text.strip()

    def put_back(self, words: list[str]) -> None:
        self._rest = readable(" ".join([*words, self._rest]))

    def stop(self) -> None:
        """From any thread: there are no further takes."""
        self.stopped = True
        self._rest = ""


def _cut(text: str) -> int:
    """Where to part `text`: behind its last sentence, else its last clause, else its last word."""
    for marks in (_STOPS, (",", ";", ":")):
        at = max(text.rfind(f"{mark} ") for mark in marks) + 1
        if at > len(text) // 3:
            return at
    return max(text.rfind(" "), 0) or len(text) - 1


class Growing:
    """A text that is still being written. A thread reads it, so that the model goes on when nothing comes."""

    def __init__(self, deltas: Iterable[str], most: int) -> None:
        self._most = most
        self._read: queue.SimpleQueue[str | BaseException | None] = queue.SimpleQueue()
        self._next: deque[str] = deque()
        self._ended = False
        self.words: list[str] = []
        self.stopped = False
        self._listener = threading.Thread(target=self._listen, args=(deltas,), daemon=True)

    def take(self) -> Iterator[str | None] | None:
        """Waits for the first word."""
        if self._listener.ident is None:
            self._listener.start()
        while not self._next and not self._ended:
            self._hear(self._read.get())
        return self._words() if self._next else None

    def put_back(self, words: list[str]) -> None:
        self._next.extendleft(reversed(words))

    def stop(self) -> None:
        """From any thread: the take raises `Stopped`, there are no further ones, and the thread ends as soon
        as the text gives it something."""
        self.stopped = True
        self._read.put(None)

    def _words(self) -> Iterator[str | None]:
        """As the package wants them: None is "not yet"."""
        self.words, length = [], 0
        while True:
            self._poll()
            if not self._next:
                if self._ended:
                    return
                yield None
                continue
            word = self._next.popleft()
            if length and length + len(word) > self._most:
                self._next.appendleft(word)
                return
            length += len(word) + 1
            self.words.append(word)
            yield word
            if length > self._most * 2 // 3 and word.endswith(_STOPS):
                return

    def _poll(self) -> None:
        while not (self._next or self._ended or self._read.empty()):
            self._hear(self._read.get())
        if self.stopped:
            raise Stopped

    def _hear(self, word: str | BaseException | None) -> None:
        if isinstance(word, BaseException):
            raise word
        if word is None:
            self._ended = True
            if self.stopped:
                self._next.clear()
        else:
            self._next.append(word)

    def _listen(self, deltas: Iterable[str]) -> None:
        rest = ""
        try:
            for delta in deltas:
                if self.stopped:
                    return
                *whole, rest = re.split(r"\s+", rest + delta)
                while len(rest) > _LONG_WORD:
                    whole.append(rest[:_LONG_WORD])
                    rest = rest[_LONG_WORD:]
                self._hand(whole)
            self._hand([rest])
        except BaseException as error:  # noqa: BLE001 - it is raised where the words are taken
            self._read.put(error)
        self._read.put(None)

    def _hand(self, words: Iterable[str]) -> None:
        for word in filter(None, map(readable, words)):
            self._read.put(word)
