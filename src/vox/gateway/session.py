"""Speech while it is written: deltas of text in, sound and events out, and a stop that stops at once.

A session speaks one *passage* after another; a passage is what was fed between two flushes, and becomes one
utterance. Segments are spoken as soon as they are complete. A protocol's surface feeds sessions and is the
`Listener` of what comes out; several sessions (contexts) may share one connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from vox.errors import EngineFailed, QueueFull, VoxError
from vox.gateway.script import Script, check_length
from vox.gateway.speech import Order, Speech
from vox.gateway.text.segment import Segmenter
from vox.gateway.track import Track
from vox.gateway.utterance import Utterance

if TYPE_CHECKING:
    from vox.gateway.speak import Desk

log = logging.getLogger("vox")

_SETTLED = 0.06
"""Seconds without more text after which a sentence that seems to have ended has: writers that send whole
sentences don't say so, and a model's next word takes less."""
_BREATH = 2.5
"""Seconds without sound after which the listener is told that it is being worked on: clients give up after 3
of them, or 10."""

_MOST = 256
"""Passages that may wait."""


class Part(msgspec.Struct, frozen=True):
    """One segment of a passage."""

    index: int
    """0, 1, … within its passage."""
    text: str
    """As it was fed; at the beginning of a part, empty where the text is still being written."""


class Totals(msgspec.Struct, frozen=True):
    """Of one passage. Times in milliseconds, from when there was something to say."""

    number: int
    """What `flush` returned."""
    parts: int = 0
    bytes: int = 0
    """Of audio."""
    audio_ms: float = 0.0
    first_ms: float = 0.0
    """Until the first audio."""
    total_ms: float = 0.0
    load_ms: float = 0.0
    generation_ms: float = 0.0
    transcode_ms: float = 0.0
    backend: str = ""
    """Engine and model."""


class Listener:
    """Where a session's sound goes: a surface overrides what its protocol has words for. All is called in the
    order of the sound, and must return at once."""

    @property
    def writable(self) -> bool:
        """False: keep the sound until `Session.resume`."""
        return True

    def begin(self, part: Part, rate: int) -> None:
        """The sound of `part` comes next, at `rate` Hz."""

    def audio(self, data: bytes) -> None:
        """In the session's format, of any length."""

    def end(self, part: Part, spoken: str, ms: float) -> None:
        """All of `part` is out. `spoken` is the text of the passage up to here, `ms` the sound of it."""

    def flushed(self, totals: Totals) -> None:
        """A passage is out."""

    def failed(self, error: VoxError) -> None:
        """Instead of `flushed`: the passage broke off. What was fed after its flush is still spoken."""

    def loading(self, share: float) -> None:
        """Nothing has come for a while; `share`, 0 to 1, of a model's load is done."""


class _Passage:
    """What is fed until the next flush."""

    def __init__(self, number: int, speech: Speech, raw: bool) -> None:
        self.number, self.speech = number, speech
        self.script = Script()
        language = "" if speech.lang.lower() == "auto" else speech.lang
        self.segmenter = None if raw else Segmenter(language=language)

    def feed(self, text: str) -> None:
        self.script.add([text] if self.segmenter is None else self.segmenter.feed(text))

    def settle(self) -> None:
        if self.segmenter is not None:
            self.script.add(self.segmenter.settle())

    def end(self) -> None:
        if self.segmenter is not None:
            self.script.add(self.segmenter.flush())
        self.script.end()


