"""Audio as an HTTP answer: what every surface that answers with plain audio shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

from vox.errors import BadRequest
from vox.gateway.http import Request
from vox.gateway.server.asgi import Header
from vox.gateway.sink import Body, Sink, open_sink
from vox.gateway.utterance import Utterance
from vox.options import seconds


class Manner(msgspec.Struct, kw_only=True):
    """What every request may say of how it is spoken, whatever its protocol calls the rest."""

    speed: float | None = None
    keep_alive: float | str | None = None
    cache: bool | None = None
    seed: int | None = None
    options: dict[str, Any] = {}
    preset: str | None = None
    priority: Literal["interactive", "batch"] | None = None
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
            "preset": self.preset or "",
            "priority": self.priority or "",
            "normalize": self.normalize,
            "instructions": self.instructions or "",
        }


async def send_audio(
    request: Request,
    utterance: Utterance,
    ignored: Sequence[str] = (),
    *,
    media_type: str = "",
    through: Callable[[Sink], Sink] | None = None,
) -> None:
    """Answer with the audio as it is made. The status is sent with the first of it, so that whatever fails
    before that is raised here and becomes an HTTP error of its own. `ignored` names what of the request
    nothing comes of; `through` puts the audio in another form, of `media_type`."""
    opened: list[Body] = []

    def begin() -> Sink:
        headers = head(utterance, ignored, media_type)
        body = open_sink(request.scope, request.receive, request.send, 200, headers)
        opened.append(body)
        return body if through is None else through(body)

    # The very call that brings the first bytes opens the answer: no turn of the event loop lies between.
    utterance.spool.attach_at_first(begin)
    await utterance.spool.first()
    await opened[0].finished()


def head(utterance: Utterance, ignored: Sequence[str] = (), media_type: str = "") -> list[Header]:
    """The headers of an answer whose audio has begun."""
    format = utterance.order.format
    assert format is not None
    headers = [
        (b"content-type", (media_type or format.media_type).encode()),
        (b"x-vox-engine", utterance.order.recipe.name.encode()),
        (b"x-vox-sample-rate", str(utterance.rate).encode()),
    ]
    # Clients send `instructions` always: no error, but said.
    said = ", ".join((*utterance.order.ignored, *ignored))
    return [*headers, (b"x-vox-ignored", said.encode())] if said else headers


class Gathered:
    """A `Sink` that keeps everything."""

    def __init__(self) -> None:
        self.on_writable: Callable[[], None] | None = None
        self.writable = True
        self._parts: list[bytes] = []

    @property
    def data(self) -> bytes:
        return b"".join(self._parts)

    def write(self, data: bytes) -> None:
        self._parts.append(data)

    def close(self) -> None:
        """The spool says so, too."""

    def abort(self) -> None:
        """The spool says why."""


def keep_alive(value: float | str | None) -> float | None:
    """Seconds from a request's `keep_alive`. Raises `BadRequest`."""
    if value is None:
        return None
    try:
        return seconds(value)
    except ValueError:
        message = f"keep_alive {value!r} is not a duration; use 0, -1, seconds or '30m'"
        raise BadRequest(message, param="keep_alive") from None
