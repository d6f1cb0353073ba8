"""What is said in a recording, by the worker of a transcriber."""

from __future__ import annotations

import msgspec

from vox.config import Config
from vox.errors import BadRequest
from vox.gateway.fleet.pool import Pool
from vox.gateway.fleet.process import Recipe
from vox.gateway.services import ask
from vox.gateway.voices.references import Prepared, lent


class Heard(msgspec.Struct, frozen=True):
    """A transcript."""

    text: str
    language: str
    """BCP 47; "" where nobody knows."""


async def transcribe(
    pool: Pool, config: Config, transcriber: Recipe, prepared: Prepared, language: str
) -> Heard:
    """What is said in a recording, in `language` ("" to find it out). Raises `BadRequest` where nothing is
    said in it."""
    # A transcriber is silent until it has heard all: one as slow as speech is still at work.
    limit = config.speak_stall + prepared.seconds
    with lent(prepared) as path:
        request = {"path": path, "language": language}
        answer, _ = await ask(pool, transcriber, "transcribe", request, limit=limit)
    text = str(answer.get("text", "")).strip()
    if not text:
        raise BadRequest("no words can be made out in the recording", param="audio_sample")
    return Heard(text, language or str(answer.get("language", "")))
