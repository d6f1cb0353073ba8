"""From the segments of one utterance to its sound: the cache, or (in words →) a turn on the engine, each time
into the same outlet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from vox.errors import WorkerDied
from vox.gateway.cache import LARGEST, Sound
from vox.gateway.fleet.link import Stream
from vox.gateway.fleet.pool import Lease, Turn
from vox.gateway.outlet import Outlet
from vox.gateway.script import Script, Words
from vox.gateway.speech import Order, Reference
from vox.gateway.text import segment

if TYPE_CHECKING:
    from vox.gateway.speak import Desk

_PIECE = 64 * 1024
_DIALECT = 1
"""Part of every segment's key in the cache: raised when the same text is to sound otherwise."""
_PATIENCE = 2.0
"""Seconds that an engine which takes text as it is written is kept for a writer who has stopped."""
_MUCH = 400
"""Characters of a text that is passed on as it is written after which the engine is another's, at the end of
a sentence; without one, after twice as many."""
_ENDS = (".", "!", "?", "…", "。", "！", "？")


class Speaker(NamedTuple):
    """Who speaks an utterance."""

    voice: str
    language: str
    reference: Reference | None
    identity: tuple[object, ...]
    """All that changes the sound of a segment, but its text."""


class Figures(msgspec.Struct):
    """How long an utterance took, in milliseconds; complete once it has ended."""

    load_ms: float = 0.0
    """Waiting for the engine: its start, its load, the turns of others."""
    generation_ms: float = 0.0
    """The engine's own work."""
    transcode_ms: float = 0.0
    """Waiting for the codec, beyond the engine."""
    first_ms: float = 0.0
    """Until the first bytes of the answer; 0 if there were none."""
    total_ms: float = 0.0


class Marker(Protocol):
    """Learns where in the answer the segments are."""

    def begin(self, text: str, place: int, rate: int) -> None:
        """A segment's sound begins after `place` bytes of the answer, at `rate` Hz. `text` is empty where it
        is still being written."""

    def end(self, text: str, place: int, seconds: float) -> None:
        """It ends after `place` bytes, which are `seconds` of sound."""


