"""What an engine is: one file in `engines/` with a header that the gateway reads as text, and one class.

The file ends in `ENGINE = TheClass`; the host makes one instance in a process of its own, calls `load` once
and then `speak` for one segment after another, never two at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

from vox.wire.messages import VoiceInfo

Progress = Callable[[float, str], None]
"""Called with a share from 0 to 1 and a word about the present stage of loading."""


class Model(NamedTuple):
    """What `load` is asked for."""

    name: str
    directory: str | None
    """Where the model's files are; None for an engine that brings its own."""
    device: str
    """"auto", "cpu", "cuda" or "mps"."""
    options: dict[str, Any]


class Ready(NamedTuple):
    """What `load` answers."""

    sample_rate: int
    """Hz, of all audio that `speak` yields."""
    voices: list[VoiceInfo]


class Segment(NamedTuple):
    """What `speak` is asked for: a clause, a sentence, or a little more."""

    text: str
    voice: str
    """A voice id of this engine, or an expression over them where the engine knows one."""
    language: str
    """BCP 47, lower case."""
    speed: float
    """1.0 is the voice's own pace; within the range that the engine's header states."""
    seed: int | None
    options: dict[str, Any]


class EngineError(Exception):
    """A failure worth telling the caller. `code` is a word of `vox.errors`: `unknown_voice`,
    `unsupported_language`, `model_broken`, `engine_failed`, …; `param` the request field at fault."""

    def __init__(self, message: str, code: str = "engine_failed", param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param


class Engine(Protocol):
    """Five methods; `cancel` and `close` may be the functions given below."""

    def load(self, model: Model, progress: Progress) -> Ready:
        """Bring the model to the state in which the first `speak` is as fast as the tenth."""
        ...

    def speak(self, segment: Segment) -> Iterator[bytes]:
        """Yield s16le mono PCM as it is made, in pieces of any length. The host stops iterating to cancel,
        so each step should be short; it closes the generator, which must then leave no state behind."""
        ...

    def cancel(self) -> None:
        """Called from another thread when the present segment is not wanted any more: cut a long step short,
        if the engine can."""
        ...

    def close(self) -> None:
        """The process ends after this."""
        ...


def nothing(engine: Engine) -> None:
    """For `cancel` and `close` where there is nothing to do: `cancel = nothing`."""
