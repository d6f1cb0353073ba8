"""What is left to say, in pieces that may still be coming."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

from vox.config import Config
from vox.errors import BadRequest
from vox.gateway.text import segment, written

_InWords = Callable[[str, str, frozenset[str]], Awaitable[str]]
_WHOLE = re.compile(r".*(?:\s|[\u2e80-\u9fff\uac00-\ud7a3\uff00-\uffef])", re.DOTALL)
"""Words that no later character belongs to."""
_CLAUSE = ".,;:!?…。，、；：！？"
_LONG = 200
"""Characters: more are not given at once, nor kept back for a clause's end."""


class Script:
    """Pieces of text in the order of speaking: segments, or deltas for an engine that takes those. Written by
    one, read by one."""

    def __init__(self, pieces: Iterable[str] = (), *, ended: bool = False) -> None:
        self.ahead = deque(pieces)
        """What is known to come."""
        self.size = sum(map(len, self.ahead))
        """Characters of that."""
        self.ended = ended
        """Nothing will be added."""
        self._news: asyncio.Future[None] | None = None

    @property
    def waits(self) -> bool:
        """Whether there is nothing to say just now, while more may come."""
        return not self.ahead and not self.ended

    @property
    def starved(self) -> bool:
        """Whether its reader has come to the end of what is written so far."""
        return self._news is not None and not self._news.done()

    def add(self, pieces: Iterable[str]) -> None:
        for piece in pieces:
            self.ahead.append(piece)
            self.size += len(piece)
        self._tell()

    def end(self) -> None:
        self.ended = True
        self._tell()

    async def more(self) -> bool:
        """Wait until something is ahead; False when nothing will ever be."""
        while self.waits:
            await self._written()
        return bool(self.ahead)

    async def speakable(self) -> str | None:
        """Wait until there is something to say; the piece that has it, which stays ahead. None when there
        will never be."""
        seen = 0
        while True:
            for at in range(seen, len(self.ahead)):
                if segment.speakable(self.ahead[at]):
                    return self.ahead[at]
            seen = len(self.ahead)
            if self.ended:
                return None
            await self._written()

    async def next(self) -> str | None:
        """The next piece, None after the last. Waits for it."""
        if not await self.more():
            return None
        piece = self.ahead.popleft()
        self.size -= len(piece)
        return piece

    async def _written(self) -> None:
        self._news = asyncio.get_running_loop().create_future()
        await self._news

    def _tell(self) -> None:
        if self._news is not None and not self._news.done() and not self.waits:
            self._news.set_result(None)


class Words:
    """A script of deltas as an engine that takes them wants it: whole words, written out where they are
    figures, which needs the clause around them."""

    def __init__(self, script: Script, language: str, kinds: frozenset[str], in_words: _InWords) -> None:
        self._script, self._language, self._kinds, self._in_words = script, language, kinds, in_words
        self._held = ""
        self._taken = ""

    def taken(self) -> str:
        """The text behind what was given since the last call, as it was written."""
        taken, self._taken = self._taken, ""
        return taken

    async def next(self, within: float | None = None) -> str | None:
        """The next words, some 200 characters of them at most. None at the end, or when no more is written
        `within` so many seconds."""
        while not (end := self._ready()):
            try:
                async with asyncio.timeout(within):
                    delta = await self._script.next()
            except TimeoutError:
                return None
            if delta is None:
                return await self._give(len(self._held)) if self._held else None
            self._held += delta
        return await self._give(end)

    def _ready(self) -> int:
        """How many characters can be given now."""
        found = _WHOLE.match(self._held[:_LONG]) or _WHOLE.match(self._held)
        if found is None:
            return 0
        words, more = found[0], len(self._held) > found.end()
        clause = words.rstrip()[-1:] in _CLAUSE or (more and len(self._held) > _LONG)
        return found.end() if clause or not written.needs(words, self._kinds) else 0

    async def _give(self, end: int) -> str:
        text, self._held = self._held[:end], self._held[end:]
        self._taken += text
        return await self._in_words(text, self._language, self._kinds)


def check_length(characters: int, config: Config) -> None:
    """Raises `BadRequest` for a text that is too long for one request."""
    if characters > config.max_text:
        long = f"{characters:,} characters are more than the {config.max_text:,} of one request"
        way_out = "send it in pieces, or raise the limit with: vox config set max_text N"
        raise BadRequest(f"the text is too long: {long}; {way_out}", param="input", code="text_too_long")
