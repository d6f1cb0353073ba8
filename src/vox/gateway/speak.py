"""The only door to the engines: a `Speech` goes in, bytes come out.

    text → segments → cache, or (in words →) a turn on the engine → (codec) → spool → the listener

`speak` takes a text that is there; `converse` opens a session for one that is still being written. Both end
in an `Utterance`. One coroutine of it waits between segments; the audio itself passes through plain calls,
from the worker's socket to the listener's. Whoever leaves cancels what is still going on, down to the next
step of the engine: a disconnect, an interrupt and Ctrl-C are one mechanism.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from msgspec.structs import replace

from vox.config import Config
from vox.errors import BadRequest, QueueFull
from vox.gateway import services
from vox.gateway.cache import Cache
from vox.gateway.figures import Tally
from vox.gateway.fleet import hardware
from vox.gateway.fleet.catalog import Catalog
from vox.gateway.fleet.pool import Pool
from vox.gateway.models import named
from vox.gateway.script import check_length
from vox.gateway.session import Listener, Session
from vox.gateway.speech import Order, Speech, order
from vox.gateway.text import language, segment, written
from vox.gateway.utterance import Utterance
from vox.gateway.voices.choose import Voices
from vox.gateway.voices.clones import Clones
from vox.wire.messages import KINDS


class Desk:
    """Takes orders. One a gateway."""

    def __init__(self, config: Callable[[], Config], catalog: Catalog, pool: Pool, cache: Cache) -> None:
        self.config, self.catalog, self.pool, self.cache = config, catalog, pool, cache
        self.voices = Voices(pool)
        self.clones = Clones(config, catalog, pool)
        self.tally = Tally()

    @asynccontextmanager
    async def speak(self, speech: Speech) -> AsyncIterator[Utterance]:
        """Begin to speak; leave the context to stop.

        Raises, before anything was begun, what `order` raises and `BadRequest` for empty or over-long text.
        What fails later is raised by the utterance's spool."""
        check_length(len(speech.text), self.config())
        if not segment.speakable(speech.text):
            raise BadRequest("there is nothing to say: the text has no letter and no digit", param="input")
        utterance = Utterance(self, await self.ordered(speech))
        try:
            yield utterance
        finally:
            await utterance.stop()

    async def check(self, speech: Speech) -> Order:
        """Whether a session could speak as `speech` says, whose text is empty. Raises what `order` does."""
        await hardware.look()
        known = replace(speech, lang="") if speech.lang.lower() == "auto" else speech
        return order(await self.clones.understood(known), self.catalog, self.config())

    async def converse(self, speech: Speech, listener: Listener) -> Session:
        """A session that speaks so. Its engine starts to load, since whoever opens a session will speak soon.
        Raises what `order` raises."""
        return Session(self, speech, listener, raw=await self.expect(speech))

    async def change(self, session: Session, speech: Speech) -> None:
        """Have `session` speak so from its next passage on. Raises what `order` raises."""
        session.change(speech, raw=await self.expect(speech))

    async def expect(self, speech: Speech) -> bool:
        """A session will speak so: its engine starts to load. Returns whether that takes text as it is
        written. Raises what `order` raises."""
        made = await self.check(speech)
        if speech.voice or speech.lang or len(made.engine.models) == 1:  # else the text may choose the model
            with suppress(QueueFull), self.pool.lease(made.recipe, speech.keep_alive):
                pass
        return bool(made.engine.streams_text)

    async def ordered(self, speech: Speech) -> Order:
        """Raises what `order` raises."""
        await hardware.look()
        return order(await self._understood(speech), self.catalog, self.config())

    async def _understood(self, speech: Speech) -> Speech:
        """`speech` with the language of its text for "auto", and the recording that its voice names."""
        wanted = speech.lang or named(speech.model, self.config())[2]
        if wanted.lower() == "auto":
            speech = replace(speech, lang=await self._detect(speech.text))
        return await self.clones.understood(speech)

    async def _detect(self, text: str) -> str:
        """BCP 47; "" where nothing tells."""
        if tag := language.by_script(text):
            return tag
        config, start = self.config(), text[:2000].encode(errors="replace")
        asked = services.ask(self.pool, services.text(config), "detect", {}, start, limit=config.speak_stall)
        answer, _ = await asked
        return str(answer.get("language", ""))

    async def in_words(self, text: str, language: str, kinds: frozenset[str]) -> str:
        """`text` as it is said, by the text worker; as it stands where there is nothing to write out."""
        if not written.needs(text, kinds):
            return text
        config, written_out = self.config(), text.encode(errors="replace")
        request = {"language": language, "skip": [kind for kind in KINDS if kind not in kinds]}
        worker, limit = services.text(config), config.speak_stall
        _, said = await services.ask(self.pool, worker, "normalize", request, written_out, limit=limit)
        return said.decode()
