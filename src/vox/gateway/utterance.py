"""One speech under way: pieces of text in, as they come to be; the bytes of the answer out of its spool."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

from vox.errors import BadRequest, EngineFailed, VoxError
from vox.gateway.cache import Sound
from vox.gateway.delivery import Delivery, Figures, Marker, Speaker
from vox.gateway.outlet import Outlet, Tee
from vox.gateway.script import Script
from vox.gateway.sink import Sink
from vox.gateway.speech import Order, identity
from vox.gateway.spool import Spool
from vox.gateway.text import segment
from vox.gateway.voices.choose import recorded
from vox.gateway.voices.references import held

if TYPE_CHECKING:
    from vox.gateway.speak import Desk

_LEAD = 192 * 1024
"""Bytes made and not yet taken beyond which no further segment is begun: 4 s of 24 kHz PCM."""
_PIECE = 64 * 1024
_DIALECT = 2
"""Part of every cache key: raised when segmentation or the chain below changes what is heard."""


class Utterance:
    """Begins to speak at once. What fails is raised by its spool."""

    def __init__(
        self, desk: Desk, order: Order, script: Script | None = None, marker: Marker | None = None
    ) -> None:
        """Without a script, the text of the order is spoken."""
        self.order = order
        self.spool = Spool()
        """Where its bytes come out."""
        self.figures = Figures()
        self._desk, self._script, self._marker = desk, script, marker
        self._delivery: Delivery | None = None
        self._known: Sound | None = None
        loop = asyncio.get_running_loop()
        self._clock, self._began = loop.time, loop.time()
        self._task = asyncio.create_task(self._run(), name=f"utterance on {order.recipe.name}")

    @property
    def rate(self) -> int:
        """Hz of what comes out; known once `spool.first()` has returned."""
        if self._known is not None:
            return self._known.rate
        return self._delivery.outlet.rate if self._delivery else self.order.rate

    @property
    def samples(self) -> int:
        """Samples that the engine or the cache has given, at the engine's rate."""
        if self._known is not None:
            return self._known.samples
        return self._delivery.samples if self._delivery else 0

    @property
    def progress(self) -> float:
        """Share of a load that is waited for, 0 to 1."""
        return self._delivery.progress if self._delivery else 0.0

    def cancel(self) -> None:
        """Drop what is not finished; from now on nothing comes out."""
        self._task.cancel()
        self.spool.discard()

    async def stop(self) -> None:
        """The same, and wait until the engine was told."""
        self.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        failed = False
        try:
            await self._answer()
        except VoxError as error:
            failed = True
            self.spool.fail(error)
        except Exception as error:
            failed = True
            self.spool.fail(EngineFailed(f"vox failed in mid-speech: {type(error).__name__}: {error}"))
            raise
        finally:
            self.figures.total_ms = (self._clock() - self._began) * 1000
            self.figures.first_ms = ((self.spool.began_at or self._began) - self._began) * 1000
            self._desk.tally.ended(self.figures.first_ms, failed)

    async def _answer(self) -> None:
        order = self.order
        reference = order.reference
        if order.sample is not None:
            reference = await self._desk.clones.sample(order)
        with held(reference.path if reference else ""):
            if reference is not None:
                voice, tongue = order.voice.lower() or "default", recorded(order, reference)
            else:
                voice, tongue = await self._desk.voices.choose(order)
            like = reference and (reference.id, reference.language)
            speaker = Speaker(voice, tongue, reference, (*identity(order, voice, tongue), like))
            if self._script is not None:
                await self._say(self._script, speaker, self.spool)
            elif order.cached:
                await self._answer_whole(speaker)
            else:
                await self._say(self._whole(speaker), speaker, self.spool)

    async def _answer_whole(self, speaker: Speaker) -> None:
        """From the cache, where the whole answer was given before; else it is kept there."""
        order, cache = self.order, self._desk.cache
        form = (order.format.name if order.format else "", order.rate, order.stretch)
        key = cache.key("answer", _DIALECT, speaker.identity, form, order.speech.text)
        known = await cache.get(key) if cache.has(key) else None
        if known is not None:
            self._known = known
            for at in range(0, len(known.data), _PIECE):
                await self.spool.below(_LEAD)
                self.spool.write(known.data[at : at + _PIECE])
            self.spool.close()
            return
        tee = Tee(self.spool)
        await self._say(self._whole(speaker), speaker, tee)
        if (data := tee.kept) is not None:
            cache.put(key, Sound(self.rate, self.samples, data))

    def _whole(self, speaker: Speaker) -> Script:
        """The text of the order, all of it."""
        parts = segment.split(self.order.speech.text, speaker.language)
        return Script((part for part in parts if segment.speakable(part)), ended=True)

    async def _say(self, script: Script, speaker: Speaker, out: Sink) -> None:
        """All that the script says, into `out`."""
        live = self._script is not None
        async with AsyncExitStack() as stack:
            several = live or len(script.ahead) > 1
            outlet = Outlet(self.order, self._desk.pool, stack, out, seams=several)
            deliver = self._delivery = Delivery(
                self._desk, self.order, speaker, outlet, stack, figures=self.figures, marker=self._marker
            )
            if live and self.order.engine.streams_text:
                await deliver.deltas(script, partial(self.spool.below, _LEAD))
            else:
                deliver.prepare(script.ahead)
                await self._segments(script, deliver)
            if not outlet.opened and not live:
                left = "when markup and addresses are left out, nothing is left"
                raise BadRequest(
                    f"there is nothing to say: {left}; normalize: false reads it as it stands", param="input"
                )
            await deliver.close()

    async def _segments(self, script: Script, deliver: Delivery) -> None:
        while True:
            if script.waits:
                await deliver.pause()
            text = await script.next()
            if text is None:
                return
            if segment.speakable(text):
                await self.spool.below(_LEAD)
                await deliver.segment(text)
            else:
                deliver.skip(text)
