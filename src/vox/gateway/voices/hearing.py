"""What is said in a recording, by the worker of a transcriber."""

from __future__ import annotations

import msgspec

from vox.config import Config
from vox.errors import BadRequest
from vox.gateway.fleet.pool import Pool
from vox.gateway.fleet.process import Recipe


class Heard(msgspec.Struct, frozen=True):
    """A transcript."""

    text: str
    language: str
    """BCP 47; "" where nobody knows."""


async def transcribe(pool: Pool, config: Config, transcriber: Recipe, path: str, language: str) -> Heard:
    """What is said in the prepared recording at `path`, in `language` ("" to find it out). Raises
    `BadRequest` where nothing is said in it."""
    with pool.lease(transcriber) as lease:
        async with lease.turn() as turn:
            turn.open("transcribe", {"path": path, "language": language}, lambda data: None).close()
            answer = await turn.result(config.speak_stall)
    text = str(answer.get("text", "")).strip()
    if not text:
        raise BadRequest("no words can be made out in the recording", param="audio_sample")
    return Heard(text, language or str(answer.get("language", "")))
