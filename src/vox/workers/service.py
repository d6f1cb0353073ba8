"""What the host can run: an engine (wrapped by `Speaker`), the codec, the player, the text worker.

Most are a `Service`: a job has a thread of its own, and takes as long as it takes. The codec is `Piping`: its
jobs only ever answer what they are fed, in short steps, so all of them share one thread.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from vox.wire.messages import Loaded
from vox.workers.engine import Engine, EngineError, Model, Progress, Reference, Segment, Transcriber
from vox.workers.prompts import Prompts


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
    """How many jobs may run at once, each in a thread of its own; read after `load`."""

    def load(self, request: dict[str, Any], progress: Progress) -> Loaded: ...

    def run(self, op: str, request: dict[str, Any], job: Job) -> Iterator[bytes]:
        """Yield the job's output in pieces of any length. Closed early when the job is cancelled."""
        ...

    def cancel(self, job: Job) -> None:
        """Called from another thread when a running job is cancelled: cut a long step short, if possible."""
        ...

    def close(self) -> None: ...


class Pipe(Protocol):
    """One job of a `Piping` service: bytes in, bytes out, in steps of milliseconds at most."""

    def feed(self, data: bytes) -> bytes:
        """Returns what is ready. Called first with nothing, when the stream is opened."""
        ...

    def finish(self) -> bytes:
        """The rest, at the end of the input."""
        ...

    def close(self) -> None:
        """Called once, whatever became of the job."""
        ...


@runtime_checkable
class Piping(Protocol):
    """One thing behind the wire, whose jobs are pipes. Raise `EngineError` for a failure that the caller
    should read."""

    def load(self, request: dict[str, Any], progress: Progress) -> Loaded: ...

    def open(self, op: str, request: dict[str, Any]) -> Pipe: ...

    def close(self) -> None: ...


class Speaker:
    """An engine as a service. `speak` speaks a segment, `enroll` makes the prompt of a voice beforehand."""

    streams = 1

    def __init__(self, name: str, path: str, engine: Engine) -> None:
        self._name, self._path, self._engine = name, path, engine
        self._spoken: dict[Job, Segment] = {}
        self._prompts: Prompts

    def load(self, request: dict[str, Any], progress: Progress) -> Loaded:
        model = _model(request)
        self._prompts = Prompts(request.get("prompts"), self._path, model)
        self.streams = int(request.get("slots", 1))
        ready = self._engine.load(model, progress)
        return {"sample_rate": ready.sample_rate, "voices": ready.voices}

    def run(self, op: str, request: dict[str, Any], job: Job) -> Iterator[bytes]:
        if op not in ("speak", "enroll"):
            raise EngineError(f"an engine can't {op}", code="invalid_value")
        prompt = self._prompt(request, job)
        if op == "enroll":
            return
        names = ("text", "voice", "language", "speed", "seed", "options")
        given = {name: request[name] for name in names}
        if given["text"] is None:
            given |= {"text": "", "deltas": codecs.iterdecode(job.read(), "utf-8", errors="replace")}
        segment = Segment(**given, instructions=request.get("instructions", ""), prompt=prompt)
        self._spoken[job] = segment
        try:
            if not job.cancelled:  # else `cancel` was called too early to find the segment
                yield from self._engine.speak(segment)
        finally:
            del self._spoken[job]

    def cancel(self, job: Job) -> None:
        segment = self._spoken.get(job)
        if segment is not None:
            self._engine.cancel(segment)

    def close(self) -> None:
        self._engine.close()

    def _prompt(self, request: dict[str, Any], job: Job) -> Any:
        """The prompt of the voice, where that is a recording; says in `prompt` where it came from."""
        reference = request.get("reference")
        if reference is None:
            return None
        enroll = getattr(self._engine, "enroll", None)
        if enroll is None:
            raise EngineError(
                f"{self._name} can't speak like a recording", code="unknown_voice", param="voice"
            )
        prompt, source = self._prompts.of(Reference(**reference), enroll)
        job.note("prompt", source)
        return prompt


class Listener:
    """A transcriber as a service: `transcribe` notes `text` and `language`."""

    streams = 1

    def __init__(self, engine: Transcriber) -> None:
        self._engine = engine

    def load(self, request: dict[str, Any], progress: Progress) -> Loaded:
        self._engine.load(_model(request), progress)
        return {"sample_rate": 0, "voices": []}

    def run(self, op: str, request: dict[str, Any], job: Job) -> Iterator[bytes]:
        if op != "transcribe":
            raise EngineError(f"a transcriber can't {op}", code="invalid_value")
        heard = self._engine.transcribe(request["path"], request["language"])
        job.note("text", heard.text)
        job.note("language", heard.language)
        return iter(())

    def cancel(self, job: Job) -> None:
        self._engine.cancel(None)

    def close(self) -> None:
        self._engine.close()


def _model(request: dict[str, Any]) -> Model:
    return Model(request["model"], request["directory"], request["device"], request["options"])
