"""Which recorded voice a name means: one of the user's, one of a source, or what comes with a model.

A name is looked up among the user's aliases first, then among their voices, then among the engine's own
voices, last in the sources. A recorded voice is one name for all engines that can speak like a recording:
each compiles its own prompt from it when it first speaks.
"""

from __future__ import annotations

import os
from binascii import a2b_base64
from collections.abc import Callable
from contextlib import suppress

from msgspec.structs import replace

from vox.config import Config
from vox.errors import BadRequest, EngineFailed, NotInstalled
from vox.gateway.fleet.catalog import Catalog, EngineSpec
from vox.gateway.fleet.pool import Pool
from vox.gateway.fleet.process import Recipe
from vox.gateway.models import named, recipe, variant
from vox.gateway.speech import Order, Reference, Speech, usual_voice
from vox.gateway.voices import store
from vox.gateway.voices.hearing import Heard, transcribe
from vox.gateway.voices.references import Prepared, checked_language, checked_text, keep, prepare
from vox.gateway.voices.sources import Sources


class Clones:
    """The recorded voices of one gateway."""

    def __init__(self, config: Callable[[], Config], catalog: Catalog, pool: Pool) -> None:
        self._config, self._catalog, self._pool = config, catalog, pool
        self._samples: dict[str, Reference] = {}
        self.sources = Sources(config, pool)

    async def understood(self, speech: Speech) -> Speech:
        """`speech` with the recording that its voice names, if it names one. Raises `NotFound` for an unknown
        engine, and what a source's recording is refused for."""
        if speech.reference is not None:
            return speech
        config = self._config()
        engine = self._catalog.find(named(speech.model, config)[0])
        name = config.alias(engine.name, speech.voice or usual_voice(engine, config))
        if not name:
            return speech
        reference = await self._find(engine, name)
        return speech if reference is None else replace(speech, voice=name, reference=reference)

    async def _find(self, engine: EngineSpec, name: str) -> Reference | None:
        word = name.lower()
        own = word in engine.presets or word in engine.aliases or word == "default"
        if own and not engine.cloning:  # it can't mean the recording of that name
            return None
        voice = store.find(name)
        if voice is not None:
            return voice.reference
        if own or not engine.cloning:
            return None
        return await self.sources.find(name)

    async def sample(self, order: Order) -> Reference:
        """The recording that came with the order's model. Raises `EngineFailed` when it can't be used."""
        assert order.sample is not None and order.recipe.directory is not None
        path = os.path.join(order.recipe.directory, order.sample.file)
        stamp = f"{path} {os.stat(path).st_mtime_ns}" if os.path.exists(path) else ""
        known = self._samples.get(stamp)
        if known is not None and os.path.exists(known.path):
            return known
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            name = f"{order.engine.name}/{order.model}"
            message = f"the voice that comes with {name} is missing ({error}); run: vox pull {name}"
            raise EngineFailed(message, code="model_broken") from None
        prepared = await prepare(self._pool, self._config(), data)
        made = keep(prepared, order.sample.transcript, order.sample.language)
        self._samples[stamp] = made
        return made

    async def heard(self, data: bytes, transcript: str, language: str) -> tuple[Prepared, Heard]:
        """A recording made ready, and its transcript: the one given, else what the transcriber hears where
        one is installed, else "". Raises `BadRequest` with what is wrong with it."""
        heard = Heard(checked_text(transcript, "ref_text"), checked_language(language))
        prepared = await prepare(self._pool, self._config(), data)
        if not heard.text and (transcriber := self._transcriber()) is not None:
            heard = await transcribe(self._pool, self._config(), transcriber, prepared, heard.language)
        return prepared, heard

    async def transcribed(self, data: bytes, language: str) -> Heard:
        """What is said in a recording of any length. Raises `BadRequest`, and `NotInstalled` without a
        transcriber."""
        transcriber = self._transcriber(wanted=True)
        assert transcriber is not None
        language = checked_language(language)
        prepared = await prepare(self._pool, self._config(), data, whole=True)
        return await transcribe(self._pool, self._config(), transcriber, prepared, language)

    def _transcriber(self, wanted: bool = False) -> Recipe | None:
        """The worker of the first transcriber that can run here; without one None, or if it is `wanted`
        raises `NotInstalled`."""
        config = self._config()
        engines = [engine for engine in self._catalog.engines.values() if engine.role == "transcript"]
        for engine in engines:
            with suppress(NotInstalled):
                return recipe(engine, variant(engine, "", config), config)
        if not wanted:
            return None
        if not engines:
            raise NotInstalled("this vox has no transcriber")
        return recipe(engines[0], variant(engines[0], "", config), config)  # says what is missing

    async def like(self, speech: Speech, ref_audio: str, ref_text: str) -> Speech:
        """`speech` in the voice of the recording that came with it, in base64 or as a `data:` URL of it, as
        vLLM-Omni takes it. Raises `BadRequest`."""
        try:
            sound = a2b_base64(ref_audio.rpartition(",")[2], strict_mode=True)
        except ValueError:
            raise BadRequest("ref_audio is not base64, nor a data: URL of it", param="ref_audio") from None
        return replace(speech, voice="inline", reference=await self.inline(sound, ref_text))

    async def inline(self, data: bytes, transcript: str) -> Reference:
        """A recording that came with a request, in whatever language: that of the request is what is to be
        said. Raises `BadRequest` with what is wrong with it."""
        prepared, heard = await self.heard(data, transcript, "")
        return keep(prepared, heard.text, heard.language)