class Delivery:
    """Speaks one segment after another."""

    def __init__(
        self,
        desk: Desk,
        order: Order,
        speaker: Speaker,
        outlet: Outlet,
        stack: AsyncExitStack,
        *,
        figures: Figures,
        marker: Marker | None,
    ) -> None:
        """What is taken is given back by `stack`."""
        self.samples = 0
        """That the engine or the cache has given, at the engine's rate."""
        self.outlet = outlet
        self._desk, self._order, self._speaker = desk, order, speaker
        self._stack, self._figures, self._marker = stack, figures, marker
        self._engine: Lease | None = None
        self._passed_over = ""
        self._clock = asyncio.get_running_loop().time

    @property
    def progress(self) -> float:
        """Share of a load that is waited for, 0 to 1."""
        return self._engine.worker.progress if self._engine else 0.0

    def prepare(self, texts: Iterable[str]) -> None:
        """These will come: start what they need, all at once, unless the cache has them all."""
        keys = [self._key(text) for text in texts if segment.speakable(text)]
        if not all(key and self._desk.cache.has(key) for key in keys):
            self._lease()
            self.outlet.prepare(self._order.engine.sample_rate)

    async def segment(self, text: str) -> None:
        """Speak it. Raises `VoxError`."""
        with self._transcoding():
            await self.outlet.ready()
        key = self._key(text)
        sound = await self._desk.cache.get(key) if key else None
        if sound is not None:
            await self._open(sound.rate, text)
            for at in range(0, len(sound.data), _PIECE):
                await self.outlet.ready()
                self.outlet.write(sound.data[at : at + _PIECE])
            self._ended(text, sound.samples)
            return
        words = await self._desk.in_words(text, self._speaker.language, self._order.kinds)
        if not segment.speakable(words):
            self.skip(text)
            return
        take = _Take(self.outlet, keep=bool(key))
        rate = await self._speak(text, words, take)
        self._ended(text, take.size // 2)
        if key and take.kept:
            self._desk.cache.put(key, Sound(rate, take.size // 2, b"".join(take.kept)))

    def skip(self, text: str) -> None:
        """This has no sound."""
        self._passed_over += text

    async def deltas(self, script: Script, taken: Callable[[], Awaitable[None]]) -> None:
        """Pass a text on to the engine while it is written, some sentences a turn: others come between.
        `taken` waits until the listener has taken most of what there is. Raises `VoxError`."""
        words = Words(script, self._speaker.language, self._order.kinds, self._desk.in_words)
        while (first := await words.next()) is not None:
            if not segment.speakable(first):
                self.skip(words.taken())
                continue
            await taken()
            take = _Take(self.outlet, keep=False)
            async with self._turn() as turn:
                await self._open(turn.worker.loaded["sample_rate"], "")
                stream = turn.open("speak", self._request(None), take.write)
                feeding = asyncio.create_task(_feed(stream, first, words))
                try:
                    watched: list[asyncio.Future[Any]] = [feeding, stream.done, *self.outlet.watch]
                    await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
                    if feeding.done():
                        feeding.result()
                    await self._finish(turn, stream)
                finally:
                    feeding.cancel()
            self._ended(words.taken(), take.size // 2)
            if script.waits:
                await self.pause()

    async def pause(self) -> None:
        """Nobody knows when the next segment comes: let out all sound that there is. Raises `VoxError`."""
        with self._transcoding():
            await self.outlet.pause()

    async def close(self) -> None:
        """The end. Raises `VoxError`."""
        with self._transcoding():
            await self.outlet.close()

    def _key(self, text: str) -> str:
        """In the cache; "" where it is not to be used."""
        if not self._order.cached:
            return ""
        return self._desk.cache.key("segment", _DIALECT, self._speaker.identity, text)

    def _lease(self) -> Lease:
        if self._engine is None:
            speech = self._order.speech
            lease = self._desk.pool.lease(self._order.recipe, speech.keep_alive, self._order.priority)
            self._engine = self._stack.enter_context(lease)
        return self._engine

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[Turn]:
        asked = self._clock()
        async with self._lease().turn() as turn:
            granted = self._clock()
            self._figures.load_ms += (granted - asked) * 1000
            try:
                yield turn
            finally:
                self._figures.generation_ms += (self._clock() - granted) * 1000

    def _request(self, text: str | None) -> dict[str, Any]:
        speech, reference = self._order.speech, self._speaker.reference
        return {
            "text": text,
            "voice": self._speaker.voice,
            "language": self._speaker.language,
            "speed": self._order.speed,
            "seed": speech.seed,
            "options": speech.options,
            "instructions": speech.instructions,
            "reference": reference and msgspec.to_builtins(reference),
        }

    async def _open(self, rate: int, text: str) -> None:
        """The sound of `text` begins, at `rate` Hz."""
        with self._transcoding():
            await self.outlet.open(rate)
        if self._marker is not None:
            self._marker.begin(text, self.outlet.place(), self.outlet.rate)

    def _ended(self, text: str, samples: int) -> None:
        self.samples += samples
        self.outlet.seam()
        if self._marker is not None:
            self._marker.end(self._passed_over + text, self.outlet.place(), self.outlet.seconds)
        self._passed_over = ""

    async def _speak(self, text: str, words: str, take: _Take) -> int:
        """One segment by the engine; returns its sample rate in Hz. A worker that dies is replaced once: what
        it had given already is skipped if the engine repeats itself exactly, else there must have been
        nothing."""
        last_try = False
        while True:
            async with self._turn() as turn:
                rate = turn.worker.loaded["sample_rate"]
                if not last_try:
                    await self._open(rate, text)
                take.begin()
                try:
                    await self._finish(turn, turn.open("speak", self._request(words), take.write))
                    return rate
                except WorkerDied:
                    if last_try or (take.size and not self._order.engine.deterministic):
                        raise
            last_try = True

    async def _finish(self, turn: Turn, stream: Stream) -> None:
        """Wait for a segment's end. Raises `EngineFailed` when nothing comes for `speak_stall`, or when the
        codec fails meanwhile."""
        limit = self._desk.config().speak_stall
        while not stream.done.done():
            await turn.wait(limit, *self.outlet.watch)
            if (failed := self.outlet.failed) is not None:
                raise failed
        await stream.result()

    @contextmanager
    def _transcoding(self) -> Iterator[None]:
        began = self._clock()
        try:
            yield
        finally:
            self._figures.transcode_ms += (self._clock() - began) * 1000


async def _feed(stream: Stream, first: str, words: Words) -> None:
    """`first`, and what follows it without a long pause, to the end of a sentence when it is much."""
    piece: str | None = first
    fed = 0
    while piece is not None:
        stream.write(piece.encode(errors="replace"))
        stream.heard_at = asyncio.get_running_loop().time()  # it can't be expected to speak before
        fed += len(piece)
        ends = piece.rstrip().endswith(_ENDS)
        if fed >= _MUCH * (1 if ends else 2):
            break
        piece = await words.next(within=_PATIENCE)
    stream.close()


class _Take:
    """Passes PCM of a segment on, and keeps it if it is wanted later."""

    def __init__(self, outlet: Outlet, keep: bool) -> None:
        self.size = 0
        """Bytes passed on."""
        self.kept: list[bytes] = []
        self._outlet, self._keep = outlet, keep
        self._skip = 0

    def begin(self) -> None:
        """The engine starts, perhaps over: what it gave before is known and comes again."""
        self._skip = self.size

    def write(self, data: bytes) -> None:
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        if data:
            self.size += len(data)
            if self._keep and self.size <= LARGEST:
                self.kept.append(data)
            elif self.kept:
                self.kept.clear()
            self._outlet.write(data)
