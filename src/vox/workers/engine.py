"""What an engine is: one file in `engines/` with a header that the gateway reads as text, and one class.

The file ends in `ENGINE = TheClass`; the host makes one instance in a process of its own, calls `load` once
and then `speak` for one segment after another: never two at a time, unless the header grants the engine more
`slots` than one, for it to batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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


class Reference(NamedTuple):
    """A recording of somebody, to speak like them."""

    id: str
    """64 hexadecimal digits that change with the sound and with the transcript."""
    path: str
    """A WAV file: s16le, mono, 24 kHz, at most 15 s, trimmed and levelled."""
    transcript: str
    """What is said in it; "" where nobody knows."""
    language: str
    """BCP 47, lower case; "" where nobody knows."""


Prompt = Mapping[str, Any]
"""What an engine makes of a reference and speaks from: NumPy arrays by name, on the CPU, of any dtype but
`object`. Text goes in as an array of no dimensions."""


class Segment(NamedTuple):
    """What `speak` is asked for: a clause, a sentence, or a little more."""

    text: str
    voice: str
    """A voice id of this engine, or an expression over them where the engine knows one; with a prompt the
    name that the prompt goes by, which means nothing to the engine."""
    language: str
    """BCP 47, lower case."""
    speed: float
    """1.0 is the voice's own pace; within the range that the engine's header states."""
    seed: int | None
    options: dict[str, Any]
    """The engine's own knobs: see `vox.workers.knobs`."""
    instructions: str = ""
    """How to say it, in plain words; only for an engine whose header says that it takes them."""
    prompt: Prompt | None = None
    """The voice, where it is a cloned one."""
    deltas: Iterator[str] | None = None
    """The text as it is written, only for an engine whose header says that it streams text; `text` is then
    empty. Blocks until there is more."""


class EngineError(Exception):
    """A failure worth telling the caller. `code` is a word of `vox.errors`: `unknown_voice`,
    `unsupported_language`, `invalid_value`, `model_broken`, `engine_failed`, …; `param` the request field at
    fault."""

    def __init__(self, message: str, code: str = "engine_failed", param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param


class Engine(Protocol):
    """`cancel` and `close` may be the functions given below. An engine that clones has `enroll` too."""

    def load(self, model: Model, progress: Progress) -> Ready:
        """Bring the model to the state in which the first `speak` is as fast as the tenth."""
        ...

    def speak(self, segment: Segment) -> Iterator[bytes]:
        """Yield s16le mono PCM as it is made, in pieces of any length. The host stops iterating to cancel,
        so each step should be short; it closes the generator, which must then leave no state behind."""
        ...

    def cancel(self, segment: Segment) -> None:
        """Called from another thread when `segment`, which `speak` was given, is not wanted any more: cut a
        long step short, if the engine can."""
        ...

    def close(self) -> None:
        """The process ends after this."""
        ...


class Cloner(Engine, Protocol):
    """An engine that speaks like a recording."""

    def enroll(self, reference: Reference) -> Prompt:
        """Compile a voice prompt. The host keeps it, in memory and on disk, and passes it to `speak`. Raises
        `EngineError`."""
        ...


class Transcript(NamedTuple):
    text: str
    language: str
    """BCP 47, lower case; "" where nobody knows."""


class Transcriber(Protocol):
    """The other kind of engine: its header says `role = "transcript"`."""

    def load(self, model: Model, progress: Progress) -> Ready:
        """As an engine's; the sample rate is 0 and there are no voices."""
        ...

    def transcribe(self, path: str, language: str) -> Transcript:
        """What is said in a WAV file as `Reference.path` has it, but of any length. `language` is BCP 47, ""
        to find it out. Raises `EngineError`."""
        ...

    def cancel(self, segment: None) -> None: ...

    def close(self) -> None: ...


def nothing(engine: Any, segment: Segment | None = None) -> None:
    """For `cancel` and `close` where there is nothing to do: `cancel = nothing`."""
