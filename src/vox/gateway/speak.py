"""The only door to the engines: a `Speech` goes in, bytes come out of a `Spool`.

    text → segments → cache, or (in words →) a turn on the engine → (codec) → spool → the listener

One coroutine an utterance waits between segments; the audio itself passes through plain calls, from the
worker's socket to the listener's. Leaving `speak()`'s context cancels whatever is still going on, down to the
engine's next step: a disconnect, an interrupt and Ctrl-C are one mechanism.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec

from vox.config import Config
from vox.errors import BadRequest, EngineFailed, VoxError, WorkerDied
from vox.gateway import services
from vox.gateway.cache import LARGEST, Cache, Sound
from vox.gateway.fleet import hardware
from vox.gateway.fleet.catalog import Catalog
from vox.gateway.fleet.link import Stream
from vox.gateway.fleet.pool import Lease, Pool, Turn
from vox.gateway.outlet import Outlet, Tee
from vox.gateway.sink import Sink
from vox.gateway.speech import Order, Speech, identity, order
from vox.gateway.spool import Spool
from vox.gateway.text import segment, written
from vox.gateway.voices.choose import Voices, recorded
from vox.gateway.voices.clones import Clones
from vox.gateway.voices.references import held
from vox.wire.messages import KINDS

_LEAD = 192 * 1024
"""Bytes made and not yet taken beyond which no further segment is begun: 4 s of 24 kHz PCM."""
_PIECE = 64 * 1024
_DIALECT = 1
"""Part of every cache key: raised when segmentation or the chain below changes what is heard."""


class Desk:
    """Takes orders. One a gateway."""

    def __init__(self, config: Callable[[], Config], catalog: Catalog, pool: Pool, cache: Cache) -> None:
        self.config, self.catalog, self.pool, self.cache = config, catalog, pool, cache
        self.voices = Voices(pool)
        self.clones = Clones(config, catalog, pool)

    @asynccontextmanager
    async def speak(self, speech: Speech) -> AsyncIterator[Utterance]:
        """Begin to speak; leave the context to stop.

        Raises, before anything was begun, what `order` raises and `BadRequest` for empty or over-long text.
        What fails later is raised by the utterance's spool."""
        config = self.config()
        if len(speech.text) > config.max_text:
            long = f"{len(speech.text):,} characters are more than the {config.max_text:,} of one request"
            way_out = "send it in pieces, or raise the limit with: vox config set max_text N"
            raise BadRequest(f"the text is too long: {long}; {way_out}", param="input", code="text_too_long")
        if not segment.speakable(speech.text):
            raise BadRequest("there is nothing to say: the text has no letter and no digit", param="input")
        await hardware.look()
        speech = await self.clones.understood(speech)
        utterance = Utterance(self, order(speech, self.catalog, config))
        try:
            yield utterance
        finally:
            await utterance.stop()

    async def in_words(self, text: str, language: str, kinds: frozenset[str]) -> str:
        """`text` as it is said, by the text worker; as it stands where there is nothing to write out."""
        if not written.needs(text, kinds):
            return text
        config, written_out = self.config(), text.encode(errors="replace")
        request = {"language": language, "skip": [kind for kind in KINDS if kind not in kinds]}
        worker, limit = services.text(config), config.speak_stall
        _, said = await services.ask(self.pool, worker, "normalize", request, written_out, limit=limit)
        return said.decode()


