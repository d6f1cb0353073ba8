"""Audio as an HTTP answer: what every surface that answers with plain audio shares."""

from __future__ import annotations

from typing import Any

import msgspec

from vox import config
from vox.errors import BadRequest
from vox.gateway.http import Request
from vox.gateway.server.asgi import Header
from vox.gateway.sink import Body, open_sink
from vox.gateway.speak import Utterance


class Manner(msgspec.Struct, kw_only=True):
    """What every request may say of how it is spoken, whatever its protocol calls the rest."""

    speed: float | None = None
    keep_alive: float | str | None = None
    cache: bool | None = None
    seed: int | None = None
    options: dict[str, Any] = {}
    normalize: bool | dict[str, bool] | None = None
    instructions: str | None = None

    def manner(self) -> dict[str, Any]:
        """The same as fields of a `Speech`. Raises `BadRequest`."""
        return {
            "speed": self.speed,
            "keep_alive": keep_alive(self.keep_alive),
            "cache": self.cache,
            "seed": self.seed,
            "options": self.options,
            "normalize": self.normalize,
            "instructions": self.instructions or "",
        }


async def send_audio(request: Request, utterance: Utterance, ignored: str = "") -> None:
    """Answer with the audio as it is made. The status is sent with the first of it, so that whatever fails
    before that is raised here and becomes an HTTP error of its own. `ignored` names request fields that the
    engine has no use for."""
    opened: list[Body] = []

    def begin() -> Body:
        opened.append(open_sink(request.scope, request.receive, request.send, 200, _head(utterance, ignored)))
        return opened[0]

    # The very call that brings the first bytes opens the answer: no turn of the event loop lies between.
    utterance.spool.attach_at_first(begin)
    await utterance.spool.first()
    await opened[0].finished()


def _head(utterance: Utterance, ignored: str) -> list[Header]:
    format = utterance.order.format
    assert format is not None
    headers = [
        (b"content-type", format.media_type.encode()),
        (b"x-vox-engine", utterance.order.recipe.name.encode()),
        (b"x-vox-sample-rate", str(utterance.rate).encode()),
    ]
    return [*headers, (b"x-vox-ignored", ignored.encode())] if ignored else headers


def keep_alive(value: float | str | None) -> float | None:
    """Seconds from a request's `keep_alive`. Raises `BadRequest`."""
    if value is None:
        return None
    try:
        return config.seconds(value)
    except ValueError:
        message = f"keep_alive {value!r} is not a duration; use 0, -1, seconds or '30m'"
        raise BadRequest(message, param="keep_alive") from None
