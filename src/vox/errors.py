"""Every failure that a user can see: one tree, each with its HTTP status and OpenAI error type.

    VoxError
    ├── BadRequest            400  what was asked for is wrong; `param` names the field
    ├── Unauthorized          401  no key, or not one of ours
    ├── Forbidden             403  wrong Host or Origin, or a control call from outside
    ├── NotFound              404  no such path, no such model
    ├── MethodNotAllowed      405
    ├── Conflict              409  the name is taken
    ├── TooLarge              413  body or text over the cap
    ├── UnsupportedMedia      415  a POST that is not JSON
    ├── NotInstalled          424  engine not installed or model not pulled; the message has the command
    ├── QueueFull             429  come back after `retry_after` seconds
    ├── EngineFailed          500  an engine, the codec or the player failed
    │   └── WorkerDied             … by dying; worth another try where nothing was sent yet
    └── Unavailable           503  cooling down, draining, or waited too long; `retry_after`

A message is one sentence or two that say what was wrong and what would work. Names of workers' failure codes
(`Failure.code` on the wire) are the `code`s here.
"""

from __future__ import annotations


class VoxError(Exception):
    """A failure with a message for the user.

    `code` is a stable word for programs, `param` the request field at fault, `retry_after` in seconds.
    """

    status = 500
    kind = "server_error"
    default_code: str | None = None

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.param = param
        self.retry_after = retry_after


class BadRequest(VoxError):
    status = 400
    kind = "invalid_request_error"
    default_code = "invalid_value"


class Unauthorized(VoxError):
    status = 401
    kind = "authentication_error"
    default_code = "invalid_api_key"


class Forbidden(VoxError):
    status = 403
    kind = "permission_error"
    default_code = "forbidden"


class NotFound(VoxError):
    status = 404
    kind = "invalid_request_error"
    default_code = "not_found"


class MethodNotAllowed(VoxError):
    status = 405
    kind = "invalid_request_error"
    default_code = "method_not_allowed"


class Conflict(VoxError):
    status = 409
    kind = "invalid_request_error"
    default_code = "voice_exists"


class TooLarge(VoxError):
    status = 413
    kind = "invalid_request_error"
    default_code = "too_large"


class UnsupportedMedia(VoxError):
    status = 415
    kind = "invalid_request_error"
    default_code = "unsupported_media_type"


class NotInstalled(VoxError):
    status = 424
    kind = "invalid_request_error"
    default_code = "not_installed"


class QueueFull(VoxError):
    status = 429
    kind = "rate_limit_error"
    default_code = "queue_full"


class EngineFailed(VoxError):
    default_code = "engine_failed"


class WorkerDied(EngineFailed):
    default_code = "worker_died"


class Unavailable(VoxError):
    status = 503
    default_code = "unavailable"


FROM_WORKER: dict[str, type[VoxError]] = {
    "invalid_value": BadRequest,
    "unknown_voice": BadRequest,
    "unsupported_language": BadRequest,
    "not_installed": NotInstalled,
    "model_broken": EngineFailed,
    "engine_failed": EngineFailed,
    "codec_failed": EngineFailed,
    "no_audio_device": Unavailable,
    "source_failed": Unavailable,
}
"""Failure codes that a worker may send, and what the user sees of them; any other is `EngineFailed`."""


def near_misses(word: str, known: list[str], most: int = 3) -> list[str]:
    """The known words that look like `word`, best first."""
    from difflib import get_close_matches  # 5 ms and half a megabyte, on the way to an error only

    return get_close_matches(word.lower(), known, n=most, cutoff=0.6)


def unknown(what: str, word: str, known: list[str]) -> str:
    """The sentence for an unknown value: names the near matches, or what is known where it is little."""
    word = word[:80]  # no more of it: it may be a book, which takes long to compare and to read
    near = near_misses(word, known)
    if near:
        return f"unknown {what} {word!r}; did you mean {' or '.join(near)}?"
    if known and len(known) <= 16:
        return f"unknown {what} {word!r}; known: {', '.join(known)}."
    return f"unknown {what} {word!r}."