class Utterance:
    """One speech under way."""

    def __init__(self, desk: Desk, order: Order) -> None:
        self.order = order
        self.spool = Spool()
        """Where its bytes come out."""
        self.rate = order.rate
        """Hz of what comes out; known once `spool.first()` has returned."""
        self.samples = 0
        """Samples that the engine or the cache has given, at the engine's rate."""
        self._desk = desk
        self._reference = order.reference
        self._engine: Lease | None = None
        self._task = asyncio.create_task(self._run(), name=f"utterance on {order.recipe.name}")

    @property
    def progress(self) -> float:
        """Share of a load that is waited for, 0 to 1."""
        return self._engine.worker.progress if self._engine else 0.0

    async def stop(self) -> None:
        """Cancel what is not finished."""
        self._task.cancel()
        self.spool.discard()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            await self._answer()
        except VoxError as error:
            self.spool.fail(error)
        except Exception as error:
            self.spool.fail(EngineFailed(f"vox failed in mid-speech: {type(error).__name__}: {error}"))
            raise

    async def _answer(self) -> None:
        voice, tongue = await self._voice()
        with held(self._reference.path if self._reference else ""):
            await self._answer_in(voice, tongue)

    async def _answer_in(self, voice: str, tongue: str) -> None:
        order, cache = self.order, self._desk.cache
        if not order.cached:
            await self._say(voice, tongue, None, self.spool)
            return
        like = self._reference and (self._reference.id, self._reference.language)
        who = (*identity(order, voice, tongue), like)
        form = (order.format.name if order.format else "", order.rate, order.stretch)
        whole = cache.key("answer", _DIALECT, who, form, order.speech.text)
        known = await cache.get(whole) if cache.has(whole) else None
        if known is not None:
            self.rate, self.samples = known.rate, known.samples
            await self._pour(known.data, self.spool.write)
            self.spool.close()
            return
        tee = Tee(self.spool)
        await self._say(voice, tongue, lambda text: cache.key("segment", _DIALECT, who, text), tee)
        if (data := tee.kept) is not None:
            cache.put(whole, Sound(self.rate, self.samples, data))

    async def _voice(self) -> tuple[str, str]:
        """The voice and the language that speak; `_reference` is known after it."""
        order = self.order
        if order.sample is not None:
            self._reference = await self._desk.clones.sample(order)
        if self._reference is not None:
            return order.voice.lower() or "default", recorded(order, self._reference)
        return await self._desk.voices.choose(order)

    async def _say(self, voice: str, tongue: str, key_of: Callable[[str], str] | None, out: Sink) -> None:
        """All segments in turn into `out`. With keys, what is in the cache comes from there, and the rest is
        kept there."""
        cache = self._desk.cache
        segments = [part for part in segment.split(self.order.speech.text, tongue) if segment.speakable(part)]
        keys = [key_of(part) if key_of else "" for part in segments]
        async with AsyncExitStack() as stack:
            outlet = Outlet(self.order, self._desk.pool, stack, out)
            if not all(key and cache.has(key) for key in keys):
                self._lease(stack)
                outlet.prepare(self.order.engine.sample_rate)  # so that both start at once
            for text, key in zip(segments, keys, strict=True):
                await self.spool.below(_LEAD)
                await outlet.ready()
                sound = await cache.get(key) if key else None
                if sound is not None:
                    await self._open(outlet, sound.rate)
                    await self._pour(sound.data, outlet.write, outlet)
                    self.samples += sound.samples
                    continue
                words = await self._desk.in_words(text, tongue, self.order.kinds)
                if not segment.speakable(words):
                    continue
                take = _Take(outlet, keep=bool(key))
                request = self._request(words, voice, tongue)
                rate = await self._speak(self._lease(stack), request, outlet, take)
                self.samples += take.size // 2
                if key and take.kept:
                    cache.put(key, Sound(rate, take.size // 2, b"".join(take.kept)))
            if not outlet.opened:
                left = "when markup and addresses are left out, nothing is left"
                raise BadRequest(
                    f"there is nothing to say: {left}; normalize: false reads it as it stands", param="input"
                )
            await outlet.close()

    def _lease(self, stack: AsyncExitStack) -> Lease:
        if self._engine is None:
            lease = self._desk.pool.lease(self.order.recipe, self.order.speech.keep_alive)
            self._engine = stack.enter_context(lease)
        return self._engine

    def _request(self, text: str, voice: str, tongue: str) -> dict[str, Any]:
        speech = self.order.speech
        return {
            "text": text,
            "voice": voice,
            "language": tongue,
            "speed": self.order.speed,
            "seed": speech.seed,
            "options": speech.options,
            "instructions": speech.instructions,
            "reference": self._reference and msgspec.to_builtins(self._reference),
        }

    async def _pour(self, data: bytes, write: Callable[[bytes], None], outlet: Outlet | None = None) -> None:
        """Write what is there already, no faster than it is taken."""
        for at in range(0, len(data), _PIECE):
            await self.spool.below(_LEAD)
            if outlet is not None:
                await outlet.ready()
            write(data[at : at + _PIECE])

    async def _open(self, outlet: Outlet, rate: int) -> None:
        await outlet.open(rate)
        self.rate = outlet.rate

    async def _speak(self, engine: Lease, request: dict[str, Any], outlet: Outlet, take: _Take) -> int:
        """One segment by the engine; returns its sample rate in Hz. A worker that dies is replaced once: what
        it had given already is skipped if the engine repeats itself exactly, else there must have been
        nothing."""
        last_try = False
        while True:
            async with engine.turn() as turn:
                rate = turn.worker.loaded["sample_rate"]
                await self._open(outlet, rate)
                take.begin()
                try:
                    await self._finish(turn, turn.open("speak", request, take.write), outlet)
                    return rate
                except WorkerDied:
                    if last_try or (take.size and not self.order.engine.deterministic):
                        raise
            last_try = True

    async def _finish(self, turn: Turn, stream: Stream, outlet: Outlet) -> None:
        """Wait for a segment's end. Raises `EngineFailed` when nothing comes for `speak_stall`, or when the
        codec fails meanwhile."""
        limit = self._desk.config().speak_stall
        while not stream.done.done():
            await turn.wait(limit, *outlet.watch)
            if (failed := outlet.failed) is not None:
                raise failed
        await stream.result()


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
