"""What the host can run: an engine (wrapped by `Speaker`), the codec, the player, the text worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from vox.wire.messages import Loaded
from vox.workers.engine import Engine, EngineError, Model, Progress, Segment


class Job(Protocol):
    """One open stream, as a service sees it. Its thread is the service's while it runs."""

    def read(self) -> Iterator[bytes]:
        """The stream's input as it arrives, until the gateway ends it. Stops early when cancelled."""
        ...

    @property
    def cancelled(self) -> bool: ...

    def note(self, key: str, value: Any) -> None:
        """Add a figure, by name, to the message that ends the stream."""
        ...


class Service(Protocol):
    """One thing behind the wire. Raise `EngineError` for a failure that the caller should read."""

    streams: int
    """How many jobs may run at once, each in a thread of its own."""

    def load(self, request: dict[str, Any], progress: Progress) -> Loaded: ...

    def run(self, op: str, request: dict[str, Any], job: Job) -> Iterator[bytes]:
        """Yield the job's output in pieces of any length. Closed early when the job is cancelled."""
        ...

    def cancel(self) -> None:
        """Called from another thread when a job is cancelled: cut a long step short, if possible."""
        ...

    def close(self) -> None: ...


class Speaker:
    """An engine as a service: one segment at a time."""

    streams = 1

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def load(self, request: dict[str, Any], progress: Progress) -> Loaded:
        ready = self._engine.load(
            Model(request["model"], request["directory"], request["device"], request["options"]), progress
        )
        return {"sample_rate": ready.sample_rate, "voices": ready.voices}

    def run(self, op: str, request: dict[str, Any], job: Job) -> Iterator[bytes]:
        if op != "speak":
            raise EngineError(f"an engine can't {op}", code="invalid_value")
        names = ("text", "voice", "language", "speed", "seed", "options")
        return self._engine.speak(Segment(*(request[name] for name in names)))

    def cancel(self) -> None:
        self._engine.cancel()

    def close(self) -> None:
        self._engine.close()