class Session:
    """One context of speech. Make it by `Desk.converse`; `close` it when done."""

    def __init__(self, desk: Desk, speech: Speech, listener: Listener, raw: bool) -> None:
        """`raw`: the engine takes text as it is written."""
        self._desk, self._speech, self._listener, self._raw = desk, speech, listener, raw
        self._loop = asyncio.get_running_loop()
        self._number = 1
        self._writing: _Passage | None = None
        self._passages: deque[_Passage] = deque()
        self._run: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._speaking: _Speaking | None = None
        self._settling: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """Whether something is spoken, or waits to be."""
        return bool(self._passages)

    def change(self, speech: Speech, raw: bool) -> None:
        """Speak so from the next passage on."""
        self._speech, self._raw = speech, raw

    def feed(self, text: str) -> None:
        """The next characters of the text. Raises `BadRequest` when too much waits to be spoken."""
        unsaid = sum(passage.script.size for passage in self._passages)
        check_length(unsaid + len(text), self._desk.config())
        self._passage().feed(text)
        self._settle_later()

    def flush(self) -> int:
        """Speak all that was fed, whatever it ends with; the number of the passage that ends here, from 1.
        Raises `QueueFull`."""
        if len(self._passages) >= _MOST:
            raise QueueFull(f"{_MOST} texts wait in this session; wait for some of them", retry_after=1)
        passage = self._passage()
        passage.end()
        self._writing = None
        self._number += 1
        return passage.number

    def clear(self) -> None:
        """Drop all that was fed, and stop what is spoken. Nothing of it comes once this has returned, and its
        flushes are not answered."""
        self._number += self._writing is not None
        self._writing = None
        self._passages.clear()
        self._passages = deque()  # the old one is its task's
        if self._speaking is not None:
            self._speaking.drop()
            self._speaking = None
        if self._run is not None:
            self._run.cancel()
            self._run = None

    def resume(self) -> None:
        """The listener is writable again."""
        if self._speaking is not None:
            self._speaking.resume()

    async def close(self) -> None:
        """`clear`, and wait until the engine was told."""
        self.clear()
        if self._leaving:
            await asyncio.wait(self._leaving)

    def _passage(self) -> _Passage:
        """The one that is being written."""
        if self._writing is None:
            self._writing = _Passage(self._number, self._speech, self._raw)
            self._passages.append(self._writing)
            if self._run is None:
                self._run = self._loop.create_task(self._speak_all(self._passages), name="session")
                self._leaving.add(self._run)
                self._run.add_done_callback(self._leaving.discard)
        return self._writing

    def _settle_later(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
        if self._writing is not None and self._writing.segmenter is not None:
            self._settling = self._loop.call_later(_SETTLED, self._writing.settle)

    async def _speak_all(self, passages: deque[_Passage]) -> None:
        try:
            while passages:
                await self._speak(passages[0])
                if passages:  # a listener may have cleared them
                    passages.popleft()
        finally:
            if passages is self._passages:
                passages.clear()
                self._run = self._writing = None

    async def _speak(self, passage: _Passage) -> None:
        script = passage.script
        text = await script.speakable()
        if text is None:
            self._listener.flushed(Totals(passage.number))
            return
        began = self._loop.time()
        try:
            order = await self._desk.ordered(replace(passage.speech, text=text))
            speaking = self._speaking = _Speaking(self._desk, order, script, self._listener)
            try:
                await speaking.utterance.spool.finished()
            finally:
                await speaking.stop()
            self._speaking = None
        except VoxError as error:
            await self._broke_off(script, error)
        except Exception as error:
            log.exception("a session failed")
            message = f"vox failed: {type(error).__name__}; the daemon's log has the details"
            await self._broke_off(script, EngineFailed(message, code="internal_error"))
        else:
            self._listener.flushed(speaking.totals(passage.number, began))

    async def _broke_off(self, script: Script, error: VoxError) -> None:
        """What follows, up to the flush, belongs to what was not said."""
        self._speaking = None
        self._listener.failed(error)
        while await script.next() is not None:
            pass


class _Speaking:
    """One passage under way."""

    def __init__(self, desk: Desk, order: Order, script: Script, listener: Listener) -> None:
        self._loop = asyncio.get_running_loop()
        self._listener, self._script = listener, script
        self._track = Track(listener, self._loop.time)
        self._parts = 0
        self._spoken = ""
        self._seconds = 0.0
        self.utterance = Utterance(desk, order, script, self)
        self.utterance.spool.attach(self._track)
        self._breath = self._loop.call_later(_BREATH, self._breathe)

    def resume(self) -> None:
        if self._track.on_writable is not None:
            self._track.on_writable()

    def drop(self) -> None:
        """Nothing more comes out."""
        self._breath.cancel()
        self._track.drop()
        self.utterance.cancel()

    async def stop(self) -> None:
        self._breath.cancel()
        await self.utterance.stop()

    def totals(self, number: int, began: float) -> Totals:
        figures, first = self.utterance.figures, self._track.first_at
        return Totals(
            number=number,
            parts=self._parts,
            bytes=self._track.passed,
            audio_ms=self._seconds * 1000,
            first_ms=(first - began) * 1000 if first is not None else 0.0,
            total_ms=(self._loop.time() - began) * 1000,
            load_ms=figures.load_ms,
            generation_ms=figures.generation_ms,
            transcode_ms=figures.transcode_ms,
            backend=self.utterance.order.recipe.name,
        )

    # Marker: what the utterance says of its segments

    def begin(self, text: str, place: int, rate: int) -> None:
        self._track.at(place, partial(self._listener.begin, Part(self._parts, text), rate))

    def end(self, text: str, place: int, seconds: float) -> None:
        part = Part(self._parts, text)
        self._parts += 1
        self._spoken += text
        self._seconds = seconds
        self._track.at(place, partial(self._listener.end, part, self._spoken, seconds * 1000))

    def _breathe(self) -> None:
        silent = self._loop.time() - self._track.moved_at >= _BREATH
        if silent and not self._script.starved and self._listener.writable:
            self._listener.loading(self.utterance.progress)
        self._breath = self._loop.call_later(_BREATH, self._breathe)
